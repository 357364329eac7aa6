"""The arguments of a sweep: every accepted form, every mistake named, all of them at once."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.arguments import CUSTOM_IMAGE, TOOLKIT_IMAGE, without
from tests.support.sweep_inputs import SWEEP
from training_job import InvalidArguments, TrainingArguments, build_request, parse_arguments
from training_job.arguments.model import Documented
from training_job.request.submission import STARTED_BY
from training_sweep.arguments import rules
from training_sweep.arguments.model import SweepArguments
from training_sweep.guard_rails import SweepGuardRails
from training_sweep.parsing import parse_sweep, read_sweep
from training_sweep.space import Range
from training_sweep.trials import execution_input, trials_of

LARGE = Range(2**53 + 1, 2**53 + 3, type="int")
OWN = (
    "space samples sampling_seed configurations seeds seed_hyperparameter objective_metric "
    "objective_type max_parallel max_failed_trials pilot"
).split()
LONG = "a" * 3000


def problems(given, **rails):
    with pytest.raises(InvalidArguments) as raised:
        parse_sweep(given, SweepGuardRails(**rails))
    return raised.value.problems


def parsed(**given):
    return parse_sweep(SWEEP | given)


def test_a_sweep_takes_the_arguments_of_a_training_and_its_own():
    assert list(SweepArguments.model_fields) == [*TrainingArguments.model_fields, *OWN]


@pytest.mark.parametrize("name", SweepArguments.model_fields)
def test_every_argument_is_documented_and_its_example_is_accepted(name):
    field = SweepArguments.model_fields[name]
    documented = next(item for item in field.metadata if isinstance(item, Documented))
    assert field.description
    assert field.description.endswith(".")
    assert documented.allowed
    assert documented.sets
    base = SWEEP | ({"space": {"lr": [1, 2]}} if name == "samples" else {})
    base |= {"samples": 3} if name == "space" else {}
    if name == "objective_metric":
        base |= {"metric_definitions": {documented.example: "x"}}
    if name in OWN:
        parse_sweep(base | {name: documented.example})


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("seeds", 3, [1, 2, 3]),
        ("seeds", "3", [1, 2, 3]),
        ("seeds", 3.0, [1, 2, 3]),
        ("seeds", "11, 13,17", [11, 13, 17]),
        ("seeds", "[11]", [11]),
        ("seeds", ["11", 0, 4294967295], [11, 0, 4294967295]),
        ("seeds", None, [1]),
        ("seeds", " ", [1]),
        ("samples", "2", 2),
        ("sampling_seed", "7.0", 7),
        ("max_parallel", "40", 40),
        ("max_failed_trials", 0, 0),
        ("pilot", "yes", True),
        ("objective_type", " minimize ", "minimize"),
        ("seed_hyperparameter", "random_state", "random_state"),
        ("space", '{"lr": [0.1, 0.01,],}', {"lr": [0.1, 0.01]}),
        ("space", "{'act': ['relu', None, True]}", {"act": ["relu", None, True]}),
        ("configurations", '[{"lr": 0.1}, {"lr": 0.2}]', [{"lr": 0.1}, {"lr": 0.2}]),
        ("configurations", [{"lr": 1}, {}], [{"lr": 1}, {}]),
    ],
)
def test_every_form_is_accepted(name, given, value):
    space = {"space": {"lr": [1, 2, 3]}} if name == "samples" else {}
    assert getattr(parsed(**{**space, name: given}), name) == value


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"min": 1, "max": 2}, Range(1.0, 2.0, "linear", "float")),
        ({"min": "1e-5", "max": "1e-2", "scale": "log"}, Range(1e-5, 1e-2, "log", "float")),
        ({"min": "16", "max": 64.0, "type": "int"}, Range(16, 64, "linear", "int")),
        ({"min": -1, "max": 0.5, "type": "float", "scale": "linear"}, Range(-1.0, 0.5)),
        ({"min": 2**53 + 1, "max": f" {2**53 + 3}", "type": "int"}, LARGE),
    ],
)
def test_every_form_of_a_range_is_accepted(given, value):
    found = parsed(space={"x": given}, samples=2).space["x"]
    assert found == value
    assert type(found.min) is (int if value.type == "int" else float)


@pytest.mark.parametrize(
    ("given", "argument", "words"),
    [
        ({"space": {}}, "space", "is empty; leave it out to vary only the seeds"),
        ({"space": 5}, "space", "must be a map"),
        ({"space": {"lr": 0.1}}, "space", '"lr" is 0.1, neither a list of values nor a map'),
        ({"space": {"lr": []}}, "space", '"lr" has no values'),
        ({"space": {"lr": [0.1, 0.2, 0.1]}}, "space", '"lr" has 0.1 twice'),
        ({"space": {"lr": {"min": 1}}, "samples": 2}, "space", '"lr" has no max'),
        ({"space": {"lr": {"min": 2, "max": 1}}, "samples": 2}, "space", "not below its max of 1"),
        ({"space": {"lr": {"min": 1, "max": 1}}, "samples": 2}, "space", "not below its max of 1"),
        (
            {"space": {"lr": {"min": 0, "max": 1, "scale": "log"}}, "samples": 2},
            "space",
            "has a min of 0, and a log scale needs one above 0",
        ),
        (
            {"space": {"n": {"min": 1.5, "max": 3, "type": "int"}}, "samples": 2},
            "space",
            "has a min of 1.5, and its type int needs whole numbers",
        ),
        (
            {"space": {"n": {"min": 1, "max": 3.5, "type": "int"}}, "samples": 2},
            "space",
            "has a max of 3.5, and its type int",
        ),
        (
            {"space": {"n": {"min": 1, "max": 3, "type": "double"}}, "samples": 2},
            "space",
            '"double", which is neither int nor float',
        ),
        (
            {"space": {"n": {"min": 1, "max": 3, "scale": []}}, "samples": 2},
            "space",
            "the scale [], which is neither linear nor log",
        ),
        (
            {"space": {"n": {"min": "one", "max": True, "steps": 2}}, "samples": 2},
            "space",
            '"n" has the unknown key "steps" and has "one" for its min, which is not a number and '
            "has true for its max, which is not a number",
        ),
        (
            {"space": {"lr": {"min": 0, "max": 1}}},
            "samples",
            'is required: "lr" of `space` is a range',
        ),
        ({"samples": 5}, "samples", "got 5 without a `space` to draw them from"),
        ({"samples": 501, "space": {"a": [1]}}, "samples", "less than or equal to 500"),
        (
            {"space": {"a": list(range(100)), "b": list(range(100))}},
            "space",
            "make 10,000 configurations, each a trial for every seed; allowed: 500 trials",
        ),
        ({"space": {"a": list(range(101))}, "seeds": 5}, "space", "make 505 trials"),
        (
            {"space": {"a": {"min": 0, "max": 1}}, "samples": 101, "seeds": 5},
            "samples",
            "make 505 trials",
        ),
        (
            {"configurations": [{"a": n} for n in range(251)], "seeds": 2},
            "configurations",
            "make 502 trials",
        ),
        ({"seeds": list(range(501))}, "seeds", "make 501 trials"),
        ({"seeds": 501}, "seeds", "must be from 1 to 500 seeds"),
        ({"seeds": 0}, "seeds", "must be from 1 to 500 seeds"),
        ({"seeds": "many"}, "seeds", "must be how many seeds, or a list of them"),
        ({"seeds": True}, "seeds", "must be how many seeds"),
        ({"seeds": ["one", 2]}, "seeds", 'the seed "one" is not a whole number'),
        ({"seeds": [1, 1.5]}, "seeds", "the seed 1.5 is not a whole number"),
        ({"seeds": [3, 4, "3"]}, "seeds", "the seed 3 stands more than once"),
        ({"seeds": "-1,2"}, "seeds", "the seed -1 is not from 0 to 4294967295"),
        ({"seeds": []}, "seeds", "is empty"),
        ({"configurations": []}, "configurations", "is empty"),
        ({"configurations": {"a": 1}}, "configurations", "must be a list"),
        (
            {"configurations": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]},
            "configurations",
            "configuration 2 is the same as configuration 1",
        ),
        ({"configurations": [{}, 3]}, "configurations", "configuration 2 is 3, not a map"),
        (
            {"configurations": [{"a": 1}], "space": {"a": [1]}},
            "configurations",
            "are given beside `space`",
        ),
        ({"objective_metric": "rewards"}, "objective_metric", "defined: reward, loss"),
        ({"objective_metric": None}, "objective_metric", "is required"),
        ({"metric_definitions": {}}, "objective_metric", "no metric is defined"),
        ({"objective_type": "max"}, "objective_type", "allowed: maximize or minimize"),
        (
            {"space": {"lr": [1]}, "hyperparameters": {"lr": 2}},
            "space",
            '"lr" stands in `hyperparameters` too',
        ),
        (
            {"configurations": [{"lr": 1}], "hyperparameters": {"lr": 2}},
            "configurations",
            '"lr" stands in `hyperparameters` too',
        ),
        (
            {"hyperparameters": {"seed": 7}},
            "seed_hyperparameter",
            'got "seed", which stands in `hyperparameters` too; the sweep sets it from `seeds`',
        ),
        ({"space": {"seed": [1, 2]}}, "seed_hyperparameter", "which stands in `space` too"),
        (
            {"configurations": [{"s": 1}], "seed_hyperparameter": "s"},
            "seed_hyperparameter",
            "which stands in `configurations` too",
        ),
        ({"max_parallel": 41}, "max_parallel", "less than or equal to 40"),
        ({"max_parallel": 0}, "max_parallel", "greater than or equal to 1"),
        ({"max_failed_trials": -1}, "max_failed_trials", "greater than or equal to 0"),
        ({"job_name": "a" * 52}, "job_name", "at most 51 characters"),
        ({"tags": {"rl-seed": "1"}}, "tags", "the key rl-seed is the sweep's own"),
        ({"tags": {f"k{n}": "" for n in range(46)}}, "tags", "there are 46 of them"),
        (
            {"checkpoint_config": {"S3Uri": "s3://b/" + "c" * 1013}},
            "checkpoint_config",
            "S3Uri has 1020 characters",
        ),
        ({"space": {"sagemaker_x": [1, 2]}}, "space", '"sagemaker_x" is reserved'),
        ({"configurations": [{"sagemaker_x": 1}]}, "configurations", '"sagemaker_x" is reserved'),
        ({"seed_hyperparameter": "sagemaker_s"}, "seed_hyperparameter", "is reserved"),
        ({"seed_hyperparameter": "s" * 257}, "seed_hyperparameter", "is empty, too long or"),
        ({"space": {"lr": [1, LONG]}}, "space", '"lr" has 3002 characters as JSON, more than 2500'),
        ({"configurations": [{"lr": LONG}]}, "configurations", "has 3002 characters as JSON"),
        ({"space": {"lr": [0.1, "0.10"]}}, "space", '"lr" has 0.1 and "0.10", which are the same'),
        ({"space": {"lr": [1, 2, 1.0]}}, "space", '"lr" has 1 and 1.0, which are the same'),
        ({"space": {"net": [[64, 64], [64, "64"]]}}, "space", "which are the same"),
        (
            {"configurations": [{"lr": 0.1}, {"lr": "1e-1"}]},
            "configurations",
            "configuration 2 is the same as configuration 1",
        ),
        ({"max_parallell": 4}, "max_parallell", "did you mean max_parallel?"),
        ({"objective": "reward"}, "objective", "objective_type or objective_metric?"),
        ({"epochs": 4}, "epochs", "docs/sweep-arguments.md lists them"),
    ],
)
def test_each_mistake_is_named(given, argument, words):
    found = problems(SWEEP | given)
    assert [name for name, _ in found] == [argument]
    assert words in found[0].message


def test_every_mistake_is_named_at_once():
    found = problems(
        without(SWEEP, "role")
        | {
            "space": {"lr": [LONG, 0.1], "sagemaker_x": [1]},
            "hyperparameters": {"lr": 1},
            "seeds": 2,
            "objective_metric": "nothing",
            "max_parallel": 41,
            "max_run": 0,
            "tags": {"rl-sweep": "x", "aws:x": "y"},
            "pilots": 1,
        }
    )
    assert [name for name, _ in found] == (
        "role max_run tags space space objective_metric max_parallel pilots"
    ).split()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"configurations": [{"a": 1}, {"a": 1}], "hyperparameters": {"a": 1, "seed": 1}},
            ["same as configuration 1", '"a" stands in `hyperparameters` too', 'got "seed", which'],
        ),
        (
            {"seeds": ["x"], "seed_hyperparameter": "sagemaker_program"},
            ['the seed "x" is not a whole number', '"sagemaker_program" is reserved'],
        ),
        ({"space": {}, "hyperparameters": {"seed": 1}}, ["is empty", 'got "seed", which']),
        (
            {"space": {"sagemaker_a": list(range(10_000))}},
            ['"sagemaker_a" is reserved', "make 10,000 configurations"],
        ),
        (
            {"space": {"a": [1, 1], "seed": [1]}, "samples": 0, "hyperparameters": {"a": 0}},
            ['"a" has 1 twice', '"a" stands in', 'got "seed", which', "greater than or equal to 1"],
        ),
        ({"tags": {"rl-seed": "v", "aws:x": "1"}}, ["aws:x", "rl-seed is the sweep's own"]),
    ],
)
def test_one_mistake_hides_no_other(given, words):
    said = "\n".join(f"{name}: {message}" for name, message in problems(SWEEP | given))
    assert [each for each in words if each not in said] == []


def test_values_that_only_look_alike_may_both_be_tried():
    values = [True, 1, "true", False, 0, "off", "007", 7, None, "", [1], 2**53, 2**53 + 1]
    assert len(trials_of(parsed(space={"x": values}))) == len(values)


def test_a_problem_of_trials_is_named_once_with_the_trials_it_concerns():
    most = {f"h{n}": n for n in range(92)}
    configurations = [{"lr": n} if n == 1 else {} for n in range(2)]
    given = SWEEP | {"hyperparameters": most, "configurations": configurations}
    (found,) = problems(given | {"seeds": 2})
    assert "there are 94 of them" in found.message
    assert found.message.endswith(
        "(with those that vary and the seed, in 2 of 4 trials: t003, t004)"
    )
    (found,) = problems(given | {"seeds": 20})
    assert found.message.endswith("in 20 of 40 trials: t021, t022, t023, t024, t025, ...)")
    full = {f"h{n}": n for n in range(93)}
    (found,) = problems(SWEEP | {"hyperparameters": full, "seeds": 2})
    assert found.message.endswith("in every trial)")
    (found,) = problems(SWEEP | {"hyperparameters": full})
    assert found.message.endswith("in its only trial)")


@pytest.mark.parametrize("name", SweepArguments.model_fields)
@pytest.mark.parametrize("empty", [{}, [], "{}", "[]", "", None])
def test_an_empty_value_is_refused_or_makes_trials_that_a_training_takes(name, empty):
    given = SWEEP | {name: empty}
    try:
        arguments = parse_sweep(given)
    except InvalidArguments as error:
        assert error.problems
    else:
        for trial in trials_of(arguments):
            parse_arguments(execution_input(arguments, trial, sweep="sweep"))


def test_a_problem_of_a_trainings_arguments_is_named_once_and_in_a_trainings_words():
    given = {"role": "me", "volume_size": 0, "spot_instance": True, "max_wait_time": 5}
    with pytest.raises(InvalidArguments) as raised:
        parse_arguments(CUSTOM_IMAGE | given)
    assert problems(SWEEP | given | {"seeds": 9}) == raised.value.problems


def test_the_deployments_limits_hold():
    limits = {"max_trials": 10, "max_sweep_parallel": 4, "allowed_instance_types": ["ml.c5.xlarge"]}
    found = problems(SWEEP | {"seeds": 11, "max_parallel": 5}, **limits)
    assert [(name, message.split("; ")[-1]) for name, message in found] == [
        ("instance_type", "this deployment allows ml.c5.xlarge"),
        ("seeds", "this deployment allows at most 10 trials"),
        ("max_parallel", "this deployment allows at most 4"),
    ]
    parse_sweep(
        SWEEP | {"seeds": 10, "max_parallel": 4},
        SweepGuardRails(**limits | {"allowed_instance_types": None}),
    )


def test_a_default_of_the_deployment_is_below_the_callers():
    rails = SweepGuardRails(
        argument_defaults={"hyperparameters": {"epochs": 3}, "tags": {"a": "b"}}
    )
    arguments = parse_sweep(SWEEP, rails)
    assert arguments.hyperparameters == {"epochs": 3}
    assert read_sweep(SWEEP, rails) == arguments


def test_no_limit_of_the_deployment_ends_a_sweep_that_has_begun():
    given = SWEEP | {"seeds": 20}
    assert problems(given, max_trials=3)
    assert len(trials_of(read_sweep(given, SweepGuardRails(max_trials=3)))) == 20


@pytest.mark.parametrize("toolkit", ["ray", "coach"])
def test_the_objective_may_be_a_default_metric_of_a_toolkit(toolkit):
    image = {"toolkit": toolkit}
    if toolkit == "coach":
        image |= {"toolkit_version": "0.11", "framework": "mxnet"}
    given = TOOLKIT_IMAGE | image
    request = build_request(parse_arguments(given), job_name="x", region="us-east-1")
    defined = [each["Name"] for each in request["AlgorithmSpecification"]["MetricDefinitions"]]
    for name in defined:
        assert rules.metrics(parse_sweep(given | {"objective_metric": name})) == defined
    own = {"metric_definitions": {"mine": "x"}, "objective_metric": defined[0]}
    assert [name for name, _ in problems(given | own)] == ["objective_metric"]


def test_a_space_of_lists_may_be_sampled():
    arguments = parsed(space={"a": [1, 2, 3], "b": [1, 2, 3]}, samples=4)
    assert len(trials_of(arguments)) == 4


def test_without_space_and_configurations_only_the_seed_varies():
    trials = trials_of(parsed(seeds="7,8"))
    assert [(trial.hyperparameters, trial.seed) for trial in trials] == [({}, 7), ({}, 8)]


@pytest.mark.parametrize("name", OWN)
def test_a_training_that_gets_an_argument_of_sweeps_says_whose_it_is(name):
    with pytest.raises(InvalidArguments) as raised:
        parse_arguments(CUSTOM_IMAGE | {name: 1})
    (found,) = raised.value.problems
    assert found == (
        name,
        "is not an argument; it is one of a sweep, which another state machine "
        "runs: docs/sweeps.md",
    )


def test_what_step_functions_adds_to_the_input_is_no_argument():
    assert parsed() == parsed(**{STARTED_BY: "arn", "$schema": "../sweep.schema.json"})


@pytest.mark.parametrize("given", [None, [], "text", 3, [SWEEP]])
def test_an_input_that_is_no_map_is_named(given):
    assert "must be a map" in problems(given)[0].message


def test_an_input_that_leaves_no_room_for_records_is_refused():
    found = problems(SWEEP | {"configurations": [{"x": "y" * 400, "n": n} for n in range(300)]})
    assert [name for name, _ in found] == ["arguments"]
    assert "allowed: 85,000" in found[0].message


def test_an_output_that_fits_no_state_is_refused():
    space = {"text": ["a" * 2000, "b" * 2000], "n": list(range(100))}
    found = problems(SWEEP | {"space": space})
    assert [name for name, _ in found] == ["space"]
    assert "an output of up to 4" in found[0].message


def test_the_schema_describes_ranges():
    schema = SweepArguments.model_json_schema()
    assert schema["$defs"]["Range"]["required"] == ["min", "max"]
    assert schema["$defs"]["Range"]["additionalProperties"] is False


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars | st.integers(10**300, 10**320),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["min", "max", "type"]), inner)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(OWN), anything | anything.map(str), max_size=6))
def test_whatever_is_given_is_parsed_or_explained(given):
    try:
        arguments = parse_sweep(SWEEP | given)
    except InvalidArguments as error:
        assert error.problems
        assert all(name and message for name, message in error.problems)
    else:
        assert 1 <= len(trials_of(arguments)) <= 500
        json.dumps(arguments.training(), allow_nan=False)
