#!/usr/bin/env python3
"""Serves the API with `make sam-local`, pastes the sessions of README.md and docs/tour.md, and runs the lines of docs/local.md.

Needs Docker, .venv with the packages of requirements-dev.txt, and the built binaries. Without Docker it is skipped. An image of
Lambda that is on this machine is used as it is.
"""
import http.server
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import documents
from documents import ROOT
from sandbox import Failure, free_port

DOCUMENT = "docs/local.md"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
IMAGE = f"public.ecr.aws/lambda/provided:al2023-{ARCHITECTURE}"


class Aws(http.server.BaseHTTPRequestHandler):
    """The AWS of the shell, which records what it is asked."""

    requests = []

    def do_POST(self):
        self.requests.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_error(403)

    do_GET = do_PUT = do_POST

    def log_message(self, *_):
        pass


def shell(aws):
    """Returns what a developer's shell may have: nothing of it reaches a function."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIAOFTHESHELL",
        "AWS_SECRET_ACCESS_KEY": "secret of the shell",
        "AWS_SESSION_TOKEN": "token of the shell",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_S3": aws,
        "TABLE_NAME": "table-of-the-shell",
    }


class Running:
    """A program that serves until it is stopped."""

    def __init__(self, command, environment, ready):
        self.printed = ""
        self.process = subprocess.Popen(
            ["bash", "-c", command], cwd=ROOT, env=environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        while not re.search(ready, self.printed):
            line = self.process.stdout.readline()
            self.printed += line
            if not line:
                raise Failure(f"{command}: exit code {self.process.wait()}\n{self.printed}")
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.printed += line

    def stop(self):
        """Ends it as Ctrl-C does, and returns what it printed."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait()
        self.reader.join()
        return self.printed


def bash(command, environment):
    result = subprocess.run(
        ["bash", "-c", f"set -euo pipefail\n{command}"], cwd=ROOT, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if result.returncode != 0:
        raise Failure(f"{command}: exit code {result.returncode}\n{result.stdout}")
    return result.stdout


def containers():
    """Returns the variables of each container of SAM's."""
    listed = ["docker", "ps", "--quiet", "--all", "--filter", "label=sam.cli.container.type=lambda"]
    ids = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
    if not ids:
        return []
    inspected = subprocess.run(["docker", "inspect", *ids], check=True, capture_output=True, text=True).stdout
    return [dict(pair.split("=", 1) for pair in container["Config"]["Env"]) for container in json.loads(inspected)]


def nothing_reaches_aws(found, services, of_shell):
    """Checks the variables of all containers, and that SAM itself has asked nothing."""
    assert not Aws.requests, Aws.requests
    keys = {}
    for variables in found:
        function = variables["AWS_LAMBDA_FUNCTION_NAME"]
        for name, value in of_shell.items():
            assert variables.get(name) != value, f"{function} has the shell's {name}"
        assert {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_S3"} <= variables.keys(), function
        for name, value in variables.items():
            if name.startswith("AWS_ENDPOINT_URL") or name.endswith("_BASE_URL"):
                assert urlsplit(value).hostname in services, f"{function}: {name}={value}"
        assert keys.setdefault(variables["AWS_ACCESS_KEY_ID"], function) == function, f"{function} has another's key"
    assert len(found) > 15, f"{len(found)} containers"


def lines():
    """Returns the commands of the page that start with `sam local`."""
    found = {command.text: command for command in documents.spans(ROOT / DOCUMENT)}
    return [command for text, command in found.items() if text.startswith("sam local ")]


def run_line(command, environment):
    if command.text.startswith("sam local invoke "):
        printed = bash(command.text.replace("cargo xtask", "target/debug/xtask"), environment)
        assert '"statusCode": 200' in printed, printed
        return
    port = free_port()
    served = Running(f"{command.text} --port {port}", environment, rf"Running on http://127\.0\.0\.1:{port}")
    try:
        if "start-lambda" in command.text:
            event = "target/debug/xtask event health get"
            answer = bash(f"{event} | curl -s -d @- 127.0.0.1:{port}/2015-03-31/functions/HealthFunction/invocations", environment)
            assert json.loads(answer)["statusCode"] == 200, answer
        else:
            assert '"status":"ok"' in bash(f"curl -s 127.0.0.1:{port}/api/health", environment)
    finally:
        printed = served.stop()
    no_error(printed)


def no_error(printed):
    wrong = [line for line in printed.splitlines() if re.search(r"ERROR|Traceback|panicked", line)]
    assert not wrong, "\n".join(wrong)


def main():
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        print("skipped: Docker does not answer")
        return
    assert not containers(), "another `sam local` is running"
    port = free_port()
    aws = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=aws.serve_forever, daemon=True).start()
    of_shell = shell(f"http://127.0.0.1:{aws.server_port}")
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | of_shell | {
            "DATA_DIR": data,
            "SAM_CLI_TELEMETRY": "0",
            "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
        }  # fmt: skip
        if subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True).returncode == 0:
            environment["SAM_SKIP_PULL_IMAGE"] = "1"
        served = Running(f"make sam-local PORT={port}", environment, r"Running on http")
        try:
            services = {urlsplit(url).hostname for url in re.findall(r"^(?:DynamoDB|S3) +(\S+)", served.printed, re.M)}
            api = f"http://127.0.0.1:{port}"
            bash(f"SESSION_API={api} cargo test --package tests --test api -- tour::", environment)
            print("ok   the sessions of README.md and docs/tour.md", flush=True)
            # The log of `local` shows the link of each mail.
            assert f" {api}/api/docs/confirm-email#" in served.printed, "no mail leads to the API"
            print("ok   mails lead to the API", flush=True)
            nothing_reaches_aws(containers(), services | {"127.0.0.1", "services.localhost"}, of_shell)
            print("ok   nothing reaches AWS", flush=True)
            for command in lines():
                run_line(command, environment)
                print("ok  ", command, flush=True)
        except (AssertionError, Failure):
            print(served.printed[-10000:])
            raise
        finally:
            printed = served.stop()
        no_error(printed)
        # SAM asks for the account's id by itself.
        assert all("Action=GetCallerIdentity" in request for request in Aws.requests), Aws.requests
        assert not containers(), "containers are left"
        assert not Path(ROOT, ".aws-sam/local/env.json").exists(), "the variables are left"
    print("ok: 0 failed")


if __name__ == "__main__":
    sys.exit(main())
