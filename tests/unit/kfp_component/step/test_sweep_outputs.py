import csv
import io
import json
import re
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser

import pytest

from kfp_component.errors import BadInput
from kfp_component.execution.result import NotTrained, Swept, read_result
from kfp_component.execution.run import EndedExecution
from kfp_component.report.style import STYLE
from kfp_component.report.sweep.page import SweepReport, render
from kfp_component.report.sweep.style import SWEEP_STYLE
from kfp_component.step.outputs import write_outputs
from kfp_component.step.sweep import explain_sweep
from kfp_component.step.sweep_outputs import sweep_outputs, trials_csv
from kfp_component.task_input.executor_input import ExecutorInput
from kfp_component.watch.ended_logs import Curves
from tests.support.step import sweep_report_samples as samples
from tests.support.step.kfp_pods import SweepPod
from tests.unit.kfp_component.report.test_report import Outline

ARN = "arn:aws:states:us-east-1:123456789012:execution:RlSweep:n"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:RlSweep"


@pytest.fixture(scope="module")
def output():
    return samples.sweep(4, 5, fail_every=7)[0]


def result(output):
    return read_result({"status": "SUCCEEDED", "output": json.dumps(output)}, Swept)


def test_the_outputs_are_written_with_flat_metadata(output, tmp_path):
    task = ExecutorInput.parse(json.dumps(SweepPod("", tmp_path, MACHINE).document()))
    assert task.is_sweep
    write_outputs(task, *sweep_outputs(ARN, result(output), "<html>"))
    listing = json.loads(task.output_file.read_text())
    given = listing["parameterValues"]
    assert given["best_hyperparameters"] == output["best_hyperparameters"]
    assert given["best_seed"] == output["best_seed"]
    assert json.loads(task.parameter_files["best_seed"].read_text()) == output["best_seed"]
    for each in listing["artifacts"].values():
        for value in each["artifacts"][0]["metadata"].values():
            assert isinstance(value, str | int | float)
    metrics = listing["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert metrics["iqm_low"] < metrics["iqm"] < metrics["iqm_high"]
    assert (metrics["trials"], metrics["failed"]) == (20, 2)
    assert set(listing["artifacts"]) == {"model", "metrics", "trials", "report"}


def test_the_table_has_a_row_for_every_trial(output):
    rows = list(csv.DictReader(io.StringIO(trials_csv(result(output)))))
    assert [int(row["trial"]) for row in rows] == list(range(1, 21))
    assert {row["error"] for row in rows} == {"", "TrainingJobFailed"}
    assert rows[0]["hyperparameter_lr"] == "0.0001"


ODD = {"double_q": True, "clip": None, "layers": [64, {"ü": 0.5}], "optimizer": "adam"}


def test_hyperparameters_are_json_wherever_they_are_shown(output):
    first, *others = output["configurations"]
    given = {
        **output,
        "configurations": [{**first, "hyperparameters": ODD}, *others],
        "best_hyperparameters": ODD,
    }
    row = next(csv.DictReader(io.StringIO(trials_csv(result(given)))))
    said = {"double_q": "true", "clip": "null", "layers": '[64, {"ü": 0.5}]', "optimizer": "adam"}
    assert {name: row[f"hyperparameter_{name}"] for name in said} == said
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ended = EndedExecution(ARN, {"startDate": at, "stopDate": at})
    html = render(SweepReport({}, ended, Swept(given), Curves("reward"), {}))
    shown = 'double_q=true, clip=null, layers=[64, {"ü": 0.5}], optimizer=adam'
    assert f" with {escape(shown)}</p>" in html  # the claim
    assert f'">{escape(shown)}</div>' in html  # the row of its configuration


@pytest.mark.parametrize("missing", Swept.needed)
def test_the_output_of_another_state_machine_is_no_sweep(output, missing):
    found = result({name: value for name, value in output.items() if name != missing})
    assert isinstance(found, NotTrained)
    assert missing in found.message
    assert "SweepStateMachineArn" in found.message


def test_a_failed_sweep_says_why_first(output):
    facts = {"failures": [{"error": "TrainingJobFailed", "message": "It broke.", "trials": [1, 2]}]}
    text = explain_sweep(
        NotTrained("TrialsFailed", "2 of 6 trials failed.", facts), ARN, {"job": ["last words"]}
    )
    first, *more = text.splitlines()
    assert first == "Error: TrialsFailed: 2 of 6 trials failed."
    assert "  2 x TrainingJobFailed: It broke." in more
    assert "  last words" in more
    assert any("Retry this run" in line and "14 days" in line for line in more)


@pytest.mark.parametrize("error", ["InvalidArguments", "UnexpectedOutput"])
def test_what_a_redrive_cannot_mend_is_not_to_be_retried(error):
    assert "Retry" not in explain_sweep(NotTrained(error, "message", {}), ARN, {})


def test_a_missing_state_machine_is_named_by_its_own_output(tmp_path):
    document = SweepPod("", tmp_path, MACHINE).document()
    del document["inputs"]["parameterValues"]["state_machine_arn"]
    with pytest.raises(BadInput, match="SweepStateMachineArn"):
        ExecutorInput.parse(json.dumps(document))


@pytest.mark.parametrize(("name", "html"), list(samples.reports()), ids=lambda each: each[:20])
def test_reports_of_any_size_are_whole_and_small(name, html):
    outline = Outline()
    outline.feed(html)
    assert outline.open == []
    assert outline.outside == []
    assert len(html) < 300_000, name


class LongWords(HTMLParser):
    """Words that are wider than a narrow page, each with the tags and classes around it."""

    def __init__(self):
        super().__init__()
        self.around, self.found = [], []

    def handle_starttag(self, tag, attrs):
        self.around.append({tag, *(f".{name}" for name in dict(attrs).get("class", "").split())})

    def handle_endtag(self, tag):
        assert tag in self.around.pop()

    def handle_data(self, data):
        if max(map(len, data.split()), default=0) > 60 and "style" not in self.around[-1]:
            self.found.append((data, set().union(*self.around)))


def test_a_long_name_is_never_wider_than_the_page(output):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ended = EndedExecution(ARN, {"startDate": at, "stopDate": at})
    odd = json.loads(json.dumps(output).replace("episode_reward_mean", "m" * 70))
    odd["best_hyperparameters"] = odd["configurations"][0]["hyperparameters"] = {"h" * 70: 1}
    words = LongWords()
    words.feed(render(SweepReport({}, ended, Swept(odd), Curves("m" * 70, trials=1), {})))
    rules = re.findall(r"([^{}]+) \{[^}]*overflow-wrap: anywhere", STYLE + SWEEP_STYLE)
    wrapped = {selector.split()[-1] for rule in rules for selector in rule.split(",")}
    assert len(words.found) >= 5
    assert [text for text, around in words.found if not around & wrapped] == []


@pytest.mark.parametrize(
    "odd",
    [
        {"configurations": [], "trials": {}},
        {"configurations": [1, {}], "trials": {"columns": ["trial"], "rows": [[1]]}},
        {"best": {}, "counts": {}, "objective": {}, "notes": None, "failures": None},
        {"failures": [1, {}], "billable_seconds": "long"},
    ],
)
def test_odd_output_does_no_harm(output, odd):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ended = EndedExecution(ARN, {"startDate": at, "stopDate": at})
    html = render(SweepReport({}, ended, Swept({**output, **odd}), Curves("reward"), {}))
    assert "Sweep n" in html


def test_what_users_wrote_is_escaped(output):
    at = datetime(2026, 1, 1, tzinfo=UTC)
    ended = EndedExecution(ARN, {"startDate": at, "stopDate": at})
    given = {**output, "notes": ["<script>"], "best_hyperparameters": {"<script>": "<script>"}}
    html = render(
        SweepReport({"a": "<script>"}, ended, Swept(given), Curves("r"), {"j": ["<script>"]})
    )
    assert "<script" not in html
