"""docs/costs.md: every figure computed from the reviewed template and from AWS's public prices."""

from __future__ import annotations

import json
from pathlib import Path

from tools import prices
from training_job.timeouts import next_look

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT.joinpath(
    "tests/infra/template/__snapshots__/test_snapshots/test_template_is_the_reviewed_one[default].json"
)
RUN_TRANSITIONS, ATTEMPT_TRANSITIONS, LOOK_TRANSITIONS = 8, 7, 4
"""Of a run without faults, of each further attempt, of each look; bench/overhead.py counts them."""

_PAGE = """\
<!-- Written by `make generate` from tools/costs_page.py; do not edit. -->
# What it costs

For whoever pays: what a run and a deployment cost, in US dollars by AWS's public prices of
us-east-1. `python -m bench.overhead` counts what a run uses, on the local AWS.

## Training

Almost everything that you pay is the training job: the
[price of the instance type](https://aws.amazon.com/sagemaker/pricing/) times `billable_seconds`,
as the execution's output and the step's report state them. What keeps it small:

* `max_run` ends a job that would run on.
* `spot_instance` with a `checkpoint_config` costs up to 90 % less, as AWS says, and resumes after
  an interruption.
* `dry_run` shows the request and starts nothing.
* The settings `allowed_instance_types`, `max_instance_count` and `max_run_limit` hold for everyone.

## Each run beside it

| what | costs |
| --- | --- |
| a run without faults | {run:.4f}: {run_transitions} state transitions and 2 calls of functions |
| each further attempt | {attempt:.4f}: {attempt_transitions} transitions and 2 calls |
| each look at a job after *WaitForJob* | {look:.4f}; {hour} looks in an hour, {day} in a day |
| the pod of the KFP step | 0.05 of a core and 128 MiB while it waits |
| logs | {log:.2f} a GB |

Each trial of a sweep is such a run, and one pod awaits them all;
[what the sweep adds](sweeps.md#costs-and-limits) is less.

## Each month, with nothing running

| what | setting | costs |
| --- | --- | --- |
| the stack as it is by default: {alarms} alarms | `alarms` | {alarm:.2f} |
| a dashboard | `dashboard` | {dashboard:.2f}; the first three of an account are free |
| a key | `kms_key=create` | {key:.2f} |
| each interface endpoint, in two zones | `endpoints` | {one:.2f}, and {endpoint_gb:.2f} a GB |
| three of them, for a cluster without internet | `states,logs,sts` | {three:.2f} |
| five, for its images too | `states,logs,sts,ecr.api,ecr.dkr,s3` | {five:.2f}; `s3` is free |
| models, sources and logs that are kept | `log_retention_days` | storage |
"""


def costs_page() -> str:
    """Return docs/costs.md."""
    resources = json.loads(TEMPLATE.read_text(encoding="utf-8"))["Resources"].values()
    alarms = sum(each["Type"] == "AWS::CloudWatch::Alarm" for each in resources)
    return _PAGE.format(
        run=_transitions(RUN_TRANSITIONS),
        run_transitions=RUN_TRANSITIONS,
        attempt=_transitions(ATTEMPT_TRANSITIONS),
        attempt_transitions=ATTEMPT_TRANSITIONS,
        look=_transitions(LOOK_TRANSITIONS),
        hour=looks(3600),
        day=looks(86_400),
        log=prices.LOG_GB,
        alarms=alarms,
        alarm=alarms * prices.ALARM_MONTH,
        dashboard=prices.DASHBOARD_MONTH,
        key=prices.KEY_MONTH,
        one=prices.endpoints_month(1),
        three=prices.endpoints_month(3),
        five=prices.endpoints_month(5),
        endpoint_gb=prices.ENDPOINT_GB,
    )


def _transitions(count: int) -> float:
    return count * prices.TRANSITION


def looks(seconds: int) -> int:
    """Return how often a job is looked at that runs so long without a task that awaits it."""
    elapsed = count = 0
    while elapsed < seconds:
        elapsed += next_look(elapsed)
        count += 1
    return count
