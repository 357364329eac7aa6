import re

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from kfp_component.errors import StepError
from kfp_component.record.record import RunRecord, SeenAttempt
from kfp_component.watch.job import JobWatch
from kfp_component.watch.training import watch_training
from tests.support.step.launcher_fakes import (
    START,
    STATE_MACHINE_ARN,
    FakeAws,
    FakeClock,
    ListView,
    client_error,
    state_exited,
    task_event,
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
        watch, self.watching = watch_training(self.aws, self.arn, self.view, self.clock)
        return watch.run(self.sleep)

    def happen(self, *events):
        """Add events, given as a function of their number and its arguments."""
        history = self.aws.states.history
        for make, *arguments in events:
            history.append(make(len(history) + 1, *arguments))

    def judge(self, decision, jobs=(), wait=0, instance=0, **more):
        progress = {"jobs": list(jobs), "instance": instance, "calls": 0, **more}
        verdict = {"decision": decision, "wait_seconds": wait, "progress": progress}
        self.happen((state_exited, "JudgeAttempt", verdict))

    def begin_job(self, name="job-1", **request):
        self.schedule(name, **request)
        self.transition(name, "Starting", "Launching instances")

    def schedule(self, name="job-1", **request):
        number = len(self.aws.states.history) + 1
        self.aws.states.history.append(task_scheduled(number, name, **{**REQUEST, **request}))

    def transition(self, name, status, message="", ended=False):
        job = self.aws.sagemaker.jobs.setdefault(
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
    assert world.watching.record.metrics.series["reward (algo-1)"].points == [
        (0, 1.5),
        (1, 2.5),
    ]
    assert any("job-1 on 2 x ml.m5.large" in line for line in world.view.said)


def test_lines_of_the_last_seconds_are_shown_though_they_arrive_after_the_end(world):
    world.begin_job()
    world.print("job-1/algo-1-1", "first")
    world.at(99.9, lambda: world.print("job-1/algo-1-1", "last"))
    world.at(101, lambda: world.print("job-1/algo-1-1", "later"))
    world.watch()
    assert [line for _, line in world.view.logged] == ["first", "last", "later"]


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ("InProgress", False),
        ("Stopping", False),
        ("Stopped", True),
        ("Completed", True),
        ("Failed", True),
    ],
)
def test_a_job_that_is_being_stopped_has_not_ended(world, status, ended):
    """Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTrainingJob.html."""
    attempt = SeenAttempt.from_request({"TrainingJobName": "job-1", **REQUEST}, elsewhere=False)
    job = JobWatch(world.aws, attempt, world.view, RunRecord(), world.clock)
    world.transition("job-1", status, ended=True)
    job.describe()
    assert (job.status, job.ended) == (status, ended)


def test_every_attempt_is_followed(world):
    world.begin_job()
    world.print("job-1/algo-1-1", "one")
    world.at(30, lambda: world.transition("job-1", "Failed", "capacity", ended=True))
    world.at(32, lambda: world.begin_job("job-1-2"))
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
    assert 55 <= len(world.view.beats) <= 61


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
        world.aws.sagemaker.describe_training_job = refuse
    assert world.watch()["status"] == "SUCCEEDED"
    notes = [line for line in world.view.said if "cannot be shown here" in line]
    assert len(notes) == 1
    assert not re.search("error|fail|warn", notes[0])


def test_a_job_under_an_assumed_role_is_left_alone(world):
    world.begin_job()
    details = world.aws.states.history[0]["taskScheduledEventDetails"]
    details["taskCredentials"] = {"roleArn": "r"}
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
    other = {"resourceType": "sagemaker", "resource": "x", "parameters": "{}"}
    world.happen(
        (task_event, "TaskScheduled"),
        (state_exited, "JudgeAttempt", {"decision": "retry"}),
        (state_exited, "BuildRequest", [1]),
        (state_exited, "Verdict", {}),
    )
    world.aws.states.history += [
        {"id": 5, "type": "ExecutionStarted"},
        {"id": 6, "type": "TaskScheduled", "taskScheduledEventDetails": other},
        {"id": 7, "type": "TaskStateExited", "stateExitedEventDetails": {"name": "JudgeAttempt"}},
        task_event(8, "TaskScheduled", parameters="[1]"),
    ]
    world.watch()
    assert world.watching.record.attempts == []
    assert not [line for line in world.view.said if "cannot" in line]


