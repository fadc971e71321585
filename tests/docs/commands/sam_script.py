#!/usr/bin/env python3
"""Runs scripts/sam-local with the real `local`, where shims stand for Docker, cargo and SAM.

`sam_local.py` runs it with the real programs.
"""
import inspect
import json
import os
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

from documents import ROOT
from sandbox import Failure, Sandbox

DOCKER = """#!/bin/bash
case $1 in
info) echo "%s" ;;
network) echo '[{"Subnet":"127.0.0.0/8"}]' ;;
esac
"""
NO_DOCKER = "#!/bin/bash\nexit 1\n"
CARGO = "#!/bin/bash\necho cargo \"$@\"\n"
# `sam build` leaves the template where it was told to.
SAM = """#!/bin/bash
[[ $1 == build && $2 == --template && $6 == --build-dir ]] || exit 9
echo "sam build: $SAM_BUILD_MODE"
mkdir -p "$7" && cp "$3" "$7/template.yaml"
"""
SHOW = "cat .aws-sam/local/env.json"
WAITS = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("ended")))
print("begun", flush=True)
signal.pause()
"""


class Script:
    def __init__(self):
        self.sandbox = Sandbox()
        self.sandbox.shim("cargo", CARGO)
        self.sandbox.shim("sam", SAM)
        self.sandbox.shim("docker", DOCKER % "Debian GNU/Linux 12 (bookworm)")
        self.sandbox.environment |= {"AWS_ACCESS_KEY_ID": "AKIAOFTHESHELL", "DATA_DIR": str(self.sandbox.folder / "data")}
        self.variables = self.sandbox.root / ".aws-sam/local/env.json"

    def start(self, *command, **environment):
        return subprocess.Popen(
            ["scripts/sam-local", *command], cwd=self.sandbox.root, env=self.sandbox.environment | environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, *command, **environment):
        process = self.start(*command, **environment)
        printed, _ = process.communicate(timeout=60)
        if "Traceback" in printed:
            raise Failure(printed)
        return process.returncode, printed

    def functions(self, **environment):
        """Returns the variables that a command finds."""
        code, printed = self.run("bash", "-c", f"{SHOW}; exit 7", **environment)
        assert code == 7, f"the command's exit code is passed on, not {code}\n{printed}"
        assert not self.variables.exists(), "the variables are left"
        return json.loads(next(line for line in printed.splitlines() if line.startswith("{")))


def without_docker_nothing_is_built(script):
    script.sandbox.shim("docker", NO_DOCKER)
    code, printed = script.run("true")
    assert code == 1 and printed == "sam-local: Docker does not answer; 'make run' needs none\n", printed
    (script.sandbox.bin / "docker").unlink()
    assert script.run("true") == (code, printed)


def without_sam_it_says_how_to_install_it(script):
    (script.sandbox.bin / "sam").unlink()
    code, printed = script.run("true")
    assert code == 1 and "'make sam-local' installs SAM" in printed, printed


def every_function_has_a_key_of_its_own_and_local_endpoints(script):
    functions = script.functions()
    keys = {variables["AWS_ACCESS_KEY_ID"] for variables in functions.values()}
    declared = (ROOT / "template.yaml").read_text().count("Type: AWS::Serverless::Function\n")
    assert len(functions) == len(keys) == declared > 0 and "AKIAOFTHESHELL" not in keys, keys
    for variables in functions.values():
        endpoints = {value for name, value in variables.items() if name.startswith("AWS_ENDPOINT_URL")}
        assert len(endpoints) > 2 and {urlsplit(url).hostname for url in endpoints} == {"127.0.0.1"}, endpoints
    template = (script.sandbox.root / ".aws-sam/local/template.yaml").read_text()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_REGION"):
        assert f'        {name}: ""\n' in template, f"SAM does not set {name}"


def mails_lead_to_the_api_that_sam_serves(script):
    base = script.functions(PORT="8080")["MailFunction"]["MAIL_LINK_BASE"]
    assert base == "http://127.0.0.1:8080/api/docs", base


def the_keys_are_for_their_owner_alone(script):
    mode = "import os; print(oct(os.stat('.aws-sam/local/env.json').st_mode))"
    printed = script.run("python3", "-c", mode)[1]
    assert "\n0o100600\n" in printed, printed


def the_command_has_no_access_key(script):
    code, printed = script.run("env")
    found = [line.split("=")[0] for line in printed.splitlines() if line.startswith("AWS_")]
    assert code == 0 and sorted(found) == ["AWS_CONFIG_FILE", "AWS_EC2_METADATA_DISABLED", "AWS_SHARED_CREDENTIALS_FILE"], printed


def with_docker_desktop_containers_call_loopback_by_a_name(script):
    script.sandbox.shim("docker", DOCKER % "Docker Desktop")
    for variables in script.functions().values():
        assert urlsplit(variables["AWS_ENDPOINT_URL_S3"]).hostname == "services.localhost", variables


def a_port_of_another_program_is_named_and_nothing_is_built_on_it(script):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, printed = script.run("true", DYNAMODB_PORT=str(port))
    assert code == 1 and f"127.0.0.1:{port} is in use by another process" in printed, printed
    assert "the services did not start" in printed and "sam build" not in printed, printed


def the_build_is_a_debug_build_unless_told_otherwise(script):
    assert "sam build: debug\n" in script.run("true")[1]
    assert "sam build: release\n" in script.run("true", SAM_BUILD_MODE="release")[1]


def a_signal_ends_the_command_before_the_services(script):
    for number, code in [(signal.SIGTERM, 143), (signal.SIGINT, 130)]:
        process = script.start("python3", "-c", WAITS)
        printed = ""
        while "begun" not in printed:
            printed += process.stdout.readline()
        os.kill(process.pid, number)
        printed, _ = process.communicate(timeout=60)
        assert process.returncode == code, f"{process.returncode}\n{printed}"
        assert printed.split() == ["ended", "stopping"], printed
        assert not script.variables.exists(), "the variables are left"


def main():
    failed = 0
    # A shell lets programs in the background ignore this signal, and they pass that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for test in [value for value in globals().values() if inspect.isfunction(value) and value is not main]:
        script = Script()
        try:
            test(script)
            print("ok  ", test.__name__, flush=True)
        except (AssertionError, Failure) as failure:
            failed += 1
            print("FAIL", test.__name__, failure, flush=True)
        finally:
            script.sandbox.remove()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
