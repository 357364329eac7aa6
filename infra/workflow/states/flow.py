"""The states that call nothing: the first one, choices and waits."""

from __future__ import annotations

from .expressions import IN_DOUBT, State


def choose(*, otherwise: str, **states: str) -> State:
    """Return the choice of the state that a function's decision names."""
    choices = [
        {"Condition": f"{{% $states.input.decision = '{decision}' %}}", "Next": state}
        for decision, state in states.items()
    ]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}


def who(state: str) -> State:
    """Return the choice between a state and its twin that assumes the role."""
    as_role = {"Condition": "{% $role != '' %}", "Next": f"{state}AsRole"}
    return {"Type": "Choice", "Choices": [as_role], "Default": state}


def initialise(*, then: str) -> State:
    """Give every variable a value: reading one that has none would fail the execution."""
    return {
        "Type": "Pass",
        "Assign": {
            "attempt": {},
            "plan": {},
            "progress": {},
            "request": {},
            "timeout": 1,
            "role": "{% '' %}",
            "error": {},
            "description": {},
            "describeError": {},
            "wait": 1,
            "redrives": 0,
        },
        "Next": then,
    }


def wait_for_job(*, then: str) -> State:
    """Wait until the next look at a job that no task awaits."""
    return {"Type": "Wait", "Seconds": "{% $wait %}", "Next": then}


def wait_before_retry(*, then: str) -> State:
    """Wait with full jitter, so that executions that fail together do not call together."""
    return {"Type": "Wait", "Seconds": "{% $ceil($random() * $wait) %}", "Next": then}


def whose_job(*, ours: str, in_doubt: str) -> State:
    """Leave a job alone that nobody judged and that may be another's."""
    left = {
        "Comment": "The job may be somebody else's",
        "Condition": f"{{% {IN_DOUBT} %}}",
        "Next": in_doubt,
    }
    return {"Type": "Choice", "Choices": [left], "Default": ours}
