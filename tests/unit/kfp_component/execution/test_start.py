import json
import re
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from kfp_component.errors import BadInput, StepError
from kfp_component.execution.name import execution_name
from kfp_component.execution.start import Starter
from kfp_component.stopping.request import STOPPED_BY_USER, STOPPED_WITH_POD
from kfp_component.task_input.executor_input import SWEEP, ExecutorInput
from kfp_component.task_input.retry_index import retry_index
from tests.support.step.launcher_fakes import (
    RUN_ID,
    FakeAws,
    FakeClock,
    NoStopper,
    client_error,
    executor_input,
)

TASK = ExecutorInput.parse(json.dumps(executor_input("s3://root")))
SWEEPING = replace(TASK, component=SWEEP)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.aws = FakeAws(self.clock)
        self.said: list[str] = []

    def pod(self, task=TASK, is_automatic_retry=False):
        starter = Starter(
            self.aws,
            NoStopper(),
            self.said.append,
            is_automatic_retry=is_automatic_retry,
            sleep=self.clock.sleep,
            clock=self.clock,
        )
        return starter.start_or_join(task)

    def end(self, arn, **ending):
        self.aws.states.executions[arn]["ending"] = ending


@pytest.fixture
def world():
    return World()


def test_names_are_short_plain_and_tell_the_run():
    name = execution_name(TASK.seed, TASK.execution_input)
    assert re.fullmatch(r"[0-9a-z-]{1,80}", name)
    assert RUN_ID in name
    assert execution_name(TASK.seed, TASK.execution_input, 12) == f"{name}-12"
    assert len(execution_name(TASK.seed, TASK.execution_input, 999)) <= 80


def test_names_differ_between_tasks_and_between_inputs():
    names = {
        execution_name(seed, text) for seed in ("s3://a/1", "s3://a/2") for text in ("{}", "[]")
    }
    assert len(names) == 4


def test_a_second_pod_joins_the_running_execution(world):
    first = world.pod()
    world.clock.sleep(8)
    second = world.pod()
    assert (first.arn, first.joined) == (second.arn, False)
    assert second.joined
    assert len(world.aws.states.executions) == 1


def test_a_pod_after_the_end_joins_the_success(world):
    first = world.pod()
    world.clock.sleep(100)
    assert world.pod().arn == first.arn
    assert len(world.aws.states.executions) == 1


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_what_ended_without_a_model_is_passed_over(world, status):
    first = world.pod()
    world.end(first.arn, status=status)
    second = world.pod()
    world.end(second.arn, status=status)
    third = world.pod()
    assert (second.arn, third.arn) == (f"{first.arn}-2", f"{first.arn}-3")
    assert not third.joined
    world.clock.sleep(8)
    assert world.pod().arn == third.arn


@pytest.mark.parametrize(
    ("ending", "repeated"),
    [
        ({"status": "FAILED", "error": "TrainingJobFailed"}, False),
        ({"status": "FAILED", "error": "InvalidArguments"}, False),
        ({"status": "TIMED_OUT"}, False),
        ({"status": "ABORTED", "error": STOPPED_BY_USER}, False),
        ({"status": "ABORTED"}, False),
        ({"status": "ABORTED", "error": STOPPED_WITH_POD}, True),
        ({"status": "FAILED", "error": "CapacityUnavailable"}, True),
    ],
)
def test_an_automatic_retry_repeats_only_what_may_end_otherwise(world, ending, repeated):
    first = world.pod()
    world.end(first.arn, **ending)
    second = world.pod(is_automatic_retry=True)
    assert (second.arn != first.arn) is repeated
    assert len(world.aws.states.executions) == (2 if repeated else 1)


def test_a_failure_never_hides_an_execution_that_came_after_it(world):
    first = world.pod()
    world.end(first.arn, status="FAILED", error="TrainingJobFailed")
    second = world.pod()  # a person retried the run
    assert second.arn == f"{first.arn}-2"
    world.clock.sleep(8)
    replaced = world.pod(is_automatic_retry=True)  # its pod was killed
    assert (replaced.arn, replaced.joined) == (second.arn, True)
    world.end(second.arn, status="SUCCEEDED")
    assert world.pod(is_automatic_retry=True).arn == second.arn
    assert len(world.aws.states.executions) == 2


