"""200 real trainings in one execution and one pod, without an AWS account: `make sweep`.

Starts the local AWS, deploys the CDK app to it, runs the pipeline whose one step sweeps and awaits
the end, and compares the answer with a plain loop over the same script. Exits with 0 only if both
find the same configuration best, and nothing runs on.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from examples.demo import RESULTS, new_directory
from examples.program.console import Console
from examples.program.errors import ExampleError
from examples.program.local_stack import REGION, ROOT, LocalStack
from examples.program.processes import Children, Interrupted
from examples.program.training_log import without_outputs
from examples.sweep.pipeline import pipeline
from examples.sweep.pod_figures import pod_figures
from examples.sweep.train import JUDGED, train
from kfp_component import LocalRunError, run_pipeline, upload_source

ALPHAS = [0.05, 0.1, 0.25, 0.5, 0.9]
EPSILONS = [0.02, 0.1, 0.2, 0.4]
SEEDS = 10
AT_ONCE = 8


def arguments(deployed: Mapping[str, str], source_dir: str) -> dict[str, Any]:
    """Return the inputs of the pipeline."""
    return {
        "state_machine_arn": deployed["SweepStateMachineArn"],
        "region": REGION,
        "role": deployed["JobRoleArn"],
        "image": f"000000000000.dkr.ecr.{REGION}.amazonaws.com/none-is-pulled-here:1",
        "source_dir": source_dir,
        "model_artifact_path": f"s3://{deployed['ArtifactBucketName']}/models",
        "space": {"alpha": ALPHAS, "epsilon": EPSILONS},
        "seeds": str(SEEDS),
        "max_parallel": AT_ONCE,
        "launcher_image": "none-is-pulled-here",  # the pod is a process of this machine
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
    console.title(f"A sweep of {trials} trainings in one execution and one pod, on this machine")
    stack = LocalStack(children, scratch, console.detail)
    with console.stage("Start the local AWS and deploy the stack"):
        stack.start()
        os.environ.clear()
        os.environ.update(stack.environment)
        stack.prepare()
        deployed = stack.deploy()
    destination = f"s3://{deployed['ArtifactBucketName']}/source"
    source_dir = upload_source(ROOT / "examples" / "sweep", destination, "train.py")
    with console.stage(f"One pod: {trials} trainings, {AT_ONCE} at once"), pod_figures() as figures:
        outputs = run_pipeline(
            pipeline,
            arguments(deployed, source_dir),
            directory=scratch,
            show=without_outputs(scratch, console.detail),
        )
    with console.stage("A plain loop over the same script"):
        expected, mean = plain_loop()
        console.detail(f"{expected}: {mean:.4f}")
    found = outputs["metrics"].metadata
    kept = _keep(outputs)
    agree = outputs["best_hyperparameters"] == expected and abs(found["iqm"] - mean) < 1e-4
    whole = len(list(csv.reader(kept["trials"].read_text().splitlines()))) == trials + 1
    running = _running()
    console.summary(
        "The sweep and the plain loop agree" if agree else "The sweep and the loop DISAGREE",
        {
            "Best": json.dumps(outputs["best_hyperparameters"]),
            "Interquartile mean": (
                f"{found['iqm']:.2f}, 95 % interval {found['iqm_low']:.2f} to "
                f"{found['iqm_high']:.2f}"
            ),
            "Succeeded": f"{found['succeeded']:g} of {found['trials']:g}",
            "Pod": figures.told,
            **{name.capitalize(): str(path.relative_to(ROOT)) for name, path in kept.items()},
            "Left running": ", ".join(running) or "nothing",
            "Time": f"{console.seconds:.0f} s",
        },
        good=agree and whole and not running,
    )
    return agree and whole and not running


def _keep(outputs: Mapping[str, Any]) -> dict[str, Path]:
    """Copy the artifacts out of the temporary directory; return where each is."""
    results = new_directory(RESULTS)
    kept = {
        name: results / file
        for name, file in (
            ("report", "report.html"),
            ("trials", "trials.csv"),
            ("metrics", "metrics.json"),
        )
    }
    for name, path in kept.items():
        shutil.copyfile(outputs[name].path, path)
    return kept


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
    children = Children()
    try:
        with tempfile.TemporaryDirectory(prefix="rl-sweep-") as scratch, children:
            return 0 if run(console, children, Path(scratch)) else 1
    except (ExampleError, LocalRunError) as error:
        console.failure(str(error))
        return 1
    except Interrupted as interrupted:
        console.failure(f"Stopped by {interrupted}; nothing stays running.")
        return interrupted.exit_code


if __name__ == "__main__":
    sys.exit(main())