def test_a_long_history_is_read_to_its_start_and_never_twice(world):
    world.begin_job()
    world.aws.states.history += [{"id": number} for number in range(2, 400)]
    world.at(50, lambda: world.begin_job("job-1-2"))
    world.watch()
    assert [attempt.job_name for attempt in world.watching.record.attempts] == ["job-1", "job-1-2"]


CAPACITY = "CapacityError: Unable to provision requested ML compute capacity."


def test_a_retry_is_explained_when_it_is_decided(world):
    plan = {"plan": {"instance_types": ["ml.g5.xlarge", "ml.m5.large"]}}
    world.happen((state_exited, "BuildRequest", plan))
    world.begin_job(ResourceConfig={"InstanceType": "ml.g5.xlarge", "InstanceCount": 1})
    world.at(30, lambda: world.transition("job-1", "Failed", ended=True))
    ended = {"job_name": "job-1", "status": "Failed", "failure_reason": CAPACITY}
    world.at(31, lambda: world.judge("retry", [ended], wait=30, instance=1))
    told = []
    world.at(40, lambda: told.extend(world.view.said))
    world.at(50, lambda: world.begin_job("job-1-2"))
    world.watch()
    assert told[-1] == (
        f"Attempt 1 ended without a model: {CAPACITY} Attempt 2 begins within 30 s on ml.m5.large."
    )
    assert "Training job (attempt 2): job-1-2 on 2 x ml.m5.large" in world.view.said


def test_waits_for_capacity_are_told(world):
    plan = {"plan": {"instance_types": ["ml.g5.xlarge"]}}
    world.happen((state_exited, "BuildRequest", plan))
    world.schedule()
    refused = {"error": "SageMaker.ResourceLimitExceededException", "cause": "0 Instances"}
    world.at(5, lambda: world.aws.states.history.append(task_event(3, "TaskFailed", **refused)))
    waits = {"times": 1, "since": "", "seconds": 0, "redrives": 0}
    world.at(6, lambda: world.judge("retry", wait=60, waits=waits))
    ended = {"job_name": "job-1", "status": "Failed", "failure_reason": CAPACITY}
    world.at(30, lambda: world.begin_job("job-1"))
    world.at(40, lambda: world.judge("retry", [ended], wait=120, waits=waits | {"times": 2}))
    world.watch()
    said = "\n".join(world.view.said)
    assert (
        "No instance type has room: SageMaker.ResourceLimitExceededException: 0 Instances. Wait 1 "
        "for capacity; training is tried again within 1 min 00 s on ml.g5.xlarge."
    ) in said
    assert f"No instance type has room: {CAPACITY} Wait 2 for capacity" in said
    assert "Waiting for capacity" in {beat.status for beat in world.view.beats}


