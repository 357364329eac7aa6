"""The component with everything a long-running task needs, for authors who know no Kubernetes."""

import json
from typing import Any

from kfp import kubernetes
from kfp.dsl import PipelineTask

from kfp_component.author.component import train_rl_model

# Argo counts a retry window from the first attempt's start and ends attempts that outlive it. KFP's
# default, one hour, would kill every longer training: 28 days is SageMaker's own limit of a job.
RETRY_WINDOW = f"{28 * 24 * 3600}s"

_ANNOTATIONS = {
    # What Argo runs in the pod when a person terminates the run; it has minutes, a signal has not.
    # https://argo-workflows.readthedocs.io/en/latest/sidecar-injection/
    "workflows.argoproj.io/kill-cmd-main": json.dumps(
        ["python3", "-m", "kfp_component.stop", "%d"]
    ),
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
}


def train_with_retries(
    *,
    retries: int = 5,
    cache: bool = False,
    launcher_image: str | None = None,
    **arguments: Any,
) -> PipelineTask:
    """Adds a training task that outlives its pod; call it inside a ``@dsl.pipeline``.

    A pod that is evicted, preempted or lost is replaced, and the new pod joins the training that
    runs. A run that a person terminates stops the training.

    Args:
        retries: How often a lost pod is replaced. KFP backends before 2.17 do not tell an automatic
            retry from one that a person asked for: there, a training that fails is repeated too.
        cache: Whether KFP may skip the training and hand on the outputs of an earlier run with the
            same arguments. The arguments name the source archive; KFP does not see what is in it.
        launcher_image: The launcher's image in a registry of yours; default: the component's own.
        **arguments: The inputs of ``train_rl_model``. Those that are None are left out.
            With retries, ``stop_on_sigterm`` is false unless given: an evicted pod must not stop
            the training that its replacement joins.

    Returns:
        The task, to be configured further and to take outputs from.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if retries:
        given.setdefault("stop_on_sigterm", False)
    task = train_rl_model(**given)
    task.set_caching_options(cache)
    if retries:
        task.set_retry(
            retries,
            backoff_duration="30s",
            backoff_factor=1,
            backoff_max_duration=RETRY_WINDOW,
        )
    task.set_cpu_request("50m").set_memory_request("128Mi").set_memory_limit("256Mi")
    if launcher_image:
        task.set_container_image(launcher_image)
    for key, value in _ANNOTATIONS.items():
        kubernetes.add_pod_annotation(task, key, value)
    return task
