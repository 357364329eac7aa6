"""Train a news-vendor policy with AWS's own Ray image, then compare it: two steps of a pipeline.

No training image is named: the toolkit arguments (Ray 1.6.0 with TensorFlow) resolve to the one
that AWS publishes for the region. The script, `newsvendor/train.py`, comes from S3.

`python -m examples.toolkit_image_pipeline` writes `toolkit_image_pipeline.yaml`, to be uploaded
to Kubeflow Pipelines; `make newsvendor` runs the same pipeline without any cluster.
"""
# A component imports inside its function; a pipeline has as many inputs as it has.
# ruff: noqa: PLC0415, PLR0917

from typing import NamedTuple

from kfp import compiler, dsl

from examples.program.step_environment import BASE_IMAGE, installed
from kfp_component import train_rl_model

PACKAGES = installed("boto3")


class Outputs(NamedTuple):
    """What a run of the pipeline ends with."""

    mean_profit: dict[str, float]
    model_artifact_url: str
    execution_arn: str
    report: dsl.HTML


@dsl.component(base_image=BASE_IMAGE, packages_to_install=PACKAGES)  # type: ignore[untyped-decorator]
def compare(model_artifact_url: str, metrics: dsl.Output[dsl.Metrics]) -> dict[str, float]:
    """Read the script's own evaluation: what SageMaker kept of its output directory.

    Args:
        model_artifact_url: S3 URL of the model archive; output.tar.gz lies beside it.
        metrics: The mean profit of each policy, for Kubeflow's comparison of runs.

    Returns:
        Mean profit in fresh shops, by policy: untrained, order_up_to and trained.
    """
    import io
    import json
    import tarfile
    from urllib.parse import urljoin, urlsplit

    import boto3

    url = urlsplit(model_artifact_url)
    key = urljoin(url.path, "output.tar.gz").lstrip("/")
    output = boto3.client("s3").get_object(Bucket=url.netloc, Key=key)
    with tarfile.open(fileobj=io.BytesIO(output["Body"].read())) as archive:
        evaluation = archive.extractfile("evaluation.json")
        assert evaluation is not None
        profits: dict[str, float] = json.load(evaluation)["mean_profit"]

    for policy, profit in profits.items():
        print(f"mean profit, {policy}: {profit:,.0f}")
        metrics.log_metric(policy, profit)
    return profits


@dsl.pipeline(  # type: ignore[untyped-decorator]
    name="news-vendor-toolkit-image",
    description="Trains a news-vendor policy on SageMaker with AWS's Ray image, then compares it.",
)
def pipeline(
    state_machine_arn: str,
    region: str,
    role: str,
    source_dir: str,
    model_artifact_path: str,
    launcher_image: str,
    instance_type: str = "ml.c5.2xlarge",
    hyperparameters: dict[str, int] = {"iterations": 30},  # noqa: B006 - KFP needs the value
) -> Outputs:
    """Trains, then compares.

    Args:
        state_machine_arn: Output StateMachineArn of the stack.
        region: Region of the stack; AWS publishes the image in 13 regions.
        role: Output JobRoleArn of the stack.
        source_dir: What upload_source returned for the directory examples/newsvendor.
        model_artifact_path: S3 URL under which models are kept.
        launcher_image: Registry path of the launcher's image, built from the Dockerfile.
        instance_type: Instance type of the training job; a Ray worker on each of its processors.
        hyperparameters: Options of newsvendor/train.py.
    """
    train = train_rl_model(
        state_machine_arn=state_machine_arn,
        region=region,
        role=role,
        toolkit="ray",
        toolkit_version="1.6.0",
        framework="tensorflow",
        entry_point="train.py",
        source_dir=source_dir,
        hyperparameters=hyperparameters,
        model_artifact_path=model_artifact_path,
        instance_type=instance_type,
        max_run=3600,
        launcher_image=launcher_image,
    )
    profits = compare(model_artifact_url=train.outputs["model_artifact_url"])
    return Outputs(
        mean_profit=profits.outputs["Output"],
        model_artifact_url=train.outputs["model_artifact_url"],
        execution_arn=train.outputs["execution_arn"],
        report=train.outputs["report"],
    )


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "toolkit_image_pipeline.yaml")
