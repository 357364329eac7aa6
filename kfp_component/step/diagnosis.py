"""What to change after a training job that made no model, read from the end of its log.

SageMaker's failure reason is the first 1024 characters of what the training toolkit wrote, which
for the commonest mistakes is the head of a traceback, or nothing; the log's end tells them apart.
The texts are those of sagemaker-training, Python and boto3.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kfp_component.execution.result import NotTrained
from kfp_component.record.record import LogLine
from training_job.outcome.denied_data import remedy

_FAILED, _STOPPED = "TrainingJobFailed", "TrainingJobStopped"
_NO_SOURCE = re.compile(r"\(404\) when calling the HeadObject|NoSuchKey|NoSuchBucket")
_SOURCE_DENIED = re.compile(r"\(403\) when calling the HeadObject|AccessDenied.*GetObject")
_NOT_AN_ARCHIVE = re.compile(r"tarfile\.ReadError|not a gzip file|BadGzipFile")
_DOWNLOADING = re.compile(r"download_and_extract|s3_download")
_NO_ENTRY_POINT = re.compile(r"can't open file '(?P<path>[^']+)': \[Errno 2\]")
_RAISED = re.compile(r"^(?P<raised>[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b.*)$")
_TRACEBACK = "Traceback (most recent call last)"
# The toolkit begins its own report with this line; "0" to "255", as it reports the script's end.
_REPORT = "Reporting training FAILURE"
_SCRIPT_ENDED = re.compile(r"ExecuteUserScriptError.*?ExitCode (?P<code>-?\d+)", re.DOTALL)
_KILLED = ("-9", "137")
_LONGEST_LAST_WORDS = 500
_SAVE = (
    "Save the model into the directory that the environment variable SM_MODEL_DIR names "
    "(/opt/ml/model)"
)


def diagnose(
    failure: NotTrained, arguments: Mapping[str, Any], last_lines: Iterable[LogLine]
) -> str:
    """Return what went wrong and what to change; '' if neither the cause nor the log tells.

    Args:
        failure: What the execution says.
        arguments: The arguments of the step, to be named.
        last_lines: The end of the job's log.

    Example:
        >>> diagnose(failure, {}, [LogLine("", "t.py: error: unrecognized arguments: --x")])
        ... # doctest: +SKIP
        'The script ended with exit code 2. Its last words: t.py: error: unrecognized ...'
    """
    if failure.error not in (_FAILED, _STOPPED):
        return ""
    if unsaved := _unsaved(failure):
        return unsaved
    lines = _of_one_host(list(last_lines))
    text = "\n".join(lines)
    if failure.error == _STOPPED:
        return ""
    if _DOWNLOADING.search(text):
        return _undownloaded(text, arguments.get("source_dir"), arguments.get("role"))
    if found := _NO_ENTRY_POINT.search(text):
        return (
            f"There is no {arguments.get('entry_point') or found['path']} in "
            f"{arguments.get('source_dir') or 'the image'}. entry_point is a path within the "
            "archive: list it with tar -tzf, then correct entry_point or pack the archive anew."
        )
    return _raised(lines) or _last_words(failure.message, lines)


def _unsaved(failure: NotTrained) -> str:
    """Return what a job that ended well, or at its time limit, lacks: the model."""
    last = failure.attempts[-1] if failure.attempts else {}
    if last.get("status") == "Completed" and failure.error == _FAILED:
        return f"The script ended well, but saved no model. {_SAVE} before it ends."
    limits = {"MaxRuntimeExceeded": "max_run", "MaxWaitTimeExceeded": "max_wait_time"}
    if limit := limits.get(str(last.get("secondary_status"))):
        return (
            f"{limit} was reached before a model was saved. {_SAVE} while it trains, or raise "
            f"{limit}."
        )
    return ""


def _of_one_host(lines: Sequence[LogLine]) -> list[str]:
    """Return the lines of the host that reported the failure; else of the one that wrote last."""
    hosts = [line.host for line in lines if _REPORT in line.text] or [
        line.host for line in lines[-1:]
    ]
    return [line.text.rstrip() for line in lines if line.host == hosts[0]]


def _undownloaded(text: str, source: Any, role: Any) -> str:
    if _NO_SOURCE.search(text):
        return (
            f"source_dir {source} does not exist (or the job role may not list its bucket). "
            "Upload the archive there, or correct source_dir."
        )
    if _SOURCE_DENIED.search(text):
        return (
            f"The job role {role or ''} may not read source_dir {source}. "
            f"{remedy('job_read_locations')}"
        )
    if _NOT_AN_ARCHIVE.search(text):
        return f"source_dir {source} is not a gzipped tar archive: pack it with tar -czf."
    return ""


def _raised(lines: list[str]) -> str:
    """Return the last exception that a traceback of the script ends with."""
    in_traceback, raised = False, ""
    for line in lines:
        if line.startswith(_TRACEBACK):
            in_traceback = True
        elif in_traceback and (found := _RAISED.match(line)):
            in_traceback, raised = False, found["raised"]
    return f"The script raised {raised}" if raised else ""


def _last_words(message: str, lines: list[str]) -> str:
    """Return the script's exit code and the last line before the toolkit's report on it."""
    ended = _SCRIPT_ENDED.search(message)
    if ended is None:
        return ""
    code = ended["code"]
    killed = " (killed, most often for want of memory)" if code in _KILLED else ""
    report = next((n for n, line in enumerate(lines) if _REPORT in line), len(lines))
    words = next((line.strip() for line in reversed(lines[:report]) if line.strip()), "")
    said = f" Its last words: {words[:_LONGEST_LAST_WORDS]}" if words else " It said nothing."
    return f"The script ended with exit code {code}{killed}.{said}"
