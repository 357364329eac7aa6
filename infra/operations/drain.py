"""Emptying a deployment before it is destroyed or renamed: `make drain`.

    python -m infra.operations.drain [--stop] [--yes]
    python -m infra.operations.drain --reopen

Deleting a state machine ends its executions at their next step, whatever their training jobs do:
https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
This says what runs, asks, refuses new executions, and then waits for those that run, or stops them,
until no execution and none of their training jobs is left: sweeps first, then trainings.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from training_job.outcome.description import RUNNING

from ..settings.context import project_context, read_settings
from ..workflow.deployed import state_machine_arn, use_region
from .admission import refuse_new, take_again

_LOOK_EVERY_SECONDS = 15.0
_STOPPED = "Stopped by make drain: the deployment is being taken down."


class Drain:
    """The executions of one state machine, and their training jobs.

    Args:
        machine: ARN of the state machine.
        states: A client of Step Functions.
        sagemaker: A client of SageMaker.
        look_every: Seconds between two looks.
        sweeps: Whether its executions are sweeps, which have trials in place of training jobs.
    """

    def __init__(
        self,
        machine: str,
        states: Any,
        sagemaker: Any,
        look_every: float = _LOOK_EVERY_SECONDS,
        *,
        sweeps: bool = False,
    ) -> None:
        self.machine = machine
        self._sweeps = sweeps
        self._states = states
        self._sagemaker = sagemaker
        self._look_every = look_every

    def running(self) -> dict[str, str]:
        """Return the start time of each execution that runs, by its ARN."""
        pages = self._states.get_paginator("list_executions").paginate(
            stateMachineArn=self.machine, statusFilter="RUNNING"
        )
        return {
            each["executionArn"]: f"{each['startDate']:%Y-%m-%d %H:%M}"
            for page in pages
            for each in page["executions"]
        }

    def told(self, running: Mapping[str, str]) -> list[str]:
        """Return a line for each execution: its name, its age and its training job."""
        return [
            f"  {arn.rpartition(':')[2]}, since {since}, "
            + (
                "a sweep"
                if self._sweeps
                else f"training job: {self._job(arn) or 'not created yet'}"
            )
            for arn, since in running.items()
        ]

    def empty(self, *, stop: bool) -> None:
        """Refuse new executions; return once none runs, and no training job of theirs.

        Args:
            stop: Whether to stop what runs, or to wait for it.
        """
        refuse_new(self._states, self.machine)
        before: set[str] = set()
        jobs: set[str] = set()
        said: tuple[int, int] | None = None
        while True:
            # One that was started while the definition changed may appear after the first look.
            running = set(self.running())
            jobs |= {name for arn in before - running if (name := self._job(arn))}
            jobs = {name for name in jobs if self._status(name) in RUNNING}
            if (len(running), len(jobs)) != said:
                said = (len(running), len(jobs))
                jobs_left = "" if self._sweeps else f" Training jobs still to end: {said[1]}."
                what = "Sweeps" if self._sweeps else "Executions"
                print(f"{what} that run: {said[0]}.{jobs_left}")
            if not running and not jobs:
                return
            for arn in running if stop else ():
                self._states.stop_execution(executionArn=arn, cause=_STOPPED)
            before = running
            time.sleep(self._look_every)

    def reopen(self) -> bool:
        """Take new executions again; return whether they were refused."""
        return take_again(self._states, self.machine)

    def _job(self, execution: str) -> str | None:
        if self._sweeps:
            return None
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=execution, reverseOrder=True
        )
        for event in (event for page in pages for event in page["events"]):
            task = event.get("taskScheduledEventDetails", {})
            if task.get("resource", "").startswith("createTrainingJob"):
                name: str = json.loads(task["parameters"])["TrainingJobName"]
                return name
        return None

    def _status(self, job: str) -> str:
        try:
            found: str = self._sagemaker.describe_training_job(TrainingJobName=job)[
                "TrainingJobStatus"
            ]
        except ClientError as error:
            # Never created, or in the account of a role that its execution assumes.
            if error.response["Error"]["Code"] == "ValidationException":
                return "unknown"
            raise
        return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Empty the deployed stack's state machine; return 1 when it is not empty, or not there."""
    given = _parser().parse_args(arguments)
    try:
        settings = read_settings(project_context(Path.cwd(), given.context))
        stack = given.stack or settings.stack_name
        use_region()
        clients = boto3.client("stepfunctions"), boto3.client("sagemaker")
        # Sweeps first: those that run start trainings to the end.
        drains = [
            Drain(state_machine_arn(stack, output), *clients, given.look_every, sweeps=sweeps)
            for output, sweeps in (("SweepStateMachineArn", True), ("StateMachineArn", False))
        ]
        if given.reopen:
            undone = [drain.reopen() for drain in drains]
            print("It takes new executions again." if any(undone) else "It takes new executions.")
            return 0
        return _drain(drains, given)
    except (ValueError, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nNot waiting any longer. New executions are refused still; --reopen takes them "
            "again, and make drain waits on.",
            file=sys.stderr,
        )
        return 1


def _drain(drains: Sequence[Drain], given: argparse.Namespace) -> int:
    for drain in drains:
        running = drain.running()
        print(f"Executions of {drain.machine} that run: {len(running)}.")
        for line in drain.told(running):
            print(line)
    what = "stop these executions and their training jobs" if given.stop else "wait for their end"
    question = f"Refuse new executions from now on, and {what}?"
    if not (given.yes or _agreed(question)):
        print("Nothing was changed.")
        return 1
    for drain in drains:
        drain.empty(stop=given.stop)
    print("Nothing runs, and new executions are refused: it can be destroyed or renamed now.")
    print("To keep it after all: --reopen.")
    return 0


def _agreed(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.operations.drain",
        description="Say what runs, refuse new executions, and wait for what runs or stop it.",
    )
    parser.add_argument("--stop", action="store_true", help="stop what runs instead of waiting")
    parser.add_argument("--reopen", action="store_true", help="take new executions again")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--stack", help="name of the deployed stack (the setting stack_name)")
    parser.add_argument(
        "-c", "--context", action="append", default=[], help="NAME=VALUE, as of cdk deploy"
    )
    parser.add_argument(
        "--look-every",
        type=float,
        default=_LOOK_EVERY_SECONDS,
        metavar="SECONDS",
        help="between two looks (15)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
