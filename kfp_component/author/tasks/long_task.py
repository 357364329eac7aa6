"""A task with what a training, or a sweep, of hours or days needs of KFP and Kubernetes."""

import json
import warnings
from importlib.metadata import version
from typing import Any

from kfp import kubernetes
from kfp.dsl import PipelineTask
from kfp.dsl.container_component_class import ContainerComponent

from kfp_component.author.launcher_image import choose_launcher_image
from kfp_component.author.tasks.loop_fields import LoopFields

# Argo counts a retry window from the first attempt's start and ends attempts that outlive it. KFP's
# default, one hour, would kill every longer training: 28 days is SageMaker's own limit of a job.
RETRY_WINDOW_SECONDS = 28 * 24 * 3600
_RETRY_WINDOW_IS_KEPT_FROM = (2, 17)
"""The first KFP SDK that does not cut the window to an hour (kubeflow/pipelines#13452)."""

KILL_COMMAND = json.dumps(["python3", "-m", "kfp_component.stop", "%d"])
ANNOTATIONS = {
    # What Argo runs in the pod when a person terminates the run; it has minutes, a signal has not.
    # https://argo-workflows.readthedocs.io/en/latest/sidecar-injection/
    "workflows.argoproj.io/kill-cmd-main": KILL_COMMAND,
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}

# Ends in the number of the retry, such as train-x7k2p.root.train-rl-model.executor(2): what KFP
# backends before 2.16.1 do not tell a pod (KFP_RETRY_INDEX).
NODE_NAME_VARIABLE = "KFP_NODE_NAME"
NODE_NAME_FIELD = "metadata.annotations['workflows.argoproj.io/node-name']"


def long_task(
    component: ContainerComponent,
    *,
    launcher_image: str | None,
    retries: int,
    cache: bool,
    **arguments: Any,
) -> PipelineTask:
    """Make the task of `train_rl_model` or `sweep_rl_model`, which document it.

    Args:
        component: Its component.
        launcher_image: The launcher's image.
        retries: How often KFP may replace a lost pod.
        cache: Whether KFP may skip it.
        **arguments: The component's inputs by name; those that are None are left out, since KFP
            takes no None.

    Raises:
        ValueError: No image is named, `retries` is negative, or the task uses a field of an outer
            loop's item.
    """
    image = choose_launcher_image(launcher_image)
    if retries < 0:
        raise ValueError(f"retries is {retries}; it must be 0 or more")
    given = {
        name: _as_declared(component, name, value)
        for name, value in arguments.items()
        if value is not None
    }
    if retries:
        given.setdefault("stop_on_sigterm", False)
    fields = LoopFields()
    task = component(**{name: fields.taken_out_of(value) for name, value in given.items()})
    task.set_container_image(fields.taken_out_of(image))
    fields.add_to(task)
    task.set_caching_options(cache)
    task.set_cpu_request("50m").set_memory_request("128Mi").set_memory_limit("256Mi")
    if retries:
        _warn_of_a_short_window()
        task.set_retry(
            retries,
            backoff_duration="30s",
            backoff_factor=1,
            backoff_max_duration=f"{RETRY_WINDOW_SECONDS}s",
        )
    for name, value in ANNOTATIONS.items():
        kubernetes.add_pod_annotation(task, name, value)
    kubernetes.use_field_path_as_env(task, NODE_NAME_VARIABLE, NODE_NAME_FIELD)
    return task


def _as_declared(component: ContainerComponent, name: str, value: Any) -> Any:
    """Return a number or a list as JSON where the input is text: KFP knows one type for each."""
    is_text = component.component_spec.inputs[name].type == "String"
    is_constant = isinstance(value, int | list | tuple) and not isinstance(value, bool)
    return json.dumps(value) if is_text and is_constant else value


def _warn_of_a_short_window() -> None:
    installed = version("kfp")
    if tuple(int(part) for part in installed.split(".")[:2]) < _RETRY_WINDOW_IS_KEPT_FROM:
        warnings.warn(
            f"kfp {installed} cuts the window for retries to one hour: a pod that is lost later is "
            "not replaced, and the task fails while its training goes on (Retry joins it). "
            "kfp 2.17 keeps the window of 28 days.",
            stacklevel=4,
        )
