#!/usr/bin/env python3
"""Pastes docs/deploying.md, from top to bottom, into bash, where AWS is moto: the real make, sam, AWS CLI and xtask.

Needs .venv with the packages of requirements-dev.txt and of requirements.txt beside this file, and the built binaries.
"""
import json
import re
import sys
from datetime import datetime, timedelta, timezone

import pexpect

import documents
import local
from aws import CREDENTIALS, REGION, Aws
from documents import ROOT
from sandbox import Failure, Sandbox

# AWS CLI 2 is in no registry of packages. Version 1 is; it lacks this subcommand, AWS_REGION and, for SQS, AWS_ENDPOINT_URL.
AWS = f"""#!/bin/bash
if [[ $* == "configure export-credentials --format env" ]]; then
  echo "export AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY"
  exit
fi
AWS_DEFAULT_REGION=${{AWS_REGION-}} exec {ROOT}/.venv/bin/aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
"""
# Nobody would end `sam logs --tail`.
SAM = f"""#!/bin/bash
exec {ROOT}/.venv/bin/sam "${{@/#--tail/--include-traces}}"
"""
# The function fails, whatever it is invoked with.
FAILING_LAMBDA = AWS.replace("AWS_DEFAULT_REGION", '[[ $1 != lambda ]] || { echo >"${@: -1}" boom; echo Unhandled; exit; }\nAWS_DEFAULT_REGION', 1)

STACK = "my-api"
PASSWORD = "analytical engine no. 1"

# Questions in a terminal, and the answers that continue.
ANSWERS = [
    (r"Stack Name[^\n]*\]: ", STACK),
    (r"AWS Region[^\n]*\]: ", REGION),
    (r"(?:okay|Are you sure)[^\n]*\[y/N\]: ", "y"),
    (r"(?:Password|The same again): ", PASSWORD),
    (r"\[[^\[\]\n]*\]: ", ""),
]

# Names in sentences, and commands that version 1 of the AWS CLI lacks.
NAMES = {"sam build", "sam deploy", "sam deploy --guided", "aws sso login"} | local.NAMES
# Commands that need something that is missing here: they run up to that point.
STOPS = {"aws configure": r"AWS Access Key ID \["}


