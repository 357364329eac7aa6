import pytest

from kfp_component.execution.result import Failure
from kfp_component.step.diagnosis import diagnose
from kfp_component.step.failure import explain

ARN = "arn:aws:states:us-east-1:123456789012:execution:rl:n"
ARGUMENTS = {"source_dir": "s3://b/code.tar.gz", "entry_point": "train.py", "role": "arn:role"}
DOWNLOAD = ["Traceback (most recent call last):", "  in download_and_extract", "    s3_download("]


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
            ["arn:role may not read", "s3:GetObject"],
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
    found = diagnose("TrainingJobFailed", ARGUMENTS, lines)
    for words in says:
        assert words in found


@pytest.mark.parametrize("lines", [[], ["reward: 3", "SomeError: printed by the script"]])
def test_a_log_that_does_not_tell_gets_no_diagnosis(lines):
    assert diagnose("TrainingJobFailed", ARGUMENTS, lines) == ""


def test_only_failed_jobs_are_diagnosed():
    assert diagnose("TrainingJobStopped", ARGUMENTS, [*DOWNLOAD, "NoSuchKey"]) == ""


def test_the_diagnosis_comes_first_and_nothing_twice():
    message = "Training job j failed: AlgorithmError: Traceback\n  a\n  b"
    facts = {
        "failure_reason": "AlgorithmError: Traceback\n  a\n  b",
        "attempts": [{"job_name": "j"}],
    }
    failure = Failure("TrainingJobFailed", message, facts)
    text = explain(failure, ARN, [*DOWNLOAD, "NoSuchKey"], ARGUMENTS)
    first, second, third = text.splitlines()[:3]
    assert first.startswith(
        "Error: TrainingJobFailed: source_dir s3://b/code.tar.gz does not exist"
    )
    assert second == "Training job j failed: AlgorithmError: Traceback"
    assert third == "Last log lines:"
