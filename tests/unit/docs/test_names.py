"""The names between backticks are the code's: settings, arguments, outputs, fields, classes."""

import json
import re
from functools import cache

import pytest
from kfp import dsl, kubernetes

from infra.settings.context import read_settings
from tests.unit.docs.pages import PAGES, ROOT, blocks, name
from tests.unit.docs.programs import aws
from tests.unit.docs.shell import inline, script
from tests.unit.docs.test_actions import ACTION
from training_job import TrainingArguments

OURS = ("training_job", "training_sweep", "kfp_component", "infra", "lambdas", "local_aws")
BESIDE = ("examples", "bench", "tools", ".github", "tests")
OTHERS = {
    # Argo's.
    "docs/kfp-step.md": {"ARGO_POD_STATUS_CAPTURE_FINALIZER", "OnError"},
    # State machines that a role must not reach.
    "docs/permissions.md": {"RlTraining2", "RlSweep2"},
}
IDENTIFIER = re.compile(
    r"\b(?:[a-z]+(?:_[a-z0-9]+)+|[A-Z][a-z]+(?:[A-Z][a-z0-9]*)+|[A-Z]+(?:_[A-Z]+)+)\b"
)
ELSEWHERE = ("kfp-backend.md", "from-the-predecessor.md", "CHANGELOG.md")
"""Pages on KFP and Argo, on the SDK, and on older versions."""
PROSE = [
    page
    for page in PAGES
    if page.name not in ELSEWHERE
    and page.parent.name not in ("decisions", "corrections")
    and "Written by `make generate`" not in page.read_text()
]


@cache
def words():
    """Return every word of the code, but that of these tests."""
    files = [
        file
        for folder in (*OURS, *BESIDE)
        for kind in ("*.py", "*.json", "*.yaml", "*.yml")
        for file in (ROOT / folder).rglob(kind)
        if "docs" not in file.parts
    ]
    files += [ROOT / each for each in ("pyproject.toml", "Makefile", "Dockerfile", "cdk.json")]
    found = set()
    for file in files:
        found.update(re.findall(r"\w+", file.read_text()))
    found |= {file.stem for file in files}
    request = aws.model("sagemaker").shape_for("CreateTrainingJobRequest")
    stopping = aws.model("sagemaker").shape_for("StoppingCondition")
    return found | {*request.members, *stopping.members, *dir(dsl), *dir(kubernetes)}


@pytest.mark.parametrize("page", PROSE, ids=name)
def test_every_name_is_one_of_the_code_or_of_what_it_uses(page):
    codes = [code for code in inline(page) if not ACTION.fullmatch(code)]
    named = {found for code in codes for found in IDENTIFIER.findall(code)}
    assert named - words() - OTHERS.get(name(page), set()) == set()


def test_the_settings_of_the_guide_are_accepted():
    guide = ROOT / "docs" / "deploy.md"
    objects = [json.loads(each.text) for each in blocks("json") if each.page == guide]
    files = re.findall(r"cdk.context.json <<'END'\n(.*?)^END$", script(guide), re.S | re.M)
    given = [each for each in objects if isinstance(each, dict)] + [*map(json.loads, files)]
    assert len(given) > 5
    for settings in given:
        read_settings(settings)


def test_the_input_of_the_guide_has_arguments():
    (text,) = re.findall(
        r"input.json <<END\n(.*?)^END$", script(ROOT / "docs/deploy.md"), re.S | re.M
    )
    assert set(json.loads(text)) <= set(TrainingArguments.model_fields)


def test_the_outputs_of_the_guide_are_those_of_the_stack():
    snapshots = ROOT / "tests/infra/template/__snapshots__/test_snapshots"
    outputs = {
        output
        for file in snapshots.glob("*.json")
        for output in json.loads(file.read_text()).get("Outputs", {})
    }
    guide = ROOT / "docs/deploy.md"
    rows = re.findall(r"^\| `(\w+)` \| ", guide.read_text(), re.MULTILINE)
    asked = set(re.findall(r"\boutput ([A-Z]\w+)", script(guide)))
    assert len(rows) == 7
    assert set(rows) | asked <= outputs
