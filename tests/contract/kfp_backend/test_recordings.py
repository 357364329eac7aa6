"""The stand-in gives the answers that KFP's own Go functions give.

`recordings/go.json`: each request, and what the functions of kubeflow/pipelines at 7b70c7b95f
(2026-08-22, after 2.17.0) returned for it when they were compiled and called: compileCmdAndArgs
after addDefaultParams ("launch"), resolveContainerArgs ("driver_args"),
resolvePodSpecInputRuntimeParameter ("pod"), PbValueToText ("text"), TextToPbValue ("value"),
getItems ("items"), and Select and Condition of v2/expression with cel-go. Requests from its unit
tests (driver/util_test.go, component/launcher_v2_test.go, expression/expression_test.go) are among
them.
"""

import json
from pathlib import Path

import pytest

from tests.kfp_backend import go_text
from tests.kfp_backend.driver import conditions
from tests.kfp_backend.driver.values import items
from tests.kfp_backend.errors import BackendError
from tests.kfp_backend.launcher import placeholders
from tests.kfp_backend.launcher.executor_input import with_defaults

RECORDINGS = json.loads((Path(__file__).parent / "recordings/go.json").read_text())


def launch(request):
    """Go's command has a program in front, and its message is parsed, so maps are sorted."""
    message = with_defaults(request["executor_input"], request.get("component", {}))
    return placeholders.launcher_command(["program", *request["args"]], message)[1:]


def parameters(request):
    return request["executor_input"]["inputs"]["parameterValues"]


ANSWERS = {
    "launch": launch,
    "driver_args": lambda r: placeholders.driver_arguments(r["args"], parameters(r)),
    "pod": lambda r: placeholders.pod_value(r["text"], parameters(r)),
    "text": lambda r: go_text.to_text(r["value"]),
    "value": lambda r: go_text.from_text(r["text"], r["type"]),
    "items": lambda r: items(r["value"]),
    "select": lambda r: conditions.select(r["value"], r["expr"]),
    "condition": lambda r: conditions.condition(r["executor_input"].get("inputs", {}), r["expr"]),
}


@pytest.mark.parametrize("recorded", RECORDINGS, ids=lambda each: each["op"])
def test_as_go_does(recorded):
    answer = ANSWERS[recorded["op"]]
    if "error" in recorded:
        with pytest.raises(BackendError):
            answer(recorded)
        return
    expected = recorded["result"]
    if recorded["op"] == "driver_args":
        expected = expected or []  # Go's nil slice
    assert answer(recorded) == expected


def test_there_are_recordings_of_each_function():
    assert {each["op"] for each in RECORDINGS} == set(ANSWERS)
