import json
import re

import pytest
from botocore.exceptions import ReadTimeoutError

from kfp_component.errors import StepError
from kfp_component.watch.watch import Watch
from tests.support.step.launcher_fakes import (
    START,
    STATE_MACHINE_ARN,
    FakeAws,
    FakeClock,
    ListView,
    client_error,
    task_scheduled,
)

REQUEST = {
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
    "AlgorithmSpecification": {"MetricDefinitions": [{"Name": "reward", "Regex": "reward=(.*)"}]},
}


class World:
    def __init__(self, lasts=100.0):
        self.clock = FakeClock()
        self.aws = FakeAws(self.clock, lasts)
        self.view = ListView()
        self.arn = self.aws.states.start_execution(
            stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}"
        )["executionArn"]
        self.events = []

    def at(self, when, action):
        self.events.append((when, action))

    def sleep(self, seconds):
        target = self.clock.now + seconds
        for when, action in sorted(self.events, key=lambda event: event[0]):
            if self.clock.now < when <= target:
                self.clock.now = when
                action()
        self.clock.now = target

    def watch(self):
        self.watching = Watch(self.aws, self.arn, self.view, self.clock)
        return self.watching.run(self.sleep)

    def begin_job(self, name="job-1", number=1, **request):
        self.aws.states.history.append(task_scheduled(number, name, **{**REQUEST, **request}))
        self.transition(name, "Starting", "Launching instances")

    def transition(self, name, status, message="", ended=False):
        job = self.aws.jobs.setdefault(
            name,
            {
                "TrainingJobStatus": "InProgress",
                "CreationTime": START + self.clock.now,
                "SecondaryStatusTransitions": [],
            },
        )
        job["SecondaryStatusTransitions"].append(
            {"Status": status, "StartTime": START + self.clock.now, "StatusMessage": message}
        )
        if ended:
            job["TrainingJobStatus"] = status

    def print(self, stream, *lines):
        self.aws.logs.streams.setdefault(stream, []).extend(lines)


def names(world):
    return [status.partition(" ")[0] for status in world.view.statuses]


@pytest.fixture
def world():
    return World()


def test_the_answer_is_the_final_description(world):
    assert world.watch()["status"] == "SUCCEEDED"
    assert world.clock.now < 106


def test_statuses_and_lines_are_shown_as_they_come(world):
    world.at(3, world.begin_job)
    world.at(20, lambda: world.transition("job-1", "Training"))
    world.at(30, lambda: world.print("job-1/algo-1-1", "a", "reward=1.5"))
    world.at(40, lambda: world.print("job-1/algo-2-1", "late host"))
    world.at(90, lambda: world.print("job-1/algo-1-1", "reward=2.5"))
    world.at(99, lambda: world.transition("job-1", "Completed", ended=True))
    world.watch()
    assert world.view.statuses == [
        "Starting (0 s after the job's start): Launching instances",
        "Training (17 s after the job's start; Starting took 17 s)",
        "Completed (1 min 36 s after the job's start; Training took 1 min 19 s)",
    ]
    assert sorted(world.view.logged) == [
        ("algo-1", "a"),
        ("algo-1", "reward=1.5"),
        ("algo-1", "reward=2.5"),
        ("algo-2", "late host"),
    ]
    assert world.watching.record.metrics.points["reward"] == [(0, 1.5), (1, 2.5)]
    assert any("job-1 on 2 x ml.m5.large" in line for line in world.view.said)


def test_lines_of_the_last_seconds_are_shown_though_they_arrive_after_the_end(world):
    world.begin_job()
    world.print("job-1/algo-1-1", "first")
    world.at(99.9, lambda: world.print("job-1/algo-1-1", "last"))
    world.at(101, lambda: world.print("job-1/algo-1-1", "later"))
    world.watch()
    assert [line for _, line in world.view.logged] == ["first", "last", "later"]


def test_every_attempt_is_followed(world):
    world.begin_job()
    world.print("job-1/algo-1-1", "one")
    world.at(30, lambda: world.transition("job-1", "Failed", "capacity", ended=True))
    world.at(32, lambda: world.begin_job("job-1-2", 9))
    world.at(50, lambda: world.print("job-1-2/algo-1-1", "two"))
    world.watch()
    assert [attempt.job_name for attempt in world.watching.record.attempts] == ["job-1", "job-1-2"]
    assert [line for _, line in world.view.logged] == ["one", "two"]
    assert names(world) == ["Starting", "Failed", "Starting"]


