"""What is generated is fresh, and does what it is for."""

import json

import jsonschema
import pytest

from tools import generate
from training_job import TrainingArguments, parse_arguments

FILES = generate.generated()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_is_fresh(path):
    assert (generate.ROOT / path).read_text() == FILES[path], f"{path} is stale: run make generate"


@pytest.mark.parametrize("name", ["custom-image", "toolkit-image"])
def test_ready_inputs_are_valid(name):
    text = (generate.ROOT / f"docs/inputs/{name}.json").read_text()
    jsonschema.validate(json.loads(text), generate.arguments_schema())
    parse_arguments(json.loads(text))


def test_the_schema_takes_the_documented_forms_and_finds_mistakes():
    schema = generate.arguments_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    given = generate.custom_image_input()
    forms = [
        {"vpc_subnets": ["subnet-1"], "vpc_security_group_ids": "sg-1,sg-2"},
        {"tags": [{"Key": "a", "Value": "b"}]},
        {"metric_definitions": [{"Name": "a", "Regex": "b"}]},
        {"framework": "TensorFlow"},
    ]
    for form in forms:
        jsonschema.validate(given | form, schema)
    mistakes = [
        {"instance_cuont": 1},
        {"instance_count": 0},
        {"role": "MyRole"},
        {"spot_instance": 3},
        {"training_input_mode": "Files"},
        {"checkpoint_config": {"S3uri": "s3://b"}},
    ]
    for mistake in mistakes:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(given | mistake, schema)


@pytest.mark.parametrize("name", TrainingArguments.model_fields)
def test_every_argument_has_its_section_and_row(name):
    page = FILES[generate.Path("docs/arguments.md")]
    assert f"\n## {name}\n" in page
    documented = list(TrainingArguments.model_fields).index(name) < generate.DOCUMENTED
    assert f"\n| [{name}](#{name}){'' if documented else ' +'} |" in page
