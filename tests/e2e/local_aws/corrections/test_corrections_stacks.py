"""CloudFormation on the local AWS: the resource types and attributes that ministack lacks."""

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.machines import Machines

pytestmark = pytest.mark.e2e


class Stack:
    """One stack of a test."""

    def __init__(self, aws):
        self.client = aws.client("cloudformation")
        self.name = f"stack-{uuid.uuid4().hex[:8]}"

    def put(self, resources, outputs=None, *, update=False):
        """Create or update, wait, and return the status with the outputs."""
        call = self.client.update_stack if update else self.client.create_stack
        call(StackName=self.name, TemplateBody=self._body(resources, outputs))
        return self._settled()

    def change(self, resources, outputs):
        """Update by a change set; return the change set's status with the outputs afterwards."""
        name = {"StackName": self.name, "ChangeSetName": f"change-{uuid.uuid4().hex[:8]}"}
        self.client.create_change_set(**name, TemplateBody=self._body(resources, outputs))
        made = self.client.describe_change_set(**name)
        if made["ExecutionStatus"] == "AVAILABLE":
            self.client.execute_change_set(**name)
        return made["Status"], self._settled()[1]

    def delete(self):
        self.client.delete_stack(StackName=self.name)
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            try:
                self.client.describe_stacks(StackName=self.name)
            except ClientError:
                return
            time.sleep(0.05)
        raise AssertionError("the stack was not deleted")

    def reasons(self):
        events = self.client.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def _body(self, resources, outputs):
        outputs = {key: {"Value": value} for key, value in (outputs or {}).items()}
        return json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})

    def _settled(self):
        limit = time.monotonic() + 30
        while time.monotonic() < limit:
            stack = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
                return stack["StackStatus"], outputs
            time.sleep(0.05)
        raise AssertionError("the stack did not settle")


def attribute(name, what):
    return {"Fn::GetAtt": [name, what]}


def resource(kind, **properties):
    return {"Type": kind, "Properties": properties}


ROLE = resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": []})


def machine(value):
    state = {"Type": "Pass", "Output": value, "End": True}
    body = {"QueryLanguage": "JSONata", "StartAt": "Show", "States": {"Show": state}}
    return {
        "Role": ROLE,
        "Machine": resource(
            "AWS::StepFunctions::StateMachine",
            RoleArn=attribute("Role", "Arn"),
            DefinitionString=json.dumps(body),
        ),
        "Version": resource(
            "AWS::StepFunctions::StateMachineVersion",
            StateMachineArn={"Ref": "Machine"},
            StateMachineRevisionId=attribute("Machine", "StateMachineRevisionId"),
        ),
        "Alias": resource(
            "AWS::StepFunctions::StateMachineAlias",
            Name="live",
            DeploymentPreference={
                "StateMachineVersionArn": {"Ref": "Version"},
                "Type": "ALL_AT_ONCE",
            },
        ),
    }


def test_stack_with_versions(local_aws):
    stack, machines = Stack(local_aws), Machines(local_aws)
    names = {name: {"Ref": name} for name in ("Machine", "Version", "Alias")}
    _, first = stack.put(machine(1), names)
    status, second = stack.put(machine(2), names, update=True)
    assert status == "UPDATE_COMPLETE"
    assert first["Machine"] == second["Machine"]
    assert first["Alias"] == second["Alias"]
    assert second["Version"] == f"{second['Machine']}:2"
    assert machines.end(machines.start(second["Alias"]))["output"] == "2"
    versions = machines.states.list_state_machine_versions(stateMachineArn=second["Machine"])
    assert len(versions["stateMachineVersions"]) == 1  # the first was replaced
    stack.delete()


def test_stack_with_a_wrong_definition_fails(local_aws):
    stack = Stack(local_aws)
    wrong = machine(1)["Machine"]
    wrong["Properties"]["DefinitionString"] = '{"StartAt": "A", "States": {}}'
    status, _ = stack.put({"Role": ROLE, "Machine": wrong})
    assert status == "ROLLBACK_COMPLETE"
    assert "Invalid State Machine Definition" in stack.reasons()


