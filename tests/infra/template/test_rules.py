"""What the field's own checkers say of the synthesized templates and of the definition."""

import itertools
import json
import subprocess

import pytest

from tests.support.deploying.deployment import ROOT, STACK
from tests.support.template.deployments import DEPLOYMENTS
from tests.support.template.resolving import Resolver

NAMES = list(DEPLOYMENTS)


def findings(assembly):
    report = json.loads((assembly / "validation-report.json").read_text())
    return [
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.parametrize("name", NAMES)
def test_cdk_nag_has_no_finding(assemblies, name):
    assert findings(assemblies[name]) == []


def test_cdk_nag_finds_what_is_wrong(assemblies):
    assert "AwsSolutions-S1" in [rule for rule, _ in findings(assemblies["unsafe"])]


@pytest.mark.long
def test_cfn_lint_has_no_finding(assemblies):
    # W3005: the CDK writes dependencies that references imply already.
    command = ["cfn-lint", "--ignore-checks", "W3005", "--"]
    command += [str(assemblies[name] / f"{STACK}.template.json") for name in NAMES]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.stdout, run.returncode) == ("", 0)


@pytest.mark.long
def test_the_definitions_are_valid(templates, tmp_path):
    command = [str(ROOT / "node_modules/.bin/asl-validator")]
    for name, machine in itertools.product(NAMES, ["RlTraining", "RlSweep"]):
        definition = tmp_path / f"{name}-{machine}.json"
        definition.write_text(json.dumps(Resolver(templates[name]).definition(machine)))
        command += ["--json-path", str(definition)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
