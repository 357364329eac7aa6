"""The launcher's image, as far as it can be told without building it."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PINS = re.compile(r"^([a-z0-9-]+)==(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def pins(path):
    return {name: rest.split() for name, rest in PINS.findall(path.read_text())}


def test_the_image_has_what_the_launcher_needs():
    """Its pins are generated; the extra names what they are pins of."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {Requirement(text).name for text in project["optional-dependencies"]["launcher"]}
    assert wanted == {"boto3"}
    assert wanted <= set(pins(ROOT / "requirements-launcher.txt"))


def test_every_package_is_copied_into_the_build():
    ignored = (ROOT / ".dockerignore").read_text().split()
    for package in ("infra", "kfp_component", "lambdas", "training_job"):  # setup.py
        assert f"COPY {package} {package}\n" in DOCKERFILE
        assert f"!{package}" in ignored


def test_the_image_runs_without_rights_and_its_base_can_be_pinned():
    assert re.search(r"^USER 65532:65532$", DOCKERFILE, re.MULTILINE)
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert all(base.endswith("${PYTHON_DIGEST:+@${PYTHON_DIGEST}}") for base in bases)
    assert 'ENTRYPOINT ["python3", "-m", "kfp_component"]' in DOCKERFILE


def test_the_build_gets_every_file_that_it_uses():
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().split()}
    copied = re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE)
    used = {name for names in copied for name in names.split()}
    used |= set(re.findall(r"--mount=type=bind,source=([^,\s]+)", DOCKERFILE))
    assert used - kept == set()
    assert all((ROOT / name).exists() for name in used)
