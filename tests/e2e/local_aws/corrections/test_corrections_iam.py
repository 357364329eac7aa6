"""Permissions on a local AWS that enforces them: callers, and the state machine role."""

import io
import json
import time
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.support.deploying.local_aws_process import start_local_aws
from tests.support.runs.machines import INVOKE, SDK, Machines, Training, allow, training_machine

pytestmark = pytest.mark.e2e

ACCOUNT = "000000000000"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/*"
EVENTS = allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], RULE)


@pytest.fixture(scope="module")
def iam_aws():
    """A server like the session's, which also checks permissions."""
    server = start_local_aws("--iam", "--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def training(iam_aws):
    return Training(iam_aws)


def trust(service, **condition):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        **condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Role:
    """A role of one test, and a caller with the same policies."""

    def __init__(self, aws, service="states.amazonaws.com"):
        self.aws, self.iam = aws, aws.client("iam")
        self.name = f"role-{uuid.uuid4().hex[:8]}"
        created = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=trust(service))
        self.arn = created["Role"]["Arn"]

    def set(self, **policies):
        for name in self.iam.list_role_policies(RoleName=self.name)["PolicyNames"]:
            self.iam.delete_role_policy(RoleName=self.name, PolicyName=name)
        for name, policy in policies.items():
            self.iam.put_role_policy(
                RoleName=self.name, PolicyName=name, PolicyDocument=json.dumps(policy)
            )

    def __call__(self, **policies):
        self.set(**policies)
        return self


def user(aws, *policies):
    """Keys of a new user with these policies."""
    iam, name = aws.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    for index, policy in enumerate(policies):
        iam.put_user_policy(
            UserName=name, PolicyName=f"p{index}", PolicyDocument=json.dumps(policy)
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def denial(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    assert error["Code"] in ("AccessDeniedException", "AccessDenied"), error
    return error["Message"]


# --- the state machine role


def training_policies(training):
    passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return {
        "create": allow("sagemaker:CreateTrainingJob", JOBS),
        "tag": allow("sagemaker:AddTags", JOBS),
        "pass": allow("iam:PassRole", training.role, condition=passed),
        "stop": allow("sagemaker:StopTrainingJob", JOBS),
        "events": EVENTS,
    }


def test_state_machine_role_reports_a_failure(iam_aws):
    role = Role(iam_aws)
    machines = Machines(iam_aws, role.arn)
    arguments = {"TaskToken": "{% $states.context.Task.Token %}", "Error": "Mine", "Cause": "c"}
    resource = "arn:aws:states:::aws-sdk:sfn:sendTaskFailure.waitForTaskToken"
    task = {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}
    machine = machines.create({"Report": task})
    role.set(report=allow("states:SendTaskFailure", "*"))
    assert machines.end(machines.start(machine))["error"] == "Mine"
    role.set(other=allow("states:SendTaskSuccess", "*"))
    description = machines.end(machines.start(machine))
    assert description["error"] == "Sfn.SfnException"
    assert "not authorized to perform: states:SendTaskFailure" in description["cause"]


def test_state_machine_role_of_a_training_job(iam_aws, training):
    role = Role(iam_aws)
    machines = Machines(iam_aws, role.arn)
    policies = training_policies(training)
    role.set(**policies)
    machine = machines.create(training_machine())
    needed = {
        "create": "sagemaker:CreateTrainingJob",
        "tag": "sagemaker:AddTags",
        "pass": "iam:PassRole",
    }
    for missing, action in needed.items():
        role.set(**{name: policies[name] for name in policies if name != missing})
        request = training.request()
        description = machines.end(machines.start(machine, request))
        assert description["error"] == "SageMaker.AmazonSageMakerException"
        assert f"{role.name}/" in description["cause"]
        assert f"is not authorized to perform: {action} on resource: " in description["cause"]
        assert (
            f"because no identity-based policy allows the {action} action" in (description["cause"])
        )
        assert "Error Code: AccessDeniedException" in description["cause"]


def test_pass_role_needs_its_service(iam_aws, training):
    role = Role(iam_aws)
    other = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    policies = training_policies(training)
    policies["pass"] = allow("iam:PassRole", training.role, condition=other)
    machines = Machines(iam_aws, role(**policies).arn)
    assert "iam:PassRole" in machines.run(training_machine(), training.request())["cause"]


def test_sagemaker_conditions(iam_aws, training):
    role = Role(iam_aws)
    policies = training_policies(training)
    machine = Machines(iam_aws, role(**policies).arn).create(training_machine())
    conditions = {
        "ForAllValues:StringLike": {"sagemaker:InstanceTypes": ["ml.m5.*"]},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": "600"},
        "StringEquals": {"aws:RequestTag/team": "a"},
        "ForAnyValue:StringEquals": {"aws:TagKeys": ["MANAGED_BY_AWS"]},
        "Null": {"sagemaker:OutputKmsKey": "true", "sagemaker:VpcSubnets": "true"},
    }
    policies["create"]["Statement"][0]["Condition"] = conditions
    role.set(**policies)
    machines = Machines(iam_aws, role.arn)
    good = {"Tags": [{"Key": "team", "Value": "a"}]}
    resources = training.request()["ResourceConfig"]
    output = training.request()["OutputDataConfig"]
    refused = [
        {"ResourceConfig": {**resources, "InstanceType": "ml.p4d.24xlarge"}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 601}},
        {"Tags": [{"Key": "team", "Value": "b"}]},
        {"OutputDataConfig": {**output, "KmsKeyId": "alias/key"}},
        {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
    ]
    for fields in refused:
        description = machines.end(machines.start(machine, training.request(**good | fields)))
        assert "sagemaker:CreateTrainingJob" in description["cause"], fields
    end = machines.end(machines.start(machine, training.request(**good)))
    assert end["status"] == "SUCCEEDED", end


def test_a_job_that_may_not_be_stopped_runs_on(iam_aws, training):
    role = Role(iam_aws)
    policies = training_policies(training)
    del policies["stop"]
    machines = Machines(iam_aws, role(**policies).arn)
    request = training.request(seconds=2)
    execution = machines.start(machines.create(training_machine()), request)
    machines.reach(execution, "TaskSubmitted")
    machines.states.stop_execution(executionArn=execution)
    assert not training.stopped(request["TrainingJobName"])


def test_state_machine_role_of_a_description(iam_aws):
    role = Role(iam_aws)
    task = {
        "Type": "Task",
        "Resource": f"{SDK}describeTrainingJob",
        "Arguments": {"TrainingJobName": "none"},
        "End": True,
    }
    machines = Machines(iam_aws, role.arn)
    machine = machines.create({"Describe": task})
    refused = machines.end(machines.start(machine))
    assert refused["error"] == "SageMaker.SageMakerException"
    assert "training-job/none because no identity-based policy allows" in refused["cause"]
    role.set(describe=allow("sagemaker:DescribeTrainingJob", JOBS))
    assert "Requested resource not found" in machines.end(machines.start(machine))["cause"]


def test_state_machine_role_of_a_function(iam_aws):
    role, function_role = Role(iam_aws), Role(iam_aws, "lambda.amazonaws.com")
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        archive.writestr("one.py", "def handler(event, context):\n    return 1\n")
    arn = iam_aws.client("lambda").create_function(
        FunctionName=f"one-{uuid.uuid4()}",
        Runtime="python3.11",
        Handler="one.handler",
        Role=function_role.arn,
        Code={"ZipFile": stored.getvalue()},
    )["FunctionArn"]
    arguments = {"FunctionName": arn, "Payload": {}}
    task = {"Type": "Task", "Resource": INVOKE, "Arguments": arguments, "End": True}
    machines = Machines(iam_aws, role.arn)
    machine = machines.create({"Call": task})
    refused = machines.end(machines.start(machine))
    assert refused["error"] == "Lambda.AWSLambdaException"
    assert f"lambda:InvokeFunction on resource: {arn}" in refused["cause"]
    role.set(invoke=allow("lambda:InvokeFunction", arn))
    assert machines.end(machines.start(machine))["status"] == "SUCCEEDED"


def test_state_machine_role_must_trust_step_functions(iam_aws):
    machines = Machines(iam_aws, Role(iam_aws, "lambda.amazonaws.com").arn)
    with pytest.raises(ClientError, match=r"states\.amazonaws\.com.*authorized to assume"):
        machines.create({"Done": {"Type": "Succeed"}})


def test_trust_may_be_for_one_state_machine(iam_aws):
    role = Role(iam_aws)
    machines = Machines(iam_aws, role.arn)
    machine = machines.create({"Done": {"Type": "Succeed"}})
    own = {"Condition": {"ArnLike": {"aws:SourceArn": machine}}}
    iam_aws.client("iam").update_assume_role_policy(
        RoleName=role.name, PolicyDocument=trust("states.amazonaws.com", **own)
    )
    machines.states.update_state_machine(stateMachineArn=machine, roleArn=role.arn)
    with pytest.raises(ClientError, match="authorized to assume the provided role"):
        machines.create({"Done": {"Type": "Succeed"}})


def test_an_update_checks_the_role_too(iam_aws):
    machines = Machines(iam_aws, Role(iam_aws).arn)
    machine = machines.create({"Done": {"Type": "Succeed"}})
    untrusted = Role(iam_aws, "lambda.amazonaws.com").arn
    update = machines.states.update_state_machine
    with pytest.raises(ClientError, match="authorized to assume the provided role"):
        update(stateMachineArn=machine, roleArn=untrusted)


def test_state_machine_role_needs_the_rule_of_sync(iam_aws):
    machines = Machines(iam_aws, Role(iam_aws).arn)
    with pytest.raises(ClientError, match="is not authorized to create managed-rule"):
        machines.create(training_machine())


def test_credentials_replace_the_state_machine_role(iam_aws):
    role = Role(iam_aws)
    target = Role(iam_aws)
    task = {
        "Type": "Task",
        "Resource": f"{SDK}describeTrainingJob",
        "Arguments": {"TrainingJobName": "none"},
        "Credentials": {"RoleArn": target.arn},
        "End": True,
    }
    machines = Machines(iam_aws, role.arn)
    machine = machines.create({"Describe": task})
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": role.arn}}
        ],
    }
    iam_aws.client("iam").update_assume_role_policy(
        RoleName=target.name, PolicyDocument=json.dumps(policy)
    )
    refused = machines.end(machines.start(machine))
    assert refused["error"] == "States.TaskFailed"
    assert refused["cause"] == (
        f"The role {role.arn} is not authorized to assume the task state's role, {target.arn}."
    )
    role.set(
        assume=allow("sts:AssumeRole", target.arn),
        describe=allow("sagemaker:DescribeTrainingJob", JOBS),
    )
    refused = machines.end(machines.start(machine))["cause"]
    assert f"assumed-role/{target.name}/" in refused  # its permissions count, not the machine's
    target.set(describe=allow("sagemaker:DescribeTrainingJob", JOBS))
    assert "Requested resource not found" in machines.end(machines.start(machine))["cause"]


# --- nested executions

NESTED_RULE = (
    f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
)


def nested_policies(child):
    """What AWS documents for `startExecution.sync`."""
    executions = f"{child.replace(':stateMachine:', ':execution:')}:*"
    return {
        "rule": allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], NESTED_RULE),
        "start": allow("states:StartExecution", child),
        "describe": allow("states:DescribeExecution", executions),
        "stop": allow("states:StopExecution", executions),
    }


class Nested:
    """A parent and its child, with a role of the parent's own."""

    def __init__(self, aws, **members):
        self.machines = Machines(aws, Role(aws).arn)
        self.child = self.machines.create(members or {"Done": {"Type": "Succeed"}})
        self.role = Role(aws)
        self.policies = nested_policies(self.child)
        self.role.set(**self.policies)
        arguments = {"StateMachineArn": "{% $states.input.child %}"}
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Arguments": arguments,
            "End": True,
        }
        self.parent = self.machines.create({"Nest": task}, role=self.role.arn)

    def start(self, child=None):
        return self.machines.start(self.parent, {"child": child or self.child})

    def without(self, name):
        self.role.set(**{key: policy for key, policy in self.policies.items() if key != name})
        return self


@pytest.mark.parametrize(("name", "action"), [("start", "Start"), ("describe", "Describe")])
def test_each_permission_of_a_nested_execution_counts(iam_aws, name, action):
    nested = Nested(iam_aws)
    assert nested.machines.end(nested.start())["status"] == "SUCCEEDED"
    refused = nested.without(name).machines.end(nested.start())
    assert refused["error"] == "StepFunctions.AWSStepFunctionsException"
    assert (
        f"is not authorized to perform: states:{action}Execution on resource: "
        in (refused["cause"])
    )
    assert (
        "(Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDenied"
        in (refused["cause"])
    )


def test_a_nested_execution_by_alias_needs_the_state_machine(iam_aws):
    nested = Nested(iam_aws)
    states = nested.machines.states
    version = states.publish_state_machine_version(stateMachineArn=nested.child)
    route = {"stateMachineVersionArn": version["stateMachineVersionArn"], "weight": 100}
    alias = states.create_state_machine_alias(name="live", routingConfiguration=[route])
    arn = alias["stateMachineAliasArn"]
    assert nested.machines.end(nested.start(arn))["status"] == "SUCCEEDED"
    qualifier = {"StringEquals": {"states:StateMachineQualifier": "live"}}
    nested.policies["start"] = allow("states:StartExecution", nested.child, condition=qualifier)
    nested.role.set(**nested.policies)
    assert nested.machines.end(nested.start(arn))["status"] == "SUCCEEDED"
    assert nested.machines.end(nested.start())["status"] == "FAILED"


def test_a_child_that_the_role_may_not_stop_runs_on(iam_aws):
    nested = Nested(iam_aws, Wait={"Type": "Wait", "Seconds": 600, "End": True})
    for may, status in ((False, "RUNNING"), (True, "ABORTED")):
        execution = (nested if may else nested.without("stop")).start()
        if may:
            nested.role.set(**nested.policies)
        nested.machines.reach(execution, "TaskSubmitted")
        nested.machines.states.stop_execution(executionArn=execution)
        submitted = nested.machines.events(execution)[4]["taskSubmittedEventDetails"]["output"]
        child = json.loads(submitted)["ExecutionArn"]
        time.sleep(0.3)
        described = nested.machines.states.describe_execution(executionArn=child)
        assert described["status"] == status


def test_state_machine_role_needs_the_rule_of_nested_executions(iam_aws):
    nested = Nested(iam_aws)
    nested.without("rule")
    definition = nested.machines.states.describe_state_machine(stateMachineArn=nested.parent)
    with pytest.raises(ClientError, match="is not authorized to create managed-rule"):
        nested.machines.states.create_state_machine(
            name=f"m-{uuid.uuid4()}", definition=definition["definition"], roleArn=nested.role.arn
        )


def test_the_sdk_integration_of_step_functions_needs_its_permission(iam_aws):
    role = Role(iam_aws)
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:none:none"
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": {"ExecutionArn": arn},
        "End": True,
    }
    machines = Machines(iam_aws, role.arn)
    machine = machines.create({"Look": task})
    refused = machines.end(machines.start(machine))
    assert refused["error"] == "Sfn.SfnException"
    assert f"states:DescribeExecution on resource: {arn} because" in refused["cause"]
    role.set(describe=allow("states:DescribeExecution", arn))
    assert machines.end(machines.start(machine))["error"] == "Sfn.ExecutionDoesNotExistException"


# --- callers


def test_denial_names_the_resource(iam_aws):
    machine = Machines(iam_aws, Role(iam_aws).arn).create({"Done": {"Type": "Succeed"}})
    keys = user(iam_aws)
    said = denial(iam_aws.client("stepfunctions", **keys).start_execution, stateMachineArn=machine)
    assert f"is not authorized to perform: states:StartExecution on resource: {machine}" in said
    assert "because no identity-based policy allows the states:StartExecution action" in said


def test_resource_arns(iam_aws):
    log_group = f"/group-{uuid.uuid4()}"
    logs = iam_aws.client("logs")
    logs.create_log_group(logGroupName=log_group)
    logs.create_log_stream(logGroupName=log_group, logStreamName="a")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{log_group}"
    keys = user(
        iam_aws,
        allow("logs:DescribeLogStreams", f"{arn}:*"),
        allow("logs:GetLogEvents", f"{arn}:log-stream:a"),
        allow("sagemaker:DescribeTrainingJob", JOBS.replace("*", "mine-*")),
    )
    reader = iam_aws.client("logs", **keys)
    assert reader.describe_log_streams(logGroupName=log_group)["logStreams"]
    assert reader.get_log_events(logGroupName=log_group, logStreamName="a")["events"] == []
    said = denial(reader.get_log_events, logGroupName=log_group, logStreamName="b")
    assert f"{arn}:log-stream:b" in said
    sagemaker = iam_aws.client("sagemaker", **keys)
    assert "training-job/other" in denial(sagemaker.describe_training_job, TrainingJobName="other")
    with pytest.raises(ClientError, match="Requested resource not found"):
        sagemaker.describe_training_job(TrainingJobName="mine-1")


def test_sagemaker_conditions_of_a_caller(iam_aws, training):
    small = {"ForAllValues:StringEquals": {"sagemaker:InstanceTypes": ["ml.m5.large"]}}
    tagged = {"StringEquals": {"aws:RequestTag/team": "a"}}
    policy = allow("sagemaker:CreateTrainingJob", JOBS, condition=small | tagged)
    create = iam_aws.client("sagemaker", **user(iam_aws, policy)).create_training_job
    tags = [{"Key": "team", "Value": "a"}]
    assert "sagemaker:CreateTrainingJob" in denial(create, **training.request())
    large = {**training.request()["ResourceConfig"], "InstanceType": "ml.p4d.24xlarge"}
    request = training.request(Tags=tags, ResourceConfig=large)
    assert "sagemaker:CreateTrainingJob" in denial(create, **request)
    assert create(**training.request(Tags=tags))["TrainingJobArn"]


def test_tls_only_bucket(iam_aws):
    s3, name = iam_aws.client("s3"), f"tls-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name)
    arns = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": arns,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(
        Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    caller = iam_aws.client("s3", **user(iam_aws, allow("s3:*", "*")))
    caller.put_object(Bucket=name, Key="a", Body=b"1")
    assert caller.get_object(Bucket=name, Key="a")["Body"].read() == b"1"
