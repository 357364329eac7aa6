"""The CDK CLI, pointed at a local AWS, and nothing of the caller's own AWS settings."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.deploying.deployment import ROOT, STACK

ENVIRONMENT = "aws://000000000000/us-east-1"
SECONDS = 300  # generous: a deployment takes 4 s on an idle machine


class CdkFailed(Exception):
    """What the CLI printed before it failed."""


class CdkCli:
    """Runs the CLI for one local AWS."""

    def __init__(self, endpoint_url: str, scratch: Path) -> None:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "CDK_")) and "proxy" not in name.lower()
        }
        self.environment = clean | {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CI": "true",
            "HOME": str(scratch),
        }
        self._outputs = scratch / "outputs.json"

    def run(self, *arguments: str | Path) -> str:
        """Run a command of the CLI in the repository; return what it printed."""
        run = subprocess.run(
            [ROOT / "node_modules/.bin/cdk", *arguments, "--no-notices", "--no-color"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if run.returncode:
            raise CdkFailed(run.stdout)
        return run.stdout

    def bootstrap(self) -> None:
        self.run("bootstrap", ENVIRONMENT)

    def deploy(self, assembly: Path) -> tuple[dict[str, Any], str]:
        """Deploy an assembly; return the outputs and what the CLI printed."""
        printed = self.run(
            "deploy", "--app", assembly, "--require-approval=never", "-O", self._outputs
        )
        return json.loads(self._outputs.read_text())[STACK], printed

    def destroy(self, assembly: Path) -> None:
        self.run("destroy", "--app", assembly, "--force")
