"""What is outside the state machine, as a scenario scripts it: SageMaker, both functions, time.

An answer is scripted for the n-th call of an action ("describe_training_job 2") or for every other
one ("describe_training_job"). Actions are boto3's methods; `await_job`, the end of the task that
creates a job and awaits it; `assume_role`; `wait`; and the functions by their names. A `Fault` is
raised by the call; ABORTED or TIMED_OUT ends the execution meanwhile; a mapping is put over what
would have been answered.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tools.second_engine.engine import (
    ACCOUNT,
    MACHINE_ROLE,
    REGION,
    Execution,
    Fault,
)

Answer = Fault | str | Mapping[str, Any]
Job = dict[str, Any]


@dataclass
class World:
    """The world of one execution.

    Attributes:
        functions: Handlers of the functions, by name.
        script: Answers by action and call.
        ends: How the execution's jobs end, in their order; the last one goes for the rest.
        others: Somebody else's jobs: what their names add to the first name that is asked for, and
            the seconds by which they are older than that call.
        clock_ahead: Seconds by which Step Functions' clock is ahead of SageMaker's.
        calls: How many calls there were, by action.
        jobs: The training jobs, by name.
        roles: The roles that called SageMaker.
    """

    functions: Mapping[str, Callable[[Any, None], Any]]
    script: Mapping[str, Answer]
    ends: list[dict[str, Any]]
    others: Mapping[str, float]
    clock_ahead: float
    calls: Counter[str] = field(default_factory=Counter)
    jobs: dict[str, Job] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    _time: datetime = datetime(2026, 1, 31, 10, tzinfo=UTC)

    @property
    def ours(self) -> list[Job]:
        """The jobs that the execution made."""
        return [job for job in self.jobs.values() if job["ours"]]

    @property
    def running(self) -> int:
        """How many of them run."""
        return sum(job["ends_at"] > self._time for job in self.ours)

    def now(self) -> str:
        """Return the time as Step Functions writes it."""
        return _iso(self._time + timedelta(seconds=self.clock_ahead))

    def wait(self, seconds: float) -> None:
        """Let time pass, in a Wait state or before a retry."""
        self._time += timedelta(seconds=seconds)
        self._end(self._scripted("wait"))

    def call(self, action: str, given: dict[str, Any], role: str) -> Any:
        """Answer a call as the script has it, or as the services would; raise its fault."""
        function = given.get("FunctionName", "").rpartition(":")[2]
        if action not in ("invoke", "send_task_failure", "await_job"):
            self.roles.add(role)
            if role != MACHINE_ROLE and "assume_role" in self.script:
                words = f"The role {MACHINE_ROLE} is not authorized to assume the task state's role"
                raise Fault("States.TaskFailed", f"{words}, {role}.")
        answer = self._scripted(function or action)
        fault = answer if isinstance(answer, Fault) else None
        if action == "await_job":
            return self._await_job(self.jobs[given["TrainingJobName"]], answer)
        if fault and not fault.done:
            raise fault
        effect = getattr(self, f"_{action}")(**given)
        if fault:
            raise fault
        self._end(answer)
        result = effect | (answer if isinstance(answer, Mapping) else {})
        if "Payload" in result:
            result["Payload"] = io.BytesIO(json.dumps(result["Payload"]).encode())
        return result

    def _scripted(self, action: str) -> Answer | None:
        self.calls[action] += 1
        self._time += timedelta(seconds=0.2)
        return self.script.get(f"{action} {self.calls[action]}", self.script.get(action))

    @staticmethod
    def _end(answer: Answer | None) -> None:
        if answer == "ABORTED":
            Execution.running.stop()
        elif answer == "TIMED_OUT":
            Execution.running.environment.set_timed_out()

    # --- the services ----------------------------------------------------------------------------

    def _invoke(self, **given: Any) -> dict[str, Any]:
        handler = self.functions[given["FunctionName"].rpartition(":")[2]]
        with redirect_stdout(io.StringIO()):  # its log
            return {"StatusCode": 200, "Payload": handler(json.loads(given["Payload"]), None)}

    def _send_task_failure(self, **given: Any) -> dict[str, Any]:
        Execution.running.report(given["taskToken"], given["error"], given["cause"])
        return {}

    def _create_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if not self.jobs:
            for suffix, age in self.others.items():
                self._make({"TrainingJobName": name + suffix}, ours=False, age=age)
        if name in self.jobs:
            raise Fault("ResourceInUse", "Training job names must be unique within an account")
        assert not self.running, f"{name} is made while another job runs"
        self._make(request, ours=True)
        return {"TrainingJobArn": _arn(name)}

    def _make(self, request: dict[str, Any], *, ours: bool, age: float = 0) -> None:
        created = self._time - timedelta(seconds=age)
        self.jobs[request["TrainingJobName"]] = {
            "request": request,
            "ours": ours,
            "created": created,
            "ends_at": created + timedelta(seconds=600),
            "end": self.ends[min(len(self.ours), len(self.ends) - 1)],
        }

    def _await_job(self, job: Job, answer: Answer | None) -> dict[str, Any]:
        """Let the job end, unless the script ends the wait for it."""
        self._time = job["ends_at"] if answer is None else self._time + timedelta(seconds=20)
        if isinstance(answer, str) or (isinstance(answer, Fault) and answer.stops):
            self._stop(job)
        self._end(answer)
        if isinstance(answer, Fault):
            raise answer
        said = self._description(job)
        if said["TrainingJobStatus"] == "Failed":
            raise Fault("States.TaskFailed", json.dumps(said))
        return said

    def _describe_training_job(self, **given: Any) -> dict[str, Any]:
        if given["TrainingJobName"] not in self.jobs:
            raise Fault("ValidationException", "Requested resource not found.")
        return self._description(self.jobs[given["TrainingJobName"]])

    def _description(self, job: Job) -> dict[str, Any]:
        now = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}
        if job["ends_at"] <= self._time:
            now = job["end"] | {"TrainingEndTime": _iso(job["ends_at"])}
        created = {"CreationTime": _iso(job["created"])}
        arn = {"TrainingJobArn": _arn(job["request"]["TrainingJobName"])}
        return job["request"] | arn | created | now  # type: ignore[no-any-return]

    def _list_tags(self, **given: Any) -> dict[str, Any]:
        ours = self.jobs[given["ResourceArn"].rpartition("/")[2]]["ours"]
        owner = Execution.running.arn + ("" if ours else "-another")
        return {"Tags": [{"Key": "AWS_STEP_FUNCTIONS_EXECUTION_ARN", "Value": owner}]}

    def _stop_training_job(self, **given: Any) -> dict[str, Any]:
        status = self._describe_training_job(**given)["TrainingJobStatus"]
        if status != "InProgress":
            raise Fault("ValidationException", f"The training job is in status {status}.")
        self._stop(self.jobs[given["TrainingJobName"]])
        return {}

    def _stop(self, job: Job) -> None:
        end = {"TrainingJobStatus": "Stopped", "SecondaryStatus": "Stopped"}
        job |= {"ends_at": self._time, "end": end}


def _arn(name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
