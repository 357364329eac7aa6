"""Which executions are trials that a sweep left running.

Step Functions stops the executions that a Map awaits, by best effort. It does not stop one that was
only looked at, or that was started as its sweep ended.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from training_job.request.submission import STARTED_BY
from training_sweep.trials import trials_prefix


@dataclass(frozen=True)
class EndedSweep:
    """An execution of a sweep that ended.

    Attributes:
        arn: Its ARN.
    """

    arn: str

    def may_have_started(self, name: str) -> bool:
        """Whether an execution of this name may be a trial of it: its input tells.

        Example:
            >>> sweep = EndedSweep("arn:aws:states:::execution:RlSweep:lr")
            >>> [sweep.may_have_started(name) for name in ("lr-t001", "lr2-t001")]
            [True, False]
        """
        return name.startswith(trials_prefix(self.arn.rpartition(":")[2]))

    def started(self, given: str) -> bool:
        """Whether an execution with this input, as JSON, was started by it."""
        arguments = json.loads(given)
        return isinstance(arguments, dict) and arguments.get(STARTED_BY) == self.arn
