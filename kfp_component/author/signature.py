"""Write `train_rl_model.py` and `sweep_rl_model.py`: a keyword and a text for every input.

A function that is written out, unlike one whose signature is made at run time, is completed,
explained and checked by every editor and type checker.
"""

import textwrap

from kfp_component.author.interface import SWEEP, Input, Interface
from kfp_component.author.launcher_image import VARIABLE

_TYPES = {str: "str", int: "int", bool: "bool", dict: "dict[str, Any]", list: "list[Any]"}

# Text to KFP, which knows one type for each input; the task writes it so.
_SEVERAL_TYPES = {"seeds": "int | list[int] | str"}

_TASK_ARGUMENTS = {
    "launcher_image": (
        "str | None = None",
        "The launcher's image in a registry that the cluster can reach, or a pipeline parameter "
        f"that names it. Default: the environment variable {VARIABLE} where the pipeline is "
        "compiled.",
    ),
    "retries": (
        "int = 5",
        "How often KFP may replace a lost pod. The new pod joins the {training} that runs, and "
        "does not repeat one that failed of itself. With retries, `stop_on_sigterm` is false "
        "unless given: an evicted pod must not stop the {training} that its replacement joins.",
    ),
    "cache": (
        "bool = False",
        "Whether KFP may skip the {training} and hand on the outputs of an earlier run with the "
        "same arguments. It looks neither into the source archive nor whether the model still "
        "exists.",
    ),
}

_HEAD = '''"""The task that {trains}, for pipelines.

Written by `make generate` from kfp_component/author/interface.py; do not edit.
"""

from typing import Any

from kfp.dsl import PipelineTask

from kfp_component.author.component import {component}
from kfp_component.author.tasks.long_task import long_task


def {name}(
    *,
'''

_MORE = """Call it inside a `@dsl.pipeline`. The task has what a long {training} needs: retries
that join the {training}, a command that stops it when a person terminates the run, no caching, a
small pod. What KFP makes of them differs between its versions: docs/kfp-step.md has the table.
Every input may be a pipeline parameter or another task's output; None counts as not given."""

_END = '''
    Raises:
        ValueError: No image is named, `retries` is negative, or the task uses a field of an outer
            loop's item.

    Example:
        >>> @dsl.pipeline
        ... def pipeline(state_machine_arn: str, role: str, source_dir: str, models: str):
        ...     {training} = {name}(
        ...         state_machine_arn=state_machine_arn,
        ...         region="us-east-1",
        ...         role=role,
        ...         entry_point="train.py",
        ...         source_dir=source_dir,
        ...         model_artifact_path=models,
        ...         toolkit="ray",
        ...         toolkit_version="1.6.0",
        ...         framework="tensorflow",
{example}
        ...         launcher_image="registry.example.com/launcher:0.1.0",
        ...     )
        ...     deploy(model_url={training}.outputs["model_artifact_url"])
    """
    return long_task({component}, **locals())
'''

_TRAINING_WORDS = {
    "training": "training",
    "trains": "trains",
    "component": "bare_component",
    "example": '        ...         hyperparameters={"lr": 0.0001},',
}
_SWEEP_WORDS = {
    "training": "sweep",
    "trains": "sweeps",
    "component": "bare_sweep_component",
    "example": (
        '        ...         space={"lr": [0.001, 0.0003, 0.0001]},\n'
        "        ...         seeds=10,\n"
        '        ...         objective_metric="episode_reward_mean",'
    ),
}


def render_function(interface: Interface) -> str:
    """Return the text of the module `train_rl_model` or `sweep_rl_model`.

    Example:
        >>> "def sweep_rl_model(" in render_function(SWEEP)
        True
    """
    words = _SWEEP_WORDS if interface is SWEEP else _TRAINING_WORDS
    words = {**words, "name": interface.name}
    about = f"{interface.summary}\n\n{_MORE.format(**words)}"
    return "".join(
        [
            _HEAD.format(**words),
            *(f"    {given.name}: {_annotation(given)},\n" for given in interface.inputs),
            *(f"    {name}: {kind},\n" for name, (kind, _) in _TASK_ARGUMENTS.items()),
            ") -> PipelineTask:\n",
            textwrap.indent(f'"""{about}\n\nArgs:\n', "    "),
            *(_entry(given.name, given.description) for given in interface.inputs),
            *(_entry(name, text.format(**words)) for name, (_, text) in _TASK_ARGUMENTS.items()),
            "\n    Returns:\n",
            _wrapped("The task, to be configured further. Its outputs:", 8),
            *(_wrapped(f"{output.name}: {output.description}", 8) for output in interface.outputs),
            _END.format(**words),
        ]
    )


def _annotation(given: Input) -> str:
    kind = _SEVERAL_TYPES.get(given.name, _TYPES[given.type])
    return kind if given.required else f"{kind} | None = None"


def _entry(name: str, text: str) -> str:
    return _wrapped(f"{name}: {text}", 8)


def _wrapped(text: str, indent: int) -> str:
    """Return a paragraph; its lines after the first are indented further."""
    return (
        textwrap.fill(
            text,
            width=100,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + 4),
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
    )
