"""The wheel, in a clean environment: what it installs, and that it serves its three users."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.support.deploying import deployment
from tests.support.template.resolving import Resolver
from tools.generate import needed

pytestmark = pytest.mark.long

FOLDERS = ("infra", "kfp_component", "lambdas", "training_job", "training_sweep")
PAGE = (deployment.ROOT / "docs/construct.md").read_text()
PROJECT = tomllib.loads((deployment.ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy: setuptools would keep what a folder has lost in `build/`."""
    source = tmp_path_factory.mktemp("source")
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(deployment.ROOT / folder, source / folder, ignore=ignored)
    for file in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(deployment.ROOT / file, source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(source / "wheels"), str(source)]
    subprocess.run(command, check=True)
    (built,) = (source / "wheels").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The directory into which the wheel is installed, alone."""
    place = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--target", place, wheel], check=True)
    return place


def environment(place, installed, requirements):
    """Make an environment of the wheel and the requirements; return its site-packages.

    What they need is linked: the wheel's own, and instead of a download that of the tests.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    packages = next(place.glob("lib/python3.*/site-packages"))
    for top in installed.iterdir():
        (packages / top.name).symlink_to(top)
    for name in {each for text in requirements for each in needed(Requirement(text).name)}:
        found = distribution(name)
        for top in {file.parts[0] for file in found.files} - {"..", "__pycache__"}:
            if not (packages / top).exists():
                (packages / top).symlink_to(Path(found.locate_file(top)))
    return packages


def python_of(packages):
    return packages.parents[2] / "bin" / "python"


@pytest.fixture(scope="module")
def author(installed, tmp_path_factory):
    """What `pip install WHEEL` makes."""
    return environment(tmp_path_factory.mktemp("author"), installed, PROJECT["dependencies"])


@pytest.fixture(scope="module")
def pod(installed, tmp_path_factory):
    """What the launcher's image holds."""
    return environment(tmp_path_factory.mktemp("pod"), installed, EXTRAS["launcher"])


@pytest.fixture(scope="module")
def python(installed, tmp_path_factory):
    """The Python that `pip install 'WHEEL[infra]'` makes."""
    place = tmp_path_factory.mktemp("infra")
    return python_of(environment(place, installed, PROJECT["dependencies"] + EXTRAS["infra"]))


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    """A repository that has an `infra` and a `lambdas` of its own, and the app of the page."""
    place = tmp_path_factory.mktemp("consumer")
    for package in ("infra", "lambdas"):
        (place / package).mkdir()
        (place / package / "__init__.py").write_text('OWNER = "the consumer"\n')
    (block,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    own = "import infra\nimport lambdas\n\nassert infra.OWNER == lambdas.OWNER\n"
    (place / "app.py").write_text(f"{block}\n{own}")
    return place


def run(python, place, *arguments, **environment):
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "CDK_", "PYTHON"))
    }
    return subprocess.run(
        [python, *arguments],
        cwd=place,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def resolver(python, consumer):
    found = run(python, consumer, "app.py", CDK_OUTDIR=str(consumer / "cdk.out"))
    assert found.returncode == 0, found.stderr
    return Resolver(deployment.template(consumer / "cdk.out", "NightlyTraining"))


def test_it_installs_no_name_that_another_project_would_use(wheel):
    names = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in names if not name.endswith(".dist-info")} == {
        "kfp_component",
        "rl_training_cdk",
        "training_job",
        "training_sweep",
    }


