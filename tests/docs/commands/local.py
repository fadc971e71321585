#!/usr/bin/env python3
"""Runs the commands of README.md, docs/ and the Makefile's help that need no AWS and no tool of .venv.

The binaries must have been built. `cloud.py` runs the commands that need AWS, tests/api/tour.rs the sessions of README.md and
docs/tour.md.
"""
import re
import sys
import traceback

import documents
from documents import Command
from sandbox import Failure, Sandbox

# Commands for a terminal with AWS: `cloud.py` runs them.
CLOUD_DOCUMENT = "docs/deploying.md"
# One session in many blocks: tests/api/tour.rs pastes it, and the session of README.md, whose blocks use $API.
TOUR = "docs/tour.md"
CLOUD = re.compile(r"(make (build|validate|deploy)|sam(?! local)|aws)\b")
# Lines for SAM's emulator, which needs Docker: `sam_local.py` runs them.
SAM_LOCAL = re.compile(r"sam local\b")

# Names of commands in sentences, and commands whose programs no test can install.
NAMES = {
    "cargo xtask NAME", "cargo xtask new NAME", "xtask new", "cargo xtask token", "cargo xtask admin",
    "cargo lambda watch", "cargo lambda", "cargo deny", "cargo build --workspace --bin NAME", "git diff", "aws ...",
    # .ci/run runs it on the calls of all tests.
    "cargo xtask iam FILE", "cargo xtask iam",
    # Stripe's own program is in no package registry.
    "stripe trigger checkout.session.completed",
    "stripe listen --forward-to 127.0.0.1:3000/api/webhooks/stripe",
    # Files in tests/interop name them, and .ci/run installs them.
    "pip install stripe", "pip install awslambdaric", "npm install aws-lambda-ric",
    # It installs and compiles what other frameworks need.
    "make bench-peers",
}  # fmt: skip

# Placeholders, with the words that replace them so that a command can run.
STANDS_FOR = [
    # Any free port.
    (r"PORT=\d+", "PORT=0"),
    (r"--s3-port \d+", "--s3-port 0"),
    (r"\bID\b", "01931a3e-5b1c-7c3d-8e4f-1a2b3c4d5e6f"),
    (r"\[(--admin)\]", r"\1"),
    (r"name of a test", "name"),
    (r"\$\(stripe listen --print-secret\)", "whsec_of_at_least_thirty_two_characters"),
    # The walk-through's function is not compiled; this one has the same routes.
    (r"notes-id EVENT", "users-id EVENT"),
    (r"3000/api/notes/\S+", "3000/api/health"),
    # The tools of .venv are not needed up to the point at which the script stops.
    (r"^make sam-local", r"mkdir -p .venv && touch .venv/done && \g<0>"),
    # These read standard input.
    (r"(cargo xtask stripe-sign)$", r"printf '{}' | \1"),
]  # fmt: skip

# Commands that cannot succeed here, and their messages.
STOPS = {
    "make sam-local": "sam-local: Docker does not answer",
    "cargo xtask remove": "not a git repository",
    "cargo xtask strip": "not a git repository",
    "git add": "not a git repository",
}


def runnable(text):
    for pattern, replacement in STANDS_FOR:
        text = re.sub(pattern, replacement, text)
    return text


def statements(block):
    """Returns the lines of a block, with continued ones joined."""
    return [line for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def run(sandbox, command):
    """Runs a block or a span. `make run` serves the commands that follow it in the block."""
    served = None
    try:
        for line in statements(runnable(command.text)):
            if "make run" in line:
                if served:
                    served.stop()
                served = sandbox.serve(line)
                continue
            if "127.0.0.1:3000" in line and not served:
                served = sandbox.serve("make run")
            if line.startswith("cargo xtask new "):
                new(sandbox, line)
                continue
            stops = next((words for start, words in STOPS.items() if re.search(rf"{start}\b", line)), None)
            if stops is None:
                sandbox.bash(line)
            elif stops not in sandbox.bash(f"{{ {line}; }} || true"):
                raise Failure(f"does not say: {stops}")
    finally:
        if served:
            served.stop()


def new(sandbox, line):
    try:
        sandbox.bash(line)
    except Failure as failure:
        # Whoever followed the document has it.
        if not re.search(r"^\s*error: \S+ is there already$", str(failure), re.MULTILINE):
            raise


def commands():
    ci = (documents.ROOT / ".ci/run").read_text().splitlines()
    found = []
    for path in documents.documents():
        for block in documents.blocks(path):
            if block.file not in (CLOUD_DOCUMENT, TOUR) and "$API" not in block.text:
                found.append(block)
        found += documents.spans(path)
    found += documents.makefile_help()
    unique = {command.text: command for command in reversed(found)}
    # CI runs whole lines of its own as they are.
    elsewhere = NAMES.union(ci) - {"make test"}
    is_elsewhere = lambda text: text in elsewhere or CLOUD.match(text) or SAM_LOCAL.match(text)
    return [command for command in unique.values() if not is_elsewhere(command.text)]


def main():
    failed = 0
    sandbox = Sandbox()
    sandbox.shim("docker", "#!/bin/bash\nexit 1\n")
    try:
        for command in sorted(commands(), key=lambda command: (command.file, command.line)):
            try:
                run(sandbox, command)
                print("ok  ", command, flush=True)
            except Failure as failure:
                failed += 1
                print("FAIL", command, "\n    " + str(failure).replace("\n", "\n    "), flush=True)
    finally:
        sandbox.remove()
    print(f"{'FAILED' if failed else 'ok'}: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
