#!/usr/bin/env python3
"""Runs general tools against openapi.json and the API that `local` serves.

`make strangers` installs and runs them. A finding that is no fault is accepted in redocly.yaml or hooks.py, with its
reason; any other fails. Requests go to a `local` on this machine that ends with the run, and nowhere else.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import threading

import requests

import upload

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
DOCUMENT = ROOT / "openapi.json"
LOCAL = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "local"
# The folder of a run's results; schemathesis.toml reads the accounts and the files from it.
OUTPUT = ROOT / "target" / "strangers"

PASSWORD = "the long phrase of a stranger"


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    failed = [name for name, judge in JUDGES.items() if not passes(name, judge)]
    if failed:
        sys.exit(f"\nfound something: {', '.join(failed)}")
    print("\nnothing found")


def passes(name, judge):
    print(f"\n--- {name}", flush=True)
    return judge() == 0


def validator():
    return run([sys.executable, "-m", "openapi_spec_validator", DOCUMENT])


def redocly():
    command = HERE / "node_modules" / ".bin" / "redocly"
    return run([command, "lint", DOCUMENT, "--config", HERE / "redocly.yaml"], REDOCLY_TELEMETRY="off")


def schemathesis(who):
    command = pathlib.Path(sys.executable).with_name("schemathesis")
    with api(OUTPUT / f"local-{who}.log") as url:
        prepare(url)
        options = ["--config-file", HERE / "schemathesis.toml"]
        return run([command, *options, "run", DOCUMENT, "--origin", url, "--auth-wfc-user", who])


JUDGES = {
    "openapi-spec-validator": validator,
    "Redocly": redocly,
    "Schemathesis as a user and in a session": lambda: schemathesis("user"),
    "Schemathesis as an admin": lambda: schemathesis("admin"),
}


def run(command, **environment):
    return subprocess.run(command, env={**os.environ, **environment}, cwd=HERE).returncode


@contextlib.contextmanager
def api(log):
    """A new API on a free port of this machine, without rate limits."""
    options = ["--template", ROOT / "template.yaml", "--binaries", LOCAL.parent, "--port=0", "--in-memory", "--no-watch"]
    options += ["--rate-limit-scale=1000000", "--admin-email=admin@example.com", f"--admin-password={PASSWORD}"]
    process = subprocess.Popen([LOCAL, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        with log.open("w") as file:
            page = next((line.split()[1] for line in process.stdout if line.startswith("API ")), None)
            if page is None:
                raise SystemExit("local has ended; `make strangers` builds it first")
            # The pipe is read to the end, because a full pipe would stop the process.
            threading.Thread(target=lambda: file.writelines(process.stdout), daemon=True).start()
            yield page.removesuffix("/api/docs")
            process.terminate()
            process.wait()
    finally:
        process.kill()


def prepare(url):
    """Creates the accounts that schemathesis.toml names, and what the accounts need."""
    for name in ["user", "other"]:
        account = {"email": f"{name}@example.com", "password": PASSWORD}
        requests.post(f"{url}/api/auth/register", json=account).raise_for_status()
    # An access token is valid for 15 minutes, even if a request changes the address or removes the account.
    accounts = {name: sign_in(url, name) for name in ["user", "other", "admin"]}
    entries = [
        {"name": name, "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {account['accessToken']}"}]}
        for name, account in accounts.items()
    ]
    (OUTPUT / "accounts.json").write_text(json.dumps({"auth": entries}))
    upload.prepare(url, accounts["user"], OUTPUT)


def sign_in(url, name):
    answer = requests.post(f"{url}/api/auth/login", json={"email": f"{name}@example.com", "password": PASSWORD})
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    main()