def test_the_last_of_several_failures_is_reported(world):
    for _ in range(3):
        last = world.pod()
        world.end(last.arn, status="FAILED", error="TrainingJobFailed")
    assert world.pod(is_automatic_retry=True).arn == last.arn
    assert last.arn.endswith("-3")


def test_the_latest_is_found_with_few_calls(world):
    world.end(world.pod().arn, status="FAILED")
    world.pod()
    world.clock.sleep(8)
    world.aws.states.calls.clear()
    world.pod(is_automatic_retry=True)
    assert world.aws.states.calls == ["start_execution", *["describe_execution"] * 2]


def test_a_later_execution_that_is_not_visible_yet_is_looked_for_again(world):
    world.end(world.pod().arn, status="FAILED", error="TrainingJobFailed")
    second = world.pod()
    world.aws.states.faults = [None, None, client_error("ExecutionDoesNotExist")]
    assert world.pod(is_automatic_retry=True).arn == second.arn


def test_a_signal_stops_the_execution_that_was_found(world):
    world.end(world.pod().arn, status="FAILED")
    second = world.pod()
    world.clock.sleep(8)
    stopper = NoStopper()
    Starter(world.aws, stopper, print, is_automatic_retry=True).start_or_join(TASK)
    assert stopper.targets[-1] == second.arn


# --- sweeps are redriven --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ending",
    [
        {"status": "FAILED", "error": "TrialsFailed"},
        {"status": "ABORTED", "error": STOPPED_BY_USER},
        {"status": "TIMED_OUT"},
    ],
)
def test_a_person_s_retry_redrives_the_sweep_that_ended_without_a_model(world, ending):
    first = world.pod(SWEEPING)
    world.end(first.arn, **ending)
    second = world.pod(SWEEPING)
    assert (second.arn, second.joined) == (first.arn, True)
    assert world.aws.states.executions[first.arn]["redrives"] == 1
    assert f"ended {ending['status']} and is redriven" in world.said[-1]
    world.end(first.arn, **ending)
    assert world.pod(SWEEPING).arn == first.arn
    assert world.aws.states.executions[first.arn]["redrives"] == 2
    assert len(world.aws.states.executions) == 1


@pytest.mark.parametrize(
    ("error", "redriven"), [(STOPPED_WITH_POD, 1), ("TrialsFailed", 0), (STOPPED_BY_USER, 0)]
)
def test_an_automatic_retry_redrives_only_what_ended_with_its_pod(world, error, redriven):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="ABORTED", error=error)
    assert world.pod(SWEEPING, is_automatic_retry=True).arn == first.arn
    assert world.aws.states.executions[first.arn].get("redrives", 0) == redriven


def test_a_sweep_that_a_person_redrove_is_joined(world):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="TrialsFailed")
    world.aws.states.redrive(first.arn)
    world.clock.sleep(8)
    assert world.pod(SWEEPING).arn == first.arn
    assert world.aws.states.executions[first.arn]["redrives"] == 1


def test_a_sweep_that_cannot_be_redriven_any_more_is_followed_by_another(world):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="TrialsFailed")
    world.aws.states.executions[first.arn]["redrivable"] = False
    assert world.pod(SWEEPING).arn == f"{first.arn}-2"
    assert "training anew" in world.said[-1]


def test_a_sweep_whose_arguments_were_wrong_begins_anew(world):
    """A redrive would check them by the rules that the first deployment had."""
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="InvalidArguments")
    assert world.pod(SWEEPING).arn == f"{first.arn}-2"
    assert "redrive_execution" not in world.aws.states.calls


def test_a_redrive_whose_answer_was_lost_is_not_made_twice(world):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="TrialsFailed")
    redrive = world.aws.states.redrive_execution

    def lost(**given):
        redrive(**given)
        world.aws.states.redrive_execution = redrive
        raise ConnectionResetError

    world.aws.states.redrive_execution = lost
    assert world.pod(SWEEPING).arn == first.arn
    assert world.aws.states.executions[first.arn]["redrives"] == 1


