"""A run for each path that users and deployments send the state machine along.

| path | test |
| --- | --- |
| StopExecution in CreateTrainingJob, then a redrive | a_second_redrive_uses_a_third_name |
| ... in WaitForJob: StopOrphans, by name | stop_execution_while_a_job_is_looked_at |
| ... and by environment | a_job_of_another_execution_is_not_stopped |
| ... in WaitBeforeRetry | stop_execution_during_a_retry_wait |
| the execution's timeout in CreateTrainingJob | redrive_of_an_execution_that_timed_out |
| ... in WaitForJob | the_executions_own_timeout_while_a_job_is_looked_at |
| the timeout of CreateTrainingJob | an_attempt_that_takes_too_long |
| Failed, redriven: BuildRequest | redrive_of_a_failure_..., a_failure_is_redriven_twice_... |
| FailedForGood | a_failure_that_may_not_be_reported, ..._does_not_arrive |
| a name that is another's | a_name_that_two_executions_choose_at_once |
| the Catch of each function, WhoseJob | build_request_is_broken, judge_attempt_is_broken... |
| WhoDescribes, WhoStops and the twins | ../deployment/test_iam_assume_role.py |

On the stack's state machine and on variants of it.
"""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.runs.deployed_runs import TRAIN, Stage, source_archive
from tests.support.runs.outcome_runs import (
    AT_ONCE,
    calls,
    failed,
    fault,
    row,
    succeeded,
)

pytestmark = pytest.mark.e2e
ACCOUNT = "000000000000"


class Scene(Stage):
    """The stage, and variants of its state machine."""

    def __init__(self, client, endpoint_url, outputs):
        super().__init__(client, endpoint_url, outputs)
        self.machine = outputs["StateMachineArn"]
        described = client("stepfunctions").describe_state_machine(stateMachineArn=self.machine)
        self.definition = described["definition"]
        self._roles()

    def variant(self, *, role="Anything", **changes):
        """A copy of the state machine; `State__Field` changes one state, `Field` the whole."""
        definition = json.loads(self.definition)
        for path, value in changes.items():
            *state, name = path.split("__")
            (definition["States"][state[0]] if state else definition)[name] = value
        created = self.client("stepfunctions").create_state_machine(
            name=f"variant-{uuid.uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        )
        return created["stateMachineArn"]

    def without(self, function):
        """A copy of the state machine in which one of the two functions is missing."""
        definition = json.loads(self.definition)
        arguments = definition["States"][function]["Arguments"]
        missing = arguments["FunctionName"].split(":function:")[0] + ":function:missing"
        return self.variant(**{f"{function}__Arguments": arguments | {"FunctionName": missing}})

    def watch(self, machine):
        """Have executions of a variant watched as those of the stack's state machine are."""
        events, iam = self.client("events"), self.client("iam")
        (role,) = [
            each["RoleName"]
            for each in iam.list_roles(MaxItems=1000)["Roles"]
            if "StopOrphansRole" in each["RoleName"]
        ]
        asking = {"Effect": "Allow", "Action": "states:DescribeExecution", "Resource": "*"}
        iam.put_role_policy(
            RoleName=role, PolicyName="variants", PolicyDocument=json.dumps(_document(asking))
        )
        (rule,) = [each for each in events.list_rules()["Rules"] if "Orphans" in each["Name"]]
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        pattern = json.loads(rule["EventPattern"])
        pattern["detail"]["stateMachineArn"] = [machine]
        name = machine.rpartition(":")[2]
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=targets)

    def _roles(self):
        iam = self.client("iam")
        steps = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}}
        trusted = _document(steps | {"Action": "sts:AssumeRole"})
        anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        silent = {"Effect": "Deny", "Action": "states:SendTaskFailure", "Resource": "*"}
        for name, statements in {"Anything": [anything], "Silent": [anything, silent]}.items():
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trusted))
            iam.put_role_policy(
                RoleName=name,
                PolicyName="policy",
                PolicyDocument=json.dumps(_document(*statements)),
            )


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.fixture(scope="module")
def stage(scaled):
    scene = Scene(scaled.client, scaled.endpoint_url, scaled.outputs)
    scene.warm_up(AT_ONCE)  # so that the timeouts are spent on what they are meant for
    return scene


def training(run):
    return [job for job in run.jobs() if job["SecondaryStatus"] == "Training"]


def on(**changes):
    """Run on a variant of the state machine."""

    def act(stage, faults, given):
        return stage.start(given, faults, machine=stage.variant(**changes))

    return act


TOKEN = "{% $states.context.Task.Token %}"
RUNS_ON = {"hyperparameters": {"seconds": 100}}


# --- stopped and timed out -----------------------------------------------------------------------


def looked_at(run):
    """Whether no task awaits the job any more, so that nothing in Step Functions will stop it."""
    return "WaitForJob" in run.entered


def stopped_while_looking(stage, faults, given):
    run = stage.start(given, faults)
    run.reach(looked_at)
    run.stop()
    return run


