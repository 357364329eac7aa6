"""Tasks that wait for a callback: `<integration>.waitForTaskToken`.

ministack waits on the thread of the call, which neither StopExecution nor a timeout reaches, keeps
the token of a task that is over, and swallows the error of a function that is called so.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

import json
import threading
from typing import Any

from ministack.services import stepfunctions as states

from local_aws.corrections.states.execution import history
from local_aws.corrections.states.execution.run import Run
from local_aws.corrections.states.integrations.task import Task

SUFFIX = ".waitForTaskToken"


def call_and_wait(run: Run, task: Task) -> Any:
    """Make the call, then wait until SendTaskSuccess or SendTaskFailure names the token.

    A call may itself report the task: then nothing was submitted (whether AWS records
    TaskSubmitted then is not documented). The token ends with the task, however that ends.

    Returns:
        The output that was sent.

    Raises:
        _ExecutionError: The call failed, or the error and cause that were sent.
        Ended: The execution was stopped or timed out first.
        TaskTimedOut: The task took too long.
    """
    report: dict[str, Any] = {"event": threading.Event(), "result": None, "error": None}
    states._task_tokens[task.token] = report
    resource = task.resource.removesuffix(SUFFIX)
    try:
        answer = run.call(lambda: states._invoke_resource(resource, task.arguments), task.deadline)
        if not report["event"].is_set():
            output = history.text(answer)
            history.task_event(run.execution, task.resource, "TaskSubmitted", output=output)
        run.wait_for(report["event"], task.deadline)
    finally:
        states._task_tokens.pop(task.token, None)
    if report["error"] is not None:
        raise states._ExecutionError(report["error"]["Error"], report["error"]["Cause"])
    result = report["result"]
    return json.loads(result) if isinstance(result, str) else result
