#!/usr/bin/env python3
"""Follows docs/adding-a-route.md in a copy of the project: makes its route, its resource and functions for all events, builds
them, has their tests pass, and sends the document's request.

The copy stays in target/generated, with a target directory of its own, so that a second run compiles only what changed. Its
dependencies are those that the project compiled, by hard links.
"""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import documents
from documents import ROOT

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
COPY = TARGET / "generated"
BUILT = COPY / "target"
DOCUMENT = ROOT / "docs/adding-a-route.md"

# The document shows the command for one kind of event.
OTHER_EVENTS = [f"cargo xtask new on-{event} --event {event}" for event in ("sqs", "schedule", "s3")]

# The tests of what is new, and those that look at every operation.
TESTS = [
    "test --workspace --test contract --test document --test openapi --test limits",
    "test --package tests --test api -- notes_id posts_id_comments authorisation events requests rate_limits fault_injection",
    "test --package tests --test store -- check costs",
]


def copy():
    """Copies the project's files. A file that is the same keeps its time, so that cargo does not compile it again."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    files = {file for file in listed.stdout.decode().split("\0") if file and (ROOT / file).is_file()}
    for old in [path for path in COPY.rglob("*") if BUILT not in path.parents and path != BUILT]:
        if old.is_file() and str(old.relative_to(COPY)) not in files:
            old.unlink()
    for file in files:
        (COPY / file).parent.mkdir(parents=True, exist_ok=True)
        if not (COPY / file).exists() or (COPY / file).read_bytes() != (ROOT / file).read_bytes():
            shutil.copyfile(ROOT / file, COPY / file)
    # A folder without files is no function.
    for folder in sorted((path for path in COPY.rglob("*") if path.is_dir() and BUILT not in path.parents), reverse=True):
        if folder != BUILT and not any(folder.iterdir()):
            folder.rmdir()


def share_dependencies():
    if not BUILT.exists():
        for folder in ["deps", "build"]:
            shutil.copytree(TARGET / "debug" / folder, BUILT / "debug" / folder, copy_function=os.link)
        shutil.copytree(TARGET / "debug/.fingerprint", BUILT / "debug/.fingerprint")


def run(command, **environment):
    """Runs a command in the copy, and shows how long it took."""
    began = time.monotonic()
    print(f"$ {command}", flush=True)
    result = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{command}"], cwd=COPY, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env={**os.environ, "CARGO_TARGET_DIR": str(BUILT), **environment},
    )  # fmt: skip
    if result.returncode != 0:
        sys.exit(f"{result.stdout}\n{command}: exit code {result.returncode}")
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return result.stdout


def blocks(pattern):
    """Lines of the document's blocks that a reader types, and that match."""
    found = [
        line for block in documents.blocks(DOCUMENT) for line in block.text.splitlines() if re.match(pattern, line)
    ]
    if not found:
        sys.exit(f"{DOCUMENT}: no command like {pattern}")
    return found


def serve_and_ask():
    """Starts the new API, and sends the request that the document shows."""
    server = subprocess.Popen(
        [BUILT / "debug/local", "run", "--in-memory", "--port", "0", "--s3-port", "0"], cwd=COPY, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "CARGO_TARGET_DIR": str(BUILT)},
    )  # fmt: skip
    try:
        for line in server.stdout:
            if address := re.match(r"API +(http://[\d.:]+)/api/docs$", line):
                break
        else:
            sys.exit("`local` ended")
        for command in blocks("curl "):
            printed = run(command.replace("http://127.0.0.1:3000", address[1]).replace("curl ", "curl --no-progress-meter "))
            if not re.match(r"HTTP/1.1 200 ", printed) or '{"message":"Hello"}' not in printed:
                sys.exit(f"{command}: {printed}")
    finally:
        server.terminate()
        server.wait()


def main():
    COPY.mkdir(exist_ok=True)
    copy()
    share_dependencies()
    for command in blocks("cargo xtask new ") + OTHER_EVENTS:
        run(command)
    run("cargo build --workspace --bins")
    run("cargo xtask openapi")
    # The new operations have new rows in the table of costs.
    run(f"cargo {TESTS[-1]}", UPDATE_DOCS="1")
    for test in TESTS:
        run(f"cargo {test}")
    serve_and_ask()
    print("docs/adding-a-route.md leads to a route and a resource that pass their tests")


if __name__ == "__main__":
    main()
