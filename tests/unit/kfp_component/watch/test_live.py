import io
import sys

import pytest

from kfp_component.record.script_progress import ScriptProgress
from kfp_component.step.launcher import choose_view
from kfp_component.watch.progress import PlainView, TrainingSnapshot
from kfp_component.watch.sweep import SweepSnapshot

SNAPSHOT = TrainingSnapshot(
    "Training", 90.0, 1234, {"reward": 187.25}, progress="episode 40 of 100", share=0.4
)


def test_plain_lines_have_no_word_that_kfp_paints():
    stream = io.StringIO()
    view = PlainView(stream)
    view.say("Started execution x")
    view.status("Training", "(65 s after the start): in progress")
    view.still(SNAPSHOT)
    view.log("algo-2", "a line")
    view.log("", "another")
    view.close()
    assert stream.getvalue().splitlines() == [
        "[rl] Started execution x",
        "[rl] Training (65 s after the start): in progress",
        "[rl] Training, 1 min 30 s so far, 1234 log lines; episode 40 of 100; reward 187.25",
        "algo-2 | a line",
        "another",
    ]


def test_a_closed_output_is_done_without():
    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    view = PlainView(Closed())
    view.say("x")
    view.say("y")
    view.close()


def test_a_pod_gets_plain_lines(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert isinstance(choose_view(), PlainView)


def test_a_terminal_gets_a_bar(monkeypatch):
    rich = pytest.importorskip("rich.console", reason="the extra `terminal` is not installed")
    from kfp_component.watch.live import LiveView

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    view = choose_view()
    assert isinstance(view, LiveView)
    view.close()
    console = rich.Console(file=io.StringIO(), force_terminal=True, width=160, color_system=None)
    view = LiveView(console)
    view.status("Training", "(65 s)")
    view.log("algo-1", "[not markup] a line")
    view.still(SNAPSHOT)
    view._live.refresh()
    view.close()
    shown = console.file.getvalue()
    for part in (
        "[rl] Training",
        "algo-1 | [not markup] a line",
        "1 min 30 s so far, 1234 log lines; episode 40 of 100; reward 187.25",
    ):
        assert part in shown


def test_the_bar_shows_a_share_only_once_the_script_tells_one():
    rich = pytest.importorskip("rich.console", reason="the extra `terminal` is not installed")
    from kfp_component.watch.live import LiveView

    view = LiveView(rich.Console(file=io.StringIO(), force_terminal=True))
    (task,) = view._progress.tasks
    view.still(TrainingSnapshot("Training", 90.0, 3, {"reward [mean]": 1.0}))
    assert task.total is None
    view.still(SNAPSHOT)
    assert (task.completed, task.total) == (0.4, 1.0)
    view.close()


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_narrow_terminal_has_room_for_the_bar_and_every_word(width):
    rich = pytest.importorskip("rich.console", reason="the extra `terminal` is not installed")
    from kfp_component.watch.live import LiveView

    console = rich.Console(
        file=io.StringIO(),
        force_terminal=True,
        width=width,
        color_system=None,
        legacy_windows=False,
    )
    view = LiveView(console)
    view.still(
        SweepSnapshot(
            "12 running, 30 done, 2 failed of 200", "best 398.1 [381, 410] lr=0.001", 0.16, 90.0
        )
    )
    view._live.refresh()
    shown = console.file.getvalue()
    view.close()
    for part in ("running", "failed", "of", "200", "398.1", "lr=0.001", "━"):
        assert part in shown


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["Episode 3/10: reward 5"], "episode 3 of 10"),
        (["Epoch: 3 of 10", "step 5/7", "Epoch: 4 of 10"], "epoch 4 of 10"),
        (["iteration=[7/200]"], "iteration 7 of 200"),
        (["episode 12/10", "step 1/0", "3/4", "2026/01/02", "steps of 5"], ""),
    ],
)
def test_the_script_s_own_count_is_its_progress(lines, text):
    progress = ScriptProgress()
    for line in lines:
        progress.take(line)
    assert progress.text == text
    assert (progress.share is None) is (text == "")
