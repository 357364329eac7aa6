"""What a training job prints, without the hundred lines that AWS's training toolkit adds."""

from collections.abc import Callable

_FIRST, _LAST = "Training Env:", "Invoking script with the following command:"
_MESSAGE = " sagemaker-training-toolkit INFO "


class TrainingLog:
    """Shows lines, but not the toolkit's list of the job's environment and its INFO messages.

    Args:
        show: called with each of the other lines.
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
