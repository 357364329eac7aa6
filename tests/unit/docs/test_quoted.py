"""What the pages quote of the code, its output and its limits, is what the code says."""

import json
import re

import pytest

from kfp_component.author.source_archive import LARGEST_BYTES
from kfp_component.author.tasks.long_task import ANNOTATIONS, RETRY_WINDOW_SECONDS
from kfp_component.errors import ExitCode
from kfp_component.record.trials import StartedTrial
from kfp_component.watch.ended_logs import MOST_CURVES
from kfp_component.watch.sweep import watch_sweep
from tests.support.step.launcher_fakes import STATE_MACHINE_ARN, FakeAws, FakeClock, ListView
from tests.support.sweep_inputs import SWEEP, decide, failure, success
from tests.unit.docs.pages import ROOT, blocks
from training_job.arguments.images import image
from training_job.outcome import capacity, create_call, judge
from training_sweep.limits import LARGEST_RECORD, LARGEST_STATE, MAX_PARALLEL, MAX_TRIALS
from training_sweep.records import Record
from training_sweep.statistics import RESAMPLES, ROUGH_BELOW


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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kfp-step", f"more than {LARGEST_BYTES // 2**20} MiB"),
        ("kfp-step", f"at most {MOST_CURVES} trials"),
        ("sweeps", f"At most {MAX_TRIALS} trials and {MAX_PARALLEL} at once"),
        ("sweeps", f"of at most {LARGEST_RECORD} bytes"),
        ("sweeps", f"of {LARGEST_STATE:,} bytes"),
        ("sweeps", f"of {RESAMPLES:,} resamples"),
        ("sweeps", f"fewer than {ROUGH_BELOW} seeds"),
        ("outcomes", f"after {capacity._MOST_CALLS} the execution gives up"),
        ("deploy", f"Ray image, which {len(image._TABLE['registries']['2020'])} regions have"),
        ("outcomes", f"called again, up to {create_call.MAX_CALLS} times"),
        ("outcomes", f"looked for up to {create_call.MAX_LOOKS} times"),
        ("outcomes", f"may not be for {judge.MAX_DENIED_LOOKS} "),
    ],
)
def test_limits_are_the_codes(name, words):
    assert re.search(re.escape(words).replace(r"\ ", r"\s+"), page(name)), words


def test_the_page_says_what_is_left_of_a_sweep_in_which_too_many_trials_failed():
    ten = [failure(1), *(success(trial, 1.0) for trial in range(2, 11))]
    assert decide(SWEEP | {"seeds": 10}, ten)["decision"] == "succeed"
    failed = decide(SWEEP | {"seeds": 9}, ten[:9])
    assert (failed["error"], failed["output"]) == ("TrialsFailed", {})
    cause = json.loads(failed["cause"])
    assert set(cause) == {"message", "counts", "failures", "trials"}
    text = " ".join(page("sweeps").split())
    assert f"table of all trials ({', '.join(cause['trials']['columns'])})" in text
    assert "no statistics, no model and no report" in text
    assert "Without `max_failed_trials`, none of fewer than 10 trials may fail" in text


def test_what_the_page_says_of_sweeps_holds_where_less_is_better():
    assert not re.search("highest|lowest", page("sweeps"))


def test_an_image_of_ones_own_has_the_packages_of_this_environment():
    (dockerfile,) = blocks("dockerfile")
    locked = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"[\w-]+==[\d.]+", dockerfile.text)
    assert len(pinned) == 3
    for requirement in pinned:
        assert f"\n{requirement} " in locked
