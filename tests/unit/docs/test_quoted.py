"""What the pages quote of the code, its output and its limits, is what the code says."""

import re

from kfp_component.author.tasks.long_task import ANNOTATIONS, RETRY_WINDOW_SECONDS
from kfp_component.errors import ExitCode
from kfp_component.record.trials import StartedTrial
from kfp_component.watch.sweep import watch_sweep
from tests.support.step.launcher_fakes import STATE_MACHINE_ARN, FakeAws, FakeClock, ListView
from tests.unit.docs.pages import ROOT, blocks
from training_sweep.records import Record


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def test_the_lines_of_a_sweep_are_those_of_the_launcher():
    """Of forty configurations of five seeds, six have ended; two trials failed, twelve run."""
    aws, view = FakeAws(clock := FakeClock(), lasts=100.0), ListView()
    begun = aws.states.start_execution(stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}")
    arguments = {"space": {"lr": [0.001]}, "objective_metric": "episode_reward_mean"}
    _, shown = watch_sweep(aws, begun["executionArn"], view, arguments, clock)
    shown.trials.wave(200)
    for trial in range(1, 45):
        configuration, seed = divmod(trial - 1, 5)
        varying = {"lr": [0.001, 0.0003, 0.0001][configuration % 3], "batch": 2**configuration}
        shown.trials.start(StartedTrial(trial, str(configuration), str(seed + 1), varying))
    for trial in range(1, 33):
        record = {"trial": trial, "start": 1, "redrives": 0, "job": f"j-{trial}"}
        ended = (
            {"error": "TrainingJobFailed", "message": "It broke."}
            if trial in (7, 19)
            else {"value": 398.1 - 5 * (trial - 2), "model": "/m", "training": 1, "billable": 1}
        )
        shown._take(Record.of(record | ended))
    shown._leader = shown.trials.leader()
    assert f"```\n[rl] {view.said[1]}\n[rl] {shown.snapshot().line}\n```" in page("kfp-step")


def test_the_exit_codes_are_the_launchers():
    rows = re.findall(r"^\| (\d+) \|", page("kfp-step"), re.MULTILINE)
    assert sorted(map(int, rows)) == sorted(ExitCode)


def test_what_the_task_sets_is_what_the_page_says():
    text = page("kfp-step")
    assert f'backoff_max_duration="{RETRY_WINDOW_SECONDS}s"' in text
    assert all(name in text for name in ANNOTATIONS)


def test_an_image_of_ones_own_has_the_packages_of_this_environment():
    (dockerfile,) = blocks("dockerfile")
    locked = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"[\w-]+==[\d.]+", dockerfile.text)
    assert len(pinned) == 3
    for requirement in pinned:
        assert f"\n{requirement} " in locked