class Cloud:
    """A terminal with everything that deploying needs."""

    def __init__(self):
        self.aws = Aws()
        self.secrets = []
        self.sandbox = Sandbox()
        self.sandbox.shim("aws", AWS)
        tools = self.sandbox.root / ".venv/bin"
        tools.mkdir(parents=True)
        (tools / "sam").write_text(SAM)
        (tools / "sam").chmod(0o755)
        for tool in ("cfn-lint", "zizmor", "cargo-lambda"):
            (tools / tool).symlink_to(ROOT / ".venv/bin" / tool)
        # As make leaves it when the tools are installed.
        (tools.parent / "done").touch()
        self.sandbox.environment |= CREDENTIALS | {
            "AWS_ENDPOINT_URL": self.aws.url,
            # As `aws configure` leaves it.
            "AWS_DEFAULT_REGION": REGION,
            "SAM_CLI_POLL_DELAY": "0.1",
            "SAM_CLI_TELEMETRY": "0",
        }

    def paste(self, script, steps=()):
        """Runs a script in a terminal, answers its questions, and calls the step of each marker that it prints."""
        terminal = pexpect.spawn(
            "bash", ["-c", f"set -euo pipefail\n{script}"], cwd=str(self.sandbox.root), env=self.sandbox.environment,
            encoding="utf-8", timeout=180, dimensions=(50, 200),
        )  # fmt: skip
        printed = []
        patterns = [r"@@ (\d+)\r\n", *(question for question, _ in ANSWERS), pexpect.EOF]
        while (at := terminal.expect(patterns)) != len(patterns) - 1:
            printed.append(terminal.before + terminal.after)
            if at == 0:
                try:
                    steps[int(terminal.match[1])]()
                except AssertionError as wrong:
                    raise Failure(f"{wrong}\n{''.join(printed)[-6000:]}") from wrong
                terminal.sendline("")
            else:
                terminal.sendline(ANSWERS[at - 1][1])
        printed = "".join([*printed, terminal.before])
        terminal.close()
        self.sandbox.no_unknown(printed)
        if terminal.exitstatus != 0:
            raise Failure(f"exit code {terminal.exitstatus}\n{printed[-6000:]}")
        return printed

    def page(self):
        """Pastes the blocks of the page into one terminal, and checks their effects."""
        blocks = list(documents.blocks(ROOT / local.CLOUD_DOCUMENT))
        script, steps, after = "", {}, []
        an_hour_ago = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        for block in blocks:
            text = re.sub(r"^TIME=\S+", f"TIME={an_hour_ago}", block.text, flags=re.M)
            script += f"echo '@@ {block.line}'; read -r _\n{text}"
            before = [*after, lambda block=block: print("     ", f"{block.file}:{block.line}", flush=True)]
            after = []
            for word, prepare, check in self.effects():
                if f" {word}" in text.replace("\n", " "):
                    before.append(prepare)
                    after.append(check)
            steps[block.line] = lambda before=before: [step() for step in before]
        missing = [word for word, _, _ in self.effects() if word not in script]
        assert not missing, f"the page has no {missing}"
        self.paste(script, steps)
        for check in after:
            check()

    def effects(self):
        """Returns, for a word in a block, the preparation before the block and the check after it."""
        nothing = lambda: None
        return [
            ("scripts/redrive", self.fail_uploads, self.uploads_redriven),
            ("cargo xtask rotate-keys --table", nothing, self.key_published),
            ('"$(secret RefreshTokenSecretArn),$(openssl', self.keep_secret, self.keep_secret),
            ('"${BOTH#*,},${BOTH%%,*}"', nothing, self.keep_secret),
            ('set_secret RefreshTokenSecretArn "${BOTH%%,*}"', nothing, self.secret_rotated),
            ("--stream-specification", nothing, self.table_as_in_the_template),
            ("--restore-date-time", self.remove_a_file, nothing),
            ("DeleteMarkers[?IsLatest", nothing, self.file_restored),
            ("delete-bucket", nothing, self.all_gone),
        ]

    def output(self, name):
        stack = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}[name]

    def fail_uploads(self):
        for number in range(3):
            body = {"version": "1.0", "requestPayload": {"Records": [number]}, "responsePayload": {}}
            self.aws.client("sqs").send_message(
                QueueUrl=self.output("FailedUploadsUrl"), MessageBody=json.dumps(body)
            )

    def queued(self):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.aws.client("sqs").get_queue_attributes(
            QueueUrl=self.output("FailedUploadsUrl"), AttributeNames=names
        )
        return sum(int(answer["Attributes"][name]) for name in names)

    def uploads_redriven(self):
        assert self.queued() == 0, f"{self.queued()} messages are left"
        self.fail_uploads()
        self.sandbox.shim("aws", FAILING_LAMBDA)
        try:
            self.sandbox.bash(f"AWS_REGION={REGION} scripts/redrive {STACK}")
        except Failure as failure:
            assert "0 succeeded, 3 failed" in str(failure), failure
        else:
            raise Failure("scripts/redrive succeeds where the function fails")
        finally:
            self.sandbox.shim("aws", AWS)
        assert self.queued() == 3, f"{self.queued()} of 3 messages are left"

    def key_published(self):
        key = {"pk": {"S": "KEYS#TOKENS"}, "sk": {"S": "KEYS"}}
        item = self.aws.client("dynamodb").get_item(TableName=self.output("TableName"), Key=key)["Item"]
        assert len(item["keys"]["L"]) == 1, item

    def keep_secret(self):
        value = self.aws.client("secretsmanager").get_secret_value(SecretId=self.output("RefreshTokenSecretArn"))
        self.secrets.append(value["SecretString"].split(","))

    def secret_rotated(self):
        self.keep_secret()
        (old,), (_, new), *_ = self.secrets
        assert self.secrets == [[old], [old, new], [new, old], [new]] and old != new, self.secrets

    def remove_a_file(self):
        self.bucket, self.table, s3 = self.output("FilesBucketName"), self.output("TableName"), self.aws.client("s3")
        s3.put_object(Bucket=self.bucket, Key="files/removed", Body=b"It weaves.")
        s3.delete_object(Bucket=self.bucket, Key="files/removed")

    def file_restored(self):
        content = self.aws.client("s3").get_object(Bucket=self.bucket, Key="files/removed")["Body"].read()
        assert content == b"It weaves.", content

    def table_as_in_the_template(self):
        """A table that was restored has every setting of the template again."""
        template = self.aws.change_sets[0]["Template"]["Resources"]["Table"]["Properties"]
        dynamodb, name = self.aws.client("dynamodb"), self.output("TableName")
        table = dynamodb.describe_table(TableName=name)["Table"]
        live = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        found = {
            "DeletionProtectionEnabled": table["DeletionProtectionEnabled"],
            "KeySchema": table["KeySchema"],
            "indexes": {index["IndexName"]: index["KeySchema"] for index in table["GlobalSecondaryIndexes"]},
            "stream": table["StreamSpecification"].get("StreamViewType"),
            "expires": (live.get("AttributeName"), live["TimeToLiveStatus"]),
            "point in time": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        }
        expires = template["TimeToLiveSpecification"]
        wanted = {
            "DeletionProtectionEnabled": template["DeletionProtectionEnabled"],
            "KeySchema": template["KeySchema"],
            "indexes": {index["IndexName"]: index["KeySchema"] for index in template["GlobalSecondaryIndexes"]},
            "stream": template["StreamSpecification"]["StreamViewType"],
            "expires": (expires["AttributeName"], "ENABLED" if expires["Enabled"] else "DISABLED"),
            "point in time": "ENABLED",
        }
        assert found == wanted, f"{found}\n{wanted}"

    def all_gone(self):
        assert self.bucket not in [bucket["Name"] for bucket in self.aws.client("s3").list_buckets()["Buckets"]]
        assert self.table not in self.aws.client("dynamodb").list_tables()["TableNames"]

    def spans(self):
        """Runs the commands in sentences and in the Makefile's help."""
        found = [*documents.makefile_help()]
        for path in documents.documents():
            found += documents.spans(path)
        unique = {command.text: command for command in found if local.CLOUD.match(command.text)}
        for command in unique.values():
            if command.text in NAMES:
                continue
            if stop := STOPS.get(command.text):
                terminal = pexpect.spawn("bash", ["-c", command.text], env=self.sandbox.environment, encoding="utf-8")
                terminal.expect(stop)
                terminal.close(force=True)
            else:
                self.paste(command.text)
            print("ok  ", command, flush=True)


