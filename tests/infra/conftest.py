"""Cloud assemblies of the deployments, synthesized once for all tests and kept by content."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.deploying import deployment
from tests.support.template.deployments import DEPLOYMENTS


@pytest.fixture(scope="session")
def assemblies() -> dict[str, Path]:
    """The cloud assembly of each deployment, by its name; `unsafe` is that of nag_app.py."""
    base = deployment.cdk_json()["context"]
    contexts = {name: {**base, **own} for name, own in DEPLOYMENTS.items()}

    def make(output: Path) -> None:
        spec = {str(output / name): context for name, context in contexts.items()}
        deployment.run(
            ["-m", "tests.support.template.nag_app", json.dumps(spec), str(output / "unsafe")]
        )

    program = (deployment.ROOT / "tests/support/template/nag_app.py").read_text()
    kept = deployment.kept([contexts, program], make)
    return {name: kept / name for name in [*contexts, "unsafe"]}


@pytest.fixture(scope="session")
def templates(assemblies: dict[str, Path]) -> dict[str, Any]:
    """The CloudFormation template of each deployment, by its name."""
    return {name: deployment.template(assemblies[name]) for name in DEPLOYMENTS}
