import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from kfp_component.execution.result import Trained
from kfp_component.execution.run import EndedExecution
from kfp_component.record.metric_series import Series
from kfp_component.record.record import LogLine, RunRecord, SeenAttempt, Transition
from kfp_component.report.axes import round_steps
from kfp_component.report.chart import learning_curve
from kfp_component.report.html import Html, element, join
from kfp_component.report.page import Report, render
from kfp_component.report.timeline import bar, rows, stretches

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
        {
            "job_name": "job-1",
            "instance_type": "ml.g5.xlarge",
            "status": "Failed",
            "secondary_status": "Failed",
            "started_at": "2025-12-31T23:50:00Z",
            "ended_at": "2025-12-31T23:55:00Z",
            "failure_reason": "CapacityError: none left\nand more",
        },
        {
            "job_name": "job",
            "status": "Completed",
            "started_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T01:02:00Z",
        },
    ],
    "defaults_applied": {"volume_size": 30},
}


ENDED = EndedExecution(
    ARN,
    {
        "startDate": datetime(2025, 12, 31, 23, 49, tzinfo=UTC),
        "stopDate": datetime(2026, 1, 1, 1, 3, tzinfo=UTC),
    },
)


def report(output=OUTPUT, notes=(), **arguments):
    record = RunRecord()
    record.attempts.append(SeenAttempt("job", "ml.m5.large", 2, {}, False))
    record.metrics.define({"reward": "r=(.*)"})
    for number in range(100):
        record.take(LogLine("", f"r={number}"))
    record.take(LogLine("algo-2", "<last> line"))
    return render(Report(arguments, ENDED, Trained(output), record, notes))


def series_of(*values):
    series = Series()
    for value in values:
        series.add(value)
    return series


class Outline(HTMLParser):
    """The tags that are open, and what must not be there."""

    VOID = ("meta", "rect", "circle", "line", "polygon", "polyline")

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
    text = report(hyperparameters={"lr": 0.1}, notes=["a note", "matched no line"])
    for part in (
        "s3://b/job/output/model.tar.gz",
        "1 h 02 min",
        "80 %",
        "2 x ml.m5.large",
        "487.25",
        "a note",
        "matched no line",
        "31 December 2025, 23:49 UTC · execution time 1 h 14 min",
        "Training time",
        "highest 99, lowest 0",
        "last 99",
        "mean of 5 values",
        "LossNotDecreasing",
        "CapacityError",
        "{&quot;lr&quot;: 0.1}",
        "30 (default)",
        "algo-2 | &lt;last&gt; line",
        "https://us-east-1.console.aws.amazon.com/states/home",
        "in progress",
        "<polyline",
        'class="Training"',
        "prefers-color-scheme: dark",
    ):
        assert part in text, part


def test_tensorboard_files_have_their_place_where_they_are_kept():
    assert "TensorBoard" not in report()
    place = "s3://b/board/job/tensorboard-output"
    assert place in report(OUTPUT | {"tensorboard_path": place})


def test_what_users_wrote_is_escaped():
    text = report(tags={"a": "<script>alert(1)</script>"})
    assert "<script" not in text


def test_whatever_is_not_html_already_is_escaped():
    assert join("a < b", Html("<br>"), None, 3) == "a &lt; b<br>3"
    assert element("td", '"', element("b", "<"), class_='"x"', data_a=1) == (
        '<td class="&quot;x&quot;" data-a="1">&quot;<b>&lt;</b></td>'
    )


def test_a_url_is_text_since_the_frame_opens_no_links():
    text = report()
    assert "<a " not in text
    assert re.search(r'<code class="whole">https://[^<]*/jobs/job</code>', text)


def test_a_run_that_was_cut_is_not_shown_as_completed():
    text = report({**OUTPUT, "status": "Stopped", "secondary_status": "MaxRuntimeExceeded"})
    assert '<span class="noted">Stopped (MaxRuntimeExceeded)' in text


@pytest.mark.parametrize(
    "odd",
    [
        {"timeline": 3, "attempts": "x", "rule_evaluations": [1], "notes": None},
        {"attempts": [{}, 1, {"started_at": 7, "status": []}], "timeline": [None]},
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
    svg = learning_curve("m", series_of(*values))
    points = re.findall(r'points="([^"]*)"', svg)
    assert points
    for pair in " ".join(points).split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= 440
        assert 0 <= y <= 220


def test_a_long_curve_has_its_mean_and_a_short_one_its_points():
    long = learning_curve("m", series_of(*(n % 7 for n in range(200))))
    assert 'class="noise"' in long
    assert "each value" in long
    assert "mean of 10 values" in long
    short = learning_curve("m", series_of(*range(10)))
    assert 'class="noise"' not in short
    assert "each value" not in short
    assert short.count("<circle") == 10


def test_the_mean_of_a_thinned_curve_tells_how_many_values_it_spans():
    assert "mean of 248 values" in learning_curve("m", series_of(*range(5000)))


def grown(text):
    return [float(share) for share in re.findall(r"flex-grow: ([0-9.]+)", text)]


def test_the_timeline_is_to_scale_and_has_every_attempt_and_wait():
    shown = stretches(OUTPUT, RunRecord())
    assert [stretch.title for stretch in shown] == ["Attempt 1", "Wait for attempt 2", "Attempt 2"]
    numbers, parts = bar(shown).split('class="bar"')
    assert grown(numbers) == [300, 300, 3720]
    assert grown(parts) == [300, 300, 120, 3600]
    text = "".join(rows(shown))
    assert "Attempt 1, 5 min 00 s" in text
    assert "ml.g5.xlarge · job-1 · Failed: CapacityError: none left<" in text
    assert "01 Jan 00:02:00" in text


def test_the_statuses_that_were_seen_of_an_earlier_attempt_are_in_the_timeline():
    record, begin = RunRecord(), datetime(2025, 12, 31, 23, 50, tzinfo=UTC).timestamp()
    record.transitions["job-1"] = [
        Transition("Starting", begin, begin + 60, "Launching"),
        Transition("Interrupted", begin + 60, None, ""),
    ]
    first, _, last = stretches(OUTPUT, record)
    assert [phase.status for phase in first.phases] == ["Starting", "Interrupted"]
    assert first.end == begin + 300
    assert [phase.status for phase in last.phases] == ["Starting", "Training", "Completed"]


def test_a_run_of_one_attempt_has_one_status_column_and_no_headings():
    shown = stretches({**OUTPUT, "attempts": []}, RunRecord())
    assert len(shown) == 1
    assert 'class="group"' not in "".join(rows(shown))
    assert report().count("<th>Status</th>") == 2  # the timeline's, and the debugger rules'


def test_no_time_is_no_bar():
    assert stretches({}, RunRecord()) == []
    assert bar([]) is None