def test_a_finished_execution_is_shown_whole(world):
    world.begin_job()
    world.transition("job-1", "Completed", ended=True)
    world.print("job-1/algo-1-1", *[f"reward={number}" for number in range(2500)])
    world.clock.sleep(500)
    began = world.clock.now
    world.watch()
    assert len(world.view.logged) == 2500
    assert names(world) == ["Starting", "Completed"]
    assert world.clock.now - began < 5


def test_a_heartbeat_each_minute(world):
    world.aws.states.lasts = 3600
    world.watch()
    assert 55 <= world.view.beats <= 61


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("InternalServerError", 500),
        client_error("ExpiredTokenException"),
        client_error("ExecutionDoesNotExist"),
        ReadTimeoutError(endpoint_url="https://states"),
        ConnectionResetError(),
        OSError("Temporary failure in name resolution"),
    ],
)
def test_trouble_that_heals_changes_nothing(world, error):
    world.aws.states.faults = [error] * 12
    assert world.watch()["status"] == "SUCCEEDED"


def test_hours_of_trouble_are_waited_for(world):
    world.aws.states.faults = [ConnectionResetError()] * 2000
    assert world.watch()["status"] == "SUCCEEDED"
    assert world.clock.now > 3600
    assert any("has not answered lately" in line for line in world.view.said)


def test_a_role_that_may_not_describe_ends_the_step_and_says_that_training_goes_on(world):
    world.aws.states.describe_execution = lambda **_: (_ for _ in ()).throw(
        client_error("AccessDeniedException")
    )
    with pytest.raises(StepError, match="goes on without this step") as caught:
        world.watch()
    assert "LauncherRoleArn" in str(caught.value)


@pytest.mark.parametrize("what", ["history", "logs", "job"])
def test_what_may_not_be_shown_is_done_without(world, what):
    world.begin_job()
    denied = client_error("AccessDeniedException")

    def refuse(*_, **__):
        raise denied

    if what == "history":
        world.aws.states.get_execution_history = refuse
    elif what == "logs":
        world.aws.logs.describe_log_streams = refuse
    else:
        world.aws.describe_training_job = refuse
    assert world.watch()["status"] == "SUCCEEDED"
    notes = [line for line in world.view.said if "cannot be shown here" in line]
    assert len(notes) == 1
    assert not re.search("error|fail|warn", notes[0])


def test_a_job_under_an_assumed_role_is_left_alone(world):
    world.begin_job()
    world.aws.states.history[0]["taskScheduledEventDetails"]["taskCredentials"] = {"roleArn": "r"}
    world.watch()
    assert world.aws.logs.calls == []
    assert world.view.statuses == []


def test_log_trouble_loses_and_repeats_nothing(world):
    world.begin_job()
    world.print("job-1/algo-1-1", *[f"{number}" for number in range(5000)])
    world.aws.logs.faults = [ConnectionResetError() if n % 3 else None for n in range(60)]
    world.watch()
    assert [line for _, line in world.view.logged] == [f"{number}" for number in range(5000)]


def test_history_without_details_and_of_other_tasks_is_passed_over(world):
    world.aws.states.history = [
        {"id": 1, "type": "ExecutionStarted"},
        task_scheduled(2, "other"),
        {"id": 3, "taskScheduledEventDetails": {"resourceType": "sagemaker", "resource": "x"}},
    ]
    details = world.aws.states.history[1]["taskScheduledEventDetails"]
    details["parameters"] = json.dumps([1])
    world.watch()
    assert world.watching.record.attempts == []


def test_a_long_history_is_read_to_its_start_and_never_twice(world):
    world.aws.states.history = [{"id": number} for number in range(2, 400)]
    world.begin_job(number=1)
    world.at(50, lambda: world.begin_job("job-1-2", 1000))
    world.watch()
    assert [attempt.job_name for attempt in world.watching.record.attempts] == ["job-1", "job-1-2"]
