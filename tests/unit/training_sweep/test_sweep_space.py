"""Grids and draws: whole, different, within bounds, and always the same."""

import json
import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training_sweep.space import Range, combinations, draws, grid

values = st.one_of(st.integers(), st.text(max_size=3), st.booleans(), st.none())
lists = st.lists(values, min_size=1, max_size=5, unique_by=json.dumps)
names = st.text(min_size=1, max_size=4)
grids = st.dictionaries(names, lists, min_size=1, max_size=4)
numbers = st.floats(1e-12, 1e12) | st.sampled_from([1e-5, 0.1, 0.99, 0.999, 1.0, 64.0, 1e6])


@st.composite
def float_ranges(draw):
    least, greatest = sorted(draw(st.lists(numbers, min_size=2, max_size=2, unique=True)))
    return Range(least, greatest, draw(st.sampled_from(["linear", "log"])), "float")


@st.composite
def int_ranges(draw):
    least = draw(st.integers(1, 10**6))
    greatest = least + draw(st.integers(1, 10**6))
    return Range(least, greatest, draw(st.sampled_from(["linear", "log"])), "int")


def text(configuration):
    return json.dumps(configuration, sort_keys=True)


@given(grids)
def test_a_grid_is_the_product_each_combination_once(space):
    found = list(grid(space))
    assert len(found) == combinations(space) == math.prod(map(len, space.values()))
    assert len({text(each) for each in found}) == len(found)
    for each in found:
        assert all(value in space[name] for name, value in each.items())


@given(grids, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_neither_grid_nor_draws_depend_on_the_order_of_names(space, samples, seed):
    turned = dict(reversed(space.items()))
    assert list(grid(space)) == list(grid(turned))
    assert draws(space, samples, seed) == draws(turned, samples, seed)


@given(grids, st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_draws_differ_and_a_small_space_is_tried_whole(space, samples, seed):
    found = draws(space, samples, seed)
    assert len(found) == len({text(each) for each in found}) == min(samples, combinations(space))
    if combinations(space) <= samples:
        assert found == list(grid(space))


@given(float_ranges() | int_ranges(), st.integers(0, 2**32 - 1))
def test_numbers_are_within_their_range_and_of_their_type(dimension, seed):
    for each in draws({"x": dimension}, 5, seed):
        assert dimension.min <= each["x"] <= dimension.max
        assert type(each["x"]) is (int if dimension.type == "int" else float)


@given(float_ranges())
def test_both_ends_of_a_range_are_reached_and_more_is_more(dimension):
    places = [dimension.at(n / 20) for n in range(21)]
    assert places == sorted(places)
    slack = 1e-5 * (dimension.max - dimension.min)
    assert places[0] == pytest.approx(dimension.min, abs=slack)
    assert places[-1] == pytest.approx(dimension.max, abs=slack)


@given(int_ranges())
def test_both_ends_of_a_range_of_integers_are_reached(dimension):
    below_one = math.nextafter(1.0, 0.0)
    assert (dimension.at(0.0), dimension.at(below_one)) == (dimension.min, dimension.max)


def test_the_draws_of_a_seed_are_these_on_every_platform():
    space = {
        "lr": Range(1e-5, 1e-2, "log"),
        "gamma": Range(0.9, 0.999),
        "units": Range(16, 256, "log", "int"),
        "layers": [1, 2, 3],
    }
    recorded = [
        {"gamma": 0.9835978, "layers": 3, "lr": 0.00018269, "units": 32},
        {"gamma": 0.9506162, "layers": 2, "lr": 0.00224593, "units": 37},
        {"gamma": 0.9471831, "layers": 2, "lr": 0.00530077, "units": 64},
    ]
    assert draws(space, 3, 0) == recorded
    assert draws(space, 3, 1) != recorded


def test_more_samples_begin_with_the_same():
    space = {"lr": Range(1e-5, 1e-2, "log"), "layers": [1, 2]}
    assert draws(space, 20, 3)[:10] == draws(space, 10, 3)


def test_on_a_log_scale_every_power_of_ten_is_as_likely():
    found = [each["x"] for each in draws({"x": Range(1e-4, 1.0, "log")}, 400, 0)]
    for power in range(-4, 0):
        assert 70 <= sum(10**power <= x < 10 ** (power + 1) for x in found) <= 130


def test_on_a_linear_scale_every_part_is_as_likely():
    found = [each["x"] for each in draws({"x": Range(-2.0, 2.0)}, 400, 0)]
    for part in range(-2, 2):
        assert 70 <= sum(part <= x < part + 1 for x in found) <= 130


def test_integers_on_a_linear_scale_are_as_likely_each():
    dimension = Range(1, 4, "linear", "int")
    found = [dimension.at(n / 400) for n in range(400)]
    assert [found.count(value) for value in (1, 2, 3, 4)] == [100] * 4


@pytest.mark.parametrize(
    ("dimension", "place", "value"),
    [
        (Range(0.0, 1.0), 1 / 3, 0.333333),
        (Range(0.99999, 0.999999), 1 / 3, 0.999993),
        (Range(0.99999, 0.999999, "log"), 1 / 7, 0.99999128571),
        (Range(1e-5, 1e-2, "log"), 1 / 7, 2.68270e-05),
    ],
)
def test_numbers_have_the_digits_that_say_something(dimension, place, value):
    assert dimension.at(place) == value


def test_a_range_of_no_more_numbers_than_samples_ends_early():
    narrow = Range(1.0, math.nextafter(1.0, 2.0))
    assert len(draws({"x": narrow}, 50, 0)) == 2


def test_an_enormous_grid_is_never_listed():
    space = {f"x{n}": list(range(100)) for n in range(12)}
    assert combinations(space) == 10**24
    assert len(list(islice(grid(space), 3))) == 3
    assert len(draws(space, 500, 0)) == 500
