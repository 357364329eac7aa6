"""Small fakes of what the launcher uses of AWS; time is a number that tests move."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

STATE_MACHINE_ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:rl-training"
RUN_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
START = 1_700_000_000.0


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def client_error(code: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Operation")


class FakeStates:
    """Executions that end at a given time, with Step Functions' rules for names."""

    def __init__(self, clock: Callable[[], float], lasts: float = 10.0) -> None:
        self.clock = clock
        self.lasts = lasts
        self.executions: dict[str, dict[str, Any]] = {}
        self.ending: dict[str, Any] = {"status": "SUCCEEDED", "output": "{}"}
        self.history: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.faults: list[Exception | None] = []

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault

    def _answer(self, **fields: Any) -> dict[str, Any]:
        now = datetime.fromtimestamp(START + self.clock(), UTC)
        date = now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return {**fields, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        self._called("start_execution")
        arn = stateMachineArn.replace(":stateMachine:", ":execution:") + f":{name}"
        known = self.executions.get(arn)
        if known and (self._status(known) != "RUNNING" or known["input"] != input):
            raise client_error("ExecutionAlreadyExists")
        execution = self.executions.setdefault(arn, {"began": self.clock(), "input": input})
        return self._answer(
            executionArn=arn, startDate=datetime.fromtimestamp(START + execution["began"], UTC)
        )

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        self._called("describe_execution")
        execution = self.executions.get(executionArn)
        if execution is None:
            raise client_error("ExecutionDoesNotExist")
        began = START + execution["began"]
        fields: dict[str, Any] = {
            "executionArn": executionArn,
            "status": self._status(execution),
            "startDate": datetime.fromtimestamp(began, UTC),
            "input": execution["input"],
            "redriveCount": execution.get("redrives", 0),
        }
        if fields["status"] != "RUNNING":
            ended = execution.get("stopped", execution["began"] + self.lasts)
            fields |= {"stopDate": datetime.fromtimestamp(START + ended, UTC)}
            fields |= execution.get("ending", self.ending)
        return self._answer(**fields)

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> dict[str, Any]:
        self._called("stop_execution")
        execution = self.executions.get(executionArn)
        if execution is None:
            raise client_error("ExecutionDoesNotExist")
        if self._status(execution) == "RUNNING":
            execution["stopped"] = self.clock()
            execution["ending"] = {"status": "ABORTED", "error": error, "cause": cause}
        return self._answer()

    def redrive_execution(self, *, executionArn: str, clientToken: str) -> dict[str, Any]:
        self._called("redrive_execution")
        execution = self.executions[executionArn]
        if execution.get("token") != clientToken:
            if self._status(execution) in ("RUNNING", "SUCCEEDED") or "redrivable" in execution:
                raise client_error("ExecutionNotRedrivable")
            self.redrive(executionArn, clientToken)
        return self._answer()

    def redrive(self, arn: str, token: str = "") -> None:
        """What redrive_execution does; a person does it in the console."""
        execution = self.executions[arn]
        execution.pop("ending")
        count = execution.get("redrives", 0) + 1
        execution |= {"began": self.clock(), "redrives": count, "token": token}

    def get_execution_history(self, **arguments: Any) -> dict[str, Any]:
        self._called("get_execution_history")
        newest_first = sorted(self.history, key=lambda event: -event["id"])
        size = arguments["maxResults"]
        first, _, before = arguments.get("nextToken", f"0/{size}").partition("/")
        if int(before) != size:  # "Keep all other arguments unchanged."
            raise client_error("InvalidToken")
        page = newest_first[int(first) : int(first) + size]
        following = int(first) + len(page)
        more = {"nextToken": f"{following}/{size}"} if following < len(newest_first) else {}
        return {"events": page, **more}

    def _status(self, execution: dict[str, Any]) -> str:
        if "ending" in execution:
            return str(execution["ending"]["status"])
        if self.clock() >= execution["began"] + self.lasts:
            return str(self.ending["status"])
        return "RUNNING"


class FakeLogs:
    """Log streams; the forward token is the position and repeats at the end."""

    def __init__(self) -> None:
        self.streams: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.faults: list[Exception | None] = []

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault

    def describe_log_streams(
        self,
        *,
        logStreamNamePrefix: str,
        nextToken: str = "0",
        **_: str,
    ) -> dict[str, Any]:
        self._called("describe_log_streams")
        if not self.streams:
            raise client_error("ResourceNotFoundException")
        names = sorted(name for name in self.streams if name.startswith(logStreamNamePrefix))
        first = int(nextToken)
        page = [{"logStreamName": name} for name in names[first : first + 2]]
        more = {"nextToken": str(first + 2)} if first + 2 < len(names) else {}
        return {"logStreams": page, **more}

    def get_log_events(
        self,
        *,
        logStreamName: str,
        limit: int,
        nextToken: str = "f/0",
        **_: Any,
    ) -> dict[str, Any]:
        self._called("get_log_events")
        first = int(nextToken.removeprefix("f/"))
        lines = self.streams[logStreamName][first : first + limit]
        return {
            "events": [{"message": line} for line in lines],
            "nextForwardToken": f"f/{first + len(lines)}",
        }


class FakeSageMaker:
    """Training jobs, and the words SageMaker has for one that it does not know."""

    def __init__(self) -> None:
        self.jobs: dict[str, dict[str, Any]] = {}
        self.faults: list[Exception | None] = []

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        fault = self.faults.pop(0) if self.faults else None
        if fault:
            raise fault
        if TrainingJobName not in self.jobs:
            raise client_error("ValidationException")
        return self.jobs[TrainingJobName]


class FakeAws:
    def __init__(self, clock: Callable[[], float], lasts: float = 10.0) -> None:
        self.states = FakeStates(clock, lasts)
        self.logs = FakeLogs()
        self.sagemaker = FakeSageMaker()
        self.renewals = 0

    def renew(self) -> None:
        self.renewals += 1


class NoStopper:
    """Never told to stop."""

    def __init__(self) -> None:
        self.targets: list[str] = []

    def aim(self, execution_arn: str, *, starting: bool = False) -> None:  # noqa: ARG002
        self.targets.append(execution_arn)

    def started(self) -> None:
        pass


class ListView:
    """Keeps what was shown."""

    heartbeat_seconds = 60.0

    def __init__(self) -> None:
        self.said: list[str] = []
        self.logged: list[tuple[str, str]] = []
        self.statuses: list[str] = []
        self.beats: list[Any] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def log(self, host: str, line: str) -> None:
        self.logged.append((host, line))

    def status(self, name: str, detail: str) -> None:
        self.statuses.append(f"{name} {detail}")

    def still(self, snapshot: Any) -> None:
        self.beats.append(snapshot)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def executor_input(directory: Any, retry: int = 0, **arguments: Any) -> dict[str, Any]:
    """What KFP passes on a cluster for retry number `retry` of a task."""
    given = {
        "state_machine_arn": STATE_MACHINE_ARN,
        "region": "us-east-1",
        "entry_point": "train.py",
        **arguments,
    }
    uri = f"{directory}/pipeline/{RUN_ID}/train-rl-model/5b4c4c5e"
    parameters = ("model_artifact_url", "job_name", "training_image", "execution_arn")
    types = {"model": "Model", "metrics": "Metrics", "report": "HTML"}
    artifacts = {
        name: {
            "artifacts": [
                {
                    "name": f"projects/x/{name}",
                    "uri": f"{uri}/{name}",
                    "type": {"schemaTitle": f"system.{kind}"},
                    "metadata": {},
                }
            ]
        }
        for name, kind in types.items()
    }
    artifacts["executor-logs"] = {
        "artifacts": [{"name": "", "uri": f"{uri}/executor-logs-{retry}", "metadata": {}}]
    }
    return {
        "inputs": {"parameterValues": given},
        "outputs": {
            "parameters": {
                name: {"outputFile": f"{directory}/parameters/{name}"} for name in parameters
            },
            "artifacts": artifacts,
            "outputFile": f"{uri}/output_metadata.json",
        },
    }


def task_event(number: int, kind: str, **details: Any) -> dict[str, Any]:
    """A history event of a training job's task."""
    names = {"resourceType": "sagemaker", "resource": "createTrainingJob.sync"}
    key = f"{kind[0].lower()}{kind[1:]}EventDetails"
    return {"id": number, "type": kind, key: {**names, **details}}


def task_scheduled(number: int, job_name: str, **request: Any) -> dict[str, Any]:
    """The event that a training job is about to be created."""
    parameters = json.dumps({"TrainingJobName": job_name, **request})
    return task_event(number, "TaskScheduled", region="us-east-1", parameters=parameters)


def state_exited(number: int, name: str, output: Any) -> dict[str, Any]:
    """The event that a state was left."""
    details = {"name": name, "output": json.dumps(output)}
    return {"id": number, "type": "TaskStateExited", "stateExitedEventDetails": details}
