"""Log episodes of a clumsy policy, learn a better one from the log alone, compare the two.

Three steps of a pipeline: the first writes its data to S3 and hands on the URI, which the training
step gives to SageMaker as an input channel; the training script, `offline/train.py`, plays no
episode. The last step plays fresh ones with the learned policy.

`python -m examples.offline_pipeline` writes `offline_pipeline.yaml`, to be uploaded to Kubeflow
Pipelines; `make offline` runs the same pipeline without any cluster.
"""
# A component imports inside its function; a pipeline has as many inputs as it has.
# ruff: noqa: PLC0415, PLR0917

from typing import NamedTuple

from kfp import compiler, dsl

from examples.program.step_environment import BASE_IMAGE, installed
from kfp_component import train_rl_model

PACKAGES = installed("boto3", "gymnasium", "numpy")

METRICS = {
    "value_mean": r"value_mean: ([-+]?[0-9]*[.]?[0-9]+)",
    "value_change": r"value_change: ([-+]?[0-9]*[.]?[0-9]+)",
}


class Outputs(NamedTuple):
    """What a run of the pipeline ends with."""

    behaviour_reward: float
    mean_reward: float
    model_artifact_url: str
    execution_arn: str
    report: dsl.HTML


@dsl.component(base_image=BASE_IMAGE, packages_to_install=PACKAGES)  # type: ignore[untyped-decorator]
def log_episodes(
    data_path: str,
    log_uri: dsl.OutputPath(str),  # type: ignore[valid-type]
    mean_reward: dsl.OutputPath(float),  # type: ignore[valid-type]
    episodes: int = 200,
    seed: int = 0,
) -> None:
    """Plays episodes with a clumsy policy and writes what happened to S3.

    The policy pushes towards the side to which the pole leans, and every other time at random.

    Args:
        data_path: S3 URI below which the log is written.
        log_uri: S3 URI of the log.
        mean_reward: Mean reward of the logged episodes.
        episodes: How many episodes to log.
        seed: Same seed, same log.
    """
    import io
    from pathlib import Path
    from urllib.parse import urlsplit

    import boto3
    import gymnasium
    import numpy as np

    random = np.random.default_rng(seed)
    environment = gymnasium.make("CartPole-v1")
    steps = []
    for _ in range(episodes):
        observation, _ = environment.reset(seed=int(random.integers(2**31)))
        over = False
        while not over:
            clumsy = random.random() < 0.5
            action = int(random.integers(2)) if clumsy else int(observation[2] > 0)
            following, _, terminated, truncated, _ = environment.step(action)
            steps.append((observation, action, following, terminated))
            observation, over = following, terminated or truncated
    environment.close()

    observations, actions, next_observations, fallen = map(np.array, zip(*steps, strict=True))
    file = io.BytesIO()
    np.savez(
        file,
        observations=observations,
        actions=actions,
        next_observations=next_observations,
        fallen=fallen,
    )
    # The log depends on its name alone, so that a repeated step writes the same bytes.
    folder = f"{data_path.rstrip('/')}/cartpole-{episodes}-{seed}"
    url = urlsplit(f"{folder}/episodes.npz")
    boto3.client("s3").put_object(Bucket=url.netloc, Key=url.path.lstrip("/"), Body=file.getvalue())
    mean = len(steps) / episodes  # each step pays 1
    print(f"logged {episodes} episodes, {len(steps)} steps: mean reward {mean:.1f}")
    for path, value in ((log_uri, folder), (mean_reward, mean)):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(str(value))


@dsl.component(base_image=BASE_IMAGE, packages_to_install=PACKAGES)  # type: ignore[untyped-decorator]
def evaluate(
    model_artifact_url: str,
    behaviour_reward: float,
    metrics: dsl.Output[dsl.Metrics],
    episodes: int = 100,
) -> float:
    """Plays fresh episodes with the learned policy and returns their mean reward.

    Args:
        model_artifact_url: S3 URL of the model archive, an output of the training step.
        behaviour_reward: Mean reward of the policy that was logged, to compare with.
        metrics: Both means, for Kubeflow's comparison of runs.
        episodes: How many episodes to play.

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
        saved = archive.extractfile("values.npz")
        assert saved is not None
        values = np.load(io.BytesIO(saved.read()), allow_pickle=False)["values"]

    scale = np.array([2.4, 3.0, 0.21, 3.0])
    environment = gymnasium.make("CartPole-v1")
    environment.reset(seed=2**31)  # the log drew its seeds below this one
    rewards = []
    for _ in range(episodes):
        observation, _ = environment.reset()
        reward, over = 0.0, False
        while not over:
            x = observation / scale
            features = [1.0, *x, *(x[i] * x[j] for i in range(4) for j in range(i, 4))]
            action = int(np.argmax(values @ features))
            observation, step_reward, fallen, truncated, _ = environment.step(action)
            reward += float(step_reward)
            over = fallen or truncated
        rewards.append(reward)
    environment.close()

    mean = float(np.mean(rewards))
    print(
        f"played {episodes} episodes: mean reward {mean:.1f}; the log's was {behaviour_reward:.1f}"
    )
    metrics.log_metric("mean_reward", mean)
    metrics.log_metric("behaviour_reward", behaviour_reward)
    return mean


@dsl.pipeline(  # type: ignore[untyped-decorator]
    name="cartpole-offline",
    description="Learns a CartPole policy on SageMaker from logged episodes, then plays it.",
)
def pipeline(
    state_machine_arn: str,
    region: str,
    role: str,
    image: str,
    source_dir: str,
    model_artifact_path: str,
    data_path: str,
    launcher_image: str,
    instance_type: str = "ml.m5.large",
    hyperparameters: dict[str, float] = {"iterations": 300},  # noqa: B006 - KFP needs the value
) -> Outputs:
    """Logs, learns, evaluates.

    Args:
        state_machine_arn: Output StateMachineArn of the stack.
        region: Region of the stack.
        role: Output JobRoleArn of the stack.
        image: Registry path of the custom image.
        source_dir: What upload_source returned for the directory examples/offline.
        model_artifact_path: S3 URL under which models are kept.
        data_path: S3 URL under which the log is kept; the first step's pod must be able to write
            there, and the job role to read.
        launcher_image: Registry path of the launcher's image, built from the Dockerfile.
        instance_type: Instance type of the training job.
        hyperparameters: Options of offline/train.py.
    """
    log = log_episodes(data_path=data_path)
    train = train_rl_model(
        state_machine_arn=state_machine_arn,
        region=region,
        role=role,
        image=image,
        entry_point="train.py",
        source_dir=source_dir,
        inputs={"episodes": log.outputs["log_uri"]},
        hyperparameters=hyperparameters,
        metric_definitions=METRICS,
        model_artifact_path=model_artifact_path,
        instance_type=instance_type,
        max_run=3600,
        launcher_image=launcher_image,
    )
    evaluation = evaluate(
        model_artifact_url=train.outputs["model_artifact_url"],
        behaviour_reward=log.outputs["mean_reward"],
    )
    return Outputs(
        behaviour_reward=log.outputs["mean_reward"],
        mean_reward=evaluation.outputs["Output"],
        model_artifact_url=train.outputs["model_artifact_url"],
        execution_arn=train.outputs["execution_arn"],
        report=train.outputs["report"],
    )


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "offline_pipeline.yaml")
