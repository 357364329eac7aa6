"""Reports of made-up runs, to look at: `python -m tests.support.step.report_samples <directory>`.

Each is an HTML file; a browser shows it light or dark, wide or at 420 px as KFP's panel may be.
"""

import math
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kfp_component.execution.result import Trained
from kfp_component.execution.run import EndedExecution
from kfp_component.record.record import LogLine, RunRecord, SeenAttempt, Transition
from kfp_component.report.page import Report, render

BEGIN = datetime(2026, 1, 31, 22, 12, tzinfo=UTC)
ARN = "arn:aws:states:eu-west-1:123456789012:execution:RlTraining:kfp-0f8fad5b-d9cb-469f-a165-7086"
JOB = "TrainingJob-20260131221203-f2k"
ARGUMENTS = {
    "region": "eu-west-1",
    "entry_point": "train.py",
    "source_dir": "s3://rl-artifacts/code/1f2e3d4c5b6a/sourcedir.tar.gz",
    "hyperparameters": {"lr": 0.0003, "gamma": 0.99, "episodes": 5000, "net": [256, 256]},
    "instance_type": "ml.c5.2xlarge",
    "spot_instance": True,
}
STATUSES = (
    ("Starting", 95, "Launching requested ML instances"),
    ("Downloading", 40, "Downloading the training image"),
    ("Training", 3480, "Training image download completed. Training in progress."),
    ("Uploading", 25, "Uploading generated training model"),
    ("Completed", 0, "Training job completed"),
)
INTERRUPTED = (
    ("Starting", 120, "Launching requested ML instances"),
    ("Downloading", 35, "Downloading the training image"),
    ("Training", 1500, "Training image download completed. Training in progress."),
    ("Interrupted", 420, "Training job interrupted: spot capacity was reclaimed"),
    ("Starting", 80, "Preparing the instances for training"),
    ("Downloading", 30, "Downloading the training image"),
    ("Training", 2400, "Training image download completed. Training in progress."),
    ("Uploading", 20, "Uploading generated training model"),
    ("Completed", 0, "Training job completed"),
)
NO_CAPACITY = "CapacityError: Unable to provision requested ML compute capacity. Please retry."


def reports() -> Iterator[tuple[str, str]]:
    """Yield the name and the HTML of each sample."""
    yield "one-attempt", sample(values=400)
    yield "three-attempts", sample(values=900, failed=("ml.p3.2xlarge", "ml.g5.xlarge"))
    yield "two-hosts", sample(values=120, hosts=2)
    yield "long", sample(values=5000)
    yield "short", sample(values=6)
    yield "bare", sample(values=0)


def sample(values: int, failed: tuple[str, ...] = (), hosts: int = 1) -> str:
    """Return the report of a run.

    Args:
        values: How many values of each metric its log told.
        failed: The instance types of earlier attempts that found no capacity.
        hosts: On how many hosts it ran.
    """
    record, attempts, now = RunRecord(), [], BEGIN + timedelta(seconds=9)
    for number, instance_type in enumerate((*failed, "ml.c5.2xlarge"), 1):
        name = JOB if number == 1 else f"{JOB}-{number}"
        last = number > len(failed)
        statuses = (INTERRUPTED if failed else STATUSES) if last else FAILED
        record.attempts.append(SeenAttempt(name, instance_type, hosts, {}, False))
        began, phases = now, []
        for status, seconds, message in statuses:
            end = now + timedelta(seconds=seconds)
            phases.append(Transition(status, now.timestamp(), end.timestamp(), message))
            now = end
        record.transitions[name] = phases
        attempts.append(
            {
                "job_name": name,
                "instance_type": instance_type,
                "status": "Completed" if last else "Failed",
                "secondary_status": "Completed" if last else "Failed",
                "started_at": began.isoformat(),
                "ended_at": now.isoformat(),
                **({} if last else {"failure_reason": NO_CAPACITY}),
            }
        )
        now += timedelta(seconds=0 if last else 30 * 2**number)
    learn(record, values, hosts)
    output = {
        "job_name": attempts[-1]["job_name"],
        "model_artifact_url": f"s3://rl-artifacts/models/{JOB}/output/model.tar.gz",
        "training_image": "462105765813.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-rl-ray:1.6.0-tf",
        "status": "Completed",
        "secondary_status": "Completed",
        "final_metrics": record.metrics.latest if hosts == 1 else {},
        "training_seconds": 3545,
        "billable_seconds": 1240 if failed else 3545,
        "rule_evaluations": [{"name": "LossNotDecreasing", "status": "NoIssuesFound"}],
        "attempts": attempts,
        "defaults_applied": {"volume_size": 30, "max_run": 86400},
    }
    ended = EndedExecution(ARN, {"startDate": BEGIN, "stopDate": now + timedelta(seconds=4)})
    notes = ["Training ended because max_run was reached."] if failed else []
    return render(Report(ARGUMENTS, ended, Trained(output), record, notes))


FAILED = (
    ("Starting", 140, "Launching requested ML instances"),
    ("Failed", 0, "CapacityError: Unable to provision requested ML compute capacity"),
)


def learn(record: RunRecord, values: int, hosts: int) -> None:
    """Let a script of that many episodes write its log."""
    chance = random.Random(1)
    record.metrics.define({"episode_reward_mean": "reward=([-0-9.]+)", "loss": "loss=([0-9.]+)"})
    for episode in range(values):
        for host in range(1, hosts + 1):
            done = episode / values
            reward = 480 * (1 - math.exp(-4 * done)) + chance.gauss(0, 60) * (1 - done)
            loss = 2 * math.exp(-3 * done) + abs(chance.gauss(0, 0.15))
            text = f"episode {episode + 1}/{values} reward={reward:.2f} loss={loss:.4f}"
            record.take(LogLine(f"algo-{host}" if hosts > 1 else "", text))


def main(directory: Path) -> None:
    """Write every sample."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, html in reports():
        (directory / f"{name}.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
