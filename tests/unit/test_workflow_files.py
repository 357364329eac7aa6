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


RELEASE, TEST = (ROOT / ".github" / "workflows" / f"{name}.yml" for name in ("release", "test"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def read(file):
    return yaml.safe_load(file.read_text())


def jobs(file):
    return read(file)["jobs"]


def triggers(file):
    return read(file)[True]  # YAML 1.1 reads the key `on` as a boolean


def steps(file):
    return [step for job in jobs(file).values() for step in job.get("steps", [])]


def the_step(job, action):
    """Return the inputs of the only step of a job that uses an action."""
    (step,) = [each for each in job["steps"] if each.get("uses", "").startswith(f"{action}@")]
    return step


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
            for step in job.get("steps", [])
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
    head, body = RELEASE.read_text().split("\nname:", 1)
    for kind in ("vars", "secrets"):
        for name in re.findall(rf"{kind}\.(\w+)", body):
            assert re.search(rf"\b{name}\b", head), name


def test_every_promised_python_is_tested_and_no_other():
    low, high = map(int, re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups())
    matrix = jobs(TEST)["test"]["strategy"]["matrix"]
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


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_target_of_make_is_there(file):
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = [
        target
        for step in steps(file)
        for target in re.findall(r"^make (\S+)", step.get("run", ""), re.MULTILINE)
    ]
    assert named
    assert set(named) <= targets


def test_what_is_tested_and_when():
    assert triggers(TEST) == {
        "push": {"branches": ["main"]},
        "pull_request": None,
        "workflow_call": None,
    }
    (command,) = [step["run"] for step in steps(TEST) if "run" in step]
    assert command == "make test PYTHON=python${{ matrix.python }}"


def test_only_a_tag_of_a_version_makes_a_release():
    assert triggers(RELEASE) == {"push": {"tags": ["v*"]}}


def before(name):
    """Return every job that must have succeeded before one begins."""
    needs = jobs(RELEASE)[name].get("needs", [])
    direct = {needs} if isinstance(needs, str) else set(needs)
    return direct.union(*map(before, direct))


def test_nothing_is_published_before_the_tests_and_no_release_before_the_image():
    assert jobs(RELEASE)["test"]["uses"] == f"./{TEST.relative_to(ROOT)}"
    assert {name: before(name) for name in jobs(RELEASE)} == {
        "test": set(),
        "wheel": {"test"},
        "image": {"test", "wheel"},
        "release": {"test", "wheel", "image"},
    }


def test_each_job_may_do_what_it_does_and_no_more():
    assert read(TEST)["permissions"] == {"contents": "read"}
    assert "permissions" not in jobs(TEST)["test"]
    assert read(RELEASE)["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs(RELEASE).items()} == {
        "test": {"contents": "read"},
        "wheel": {"contents": "read", "id-token": "write", "attestations": "write"},
        "image": {"contents": "read", "packages": "write"},
        "release": {"contents": "write"},
    }
    checkouts = [
        step
        for file in FILES
        for step in steps(file)
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert len(checkouts) == 3
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_the_image_is_for_both_architectures_and_says_what_is_in_it_and_who_built_it():
    image = jobs(RELEASE)["image"]
    assert the_step(image, "docker/setup-qemu-action")
    built = the_step(image, "docker/build-push-action")["with"]
    assert set(built["platforms"].split(",")) == {"linux/amd64", "linux/arm64"}
    assert built["provenance"] == "mode=max"
    assert built["sbom"] is True
    assert built["push"] is True
    (argument, _) = built["build-args"].split("=", 1)
    assert f"ARG {argument}" in (ROOT / "Dockerfile").read_text()
    tag = re.search(r"^ARG PYTHON_TAG=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]
    assert f"inspect python:{tag} " in str(image)


def test_the_wheel_is_attested_where_that_can_be_and_is_what_the_release_has():
    wheel, release = jobs(RELEASE)["wheel"], jobs(RELEASE)["release"]
    attest = the_step(wheel, "actions/attest-build-provenance")
    assert attest["continue-on-error"] is True
    assert [step for step in steps(RELEASE) if step.get("continue-on-error")] == [attest]
    built = attest["with"]["subject-path"]
    kept = the_step(wheel, "actions/upload-artifact")["with"]
    assert kept["path"] == built
    assert kept["if-no-files-found"] == "error"
    had = the_step(release, "actions/download-artifact")["with"]
    assert had["name"] == kept["name"]
    assert f"{had['path']}/*.whl" == built
    (command,) = [step["run"] for step in release["steps"] if "run" in step]
    assert command.startswith(f'gh release create "$GITHUB_REF_NAME" {built} ')


@pytest.mark.parametrize(
    ("tag", "code"), [(f"v{PROJECT['version']}", 0), ("v9.9.9", 1), (PROJECT["version"], 0)]
)
def test_a_tag_that_is_not_the_version_is_refused(tmp_path, tag, code):
    """The script runs with a make and a pip that have made the wheel of this version."""
    (script,) = [step["run"] for step in jobs(RELEASE)["wheel"]["steps"] if "run" in step]
    built = f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}-py3-none-any.whl"
    pip = tmp_path / ".venv" / "bin" / "python"
    for program, text in ((tmp_path / "make", ""), (pip, f"mkdir dist; touch dist/{built}")):
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
    run = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "GITHUB_REF_NAME": tag},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stderr
    assert ("is not the version of pyproject.toml" in run.stderr) == bool(code)


def test_every_action_is_pinned_by_a_commit_and_says_its_version():
    lines = [
        line.strip().removeprefix("- ")
        for file in FILES
        for line in file.read_text().splitlines()
        if "uses:" in line
    ]
    others = [line for line in lines if not line.startswith("uses: ./")]
    assert len(others) >= 10
    pins = [
        re.fullmatch(r"uses: ([\w/-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", each) for each in others
    ]
    assert all(pins), others
    assert len({pin[1] for pin in pins}) == len({pin.groups() for pin in pins})


def test_nothing_is_installed_that_is_not_pinned():
    scripts = "\n".join(step.get("run", "") for file in FILES for step in steps(file))
    assert not re.search(r"\b(?:pip|pipx|npm|uv|apt-get|brew)\S* install", scripts)
    assert re.search(r"pip wheel .*--no-index .*--no-build-isolation", scripts)
