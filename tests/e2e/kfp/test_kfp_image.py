"""The image's equivalent: a fresh environment made by the Dockerfile's own install lines.

Needs a package index, as building the image does: marked slow.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support.step.kfp_pods import Cluster, train

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture(scope="module")
def directory():
    """A directory that anybody may read, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="launcher-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def environment(directory):
    """A virtual environment with what the Dockerfile installs."""
    subprocess.run([sys.executable, "-m", "venv", directory / "venv"], check=True)
    source = directory / "source"
    packages = ("training_job", "lambdas", "infra", "kfp_component")
    for name in packages:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    for line in install_lines():
        command = line.replace("/requirements.txt", str(ROOT / "requirements-launcher.txt"))
        command = command.replace("/wheels", str(directory / "wheels"))
        path = f"{directory / 'venv' / 'bin'}:{os.environ['PATH']}"
        subprocess.run(
            ["sh", "-ec", command], cwd=source, env={**os.environ, "PATH": path}, check=True
        )
    return directory / "venv"


def install_lines():
    """The pip commands of the Dockerfile, in order."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    runs = re.findall(r"^RUN (.*)$", text, re.MULTILINE)
    without_mounts = [re.sub(r"--mount=\S+", "", run) for run in runs]
    return [part.strip() for run in without_mounts for part in run.split("&&")]


def unprivileged(python):
    """Arguments of Popen that take every right away; none if nobody cannot run this Python."""
    if os.geteuid():
        return {}
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run([python, "-c", "import json"], check=True, capture_output=True, **nobody)
    except (OSError, subprocess.CalledProcessError):
        return {}
    return nobody


def test_only_boto3_and_this_project_are_installed(environment):
    listed = subprocess.run(
        [environment / "bin" / "pip", "list", "--format=freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = {line.partition("==")[0].lower().replace("_", "-") for line in listed.split()}
    assert names - {"pip", "setuptools"} == {
        "boto3",
        "botocore",
        "jmespath",
        "python-dateutil",
        "s3transfer",
        "sagemaker-rl-kubeflow",
        "six",
        "urllib3",
    }


def test_what_is_installed_is_small(environment):
    packages = next((environment / "lib").glob("python3.*")) / "site-packages"
    size = sum(
        path.stat().st_size
        for entry in packages.iterdir()
        if not entry.name.startswith(("pip", "setuptools", "_distutils", "distutils", "pkg_res"))
        for path in [entry, *entry.rglob("*")]
        if path.is_file()
    )
    print(f"installed: {size / 1e6:.1f} MB")
    assert size <= 45e6


def test_the_command_runs_without_rights_home_or_environment(environment, deployed, directory):
    outputs = directory / "outputs"
    outputs.mkdir()
    outputs.chmod(0o777)
    home = directory / "home"
    home.mkdir(mode=0o555)
    pod = Cluster(deployed, outputs).pod(train(lines=3))
    pod.directory.mkdir(parents=True)
    pod.directory.chmod(0o777)
    found = subprocess.run(
        [
            environment / "bin" / "python3",
            "-m",
            "kfp_component",
            "--executor_input",
            json.dumps(pod.document()),
        ],
        env={
            "HOME": str(home),
            "AWS_ENDPOINT_URL": deployed.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        cwd="/",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **unprivileged(environment / "bin" / "python3"),
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert pod.has_outputs()
    assert list(home.iterdir()) == []
