"""Trials, their names and inputs: nothing twice, nothing too long, nothing a training refuses."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sweep_inputs import NAME, SWEEP, start
from training_job import TrainingArguments, parse_arguments
from training_job.arguments.model import Documented
from training_job.job_name import attempt_name
from training_job.request.submission import STARTED_BY
from training_sweep.parsing import parse_sweep
from training_sweep.trials import Trial, execution_name, job_name, trials_of

JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
numbers = st.integers(1, 500)
starts = st.integers(1, 99)
sweeps = st.text("abcXYZ0123456789-_.é", min_size=1, max_size=80)
prefixes = st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,50}", fullmatch=True).filter(
    lambda text: len(text) <= 51
)


def trial(number):
    return Trial(number, 1, {}, 1)


def test_every_configuration_has_every_seed():
    arguments = parse_sweep(SWEEP | {"space": {"b": [1, 2], "a": ["x"]}, "seeds": "5,7"})
    assert trials_of(arguments) == [
        Trial(1, 1, {"a": "x", "b": 1}, 5),
        Trial(2, 1, {"a": "x", "b": 1}, 7),
        Trial(3, 2, {"a": "x", "b": 2}, 5),
        Trial(4, 2, {"a": "x", "b": 2}, 7),
    ]


@given(sweeps, st.lists(st.tuples(numbers, starts), min_size=2, max_size=20, unique=True))
def test_no_two_executions_have_the_same_name(sweep, pairs):
    found = [execution_name(sweep, trial(number), start) for number, start in pairs]
    assert len(set(found)) == len(found)
    assert max(map(len, found)) <= 80


@given(st.lists(sweeps, min_size=2, max_size=9, unique=True))
def test_no_two_sweeps_name_their_executions_alike(names):
    found = {execution_name(name, trial(7)) for name in names}
    assert len(found) == len(names)


def test_sweeps_that_differ_after_what_a_name_has_room_for():
    first, second = (execution_name("s" * 79 + end, trial(7)) for end in "ab")
    assert first != second
    assert first.startswith("s" * 62 + "-")


@given(prefixes, st.lists(st.tuples(numbers, starts, starts), min_size=2, max_size=20, unique=True))
def test_no_two_attempts_of_any_trials_have_the_same_job(prefix, triples):
    found = [
        attempt_name(job_name(prefix, trial(number), start), attempt)
        for number, start, attempt in triples
    ]
    assert len(set(found)) == len(found)
    assert all(JOB_NAME.fullmatch(name) and len(name) <= 63 for name in found)


def test_the_input_is_a_trainings():
    given = SWEEP | {
        "space": {"lr": [0.1, 0.01]},
        "hyperparameters": {"epochs": 5},
        "job_name": "cartpole",
        "checkpoint_config": {"S3Uri": "s3://b/c/", "LocalPath": "/x"},
        "tags": [{"Key": "team", "Value": "rl"}],
        "seeds": "5,7",
        "vpc_subnets": "subnet-1",
        "vpc_security_group_ids": "sg-1",
    }
    found = start(given, 4)
    assert found["name"] == "lr-sweep-t004"
    assert found["input"].pop(STARTED_BY).endswith(":RlSweep:lr-sweep")
    arguments = parse_arguments(found["input"])
    assert arguments.job_name == "cartpole-t004"
    assert arguments.hyperparameters == {"epochs": 5, "lr": 0.01, "seed": 7}
    assert arguments.checkpoint_config.given() == {"S3Uri": "s3://b/c/t004", "LocalPath": "/x"}
    assert arguments.tags == {
        "team": "rl",
        "rl-sweep": NAME,
        "rl-configuration": "2",
        "rl-seed": "7",
    }
    rest = set(TrainingArguments.model_fields) - {
        *("job_name", "hyperparameters", "checkpoint_config", "tags", "capacity_wait"),
    }
    same = parse_arguments({name: given[name] for name in rest & set(given)})
    assert {name: getattr(arguments, name) for name in rest} == {
        name: getattr(same, name) for name in rest
    }


def test_a_trial_that_starts_again_has_another_name_and_job_and_the_same_checkpoints():
    given = SWEEP | {"job_name": "cartpole", "checkpoint_config": {"S3Uri": "s3://b/c"}}
    first, second = start(given, 1), start(given, 1, start=2)
    assert second["name"] == "lr-sweep-t001-2"
    assert second["input"]["job_name"] == "cartpole-t001-r2"
    assert second["input"]["checkpoint_config"] == first["input"]["checkpoint_config"]
    assert second["input"]["hyperparameters"] == first["input"]["hyperparameters"]


def test_an_argument_that_is_not_given_is_left_to_the_training():
    found = start(SWEEP, 1)["input"]
    assert set(found) - {"hyperparameters", "tags", "capacity_wait", STARTED_BY} == set(SWEEP) - {
        "objective_metric"
    }


def test_the_input_is_the_same_whatever_the_order_of_names():
    given = SWEEP | {"space": {"b": [1, 2], "a": {"min": 0, "max": 1}}, "samples": 9, "seeds": 2}
    turned = given | {"space": dict(reversed(given["space"].items()))}
    for number in range(1, 19):
        assert json.dumps(start(given, number)) == json.dumps(start(turned, number))


def test_a_name_of_a_sweep_that_no_tag_takes():
    tags = start(SWEEP, 1, name="my (best)'sweep!")["input"]["tags"]
    assert tags["rl-sweep"] == "my -best--sweep-"
    parse_arguments(SWEEP_TRAINING | {"tags": tags})


SWEEP_TRAINING = {name: item for name, item in SWEEP.items() if name != "objective_metric"}


def test_a_trial_waits_a_day_for_capacity_unless_the_caller_says_otherwise():
    assert start(SWEEP, 1)["input"]["capacity_wait"] == 86_400
    assert start(SWEEP | {"capacity_wait": 0}, 1)["input"]["capacity_wait"] == 0


values = st.one_of(
    st.integers(-(2**53), 2**53), st.text(max_size=5), st.booleans(), st.none(), st.just([1, {}])
)
spaces = st.dictionaries(
    st.text("abcdef_", min_size=1, max_size=4),
    st.lists(values, min_size=1, max_size=4, unique_by=json.dumps),
    min_size=1,
    max_size=3,
)


def changed(name):
    field = TrainingArguments.model_fields[name]
    return next(item for item in field.metadata if isinstance(item, Documented)).example


TOGETHER = {"vpc_subnets", "vpc_security_group_ids", "endpoint_url", "image", "instance_groups"}
training = st.lists(
    st.sampled_from(sorted(set(TrainingArguments.model_fields) - TOGETHER - set(SWEEP))),
    unique=True,
).map(lambda names: {name: changed(name) for name in names})


@given(training, spaces, st.integers(1, 4), st.text("ab-_. é()'!", min_size=1, max_size=80))
def test_whatever_a_sweep_is_every_trial_of_it_is_a_training(given, space, seeds, name):
    given = SWEEP | given | {"space": space, "seeds": seeds}
    given |= {"hyperparameters": {"epochs": 1}, "dry_run": False}
    trials = trials_of(parse_sweep(given))
    names = set()
    for each in trials:
        found = start(given, each.number, name=name)
        names.add(found["name"])
        del found["input"][STARTED_BY]
        assert "dry_run" not in found["input"]
        parse_arguments(found["input"])
    assert len(names) == len(trials)


@pytest.mark.parametrize("number", [1, 10, 500])
def test_numbers_have_three_digits(number):
    assert trial(number).suffix == f"t{number:03}"