def deployments(aws):
    """Checks the requests to CloudFormation."""
    names = [change["StackName"] for change in aws.change_sets]
    assert {"my-api", "my-api-production"} <= set(names), names
    template = aws.change_sets[-1]["Template"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"].get("Environment", {}).get("Variables", {})
            assert "SECRETS_REVISION" in variables, f"{name} does not read its secrets again"
            assert resource["Properties"]["Architectures"] == ["arm64"], name


def permissions(aws):
    """Compares the list of permissions with the resources and with the commands of the page."""
    text = (ROOT / local.CLOUD_DOCUMENT).read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z0-9]+):", text, re.M))
    types = {resource["Type"] for resource in aws.change_sets[-1]["Template"]["Resources"].values()}
    services = {kind.split("::")[1].lower().removesuffix("v2") for kind in types} | {"cloudformation", "s3"}
    programs = {name.removesuffix("api") for name in re.findall(r"\baws ([a-z0-9]+)", text)} - {"configure", "sso"}
    services |= programs | set(re.findall(r"\baws ([a-z0-9]+)", (ROOT / "scripts/redrive").read_text(encoding="utf-8")))
    assert listed == services, f"missing: {services - listed}; too many: {listed - services}"


def main():
    cloud = Cloud()
    served = cloud.sandbox.serve("make run")
    try:
        print("ok   pasting", local.CLOUD_DOCUMENT, flush=True)
        cloud.page()
        cloud.spans()
        deployments(cloud.aws)
        permissions(cloud.aws)
    finally:
        served.stop()
        cloud.sandbox.remove()
    print("ok: 0 failed")


if __name__ == "__main__":
    sys.exit(main())
