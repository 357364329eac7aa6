"""The JSON Schema and the parser agree on what an execution's input may be."""

import json
from functools import cache

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.sweep_inputs import SWEEP
from tools.arguments_schema import arguments_schema, sweep_schema
from tools.generate import custom_image_input, sweep_input, toolkit_image_input
from training_job import InvalidArguments, TrainingArguments, parse_arguments
from training_job.arguments.checking import accepted
from training_sweep.arguments.model import SweepArguments
from training_sweep.parsing import parse_sweep

FIELDS = TrainingArguments.model_fields
OWN = [name for name in SweepArguments.model_fields if name not in FIELDS]
BASES = [custom_image_input(), toolkit_image_input()]
SWEEPS = [SWEEP, sweep_input(), SWEEP | {"space": {"lr": [1, 2]}}]

# No null within a value: of a key that is unknown, the parser takes it for absent, and a schema
# cannot say that.
JSON = st.recursive(
    st.booleans()
    | st.integers(-3, 3_000_000)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.sampled_from(["", " ", "yes", "True", "OFF", "30", "+3", "3.0", "1_000", "-1", "[]", "{}"])
    | st.sampled_from(["sg-1,sg-2", '["subnet-1"]', "{'a': 1}", "File", " Pipe", "TENSORFLOW"])
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Name", "Regex", "Key", "Value", "a"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)
RANGES = st.fixed_dictionaries(
    {
        end: st.sampled_from([1, 2.5, 3, "2", "1e-4", " 4.5 ", ".5", "7.", "one", True])
        for end in ("min", "max")
    },
    optional={
        "scale": st.sampled_from(["linear", "log", "Log"]),
        "type": st.sampled_from(["int", "float", "double"]),
        "step": st.just(1),
    },
)
SPACES = st.dictionaries(
    st.sampled_from(["lr", "layers", "sagemaker_x"]), RANGES | JSON, max_size=2
)


def forms(name):
    """Values of an argument in the forms that people write, and some that they should not."""
    value = accepted(SweepArguments.model_fields[name]).example
    text = value if isinstance(value, str) else json.dumps(value)
    written = [value, text, f" {text}\n", text.upper(), None, "", [value], {"a": value}]
    return st.sampled_from(written) | JSON


@cache
def validator(make=arguments_schema):
    schema = make()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@st.composite
def inputs(draw):
    base = draw(st.sampled_from(BASES))
    names = draw(st.lists(st.sampled_from(list(FIELDS)), min_size=1, max_size=3, unique=True))
    return base | {name: draw(forms(name)) for name in names}


@st.composite
def sweeps(draw):
    base = draw(st.sampled_from(SWEEPS))
    names = draw(st.lists(st.sampled_from([*OWN, *FIELDS]), max_size=2, unique=True))
    found = base | {name: draw(forms(name)) for name in names}
    space = draw(st.none() | st.tuples(SPACES, st.sampled_from([None, 2, "3"])))
    return found if space is None else found | dict(zip(("space", "samples"), space, strict=True))


@given(sweeps())
@example(SWEEP | {"$schema": "../sweep.schema.json"})
@example(SWEEP | {"checkpoint_config": {}, "debug_hook_config": {}})
@example(SWEEP | {"space": {"lr": {"min": "1e-4", "max": "0.1", "scale": "log"}}, "samples": 2})
def test_the_schema_of_sweeps_takes_what_their_parser_takes(given):
    try:
        parse_sweep(given)
    except InvalidArguments:
        return
    validator(sweep_schema).validate(given)


@pytest.mark.parametrize(
    "mistake",
    [
        {"seeds": 0},
        {"seeds": 501},
        {"seeds": []},
        {"seeds": [1.5]},
        {"space": {"lr": []}},
        {"space": {"lr": 0.1}},
        {"space": {"lr": {"min": 1}}},
        {"space": {"lr": {"min": "one", "max": 2}}, "samples": 2},
        {"space": {"lr": {"min": 1, "max": 2, "step": 1}}, "samples": 2},
        {"space": {"lr": {"min": 1, "max": 2, "scale": "exp"}}, "samples": 2},
        {"configurations": [3]},
        {"max_parallel": 41},
        {"samples": 0},
        {"objective_metric": None},
        {"objective_type": "max"},
        {"pilot": 3},
    ],
)
def test_the_schema_of_sweeps_finds_a_mistake(mistake):
    assert not validator(sweep_schema).is_valid(SWEEP | mistake)
    with pytest.raises(InvalidArguments):
        parse_sweep(SWEEP | mistake)


@given(inputs())
@example(BASES[0] | {"$schema": "../arguments.schema.json"})
@example(BASES[0] | {"checkpoint_config": {}, "debug_hook_config": {}})
@example(BASES[0] | {"framework": "TensorFlow", "toolkit": None, "max_run": "3600"})
def test_the_schema_takes_what_the_parser_takes(given):
    try:
        parse_arguments(given)
    except InvalidArguments:
        return
    validator().validate(given)


@given(st.data())
def test_the_schema_finds_a_value_of_the_wrong_kind(data):
    """Text may stand for anything, and some limits are the state machine's to know; of the rest,
    the schema finds what the parser finds."""
    name = data.draw(st.sampled_from(sorted(set(FIELDS) - {"hyperparameters", "tags"})))
    value = data.draw(forms(name).filter(lambda found: not isinstance(found, str)))
    whole = BASES[0] | {name: value}
    if value is None or any(isinstance(each, str) for each in _leaves(value)):
        return
    try:
        TrainingArguments.model_validate(whole)
    except ValidationError:
        assert not validator().is_valid(whole), whole


def _leaves(value):
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield value


@pytest.mark.parametrize(
    "mistake",
    [
        {"instance_cuont": 1},
        {"instance_count": 0},
        {"instance_count": "many"},
        {"instance_type": "ml.m5.huge"},
        {"role": "MyRole"},
        {"role": None},
        {"spot_instance": 3},
        {"spot_instance": "perhaps"},
        {"training_input_mode": "Files"},
        {"checkpoint_config": {"S3uri": "s3://b"}},
        {"framework": "Theano"},
    ],
)
def test_the_schema_finds_a_mistake(mistake):
    assert not validator().is_valid(BASES[0] | mistake)
    with pytest.raises(InvalidArguments):
        parse_arguments(BASES[0] | mistake)


def test_an_editor_is_offered_the_instance_types():
    offered = arguments_schema()["properties"]["instance_type"]["anyOf"][0]["enum"]
    assert "ml.g5.xlarge" in offered
    assert len(offered) > 100
