"""What is outside a sweep's state machine: Step Functions, PlanSweep, time.

An answer is scripted for the n-th call of an action for an execution ("start_execution t001 2"), or
for every one ("start_execution t001", "start_execution"). Actions are boto3's methods;
`await_execution`, the end of the task that starts an execution and awaits it; `wait`; `PlanSweep`;
and `PlanTrial`, the same function asked by an iteration. ABORTED ends the sweep meanwhile, and with
it what its tasks await; ABANDONED, the sweep alone.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lambdas import plan_sweep
from tools.second_engine.engine import EXECUTIONS, Execution, Fault

SWEEP = f"{EXECUTIONS}:RlSweep:s"
TRAININGS = f"{EXECUTIONS}:RlTraining:"
Answer = Fault | str | Mapping[str, Any]
Child = dict[str, Any]


@dataclass
class SweepWorld:
    """The world of a sweep.

    Attributes:
        script: Answers by action, execution and call.
        training: What a training execution of this name and input comes to, as DescribeExecution
            says it.
        others: Statuses of somebody else's executions, by the end of their names.
        calls: How many calls there were, by action, and by action and execution.
        children: The executions of RlTraining by the ends of their names, such as t001.
        awaited: Those that a task awaits.
    """

    script: Mapping[str, Answer]
    training: Callable[[str, str], Child]
    others: Mapping[str, str]
    calls: Counter[str] = field(default_factory=Counter)
    children: dict[str, Child] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)
    _time: datetime = datetime(2026, 1, 31, 10, tzinfo=UTC)

    def __post_init__(self) -> None:
        for name, status in self.others.items():
            self._make(name, "{}", {"status": status}, ours=False)

    @property
    def ours(self) -> list[str]:
        """The executions that the sweep started."""
        return [name for name, child in self.children.items() if child["ours"]]

    @property
    def running(self) -> list[str]:
        """Those of them that run."""
        return [name for name in self.ours if self._status(name) == "RUNNING"]

    def now(self) -> str:
        """Return the time as Step Functions writes it."""
        return _iso(self._time)

    def wait(self, seconds: float) -> None:
        """Let time pass, in a Wait state or before a retry."""
        self._time += timedelta(seconds=seconds)
        self._scripted("wait", "")

    def call(self, action: str, given: dict[str, Any], role: str) -> Any:  # noqa: ARG002
        """Answer a call as the script has it, or as the services would; raise its fault."""
        name = self._execution(given)
        if action == "invoke":
            event = json.loads(given["Payload"])
            name = f"t{event['item']['trial']:03}" if "item" in event else ""
            action = "PlanTrial" if name else "PlanSweep"
        answer = self._scripted(action, name)
        if isinstance(answer, Fault) and not answer.done:
            raise answer
        if action == "send_task_failure":
            Execution.running.report(given["taskToken"], given["error"], given["cause"])
            return {}
        effect = getattr(self, f"_{'invoke' if 'Plan' in action else action}")(name, given)
        if isinstance(answer, Fault):
            raise answer
        result = effect | (answer if isinstance(answer, Mapping) else {})
        if "Payload" in result:
            result["Payload"] = io.BytesIO(json.dumps(result["Payload"]).encode())
        return result

    @staticmethod
    def _execution(given: Mapping[str, Any]) -> str:
        """Return the end of the name of the execution that a call is about."""
        arn = given.get("executionArn", given.get("name", ""))
        return str(arn).rpartition(":")[2].removeprefix("s-")

    def _scripted(self, action: str, name: str) -> Answer | None:
        self._time += timedelta(seconds=0.2)
        words = f"{action} {name}".strip()
        for each in {action, words}:
            self.calls[each] += 1
        keys = (f"{words} {self.calls[words]}", words, f"{action} {self.calls[action]}", action)
        answer = next((self.script[key] for key in keys if key in self.script), None)
        if answer in ("ABORTED", "ABANDONED"):
            for child in self.awaited if answer == "ABORTED" else ():
                self._stop(child)
            Execution.running.stop()
        return answer

    # --- the services ----------------------------------------------------------------------------

    def _invoke(self, name: str, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        with redirect_stdout(io.StringIO()):  # its log
            payload = plan_sweep.handler(json.loads(given["Payload"]), None)
        return {"StatusCode": 200, "Payload": payload}

    def _start_execution(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        known = self.children.get(name)
        if known and (self._status(name) != "RUNNING" or known["input"] != given["input"]):
            raise Fault("ExecutionAlreadyExists", f"Execution Already Exists: '{known['arn']}'")
        if not known:
            ends = self.training(given["name"], given["input"])
            self._make(name, given["input"], ends, ours=True)
        self.awaited.add(name)
        return {"executionArn": TRAININGS + given["name"], "startDate": _iso(self._time)}

    def _make(self, name: str, given: str, ends: Child, *, ours: bool) -> None:
        running = [each.partition("-")[0] for each in self.running]
        assert name.partition("-")[0] not in running, f"{name} is started while another one runs"
        seconds = 600 if ends["status"] != "RUNNING" else 99_999_999
        self.children[name] = {
            "arn": f"{TRAININGS}s-{name}",
            "input": given,
            "ours": ours,
            "ends": ends,
            "started": self._time - timedelta(seconds=0 if ours else 5000),
            "ends_at": self._time + timedelta(seconds=seconds if ours else -4000),
        }
        if not ours and ends["status"] == "RUNNING":
            self.children[name]["ends_at"] = self._time + timedelta(days=400)

    def _status(self, name: str) -> str:
        child = self.children[name]
        return str(child["ends"]["status"]) if child["ends_at"] <= self._time else "RUNNING"

    def _await_execution(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        if Execution.running.environment.is_running():
            self._time = max(self._time, self.children[name]["ends_at"])
        self.awaited.discard(name)
        return self._describe_execution(name, given)

    def _describe_execution(self, name: str, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        child = self.children.get(name)
        if not child:
            raise Fault("ExecutionDoesNotExist", "Execution Does Not Exist: 'x'")
        said = {
            "executionArn": child["arn"],
            "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:RlTraining",
            "name": f"s-{name}",
            "status": self._status(name),
            "startDate": _iso(child["started"]),
            "input": child["input"],
        }
        if said["status"] != "RUNNING":
            said |= {"stopDate": _iso(child["ends_at"]), **child["ends"]}
        return said

    def _stop(self, name: str) -> None:
        if self._status(name) == "RUNNING":
            self.children[name] |= {"ends": {"status": "ABORTED"}, "ends_at": self._time}

    # --- what StopTrials calls, in place of boto3 ------------------------------------------------

    def client(self, service: str) -> SweepWorld:
        """Return the client of Step Functions."""
        assert service == "stepfunctions"
        return self

    def get_paginator(self, operation: str) -> SweepWorld:
        """Return the paginator of ListExecutions."""
        assert operation == "list_executions"
        return self

    def paginate(self, **given: str) -> Iterator[dict[str, Any]]:
        """Yield the executions of RlTraining that run."""
        assert given["statusFilter"] == "RUNNING"
        arns = [child["arn"] for name, child in self.children.items() if name in self.running]
        yield {"executions": [{"name": arn.split(":")[-1], "executionArn": arn} for arn in arns]}

    def describe_execution(self, **given: str) -> dict[str, Any]:
        """Describe a training, or the sweep as it has ended."""
        if given["executionArn"] == SWEEP:
            return {}
        return self._describe_execution(self._execution(given), given)

    def stop_execution(self, **given: str) -> None:
        """Stop a training."""
        self._stop(self._execution(given))


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
