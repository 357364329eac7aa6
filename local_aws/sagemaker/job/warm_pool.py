"""The instances that a job leaves running for the next one.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any


def warm_pool_status(keep_alive: int, ended: datetime | None, now: datetime) -> dict[str, Any]:
    """Return the WarmPoolStatus of DescribeTrainingJob; no later job takes a pool over here.

    Args:
        keep_alive: KeepAlivePeriodInSeconds.
        ended: When the job ended; None while it runs.
        now: The time of the look.
    """
    if ended is None:
        return {"Status": "InUse"}
    retained = int((now - ended).total_seconds())
    return {
        "Status": "Available" if retained < keep_alive else "Terminated",
        "ResourceRetainedBillableTimeInSeconds": min(retained, keep_alive),
    }
