"""What a sweep hands on to Kubeflow Pipelines."""

import csv
import io
from typing import Any

from kfp_component.durations import as_text
from kfp_component.execution.result import Swept
from kfp_component.step.outputs import Written, manifest


def sweep_outputs(
    execution_arn: str, swept: Swept, report: str
) -> tuple[dict[str, Any], dict[str, Written]]:
    """Return the output parameters and artifacts of a sweep.

    Args:
        execution_arn: The execution that swept.
        swept: Its result.
        report: The report's HTML.
    """
    output, best, counts = swept.output, swept.output["best"], swept.output["counts"]
    parameters = {
        "model_artifact_url": swept.model_artifact_url,
        "best_hyperparameters": output["best_hyperparameters"],
        "best_seed": output["best_seed"],
        "execution_arn": execution_arn,
    }
    hyperparameters = output["best_hyperparameters"].items()
    model = {
        "s3_uri": swept.model_artifact_url,
        "job_name": swept.job_name,
        "execution_arn": execution_arn,
        "objective_metric": swept.metric,
        "objective_value": best.get("value"),
        "iqm": best.get("iqm"),
        "seed": output["best_seed"],
        **{f"hyperparameter_{name}": value for name, value in hyperparameters},
    }
    low, high = best.get("interval") or (None, None)
    metrics = {
        "iqm": best.get("iqm"),
        "iqm_low": low,
        "iqm_high": high,
        "seeds": best.get("n"),
        "trials": counts.get("trials"),
        "succeeded": counts.get("succeeded"),
        "failed": counts.get("failed"),
        "training_seconds": output.get("training_seconds"),
        "billable_seconds": output.get("billable_seconds"),
        "spot_saving_percent": swept.spot_saving_percent,
    }
    artifacts = {
        "model": manifest(model),
        "metrics": manifest(metrics),
        "trials": Written(trials_csv(swept), {"rows": len(swept.trials)}),
        "report": Written(report, {}),
    }
    return parameters, artifacts


def trials_csv(swept: Swept) -> str:
    """Return every trial as a row: its columns, and the hyperparameters that vary.

    Those are called `hyperparameter_NAME`, so that none can be mistaken for another column; what
    is not text is JSON, and what a configuration does not have is empty.
    """
    varying = {
        each.get("configuration"): each.get("hyperparameters") or {}
        for each in swept.configurations
    }
    names = list(dict.fromkeys(name for each in varying.values() for name in each))
    columns = list(swept.output["trials"].get("columns") or [])
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([*columns, *(f"hyperparameter_{name}" for name in names)])
    for trial in swept.trials:
        own = varying.get(trial.get("configuration"), {})
        rows.writerow([*trial.values(), *(as_text(own.get(name, "")) for name in names)])
    return text.getvalue()
