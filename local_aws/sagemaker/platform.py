"""What the SageMaker service needs to know about the server it is part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Platform:
    """Settings of one server.

    Attributes:
        endpoint_url: Where the server answers, for the jobs' own AWS clients.
        work_dir: Where jobs keep their trees; removed with the server.
        environment: Variables every job starts from: the caller's, without any of AWS.
        stop_grace: Seconds between SIGTERM and SIGKILL (AWS gives 120).
    """

    endpoint_url: str
    work_dir: Path
    environment: Mapping[str, str]
    stop_grace: float
