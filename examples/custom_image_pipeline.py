"""Train a CartPole policy with a custom image, then play it: two steps of a pipeline.

The image is one that runs a Python script with AWS's training toolkit (docs/examples.md has its
Dockerfile); the script, `cartpole/train.py`, comes from S3.

`python -m examples.custom_image_pipeline` writes `custom_image_pipeline.yaml`, to be uploaded
to Kubeflow Pipelines; `python -m examples.demo` runs the same pipeline without any cluster.
"""
# A component imports inside its function; a pipeline has as many inputs as it has.
# ruff: noqa: PLC0415, PLR0917

from typing import NamedTuple

from kfp import compiler, dsl

from examples.program.step_environment import BASE_IMAGE, installed
from kfp_component import train_rl_model

PACKAGES = installed("boto3", "gymnasium", "numpy")

# The custom image's code decides what is a metric: SageMaker reads them from the log by these.
METRICS = {
    "episode_reward_mean": r"episode_reward_mean: ([-+]?[0-9]*[.]?[0-9]+)",
    "episode_reward_max": r"episode_reward_max: ([-+]?[0-9]*[.]?[0-9]+)",
}


class Outputs(NamedTuple):
    """What a run of the pipeline ends with."""

    mean_reward: float
    model_artifact_url: str
    execution_arn: str
    report: dsl.HTML


@dsl.component(base_image=BASE_IMAGE, packages_to_install=PACKAGES)  # type: ignore[untyped-decorator]
def evaluate(
    model_artifact_url: str, metrics: dsl.Output[dsl.Metrics], episodes: int = 100
) -> float:
    """Plays fresh episodes with the trained policy and returns their mean reward.

    Args:
        model_artifact_url: S3 URL of the model archive, an output of the training step.
        metrics: The mean and the lowest reward, for Kubeflow's comparison of runs.
        episodes: How many episodes to play; none of them was seen in training.

    Returns:
        Mean reward of an episode; 500 is the most that CartPole-v1 pays.
    """
    import io
    import tarfile
    from urllib.parse import urlsplit

    import boto3
    import gymnasium
    import numpy as np

    url = urlsplit(model_artifact_url)
    model = boto3.client("s3").get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))
    with tarfile.open(fileobj=io.BytesIO(model["Body"].read())) as archive:
        policy = archive.extractfile("policy.npz")
        assert policy is not None
        weights = np.load(io.BytesIO(policy.read()), allow_pickle=False)["weights"]

    rewards = []
    environment = gymnasium.make("CartPole-v1")
    environment.reset(seed=2**31)  # training draws its seeds below this one
    for _ in range(episodes):
        observation, _ = environment.reset()
        reward, over = 0.0, False
        while not over:
            action = int(weights @ observation > 0)
            observation, step_reward, terminated, truncated, _ = environment.step(action)
            reward += float(step_reward)
            over = terminated or truncated
        rewards.append(reward)
    environment.close()

    mean = float(np.mean(rewards))
    print(f"played {episodes} episodes: mean reward {mean:.1f}, lowest {min(rewards):.0f}")
    metrics.log_metric("mean_reward", mean)
    metrics.log_metric("lowest_reward", min(rewards))
    return mean


@dsl.pipeline(  # type: ignore[untyped-decorator]
    name="cartpole-custom-image",
    description="Trains a CartPole policy on SageMaker with a custom image, then plays it.",
)
def pipeline(
    state_machine_arn: str,
    region: str,
    role: str,
    image: str,
    source_dir: str,
    model_artifact_path: str,
    launcher_image: str,
    instance_type: str = "ml.m5.large",
    hyperparameters: dict[str, int] = {"iterations": 30},  # noqa: B006 - KFP needs the value
) -> Outputs:
    """Trains, then evaluates.

    Args:
        state_machine_arn: Output StateMachineArn of the stack.
        region: Region of the stack.
        role: Output JobRoleArn of the stack.
        image: Registry path of the custom image.
        source_dir: What upload_source returned for the directory examples/cartpole.
        model_artifact_path: S3 URL under which models are kept.
        launcher_image: Registry path of the launcher's image, built from the Dockerfile.
        instance_type: Instance type of the training job.
        hyperparameters: Options of cartpole/train.py.
    """
    train = train_rl_model(
        state_machine_arn=state_machine_arn,
        region=region,
        role=role,
        image=image,
        entry_point="train.py",
        source_dir=source_dir,
        hyperparameters=hyperparameters,
        metric_definitions=METRICS,
        model_artifact_path=model_artifact_path,
        instance_type=instance_type,
        max_run=3600,
        launcher_image=launcher_image,
    )
    evaluation = evaluate(model_artifact_url=train.outputs["model_artifact_url"])
    return Outputs(
        mean_reward=evaluation.outputs["Output"],
        model_artifact_url=train.outputs["model_artifact_url"],
        execution_arn=train.outputs["execution_arn"],
        report=train.outputs["report"],
    )


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "custom_image_pipeline.yaml")
