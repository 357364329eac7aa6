"""The workflow files of GitHub, as far as they can be judged without running them."""

import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def steps(file):
    return [step for job in jobs(file).values() for step in job["steps"]]


def jobs(file):
    return yaml.safe_load(file.read_text())["jobs"]


def check(*files):
    """Return the exit code of a check by the schema that GitHub's editors use."""
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    return subprocess.run([sys.executable, *command], capture_output=True, check=False).returncode


def test_the_files_are_as_the_schema_says():
    assert len(FILES) == 2
    assert check(*FILES) == 0


def test_the_schema_finds_a_mistake(tmp_path):
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(FILES[0].read_text().replace("runs-on:", "run-on:"))
    assert check(wrong) == 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_scripts_are_shell(file):
    scripts = [EXPRESSION.sub("x", step["run"]) for step in steps(file) if "run" in step]
    assert scripts
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_an_expression_names_is_there(file):
    for job in jobs(file).values():
        outputs = {
            f"steps.{step['id']}.outputs.{name}"
            for step in job["steps"]
            for name in re.findall(r'echo "(\w+)=', step.get("run", ""))
            if "id" in step
        }
        named = set(re.findall(r"steps\.\w+\.outputs\.\w+", str(job)))
        assert named == outputs
        keys = set(re.findall(r"matrix\.(\w+)", str(job)))
        assert keys == set(job.get("strategy", {}).get("matrix", {}))


def test_no_value_of_a_run_becomes_shell():
    """What a tag or a variable says reaches a script as a variable of its environment."""
    scripts = [step["run"] for file in FILES for step in steps(file) if "run" in step]
    assert {found for text in scripts for found in EXPRESSION.findall(text)} == {" matrix.python "}


def test_the_head_of_a_file_names_what_its_owner_sets():
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    head, body = release.split("\nname:", 1)
    for kind in ("vars", "secrets"):
        for name in re.findall(rf"{kind}\.(\w+)", body):
            assert re.search(rf"\b{name}\b", head), name


def test_every_promised_python_is_tested_and_no_other():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    low, high = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", project["requires-python"]).groups())
    matrix = jobs(ROOT / ".github" / "workflows" / "test.yml")["test"]["strategy"]["matrix"]
    assert matrix["python"] == [f"3.{minor}" for minor in range(low, high)]
    assert f"(3, {low}) <= sys.version_info < (3, {high})" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize(
    ("version", "says"),
    [("3.10.14", "{python} is Python 3.10.14"), (None, "there is no {python} (PYTHON=...)")],
)
def test_make_says_which_pythons_it_takes_before_it_makes_anything(tmp_path, version, says):
    python = tmp_path / "python"
    if version:
        # What an interpreter of that version answers to the two questions that make has.
        python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}"\n')
        python.chmod(0o755)
    venv = tmp_path / "venv"
    command = ["make", "environment", f"PYTHON={python}", f"VENV={venv}"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode != 0
    assert says.format(python=python) in made.stderr
    assert "3.11, 3.12 or 3.13" in made.stderr
    assert not venv.exists()


def test_git_ignores_what_the_documented_commands_leave_in_the_clone():
    made = ["component.yaml", "sweep_component.yaml", "a_pipeline.yaml", "a-0.1.0-py3-none-any.whl"]
    ignored = (ROOT / ".gitignore").read_text().split()
    assert [each for each in made if not any(fnmatch(f"/{each}", line) for line in ignored)] == []
