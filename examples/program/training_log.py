"""What a pipeline on this machine prints, without what is of no use to who watches an example."""

from collections.abc import Callable
from pathlib import Path

_FIRST, _LAST = "Training Env:", "Invoking script with the following command:"
_MESSAGE = " sagemaker-training-toolkit INFO "


class TrainingLog:
    """Shows lines, but not the toolkit's list of the job's environment and its INFO messages.

    Args:
        show: Called with each of the other lines.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._in_list = False

    def __call__(self, line: str) -> None:
        """Take a line."""
        if line == _FIRST:
            self._in_list = True
        if not self._in_list and _MESSAGE not in line:
            self._show(line)
        if line == _LAST:
            self._in_list = False


def without_outputs(directory: Path, show: Callable[[str], None]) -> Callable[[str], None]:
    """Return what shows lines but those that name outputs in a directory that does not stay."""
    outputs = str(directory / "pipeline")
    return lambda line: None if outputs in line else show(line)
