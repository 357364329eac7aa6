"""A run: the root DAG is walked as Argo would walk it, one task at a time.

The walk is one class, for a DAG calls the kinds of tasks, and loops and nested DAGs call it.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.kfp_backend import go_text
from tests.kfp_backend.compiled import Compiled, dependencies, in_order, is_exit_task
from tests.kfp_backend.driver.conditions import condition
from tests.kfp_backend.driver.values import Inputs, Resolver, items
from tests.kfp_backend.errors import BackendError, DriverFailed
from tests.kfp_backend.launcher import importer
from tests.kfp_backend.launcher.executor_input import provisioned, task_root
from tests.kfp_backend.launcher.outputs import Outputs, collect
from tests.kfp_backend.records import COMPLETE, FAILED, NOT_TRIGGERED, Execution
from tests.kfp_backend.run_facts import RunFacts
from tests.kfp_backend.task import Task, pod

Pod = Callable[[Task], Outputs | None]


@dataclass(frozen=True)
class Result:
    """How a run went.

    Attributes:
        tasks: The pods that started, in order.
        failures: Why a task failed, by its path.
        root: The records of the run.
    """

    tasks: list[Task] = field(default_factory=list)
    failures: dict[str, BackendError] = field(default_factory=dict)
    root: Execution = field(default_factory=lambda: Execution("root", None, dag_outputs={}))

    @property
    def succeeded(self) -> bool:
        """Whether no task failed."""
        return not self.failures

    def named(self, name: str) -> list[Task]:
        """The pods of a task, one for each iteration."""
        return [task for task in self.tasks if task.name == name]

    def raised(self) -> "Result":
        """This result, if the run succeeded.

        Raises:
            BackendError: The first failure.
        """
        for path, failure in self.failures.items():
            raise type(failure)(f"{path}: {failure}")
        return self


class Run:
    """A run of a compiled pipeline on the backend.

    Example:
        >>> run = Run(Path("pipeline.yaml"), {"lr": 0.1})
        >>> result = run.execute(lambda task: Outputs.of(model_artifact_url="s3://b/m.tar.gz"))
        >>> result.tasks[0].executor_input
        '{"inputs":{"parameterValues":{...
    """

    def __init__(
        self,
        pipeline: Path | str,
        parameters: Mapping[str, Any] | None = None,
        *,
        comma: str = go_text.SPACED,
        **facts: Any,
    ) -> None:
        """Submits a run.

        Args:
            pipeline: IR YAML, a file or its text.
            parameters: The run's parameters.
            comma: How this build of the backend writes JSON, see `go_text`.
            **facts: Fields of `RunFacts` that matter to a test.

        Raises:
            RunRefused: The API server does not accept it.
        """
        self.compiled = Compiled.read(pipeline)
        self.parameters = self.compiled.runtime_parameters(dict(parameters or {}))
        self.comma = comma
        run_id = str(facts.get("run_id", uuid.uuid4()))
        known = RunFacts(
            pipeline=self.compiled.name,
            run_id=run_id,
            resource_name=f"{self.compiled.name}-{run_id[:5]}",
            display_name=f"{self.compiled.name} 2026-08-22 09-10-11",
            created="2026-08-22T09:10:11Z",
            scheduled="2026-08-22T09:10:11Z",
            root="s3://mlpipeline/v2/artifacts",
        )
        self.facts = replace(known, **facts)

    def execute(self, run_pod: Pod) -> Result:
        """Runs it to its end.

        Tasks that depend on one that failed or was skipped do not run; others do (to Argo they may
        have started by then).

        Args:
            run_pod: Runs a task's pod and returns what it wrote; raises `PodFailed` otherwise.
                A task with `retryPolicy` whose pod failed is run again with the next index.
        """
        result = Result()
        result.root.inputs = self.parameters
        spec = self.compiled.spec["root"]["dag"]
        result.root.dag_outputs = spec.get("outputs", {})
        _Walk(self, run_pod, result).dag(spec, result.root)
        return result


class _Walk:
    def __init__(self, run: Run, run_pod: Pod, result: Result) -> None:
        self.run = run
        self.run_pod = run_pod
        self.result = result

    def dag(self, spec: dict[str, Any], dag: Execution) -> bool:
        """Runs the tasks of a DAG (argocompiler/dag.go: DAG, depends, addExitTask)."""
        tasks, failed = spec["tasks"], False
        succeeded: set[str] = set()
        for name in in_order(spec):
            if dependencies(tasks[name]) <= succeeded:
                done = self._attempted(name, tasks[name], dag)
                succeeded |= {name} if done else set()
                failed |= done is False
                for hook, task in tasks.items():
                    if is_exit_task(task) and name in dependencies(task):
                        self._attempted(hook, task, dag)
        dag.settle(len(tasks))
        return not failed

    def _attempted(self, name: str, task: dict[str, Any], dag: Execution) -> bool | None:
        """Whether a task succeeded; None when its condition does not hold."""
        component = self.run.compiled.component(task)
        resolver = Resolver(self.run.facts, dag, name, task, component)
        try:
            if "dag" in component:
                return self._dag_task(resolver, name, task, component, dag)
            executor = self.run.compiled.executor(component)
            if "importer" in executor:
                importer.run(executor["importer"], name, task, component, dag)
                return True
            return self._container(resolver, name, task, component, executor["container"], dag)
        except BackendError as failure:
            self.result.failures[f"{dag}/{name}"] = failure
            return False

    def _dag_task(
        self,
        resolver: Resolver,
        name: str,
        task: dict[str, Any],
        component: dict[str, Any],
        dag: Execution,
    ) -> bool | None:
        """A nested pipeline, a condition, an exit handler or a loop (driver/dag.go: DAG)."""
        inputs = resolver.inputs(is_dag=True)
        execution = self._recorded(name, dag, inputs)
        execution.dag_outputs = component["dag"].get("outputs", {})
        if not _triggers(task, inputs):
            execution.state = NOT_TRIGGERED
            return None
        if "parameterIterator" not in task:
            return self.dag(component["dag"], execution)
        count = _fan_out(task["parameterIterator"], execution)
        done = [self._iteration(resolver, name, component, execution, i) for i in range(count)]
        execution.settle(count)
        return all(done)

    def _iteration(
        self,
        resolver: Resolver,
        name: str,
        component: dict[str, Any],
        loop: Execution,
        index: int,
    ) -> bool:
        try:
            inputs = resolver.iteration(loop, index)
        except BackendError as failure:
            self.result.failures[f"{loop}[{index}]"] = failure
            return False
        iteration = self._recorded(name, loop, inputs)
        iteration.iteration_index = index
        iteration.dag_outputs = loop.dag_outputs
        return self.dag(component["dag"], iteration)

    def _container(
        self,
        resolver: Resolver,
        name: str,
        task: dict[str, Any],
        component: dict[str, Any],
        container: dict[str, Any],
        dag: Execution,
    ) -> bool | None:
        """driver/container.go: Container; then the launcher's executeV2."""
        facts = self.run.facts
        inputs = resolver.inputs(is_dag=False)
        execution = self._recorded(name, dag, inputs)
        if not _triggers(task, inputs):
            execution.state = NOT_TRIGGERED
            return None
        root = task_root(facts.run_root, name, str(uuid.uuid4()))
        definitions = component.get("outputDefinitions", {})
        outputs = provisioned(root, definitions, publish_logs=facts.publish_logs)
        executor_input = {"inputs": inputs.message(), "outputs": outputs}
        execution.state = FAILED
        retries = int(task.get("retryPolicy", {}).get("maxRetryCount", 0))
        for index in range(retries + 1):
            started = pod(
                container,
                executor_input,
                index,
                self.run.comma,
                name=name,
                path=str(execution),
                root=root,
                spec=task,
                component=component,
                kubernetes=self.run.compiled.kubernetes(component),
                execution=execution,
            )
            self.result.tasks.append(started)
            try:
                written = self.run_pod(started) or Outputs()
                collect(execution, started.message, component, written, facts.run_root)
            except DriverFailed:
                raise
            except BackendError:
                if index == retries:
                    raise
            else:
                break
        execution.state = COMPLETE
        return True

    def _recorded(self, name: str, parent: Execution, inputs: Inputs) -> Execution:
        return Execution(
            name, parent, inputs=dict(inputs.parameters), input_artifacts=dict(inputs.artifacts)
        )


def _triggers(task: dict[str, Any], inputs: Inputs) -> bool:
    expression = task.get("triggerPolicy", {}).get("condition")
    return not expression or condition(inputs.message(), expression)


def _fan_out(iterator: dict[str, Any], loop: Execution) -> int:
    """How many iterations a loop has; items written in the pipeline become an input of it."""
    source = iterator["items"]
    if "inputParameter" in source:
        name = source["inputParameter"]
        if name not in loop.inputs:
            raise DriverFailed(
                f'iterating on item input "{iterator["itemInput"]}" failed: '
                "cannot find input parameter"
            )
        values = items(loop.inputs[name])
    else:
        values = items(source["raw"])
        loop.inputs[iterator["itemInput"]] = values
    loop.iteration_count = len(values)
    return loop.iteration_count
