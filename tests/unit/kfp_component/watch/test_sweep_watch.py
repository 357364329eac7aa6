import json
import re

import pytest

from kfp_component.record.trials import StartedTrial, Trials
from kfp_component.watch.ended_logs import MOST_CURVES, chosen, read_curves
from kfp_component.watch.events.trial_events import Wave, read_event
from kfp_component.watch.sweep import watch_sweep
from tests.support import sweep_inputs
from tests.support.step.launcher_fakes import (
    STATE_MACHINE_ARN,
    FakeAws,
    FakeClock,
    ListView,
    client_error,
    state_exited,
)
from tests.support.sweep_inputs import SWEEP, decide
from training_sweep.records import Record

ARGUMENTS = {"space": {"lr": [0.1, 0.2]}, "objective_metric": "reward"}


def scheduled(number, trial, configuration, seed, lr):
    given = {
        "hyperparameters": {"lr": lr, "seed": seed, "other": 1},
        "tags": {"rl-configuration": str(configuration), "rl-seed": str(seed)},
    }
    details = {
        "resourceType": "states",
        "resource": "startExecution.sync:2",
        "parameters": json.dumps({"Name": f"sweep-t{trial:03}", "Input": given}),
    }
    return {"id": number, "type": "TaskScheduled", "taskScheduledEventDetails": details}


def wave(number, trials):
    return state_exited(number, "PlanSweep", {"decision": "run", "trials": trials})


def decided(number, given, records=()):
    return state_exited(number, "PlanSweep", decide(given, records))


def success(trial, value):
    return {
        "trial": trial,
        "start": 1,
        "redrives": 0,
        "job": f"job-{trial}",
        "model": "/m",
        "value": value,
        "training": 3,
        "billable": 2,
    }


def failure(trial):
    return {
        "trial": trial,
        "start": 1,
        "redrives": 0,
        "job": f"job-{trial}",
        "error": "TrainingJobFailed",
        "message": "It broke.",
    }


class World:
    def __init__(self, lasts=100.0):
        self.clock = FakeClock()
        self.aws = FakeAws(self.clock, lasts)
        self.view = ListView()
        self.arn = self.aws.states.start_execution(
            stateMachineArn=STATE_MACHINE_ARN, name="n", input="{}"
        )["executionArn"]

    def happen(self, *events):
        history = self.aws.states.history
        for make, *arguments in events:
            history.append(make(len(history) + 1, *arguments))

    def watch(self, arguments=ARGUMENTS):
        watch, shown = watch_sweep(self.aws, self.arn, self.view, arguments, self.clock)
        watch.run(self.clock.sleep)
        return shown


FOUR = (
    (wave, 4),
    (scheduled, 1, 1, 1, 0.1),
    (scheduled, 2, 1, 2, 0.1),
    (state_exited, "Train", success(1, 398.1234)),
    (state_exited, "Recorded", failure(2)),
    (scheduled, 3, 2, 1, 0.2),
)


def test_each_trial_that_ends_is_told_once_and_the_state_of_all_on_a_line():
    world = World()
    world.happen(*FOUR)
    shown = world.watch()
    told = [text for text in world.view.said if re.search(r"t00\d (done|failed)", text)]
    assert told == [
        "t001 done: reward 398.1 (lr=0.1, seed 1)",
        "t002 failed: TrainingJobFailed: It broke. (lr=0.1, seed 2)",
    ]
    snapshot = shown.snapshot()
    assert snapshot.line == "1 running, 1 done, 1 failed of 4 | best 398.1 lr=0.1, 1 seed"
    assert snapshot.share == 0.5


def test_the_line_of_the_issue():
    trials = Trials(maximize=True)
    trials.wave(6)
    for number in range(1, 6):
        trials.start(StartedTrial(number, "1", str(number), {"lr": 0.001}))
        trials.end(Record.of(success(number, 380 + 5 * number)))
    leader = trials.leader()
    assert (leader.configuration, leader.results) == ("1", 5)
    low, high = leader.interval
    assert low < leader.iqm < high


