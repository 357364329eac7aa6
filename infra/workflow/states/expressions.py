"""JSONata that several states share."""

from __future__ import annotations

from typing import Any

from training_job.job_name import OWNER_VARIABLE

State = dict[str, Any]

CALL_TIMEOUT = 60
"""Seconds, of a task that ends at once; the functions themselves end within 30."""

REDRIVES = (
    "($exists($states.context.Execution.RedriveCount) ? $states.context.Execution.RedriveCount : 0)"
)


def caught_text(field: str, longest: int) -> str:
    """Return the expression of the Error or Cause that was caught: text, whatever it was.

    It may be absent, null or empty, and an expression that fails in a Catch ends the execution. Of
    a job that failed the cause is its whole description, which may fill a state.
    """
    found = f"$states.errorOutput.{field}"
    return f"$substring($type({found}) = 'string' ? {found} : '', 0, {longest})"


ERROR = {
    "Error": f"{{% {caught_text('Error', 256)} %}}",
    "Cause": f"{{% {caught_text('Cause', 4000)} %}}",
}

# Whether a job of this name may be another's, for all that is known without the judge.
IN_DOUBT = (
    "($plan.name_chosen and $exists($error.Error) and $not($contains($error.Error, /^States\\./))"
    f" and $not($description.Environment.{OWNER_VARIABLE} = $states.context.Execution.Id))"
)
