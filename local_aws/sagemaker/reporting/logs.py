"""Lines of a training job in CloudWatch Logs, in the group and streams SageMaker uses."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence

from ministack.services import cloudwatch_logs

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
"""Log group of every training job."""

_lock = threading.Lock()


class LogStream:
    """The log stream of one host: `{job}/{host}-{epoch}`.

    Must be used under the account and region of the job.

    Args:
        job_name: Name of the job.
        host: `algo-1`, `algo-2` ...
    """

    def __init__(self, job_name: str, host: str) -> None:
        self._latest = 0
        with _lock:
            if LOG_GROUP not in cloudwatch_logs._log_groups:
                cloudwatch_logs._create_log_group({"logGroupName": LOG_GROUP})
            streams = cloudwatch_logs._log_groups[LOG_GROUP]["streams"]
            for epoch in itertools.count(int(time.time())):
                self.name = f"{job_name}/{host}-{epoch}"
                if self.name not in streams:
                    break
            cloudwatch_logs._create_log_stream(self._target())

    def write(self, lines: Sequence[str]) -> None:
        """Append lines, now."""
        # The store sorts by time: a clock that is set back must not reorder the lines.
        self._latest = max(self._latest, int(time.time() * 1000))
        # CloudWatch Logs takes no empty message: an empty line is a space there.
        events = [{"timestamp": self._latest, "message": line or " "} for line in lines]
        cloudwatch_logs._put_log_events({**self._target(), "logEvents": events})

    def _target(self) -> dict[str, str]:
        return {"logGroupName": LOG_GROUP, "logStreamName": self.name}
