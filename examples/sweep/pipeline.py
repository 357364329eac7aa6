"""A pipeline with one step: a sweep, and statistics over the seeds as its answer."""

# ruff: noqa: PLR0917 - a pipeline has as many inputs as it has.

from typing import Any, NamedTuple

from kfp import dsl

from kfp_component import sweep_rl_model


class Outputs(NamedTuple):
    """What the sweep found."""

    model_artifact_url: str
    best_hyperparameters: dict[str, Any]
    best_seed: int
    execution_arn: str
    metrics: dsl.Metrics
    trials: dsl.Dataset
    report: dsl.HTML


@dsl.pipeline(  # type: ignore[untyped-decorator]
    name="sweep", description="Q-learning: which learning rate, how much exploration?"
)
def pipeline(
    state_machine_arn: str,
    region: str,
    role: str,
    source_dir: str,
    image: str,
    model_artifact_path: str,
    space: dict[str, Any],
    seeds: str,
    max_parallel: int,
    launcher_image: str,
) -> Outputs:
    """Train every configuration with every seed, and compare.

    Args:
        state_machine_arn: The stack's output `SweepStateMachineArn`.
        region: Where the stack is.
        role: The stack's output `JobRoleArn`.
        source_dir: S3 URI of the training code, as `upload_source` returns it.
        image: Training image.
        model_artifact_path: S3 URI below which the models are saved.
        space: Hyperparameter name to its values.
        seeds: How many, or a list as text.
        max_parallel: How many trainings run at once.
        launcher_image: Of the step's pod.
    """
    sweep = sweep_rl_model(
        state_machine_arn=state_machine_arn,
        region=region,
        role=role,
        entry_point="train.py",
        source_dir=source_dir,
        image=image,
        model_artifact_path=model_artifact_path,
        metric_definitions={"mean_return": "mean_return=(.*)"},
        objective_metric="mean_return",
        space=space,
        seeds=seeds,
        max_parallel=max_parallel,
        max_run=600,
        launcher_image=launcher_image,
    )
    return Outputs(**{name: sweep.outputs[name] for name in Outputs._fields})
