"""The news-vendor example: its problem, its policies, its method, and its training script."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

SOURCE = Path(__file__).parents[3] / "examples" / "newsvendor"
sys.path.append(str(SOURCE))  # as in a job, whose entry point lies beside these modules

import evolution  # noqa: E402
import inventory  # noqa: E402
import policy  # noqa: E402


class RemoteClass:
    """What `@ray.remote` makes of a class, in this process: `Class.remote()` is an actor."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def remote(self) -> Any:
        actor = self.original()
        return SimpleNamespace(profits=SimpleNamespace(remote=actor.profits))


class Ray(ModuleType):
    """The part of Ray's core that the script uses, run at once and in this process."""

    remote = RemoteClass
    put = staticmethod(lambda value: value)
    get = staticmethod(lambda values: values)
    cluster_resources = staticmethod(lambda: {"CPU": 2.0})


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The training script, imported with a stand-in for Ray."""
    monkeypatch.setitem(sys.modules, "ray", Ray("ray"))
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        monkeypatch.setenv(name, "")
    sys.modules.pop("train", None)
    yield importlib.import_module("train")
    sys.modules.pop("train", None)


def one_shop() -> Any:
    shops = inventory.Shops(1, seed=0)
    shops.observation[0] = [10, 4, 3, 2, 1, 50, 30, 2, 5, 100]
    return shops


def demand_of(shops: Any, pieces: float) -> None:
    shops._draw_demand = lambda: np.array([pieces])


def test_a_day_that_sells_out() -> None:
    shops = one_shop()
    demand_of(shops, 20)
    profit = shops.step(np.array([7.0]))
    # 10 on the shelf and 4 delivered are sold; 6 customers leave without.
    assert profit.tolist() == [14 * 50 - 4 * 30 - 6 * 5]
    assert shops.observation[0].tolist() == [0, 3, 2, 1, 7, 50, 30, 2, 5, 100]


def test_a_day_that_leaves_goods_on_the_shelf() -> None:
    shops = one_shop()
    demand_of(shops, 9)
    profit = shops.step(np.array([0.0]))
    assert profit.tolist() == [9 * 50 - 4 * 30 - 5 * 2]
    assert shops.observation[0].tolist() == [5, 3, 2, 1, 0, 50, 30, 2, 5, 100]


def test_an_order_is_paid_for_and_sold_on_the_fifth_day_after_it() -> None:
    shops = one_shop()
    shops.observation[0, inventory.GOODS] = 0
    demand_of(shops, 8)
    profits = [float(shops.step(np.array([8.0 if day == 0 else 0.0]))[0]) for day in range(6)]
    nothing_to_sell, sold_out = -8 * 5.0, 8 * 50 - 8 * 30.0
    assert profits == [nothing_to_sell] * 4 + [sold_out, nothing_to_sell]


def test_demand_has_the_mean_of_the_shop_and_varies() -> None:
    shops = inventory.Shops(20000, seed=1)
    shops.observation[:, inventory.DEMAND] = 100
    demand = shops._draw_demand()
    assert demand.mean() == pytest.approx(100, rel=0.02)
    assert demand.std() == pytest.approx(51, rel=0.05)


def test_same_seed_same_profit_other_seed_other_shops() -> None:
    def profit(seed: int) -> list[float]:
        return inventory.play(policy.order_up_to(5), 3, seed).tolist()

    assert profit(1) == profit(1) != profit(2)


def test_untrained_network_orders_the_mean_demand() -> None:
    shops = inventory.Shops(5, seed=2)
    orders = policy.network(policy.untrained(seed=0))(shops.observation)
    assert orders.tolist() == np.round(shops.observation[:, inventory.DEMAND]).tolist()


def test_order_up_to_fills_the_position_and_never_sends_goods_back() -> None:
    shops = one_shop()  # 20 pieces on hand and on the way, 100 wanted a day
    assert policy.order_up_to(0.5)(shops.observation).tolist() == [30]
    assert policy.order_up_to(0.1)(shops.observation).tolist() == [0]


def test_features_do_not_depend_on_the_currency_or_the_size_of_the_shop() -> None:
    observation = one_shop().observation
    scaled = observation.copy()
    scaled[:, [inventory.PRICE, inventory.COST, inventory.HOLDING, inventory.PENALTY]] *= 7
    scaled[:, inventory.GOODS] *= 3
    scaled[:, inventory.DEMAND] *= 3
    assert policy.features(scaled) == pytest.approx(policy.features(observation))
    assert policy.features(observation).shape == (1, policy.FEATURES)


def test_ranks_are_spread_evenly() -> None:
    assert evolution.ranks(np.array([[3.0, 900.0], [1.0, 2.0]])).tolist() == [
        [pytest.approx(1 / 6), 0.5],
        [-0.5, pytest.approx(-1 / 6)],
    ]


def test_the_direction_points_to_the_better_of_each_pair() -> None:
    towards = evolution.direction([7], [(2.0, 1.0)], 5)
    assert towards * evolution.change(7, 5) == pytest.approx(
        np.abs(towards * evolution.change(7, 5))
    )
    assert evolution.direction([7], [(1.0, 2.0)], 5).tolist() == (-towards).tolist()


def test_the_search_climbs_a_hill() -> None:
    top = np.array([0.2, -0.1, 0.3])
    search = evolution.Search(np.zeros(3))
    for iteration in range(60):
        seeds = range(100 * iteration, 100 * iteration + 10)
        profits = [
            tuple(
                -float(((search.parameters + sign * evolution.change(seed, 3) - top) ** 2).sum())
                for sign in (1, -1)
            )
            for seed in seeds
        ]
        search.move(evolution.direction(seeds, profits, 3))
    assert search.parameters == pytest.approx(top, abs=0.05)


@pytest.mark.long
def test_training_clearly_beats_the_untrained_policy(script: Any, tmp_path: Path) -> None:
    search = evolution.Search(policy.untrained(0))
    script.train(search, script.parse_options(["--iterations", "8"]), tmp_path)
    profits = script.evaluate(search, seed=0)
    assert profits["trained"] > 1.3 * profits["untrained"]


def test_number_of_workers_makes_no_difference(script: Any) -> None:
    def parameters(workers: int) -> list[float]:
        search = evolution.Search(policy.untrained(0))
        actors = [script.Worker.remote() for _ in range(workers)]
        script.improve(search, actors, pairs=3, seed=0)
        return search.parameters.tolist()

    assert parameters(1) == parameters(2) == parameters(5)


def test_resumed_search_ends_where_an_uninterrupted_one_does(script: Any, tmp_path: Path) -> None:
    def options(iterations: int) -> Any:
        return script.parse_options(["--iterations", str(iterations), "--population", "4"])

    whole = evolution.Search(policy.untrained(0))
    script.train(whole, options(2), tmp_path / "whole")
    first = evolution.Search(policy.untrained(0))
    script.train(first, options(1), tmp_path / "parts")
    resumed = evolution.Search(policy.untrained(0))
    script.load_checkpoint(tmp_path / "parts", resumed)
    assert resumed.iteration == 1
    script.train(resumed, options(2), tmp_path / "parts")
    assert resumed.parameters.tolist() == whole.parameters.tolist()
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["search.npz"]


def test_results_hold_the_policy_and_the_comparison(
    script: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = evolution.Search(policy.untrained(0))
    profits = {"untrained": 40000.0, "order_up_to": 50000.0, "trained": 60000.0}
    script.report(profits)
    script.save_results(search, profits, tmp_path / "model", tmp_path / "output")
    assert "trained         60,000  +50%" in capsys.readouterr().out
    with np.load(tmp_path / "model" / "policy.npz", allow_pickle=False) as model:
        assert model["parameters"].shape == (policy.PARAMETERS,)
    assert '"trained": 60000.0' in (tmp_path / "output" / "evaluation.json").read_text()


def test_a_host_beyond_the_first_says_that_it_has_nothing_to_do(
    script: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SM_HOSTS", '["algo-1", "algo-2"]')
    monkeypatch.setenv("SM_CURRENT_HOST", "algo-2")
    monkeypatch.setattr(sys, "argv", ["train.py"])
    script.main()
    assert "algo-2 has nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*.py")), ids=lambda path: path.name)
def test_code_is_python_3_6(path: Path) -> None:
    """Ray's PyTorch images have Python 3.6, which knows neither this syntax nor these names."""
    tree = ast.parse(path.read_text(), feature_version=(3, 6))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not imported & {"annotations", "dataclass", "dataclasses", "Literal", "Protocol"}
