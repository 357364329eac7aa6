"""Every row of docs/outcomes.md as scenarios: what the world answers, and what is to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.second_engine.engine import Fault
from tools.second_engine.world import Answer

MODEL = {"ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/models/model.tar.gz"}}


def completed(**more: Any) -> dict[str, Any]:
    """Return the end of a job that completed with a model."""
    return {"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", **MODEL, **more}


def failed(reason: str) -> dict[str, Any]:
    """Return the end of a job that failed."""
    return {"TrainingJobStatus": "Failed", "SecondaryStatus": "Failed", "FailureReason": reason}


def stopped(secondary: str, **more: Any) -> dict[str, Any]:
    """Return the end of a job that was stopped."""
    return {"TrainingJobStatus": "Stopped", "SecondaryStatus": secondary, **more}


def rules(status: str) -> dict[str, Any]:
    """Return what a description says of debugger rules."""
    rule = {"RuleConfigurationName": "Overfit", "RuleEvaluationStatus": status}
    return {"DebugRuleEvaluationStatuses": [rule]}


@dataclass(frozen=True)
class Scenario:
    """One execution.

    Attributes:
        row: How the first column of its row begins.
        expected: Its end, and the one of each redrive: SUCCEEDED, ABORTED, TIMED_OUT or an error.
        jobs: Training jobs that it makes.
        says: What its last output or cause contains.
        more: What is not in the row.
        given: Arguments beside the usual ones.
        script, ends, others, clock_ahead: The world (world.py).
        calls: How often an action is called.
        running: Jobs of the execution that run on after its end.
    """

    row: str
    expected: list[str]
    jobs: int
    says: str = ""
    more: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    script: Mapping[str, Answer] = field(default_factory=dict)
    ends: list[dict[str, Any]] = field(default_factory=lambda: [completed()])
    others: Mapping[str, float] = field(default_factory=dict)
    clock_ahead: float = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    running: int = 0

    @property
    def title(self) -> str:
        """The row, and what is not in it."""
        return self.row + (f", {self.more}" if self.more else "")


OK = ["SUCCEEDED"]
CREATE, SYNC, LOOK = "create_training_job", "await_job", "describe_training_job"
STOP, REPORT = "stop_training_job", "send_task_failure"
THROTTLED = Fault("ThrottlingException", "Rate exceeded")
LOST = Fault("InternalFailure", "the connection was reset: 500", done=True)
QUOTA = Fault("ResourceLimitExceeded", "The account-level service limit is 0 Instances.")
INVALID = Fault("ValidationException", "Requested image not found.")
DENIED = Fault(
    "AccessDeniedException",
    "User: arn:aws:sts::1:assumed-role/m/x is not authorized to perform: "
    "sagemaker:CreateTrainingJob on resource: arn:aws:sagemaker:us-east-1:1:training-job/j",
)
MAY_NOT_LOOK = Fault(
    "AccessDeniedException", "User: x is not authorized to perform: sagemaker:DescribeTrainingJob"
)
INTERNAL = failed("InternalServerError: We encountered an internal error.")
CAPACITY = failed("CapacityError: Unable to provision requested ML compute capacity.")
BUG = failed("AlgorithmError: ExecuteUserScriptError: ExitCode 3")
FALLBACK = {"fallback_instance_types": ["ml.m5.2xlarge"]}
MINE = {"job_name": "mine"}
BROKEN: dict[str, Any] = {
    "FunctionError": "Unhandled",
    "Payload": {"errorType": "TypeError", "errorMessage": "a bug"},
}
BUSY = Fault("TooManyRequestsException", "Rate Exceeded.")
EARLY: dict[str, Any] = {}
"""`.sync` returns while the job runs."""
WAITS_THAT_END: dict[str, Answer] = {
    "returned": EARLY,
    "failed": Fault("States.TaskFailed", "{}"),
    "timed out": Fault("States.Timeout"),
    "in nonsense": Fault("Nobody.KnowsIt", "\0{" * 16_000),
}

OUTCOMES = [
    Scenario("arguments are wrong", ["InvalidArguments"], 0, "problems", given={"volume_size": 0}),
    Scenario("`dry_run`", OK, 0, "TrainingJobName", given={"dry_run": True}),
    Scenario("Completed, with a model", OK, 1, "model.tar.gz", calls={LOOK: 1}),
    Scenario("Completed, with a model", OK, 1, "mine", "a chosen name", MINE),
    Scenario(
        "Completed, without a model",
        ["TrainingJobFailed"],
        1,
        "without a model",
        ends=[{"TrainingJobStatus": "Completed", "SecondaryStatus": "Completed"}],
    ),
    *(
        Scenario(
            "Stopped at `max_run` or `max_wait_time`, with a model",
            OK,
            1,
            f"because {argument} was reached",
            ends=[stopped(secondary, **MODEL)],
        )
        for argument, secondary in [
            ("max_run", "MaxRuntimeExceeded"),
            ("max_wait_time", "MaxWaitTimeExceeded"),
        ]
    ),
    Scenario(
        "... without a model",
        ["TrainingJobStopped"],
        1,
        ends=[stopped("MaxRuntimeExceeded")],
    ),
    Scenario("Stopped otherwise", ["TrainingJobStopped"], 1, ends=[stopped("Stopped")]),
    Scenario(
        "Stopped otherwise",
        ["TrainingJobStopped"],
        1,
        more="with a model",
        ends=[stopped("Stopped", **MODEL)],
    ),
    *(
        Scenario(
            "Failed by the script or its input", ["TrainingJobFailed"], 1, why, ends=[failed(why)]
        )
        for why in ("AlgorithmError: ExitCode 3", "ClientError: no data", "{ nobody saw this")
    ),
    Scenario("Failed by the infrastructure", OK, 2, "-2", ends=[INTERNAL, completed()]),
    Scenario("... `CapacityError`", OK, 2, "2xlarge", given=FALLBACK, ends=[CAPACITY, completed()]),
    Scenario("... in the last attempt", ["CapacityUnavailable"], 3, "3 times", ends=[CAPACITY]),
    Scenario("... in the last attempt", ["TrainingJobFailed"], 3, "3 times", ends=[INTERNAL]),
    Scenario(
        "the create call was throttled",
        OK,
        1,
        script={f"{CREATE} 1": THROTTLED, f"{CREATE} 2": Fault("InternalFailure", "500")},
        calls={CREATE: 3},
    ),
    Scenario(
        "the create call was throttled",
        ["RequestRejected"],
        0,
        "in 8 calls",
        "for good",
        script={CREATE: THROTTLED},
        calls={CREATE: 8},
    ),
    Scenario(
        "the create call met the account's quota",
        OK,
        1,
        "2xlarge",
        given=FALLBACK,
        script={f"{CREATE} {number}": QUOTA for number in (1, 2, 3)},
    ),
    Scenario(
        "the create call met the account's quota",
        ["CapacityUnavailable"],
        0,
        "service limit",
        "for good",
        given=FALLBACK,
        script={CREATE: QUOTA},
        calls={CREATE: 6},
    ),
    Scenario(
        "the create call was rejected",
        ["RequestRejected"],
        0,
        "image not found",
        script={CREATE: INVALID},
        calls={CREATE: 1},
    ),
    Scenario(
        "the create call was rejected",
        ["RequestRejected"],
        0,
        "sagemaker:CreateTrainingJob on arn:aws:sagemaker:us-east-1:1:training-job/j",
        "a denial",
        script={CREATE: DENIED},
        calls={CREATE: 1},
    ),
    Scenario(
        "the create call failed, but the job exists",
        OK,
        1,
        script={f"{CREATE} 1": LOST},
        calls={CREATE: 1},
    ),
    Scenario(
        "the create call failed, but the job exists",
        OK,
        1,
        more="a chosen name",
        given=MINE,
        script={f"{CREATE} 1": LOST},
        calls={CREATE: 1},
    ),
    *(
        Scenario(
            "the task returned, failed or timed out, but the job runs",
            OK,
            1,
            more=more,
            script={SYNC: how},
            calls={CREATE: 1},
        )
        for more, how in WAITS_THAT_END.items()
    ),
    Scenario(
        "another job has the name that the caller chose",
        ["RequestRejected"],
        0,
        "belongs to a training job created",
        given=MINE,
        others={"": 5000},
    ),
    Scenario(
        "another job has the name that the caller chose",
        ["RequestRejected"],
        0,
        more="at the same moment",
        given=MINE,
        others={"": 0},
    ),
    Scenario(
        "another job has the name that the caller chose",
        OK,
        2,
        "-3",
        "in a later attempt",
        others={"-2": 5000},
        ends=[INTERNAL, completed()],
    ),
    Scenario(
        "debugger rules still run",
        OK,
        1,
        "NoIssuesFound",
        script={f"{LOOK} {number}": rules("InProgress") for number in (1, 2, 3)},
        ends=[completed(**rules("NoIssuesFound"))],
        calls={LOOK: 4},
    ),
    Scenario(
        "debugger rules still run",
        OK,
        1,
        "still ran an hour after",
        "for ever",
        ends=[completed(**rules("InProgress"))],
        calls={LOOK: 121},
    ),
    Scenario(
        "debugger rules still run",
        ["RuleEvaluationFailed"],
        1,
        more="for ever, fail_on_rule_issues",
        given={"fail_on_rule_issues": True},
        ends=[completed(**rules("InProgress"))],
    ),
    *(
        Scenario(
            "... find no issues / were stopped", OK, 1, says, ends=[completed(**rules(status))]
        )
        for status, says in {"NoIssuesFound": "NoIssuesFound", "Stopped": "were stopped"}.items()
    ),
    Scenario("... find issues", OK, 1, "found issues", ends=[completed(**rules("IssuesFound"))]),
    Scenario(
        "... find issues",
        ["RuleEvaluationFailed"],
        1,
        more="fail_on_rule_issues",
        given={"fail_on_rule_issues": True},
        ends=[completed(**rules("IssuesFound"))],
    ),
    Scenario(
        "... end in an error", ["RuleEvaluationFailed"], 1, ends=[completed(**rules("Error"))]
    ),
    Scenario(
        "the job cannot be described for 20 looks",
        ["TrainingJobFailed"],
        1,
        "cannot be learnt: Rate exceeded",
        script={SYNC: EARLY, LOOK: THROTTLED},
        calls={LOOK: 21},
    ),
    Scenario(
        "the job cannot be described for 20 looks",
        ["RequestRejected"],
        1,
        "denied: sagemaker:DescribeTrainingJob",
        "denied",
        script={SYNC: EARLY, LOOK: MAY_NOT_LOOK},
    ),
    Scenario(
        "the job cannot be described for 20 looks",
        ["TrainingJobFailed"],
        1,
        "which tells no outcome",
        "of no known status",
        script={SYNC: EARLY, LOOK: {"TrainingJobStatus": "Pending"}},
    ),
    Scenario(
        "the job cannot be described for 20 looks",
        OK,
        1,
        more="for a while",
        script={f"{LOOK} {number}": THROTTLED for number in range(1, 20)},
    ),
    Scenario(
        "a function of the state machine fails for good",
        ["RequestRejected"],
        0,
        "An internal error in BuildRequest",
        script={"BuildRequest": BROKEN},
    ),
    Scenario(
        "a function of the state machine fails for good",
        ["TrainingJobFailed"],
        1,
        "An internal error in JudgeAttempt",
        "JudgeAttempt",
        script={"JudgeAttempt": BROKEN, SYNC: EARLY},
        calls={STOP: 1},
    ),
    Scenario(
        "a function of the state machine fails for good",
        OK,
        1,
        more="for a while",
        script={
            f"{name} {number}": BUSY
            for name in ("BuildRequest", "JudgeAttempt")
            for number in range(1, 8)
        },
    ),
    Scenario(
        "... and the job cannot be stopped",
        ["TrainingJobFailed"],
        1,
        "The job was not stopped: ",
        script={"JudgeAttempt": BROKEN, SYNC: EARLY, STOP: DENIED},
        calls={STOP: 5},
        running=1,
    ),
    Scenario(
        "an attempt takes longer than its timeout",
        ["TrainingJobStopped"],
        1,
        script={SYNC: Fault("States.Timeout", stops=True)},
    ),
    Scenario(
        "the role to assume cannot be assumed",
        ["RequestRejected"],
        0,
        "sts:AssumeRole",
        "assume_role",
        script={"assume_role": EARLY},
    ),
    Scenario(
        "the role to assume cannot be assumed",
        ["RequestRejected"],
        0,
        "sagemaker:CreateTrainingJob",
        "lacks a permission",
        script={CREATE: DENIED, LOOK: MAY_NOT_LOOK},
    ),
    *(
        Scenario(
            "StopExecution, or the execution's own timeout, while Create",
            [status],
            1,
            script={SYNC: status},
        )
        for status in ("ABORTED", "TIMED_OUT")
    ),
    Scenario(
        "... while it waits before a retry",
        ["ABORTED"],
        1,
        ends=[INTERNAL],
        script={"wait": "ABORTED"},
    ),
    Scenario(
        "... while it looks at a job that it adopted",
        ["ABORTED"],
        1,
        script={SYNC: EARLY, "wait": "ABORTED"},
        running=1,
    ),
]

REDRIVES = [
    *(
        Scenario(
            "aborted or timed out", [how, "SUCCEEDED"], 2, "-2", how, script={f"{SYNC} 1": how}
        )
        for how in ("ABORTED", "TIMED_OUT")
    ),
    Scenario(
        "aborted or timed out",
        ["ABORTED", "SUCCEEDED"],
        1,
        more="completed meanwhile",
        script={f"{SYNC} 1": EARLY, "wait 2": "ABORTED"},
    ),
    Scenario(
        "failed, with a training job",
        ["TrainingJobFailed", "SUCCEEDED"],
        2,
        "-2",
        ends=[BUG, completed()],
    ),
    Scenario(
        "failed, with a training job",
        ["CapacityUnavailable", "SUCCEEDED"],
        3,
        "-3",
        "first instance type again",
        FALLBACK | {"max_attempts": 2},
        ends=[CAPACITY, CAPACITY, completed()],
    ),
    Scenario(
        "failed, `RequestRejected` or `CapacityUnavailable` without a job",
        ["RequestRejected", "SUCCEEDED"],
        1,
        "-2",
        script={f"{CREATE} 1": INVALID},
    ),
    Scenario("failed, `InvalidArguments`", ["InvalidArguments"] * 2, 0, given={"volume_size": 0}),
    Scenario(
        "failed, `InvalidArguments`",
        ["RequestRejected", "SUCCEEDED"],
        1,
        more="BuildRequest broken",
        script={"BuildRequest 1": BROKEN},
    ),
    Scenario(
        "failed because JudgeAttempt is broken",
        ["TrainingJobFailed", "SUCCEEDED"],
        2,
        "-2",
        script={"JudgeAttempt 1": BROKEN},
    ),
    Scenario(
        "failed once more", ["TrainingJobFailed"] * 2 + OK, 3, "-3", ends=[BUG, BUG, completed()]
    ),
]

CORNERS = [
    *(
        Scenario(
            "(Failed cannot report)",
            ["TrainingJobFailed"] * 2,
            1,
            more=fault.code,
            ends=[BUG],
            script={REPORT: fault},
        )
        for fault in (
            Fault("AccessDeniedException", "no"),
            Fault("InvalidToken", "no"),
            Fault("TaskTimedOut", "no"),
            Fault("States.Timeout"),
        )
    ),
    *(
        Scenario(
            "(a Cause is missing)",
            OK,
            1,
            more=repr(cause),
            script={SYNC: Fault("States.TaskFailed", cause)},
        )
        for cause in (None, "")
    ),
    *(
        Scenario("(clocks differ)", OK, 1, more=f"by {seconds} s", clock_ahead=seconds, given=given)
        for seconds in (-5, 5)
        for given in ({}, MINE)
    ),
    Scenario(
        "(another's job of the same moment has no tag)",
        ["RequestRejected"],
        0,
        given=MINE,
        others={"": 0},
        script={"list_tags": {"Tags": []}},
    ),
    Scenario(
        "the task failed, though not evidently in its create call",
        OK,
        1,
        script={
            SYNC: Fault("States.TaskFailed", "{}"),
            f"{LOOK} 1": Fault("ValidationException", "Requested resource not found."),
        },
    ),
    Scenario(
        "Lambda is throttled, fails or does not answer",
        OK,
        1,
        script={f"JudgeAttempt {number}": BUSY for number in range(1, 16)},
    ),
    Scenario(
        "... with `capacity_wait`, and quota or capacity exhausted on every type",
        OK,
        1,
        given={"capacity_wait": 86_400},
        script={f"{CREATE} {number}": QUOTA for number in range(1, 8)},
    ),
    Scenario(
        "the answer of a create call is lost, SageMaker does not describe the job",
        ["RequestRejected"],
        1,
        script={
            f"{CREATE} 1": LOST,
            **{
                f"{LOOK} {number}": Fault("ValidationException", "Requested resource not found.")
                for number in range(1, 30)
            },
            **{f"{CREATE} {number}": DENIED for number in range(2, 30)},
        },
        running=1,
    ),
    # A default name holds the execution's hash: a job that bears it is the execution's own.
    Scenario("(a job bears the default name)", OK, 0, others={"": 5000}),
    Scenario(
        "(a request that nearly fills a state)",
        ["TrainingJobFailed"],
        3,
        "3 times",
        given={"hyperparameters": {f"name{number}": "x" * 2400 for number in range(75)}},
        ends=[INTERNAL],
    ),
]

SCENARIOS = OUTCOMES + REDRIVES + CORNERS
