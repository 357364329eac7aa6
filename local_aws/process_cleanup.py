"""What ends with a server: every process below it and its directory."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from local_aws.sagemaker.job.process_marks import SERVER_MARK, kill_marked

_ROUNDS = 20
_PAUSE_SECONDS = 0.05


def clean_up(server: str, state_dir: Path) -> None:
    """Kill every process that carries the server's mark, then remove the server's directory."""
    for _ in range(_ROUNDS):
        kill_marked(SERVER_MARK, server)
        shutil.rmtree(state_dir, ignore_errors=True)
        if not state_dir.exists():
            return
        time.sleep(_PAUSE_SECONDS)  # a process that has just been killed was still writing
