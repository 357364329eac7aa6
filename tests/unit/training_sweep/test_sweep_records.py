"""Records: small, tolerant, and made by the JSONata that records.py documents."""

import json
import math
import re

import jsonata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.sweep_inputs import failure, success
from training_sweep import records
from training_sweep.limits import LARGEST_INPUT, LARGEST_RECORD, LARGEST_STATE, MAX_TRIALS
from training_sweep.records import Record, latest

MADE_BY_SUCCESS, MADE_BY_FAILURE = re.findall(r"\{'trial'.*?\)?\}\n", records.__doc__, re.DOTALL)
WIDEST = [
    {"trial": 500, "start": 99, "redrives": 99, "job": "j" * 63, "error": "e" * 99}
    | {"message": 'é"\\\n' * 99},
    {"trial": 500, "start": 99, "redrives": 99, "job": "j" * 63, "value": -1.2345678901234567e-105}
    | {"training": 2_419_200, "billable": 2_419_200, "model": "m" * 100},
    {"trial": 500, "start": 99, "redrives": 99, "job": "j" * 63, "value": "9" * 999}
    | {"training": 2_419_200, "billable": 2_419_200, "model": "m" * 100},
]


def made(expression, **names):
    found = jsonata.Jsonata(expression).evaluate(
        {"t": 7, "start": 2, "redrives": 1, "objective_metric": "reward", **names}
        | {"model_artifact_path": "s3://b/models"}
    )
    return json.loads(json.dumps(found))


def test_the_record_of_a_success_is_made_as_documented():
    output = {
        "job_name": "job",
        "model_artifact_url": "s3://b/models/job/output/model.tar.gz",
        "final_metrics": {"reward": 398.5, "loss": 0.1},
        "training_seconds": 60,
        "billable_seconds": 20,
    }
    found = Record.of(made(MADE_BY_SUCCESS, OUTPUT=output))
    assert found == Record(7, 2, 1, "job", "/job/output/model.tar.gz", 398.5, 60, 20)
    without = Record.of(made(MADE_BY_SUCCESS, OUTPUT=output | {"final_metrics": {"loss": 0.1}}))
    assert (without.error, without.job, without.billable_seconds) == ("ObjectiveMissing", "job", 20)


def test_the_record_of_a_failure_is_made_as_documented():
    cause = {"message": 'It "failed":\n\tcafé \\' + "x" * 200, "job_name": "job"}
    found = made(MADE_BY_FAILURE, CAUSE=cause, ERROR="TrainingJobFailed")
    assert found["message"].startswith("It  failed :  caf   xxx")
    assert len(found["message"]) == 160
    assert Record.of(found).to_json() == found
    no_job = made(MADE_BY_FAILURE, CAUSE={"message": "no"}, ERROR="RequestRejected")
    assert Record.of(no_job) == Record(7, 2, 1, "", error="RequestRejected", message="no")


@pytest.mark.parametrize("noted", WIDEST)
def test_no_record_is_larger_than_what_is_reserved_for_it(noted):
    assert len(json.dumps(Record.of(noted).to_json())) <= LARGEST_RECORD


def test_input_and_all_records_fit_a_state():
    assert LARGEST_INPUT + MAX_TRIALS * (LARGEST_RECORD + len(", ")) + 1_000 < LARGEST_STATE


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (0, ""),
        (-3.5, ""),
        (None, "ObjectiveMissing"),
        (math.nan, "ObjectiveNotANumber"),
        (math.inf, "ObjectiveNotANumber"),
        (-math.inf, "ObjectiveNotANumber"),
        (10**400, "ObjectiveNotANumber"),
        (True, "ObjectiveNotANumber"),
        ("NaN", "ObjectiveNotANumber"),
        ({}, "ObjectiveNotANumber"),
    ],
)
def test_an_objective_that_is_no_number_is_a_failure_named_so(value, error):
    found = Record.of(success(1, value))
    assert (found.error, found.succeeded) == (error, not error)
    if error:
        assert found.value is None
        assert found.message
        assert found.training_seconds == 60
        assert Record.of(found.to_json()) == found


def test_a_record_without_job_and_error_is_a_failure():
    assert Record.of({"trial": 3}).error == "UnknownOutcome"
    assert Record.of(success(3, 1.0, model="")).error == "UnknownOutcome"
    assert Record.of({"trial": 3, "error": {}}).error == "UnknownOutcome"


def test_records_come_as_a_list_or_lists_or_as_a_single_one():
    one, two = success(1, 5.0), failure(2)
    expected = {1: Record.of(one), 2: Record.of(two)}
    for noted in ([one, two], [two, one], [[two], one], [[one, [two]], []]):
        assert latest(noted, 2) == expected
    assert latest(one, 2) == {1: Record.of(one)}
    for nothing in ([], {}, None, "", [[]]):
        assert latest(nothing, 2) == {}


def test_of_two_records_a_result_counts_and_then_the_later_one():
    again = failure(1, "CapacityUnavailable", start=2, redrives=1)
    assert latest([success(1, 5.0), again], 1)[1].succeeded
    assert latest([again, success(1, 5.0)], 1)[1].succeeded
    assert latest([failure(1), again], 1)[1].start == 2


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
keys = "trial start redrives job value training billable error message".split()


@given(st.lists(json_values | st.dictionaries(st.sampled_from(keys), json_values), max_size=5))
def test_whatever_the_states_carried_is_read(noted):
    for number, record in latest(noted, 9).items():
        assert 1 <= number == record.trial <= 9
        assert record.succeeded == (record.value is not None)
        assert len(json.dumps(record.to_json(), allow_nan=False)) <= LARGEST_RECORD
