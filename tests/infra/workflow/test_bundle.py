"""The Lambda bundle: what is in it, that it runs, and that it is made once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App, Stack

from infra.workflow import bundle
from tests.support.deploying import deployment

FUNCTIONS = [
    file
    for file in (deployment.ROOT / "lambdas").glob("*.py")
    if "def handler(" in file.read_text()
]


@pytest.fixture(scope="module")
def assembly():
    return deployment.synthesize(deployment.HOST_FUNCTIONS)


@pytest.fixture(scope="module")
def code(assembly):
    """The directory of the functions' code."""
    functions = [
        each
        for each in deployment.template(assembly)["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    ]
    (key,) = {each["Properties"]["Code"]["S3Key"] for each in functions}
    return assembly / f"asset.{key.removesuffix('.zip')}"


def test_it_holds_our_code_and_the_pinned_dependencies_alone(code):
    assert {each.name for each in code.iterdir()} == {
        "annotated_types",
        "lambdas",
        "pydantic",
        "pydantic_core",
        "training_job",
        "training_sweep",
        "typing_extensions.py",
        "typing_inspection",
    }
    assert list(code.rglob("__pycache__")) == []
    assert sum(file.stat().st_size for file in code.rglob("*")) < 12_000_000


def test_the_functions_import_from_it_and_from_nothing_else(assembly, code):
    handlers = {
        each["Properties"]["Handler"].removesuffix(".handler")
        for each in deployment.template(assembly)["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
    }
    assert handlers == {f"lambdas.{each.stem}" for each in FUNCTIONS}
    program = (
        f"import sys; sys.path[:] = [{str(code)!r}] + [p for p in sys.path if 'site-' not in p];"
        "import types; sys.modules['boto3'] = types.ModuleType('boto3');"  # part of the runtime
        f"import {', '.join(sorted(handlers))}, pydantic;"
        "print(pydantic.VERSION, pydantic.__file__)"
    )
    run = subprocess.run(
        [sys.executable, "-S", "-B", "-c", program],
        cwd=code,
        capture_output=True,
        text=True,
        check=True,
    )
    version, file = run.stdout.split()
    assert file.startswith(str(code))
    assert f"pydantic=={version} " in (deployment.ROOT / "requirements.txt").read_text()


def test_a_second_synth_runs_no_pip(monkeypatch, tmp_path):
    def no_pip(*arguments, **options):
        pytest.fail(f"ran {arguments}")

    made = bundle._dependencies(deployment.HOST_RUNTIME, deployment.HOST_ARCHITECTURE)
    monkeypatch.setattr(bundle.subprocess, "run", no_pip)
    again = bundle._dependencies(deployment.HOST_RUNTIME, deployment.HOST_ARCHITECTURE)
    assert again == made


def test_a_failing_pip_is_told_with_what_was_asked(monkeypatch, tmp_path):
    def fails(command, **options):
        return subprocess.CompletedProcess(command, 1, "", "no such wheel")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(bundle.subprocess, "run", fails)
    with pytest.raises(bundle.BundlingFailed, match=r"python3\.12 on arm64:\nno such wheel"):
        bundle._dependencies("python3.12", "arm64")
    assert list(tmp_path.glob("*/*")) == []


def test_a_cache_that_cannot_be_written_names_the_way_around(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(bundle.BundlingFailed, match="XDG_CACHE_HOME names another"):
        bundle._dependencies("python3.12", "arm64")


def test_a_construct_says_so_before_it_makes_a_function(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(bundle.BundlingFailed, match="cannot be kept"):
        bundle.lambda_code(Stack(App(), "Own"), "python3.12", "arm64")
    unbundled = Stack(App(context={"aws:cdk:bundling-stacks": []}), "Own")
    bundle.lambda_code(unbundled, "python3.12", "arm64")


@pytest.mark.long
def test_the_app_ends_with_that_message_and_no_traceback(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        deployment.run(["-m", "infra.app"], XDG_CACHE_HOME=str(tmp_path / "file"))
    (line,) = failed.value.stderr.splitlines()
    assert line.startswith("The dependencies of the Lambda functions cannot be kept in ")


@pytest.mark.parametrize("home", ["", "relative/cache"])
def test_a_cache_home_that_is_not_absolute_is_ignored(monkeypatch, home):
    """Source: https://specifications.freedesktop.org/basedir-spec/latest/#basics."""
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    assert bundle._cache() == Path.home() / ".cache" / "sagemaker-rl-kubeflow"


def test_the_hash_is_of_sources_pins_runtime_and_architecture(monkeypatch):
    first = bundle._content_hash("python3.13", "arm64")
    assert first == bundle._content_hash("python3.13", "arm64")
    assert first != bundle._content_hash("python3.12", "arm64")
    assert first != bundle._content_hash("python3.13", "x86_64")
    monkeypatch.setattr(bundle, "_pins", lambda: "pydantic==0")
    assert first != bundle._content_hash("python3.13", "arm64")


@pytest.mark.long
def test_bad_settings_end_the_synth_with_every_problem_and_no_traceback():
    context = json.dumps({"lambda_architecture": "sparc", "retain_dat": False})
    with pytest.raises(subprocess.CalledProcessError) as failed:
        deployment.run(["-m", "infra.app"], CDK_CONTEXT_JSON=context)
    assert failed.value.stderr.splitlines() == [
        "These settings cannot be deployed:",
        '  - lambda_architecture: got "sparc"; allowed: arm64 or x86_64',
        "  - retain_dat: there is no such setting; did you mean retain_data?",
    ]
