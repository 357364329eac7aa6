"""The last log lines of a failed training job -> what to change, in a sentence.

SageMaker's failure reason is the first 1024 characters of what the training toolkit wrote, which
for the commonest mistakes is the head of a traceback; the log's end tells them apart. The texts are
those of sagemaker-training, Python and boto3; a log that has none of them gets no diagnosis.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_TRAINING_ERROR = "TrainingJobFailed"
_NO_SOURCE = re.compile(r"\(404\) when calling the HeadObject|NoSuchKey|NoSuchBucket")
_SOURCE_DENIED = re.compile(r"\(403\) when calling the HeadObject|AccessDenied.*GetObject")
_NOT_AN_ARCHIVE = re.compile(r"tarfile\.ReadError|not a gzip file|BadGzipFile")
_DOWNLOADING = re.compile(r"download_and_extract|s3_download")
_NO_ENTRY_POINT = re.compile(r"can't open file '(?P<path>[^']+)': \[Errno 2\]")
_RAISED = re.compile(r"^(?P<raised>[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b.*)$")
_TRACEBACK = "Traceback (most recent call last)"


def diagnose(error: str, arguments: Mapping[str, Any], last_lines: Iterable[str]) -> str:
    """Returns what went wrong and what to change; empty if the log does not tell.

    Args:
        error: The execution's error.
        arguments: The arguments of the step.
        last_lines: The end of the job's log.
    """
    if error != _TRAINING_ERROR:
        return ""
    lines = [line.rstrip() for line in last_lines]
    text = "\n".join(lines)
    if _DOWNLOADING.search(text):
        return _undownloaded(text, arguments.get("source_dir"), arguments.get("role"))
    if found := _NO_ENTRY_POINT.search(text):
        return (
            f"There is no {_script(found['path'], arguments)} in "
            f"{arguments.get('source_dir') or 'the image'}. entry_point is a path within the "
            "archive: list it with tar -tzf, then correct entry_point or pack the archive anew."
        )
    return _raised(lines)


def _undownloaded(text: str, source: Any, role: Any) -> str:
    if _NO_SOURCE.search(text):
        return (
            f"source_dir {source} does not exist (or the job role may not list its bucket). "
            "Upload the archive there, or correct source_dir."
        )
    if _SOURCE_DENIED.search(text):
        return f"The job role {role or ''} may not read source_dir {source}: allow it s3:GetObject."
    if _NOT_AN_ARCHIVE.search(text):
        return f"source_dir {source} is not a gzipped tar archive: pack it with tar -czf."
    return ""


def _script(path: str, arguments: Mapping[str, Any]) -> str:
    return str(arguments.get("entry_point") or path)


def _raised(lines: list[str]) -> str:
    """Returns the last exception that a traceback of the script ends with."""
    in_traceback, raised = False, ""
    for line in lines:
        if line.startswith(_TRACEBACK):
            in_traceback = True
        elif in_traceback and (found := _RAISED.match(line)):
            in_traceback, raised = False, found["raised"]
    return f"The script raised {raised}" if raised else ""
