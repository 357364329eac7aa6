"""The components as KFP knows them: a container, its inputs and outputs, and nothing of a task.

An input that the deployment may supply is optional and has no default here: a default compiled into
a pipeline would override the deployment's own. The container's arguments are exactly
`--executor_input {{$}}`: KFP 2.17 does not fill an omitted input into any other placeholder. By
the outputs that it lists, the launcher knows which component it runs for.
"""

import inspect
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Optional

from kfp import compiler, dsl
from kfp.dsl.container_component_class import ContainerComponent

from kfp_component.author.interface import SWEEP, TRAINING, Input, Interface, Output

# No image is published, and a name that anybody could register would be pulled unseen: this one
# resolves nowhere (RFC 2606), so that a cluster says at once that the image is yours to name.
NO_IMAGE = f"registry.invalid/sagemaker-rl-kubeflow/launcher:{version('sagemaker-rl-kubeflow')}"
COMMAND = ["python3", "-m", "kfp_component"]
ARGUMENTS = ["--executor_input", dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER]

# job_name is an input and an output, as in the predecessor. KFP's format allows that, Python's
# signatures do not: outputs are declared with this prefix, which is then taken off.
_OUTPUT_PREFIX = "output_"


def make_component(
    interface: Interface, image: str = NO_IMAGE, defaults: Mapping[str, Any] | None = None
) -> ContainerComponent:
    """Make a component for an image.

    Args:
        interface: `TRAINING` or `SWEEP`.
        image: The launcher's image, as the cluster pulls it.
        defaults: Inputs that a pipeline may then leave out, with their values.

    Returns:
        The component; calling it inside a `@dsl.pipeline` makes a task without retries.

    Example:
        >>> image = "registry.example.com/launcher:1"
        >>> component = make_component(TRAINING, image, {"region": "eu-west-1"})
        >>> component.component_spec.inputs["region"].default
        'eu-west-1'
    """

    def container(*_: Any) -> dsl.ContainerSpec:
        return dsl.ContainerSpec(image=image, command=COMMAND, args=ARGUMENTS)

    container.__name__ = interface.name
    container.__doc__ = _docstring(interface)
    container.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        _parameters(interface, defaults or {})
    )
    component = dsl.container_component(container)
    outputs = component.component_spec.outputs
    component.component_spec.outputs = {
        name.removeprefix(_OUTPUT_PREFIX): output for name, output in outputs.items()
    }
    return component


def compile_component(component: ContainerComponent) -> str:
    """Return the component as KFP's intermediate representation, the text of a component.yaml."""
    with tempfile.TemporaryDirectory() as directory:
        target = Path(directory) / "component.yaml"
        compiler.Compiler().compile(component, str(target))
        return target.read_text(encoding="utf-8")


def _parameters(interface: Interface, defaults: Mapping[str, Any]) -> list[inspect.Parameter]:
    required = [
        _parameter(given.name, given.type)
        for given in interface.inputs
        if given.required and given.name not in defaults
    ]
    outputs = [
        _parameter(_OUTPUT_PREFIX + output.name, output.annotation) for output in interface.outputs
    ]
    optional = [
        _parameter(given.name, given.type, defaults[given.name])
        if given.name in defaults
        else _parameter(given.name, Optional[given.type], None)  # noqa: UP045 - KFP reads Optional
        for given in interface.inputs
        if not given.required or given.name in defaults
    ]
    return [*required, *outputs, *optional]


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default, annotation=kind
    )


def _docstring(interface: Interface) -> str:
    outputs = (
        Output(_OUTPUT_PREFIX + each.name, None, each.description) for each in interface.outputs
    )
    arguments, returned = _section(interface.inputs), _section(outputs)
    return f"{interface.summary}\n\nArgs:\n{arguments}\n\nReturns:\n{returned}\n"


def _section(entries: Iterable[Input | Output]) -> str:
    return "\n".join(
        f"    {entry.name}: {' '.join(entry.description.split())}" for entry in entries
    )


bare_component = make_component(TRAINING)
"""The component without an image and without what a long task needs; see `train_rl_model`."""

bare_sweep_component = make_component(SWEEP)
"""The same for sweeps; see `sweep_rl_model`."""
