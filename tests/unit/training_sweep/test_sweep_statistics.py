"""Interquartile mean and interval: what rliable 1.2 computed (tests/support/recordings)."""

import json
import math
import statistics
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_sweep.statistics import (
    RESAMPLES,
    Summary,
    interquartile_mean,
    interval,
    resamples,
    summarise,
)

pytestmark = pytest.mark.long

RECORDED = json.loads(Path(__file__).with_name("rliable_recorded.json").read_text())
CASES = RECORDED["cases"]
MANY = 20_000
"""Fewer than rliable's 50,000, for pure Python's sake."""

finite = st.floats(-1e6, 1e6)
results = st.lists(finite, min_size=1, max_size=60)


def named(case):
    return f"{case['kind']}-{len(case['scores'])}"


def test_the_recording_is_of_rliable_1_2():
    assert RECORDED["recorded_with"]["rliable"] == "1.2.0"
    assert {len(case["scores"]) for case in CASES} >= {1, 2, 3, 4, 5, 10, 20, 50}


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_interquartile_mean_is_rliables_to_the_last_digit_but_one(case):
    # Ours is rounded once, NumPy's after each addition.
    found = interquartile_mean(case["scores"])
    assert math.isclose(found, case["iqm"], rel_tol=1e-15)


@pytest.mark.parametrize("case", [case for case in CASES if "same" in case], ids=named)
def test_of_rliables_own_resamples_the_interval_is_rliables(case):
    same = case["same"]
    assert len(same["draws"]) == 60
    draws = Counter(map(tuple, same["draws"]))
    assert interval(case["scores"], draws) == pytest.approx(same["interval"], rel=1e-13)


@pytest.mark.parametrize("case", [case for case in CASES if len(case["scores"]) > 1], ids=named)
def test_of_our_resamples_the_interval_is_near_rliables(case):
    scores, (low, high) = case["scores"], case["interval"]
    many = interval(scores, resamples(len(scores), MANY))
    usual = interval(scores, resamples(len(scores)))
    # Of a normal distribution such a bound has a standard error of 0.5 % of the width with 20,000
    # resamples, of 1.5 % with 2,000. The means of few results come in lumps: a bound may be the
    # next one.
    assert many == pytest.approx((low, high), abs=0.03 * (high - low))
    assert usual == pytest.approx((low, high), abs=0.15 * (high - low))


def test_the_resamples_are_always_the_same():
    drawn = resamples(5)
    assert drawn.total() == RESAMPLES == 2_000
    assert list(drawn)[:3] == [(1, 2, 2, 3, 4), (1, 2, 2, 2, 3), (1, 2, 3, 3, 4)]
    assert len(drawn) == 122


@pytest.mark.parametrize(
    ("values", "iqm"),
    [
        ([7.0], 7.0),
        ([1.0, 3.0], 2.0),
        ([1.0, 2.0, 6.0], 3.0),
        ([0.0, 1.0, 2.0, 100.0], 1.5),
        ([5.0, 1.0, 3.0, 2.0, -900.0, 4.0, 900.0], 3.0),
        ([float(n) for n in range(8)], 3.5),
    ],
)
def test_a_quarter_is_left_out_at_either_end_rounded_down(values, iqm):
    assert interquartile_mean(values) == iqm


def test_a_single_result_has_no_interval():
    assert summarise([3.0]) == Summary(1, 3.0, None, 3.0, 3.0, 3.0)
    assert "interval" not in summarise([3.0]).to_json()


@given(results)
def test_a_summary_is_what_it_says(values):
    found = summarise(values)
    assert (found.n, found.least, found.greatest) == (len(values), min(values), max(values))
    assert found.mean == pytest.approx(statistics.fmean(values), abs=1e-6)
    slack = 1e-9 * (1 + abs(found.least) + abs(found.greatest))
    for value in (found.iqm, *(found.interval or ())):
        assert found.least - slack <= value <= found.greatest + slack
    if found.interval:
        assert found.interval[0] <= found.interval[1]


@given(results, st.randoms())
def test_the_order_of_results_does_not_count_for_the_mean(values, random):
    shuffled = random.sample(values, len(values))
    assert interquartile_mean(values) == interquartile_mean(shuffled)
