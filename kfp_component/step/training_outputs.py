"""What a training hands on to Kubeflow Pipelines."""

from typing import Any

from kfp_component.execution.result import Trained
from kfp_component.step.outputs import Written, manifest


def training_outputs(
    execution_arn: str, trained: Trained, report: str
) -> tuple[dict[str, Any], dict[str, Written]]:
    """Return the output parameters and artifacts of a training.

    Args:
        execution_arn: The execution that trained.
        trained: Its result.
        report: The report's HTML.
    """
    output = trained.output
    parameters = {
        "model_artifact_url": trained.model_artifact_url,
        "job_name": trained.job_name,
        "training_image": trained.training_image,
        "execution_arn": execution_arn,
    }
    # Where the model is, what made it, and how good it was at the end.
    model = {
        "s3_uri": trained.model_artifact_url,
        "job_name": trained.job_name,
        "training_job_arn": output.get("training_job_arn"),
        "training_image": trained.training_image,
        "execution_arn": execution_arn,
        "status": output.get("status"),
        "secondary_status": output.get("secondary_status"),
        "tensorboard_path": output.get("tensorboard_path"),
        **{f"metric_{name}": value for name, value in trained.final_metrics.items()},
    }
    # The scalars that KFP's run comparison shows.
    metrics = {
        **trained.final_metrics,
        "training_seconds": output.get("training_seconds"),
        "billable_seconds": output.get("billable_seconds"),
        "spot_saving_percent": trained.spot_saving_percent,
    }
    artifacts = {
        "model": manifest(model),
        "metrics": manifest(metrics),
        "report": Written(report, {}),
    }
    return parameters, artifacts
