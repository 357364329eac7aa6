"""What to change where a training job was not allowed to read or write its data."""

from __future__ import annotations

import re

_DENIED = re.compile(r"AccessDenied|Access Denied|Forbidden|\(403\)|not authorized to perform: s3:")
_READING = re.compile(
    r"Data download failed|(Head|Get)Object|ListObjects|s3:List|Unable to download"
)
_WRITING = re.compile(r"upload failed|Failed to upload|PutObject|CreateMultipartUpload")

_ACTIONS = {"job_read_locations": "s3:GetObject", "job_write_locations": "s3:PutObject"}


def denied_data(reason: str) -> str:
    """Return a sentence on what to change; empty when S3 denied nothing.

    The words are those that SageMaker and the training toolkit are reported to use. Writing is
    looked for first: an upload may begin with a look at what is there.

    Args:
        reason: The job's `FailureReason`.

    Example:
        >>> denied_data("ClientError: Data download failed: AccessDenied (403): Access Denied")[:36]
        'The job role may not read it. The ro'
    """
    if not _DENIED.search(reason):
        return ""
    for words, verb, setting in (
        (_WRITING, "write there", "job_write_locations"),
        (_READING, "read it", "job_read_locations"),
    ):
        if words.search(reason):
            return f"The job role may not {verb}. {remedy(setting)}"
    return ""


def remedy(setting: str) -> str:
    """Return what gives a job role the access that a setting is about.

    Args:
        setting: `job_read_locations` or `job_write_locations`.

    Example:
        >>> remedy("job_read_locations")[-60:]
        'any other role needs a policy that allows it (s3:GetObject).'
    """
    return (
        "The role that the deployment made (output JobRoleArn) may once the setting "
        f"{setting} names the bucket; any other role needs a policy that allows it "
        f"({_ACTIONS[setting]})."
    )
