"""The name of an execution: the same for every retry of a task, another for every other task.

An execution's name is what makes the start idempotent: StartExecution with a name and an input
that are running already answers with the running execution.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

import hashlib
import re

_RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def execution_name(seed: str, execution_input: str, generation: int = 1) -> str:
    """Return the name of the n-th execution of a task.

    The input is part of the name because older KFP backends give each iteration of a loop the same
    artifact directory. The run's id, which KFP puts into that directory, is repeated in the name so
    that the run is found from the Step Functions console.

    Args:
        seed: The directory of the task's Model artifact.
        execution_input: The execution's input, canonical JSON.
        generation: 1, or more once earlier executions of this task have ended without a model.

    Returns:
        At most 80 characters of `[0-9a-z-]`.

    Example:
        >>> execution_name("s3://bucket/train", "{}", 2)[:4], execution_name("a", "{}", 2)[-2:]
        ('kfp-', '-2')
    """
    digest = hashlib.sha256(f"{seed}\n{execution_input}".encode()).hexdigest()[:24]
    run_id = _RUN_ID.search(seed)
    name = f"kfp-{run_id[0]}-{digest}" if run_id else f"kfp-{digest}"
    return name if generation == 1 else f"{name}-{generation}"
