"""The whole path on one machine, without an AWS account: `make demo`.

Starts the local AWS, deploys the CDK app to it with the CDK CLI, uploads the training code of an
example, and runs the example's pipeline: its first step trains a policy through the deployed state
machine, its second one tries the policy out.

Exits with 0 only if the policy is good. Whatever happens, nothing stays running, and nothing stays
on disk but the results, in `demo-output`.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from examples.program.console import Console
from examples.program.demo_examples import EXAMPLES, Example
from examples.program.errors import ExampleError
from examples.program.local_stack import REGION, ROOT, LocalStack
from examples.program.processes import Children, Interrupted
from examples.program.training_log import TrainingLog, without_outputs
from kfp_component import SourceError, upload_source

RESULTS = ROOT / "demo-output"


class Demo:
    """One run of the demonstration.

    Args:
        example: What to train.
        console: Shows it.
        children: Starts the processes.
        scratch: A directory for everything but the results.
    """

    def __init__(
        self, example: Example, console: Console, children: Children, scratch: Path
    ) -> None:
        self._example = example
        self._console = console
        self._children = children
        self._scratch = scratch

    def run(self) -> bool:
        """Go through all stages and return whether the policy is good.

        Raises:
            ExampleError: Something that is needed is missing, or a stage failed.
        """
        self._console.title(
            f"Training {self._example.title} through the whole path, on this machine"
        )
        if importlib.util.find_spec(self._example.requires) is None:
            raise ExampleError(
                f"{self._example.requires} is not installed; "
                f"`make {self._example.name}` installs it"
            )
        deployed = self._deploy()
        with self._console.stage("Pack and upload the training code"):
            source_dir = self._upload(deployed["ArtifactBucketName"])
        outputs = self._run_pipeline(deployed, source_dir)
        return self._conclude(outputs)

    def _deploy(self) -> dict[str, str]:
        stack = LocalStack(self._children, self._scratch, self._console.detail)
        with self._console.stage("Start the local AWS"):
            stack.start()
        # From here on, this process and those it starts see the local AWS and no other.
        os.environ.clear()
        os.environ.update(stack.environment)
        with self._console.stage("Bootstrap the account and synthesize the CDK app"):
            stack.prepare(meanwhile=self._import_pipeline)
        with self._console.stage("Deploy the stack"):
            return stack.deploy()

    def _import_pipeline(self) -> None:
        importlib.import_module(self._example.module)  # KFP takes its time

    def _upload(self, bucket: str) -> str:
        source, destination = f"examples/{self._example.name}", f"s3://{bucket}/source"
        self._console.detail(f"python -m kfp_component.author.upload_source {source} {destination}")
        return upload_source(ROOT / source, destination, "train.py")

    def _run_pipeline(self, deployed: Mapping[str, str], source_dir: str) -> dict[str, Any]:
        from kfp_component import LocalRunError, run_pipeline  # noqa: PLC0415 - as above

        arguments = {
            "state_machine_arn": deployed["StateMachineArn"],
            "region": REGION,
            "role": deployed["JobRoleArn"],
            "source_dir": source_dir,
            **{
                name: f"s3://{deployed['ArtifactBucketName']}/{prefix}"
                for name, prefix in self._example.locations.items()
            },
            "launcher_image": "none-is-pulled-here",  # each step is a process of this machine
            **self._example.arguments,
        }
        with ExitStack() as stages:

            def begin(task: str) -> None:
                stages.close()
                stages.enter_context(self._console.stage(f"Pipeline step {task}"))

            pipeline = importlib.import_module(self._example.module).pipeline
            show = TrainingLog(without_outputs(self._scratch, self._console.detail))
            try:
                return run_pipeline(
                    pipeline, arguments, directory=self._scratch, begin=begin, show=show
                )
            except LocalRunError as error:
                raise ExampleError(str(error)) from error

    def _conclude(self, outputs: Mapping[str, Any]) -> bool:
        verdict = self._example.judge(outputs)
        results = new_directory(RESULTS)
        model, report = results / "model.tar.gz", results / "report.html"
        _download(outputs["model_artifact_url"], model)
        shutil.copyfile(outputs["report"].path, report)
        self._console.summary(
            verdict.title,
            {
                verdict.name: verdict.figure,
                "Model": str(model.relative_to(ROOT)),
                "Report": str(report.relative_to(ROOT)),
                "Execution": outputs["execution_arn"],
                "": "(where it would be on AWS; the local one has ended)",
                "Time": f"{self._console.seconds:.0f} s",
            },
            good=verdict.good,
        )
        return verdict.good


def _download(url: str, file: Path) -> None:
    import boto3  # noqa: PLC0415 - as above

    parts = urlsplit(url)
    boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(file))


def new_directory(parent: Path) -> Path:
    """Make a directory named for the time, unlike any that another run makes."""
    parent.mkdir(exist_ok=True)
    now = time.strftime("%Y%m%d-%H%M%S-")
    directory = Path(tempfile.mkdtemp(prefix=now, dir=parent))
    directory.chmod(0o755)
    return directory


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("example", nargs="?", choices=sorted(EXAMPLES), default="cartpole")
    example = EXAMPLES[parser.parse_args(arguments).example]
    console = Console(sys.stdout)
    children = Children()
    try:
        with tempfile.TemporaryDirectory(prefix="rl-demo-") as scratch, children:
            return 0 if Demo(example, console, children, Path(scratch)).run() else 1
    except (ExampleError, SourceError) as error:
        console.failure(str(error))
        return 1
    except Interrupted as interrupted:
        console.failure(f"Stopped by {interrupted}; nothing stays running.")
        return interrupted.exit_code
    except BrokenPipeError:
        # Nobody reads any more; Python would complain about that when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
