"""200 real trainings in one execution, without an AWS account: ``make sweep``.

Starts the local AWS, deploys the CDK app to it, starts one execution of RlSweep, and compares its
answer with a plain loop over the same script. Exits with 0 only if both find the same configuration
best, and nothing runs on.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from examples.program.console import Console
from examples.program.errors import ExampleError
from examples.program.local_stack import REGION, ROOT, LocalStack
from examples.program.processes import Children, Interrupted
from examples.sweep.train import JUDGED, train
from kfp_component import upload_source

ALPHAS = [0.05, 0.1, 0.25, 0.5, 0.9]
EPSILONS = [0.02, 0.1, 0.2, 0.4]
SEEDS = 10
AT_ONCE = 8


def arguments(deployed: Mapping[str, str], source_dir: str) -> dict[str, Any]:
    """Return the input of the sweep."""
    return {
        "region": REGION,
        "role": deployed["JobRoleArn"],
        "image": f"000000000000.dkr.ecr.{REGION}.amazonaws.com/none-is-pulled-here:1",
        "entry_point": "train.py",
        "source_dir": source_dir,
        "model_artifact_path": f"s3://{deployed['ArtifactBucketName']}/models",
        "metric_definitions": {"mean_return": "mean_return=(.*)"},
        "max_run": 600,
        "objective_metric": "mean_return",
        "space": {"alpha": ALPHAS, "epsilon": EPSILONS},
        "seeds": SEEDS,
        "max_parallel": AT_ONCE,
    }


def plain_loop() -> tuple[dict[str, float], float]:
    """Return the best configuration that a loop over the script finds, and its mean.

    The mean is of the middle half of the seeds: the best and the worst quarter are left out.
    """
    found = {}
    for alpha, epsilon in itertools.product(ALPHAS, EPSILONS):
        results = []
        for seed in range(1, SEEDS + 1):
            returns, _ = train(alpha, epsilon, seed)
            results.append(round(sum(returns[-JUDGED:]) / JUDGED, 6))
        middle = sorted(results)[SEEDS // 4 : SEEDS - SEEDS // 4]
        found[alpha, epsilon] = sum(middle) / len(middle)
    alpha, epsilon = max(found, key=lambda each: found[each])
    return {"alpha": alpha, "epsilon": epsilon}, found[alpha, epsilon]


def run(console: Console, children: Children, scratch: Path) -> bool:
    """Run the sweep and the loop, and return whether they agree."""
    trials = len(ALPHAS) * len(EPSILONS) * SEEDS
    console.title(f"A sweep of {trials} trainings in one execution, on this machine")
    stack = LocalStack(children, scratch, console.detail)
    with console.stage("Start the local AWS and deploy the stack"):
        stack.start()
        os.environ.clear()
        os.environ.update(stack.environment)
        stack.prepare(meanwhile=lambda: None)
        deployed = stack.deploy()
    destination = f"s3://{deployed['ArtifactBucketName']}/source"
    source_dir = upload_source(ROOT / "examples" / "sweep", destination, "train.py")
    with console.stage(f"One execution: {trials} trainings, {AT_ONCE} at once"):
        output = _swept(console, deployed, arguments(deployed, source_dir), trials)
    with console.stage("A plain loop over the same script"):
        expected, mean = plain_loop()
        console.detail(f"{expected}: {mean:.4f}")
    best = output["best"]
    agree = output["best_hyperparameters"] == expected and abs(best["iqm"] - mean) < 1e-4
    low, high = best["interval"]
    console.summary(
        "The sweep and the plain loop agree" if agree else "The sweep and the loop DISAGREE",
        {
            "Best": json.dumps(output["best_hyperparameters"]),
            "Interquartile mean": f"{best['iqm']:.2f}, 95 % interval {low:.2f} to {high:.2f}",
            "Trials": json.dumps(output["counts"]),
            "Left running": ", ".join(_running()) or "nothing",
            "Time": f"{console.seconds:.0f} s",
        },
        good=agree and not _running(),
    )
    return agree and not _running()


def _swept(
    console: Console, deployed: Mapping[str, str], given: Mapping[str, Any], trials: int
) -> dict[str, Any]:
    states = boto3.client("stepfunctions")
    arn = states.start_execution(
        stateMachineArn=deployed["SweepStateMachineArn"], name="cliff", input=json.dumps(given)
    )["executionArn"]
    shown = -1
    while (described := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=deployed["StateMachineArn"], statusFilter="SUCCEEDED"
        )
        done = sum(len(page["executions"]) for page in pages)
        if done // 20 > shown:
            shown = done // 20
            console.detail(f"{done} of {trials} done")
        time.sleep(1)
    if described["status"] != "SUCCEEDED":
        raise ExampleError(f"the sweep ended {described['status']}: {described.get('cause')}")
    output: dict[str, Any] = json.loads(described["output"])
    return output


def _running() -> list[str]:
    pages = (
        boto3.client("sagemaker")
        .get_paginator("list_training_jobs")
        .paginate(StatusEquals="InProgress")
    )
    return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]


def main() -> int:
    """Run the example; return 0 only if it is as it should be."""
    console = Console(sys.stdout)
    try:
        with tempfile.TemporaryDirectory(prefix="rl-sweep-") as scratch, Children() as children:
            return 0 if run(console, children, Path(scratch)) else 1
    except ExampleError as error:
        print(f"sweep: {error}", file=sys.stderr)
        return 1
    except Interrupted as interrupted:
        return interrupted.exit_code


if __name__ == "__main__":
    sys.exit(main())
