"""The stack on a local AWS, to work with by hand: `make local`.

Starts the local AWS, deploys the CDK app to it with the CDK CLI, and says how to reach it. Both
stay until Ctrl-C; then nothing stays running, and nothing on disk.

Settings of the deployment follow as `name=value`, above those of `cdk.json`:
`make local SETTINGS="max_run_limit=7200 allowed_instance_types=ml.m5.large"`.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from examples.program.console import Console
from examples.program.errors import ExampleError
from examples.program.local_stack import HOST_FUNCTIONS, REGION, ROOT, LocalStack
from examples.program.processes import Children, Interrupted

PORT = 4566


def serve(
    console: Console, children: Children, scratch: Path, port: int, settings: Sequence[str]
) -> None:
    """Start, deploy, say how to reach it, and stay for as long as the local AWS does.

    Raises:
        ExampleError: A stage failed, or the local AWS ended.
    """
    stack = LocalStack(children, scratch, console.detail)
    console.title("The training stack on a local AWS")
    with console.stage("Start the local AWS"):
        server = stack.start(port)
    with console.stage("Bootstrap the account and synthesize the CDK app"):
        stack.prepare(settings=settings)
    with console.stage("Deploy the stack"):
        outputs = stack.deploy()
    console.title("\nReady, until Ctrl-C. Paste this into another shell:\n")
    for line in to_paste(stack.environment, outputs, settings):
        console.detail(line)
    raise ExampleError(f"the local AWS ended with exit code {children.wait(server)}")


def to_paste(
    environment: Mapping[str, str], outputs: Mapping[str, str], settings: Sequence[str]
) -> list[str]:
    """Return the lines for another shell, which docs/examples.md quotes.

    Args:
        environment: Variables of programs that are to use the local AWS.
        outputs: Of the stack.
        settings: Of the deployment, each as `name=value`.
    """
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    tools = f"{Path(sys.executable).parent}:{ROOT / 'node_modules' / '.bin'}"
    given = [part for setting in settings for part in ("-c", setting)]
    return [
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
        *(f"export {name}={environment[name]}" for name in names),
        f"export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}",
        f"export BUCKET={outputs['ArtifactBucketName']} JOB_ROLE={outputs['JobRoleArn']}",
        f"export STATE_MACHINE={outputs['StateMachineArn']}",
        f"export SWEEP_STATE_MACHINE={outputs['SweepStateMachineArn']}",
        f'export PATH={shlex.quote(tools)}:"$PATH"',
        f"# and after a change: {shlex.join(['cdk', 'deploy', *given, *HOST_FUNCTIONS])}",
    ]


def _setting(text: str) -> str:
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"got {text}; a setting is given as name=value")
    return text


def main(arguments: list[str] | None = None) -> int:
    """Serve until a signal comes, and return the exit code: 0 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m examples.local", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("settings", nargs="*", type=_setting, metavar="NAME=VALUE")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 picks a free one ({PORT})")
    given = parser.parse_args(arguments)
    console = Console(sys.stdout)
    children = Children()
    try:
        with tempfile.TemporaryDirectory(prefix="rl-local-") as scratch, children:
            serve(console, children, Path(scratch), given.port, given.settings)
    except ExampleError as error:
        console.failure(str(error))
        return 1
    except Interrupted as interrupted:
        console.failure(f"Stopped by {interrupted}; nothing stays running.")
        return 0 if interrupted.exit_code == 130 else interrupted.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
