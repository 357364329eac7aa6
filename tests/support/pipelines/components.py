"""The tasks of this project in pipelines, for an SDK to compile.

    python -m tests.support.pipelines.components <directory>

The files of `tests/contract/kfp_backend/compiled/2.12.2` were written so, in an environment with
kfp 2.12.2, the oldest line that the package allows, and this project's sources on the path.
"""

# kfp 2.12 reads the names of typing, and not dict[str, Any].
# ruff: noqa: UP006, UP035

import sys
import warnings
from pathlib import Path
from typing import Any, Dict

from kfp import compiler, dsl

from kfp_component import sweep_rl_model, train_rl_model

OLDEST_ALLOWED = Path(__file__).parents[2] / "contract/kfp_backend/compiled/2.12.2"


@dsl.pipeline(name="train")
def train(
    state_machine_arn: str,
    role: str,
    image: str,
    source_dir: str,
    model_artifact_path: str,
    volume_size: int,
    hyperparameters: Dict[str, Any],
    launcher_image: str,
) -> str:
    task = train_rl_model(
        state_machine_arn=state_machine_arn,
        region="us-east-1",
        role=role,
        entry_point="train.py",
        image=image,
        source_dir=f"{source_dir}/sourcedir.tar.gz",
        model_artifact_path=model_artifact_path,
        metric_definitions={"reward": "reward=([0-9.]+)"},
        hyperparameters=hyperparameters,
        volume_size=volume_size,
        launcher_image=launcher_image,
    )
    return task.outputs["model_artifact_url"]


@dsl.pipeline(name="sweep")
def sweep(
    state_machine_arn: str,
    role: str,
    image: str,
    source_dir: str,
    model_artifact_path: str,
    space: Dict[str, Any],
    max_parallel: int,
    launcher_image: str,
) -> Dict[str, Any]:
    task = sweep_rl_model(
        state_machine_arn=state_machine_arn,
        region="us-east-1",
        role=role,
        entry_point="train.py",
        image=image,
        source_dir=f"{source_dir}/sourcedir.tar.gz",
        model_artifact_path=model_artifact_path,
        metric_definitions={"reward": "reward=([0-9.]+)"},
        objective_metric="reward",
        space=space,
        seeds=2,
        max_parallel=max_parallel,
        launcher_image=launcher_image,
    )
    return task.outputs["best_hyperparameters"]


def write(directory: Path) -> None:
    """Compile both into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for pipeline in (train, sweep):
            compiler.Compiler().compile(pipeline, str(directory / f"{pipeline.name}.yaml"))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