@row(fault("drop_sync"), act=stopped_while_looking, job_name=None, **RUNS_ON)
def test_stop_execution_while_a_job_is_looked_at(run):
    """Its name is the default one, which is the execution's alone."""
    assert run.status == "ABORTED"
    assert calls(run) == 1
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Stopped"]


def timed_out_while_looking(stage, faults, given):
    machine = stage.variant(TimeoutSeconds=15, WaitForJob__Seconds=86_400)
    stage.watch(machine)
    return stage.start(given, faults, machine=machine)


@row(fault("drop_sync"), act=timed_out_while_looking, **RUNS_ON)
def test_the_executions_own_timeout_while_a_job_is_looked_at(run):
    assert run.status == "TIMED_OUT"
    assert run.entered[-1] == "WaitForJob"
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Stopped"]


def stopped_beside_another(stage, faults, given):
    """A job of somebody else has the name that this execution's second attempt would have."""
    run = stage.start(given, faults)
    run.reach(looked_at)
    other = stage.start({"job_name": f"{run.jobs_named}-2", "hyperparameters": {"seconds": 8}})
    run.reach(lambda run: len(training(run)) == 2)
    run.stop()
    assert other.end()["status"] == "SUCCEEDED"
    return run


@row(fault("drop_sync"), act=stopped_beside_another, **RUNS_ON)
def test_a_job_of_another_execution_is_not_stopped(run):
    assert run.status == "ABORTED"
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Stopped", "Completed"]


def stopped_in_a_wait(stage, faults, given):
    run = on(WaitBeforeRetry__Seconds=86_400)(stage, faults, given)
    run.reach(lambda run: "WaitBeforeRetry" in run.entered)
    run.stop()
    return run


@row(fault("fail_job", reason="InternalServerError: oops"), act=stopped_in_a_wait)
def test_stop_execution_during_a_retry_wait(run):
    assert run.status == "ABORTED"
    assert run.entered[-1] == "WaitBeforeRetry"
    assert len(run.jobs()) == 1


@row(act=on(CreateTrainingJob__TimeoutSeconds=4), **RUNS_ON)
def test_an_attempt_that_takes_too_long_is_stopped(run):
    failed(run, "TrainingJobStopped", jobs=1)
    assert calls(run) == 1


# --- redriven ------------------------------------------------------------------------------------


def redriven(run):
    run.end()
    assert run.running() == []
    run.states.redrive_execution(executionArn=run.arn)
    return run


def stopped_twice(stage, faults, given):
    run = stage.start(given)
    stage.plan(f"{run.jobs_named}-3", faults)
    for jobs in (1, 2):
        run.reach(lambda run: len(run.jobs()) == jobs)  # noqa: B023
        run.stop()
        redriven(run)
    return run


@row(fault("fail_job", reason="AlgorithmError: the third job"), act=stopped_twice, **RUNS_ON)
def test_a_second_redrive_uses_a_third_name(run):
    assert "the third job" in failed(run, "TrainingJobFailed", jobs=3)
    names = [job["TrainingJobName"] for job in run.jobs()]
    assert names == [names[0], f"{names[0]}-2", f"{names[0]}-3"]


def timed_out_and_redriven(stage, faults, given):
    run = stage.start(given, machine=stage.variant(TimeoutSeconds=15))
    assert run.end()["status"] == "TIMED_OUT"
    stage.plan(f"{run.jobs_named}-2", faults)
    return redriven(run)


@row(
    fault("fail_job", reason="AlgorithmError: the second job"),
    act=timed_out_and_redriven,
    **RUNS_ON,
)
def test_redrive_of_an_execution_that_timed_out(run):
    assert "the second job" in failed(run, "TrainingJobFailed", jobs=2)
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Stopped", "Failed"]


OOPS = fault("fail_job", reason="AlgorithmError: oops", times=9)


def forgiven(stage, run):
    """Take the cause of a run's failure away, and redrive it."""
    run.end()
    stage.forget(run)
    return redriven(run)


def mended_and_redriven(stage, faults, given):
    """The script that fails, after its checkpoint, is replaced by one that does not."""
    key, folder = f"code/{uuid.uuid4()}.tar.gz", f"s3://{stage.bucket}/checkpoints/{uuid.uuid4()}"
    code = {"source_dir": f"s3://{stage.bucket}/{key}", "checkpoint_config": {"S3Uri": folder}}
    broken = source_archive(TRAIN.replace("sys.exit(given.fail)", "sys.exit('a bug')"))
    stage.client("s3").put_object(Bucket=stage.bucket, Key=key, Body=broken)
    run = stage.start(given | code, faults)
    assert run.end()["error"] == "TrainingJobFailed"
    stage.client("s3").put_object(Bucket=stage.bucket, Key=key, Body=source_archive())
    return redriven(run)


@row(act=mended_and_redriven)
def test_redrive_of_a_failure_whose_cause_was_mended(run):
    output = succeeded(run, jobs=2)
    first, second = (job["TrainingJobName"] for job in run.jobs())
    assert second == f"{first}-2"
    assert [each["status"] for each in output["attempts"]] == ["Failed", "Completed"]
    assert output["final_metrics"] == {"resumed": 1}
    failing = run.entered.index("Failed")
    assert run.entered[failing : failing + 3] == ["Failed", "Failed", "BuildRequest"]


