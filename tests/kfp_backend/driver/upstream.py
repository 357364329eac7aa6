"""Outputs of other tasks: through nested pipelines, loops and branches.

From driver/resolve.go: resolveUpstreamParameters, resolveUpstreamArtifacts, GetProducerTask and
CollectInputs. There, tasks are found by names that carry their DAG's number and iteration
(`train_7_idx_0`); here, by the tree itself.
"""

from typing import Any

from tests.kfp_backend.errors import DriverFailed
from tests.kfp_backend.records import COMPLETE, Execution


def parameter(dag: Execution, producer: str, key: str) -> Any:
    """The value of an upstream output; a list of them when the task was in a loop."""
    return _resolved(_task(dag, producer), key, is_artifact=False)


def artifacts(dag: Execution, producer: str, key: str) -> list[dict[str, Any]]:
    """The upstream artifacts: one, or those of all iterations of a loop."""
    found = _resolved(_task(dag, producer), key, is_artifact=True)
    return found if isinstance(found, list) else [found]


def _task(dag: Execution, name: str) -> Execution:
    task = dag.child(name)
    if task is None:
        raise DriverFailed(f"producer task, {name}_{dag.number}, not in tasks")
    return task


def _resolved(task: Execution, key: str, *, is_artifact: bool) -> Any:
    while task.dag_outputs is not None:
        loops = (task.iteration_count, task.parent and task.parent.iteration_count)
        if any(loops):
            return _collected(task, key, is_artifact=is_artifact)
        task, key = _producer(task, key, is_artifact=is_artifact)
    return _output(task, key, is_artifact=is_artifact)


def _collected(loop: Execution, key: str, *, is_artifact: bool) -> list[Any]:
    """dsl.Collected: the outputs of all iterations, of nested loops too, in one flat list."""
    queue, found = [(loop, key)], []
    while queue:
        task, key = queue.pop(0)
        if task.dag_outputs is None:
            found.append(_output(task, key, is_artifact=is_artifact))
        elif task.iteration_count is None:
            queue.append(_producer(task, key, is_artifact=is_artifact))
        else:
            queue.extend((iteration, key) for iteration in task.children)
    return found


def _producer(dag: Execution, key: str, *, is_artifact: bool) -> tuple[Execution, str]:
    """Which task of a DAG makes the DAG's output; of several branches, the one that ran."""
    selectors = _selectors(dag, key, is_artifact=is_artifact)
    output = "outputArtifactKey" if is_artifact else "outputParameterKey"
    for selector in selectors:
        task = dag.child(selector["producerSubtask"])
        if task and (len(selectors) == 1 or task.state == COMPLETE):
            return task, selector[output]
    raise DriverFailed(
        f'processing OneOf: No successful task found for output key "{key}" in parent task '
        f'"{dag.name}" (dag ID {dag.number})'
    )


def _selectors(dag: Execution, key: str, *, is_artifact: bool) -> list[dict[str, Any]]:
    outputs = dag.dag_outputs or {}
    spec = outputs.get("artifacts" if is_artifact else "parameters", {}).get(key)
    if spec is None:
        raise DriverFailed(f'output key "{key}" not found in parent task "{dag.name}"')
    if is_artifact:
        return list(spec["artifactSelectors"])
    if "valueFromParameter" in spec:
        return [spec["valueFromParameter"]]
    return list(spec["valueFromOneof"]["parameterSelectors"])


def _output(task: Execution, key: str, *, is_artifact: bool) -> Any:
    if not is_artifact:
        return task.outputs.get(key)
    if key not in task.output_artifacts:
        raise DriverFailed(f'cannot find output artifact key "{key}" in task "{task.name}"')
    # ToRuntimeArtifact sets a type without a name: the record does not hold the schema.
    artifact = task.output_artifacts[key]
    name, uri, metadata = artifact["name"], artifact["uri"], artifact["metadata"]
    return {"name": name, "type": {"instanceSchema": ""}, "uri": uri, "metadata": metadata}
