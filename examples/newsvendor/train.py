"""Learn to order goods with evolution strategies on Ray workers: a SageMaker training script.

The problem is in `inventory.py`, the policy in `policy.py`, the method in `evolution.py`;
here are the workers and what a training job has around them: hyperparameters, logs, checkpoints,
results. SageMaker's training toolkit runs it as `python train.py --iterations 30 ...`, one option
for each hyperparameter.

Of Ray it uses the core alone (actors), which is the same in the Ray 1.6.0 of SageMaker's images and
in today's; the code runs on Python 3.6, which some of those images have.
"""

import argparse
import json
import logging
import os
import secrets
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
from evolution import Search, change, direction
from inventory import DAYS, play
from policy import network, order_up_to, untrained

# Today's Ray would report to its makers and keep its cluster's password in the home directory. It
# reads these when it is imported.
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
import ray

if TYPE_CHECKING:
    from inventory import Array

EPISODES = 50  # shops with which each change is tried
PROGRESS_EPISODES = 200  # shops with which each iteration shows what it reached
EVALUATION_EPISODES = 1000
PROGRESS_SEED, EVALUATION_SEED = 1000001, 1000002  # shops that training never sees
BENCHMARK_DAYS = 5.0  # the best level of the order-up-to rule for this problem


class Stopped(Exception):
    """SageMaker asked the script to end: a user's stop, a time limit, or a spot interruption."""


@ray.remote
class Worker:
    """A process that tries changes of the parameters."""

    def profits(
        self, parameters: "Array", seeds: Sequence[int], episode_seed: int
    ) -> List[Tuple[float, float]]:
        """Return, for each seed, the mean profit with its change and with the opposite change."""
        changes = [change(seed, len(parameters)) for seed in seeds]
        return [
            (
                float(play(network(parameters + each), EPISODES, episode_seed).mean()),
                float(play(network(parameters - each), EPISODES, episode_seed).mean()),
            )
            for each in changes
        ]


def improve(search: Search, workers: List[Any], pairs: int, seed: int) -> None:
    """Do one iteration: share the changes out to the workers, gather the profits, move.

    The random numbers depend on the seed and the iteration alone, so that a run that resumes from
    a checkpoint ends with the very policy of a run that was never interrupted, and the number of
    workers makes no difference.
    """
    random = np.random.RandomState([seed, search.iteration])
    episode_seed, *seeds = random.randint(2**31 - 1, size=1 + pairs).tolist()
    shares = np.array_split(seeds, len(workers))
    parameters = ray.put(search.parameters)
    results = ray.get(
        [
            worker.profits.remote(parameters, share.astype(int).tolist(), episode_seed)
            for worker, share in zip(workers, shares)
        ]
    )
    profits = [pair for result in results for pair in result]
    search.move(direction(seeds, profits, len(search.parameters)))


