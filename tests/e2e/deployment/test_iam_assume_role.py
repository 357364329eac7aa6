"""`assume_role`: the printed documents are what the assumed role needs, and all that it needs."""

import json

import pytest

from infra.roles import assume_role_policy
from tests.support.deploying import deployment
from tests.support.runs.deployed_runs import Execution, Stage
from tests.support.runs.sweep_runs import SweepStage
from tests.support.step.launched_run import Launcher, RunFailed

pytestmark = pytest.mark.e2e

ROLE = "arn:aws:iam::000000000000:role/submitter"
SETTINGS = {
    "stack_name": "Assuming",
    "state_machine_name": "Assuming",
    "assumable_roles": [ROLE],
}


@pytest.fixture(scope="module")
def launcher(enforcing_aws):
    """The root user, with a stack that may assume `submitter`."""
    assembly = deployment.synthesize({**deployment.HOST_FUNCTIONS, **SETTINGS})
    outputs = deployment.deploy(assembly, enforcing_aws.client, "Assuming")
    return Launcher(outputs, enforcing_aws.client)


@pytest.fixture(scope="module")
def printed(enforcing_aws, launcher):
    """What the command prints."""
    command = ["-m", "infra.roles.assume_role_policy", "--stack", "Assuming", "--role", ROLE]
    run = deployment.run(
        [*command, "--job-role", launcher.outputs["JobRoleArn"]],
        AWS_ENDPOINT_URL=enforcing_aws.endpoint_url,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_DEFAULT_REGION="us-east-1",
    )
    return json.loads(run.stdout)


@pytest.fixture
def submitter(enforcing_aws, printed):
    """Makes the role with these documents."""
    iam = enforcing_aws.client("iam")

    def make(trust=None, policy=None):
        documents = trust or printed["trust_policy"], policy or printed["permissions_policy"]
        trust_policy, permissions = map(json.dumps, documents)
        iam.create_role(RoleName="submitter", AssumeRolePolicyDocument=trust_policy)
        iam.put_role_policy(RoleName="submitter", PolicyName="all", PolicyDocument=permissions)

    yield make
    iam.delete_role_policy(RoleName="submitter", PolicyName="all")
    iam.delete_role(RoleName="submitter")


def test_a_sweeps_trial_trains_as_the_assumed_role_in_every_call(
    enforcing_aws, launcher, submitter
):
    """A trial is an execution of RlTraining, whose role assumes it; the sweep's role does not."""
    submitter()
    stage = SweepStage(enforcing_aws.client, enforcing_aws.endpoint_url, launcher.outputs)
    sweep = stage.sweep({"assume_role": ROLE, "seeds": 1})
    sweep.end()
    assert sweep.status == "SUCCEEDED", sweep.cause
    trial = launcher.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    assert calls_of_sagemaker(launcher, f"{trial}:{sweep.name}-t001") == {
        "createTrainingJob.sync": {"roleArn": ROLE},
        "describeTrainingJob": {"roleArn": ROLE},
    }


def test_without_the_argument_no_call_assumes_a_role(launcher):
    """Nor does the stop of a job that nobody can judge."""
    states, machine = launcher.client("stepfunctions"), launcher.outputs["StateMachineArn"]
    whole = states.describe_state_machine(stateMachineArn=machine)["definition"]
    broken = json.loads(whole)
    function = broken["States"]["JudgeAttempt"]["Arguments"]
    function["FunctionName"] = function["FunctionName"].split(":function:")[0] + ":function:none"
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(broken))
    try:
        execution = launcher.start()
        with pytest.raises(RunFailed, match="An internal error in JudgeAttempt"):
            launcher.outcome(execution)
    finally:
        states.update_state_machine(stateMachineArn=machine, definition=whole)
    made = ("createTrainingJob.sync", "describeTrainingJob", "stopTrainingJob")
    assert calls_of_sagemaker(launcher, execution) == dict.fromkeys(made)


def test_without_the_argument_a_second_look_assumes_no_role(enforcing_aws, launcher):
    failing = {"fault": "fail_job", "reason": "AlgorithmError: as planned"}
    refused = {"fault": "fail_describe", "error": "ThrottlingException", "message": "Rate exceeded"}
    Stage.plan(enforcing_aws, "looked-at-twice", [failing, refused])
    execution = launcher.start(job_name="looked-at-twice")
    with pytest.raises(RunFailed, match="as planned"):
        launcher.outcome(execution)
    Stage.plan(enforcing_aws, "looked-at-twice", [])
    made = ("createTrainingJob.sync", "describeTrainingJob")
    assert calls_of_sagemaker(launcher, execution) == dict.fromkeys(made)


def test_the_role_is_assumed_for_this_state_machine_alone(launcher, printed, submitter):
    other = assume_role_policy.trust(
        launcher.outputs["StateMachineArn"] + "2",
        printed["trust_policy"]["Statement"][0]["Principal"]["AWS"],
    )
    submitter(trust=other)
    with pytest.raises(RunFailed, match=f"RequestRejected.*sts:AssumeRole on {ROLE}"):
        launcher.run(assume_role=ROLE)


@pytest.mark.parametrize(
    "action",
    [
        "sagemaker:CreateTrainingJob",
        "sagemaker:AddTags",
        "sagemaker:DescribeTrainingJob",
        "iam:PassRole",
    ],
)
def test_nothing_of_the_policy_is_too_much(launcher, printed, submitter, action):
    statements = [
        {**each, "Action": left}
        for each in printed["permissions_policy"]["Statement"]
        if (left := [name for name in listed(each["Action"]) if name != action])
    ]
    submitter(policy={"Version": "2012-10-17", "Statement": statements})
    with pytest.raises(RunFailed, match=action):
        launcher.run(assume_role=ROLE)


def test_a_role_that_is_not_listed_is_refused(launcher):
    with pytest.raises(RunFailed, match=r"InvalidArguments.*role/somebody"):
        launcher.run(assume_role="arn:aws:iam::000000000000:role/somebody")


def calls_of_sagemaker(launcher, execution):
    """The credentials of each call that an execution made of SageMaker."""
    events = Execution(execution, launcher.client("stepfunctions"), None).events()
    scheduled = [each.get("taskScheduledEventDetails", {}) for each in events]
    return {
        each["resource"]: each.get("taskCredentials")
        for each in scheduled
        if "sagemaker" in each.get("resourceType", "")
    }


def listed(value):
    return value if isinstance(value, list) else [value]
