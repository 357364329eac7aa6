"""An inline Map of nested executions on the local AWS: `python -m bench.nested_map`.

500 executions of a second, 40 at once, each tenth of which fails and is caught, as a sweep of
trainings is built. Exits with 1 when a count is wrong or the threads go over their budget.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from bench.measured import record
from bench.stage import LocalAws, local_aws

CHILDREN, AT_ONCE, FAIL_EACH = 500, 40, 10
THREAD_BUDGET = 3 * AT_ONCE
BEST_S = CHILDREN / AT_ONCE
"""Without any work but waiting."""

CHILD: dict[str, object] = {
    "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Choose"},
    "Choose": {
        "Type": "Choice",
        "Choices": [{"Condition": f"{{% $states.input % {FAIL_EACH} = 0 %}}", "Next": "Fail"}],
        "Default": "Done",
    },
    "Fail": {"Type": "Fail", "Error": "Planned", "Cause": "as planned"},
    "Done": {"Type": "Pass", "End": True},
}


def parent(child: str) -> dict[str, object]:
    """Return the Map state over the children of this state machine."""
    name = "{% $states.context.Execution.Name & '-' & $string($states.input) %}"
    nested = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Arguments": {"StateMachineArn": child, "Name": name, "Input": "{% $states.input %}"},
        "Output": "{% $states.result.Output %}",
        "Catch": [
            {
                "ErrorEquals": ["States.TaskFailed"],
                "Output": "{% $parse($states.errorOutput.Cause).Status %}",
                "Next": "Failed",
            }
        ],
        "End": True,
    }
    return {
        "Type": "Map",
        "Items": f"{{% [1..{CHILDREN}] %}}",
        "MaxConcurrency": AT_ONCE,
        "ItemProcessor": {
            "StartAt": "Train",
            "States": {"Train": nested, "Failed": {"Type": "Succeed"}},
        },
        "End": True,
    }


def create(states: Any, name: str, members: dict[str, object]) -> str:
    """Create a state machine that begins with the first state; return its ARN."""
    body = {"QueryLanguage": "JSONata", "StartAt": next(iter(members)), "States": members}
    role = "arn:aws:iam::000000000000:role/bench"
    made = states.create_state_machine(name=name, definition=json.dumps(body), roleArn=role)
    return str(made["stateMachineArn"])


def run(server: LocalAws) -> bool:
    """Run the Map and print its figures; return whether all is as it should be."""
    states = server.client("stepfunctions")
    machine = create(states, "parent", {"Each": parent(create(states, "child", CHILD))})
    began, threads = time.perf_counter(), 0
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    ended = {"status": "RUNNING"}
    while ended["status"] == "RUNNING":
        time.sleep(0.1)
        threads = max(threads, server.status("Threads"))
        ended = states.describe_execution(executionArn=execution)
    seconds = time.perf_counter() - began
    results = json.loads(ended.get("output", "[]"))
    last = {"executionArn": execution, "reverseOrder": True, "maxResults": 1}
    events = states.get_execution_history(**last)["events"][0]["id"]
    print(f"{CHILDREN} nested executions, {AT_ONCE} at once: {seconds:.1f} s, at best {BEST_S} s")
    print(f"failed   {results.count('FAILED'):6}     {CHILDREN // FAIL_EACH} planned")
    print(f"threads  {threads:6}     budget {THREAD_BUDGET}")
    memory = server.status("VmHWM") / 1024
    print(f"memory   {memory:6.0f} MB  at most")
    print(f"events   {events:6}     limit 25000")
    record("bench.nested_map", seconds=round(seconds), threads=threads, megabytes=round(memory))
    return (
        len(results) == CHILDREN
        and results.count("FAILED") == CHILDREN // FAIL_EACH
        and threads <= THREAD_BUDGET
    )


def main() -> None:
    """Print the figures."""
    with local_aws() as server:
        right = run(server)
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
