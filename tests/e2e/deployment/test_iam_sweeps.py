"""The roles of sweeps have what a sweep needs: each permission is taken away once."""

import copy

import pytest
from botocore.exceptions import ClientError

from tests.support.runs.sweep_runs import SweepStage
from tests.support.runs.training_jobs import wait_until
from tests.support.template.permission_table import SWEEP, SWEEP_RETRY, SWEEP_STOP, permissions

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage(enforcing_aws, launcher):
    return SweepStage(enforcing_aws.client, enforcing_aws.endpoint_url, launcher.outputs)


def one(stage, **hyperparameters):
    """Start a sweep of a single trial."""
    return stage.sweep(
        {"seeds": 1, "max_failed_trials": 0, "hyperparameters": hyperparameters or None}
    )


def awaiting(stage):
    """A sweep that awaits its trial, whose training takes a minute."""
    sweep = one(stage, seconds=60)
    sweep.reach(lambda: "TaskSubmitted" in [event["type"] for event in sweep.events()])
    return sweep


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP))
def test_without_a_permission_a_sweep_fails_and_says_so(stage, without, role, action):
    with without(role, action):
        sweep = one(stage)
        sweep.end()
    assert sweep.status == "FAILED"
    assert action in sweep.cause["message"]
    sweep.reach(lambda: not sweep.trials("RUNNING"))


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP_STOP))
def test_either_of_two_ways_stops_the_trials_of_a_stopped_sweep(
    stage,
    without,
    role,
    action,
):
    sweep = awaiting(stage)
    with without(role, action):
        sweep.stop()
        sweep.reach(lambda: not sweep.trials("RUNNING"))
        sweep.reach(lambda: not sweep.jobs("InProgress"))
    assert set(sweep.trials().values()) == {"ABORTED"}


STOP_TRIALS = "SweepsTrialsStopTrialsRole"


@pytest.fixture
def denials(enforcing_aws):
    """What the log of StopTrials says of an action that it was denied."""
    logs = enforcing_aws.client("logs")

    def denials(action):
        prefix = "/aws/lambda/RlSweep-StopTrials"
        (group,) = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        return [each for each in events if f"perform: {action}" in each["message"]]

    return denials


@pytest.mark.parametrize(
    "action", [action for role, action in permissions(SWEEP_STOP) if role == STOP_TRIALS]
)
def test_a_trial_that_neither_may_stop_runs_on(stage, without, denials, action):
    sweep = awaiting(stage)
    with without("SweepsRole", "states:StopExecution"), without(STOP_TRIALS, action):
        before = len(denials(action))
        sweep.stop()
        wait_until(lambda: len(denials(action)) > before, "the denial")
        assert sweep.end()["status"] == "ABORTED"
        (trial,) = sweep.trials("RUNNING")
    arn = f"{sweep.arn.replace(':RlSweep:', ':RlTraining:').rpartition(':')[0]}:{trial}"
    sweep.states.stop_execution(executionArn=arn)


def test_a_launcher_stops_a_sweep_and_sees_what_it_has_to(launcher, stage, without):
    """Of trials it needs the names alone, which the history of the sweep tells: it lists none."""
    sweep, role = one(stage, seconds=60), "LauncherRole"
    sweep.reach(lambda: sweep.jobs("InProgress"))
    states = launcher.client("stepfunctions")
    trial = sweep.arn.replace(":RlSweep:", ":RlTraining:") + "-t001"
    calls = {
        "states:DescribeExecution": [states.describe_execution],
        "states:GetExecutionHistory": [states.get_execution_history],
        "states:StopExecution": [states.stop_execution],
    }
    for action, made in calls.items():
        with without(role, action):
            for call, arn in [(call, arn) for call in made for arn in (trial, sweep.arn)]:
                with pytest.raises(ClientError, match=action):
                    call(executionArn=arn)
    with without(role, "states:StartExecution"), pytest.raises(ClientError, match="StartExecution"):
        states.start_execution(stateMachineArn=stage.machine, input="{}")
    for output in ("SweepStateMachineArn", "StateMachineArn"):
        with pytest.raises(ClientError, match="states:ListExecutions"):
            states.list_executions(stateMachineArn=launcher.outputs[output])
    told = str(states.get_execution_history(executionArn=sweep.arn)["events"])
    assert f"{sweep.name}-t001" in told
    job = launcher.client("sagemaker").describe_training_job(TrainingJobName=f"{sweep.name}-t001")
    assert job["TrainingJobStatus"] == "InProgress"
    states.stop_execution(executionArn=sweep.arn)
    assert states.describe_execution(executionArn=sweep.arn)["status"] == "ABORTED"
    sweep.reach(lambda: not sweep.trials("RUNNING") and not sweep.jobs("InProgress"))


@pytest.mark.parametrize(("role", "action"), permissions(SWEEP_RETRY))
def test_a_launcher_starts_and_follows_a_sweep_and_redrives_it(
    launcher, stage, without, role, action
):
    by_launcher = copy.copy(stage)
    by_launcher.client, by_launcher.machine = launcher.client, f"{stage.machine}:live"
    sweep = one(by_launcher, fail_seed=1)
    sweep.end()
    assert (sweep.status, sweep.error) == ("FAILED", "TrialsFailed")
    assert sweep.events()
    trial = sweep.arn.replace(":RlSweep:", ":RlTraining:") + "-t001"
    assert sweep.states.describe_execution(executionArn=trial)["status"] == "FAILED"
    with without(role, action), pytest.raises(ClientError, match=action):
        sweep.redrive()
    sweep.redrive()
    sweep.stop()
