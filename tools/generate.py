"""Everything that is written from a model: `python -m tools.generate` (`make generate`).

A fact about an argument is one field of `TrainingArguments`, one about a setting of the deployment
one field of `infra.settings.Settings`. This module turns them into what people and editors read,
and a test compares the files with what it returns.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import botocore.session
from packaging.requirements import Requirement
from pydantic.fields import FieldInfo

from kfp_component.author import generate as kfp_component_files
from tools.arguments_schema import arguments_schema, sweep_schema
from tools.costs_page import costs_page
from tools.settings_page import settings_page
from tools.troubleshooting_page import troubleshooting_page
from tools.verify_aws import page as verify_aws_page
from training_job import TrainingArguments
from training_job.arguments.model import Documented
from training_sweep.arguments.model import SweepArguments

ROOT = Path(__file__).parents[1]
API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/"
DOCUMENTED = 28
"""Arguments of the documentation; those after them in the model are this project's own."""

_TYPES = {str: "String", int: "Int", bool: "Boolean", dict: "Dict", list: "List"}


def generated() -> dict[Path, str]:
    """Return the text of every generated file, by its path below the repository."""
    verify_aws = (ROOT / "docs/verify-aws.md").read_text(encoding="utf-8")
    verify_aws = _between_marks(verify_aws, "asked", verify_aws_page.asked())
    return {
        Path("docs/arguments.md"): arguments_page(),
        Path("docs/costs.md"): costs_page(),
        Path("docs/arguments.schema.json"): _json(arguments_schema()),
        Path("docs/sweep-arguments.md"): sweep_arguments_page(),
        Path("docs/sweep.schema.json"): _json(sweep_schema()),
        Path("docs/inputs/sweep.json"): _json(sweep_input()),
        Path("docs/inputs/custom-image.json"): _json(custom_image_input()),
        Path("docs/inputs/toolkit-image.json"): _json(toolkit_image_input()),
        Path("docs/settings.md"): settings_page(),
        Path("docs/troubleshooting.md"): troubleshooting_page(),
        Path("infra/workflow/functions-requirements.txt"): pins("pydantic"),
        Path("requirements-launcher.txt"): pins("boto3"),
        Path("docs/verify-aws.md"): _between_marks(
            verify_aws, "not-settled", verify_aws_page.not_settled()
        ),
        Path("training_job/arguments/images/instance_types.json"): _json(instance_types()),
        **{path.relative_to(ROOT): text for path, text in kfp_component_files.generated().items()},
    }


def arguments_table() -> str:
    """Return the arguments at a glance, as a Markdown table; the sections tell what each is."""
    rows = [
        f"| [{name}](#{name}){'' if index < DOCUMENTED else ' +'} "
        f"| {'required' if field.is_required() else _default(field)} |"
        for index, (name, field) in enumerate(TrainingArguments.model_fields.items())
    ]
    return "\n".join(["| argument | default |", "| --- | --- |", *rows, ""])


def arguments_page() -> str:
    """Return docs/arguments.md: a section for each argument."""
    fields = list(TrainingArguments.model_fields.items())
    sections = [_section(name, field) for name, field in fields[:DOCUMENTED]]
    extras = [_section(name, field) for name, field in fields[DOCUMENTED:]]
    return "\n".join([_PAGE_HEAD, arguments_table(), *sections, _EXTRAS_HEAD, *extras])


def sweep_arguments_page() -> str:
    """Return docs/sweep-arguments.md: what a sweep has beyond a training, or otherwise."""
    fields = SweepArguments.model_fields
    training = TrainingArguments.model_fields
    own = [_section(name, field) for name, field in fields.items() if name not in training]
    other = [
        _section(name, field)
        for name, field in fields.items()
        if name in training and field.description != training[name].description
    ]
    return "\n".join([_SWEEP_HEAD, *own, _SWEEP_OTHER_HEAD, *other])


def sweep_input() -> dict[str, Any]:
    """Return the input of a sweep, to paste into the console.

    It varies what examples/cartpole/train.py reads.
    """
    training = custom_image_input()
    varied: dict[str, Any] = {
        "space": {"population": {"min": 10, "max": 80, "scale": "log", "type": "int"}},
        **{
            name: _documented(SweepArguments.model_fields[name]).example
            for name in ("samples", "seeds", "objective_metric", "max_parallel")
        },
        "pilot": True,
    }
    training["hyperparameters"] = {
        name: value
        for name, value in training["hyperparameters"].items()
        if name not in {*varied["space"], "seed"}
    }
    return {**training, **varied}


