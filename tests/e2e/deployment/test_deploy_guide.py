"""docs/deploy.md, followed to the letter against a local AWS: each command of its bash blocks.

python -m pytest tests/e2e/deployment/test_deploy_guide.py -m slow
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deploying.deployment import HOST_FUNCTIONS, ROOT, cdk_json
from tests.support.deploying.local_aws_process import start_local_aws

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
SECONDS = 580


@pytest.fixture
def aws():
    server = start_local_aws("--stop-grace", "2")
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def clone(tmp_path):
    """The repository, with functions of this machine's Python in cdk.json."""
    for entry in ROOT.iterdir():
        if entry.name not in {"cdk.json", "cdk.out", ".git"}:
            (tmp_path / entry.name).symlink_to(entry)
    settings = cdk_json()
    settings["context"] |= HOST_FUNCTIONS
    (tmp_path / "cdk.json").write_text(json.dumps(settings))
    return tmp_path


def test_the_guide_works(aws, clone, tmp_path_factory):
    tools = tmp_path_factory.mktemp("tools")
    (tools / "aws").write_text(
        f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/support/deploying/aws_cli.py "$@"\n'
    )
    (tools / "aws").chmod(0o755)
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_")) and "proxy" not in name.lower()
    }
    blocks = re.findall(r"^```bash\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 8
    run = subprocess.run(
        ["bash", "-euxo", "pipefail"],
        input="\n".join(blocks),
        cwd=clone,
        env=clean
        | {
            "AWS_ENDPOINT_URL": aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "CI": "true",
            "HOME": str(tools),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "PATH": f"{tools}:{clean['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-6000:]
    assert "sts:ExternalId" in run.stdout
    states = aws.client("stepfunctions")
    assert states.list_state_machines()["stateMachines"] == []
