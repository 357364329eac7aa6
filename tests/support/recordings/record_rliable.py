"""Record what rliable 1.2 computes, for test_sweep_statistics.py.

It is archived and brings matplotlib, pandas and more, so it is no dependency of this project. In an
environment of its own:

    python -m venv /tmp/rliable && /tmp/rliable/bin/pip install rliable==1.2.0 'pandas<3'
    /tmp/rliable/bin/python tests/support/recordings/record_rliable.py

It takes about four minutes.
"""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rliable.library import StratifiedBootstrap, get_interval_estimates
from rliable.metrics import aggregate_iqm

RECORDED = Path(__file__).parents[2] / "unit/training_sweep/rliable_recorded.json"
MANY = 50_000

Scores = np.ndarray[Any, np.dtype[np.float64]]


def iqm(scores: Scores) -> Scores:
    return np.array([aggregate_iqm(scores)])


def scores_of(rng: np.random.Generator, kind: str, n: int) -> Scores:
    if kind == "returns":  # CartPole's: many at the limit, some far below
        return np.minimum(rng.normal(430, 120, n), 500.0)
    if kind == "normal":
        return rng.normal(-3.0, 2.0, n)
    return np.exp(rng.normal(0.0, 2.0, n))


def with_draws(scores: Scores, reps: int, seed: int) -> dict[str, Any]:
    """Return the interval together with the resamples that rliable drew for it."""
    drawn: list[list[int]] = []

    class Recording(StratifiedBootstrap):  # type: ignore[misc]  # rliable has no types
        def update_indices(self) -> Any:
            indices = super().update_indices()
            drawn.append(indices[0][:, 0].tolist())
            return indices

    np.random.seed(seed)  # rliable 1.2 draws from NumPy's global generator
    found = Recording(scores).conf_int(iqm, reps=reps, size=0.95, method="percentile")
    return {"draws": drawn, "interval": found[:, 0].tolist()}


def main() -> None:
    rng = np.random.default_rng(20260131)
    cases = []
    for kind in ("returns", "normal", "heavy tail"):
        for n in (1, 2, 3, 4, 5, 7, 8, 10, 11, 20, 50):
            scores = scores_of(rng, kind, n).reshape(n, 1)
            np.random.seed(n)
            points, intervals = get_interval_estimates({"x": scores}, iqm, reps=MANY)
            cases.append(
                {
                    "kind": kind,
                    "scores": scores[:, 0].tolist(),
                    "iqm": float(points["x"][0]),
                    "interval": intervals["x"][:, 0].tolist(),
                    **({"same": with_draws(scores, 60, n)} if n in (2, 5, 10) else {}),
                }
            )
    packages = {name: version(name) for name in ("rliable", "arch", "numpy", "scipy")}
    text = json.dumps({"recorded_with": packages, "resamples": MANY, "cases": cases})
    RECORDED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
