"""Write a site's own component: `make component IMAGE=...`.

The platform team builds the launcher's image, deploys the stack, and publishes this one file. An
ML engineer loads it by `kfp.components.load_component_from_file` or `load_component_from_url`
and needs nothing of this project.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfp_component.author.component import compile_component, make_component
from kfp_component.author.interface import SWEEP, TRAINING, Interface
from kfp_component.author.launcher_image import choose_launcher_image
from kfp_component.errors import BadInput
from kfp_component.task_input.state_machine_arn import StateMachineArn
from training_job import InvalidArguments, TrainingArguments, parse_arguments
from training_job.arguments.model import Documented


class SiteError(Exception):
    """The component cannot be written; the message says why, and what to do."""


def site_component(image: str, defaults: Mapping[str, str], interface: Interface = TRAINING) -> str:
    """Return the text of a component.yaml with an image and defaults in it.

    Args:
        image: The launcher's image.
        defaults: Inputs that pipelines may then leave out: `state_machine_arn`, `region`,
            `role`. The region follows from the state machine.
        interface: `TRAINING` or `SWEEP`.

    Raises:
        SiteError: The image is no registry path, or a default is none that a training accepts.

    Example:
        >>> text = site_component("registry.example.com/launcher:0.1.0", {"region": "eu-west-1"})
        >>> "defaultValue: eu-west-1" in text
        True
    """
    given = {name: value for name, value in defaults.items() if value}
    problems = _problems(given)
    if "state_machine_arn" in given and not problems:
        region = StateMachineArn.parse(given["state_machine_arn"]).region
        if given.setdefault("region", region) != region:
            problems.append(f"region is {given['region']}, but the state machine is in {region}")
    if problems:
        raise SiteError("\n".join(problems))
    try:
        return compile_component(make_component(interface, choose_launcher_image(image), given))
    except ValueError as error:
        raise SiteError(str(error)) from None


def _problems(given: Mapping[str, str]) -> list[str]:
    """Return what the launcher and the state machine would say of the defaults."""
    problems = []
    if "state_machine_arn" in given:
        try:
            StateMachineArn.parse(given["state_machine_arn"])
        except BadInput as error:
            problems.append(str(error))
    arguments = {name: value for name, value in given.items() if name != "state_machine_arn"}
    try:
        parse_arguments(_complete() | arguments)
    except InvalidArguments as error:
        problems += [
            f"{problem.argument}: {problem.message}"
            for problem in error.problems
            if problem.argument in arguments
        ]
    return problems


def _complete() -> dict[str, Any]:
    """Return arguments that are right in themselves: the documented examples."""
    names = (
        given.name for given in TRAINING.inputs if given.required or given.name in ("role", "image")
    )
    fields = TrainingArguments.model_fields
    return {
        name: next(item.example for item in fields[name].metadata if isinstance(item, Documented))
        for name in (*names, "model_artifact_path")
        if name in fields
    }


def stack_outputs(stack: str) -> dict[str, str]:
    """Return the outputs of a deployed stack, with the credentials and region of the environment.

    Raises:
        SiteError: The stack cannot be read.
    """
    import boto3  # noqa: PLC0415 - only a stack's name needs it
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        # As the AWS CLI does, and boto3 does not.
        client = boto3.client("cloudformation", region_name=os.environ.get("AWS_REGION"))
        stacks = client.describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise SiteError(f"cannot read the outputs of the stack {stack}: {error}") from error
    return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}


def main(arguments: list[str] | None = None) -> int:
    """Write the file and name it."""
    parser = argparse.ArgumentParser(
        prog="python -m kfp_component.author.site_component",
        description="Write a component.yaml with your image and defaults in it.",
    )
    parser.add_argument("--image", default="", help="the launcher's image")
    parser.add_argument("--stack", default="", help="deployed stack whose outputs are the defaults")
    for name in ("state_machine_arn", "region", "role"):
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, default="", help=f"default of the input {name}")
    parser.add_argument("--sweep", action="store_true", help="the component of sweeps")
    parser.add_argument("--output", type=Path, default=Path("component.yaml"), help="file to write")
    options = parser.parse_args(arguments)
    try:
        outputs = stack_outputs(options.stack) if options.stack else {}
        image = options.image or outputs.get("LauncherImageUri")
        if not image:
            raise SiteError(
                "Name the launcher's image, built from the Dockerfile and pushed to a registry "
                "that the cluster can reach: make component IMAGE=REGISTRY/launcher:TAG"
            )
        machine = "SweepStateMachineArn" if options.sweep else "StateMachineArn"
        text = site_component(
            image,
            {
                "state_machine_arn": options.state_machine_arn or outputs.get(machine, ""),
                "region": options.region,
                "role": options.role or outputs.get("JobRoleArn", ""),
            },
            SWEEP if options.sweep else TRAINING,
        )
        options.output.write_text(text, encoding="utf-8")
    except (SiteError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {options.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
