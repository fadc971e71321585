"""A copy of the project, and shells that have only the programs that the documents name."""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from documents import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()

# The programs that a document may assume, including those that `make run` and `make test` need.
TOOLS = """
    bash sh env make python3 git uname
    awk basename cat chmod cmp cp curl cut date dirname expr find grep head id ln ls mkdir mktemp mv openssl printf rm sed
    seq sleep sort tail tee touch tr wc xargs
""".split()

# cargo itself checks `cargo build` and the like, up to the graph of the crates that it would compile.
CARGO = """#!/bin/bash
set -euo pipefail
case $1 in
build | run | test | clippy)
  command=() rest=()
  for word; do
    if [[ $word == -- || ${#rest[@]} -gt 0 ]]; then rest+=("$word"); else command+=("$word"); fi
  done
  [[ ${command[0]} != clippy ]] || command[0]=check
  [[ ${command[0]} != run ]] || command[0]=build
  RUSTC_BOOTSTRAP=1 exec @cargo@ "${command[@]}" --unit-graph -Z unstable-options --offline >/dev/null ;;
xtask)
  shift
  # cargo sets this for the programs that it runs.
  CARGO_MANIFEST_DIR=@root@/xtask exec @target@/debug/xtask "$@" ;;
"lambda")
  # sam build: `cargo lambda build ... --bin NAME` in the folder of the function.
  [[ $2 == build ]]
  for word; do name=$word; done
  [[ -e $PWD/Cargo.toml ]]
  mkdir -p "$CARGO_TARGET_DIR/lambda/$name"
  echo "$name" >"$CARGO_TARGET_DIR/lambda/$name/bootstrap" ;;
metadata) exec @cargo@ "$@" ;;
*)
  case $* in
  "fmt --all" | "fmt --all --check" | clean | "update --workspace --offline --quiet") ;;
  *) echo "cargo $*: unknown to tests/docs/commands/sandbox.py" >&2; exit 1 ;;
  esac ;;
esac
"""

# .ci/run runs npm itself. Here only its command and its script must exist.
NPM = """#!/bin/bash
set -euo pipefail
folder=$PWD
if [[ $1 == --prefix ]]; then folder=$2; shift 2; fi
[[ -e $folder/package-lock.json ]]
case $1 in
ci) mkdir -p "$folder/node_modules" && touch "$folder/node_modules/.package-lock.json" ;;
pack) ;;
run | test)
  [[ $1 == test ]] || shift
  grep -q "\\"$1\\":" "$folder/package.json" || { echo "npm run $1: there is no such script" >&2; exit 1; } ;;
*) echo "npm $*: unknown to tests/docs/commands/sandbox.py" >&2; exit 1 ;;
esac
"""

# The API's address in a document stands for that of the API here, on any port.
CURL = """#!/bin/bash
arguments=()
for word; do
  word=${word/#http:\\/\\/127.0.0.1:3000/$SANDBOX_API}
  word=${word/#https:\\/\\/*.execute-api.*.amazonaws.com/$SANDBOX_API}
  word=${word/#https:\\/\\/*.lambda-url.*.on.aws/$SANDBOX_API/lambda-url/stream}
  arguments+=("$word")
done
exec @curl@ --fail-with-body --no-progress-meter "${arguments[@]}"
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Failure(Exception):
    """A command whose effect differs from its document."""


class Sandbox:
    """The project's files in a separate folder, with the project's own binaries."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="commands-"))
        self.root = self.folder / "project"
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
        for file in filter(None, files):
            if (ROOT / file).is_file():
                (self.root / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, self.root / file)
        # The documents say `target/debug/local`.
        (self.root / "target").symlink_to(TARGET)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        # python3 can be a script that looks for Python by its own path.
        (self.bin / "python3").unlink()
        (self.bin / "python3").symlink_to(sys.executable)
        self.shim("cargo", CARGO)
        self.shim("npm", NPM)
        self.shim("curl", CURL)
        self.unknown = self.folder / "unknown"
        self.environment = {
            "PATH": str(self.bin),
            "HOME": os.environ["HOME"],
            "CARGO_TARGET_DIR": str(TARGET),
            "LANG": "C.UTF-8",
            # A function of bash that child shells have, too.
            "BASH_FUNC_command_not_found_handle%%": f'() {{ echo "$1" >>{self.unknown}; return 127; }}',
            # Ports that are free. `make invoke` must find the last one.
            "PORT": "0",
            "INVOKE_PORT": str(free_port()),
            "S3_PORT": "0",
            "SANDBOX_API": "",
        }

    def shim(self, name, text):
        """Puts a script in a program's place."""
        values = {"root": self.root, "target": TARGET, "cargo": shutil.which("cargo"), "curl": shutil.which("curl")}
        text = re.sub(r"@(\w+)@", lambda match: str(values[match[1]]), text)
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def bash(self, text, **options):
        """Runs commands as if they were pasted, except that a failure ends them."""
        script = f"set -euo pipefail\n{text}"
        result = subprocess.run(
            ["bash", "-c", script], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options,
        )  # fmt: skip
        self.no_unknown(result.stdout)
        if result.returncode != 0:
            raise Failure(f"exit code {result.returncode}\n{result.stdout}")
        return result.stdout

    def no_unknown(self, printed):
        """Fails for a program that is not in TOOLS."""
        if self.unknown.exists():
            names = " ".join(sorted(set(self.unknown.read_text().split())))
            self.unknown.unlink()
            raise Failure(f"unknown to tests/docs/commands/sandbox.py: {names}\n{printed}")

    def serve(self, command):
        """Starts `make run ...` and waits for the last line of its announcement."""
        return Served(self, command)

    def remove(self):
        shutil.rmtree(self.folder)


class Served:
    """A running `make run`."""

    def __init__(self, sandbox, command):
        self.sandbox = sandbox
        self.process = subprocess.Popen(
            ["bash", "-c", f"set -euo pipefail\n{command}"], cwd=sandbox.root, env=sandbox.environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        printed = ""
        for line in self.process.stdout:
            printed += line
            if match := re.match(r"API +(http://[\d.:]+)/api/docs$", line):
                sandbox.environment["SANDBOX_API"] = match[1]
            elif "TOKEN=" in line:
                return
        self.process.wait()
        sandbox.no_unknown(printed)
        raise Failure(f"ended with {self.process.returncode}\n{printed}")

    def stop(self):
        """Ends it as Ctrl-C does."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.stdout.read()
        self.process.wait()
        self.sandbox.environment["SANDBOX_API"] = ""
