"""The image of the KFP step: named, or built by `cdk deploy`; without it nothing needs Docker."""

import json
from pathlib import Path

import pytest

from infra import launcher_image
from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from infra.stack import RULES
from tests.support.deploying import deployment

OUTPUT = "LauncherImageUri"


def images(assembly):
    return json.loads((assembly / f"{deployment.STACK}.assets.json").read_text())["dockerImages"]


def test_without_it_there_is_no_image_and_no_output(assemblies, templates):
    assert OUTPUT not in templates["default"]["Outputs"]
    assert images(assemblies["default"]) == {}


@pytest.mark.long
def test_one_that_exists_is_told_as_an_output():
    uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/launcher:0.1.0"
    assembly = deployment.synthesize({"launcher_image": uri})
    assert deployment.template(assembly)["Outputs"][OUTPUT]["Value"] == uri
    assert images(assembly) == {}


@pytest.mark.long
def test_build_makes_it_an_asset_of_what_the_dockerfile_copies_and_nothing_else():
    assembly = deployment.synthesize({"launcher_image": "build"})
    ((digest, image),) = images(assembly).items()
    source = assembly / image["source"]["directory"]
    assert image["source"]["platform"] == "linux/amd64"
    assert {each.name for each in source.iterdir()} - {".dockerignore"} == {
        "Dockerfile",
        "LICENSE",
        "README.md",
        "infra",
        "kfp_component",
        "lambdas",
        "pyproject.toml",
        "requirements-launcher.txt",
        "setup.py",
        "training_job",
        "training_sweep",
    }
    assert list(source.rglob("__pycache__")) == []
    (destination,) = image["destinations"].values()
    assert destination["imageTag"] == digest
    uri = deployment.template(assembly)["Outputs"][OUTPUT]["Value"]
    assert digest in json.dumps(uri)


def test_build_takes_a_clone(monkeypatch):
    monkeypatch.setattr(launcher_image, "_REPOSITORY", Path("/nowhere"))
    with pytest.raises(InvalidSettings, match=r"launcher_image: got build, which takes a clone"):
        read_settings({"launcher_image": "build"}, RULES)
    assert read_settings({"launcher_image": "a/b:1"}, RULES)