def test_less_is_better_where_the_objective_is_minimized():
    trials = Trials(maximize=False)
    for number, value in ((1, 5.0), (2, 3.0)):
        trials.start(StartedTrial(number, str(number), "1", {"lr": number}))
        trials.end(Record.of(success(number, value)))
    assert trials.leader().configuration == "2"


def test_one_lucky_seed_does_not_lead_before_many():
    trials = Trials(maximize=True)
    for number in range(1, 6):
        trials.start(StartedTrial(number, "1" if number < 5 else "2", str(number), {}))
        trials.end(Record.of(success(number, 1000 if number == 5 else 10)))
    assert trials.leader().configuration == "1"


SIX = SWEEP | {"space": {"lr": [0.1, 0.2]}, "seeds": 3}


def test_while_the_pilot_runs_all_trials_are_counted():
    world = World()
    piloted = (decided, SIX | {"pilot": True})
    world.happen(piloted, (scheduled, 1, 1, 1, 0.1))
    snapshot = world.watch(SIX).snapshot()
    assert (snapshot.status, snapshot.share) == ("1 running, 0 done of 6", 0)
    world = World()
    world.happen(piloted, (scheduled, 1, 1, 1, 0.1), (state_exited, "Recorded", failure(1)))
    snapshot = world.watch(SIX).snapshot()
    assert (snapshot.status, snapshot.share) == ("0 running, 0 done, 1 failed of 6", 1 / 6)


def test_a_wave_that_a_redrive_goes_on_with_is_no_more_trials():
    """The Map begins again with all its items, of which it runs those that had not ended."""
    world = World()
    begun = {"type": "MapStateStarted", "mapStateStartedEventDetails": {"length": 6}}
    world.happen(
        (decided, SIX),
        (scheduled, 1, 1, 1, 0.1),
        (state_exited, "Train", success(1, 5.0)),
        (lambda number: begun | {"id": number},),
        (scheduled, 2, 1, 2, 0.1),
    )
    assert world.watch(SIX).snapshot().status == "1 running, 1 done of 6"


def test_a_sweep_that_has_ended_begins_no_wave():
    records = [sweep_inputs.success(number, 1.0) for number in range(1, 7)]
    assert decide(SIX, records)["decision"] == "succeed"
    assert read_event(decided(1, SIX, records)) is None


def test_a_redrive_is_counted_right():
    trials = Trials(maximize=True)
    trials.wave(4)
    trials.start(StartedTrial(1, "1", "1", {}))
    trials.end(Record.of(success(1, 1)))
    for number in (2, 3, 4):
        trials.start(StartedTrial(number, "1", "1", {}))
        trials.end(Record.of(failure(number)))
    assert (trials.done, trials.failed) == (1, 3)
    trials.wave(4)
    assert (trials.done, trials.failed, trials.total) == (1, 0, 4)
    trials.start(StartedTrial(2, "1", "1", {}))
    trials.end(Record.of(success(2, 1) | {"start": 2, "redrives": 1}))
    # What is to be trained again has not failed.
    assert (trials.done, trials.failed, trials.running) == (2, 0, set())


@pytest.mark.parametrize("large", [0, 20_000], ids=["small events", "some large ones"])
def test_a_pod_that_joins_late_reads_a_long_history_once(large):
    world = World()
    trials = range(1, 301)
    # The newest are small: pages grow, and must shrink again.
    padding = {number: "x" * large * (number < 200) for number in trials}
    world.happen((wave, len(trials)))
    for number in trials:
        world.happen(
            (scheduled, number, 1, number, padding[number]),
            (state_exited, "Train", success(number, number)),
        )
    shown = world.watch()
    assert (shown.trials.done, shown.trials.total) == (300, 300)
    assert sum("t001 done" in text for text in world.view.said) == 1
    assert world.aws.states.calls.count("get_execution_history") < (60 if large else 30)