def test_a_redrive_that_is_not_visible_yet_is_waited_for(world):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="TrialsFailed")
    stale = world.aws.states.describe_execution(executionArn=first.arn)
    describe, left = world.aws.states.describe_execution, [stale] * 4

    def late(*, executionArn):
        known = left and executionArn == first.arn
        return left.pop() if known else describe(executionArn=executionArn)

    world.aws.states.describe_execution = late
    assert world.pod(SWEEPING).arn == first.arn
    assert not left
    assert len(world.aws.states.executions) == 1


def test_a_role_that_may_not_redrive_is_told_so(world):
    first = world.pod(SWEEPING)
    world.end(first.arn, status="FAILED", error="TrialsFailed")
    world.aws.states.faults = [None, None, None, client_error("AccessDeniedException")]
    with pytest.raises(StepError, match=r"Could not redrive .*LauncherRoleArn"):
        world.pod(SWEEPING)
    assert len(world.aws.states.executions) == 1


# --- which retry it is ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "index"),
    [
        ({}, 0),
        ({"KFP_RETRY_INDEX": "0"}, 0),
        ({"KFP_RETRY_INDEX": "2", "KFP_NODE_NAME": "w.root.train.executor(0)"}, 2),
        ({"KFP_RETRY_INDEX": "", "KFP_NODE_NAME": "w.root.train.executor(1)"}, 1),
        ({"KFP_RETRY_INDEX": "{{retries}}", "KFP_NODE_NAME": "w.root.train.executor(3)"}, 3),
        ({"KFP_NODE_NAME": "w.root.train.executor(0)"}, 0),
        ({"KFP_NODE_NAME": "w.root.for-loop-1(2:seed:7).train.executor"}, 0),
        ({"KFP_NODE_NAME": "w.root.train-iterations(2:7)"}, 0),
        ({"KFP_NODE_NAME": "w.root.train.executor"}, 0),
    ],
)
def test_the_retry_is_known_by_number_or_by_the_node_s_name(environment, index):
    assert retry_index(environment) == index


def test_the_stopper_knows_the_target_before_it_is_started(world):
    stopper = NoStopper()
    world.aws.states.faults = [client_error("StateMachineDoesNotExist")]
    with pytest.raises(BadInput):
        Starter(world.aws, stopper, print).start_or_join(TASK)
    assert stopper.targets == [
        TASK.state_machine.execution_arn(execution_name(TASK.seed, TASK.execution_input))
    ]


def test_throttling_and_network_trouble_are_waited_for(world):
    world.aws.states.faults = [
        client_error("ThrottlingException"),
        client_error("InternalServerError", 500),
        EndpointConnectionError(endpoint_url="https://states"),
        ConnectionResetError(),
    ]
    world.pod()
    assert len(world.aws.states.executions) == 1
    assert len(world.said) == 4
    assert not any(re.search("error|fail", line) for line in world.said)


def test_expired_credentials_are_read_again(world):
    world.aws.states.faults = [client_error("ExpiredTokenException")]
    world.pod()
    assert world.aws.renewals == 1


def test_an_execution_that_is_not_visible_yet_is_asked_for_again(world):
    first = world.pod()
    world.clock.sleep(100)
    world.aws.states.faults = [None, client_error("ExecutionDoesNotExist")]
    assert world.pod().arn == first.arn


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (client_error("StateMachineDoesNotExist"), BadInput, "Deploy the stack RlTraining"),
        (client_error("AccessDeniedException"), StepError, "LauncherRoleArn"),
        (client_error("InvalidExecutionInput"), BadInput, "InvalidExecutionInput"),
        (NoCredentialsError(), StepError, "no AWS credentials were found"),
    ],
)
def test_what_time_does_not_heal_ends_the_step_with_a_remedy(world, error, kind, words):
    world.aws.states.faults = [error] * 1000
    with pytest.raises(kind, match=words):
        world.pod()
    assert world.clock.now < 60


def test_an_unreachable_endpoint_is_given_up_after_minutes(world):
    world.aws.states.faults = [EndpointConnectionError(endpoint_url="https://x")] * 10_000
    with pytest.raises(StepError, match="https://x"):
        world.pod()
    assert "yet (EndpointConnectionError: https://x); again" in world.said[0]
    assert 300 <= world.clock.now < 400
