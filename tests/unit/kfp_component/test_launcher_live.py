import io
import sys

import pytest

from kfp_component.step.launcher import choose_view
from kfp_component.watch.progress import PlainView, Snapshot

SNAPSHOT = Snapshot("Training", 90.0, 360, 1234, {"reward": 187.25})


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
        "[rl] Training, 1 min 30 s so far, 1234 log lines; reward 187.25",
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
    console = rich.Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    view = LiveView(console)
    view.status("Training", "(65 s)")
    view.log("algo-1", "[not markup] a line")
    view.still(SNAPSHOT)
    view._progress.refresh()
    view.close()
    shown = console.file.getvalue()
    for part in ("[rl] Training", "algo-1 | [not markup] a line", "1234 lines; reward 187.25"):
        assert part in shown
