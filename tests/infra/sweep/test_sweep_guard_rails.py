"""The limits of sweeps: settings that are checked, reach PlanSweep, and refuse what is beyond."""

import json

import pytest

from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from tests.support.sweep_inputs import SWEEP
from tests.support.template.deployments import EVERYTHING
from tests.support.template.resolving import Resolver
from training_job import InvalidArguments
from training_sweep.guard_rails import SweepGuardRails
from training_sweep.parsing import parse_sweep


def rails(template):
    """The guard rails as PlanSweep reads them."""
    functions = Resolver(template).resources("AWS::Lambda::Function")
    (found,) = [
        json.loads(each["Environment"]["Variables"]["SETTINGS"])
        for name, each in functions.items()
        if "PlanSweep" in name
    ]
    return found


def test_the_settings_reach_plan_sweep_and_refuse_a_larger_sweep(templates):
    found = rails(templates["everything"])
    limits = {name: found[name] for name in ("max_trials", "max_sweep_parallel")}
    assert limits == {name: EVERYTHING[name] for name in limits}
    given = {"seeds": limits["max_trials"] + 1, "max_parallel": limits["max_sweep_parallel"] + 1}
    with pytest.raises(InvalidArguments) as refused:
        parse_sweep(SWEEP | given, SweepGuardRails(**limits))
    assert [name for name, _ in refused.value.problems] == ["seeds", "max_parallel"]
    trials, parallel = [message for _, message in refused.value.problems]
    assert trials.startswith("make 101 trials")
    assert trials.endswith("this deployment allows at most 100 trials")
    assert parallel == "got 9; this deployment allows at most 8"


def test_without_settings_the_limits_are_the_documented_ones(templates):
    assert not {"max_trials", "max_sweep_parallel"} & set(rails(templates["default"]))


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_trials", "0", "from 1 to 500"),
        ("max_trials", "501", "from 1 to 500"),
        ("max_trials", "many", "from 1 to 500"),
        ("max_sweep_parallel", "41", "from 1 to 40"),
        ("max_sweep_parallel", "0", "from 1 to 40"),
    ],
)
def test_a_setting_that_is_no_limit_is_refused_with_what_is_allowed(name, value, allowed):
    with pytest.raises(InvalidSettings) as refused:
        read_settings({name: value})
    assert name in str(refused.value)
    assert allowed in str(refused.value)


@pytest.mark.parametrize(("name", "value"), [("max_trials", "500"), ("max_sweep_parallel", "40")])
def test_the_greatest_values_are_taken_as_text_too(name, value):
    assert getattr(read_settings({name: value}), name) == int(value)
