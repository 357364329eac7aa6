import json
import re

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from kfp_component.errors import BadInput, StepError
from kfp_component.execution.name import execution_name
from kfp_component.execution.start import Starter
from kfp_component.stopping.request import STOPPED_BY_USER, STOPPED_WITH_POD
from kfp_component.task_input.executor_input import ExecutorInput
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