def redriven_twice(stage, faults, given):
    run = redriven(stage.start(given, faults))
    assert run.end()["error"] == "CapacityUnavailable"
    assert len(run.jobs()) == 4
    return forgiven(stage, run)


@row(fault("fail_job", reason="CapacityError: none", times=9), act=redriven_twice, max_attempts=2)
def test_a_failure_is_redriven_twice_each_time_with_all_attempts(run):
    succeeded(run, jobs=5)
    assert run.output["job_name"].endswith("-5")
    assert run.states.describe_execution(executionArn=run.arn)["redriveCount"] == 2


@row(act=lambda stage, faults, given: redriven(stage.start(given, faults)), max_run=-1)
def test_redrive_of_invalid_arguments_finds_the_same_problems(run):
    assert failed(run, "InvalidArguments", jobs=0).startswith("1 argument problem;")
    assert [problem["argument"] for problem in run.cause["problems"]] == ["max_run"]
    assert run.entered.count("BuildRequest") == 2


# --- failures that cannot be reported


def reported_by(**changes):
    """Run on a variant whose task `Failed` does not work, and redrive it."""

    def act(stage, faults, given):
        return redriven(stage.start(given, faults, machine=stage.variant(**changes)))

    return act


def failed_for_good(run):
    """Check that the failure is what it would have been, and that it stays."""
    assert "oops" in failed(run, "TrainingJobFailed", jobs=1)
    assert run.entered[-3:] == ["Failed", "FailedForGood", "FailedForGood"]


@row(OOPS, act=reported_by(role="Silent"))
def test_a_failure_that_may_not_be_reported(run):
    failed_for_good(run)


HEARTBEAT = "arn:aws:states:::aws-sdk:sfn:sendTaskHeartbeat.waitForTaskToken"


@row(
    OOPS,
    act=reported_by(
        Failed__Resource=HEARTBEAT, Failed__Arguments={"TaskToken": TOKEN}, Failed__TimeoutSeconds=1
    ),
)
def test_a_failure_whose_report_does_not_arrive(run):
    failed_for_good(run)


# --- names ---------------------------------------------------------------------------------------


def twice_at_once(stage, faults, given):
    """Two executions with one job name; the one that did not get it is returned."""
    name = f"twice-{uuid.uuid4().hex[:8]}"
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(stage.start, given | {"job_name": name}) for _ in range(2)]
    first, second = (future.result() for future in both)
    ended = {run.end()["status"]: run for run in (first, second)}
    assert set(ended) == {"SUCCEEDED", "FAILED"}
    return ended["FAILED"]


@row(act=twice_at_once, hyperparameters={"seconds": 1})
def test_a_name_that_two_executions_choose_at_once(run):
    """The job is the other execution's: it is neither waited for nor reported as this one's."""
    assert run.error == "RequestRejected"
    assert "belongs to a training job created" in run.cause["message"]
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Completed"]


# --- functions that are broken -------------------------------------------------------------------


def without(function):
    def act(stage, faults, given):
        return stage.start(given, faults, machine=stage.without(function))

    return act


@row(act=without("BuildRequest"))
def test_build_request_is_broken(run):
    assert (run.status, run.error) == ("FAILED", "RequestRejected")
    assert "An internal error in BuildRequest" in run.cause["message"]
    assert run.jobs() == []


def unjudged_and_redriven(stage, faults, given):
    return redriven(stage.start(given, faults, machine=stage.without("JudgeAttempt")))


@row(fault("drop_sync", times=2), act=unjudged_and_redriven, **RUNS_ON)
def test_judge_attempt_is_broken_and_a_redrive_takes_the_next_name(run):
    assert (run.status, run.error) == ("FAILED", "TrainingJobFailed")
    assert "An internal error in JudgeAttempt" in run.cause["message"]
    first, second = run.jobs()
    assert [first["TrainingJobStatus"], second["TrainingJobStatus"]] == ["Stopped", "Stopped"]
    assert second["TrainingJobName"] == f"{first['TrainingJobName']}-2"


def broken_with_a_name_in_use(stage, faults, given):
    """The execution that the name belongs to trains on while the other one fails."""
    given = given | {"job_name": f"used-{uuid.uuid4().hex[:8]}"}
    owner = stage.start(given, faults)
    owner.reach(training)
    run = stage.start(given, machine=stage.without("JudgeAttempt"))
    run.end()
    assert owner.end()["status"] == "SUCCEEDED"
    return run


@row(act=broken_with_a_name_in_use, hyperparameters={"seconds": 4})
def test_judge_attempt_is_broken_and_the_job_is_anothers(run):
    assert (run.status, run.error) == ("FAILED", "TrainingJobFailed")
    assert [job["TrainingJobStatus"] for job in run.jobs()] == ["Completed"]
