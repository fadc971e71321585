"""An AWS of moto in this process, which records the requests to CloudFormation."""
import json
import os
from urllib.request import Request, urlopen

import boto3
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.server import ThreadedMotoServer
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

REGION = "eu-central-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

# The resources that the stack has here. The others belong to other services, or are not emulated.
KEPT = ("Table", "Files", "FailedUploads", "FunctionLogs", "UploadCompletedFunction", "UploadCompletedFunctionRole")


class NoManagedPolicies:
    """Returns AWS's managed policies by name; the template has none."""

    def load(self):
        return {}


class Aws:
    """A server for all services, in which SAM has already deployed."""

    def __init__(self):
        # The parameters of each CreateChangeSet.
        self.change_sets = []
        # The transform reads the region from boto3.
        os.environ["AWS_DEFAULT_REGION"] = REGION
        self.patch()
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        # moto takes the first label of a name with dots for a bucket.
        self.url = f"http://localhost:{self.server._server.server_port}"
        config = {"lambda": {"use_docker": False}, "iam": {"load_aws_managed_policies": True}}
        urlopen(Request(f"{self.url}/moto-api/config", json.dumps(config).encode(), method="POST")).read()
        self.client("cloudformation").create_stack(
            StackName="aws-sam-cli-managed-default",
            Tags=[{"Key": "ManagedStackSource", "Value": "AwsSamCli"}],
            TemplateBody=json.dumps(
                {
                    "Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}},
                    "Outputs": {"SourceBucket": {"Value": {"Ref": "Bucket"}}},
                }
            ),
        )

    def client(self, service):
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url,
            aws_access_key_id="testing", aws_secret_access_key="testing",
        )  # fmt: skip

    def patch(self):
        """Gives moto what it lacks of CloudFormation: the transform, the check of capabilities, outputs of change sets."""
        change_sets, aws = self.change_sets, self
        ask, create, execute = (
            CloudFormationResponse.create_change_set,
            CloudFormationBackend.create_change_set,
            CloudFormationBackend.execute_change_set,
        )

        def create_change_set(response):
            asked = {
                name: response._get_param(name, [])
                for name in ("StackName", "Capabilities", "Parameters", "ChangeSetType")
            }
            if "CAPABILITY_IAM" not in asked["Capabilities"]:
                raise ServiceException("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
            change_sets.append(asked)
            return ask(response)

        def create_transformed(backend, **arguments):
            template = transform(yaml_parse(arguments["template"]), dict(arguments["parameters"]), NoManagedPolicies())
            change_sets[-1]["Template"] = template
            arguments["template"] = json.dumps(aws.reduced(template))
            return create(backend, **arguments)

        def execute_with_outputs(backend, *arguments, **named):
            execute(backend, *arguments, **named)
            for stack in backend.stacks.values():
                stack._parse_template()
                stack.output_map = stack._create_output_map()

        CloudFormationResponse.create_change_set = create_change_set
        CloudFormationBackend.create_change_set = create_transformed
        CloudFormationBackend.execute_change_set = execute_with_outputs

    def reduced(self, template):
        """Returns the template with the emulated resources, and values in place of references to the others."""
        resources = {name: template["Resources"][name] for name in KEPT}
        resources["Files"]["Properties"].pop("NotificationConfiguration", None)
        resources["Files"].pop("DependsOn", None)
        variables = resources["UploadCompletedFunction"]["Properties"]["Environment"]["Variables"]
        # moto does not support AWS::NoValue in a map.
        for name in [name for name, value in variables.items() if value == {"Ref": "AWS::NoValue"}]:
            del variables[name]
        outputs = {}
        for name, output in template["Outputs"].items():
            if output.get("Condition"):
                continue
            value = output["Value"]
            if name.endswith("Arn"):
                value = self.secret(value["Ref"])
            elif name == "ApiUrl":
                value = f"https://a1b2c3.execute-api.{REGION}.amazonaws.com"
            elif name == "StreamUrl":
                value = f"https://a1b2c3.lambda-url.{REGION}.on.aws/"
            outputs[name] = {"Value": value}
        return {**template, "Resources": resources, "Outputs": outputs}

    def secret(self, name):
        """Returns the ARN of a secret that exists since the first deployment."""
        client = self.client("secretsmanager")
        for known in client.list_secrets()["SecretList"]:
            if known["Name"] == name:
                return known["ARN"]
        return client.create_secret(Name=name, SecretString=f"the first {name}".ljust(64, "."))["ARN"]