def train(search: Search, options: argparse.Namespace, checkpoints: Path) -> None:
    """Iterate on all the processors that the machine has."""
    processors = int(ray.cluster_resources()["CPU"])
    workers = [Worker.remote() for _ in range(processors)]  # type: ignore[attr-defined]
    print(f"{len(workers)} Ray workers", flush=True)
    log_progress(search)
    while search.iteration < options.iterations:
        improve(search, workers, options.population // 2, options.seed)
        log_progress(search)
        save_checkpoint(checkpoints, search)


def log_progress(search: Search) -> None:
    """Print what the parameters reach, always on the same shops; SageMaker reads the metrics."""
    profit = play(network(search.parameters), PROGRESS_EPISODES, PROGRESS_SEED)
    line = "episode_reward_mean: {:.1f}  episode_reward_max: {:.1f}  iteration: {}"
    print(line.format(profit.mean(), profit.max(), search.iteration), flush=True)


def load_checkpoint(directory: Path, search: Search) -> None:
    """Continue from the checkpoint that SageMaker put back, if there is one."""
    file = directory / "search.npz"
    if not file.is_file():
        return
    with np.load(str(file)) as saved:
        for name, value in saved.items():
            setattr(search, name, value.item() if value.ndim == 0 else value)
    print(f"resumed from the checkpoint of iteration {search.iteration}", flush=True)


def save_checkpoint(directory: Path, search: Search) -> None:
    """Write the checkpoint in one step: a job may be killed, and the folder read, at any moment."""
    directory.mkdir(parents=True, exist_ok=True)
    unfinished = directory / "search.unfinished.npz"
    np.savez(str(unfinished), **vars(search))
    unfinished.replace(directory / "search.npz")


def evaluate(search: Search, seed: int) -> Dict[str, float]:
    """Return the mean profit on fresh shops: untrained, by the classic rule, and trained."""
    policies = {
        "untrained": network(untrained(seed)),
        "order_up_to": order_up_to(BENCHMARK_DAYS),
        "trained": network(search.parameters),
    }
    return {
        name: float(play(policy, EVALUATION_EPISODES, EVALUATION_SEED).mean())
        for name, policy in policies.items()
    }


def report(profits: Dict[str, float]) -> None:
    """Print the comparison."""
    print(f"mean profit of {DAYS} days in {EVALUATION_EPISODES} fresh shops:")
    for name, profit in profits.items():
        gain = profit / profits["untrained"] - 1
        print(f"  {name:12} {profit:9,.0f}  {gain:+.0%}", flush=True)


def save_results(
    search: Search, profits: Dict[str, float], model_directory: Path, output_directory: Path
) -> None:
    """Save the policy, which becomes model.tar.gz, and the comparison, in output.tar.gz."""
    model_directory.mkdir(parents=True, exist_ok=True)
    np.savez(str(model_directory / "policy.npz"), parameters=search.parameters)
    output_directory.mkdir(parents=True, exist_ok=True)
    facts = {"iterations": search.iteration, "mean_profit": profits}
    (output_directory / "evaluation.json").write_text(json.dumps(facts, indent=2) + "\n")


def parse_options(arguments: Optional[List[str]] = None) -> argparse.Namespace:
    """Read the hyperparameters."""
    parser = argparse.ArgumentParser(description="Train a policy for the news-vendor problem.")
    parser.add_argument("--iterations", type=int, default=30, help="default 30")
    parser.add_argument("--population", type=int, default=40, help="changes in each (default 40)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same policy (default 0)")
    return parser.parse_args(arguments)


def stop(_signal: int, _frame: Any) -> None:
    """End the training where it stands; what was learned so far is saved."""
    raise Stopped


def main() -> None:
    """Train, and save whatever was learned, also when told to stop."""
    options = parse_options()
    hosts = json.loads(os.environ.get("SM_HOSTS", '["algo-1"]'))
    host = os.environ.get("SM_CURRENT_HOST", hosts[0])
    if host != hosts[0]:
        print(f"the workers share one instance: {hosts[0]} trains, {host} has nothing to do")
        return
    checkpoints = Path(os.environ.get("SM_CHECKPOINT_DIR", "/opt/ml/checkpoints"))
    search = Search(untrained(options.seed))
    load_checkpoint(checkpoints, search)
    # Directly under /tmp: the path of a Unix socket has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as directory:
        ray.init(
            _temp_dir=directory,
            include_dashboard=False,
            object_store_memory=100 * 1024 * 1024,
            logging_level=logging.WARNING,
        )
        signal.signal(signal.SIGTERM, stop)  # after ray.init, which sets a handler of its own
        try:
            train(search, options, checkpoints)
        except Stopped:
            print(f"stopped after {search.iteration} iterations", flush=True)
        profits = evaluate(search, options.seed)
        report(profits)
        save_results(
            search,
            profits,
            Path(os.environ.get("SM_MODEL_DIR", "/opt/ml/model")),
            Path(os.environ.get("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")),
        )
        ray.shutdown()  # last: it takes a while when the stop has reached Ray's own processes too


if __name__ == "__main__":
    main()