def test_stack_with_a_network(local_aws):
    stack, ec2 = Stack(local_aws), local_aws.client("ec2")
    group = attribute("Group", "GroupId")
    rule = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    resources = {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16"),
        "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.9.0.0/24"),
        "Group": resource("AWS::EC2::SecurityGroup", VpcId={"Ref": "Vpc"}, GroupDescription="g"),
        "In": resource("AWS::EC2::SecurityGroupIngress", SourceSecurityGroupId=group, **rule),
        "Out": resource("AWS::EC2::SecurityGroupEgress", CidrIp="10.9.0.0/16", **rule),
        "Endpoint": resource(
            "AWS::EC2::VPCEndpoint",
            VpcId={"Ref": "Vpc"},
            ServiceName="com.amazonaws.us-east-1.sagemaker.api",
            VpcEndpointType="Interface",
            SubnetIds=[{"Ref": "Subnet"}],
        ),
        "FlowLog": resource(
            "AWS::EC2::FlowLog", ResourceId={"Ref": "Vpc"}, ResourceType="VPC", TrafficType="ALL"
        ),
    }
    outputs = {
        "Cidr": attribute("Vpc", "CidrBlock"),
        "Dns": {"Fn::Select": [0, attribute("Endpoint", "DnsEntries")]},
        "Interface": {"Fn::Select": [0, attribute("Endpoint", "NetworkInterfaceIds")]},
        **{name: {"Ref": name} for name in ("Vpc", "Group", "FlowLog")},
    }
    status, found = stack.put(resources, outputs)
    assert status == "CREATE_COMPLETE", stack.reasons()
    assert found["Cidr"] == "10.9.0.0/16"
    assert found["Interface"].startswith("eni-")
    assert found["Dns"].partition(":")[2].endswith(".sagemaker.api.us-east-1.vpce.amazonaws.com")
    assert ec2.describe_flow_logs(FlowLogIds=[found["FlowLog"]])["FlowLogs"]

    def rules():
        described = ec2.describe_security_groups(GroupIds=[found["Group"]])["SecurityGroups"][0]
        return described["IpPermissions"], described["IpPermissionsEgress"]

    ingress, egress = rules()
    assert ingress[0]["UserIdGroupPairs"][0]["GroupId"] == found["Group"]
    assert "10.9.0.0/16" in [r["CidrIp"] for p in egress for r in p["IpRanges"]]
    resources["In"]["Properties"].update(FromPort=80, ToPort=80)
    del resources["Out"]
    stack.put(resources, outputs, update=True)
    ingress, egress = rules()
    assert [permission["FromPort"] for permission in ingress] == [80]
    assert "10.9.0.0/16" not in [r["CidrIp"] for p in egress for r in p["IpRanges"]]
    stack.delete()
    assert not ec2.describe_flow_logs(FlowLogIds=[found["FlowLog"]])["FlowLogs"]


def test_stack_with_a_custom_resource(local_aws):
    """The CDK's own custom resource ends at once, and does what its function does."""
    stack, s3 = Stack(local_aws), local_aws.client("s3")
    token = "arn:aws:lambda:us-east-1:000000000000:function:node-without-an-sdk"
    resources = {
        "Bucket": resource("AWS::S3::Bucket", VersioningConfiguration={"Status": "Enabled"}),
        "Empty": resource(
            "Custom::S3AutoDeleteObjects", ServiceToken=token, BucketName={"Ref": "Bucket"}
        ),
    }
    outputs = {"Bucket": {"Ref": "Bucket"}}
    status, found = stack.put(resources, outputs)
    assert status == "CREATE_COMPLETE", stack.reasons()
    for body in (b"1", b"2"):
        s3.put_object(Bucket=found["Bucket"], Key="a", Body=body)
    s3.delete_object(Bucket=found["Bucket"], Key="a")
    stack.delete()
    assert found["Bucket"] not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_change_set_of_outputs_only(local_aws):
    """`cdk deploy` makes and executes a change set; AWS says FAILED of one without any change."""
    stack = Stack(local_aws)
    resources = {"Bucket": resource("AWS::S3::Bucket")}
    stack.put(resources, {"Name": {"Ref": "Bucket"}})
    status, outputs = stack.change(resources, {"Name": {"Ref": "Bucket"}, "More": "image"})
    assert (status, outputs["More"]) == ("CREATE_COMPLETE", "image")
    assert stack.change(resources, {"More": "image"}) == ("CREATE_COMPLETE", {"More": "image"})
    status, outputs = stack.change(resources, {"More": "image"})
    assert (status, outputs) == ("FAILED", {"More": "image"})
    stack.delete()
