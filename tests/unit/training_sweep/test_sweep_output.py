"""What a sweep answers: the best configuration by its claim, the rest of it, and plain words."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sweep_inputs import SWEEP, decide, failure, success
from training_sweep.limits import LARGEST_OUTPUT
from training_sweep.parsing import parse_sweep
from training_sweep.results.output import TRIAL_COLUMNS, largest_dry_run, largest_output
from training_sweep.trials import trials_of

RATES = [0.1, 0.01, 0.001]
FIVE = SWEEP | {"space": {"lr": RATES}, "seeds": 5, "hyperparameters": {"epochs": 3}}
VALUES = [
    *(100.0, 110.0, 90.0, 105.0, 500.0),  # one lucky seed: interquartile mean 105
    *(200.0, 210.0, 190.0, 205.0, 195.0),  # 200
    *(20.0, 10.0, 30.0, 25.0, 15.0),  # 20
]


def ended(values=VALUES, **noted):
    return [success(number, value, **noted) for number, value in enumerate(values, start=1)]


def output(given=FIVE, records=None):
    decision = decide(given, ended() if records is None else records)
    assert decision["decision"] == "succeed", decision["cause"]
    return decision["output"]


def test_the_best_configuration_is_not_that_of_the_luckiest_seed():
    found = output()
    low, high = found["best"].pop("interval")
    assert 190 <= low < 200 < high <= 210
    assert found["best"] == {
        "configuration": 2,
        "trial": 7,
        "execution": "lr-sweep-t007",
        "value": 210.0,
        "n": 5,
        "iqm": 200.0,
        "mean": 200.0,
        "least": 190.0,
        "greatest": 210.0,
    }
    assert found["best_hyperparameters"] == {"epochs": 3, "lr": 0.01}
    assert found["best_seed"] == 2
    assert found["job_name"] == "job-t007"
    assert found["model_artifact_url"] == "s3://bucket/models/job-t007/output/model.tar.gz"
    assert found["objective"] == {"metric": "reward", "type": "maximize"}
    assert found["counts"] == {"trials": 15, "succeeded": 15, "failed": 0}
    assert (found["training_seconds"], found["billable_seconds"]) == (900, 300)


def test_less_may_be_better():
    found = output(FIVE | {"objective_type": "minimize"})
    assert found["best"]["configuration"] == 3
    assert (found["best"]["value"], found["best_seed"]) == (10.0, 2)


def test_every_configuration_has_its_statistics():
    found = output()["configurations"]
    assert [each["hyperparameters"] for each in found] == [{"lr": rate} for rate in RATES]
    assert [(each["n"], each["iqm"], each["mean"]) for each in found] == [
        (5, 105.0, 181.0),
        (5, 200.0, 200.0),
        (5, 20.0, 20.0),
    ]
    assert [(each["least"], each["greatest"]) for each in found] == [
        (90, 500),
        (190, 210),
        (10, 30),
    ]


def test_every_trial_is_a_row():
    given = FIVE | {"max_failed_trials": 1}
    found = output(given, [*ended()[:14], failure(15, start=3)])
    table = found["trials"]
    assert table["columns"] == TRIAL_COLUMNS
    assert table["rows"][6] == [7, 2, 2, 210.0, "", "job-t007", 1, 60, 20]
    assert table["rows"][14] == [15, 3, 5, "", "TrainingJobFailed", "job-t015", 3, "", ""]
    assert [each["trial"] for each in found["failures"]] == [15]
    assert found["counts"] == {"trials": 15, "succeeded": 14, "failed": 1}
    assert "1 trial failed; the seconds leave out what they took." in found["notes"]


def test_a_configuration_with_less_than_half_of_its_seeds_cannot_be_the_best():
    given = FIVE | {"max_failed_trials": 9}
    records = ended()
    records[5:8] = [failure(number) for number in (6, 7, 8)]
    found = output(given, records)
    assert found["best"]["configuration"] == 1
    assert found["configurations"][1]["n"] == 2
    few = "Fewer than half of the seeds of configuration{} have a result, so {} could not be the "
    few += "best."
    assert few.format(" 2", "it") in found["notes"]
    several = [*records[:2], *(failure(number) for number in (3, 4, 5)), *records[5:]]
    assert few.format("s 1, 2", "they") in output(given, several)["notes"]
    records[7] = success(8, 190.0)
    assert output(given, records)["best"]["configuration"] == 2


def test_a_configuration_without_any_result_is_listed_without_statistics():
    records = ended()
    records[:5] = [failure(number) for number in range(1, 6)]
    found = output(FIVE | {"max_failed_trials": 5}, records)
    assert found["configurations"][0] == {
        "configuration": 1,
        "hyperparameters": {"lr": 0.1},
        "n": 0,
    }


def test_of_equals_the_first_is_the_best():
    found = output(FIVE, ended([5.0] * 15))
    assert (found["best"]["configuration"], found["best_seed"]) == (1, 1)


def test_the_notes_say_what_the_claim_is():
    claim, *others = output()["notes"]
    assert claim.startswith(
        "The model is that of seed 2, the best of 5 of configuration 2. Its own reward of 210 is "
        "optimistic, for luck had a part in it. The claim is the interquartile mean, 200 (95 % "
        "interval "
    )
    assert others == [
        "Its interval overlaps with that of configuration 1: the difference may be chance."
    ]


def test_the_notes_say_when_intervals_are_rough_and_when_there_is_none():
    values = [*(1.0, 2.0, 3.0), *(11.0, 12.0, 13.0), *(5.0, 6.0, 7.0)]
    notes = output(FIVE | {"seeds": 3}, ended(values))["notes"]
    assert "Intervals of fewer than 5 seeds are rough." in notes
    alone = output(FIVE | {"seeds": 1}, ended([1.0, 2.0, 3.0]))
    assert "interval" not in alone["best"]
    assert "says nothing of other seeds" in alone["notes"][0]
    assert not any("rough" in note for note in alone["notes"])


def test_the_notes_say_when_the_space_holds_fewer_than_the_samples():
    given = FIVE | {"samples": 10, "seeds": 1}
    note = "The space holds 3 different configurations, fewer than the 10 samples asked for."
    assert note in output(given, ended([1.0, 2.0, 3.0]))["notes"]
    assert note in decide(given | {"dry_run": True})["output"]["notes"]


def test_the_notes_say_when_a_seed_draws_nothing():
    said = "`sampling_seed` did nothing: there are no `samples` to draw."
    assert said in output(FIVE | {"sampling_seed": 3})["notes"]
    assert said not in output(FIVE)["notes"]
    assert said not in output(FIVE | {"sampling_seed": 3, "samples": 10})["notes"]


def test_samples_of_which_some_failed_are_no_small_space():
    given = SWEEP | {"space": {"lr": list(range(9))}, "samples": 4, "max_failed_trials": 2}
    found = output(given, [success(1, 1.0), failure(2), failure(3), success(4, 2.0)])
    assert not any("space holds" in note for note in found["notes"])


def test_the_url_of_the_model_is_what_sagemaker_said():
    records = ended(model="job/elsewhere/model.tar.gz")
    found = output(FIVE | {"model_artifact_path": "s3://bucket/models/"}, records)
    assert found["model_artifact_url"] == "s3://bucket/models/job/elsewhere/model.tar.gz"


def test_no_more_than_twenty_failures_are_told_in_full():
    given = SWEEP | {"seeds": 60, "max_failed_trials": 30}
    records = [success(n, 1.0) if n > 25 else failure(n) for n in range(1, 61)]
    found = output(given, records)
    assert [each["trial"] for each in found["failures"]] == list(range(1, 21))
    assert found["counts"]["failed"] == 25


values = st.one_of(st.floats(-1e300, 1e300), st.just(-1.2345678901234567e-105))
spaces = st.dictionaries(
    st.text('abcé "\\', min_size=1, max_size=9),
    st.lists(st.text(max_size=30) | st.floats(-1e9, 1e9), min_size=1, max_size=4, unique=True),
    max_size=3,
)


@pytest.mark.long
@given(spaces, st.integers(1, 4), st.data())
def test_no_output_is_larger_than_what_was_reckoned_before(space, seeds, data):
    given = SWEEP | {"seeds": seeds, "max_failed_trials": 500} | ({"space": space} if space else {})
    given |= {"seed_hyperparameter": "the seed!"}
    arguments = parse_sweep(given)
    trials = trials_of(arguments)
    reckoned = largest_output(arguments, trials)
    records = [
        success(trial.number, data.draw(values), job="j" * 63, training=2_419_200)
        if data.draw(st.integers(0, 9))
        else failure(trial.number, job="j" * 63, message="m" * 160)
        for trial in trials
    ]
    decision = decide(given, records)
    if decision["decision"] == "fail":
        assert "half of its seeds" in decision["cause"]
        return
    found = decision["output"]
    assert len(json.dumps(found)) <= reckoned <= LARGEST_OUTPUT
    dry = decide(given | {"dry_run": True})["output"]
    assert len(json.dumps(dry)) <= largest_dry_run(arguments, trials)
    best = found["best"]
    counting = [each for each in found["configurations"] if 2 * each["n"] >= seeds]
    assert best["iqm"] == max(each["iqm"] for each in counting)
    own = [row for row in found["trials"]["rows"] if row[1] == best["configuration"]]
    assert best["value"] == max(row[3] for row in own if row[3] != "")
    assert all(math.isfinite(each["iqm"]) for each in counting)


@pytest.mark.parametrize("name", ["notes", "failures", "configurations"])
def test_lists_are_lists_however_few(name):
    assert isinstance(output(SWEEP, [success(1, 1.0)])[name], list)