def test_it_holds_every_module_and_what_they_read(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    renamed = {"infra": "rl_training_cdk", "lambdas": "rl_training_cdk/lambdas"}
    for folder in FOLDERS:
        for file in (deployment.ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                below = file.relative_to(deployment.ROOT / folder).as_posix()
                assert f"{renamed.get(folder, folder)}/{below}" in held


def test_the_page_type_checks_against_it(python, consumer):
    cache = deployment.ROOT / "build" / "mypy-of-a-consumer"
    # The types of the CDK take a minute, unless they are had from the cache of the project's own
    # check, which takes its plugin along.
    (consumer / "mypy.ini").write_text("[mypy]\nstrict = true\nplugins = pydantic.mypy\n")
    options = ["--no-error-summary", "--python-executable", str(python), "--cache-dir", str(cache)]
    cache.parent.mkdir(exist_ok=True)
    with cache.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own = deployment.ROOT / ".mypy_cache"
        if own.exists() and not cache.exists():
            shutil.copytree(own, cache)
        found = run(sys.executable, consumer, "-m", "mypy", *options, "app.py")
    assert (found.stdout, found.returncode) == ("", 0)


def test_a_stack_of_ones_own_has_the_workflow_and_nothing_of_ours_besides(resolver):
    machine = resolver.resource("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineName"] == "NightlyTraining"
    kinds = {each["Type"] for each in resolver.template["Resources"].values()}
    assert kinds.isdisjoint({"AWS::SNS::Topic", "AWS::CloudWatch::Alarm", "AWS::EC2::VPC"})
    assert not any("Launcher" in name for name in resolver.template["Resources"])


def test_its_state_machine_passes_the_stacks_own_job_role_only(resolver):
    (passed,) = [
        each for each in resolver.policy("TrainingRole") if each["Action"] == "iam:PassRole"
    ]
    assert passed["Resource"].startswith(resolver.place.arn("iam", "role/JobRole", global_=True))


def test_its_scheduled_arguments_are_within_the_guard_rails(resolver):
    target = resolver.resource("AWS::Scheduler::Schedule")["Target"]
    arguments = json.loads(target["Input"])
    (guard_rails,) = [
        json.loads(each["Environment"]["Variables"]["SETTINGS"])
        for each in resolver.resources("AWS::Lambda::Function").values()
        if "Environment" in each
    ]
    assert arguments["role"] in guard_rails["allowed_job_roles"]
    assert arguments["instance_type"] in guard_rails["allowed_instance_types"]
    assert guard_rails["argument_defaults"] == {
        "max_run": 14400,
        "max_wait_time": 14400,
        "instance_type": arguments["instance_type"],
    }


def test_its_functions_are_those_of_the_repository(resolver, consumer):
    (key,) = {
        each["Code"]["S3Key"] for each in resolver.resources("AWS::Lambda::Function").values()
    }
    code = consumer / "cdk.out" / f"asset.{key.removesuffix('.zip')}"
    for folder in ("lambdas", "training_job", "training_sweep"):
        for file in (deployment.ROOT / folder).rglob("*.py"):
            assert (code / file.relative_to(deployment.ROOT)).read_bytes() == file.read_bytes()
    assert (code / "pydantic" / "__init__.py").exists()


def test_the_app_of_the_wheel_makes_the_stack_of_the_repository(python, tmp_path):
    settings = deployment.HOST_FUNCTIONS
    context = json.dumps({**deployment.cdk_json()["context"], **settings})
    output = tmp_path / "cdk.out"
    app = ("-m", "rl_training_cdk.app")
    found = run(python, tmp_path, *app, CDK_OUTDIR=str(output), CDK_CONTEXT_JSON=context)
    assert found.returncode == 0, found.stderr
    assert deployment.template(output) == deployment.template(deployment.synthesize(settings))


def test_it_alone_is_what_an_author_of_pipelines_needs(author, tmp_path):
    """A pipeline runs, and its step is the launcher's own command, which refuses the arguments."""
    program = """
from kfp import dsl
from kfp_component import LocalRunError, bare_component, run_pipeline, train_rl_model, upload_source

print(bare_component.name)


@dsl.pipeline
def pipeline():
    train_rl_model(
        state_machine_arn="nowhere", region="us-east-1", entry_point="a.py", launcher_image="any"
    )


try:
    run_pipeline(pipeline, show=print)
except LocalRunError as error:
    print(error)
"""
    found = run(python_of(author), tmp_path, "-c", program)
    assert found.returncode == 0, found.stderr
    name, *said, last, reason = found.stdout.splitlines()
    assert name == "train-rl-model"
    assert reason.startswith("Error: state_machine_arn is not the ARN of a state machine")
    assert reason in said
    assert last == "the step train-rl-model ended with exit code 2"


def test_the_pod_needs_the_launchers_extra_alone_and_it_is_small(pod, tmp_path):
    found = run(python_of(pod), tmp_path, "-m", "kfp_component", "--executor_input", "{}")
    assert "ExecutorInput object" in found.stderr  # it began, and its imports were there
    size = sum(
        file.stat().st_size
        for top in pod.iterdir()
        for file in (top.rglob("*") if top.is_dir() else [top])
        if file.is_file()
    )
    print(f"installed: {size / 1e6:.1f} MB")
    assert size <= 45e6
