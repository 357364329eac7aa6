import json

import pytest

from kfp_component.errors import StepError
from kfp_component.execution.result import DryRun, NotTrained, Trained, read_result
from kfp_component.record.record import LogLine
from kfp_component.step.failure import explain, leave_termination_message
from kfp_component.step.outputs import write_outputs
from kfp_component.step.training_outputs import training_outputs
from kfp_component.task_input.executor_input import ExecutorInput
from tests.support.step.launcher_fakes import executor_input
from training_job.links import links

ARN = "arn:aws:states:us-east-1:123456789012:execution:rl:n"
OUTPUT = {
    "job_name": "j",
    "training_job_arn": "arn:j",
    "model_artifact_url": "s3://b/j/output/model.tar.gz",
    "training_image": "image",
    "status": "Completed",
    "secondary_status": None,
    "final_metrics": {"reward": 487.0, "loss": float("nan")},
    "training_seconds": 200,
    "billable_seconds": 50,
}


def succeeded(output):
    return read_result({"status": "SUCCEEDED", "output": json.dumps(output)}, Trained)


def failed(**fields):
    return read_result({"status": "FAILED", **fields}, Trained)


def test_a_complete_output_is_a_model():
    result = succeeded(OUTPUT)
    assert isinstance(result, Trained)
    assert result.spot_saving_percent == 75.0


@pytest.mark.parametrize("seconds", [(10, 10), (10, 12), (0, 0), (None, 5), ("a", 1)])
def test_no_saving_is_claimed_without_one(seconds):
    trained, billed = seconds
    result = Trained({**OUTPUT, "training_seconds": trained, "billable_seconds": billed})
    assert result.spot_saving_percent is None


@pytest.mark.parametrize("output", [{}, [], "x", {**OUTPUT, "model_artifact_url": ""}])
def test_a_success_without_a_model_is_none(output):
    result = succeeded(output)
    assert isinstance(result, NotTrained)
    assert "model_artifact_url" in result.message


def test_a_dry_run_is_told_from_a_model():
    assert isinstance(succeeded({"dry_run": True, "request": {}}), DryRun)


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"error": "E", "cause": '{"message": "why", "job_name": "j"}'}, "E", "why"),
        ({"error": "E", "cause": "plain"}, "E", "plain"),
        ({"error": "E", "cause": ""}, "E", "gave no reason"),
        ({}, "FAILED", "gave no reason"),
        ({"status": "TIMED_OUT"}, "TIMED_OUT", "time limit"),
        ({"status": "ABORTED"}, "ABORTED", "was stopped"),
        ({"error": "E", "cause": "[1]"}, "E", "[1]"),
        ({"error": "E", "cause": "{" * 32_768}, "E", "{{{"),
        ({"error": "E", "cause": '{"message": 7}'}, "E", "7"),
    ],
)
def test_failures_are_read_with_care(fields, error, message):
    result = failed(**fields)
    assert result.error == error
    assert message in result.message


FACTS = {
    "problems": [{"argument": "max_run", "message": "too long"}, "odd"],
    "failure_reason": "AlgorithmError: exit code 1",
    "attempts": [
        {"job_name": "j-0", "status": "Failed", "failure_reason": "capacity"},
        {"job_name": "j-1", "status": "Failed", "failure_reason": "AlgorithmError"},
    ],
    "job_name": "j-1",
}


LINES = [LogLine("", "line 1"), LogLine("algo-2", "line 2")]


def test_the_explanation_has_reason_attempts_lines_and_links():
    text = explain(NotTrained("TrainingJobFailed", "It broke.", FACTS), ARN, LINES, {})
    assert text.startswith("Error: TrainingJobFailed: It broke.\n")
    for part in (
        "max_run: too long",
        "exit code 1",
        "Attempt 1: j-0, Failed, capacity",
        "  line 1",
        "  algo-2 | line 2",
    ):
        assert part in text
    for label, page in zip(("Execution", "Job", "Logs"), links(ARN, "j-1").values(), strict=True):
        assert f"\n{label}: {page}" in text


def test_a_job_that_was_never_created_has_no_link():
    failure = NotTrained("RequestRejected", "No role.", {"job_name": "j-2", "attempts": []})
    text = explain(failure, ARN, [], {})
    assert text.count("https://") == 1
    assert "/states/home" in text


@pytest.mark.parametrize("facts", [{"job_name": 1, "problems": {}, "attempts": "x"}, {}])
def test_odd_facts_do_no_harm(facts):
    assert "It broke" in explain(NotTrained("TrainingJobFailed", "It broke", facts), ARN, [], {})


def test_the_termination_message_is_bounded(tmp_path):
    log = tmp_path / "termination-log"
    leave_termination_message("x", log)
    assert not log.exists()
    log.touch()
    leave_termination_message("é" * 9000, log)
    assert len(log.read_bytes()) <= 4096
    log.read_text()


def test_outputs_that_cannot_be_written_hide_no_model(tmp_path):
    task = ExecutorInput.parse(json.dumps(executor_input(tmp_path)))
    for path in task.parameter_files.values():
        path.mkdir(parents=True)  # where a file should go
    with pytest.raises(StepError, match=r"The model exists \(s3://b/j/.*\), but .*: .*reuses it"):
        write_outputs(task, *training_outputs(ARN, Trained(OUTPUT), "<html>"))


def test_outputs_leave_out_what_kfp_refuses(tmp_path):
    task = ExecutorInput.parse(json.dumps(executor_input(tmp_path)))
    write_outputs(task, *training_outputs(ARN, Trained(OUTPUT), "<html>"))
    text = task.output_file.read_text()
    assert not [word for word in ("null", "NaN", "Infinity") if word in text]
    listing = json.loads(text)
    assert listing["artifacts"]["metrics"]["artifacts"][0]["metadata"] == {
        "reward": 487.0,
        "training_seconds": 200,
        "billable_seconds": 50,
        "spot_saving_percent": 75.0,
    }
    for name, artifact in task.artifacts.items():
        listed = listing["artifacts"][name]["artifacts"][0]
        assert (listed["name"], listed["uri"]) == (artifact.name, artifact.uri)
        assert artifact.path.is_file()
    assert set(listing["artifacts"]) == {"model", "metrics", "report"}
