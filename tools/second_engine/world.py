"""What is outside the state machine: SageMaker, the two functions, time; all as a scenario says.

An answer is scripted for the n-th call of an action (`"describe_training_job 2"`) or for every other
one (`"describe_training_job"`). Actions are boto3's methods; `await_job`, the end of
`createTrainingJob.sync`; `assume_role`; `wait`; and the functions by their names. An answer is

* a `Fault`, raised by the call;
* a `Halt`, which ends the execution while the call is under way;
* a mapping, put over what would have been answered.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.second_engine.engine import (
    ACCOUNT,
    EXECUTION,
    MACHINE_ROLE,
    REGION,
    Execution,
    ServiceFault,
    TaskFault,
)

ASSUMED_ROLE = f"arn:aws:iam::{ACCOUNT}:role/Trainer"
OWNER = "AWS_STEP_FUNCTIONS_EXECUTION_ARN"
TRAINING_SECONDS = 600
_START = datetime(2026, 1, 31, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Fault:
    """An error.

    Attributes:
        code: the service's; of `await_job`, the task's, among them States.Timeout.
        message: its words.
        done: whether the call has its effect all the same.
        stops: whether Step Functions then stops the job, as it does when a task ends early.
    """

    code: str
    message: str | None = "a message"
    done: bool = False
    stops: bool = False


@dataclass(frozen=True)
class Halt:
    """The end of the execution from outside: ABORTED or TIMED_OUT."""

    status: str


Answer = Fault | Halt | Mapping[str, Any]


@dataclass
class ScriptedWorld:
    """The world of one execution.

    Attributes:
        functions: handlers of the functions, by name.
        script: answers by action and call.
        ends: how the jobs of the execution end, in their order; the last one goes for the rest.
        others: jobs of somebody else: what their names add to the first name that is asked for, and
            how many seconds before that they were created.
        clock_ahead: seconds by which Step Functions' clock is ahead of SageMaker's.
        calls: how many calls there were, by action.
        jobs: the training jobs by name.
        roles: the roles that called SageMaker.
    """

    functions: Mapping[str, Callable[[Any, None], Any]]
    script: Mapping[str, Answer]
    ends: list[dict[str, Any]]
    others: Mapping[str, float] = field(default_factory=dict)
    clock_ahead: float = 0
    calls: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    started_at: str = _START.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _time: datetime = _START

    def now(self) -> str:
        """Return the time as Step Functions writes it, a little later each time."""
        return _iso(self._later(0.05) + timedelta(seconds=self.clock_ahead))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._later(seconds)
        if isinstance(halt := self._answer("wait"), Halt):
            Execution.running.end(halt.status)

    def call(self, action: str, parameters: dict[str, Any], role: str) -> dict[str, Any]:
        """Answer a call, as the script or the default has it."""
        function = ""
        if action == "invoke":
            function = parameters["FunctionName"].rpartition(":")[2]
        elif action != "send_task_failure":
            self.roles.add(role)
            if role != MACHINE_ROLE and "assume_role" in self.script:
                words = f"The role {MACHINE_ROLE} is not authorized to assume the task state's role"
                raise TaskFault("States.TaskFailed", f"{words}, {role}.")
        answer = self._answer(function or action)
        if isinstance(answer, Fault) and not answer.done:
            self._raise(answer)
        effect = getattr(self, f"_{action}")(**parameters)
        if isinstance(answer, Fault):
            self._raise(answer)
        if isinstance(answer, Halt):
            Execution.running.end(answer.status)
        over = answer if isinstance(answer, Mapping) else {}
        given = effect | over
        if "Payload" in given:
            given["Payload"] = io.BytesIO(json.dumps(given["Payload"]).encode())
        return given  # type: ignore[no-any-return]

    def await_job(self, name: str) -> dict[str, Any]:
        """Let time pass until the job ends, unless the script has `.sync` end before."""
        answer, job = self._answer("await_job"), self.jobs[name]
        if answer is None:
            self._time = max(self._time, job["ends_at"])
            description = self._description(job)
            if description["TrainingJobStatus"] == "Failed":
                raise TaskFault("States.TaskFailed", json.dumps(description))
            return description
        self._later(20)
        if isinstance(answer, Halt) or (isinstance(answer, Fault) and answer.stops):
            self._stop(job)
        if isinstance(answer, Halt):
            Execution.running.end(answer.status)
        elif isinstance(answer, Fault):
            self._raise(answer, TaskFault)
        return self._description(job)

    def running(self) -> int:
        """Return how many of the execution's jobs run."""
        return sum(job["ours"] and job["ends_at"] > self._time for job in self.jobs.values())

    def made(self) -> int:
        """Return how many jobs the execution made."""
        return sum(job["ours"] for job in self.jobs.values())

    # --- the services ----------------------------------------------------------------------------

    def _invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        handler = self.functions[FunctionName.rpartition(":")[2]]
        payload = handler(json.loads(Payload), None)
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload}

    def _create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if not self.jobs:
            for suffix, age in self.others.items():
                self._make(request | {"TrainingJobName": name + suffix}, ours=False, age=age)
        if name in self.jobs:
            words = "Training job names must be unique within an AWS account and region"
            raise ServiceFault("ResourceInUse", words)
        assert not self.running(), f"{name} is a second job beside another that runs"
        self._make(request, ours=True)
        return {"TrainingJobArn": _arn(name)}

    def _describe_training_job(self, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        if TrainingJobName not in self.jobs:
            raise ServiceFault("ValidationException", "Requested resource not found.")
        return self._description(self.jobs[TrainingJobName])

    def _list_tags(self, ResourceArn: str) -> dict[str, Any]:  # noqa: N803
        job = self.jobs[ResourceArn.rpartition("/")[2]]
        owner = EXECUTION if job["ours"] else EXECUTION.replace("second", "another")
        return {"Tags": [{"Key": OWNER, "Value": owner}]}

    def _stop_training_job(self, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        self._describe_training_job(TrainingJobName)
        if self.jobs[TrainingJobName]["ends_at"] <= self._time:
            words = "The request was rejected because the training job is in status Completed."
            raise ServiceFault("ValidationException", words)
        self._stop(self.jobs[TrainingJobName])
        return {}

    def _send_task_failure(self, taskToken: str, error: str, cause: str) -> dict[str, Any]:  # noqa: N803
        Execution.running.report(taskToken, error, cause)
        return {}

    # --- jobs and time ---------------------------------------------------------------------------

    def _make(self, request: dict[str, Any], *, ours: bool, age: float = 0) -> None:
        end = self.ends[min(self.made(), len(self.ends) - 1)] if ours else self.ends[-1]
        created = self._time - timedelta(seconds=age)
        ends_at = created + timedelta(seconds=TRAINING_SECONDS)
        job = {"request": request, "ours": ours, "end": end, "created": created}
        self.jobs[request["TrainingJobName"]] = job | {"ends_at": ends_at}

    def _stop(self, job: dict[str, Any]) -> None:
        if job["ends_at"] > self._time:
            stopped = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
            job |= {"ends_at": self._time, "end": stopped}

    def _description(self, job: dict[str, Any]) -> dict[str, Any]:
        runs = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}
        ended = job["ends_at"] <= self._time
        return {
            **job["request"],
            "TrainingJobArn": _arn(job["request"]["TrainingJobName"]),
            "CreationTime": _iso(job["created"]),
            **({**job["end"], "TrainingEndTime": _iso(job["ends_at"])} if ended else runs),
        }

    def _later(self, seconds: float) -> datetime:
        self._time += timedelta(seconds=seconds)
        return self._time

    def _answer(self, action: str) -> Answer | None:
        self.calls[action] += 1
        self._later(0.2)
        return self.script.get(f"{action} {self.calls[action]}", self.script.get(action))

    @staticmethod
    def _raise(fault: Fault, kind: type[ServiceFault | TaskFault] = ServiceFault) -> None:
        if fault.code == "States.Timeout":
            raise TimeoutError
        raise kind(fault.code, fault.message or "")


def _arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