def test_the_logs_of_the_first_three_failures_are_shown_and_no_others():
    world = World()
    for number in range(1, 6):
        world.aws.logs.streams[f"job-{number}/algo-1-1"] = [f"last words of {number}"]
    world.happen((wave, 5), *((state_exited, "Recorded", failure(n)) for n in range(1, 6)))
    shown = world.watch()
    assert set(shown.last_lines) == {"job-1", "job-2", "job-3"}
    assert [host for host, _ in world.view.logged] == ["t001", "t002", "t003"]


def test_with_an_assumed_role_it_is_said_where_the_logs_are():
    world = World()
    world.happen((wave, 5), *((state_exited, "Recorded", failure(n)) for n in range(1, 6)))
    shown = world.watch(ARGUMENTS | {"assume_role": "arn:aws:iam::210987654321:role/other"})
    told = [text for text in world.view.said if "account of assume_role" in text]
    assert [text.rpartition(" ")[2] for text in told] == ["job-1", "job-2", "job-3"]
    assert world.aws.logs.calls == []
    assert shown.last_lines == {}


def test_a_role_that_may_read_nothing_costs_the_lines_and_not_the_sweep():
    world = World()
    world.happen(*FOUR)

    def refuse(**_):
        raise client_error("AccessDeniedException")

    world.aws.states.get_execution_history = refuse
    shown = world.watch()
    assert shown.snapshot().line == "Waiting for the first trial"
    assert sum("cannot be shown here" in text for text in world.view.said) == 1


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "MapStateStarted"},
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "PlanSweep"}},
        state_exited(1, "PlanSweep", {"decision": "run"}),
        state_exited(1, "PlanSweep", [1]),
        {"type": "TaskScheduled", "taskScheduledEventDetails": {"resource": "invoke"}},
        {
            "type": "TaskScheduled",
            "taskScheduledEventDetails": {"resource": "startExecution.sync:2", "parameters": "{"},
        },
        {"type": "TaskStateExited", "stateExitedEventDetails": {"name": "Train"}},
        state_exited(1, "Train", [1]),
        state_exited(1, "Train", {"trial": 1}),
        state_exited(1, "Train", "x" * 10_000),
        {"type": "TaskStateExited", "stateExitedEventDetails": None},
    ],
)
def test_odd_events_say_nothing(event):
    assert read_event(event) is None


def test_events_say_what_they_are_and_keep_what_varies():
    assert read_event(wave(1, 7)) == Wave(7)
    started = read_event(scheduled(2, 7, 3, 11, 0.5), ["lr"])
    assert started == StartedTrial(7, "3", "11", {"lr": 0.5})


def test_curves_are_an_even_sample_with_the_best_configuration_in_it():
    found = chosen(list(range(1, 501)), list(range(101, 111)))
    assert len(found) == len(set(found)) == MOST_CURVES
    assert found[:10] == list(range(101, 111))
    assert chosen([1, 2, 3], [2]) == [2, 1, 3]
    half = chosen(list(range(1, 101)), list(range(1, 81)))
    assert sum(trial <= 80 for trial in half) == MOST_CURVES // 2


@pytest.mark.parametrize(
    "given", [{"reward": "reward=(.*)"}, [{"Name": "reward", "Regex": "reward=(.*)"}]]
)
def test_an_author_s_own_definition_needs_no_job_to_be_described(given):
    world = World()
    world.aws.logs.streams["job-1/algo-1-1"] = ["reward=1", "reward=2.5"]
    curves = read_curves(
        world.aws, "reward", {1: "job-1"}, [1], age=60, definitions=given, clock=world.clock
    )
    assert curves.points == {1: [(0, 1.0), (1, 2.5)]}
    assert curves.problem == ""


def test_logs_that_cannot_be_read_are_a_sentence_and_no_failure():
    world = World()

    def refuse(**_):
        raise client_error("AccessDeniedException")

    world.aws.sagemaker.describe_training_job = refuse
    curves = read_curves(world.aws, "reward", {1: "job-1"}, [1], age=60, clock=world.clock)
    assert curves.points == {}
    assert "AccessDenied" in curves.problem
