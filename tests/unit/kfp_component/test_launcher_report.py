import re
from html.parser import HTMLParser

import pytest

from kfp_component.execution.result import Trained
from kfp_component.report.chart import learning_curve, round_steps
from kfp_component.report.page import Report, render
from kfp_component.report.timeline import draw, phases
from kfp_component.watch.attempts import Attempt
from kfp_component.watch.watch import Record

ARN = "arn:aws:states:us-east-1:123456789012:execution:rl:n"
OUTPUT = {
    "job_name": "job",
    "model_artifact_url": "s3://b/job/output/model.tar.gz",
    "training_image": "image",
    "status": "Completed",
    "final_metrics": {"reward": 487.25},
    "training_seconds": 3725,
    "billable_seconds": 745,
    "notes": ["a note"],
    "timeline": [
        {
            "status": "Starting",
            "started_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T00:02:00Z",
        },
        {
            "status": "Training",
            "started_at": "2026-01-01T00:02:00+00:00",
            "ended_at": "2026-01-01T01:02:00+00:00",
            "message": "in progress",
        },
        {"status": "Completed", "started_at": "2026-01-01T01:02:00Z", "message": "done"},
    ],
    "rule_evaluations": [{"name": "LossNotDecreasing", "status": "NoIssuesFound"}],
    "attempts": [
        {"job_name": "job-1", "status": "Failed", "failure_reason": "CapacityError"},
        {"job_name": "job", "status": "Completed"},
    ],
    "defaults_applied": {"volume_size": 30},
}


def report(output=OUTPUT, **arguments):
    record = Record()
    record.attempts.append(Attempt("job", "ml.m5.large", 2, 0, {}, False))
    record.metrics.define({"reward": "r=(.*)"})
    for number in range(100):
        record.metrics.take(f"r={number}")
    record.last_lines.append("<last> line")
    record.log_lines = 100
    return render(Report(arguments, ARN, Trained(output), record))


class Outline(HTMLParser):
    """The tags that are open, and what must not be there."""

    VOID = ("meta", "rect", "circle", "line", "polyline")

    def __init__(self):
        super().__init__()
        self.open, self.outside = [], []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag in ("script", "link", "img", "iframe") or "src" in names:
            self.outside.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass


def test_the_document_is_whole_and_needs_nothing_from_outside():
    outline = Outline()
    outline.feed(report(region="us-east-1"))
    assert outline.open == []
    assert outline.outside == []


def test_everything_known_is_in_it():
    text = report(hyperparameters={"lr": 0.1})
    for part in (
        "s3://b/job/output/model.tar.gz",
        "1 h 02 min",
        "80 %",
        "2 x ml.m5.large",
        "487.25",
        "a note",
        "LossNotDecreasing",
        "CapacityError",
        "{&quot;lr&quot;: 0.1}",
        "30 (default)",
        "&lt;last&gt; line",
        "in progress",
        "<polyline",
        'class="Training"',
        "prefers-color-scheme: dark",
    ):
        assert part in text, part


def test_what_users_wrote_is_escaped():
    text = report(tags={"a": "<script>alert(1)</script>"})
    assert "<script" not in text


def test_a_run_that_was_cut_is_not_shown_as_completed():
    text = report({**OUTPUT, "status": "Stopped", "secondary_status": "MaxRuntimeExceeded"})
    assert '<span class="noted">Stopped (MaxRuntimeExceeded)' in text


@pytest.mark.parametrize(
    "odd",
    [
        {"timeline": 3, "attempts": "x", "rule_evaluations": [1], "notes": None},
        {"timeline": [{"status": "x"}, 1, {"status": "y", "started_at": "soon"}]},
        {"final_metrics": None, "defaults_applied": [], "training_seconds": "long"},
    ],
)
def test_odd_output_does_no_harm(odd):
    assert "<h1>job</h1>" in report({**OUTPUT, **odd})


@pytest.mark.parametrize(
    ("low", "high", "steps"),
    [
        (0, 500, [0, 100, 200, 300, 400, 500]),
        (-3, 7, [-4, -2, 0, 2, 4, 6, 8]),
        (0.0011, 0.0019, [0.001, 0.0012, 0.0014, 0.0016, 0.0018, 0.002]),
    ],
)
def test_axes_have_round_numbers(low, high, steps):
    assert round_steps(low, high) == pytest.approx(steps)


@pytest.mark.parametrize(
    "values",
    [[0], [5], [3, 3, 3], [1e-300, 2e-300], [-1e30, 1e30], [1e9 + number for number in range(400)]],
)
def test_every_curve_stays_inside_its_frame(values):
    svg = learning_curve("m", list(enumerate(values)))
    points = re.findall(r'points="([^"]*)"', svg)
    assert points
    for pair in " ".join(points).split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 440
        assert 0 <= y <= 220


def test_a_long_curve_has_its_mean_and_a_short_one_its_points():
    assert 'class="noise"' in learning_curve("m", [(n, n % 7) for n in range(200)])
    short = learning_curve("m", [(n, n) for n in range(10)])
    assert 'class="noise"' not in short
    assert short.count("<circle") == 10


def test_the_timeline_is_to_scale():
    svg = draw(phases(OUTPUT["timeline"]))
    starting, training = (float(width) for width in re.findall(r' width="([0-9.]+)"', svg))
    assert training / starting == pytest.approx(30, rel=0.01)
    assert draw(phases([])) == ""
