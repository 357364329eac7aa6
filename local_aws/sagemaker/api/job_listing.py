"""ListTrainingJobs: filters, order and pages.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.job.training_job import TrainingJob

_SORT_KEYS = {"CreationTime": "created", "Name": "name", "Status": "status"}
_PAGE = 10


def list_training_jobs(jobs: Iterable[TrainingJob], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of the jobs that pass the filters, newest last unless asked otherwise."""
    chosen = [job for job in jobs if _passes(job, params)]
    attribute = _SORT_KEYS[params.get("SortBy", "CreationTime")]
    chosen.sort(
        key=lambda job: (getattr(job, attribute), job.name),
        reverse=params.get("SortOrder") == "Descending",
    )
    start = _start(params.get("NextToken"))
    end = start + int(params.get("MaxResults", _PAGE))
    page: dict[str, Any] = {"TrainingJobSummaries": [_summary(job) for job in chosen[start:end]]}
    if end < len(chosen):
        page["NextToken"] = str(end)
    return page


def _passes(job: TrainingJob, params: Mapping[str, Any]) -> bool:
    moments = {"Creation": job.created, "LastModified": job.modified}
    return (
        params.get("NameContains", "") in job.name
        and params.get("StatusEquals", job.status) == job.status
        and params.get("WarmPoolStatusEquals") in (None, _warm_pool(job))
        and not params.get("TrainingPlanArnEquals")  # no job here follows one
        and all(
            _after(moment, params.get(f"{name}TimeAfter"))
            and _before(moment, params.get(f"{name}TimeBefore"))
            for name, moment in moments.items()
        )
    )


def _warm_pool(job: TrainingJob) -> str:
    status: str = job.describe().get("WarmPoolStatus", {}).get("Status", "")
    return status


def _after(moment: datetime, limit: float | None) -> bool:
    return limit is None or moment >= datetime.fromtimestamp(limit, UTC)


def _before(moment: datetime, limit: float | None) -> bool:
    return limit is None or moment <= datetime.fromtimestamp(limit, UTC)


def _start(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdecimal():
        raise validation_error(f"Invalid NextToken '{token}'.")
    return int(token)


def _summary(job: TrainingJob) -> dict[str, Any]:
    description = job.describe()
    fields = (
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
        "WarmPoolStatus",
    )
    return {field: description[field] for field in fields if field in description}
