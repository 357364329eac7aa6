"""A first run in the deployed stack, on AWS or on the local AWS: `make first-run`.

Uploads the training code of an example, starts an execution with the input that the stack made for
that (output `FirstRunInput`) and follows it to its end. Afterwards the same input, pasted into
the console, does the same. More arguments of the execution, or others, follow as JSON:
`python -m examples.first_run '{"spot_instance": true}'`. `STACK=...` names another stack.

On AWS it is the news-vendor in AWS's own Ray image. On the local AWS, which has no images, it is
CartPole; on AWS that needs an image of yours: `--example cartpole '{"image": "..."}'`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from examples.program.console import Console
from examples.program.demo_examples import EXAMPLES, Example
from examples.program.errors import ExampleError
from examples.program.job_log import JobLog
from examples.program.local_stack import ROOT
from examples.program.training_log import TrainingLog
from kfp_component import SourceError, upload_source

_LOOK_SECONDS = 2.0
_LAST_LOOKS = 3
_CHOICES = ("cartpole", "newsvendor")
_TOLD = ("CreateTrainingJob", "WaitForJob", "WaitBeforeRetry", "StopTrainingJob")
"""States that last, or that a person wants to hear of."""


def run(console: Console, stack: str, example: Example, more: dict[str, Any]) -> bool:
    """Start a run, follow it, and return whether it succeeded.

    Raises:
        SourceError: The training code cannot be uploaded.
        ExampleError: The stack is not there, or no region is named.
        botocore.exceptions.ClientError: AWS refused.
    """
    _use_region()
    with console.stage(f"Read the outputs of the stack {stack}"):
        outputs = _outputs(stack)
    given = _arguments(outputs, example, more)
    with console.stage("Pack and upload the training code"):
        console.detail(f"examples/{example.name} to {given['source_dir']}")
        _upload(example, given)
    with console.stage("Run"):
        for line in json.dumps(given, indent=2).splitlines():
            console.detail(line)
        ended = _follow(console, outputs["StateMachineArn"], given)
    good: bool = ended["status"] == "SUCCEEDED"
    told = json.loads(ended.get("output") or ended.get("cause") or "{}")
    facts = {name: str(told[name]) for name in ("message", "model_artifact_url") if name in told}
    for problem in told.get("problems", []):
        facts[problem["argument"]] = problem["message"]
    if "job_name" in told and not good and _is_local():
        facts["log"] = "above; links lead to AWS, where there is no such run"
    title = ended["status"] + (f": {ended['error']}" if "error" in ended else "")
    console.summary(title, facts or {"Execution": ended["executionArn"]}, good=good)
    return good


def _use_region() -> None:
    """Have boto3 work where AWS_REGION says, which the CDK CLI reads, and boto3 does not."""
    if region := os.environ.get("AWS_REGION"):
        os.environ["AWS_DEFAULT_REGION"] = region
    elif not boto3.Session().region_name:
        message = "No region: set AWS_REGION to that of the deployment, such as us-east-1."
        raise ExampleError(message)


def _outputs(stack: str) -> dict[str, str]:
    try:
        described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        hint = "if the setting stack_name names it otherwise: make first-run STACK=NAME"
        raise ExampleError(f"{error}; {hint}") from None
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}


def _arguments(outputs: dict[str, str], example: Example, more: dict[str, Any]) -> dict[str, Any]:
    """Return the stack's own input, made for another example where one was asked for."""
    if "FirstRunInput" not in outputs:
        message = "the stack has no output FirstRunInput: AWS's Ray image runs on no instance type"
        raise ExampleError(f"{message} of its setting allowed_instance_types")
    given = {**json.loads(outputs["FirstRunInput"]), **example.arguments, **more}
    if "image" in given:
        for name in ("toolkit", "toolkit_version", "framework"):
            given.pop(name, None)
    return given


def _upload(example: Example, given: dict[str, Any]) -> None:
    """Put the training code where the input says, which is the same place for every first run."""
    place = urlsplit(given["source_dir"])
    parent = f"s3://{place.netloc}{place.path.rpartition('/')[0]}"
    packed = urlsplit(upload_source(ROOT / "examples" / example.name, parent, given["entry_point"]))
    boto3.client("s3").copy_object(
        Bucket=place.netloc,
        Key=place.path.lstrip("/"),
        CopySource={"Bucket": packed.netloc, "Key": packed.path.lstrip("/")},
    )


def _follow(console: Console, state_machine: str, given: dict[str, Any]) -> Any:
    """Start the execution and show its states and the training's lines until it ends."""
    states = boto3.client("stepfunctions")
    started = states.start_execution(stateMachineArn=state_machine, input=json.dumps(given))
    arn = started["executionArn"]
    console.detail(f"{arn} (Ctrl-C leaves it running)")
    log, training = JobLog(arn), TrainingLog(console.detail)
    looks = _LAST_LOOKS
    while True:
        ended = states.describe_execution(executionArn=arn)
        lines = _show_news(log, console, training)
        if ended["status"] != "RUNNING":
            # A job's lines may come some seconds after its end.
            looks -= 1
            if not log.jobs or (lines == 0 and looks < _LAST_LOOKS - 1) or looks == 0:
                return ended
        time.sleep(_LOOK_SECONDS)


def _show_news(log: JobLog, console: Console, training: TrainingLog) -> int:
    """Show what is new, and return how many lines of the training that was."""
    lines = 0
    for kind, text in log.news():
        if kind == "line":
            training(text)
            lines += 1
        elif text in _TOLD:
            console.detail(f"[{text}]")
    return lines


def _is_local() -> bool:
    return "AWS_ENDPOINT_URL" in os.environ


def _default() -> str:
    """Return the example that needs nothing built: AWS has an image with Ray, this machine none."""
    return "cartpole" if _is_local() else "newsvendor"


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError('must be a JSON object, such as {"spot_instance": true}')
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run and return the exit code: 0 for a run that succeeded."""
    parser = argparse.ArgumentParser(prog="python -m examples.first_run", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("more", nargs="?", type=_json_object, default={}, metavar="JSON")
    parser.add_argument("--stack", default="RlTraining", help="its name (RlTraining)")
    parser.add_argument("--example", choices=_CHOICES, default=_default())
    options = parser.parse_args(arguments)
    console = Console(sys.stdout)
    try:
        return 0 if run(console, options.stack, EXAMPLES[options.example], options.more) else 1
    except (ExampleError, SourceError, BotoCoreError, ClientError) as error:
        console.failure(str(error))
        return 1
    except KeyboardInterrupt:
        console.failure("Watching ended; the execution goes on, if one was started.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
