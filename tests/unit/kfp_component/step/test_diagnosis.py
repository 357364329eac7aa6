import pytest

from kfp_component.execution.result import NotTrained
from kfp_component.record.record import LogLine
from kfp_component.step.diagnosis import diagnose
from kfp_component.step.failure import explain
from training_job.outcome.denied_data import remedy

ARN = "arn:aws:states:us-east-1:123456789012:execution:rl:n"
ARGUMENTS = {"source_dir": "s3://b/code.tar.gz", "entry_point": "train.py", "role": "arn:role"}
DOWNLOAD = ["Traceback (most recent call last):", "  in download_and_extract", "    s3_download("]


def lines_of(*texts, host=""):
    return [LogLine(host, text) for text in texts]


def failed(message="It failed.", **last):
    attempts = [{"job_name": "j", "status": "Failed", **last}]
    return NotTrained("TrainingJobFailed", message, {"job_name": "j", "attempts": attempts})


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            [*DOWNLOAD, "ClientError: (404) when calling the HeadObject operation: Not Found"],
            ["s3://b/code.tar.gz does not exist", "Upload"],
        ),
        ([*DOWNLOAD, "NoSuchBucket"], ["s3://b/code.tar.gz does not exist"]),
        (
            [*DOWNLOAD, "ClientError: (403) when calling the HeadObject operation: Forbidden"],
            ["arn:role may not read", remedy("job_read_locations")],
        ),
        ([*DOWNLOAD, "tarfile.ReadError: not a gzip file"], ["gzipped tar"]),
        (
            ["python: can't open file '/opt/ml/code/train.py': [Errno 2] No such file"],
            ["no train.py in s3://b/code.tar.gz", "entry_point"],
        ),
        (
            [
                "Traceback (most recent call last):",
                '  File "train.py", line 2, in <module>',
                "ValueError: the learning rate is negative",
                "2026-01-31 sagemaker-training-toolkit ERROR    Reporting training FAILURE",
            ],
            ["The script raised ValueError: the learning rate is negative"],
        ),
    ],
)
def test_the_commonest_mistakes_are_named(lines, says):
    found = diagnose(failed(), ARGUMENTS, lines_of(*lines))
    for words in says:
        assert words in found


# As sagemaker-training 5.1.4 writes them where the script's own message is not captured.
REPORT = [
    "2026-01-31 12:00:00,000 sagemaker-training-toolkit ERROR    Reporting training FAILURE",
    "2026-01-31 12:00:00,000 sagemaker-training-toolkit ERROR    ExecuteUserScriptError:",
    "ExitCode 2",
    'ErrorMessage ""',
    'Command "/usr/bin/python3 train.py --episodez 100"',
    "2026-01-31 12:00:00,000 sagemaker-training-toolkit ERROR    Encountered exit_code 2",
]
MESSAGE = (
    'Training job j failed: AlgorithmError: ExecuteUserScriptError:\nExitCode {}\nErrorMessage ""\n'
    'Command "/usr/bin/python3 train.py --episodez 100", exit code: {}.'
)
ARGPARSE = ["usage: train.py [-h]", "train.py: error: unrecognized arguments: --episodez 100", ""]


def test_a_failure_without_a_message_leads_with_the_script_s_last_words():
    lines = lines_of(*ARGPARSE, *REPORT)
    text = explain(failed(MESSAGE.format(2, 2)), ARN, lines, ARGUMENTS)
    assert text.splitlines()[0] == (
        "Error: TrainingJobFailed: The script ended with exit code 2. Its last words: "
        "train.py: error: unrecognized arguments: --episodez 100"
    )


def test_the_last_words_are_those_of_the_host_that_failed():
    lines = [
        *lines_of(*ARGPARSE, *REPORT[:3], host="algo-2"),
        *lines_of("reward=3", host="algo-1"),
        *lines_of(*REPORT[3:], host="algo-2"),
    ]
    found = diagnose(failed(MESSAGE.format(2, 2)), ARGUMENTS, lines)
    assert "unrecognized arguments" in found
    assert "reward" not in found


def test_a_script_that_was_killed_or_silent_is_said_to_be():
    assert "want of memory" in diagnose(failed(MESSAGE.format(137, 137)), {}, lines_of("r=1"))
    assert "It said nothing." in diagnose(failed(MESSAGE.format(3, 3)), {}, lines_of(*REPORT))


@pytest.mark.parametrize(
    ("failure", "says"),
    [
        (failed(status="Completed"), "saved no model"),
        (
            NotTrained(
                "TrainingJobStopped",
                "It was stopped.",
                {"attempts": [{"status": "Stopped", "secondary_status": "MaxRuntimeExceeded"}]},
            ),
            "max_run was reached",
        ),
    ],
)
def test_a_job_without_a_model_is_told_where_to_save_it(failure, says):
    found = diagnose(failure, {}, lines_of("Traceback (most recent call last)", "KeyError: 1"))
    assert says in found
    assert "SM_MODEL_DIR" in found


@pytest.mark.parametrize("lines", [[], ["reward: 3", "SomeError: printed by the script"]])
def test_a_log_that_does_not_tell_gets_no_diagnosis(lines):
    assert diagnose(failed(), ARGUMENTS, lines_of(*lines)) == ""


def test_only_failed_jobs_are_diagnosed():
    lines = lines_of(*DOWNLOAD, "NoSuchKey")
    for error in ("TrainingJobStopped", "RequestRejected", "CapacityUnavailable"):
        assert diagnose(NotTrained(error, "", {}), ARGUMENTS, lines) == ""


def test_the_diagnosis_comes_first_and_nothing_twice():
    failure = failed("Training job j failed: AlgorithmError: Traceback\n  a\n  b")
    failure.facts["failure_reason"] = "AlgorithmError: Traceback\n  a\n  b"
    text = explain(failure, ARN, lines_of(*DOWNLOAD, "NoSuchKey"), ARGUMENTS)
    first, second, third = text.splitlines()[:3]
    assert first.startswith(
        "Error: TrainingJobFailed: source_dir s3://b/code.tar.gz does not exist"
    )
    assert second == "Training job j failed: AlgorithmError: Traceback"
    assert third == "Last log lines:"