def custom_image_input() -> dict[str, Any]:
    """Return an execution input for an image of one's own: what a first run needs, no more."""
    return {
        **_examples("region", "role", "image", "entry_point", "source_dir", "model_artifact_path"),
        **_examples("metric_definitions", "hyperparameters", "instance_type", "max_run"),
    }


def toolkit_image_input() -> dict[str, Any]:
    """Return an execution input for a prebuilt image, to paste into the console."""
    return {
        **_examples("region", "role", "toolkit", "toolkit_version", "framework"),
        **_examples("entry_point", "source_dir", "model_artifact_path", "hyperparameters"),
        **_examples("instance_type", "max_run"),
    }


def instance_types() -> dict[str, list[str]]:
    """Return the instance types of the service model that botocore ships."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    shapes = {"training": "TrainingInstanceType", "processing": "ProcessingInstanceType"}
    return {name: sorted(model.shape_for(shape).metadata["enum"]) for name, shape in shapes.items()}


def pins(distribution: str) -> str:
    """Return the entries of requirements.txt for a distribution and all that it needs."""
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    entries = {entry.split("==")[0]: entry.rstrip() for entry in re.split(r"\n(?=\S)", text)}
    head = f"# {distribution} and what it needs, of requirements.txt; written by `make generate`."
    return "\n".join([head, *(entries[name] for name in sorted(needed(distribution))), ""])


def needed(distribution: str) -> set[str]:
    """Return the names of a distribution and of what it needs, by the installed metadata."""
    found = {distribution}
    for text in requires(distribution) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= needed(requirement.name.replace("_", "-").lower())
    return found


_PAGE_HEAD = f"""# Arguments

<!-- Written by `make generate` from training_job/arguments/model.py; do not edit. -->

For whoever starts runs: what each argument means, accepts and sets. The input of an execution is a
JSON object of these arguments; the KFP component has an input of the same name for each. An editor
completes and checks such an object with [arguments.schema.json](arguments.schema.json);
[inputs](inputs) has two to start from.

In an execution's input every value may also be text: numbers as digits, booleans as `true`,
`True`, `yes`, `1` and their opposites, maps and lists as JSON text (a trailing comma and single
quotes are forgiven); the KFP component's inputs have types, and kfp refuses text for a number, a
boolean, a map or a list. Empty text and `null` mean *not given*; `0` and `false` are values. All
problems are reported at once, before anything is started; an unknown argument is one.

A plus sign marks the arguments that this project adds to the {DOCUMENTED} documented ones.
"""

_EXTRAS_HEAD = """# Arguments beyond the documented ones
"""


_SWEEP_HEAD = """# Arguments of a sweep

<!-- Written by `make generate` from training_sweep/arguments/model.py; do not edit. -->

For whoever starts [sweeps](sweeps.md): their input is the
[arguments of a training](arguments.md), and these. An editor completes and checks it with
[sweep.schema.json](sweep.schema.json); [inputs/sweep.json](inputs/sweep.json) is one to start from.
"""

_SWEEP_OTHER_HEAD = """# Arguments of a training that mean a little more
"""


def _section(name: str, field: FieldInfo) -> str:
    documented = _documented(field)
    sets = documented.sets
    if documented.api:
        sets = f"{sets} ([API]({API}{documented.api}.html))"
    default = f", default {_default(field)}" if _default(field) else ""
    otherwise = ", required" if field.is_required() else default
    lines = [
        f"## {name}",
        "",
        field.description or "",
        "",
        f"* **Accepted** ({_type(field)}{otherwise}): {documented.allowed}",
        f"* **Sets**: {sets}",
        "",
    ]
    if documented.example != field.default:
        lines += ["```json", _example(name, documented.example), "```", ""]
    return "\n".join(lines)


def _example(name: str, value: Any) -> str:
    line = json.dumps({name: value})
    return line if len(line) <= 100 else json.dumps({name: value}, indent=2)


def _documented(field: FieldInfo) -> Documented:
    return next(item for item in field.metadata if isinstance(item, Documented))


def _type(field: FieldInfo) -> str:
    return _TYPES[type(_documented(field).example)]


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default is None:
        return ""
    value = field.default
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _examples(*names: str) -> dict[str, Any]:
    return {name: _documented(TrainingArguments.model_fields[name]).example for name in names}


def _between_marks(text: str, mark: str, new: str) -> str:
    pattern = rf"(<!-- {mark}:begin[^>]*-->\n).*?(\n<!-- {mark}:end -->)"
    replaced, count = re.subn(pattern, lambda match: match[1] + new + match[2], text, flags=re.S)
    if count != 1:
        raise ValueError(f"the marks {mark}:begin and {mark}:end must be there once")
    return replaced


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def main() -> None:
    """Write every file that differs from what it should be."""
    for path, text in generated().items():
        target = ROOT / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
