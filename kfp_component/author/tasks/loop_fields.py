"""Fields of a loop's item inside other values, which the KFP SDK compiles to what no driver finds.

`hyperparameters={"lr": item.lr}` in a `dsl.ParallelFor` makes the SDK (2.12 to 2.17) name an
input of the loop that does not exist, and every iteration ends with "parent DAG does not have input
parameter pipelinechannel--loop-item-param-1-subvar-lr" before its pod starts. A field that is the
whole value of an input compiles to a selector on the loop's item, which works. So each field is
made an input of its own here, and the value refers to that input.

Within a condition or another loop, the SDK finds the fields of an outer loop's item in no way; that
is an error here, before a run fails of it.
"""

from __future__ import annotations

from typing import Any

from kfp.dsl import PipelineTask, pipeline_context
from kfp.dsl.for_loop import LoopArgumentVariable
from kfp.dsl.pipeline_channel import PipelineChannel, extract_pipeline_channels_from_any

_DELIMITER = LoopArgumentVariable.SUBVAR_NAME_DELIMITER


class LoopFields:
    """The fields of loop items that stand inside a task's values.

    Example:
        >>> from kfp import dsl
        >>> from kfp_component.author.component import bare_component
        >>> required = {"state_machine_arn": "arn", "region": "us-east-1", "entry_point": "t.py"}
        >>> @dsl.pipeline
        ... def pipeline():
        ...     with dsl.ParallelFor([{"lr": 0.1}, {"lr": 0.01}]) as item:
        ...         fields = LoopFields()
        ...         hyperparameters = fields.taken_out_of({"lr": item.lr})
        ...         task = bare_component(hyperparameters=hyperparameters, **required)
        ...         fields.add_to(task)
    """

    def __init__(self) -> None:
        self._found: dict[str, LoopArgumentVariable] = {}

    def taken_out_of(self, value: Any) -> Any:
        """Return a value in which each field is a reference to an input of the task.

        A value that is a field itself stays as it is, like everything else.

        Raises:
            ValueError: The field is one of an outer loop's item.
        """
        if isinstance(value, PipelineChannel):
            _loop_field(value.full_name)
            return value
        if isinstance(value, str):
            return self._in_text(value)
        if isinstance(value, list):
            return [self._part(item) for item in value]
        if isinstance(value, dict):
            return {self._part(key): self._part(item) for key, item in value.items()}
        return value

    def add_to(self, task: PipelineTask) -> None:
        """Make the fields inputs of the task, beside those that its component declares."""
        for name, field in self._found.items():
            task.inputs[name] = field
            task.channel_inputs.append(field)

    def _part(self, value: Any) -> Any:
        is_field = isinstance(value, LoopArgumentVariable)
        return self._in_text(str(value)) if is_field else self.taken_out_of(value)

    def _in_text(self, text: str) -> str:
        for channel in extract_pipeline_channels_from_any(text):
            field = _loop_field(channel.full_name)
            if field is not None:
                # The name that the SDK gives to parts of other values.
                name = f"pipelinechannel--{field.full_name}"
                self._found[name] = field
                text = text.replace(channel.pattern, f"{{{{$.inputs.parameters['{name}']}}}}")
        return text


def _loop_field(name: str) -> LoopArgumentVariable | None:
    """Return the field of the innermost loop's item that a channel's name stands for, if any."""
    groups = pipeline_context.Pipeline.get_default_pipeline().groups
    for group in reversed(groups):
        item = getattr(group, "loop_argument", None)
        if item is None or not name.startswith(item.full_name + _DELIMITER):
            continue
        field = name.removeprefix(item.full_name + _DELIMITER)
        if group is groups[-1]:
            return getattr(item, field)
        raise ValueError(
            f"This task uses the field {field!r} of an outer loop's item. Kubeflow Pipelines finds "
            "fields only directly within their loop, not in a condition or another loop inside it "
            '("parent DAG does not have input parameter ..."). Use one loop over all '
            "combinations, or pass the item as a whole."
        )
    return None