def test_a_job_in_instance_groups_says_what_it_runs_on(world):
    groups = [
        {"InstanceGroupName": "a", "InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
        {"InstanceGroupName": "b", "InstanceType": "ml.c5.xlarge", "InstanceCount": 4},
    ]
    world.begin_job(ResourceConfig={"InstanceGroups": groups})
    world.watch()
    assert "Training job: job-1 on 1 x ml.g5.xlarge + 4 x ml.c5.xlarge" in world.view.said
    (attempt,) = world.watching.record.attempts
    assert attempt.instance_count == 5


def test_a_request_that_is_sent_again_is_no_other_attempt(world):
    world.schedule()
    refused = {"error": "SageMaker.ThrottlingException", "cause": "Rate exceeded"}
    world.at(5, lambda: world.aws.states.history.append(task_event(2, "TaskFailed", **refused)))
    world.at(6, lambda: world.judge("retry", wait=10))
    world.at(15, world.schedule)
    world.at(20, lambda: world.transition("job-1", "Starting"))
    world.at(40, lambda: world.transition("job-1", "Training"))
    world.watch()
    said = "\n".join(world.view.said)
    assert "did not take the request (SageMaker.ThrottlingException: Rate exceeded)" in said
    assert "sent again within 10 s." in said
    assert said.count("Training job") == 1
    assert "attempt 2" not in said
    assert names(world) == ["Starting", "Training"]


def test_a_job_that_is_not_there_yet_is_asked_for_until_it_is(world):
    world.schedule()
    world.at(60, lambda: world.transition("job-1", "Starting"))
    world.at(70, lambda: world.transition("job-1", "Training"))
    world.watch()
    assert names(world) == ["Starting", "Training"]
    assert "cannot" not in "\n".join(world.view.said)


def test_a_job_that_was_never_created_has_no_pages(world):
    world.schedule()
    world.watch()
    assert not [line for line in world.view.said if "https://" in line]
    assert world.view.beats[0].status == "Waiting for the training job"


def test_the_pages_of_a_job_are_named_once_it_exists(world):
    world.schedule()
    world.at(10, lambda: world.happen((task_event, "TaskSubmitted")))
    world.at(11, lambda: world.transition("job-1", "Starting"))
    world.watch()
    pages = [line for line in world.view.said if line.startswith(("Job: https", "Logs: https"))]
    assert len(pages) == 2


def test_a_throttled_description_is_asked_for_again_even_at_the_end(world):
    world.begin_job()
    throttled = client_error("ThrottlingException")
    world.at(99.5, lambda: world.transition("job-1", "Completed", ended=True))
    world.at(99.6, lambda: world.aws.sagemaker.faults.extend([throttled] * 2))
    world.watch()
    assert names(world) == ["Starting", "Completed"]


def test_statuses_that_were_denied_are_shown_once_they_are_allowed(world):
    world.aws.states.lasts = 1000
    world.begin_job()
    world.aws.sagemaker.faults = [client_error("AccessDeniedException")] * 2
    world.at(700, lambda: world.transition("job-1", "Training"))
    world.watch()
    assert names(world) == ["Starting", "Training"]
    assert len([line for line in world.view.said if "cannot be shown here" in line]) == 1


def test_an_endpoint_that_cannot_be_reached_is_named_by_its_url(world):
    world.aws.states.lasts = 600
    world.begin_job()
    unreachable = EndpointConnectionError(endpoint_url="https://logs.us-east-1.amazonaws.com")
    world.aws.logs.faults = [unreachable] * 1000
    world.watch()
    told = [line for line in world.view.said if "https://logs.us-east-1.amazonaws.com" in line]
    assert len(told) == 1
    assert "log lines" in told[0]


def test_the_lines_of_a_resumed_job_come_as_they_happen(world):
    world.aws.states.lasts = 1000
    world.begin_job()
    for host in ("algo-1", "algo-2"):
        world.print(f"job-1/{host}-1", "first")
    world.at(20, lambda: world.transition("job-1", "Training"))
    world.at(100, lambda: world.transition("job-1", "Interrupted"))
    world.at(110, lambda: world.transition("job-1", "Starting"))
    world.at(130, lambda: world.transition("job-1", "Training"))
    shown = []

    def resume():
        world.print("job-1/algo-1-2", "resumed")
        world.print("job-1/algo-2-2", "resumed")

    world.at(140, resume)
    world.at(175, lambda: shown.extend(world.view.logged))
    world.watch()
    assert ("algo-1", "resumed") in shown
    assert ("algo-2", "resumed") in shown


def test_the_last_lines_and_metrics_of_several_hosts_tell_which(world):
    world.begin_job()
    world.print("job-1/algo-1-1", "reward=1")
    world.print("job-1/algo-2-1", "reward=2")
    world.watch()
    record = world.watching.record
    assert sorted(map(str, record.last_lines)) == ["algo-1 | reward=1", "algo-2 | reward=2"]
    assert record.metrics.latest == {"reward (algo-1)": 1, "reward (algo-2)": 2}


def test_a_metric_definition_that_matched_no_line_is_noted(world):
    definitions = [{"Name": "loss", "Regex": "loss=(.*)"}, {"Name": "a", "Regex": "a=(.*)"}]
    world.begin_job(AlgorithmSpecification={"MetricDefinitions": definitions})
    world.watch()
    assert world.watching.record.unmatched({}) == []  # no line was read
    world.view.logged.clear()
    world.print("job-1/algo-1-1", "a=1")
    world.watch()
    (note,) = world.watching.record.unmatched({})
    assert note == "metric_definitions: loss matched no line of the log: loss=(.*)"
    assert world.watching.record.unmatched({"loss": 3.0}) == []


def test_a_request_that_is_sent_again_on_another_instance_type_is_that_attempt(world):
    world.schedule()
    other = {"ResourceConfig": {"InstanceType": "ml.c5.large", "InstanceCount": 2}}
    world.at(5, lambda: world.judge("retry", wait=1, instance=1))
    world.at(7, lambda: world.schedule(**other))
    world.watch()
    (attempt,) = world.watching.record.attempts
    assert attempt.instance_type == "ml.c5.large"
