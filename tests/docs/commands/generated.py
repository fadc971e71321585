#!/usr/bin/env python3
"""Follows docs/adding-a-route.md in a copy of the project: makes its route, its resource and functions for all events, builds
them, has their tests pass, and sends the document's request.
"""
import os
import re
import subprocess
import sys

from copied import Copy

DOCUMENT = "docs/adding-a-route.md"

# The document shows the command for one kind of event.
OTHER_EVENTS = [f"cargo xtask new on-{event} --event {event}" for event in ("sqs", "schedule", "s3")]

# The tests of what is new, and those that look at every operation.
TESTS = [
    "test --workspace --test contract --test document --test openapi --test limits",
    "test --package tests --test api -- notes_id posts_id_comments authorisation events requests rate_limits fault_injection",
    "test --package tests --test store -- check costs",
]


def serve_and_ask(copy):
    """Starts the new API, and sends the request that the document shows."""
    server = subprocess.Popen(
        [copy.built / "debug/local", "run", "--in-memory", "--port", "0", "--s3-port", "0"], cwd=copy.folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "CARGO_TARGET_DIR": str(copy.built)},
    )  # fmt: skip
    try:
        for line in server.stdout:
            if address := re.match(r"API +(http://[\d.:]+)/api/docs$", line):
                break
        else:
            sys.exit("`local` ended")
        for command in copy.blocks(DOCUMENT, "curl "):
            printed = copy.run(command.replace("http://127.0.0.1:3000", address[1]).replace("curl ", "curl --no-progress-meter "))
            if not re.match(r"HTTP/1.1 200 ", printed) or '{"message":"Hello"}' not in printed:
                sys.exit(f"{command}: {printed}")
    finally:
        server.terminate()
        server.wait()


def main():
    copy = Copy("generated")
    for command in copy.blocks(DOCUMENT, "cargo xtask new ") + OTHER_EVENTS:
        copy.run(command)
    copy.run("cargo build --workspace --bins")
    copy.run("cargo xtask openapi")
    # The new operations have new rows in the table of costs.
    copy.run(f"cargo {TESTS[-1]}", UPDATE_DOCS="1")
    for test in TESTS:
        copy.run(f"cargo {test}")
    serve_and_ask(copy)
    print(f"{DOCUMENT} leads to a route and a resource that pass their tests")


if __name__ == "__main__":
    main()
