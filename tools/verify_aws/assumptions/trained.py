"""What four small training jobs show, at the price that `stages` prints."""

from __future__ import annotations

from tools.verify_aws.assumption import Answer, Assumption, NotAsked, Question, Verdict
from tools.verify_aws.questions import history, training

_TRAINED = Question("trained", training.trained)
_FAILED = Question("failed", training.failed)
_STOPPED = Question("stopped-job", training.stopped_job)
_ABORTED = Question("stopped-execution", training.stopped_execution)

_OUTCOMES, _CORRECTIONS = "docs/outcomes.md", "local_aws/corrections/README.md"
_TAG = "AWS_STEP_FUNCTIONS_EXECUTION_ARN"
_CLOCKS = 5.0
"""Seconds between the services' clocks; no decision is to depend on fewer."""


def _ended(answer: Answer) -> str:
    return f"{answer['status']} {answer.get('error', '')} {answer.get('cause', '')}".strip()


def _fields(answer: Answer) -> Verdict:
    job = answer["job"]
    kept = (
        job.get("EnableInterContainerTrafficEncryption") is True
        and job.get("Environment", {}).get("VERIFY_AWS") == "1"
        and job.get("CheckpointConfig", {}).get("S3Uri", "").endswith("/verify/checkpoints")
    )
    seen = _ended(answer) if answer["status"] != "SUCCEEDED" else f"SUCCEEDED; kept: {kept}"
    return Verdict(answer["status"] == "SUCCEEDED" and kept, seen)


def _tagged(answer: Answer) -> Verdict:
    seen = ", ".join(f"{key}={value}" for key, value in sorted(answer["tags"].items()))
    return Verdict(answer["tags"].get(_TAG) == answer["arn"], seen or "no tags")


def _clocks(answer: Answer) -> Verdict:
    submitted = history.of_state(answer, "CreateTrainingJob", "TaskSubmitted")
    began = history.of_state(answer, "CreateTrainingJob", "TaskStateEntered")
    if not submitted or not began:
        raise NotAsked("the job was not submitted")
    created = answer["job"]["CreationTime"]
    early = history.seconds_between(created, began[0]["at"])
    late = history.seconds_between(submitted[0]["at"], created)
    seen = f"created {-early:+.1f} s from the state's entry, {late:+.1f} s from the submission"
    return Verdict(early <= _CLOCKS and late <= _CLOCKS, seen)


def _known_at_once(answer: Answer) -> Verdict:
    return Verdict(answer["looked"], "known" if answer["looked"] else "not found")


def _encrypted(answer: Answer) -> Verdict:
    how, key = answer["model"]["ServerSideEncryption"], answer["model"]["SSEKMSKeyId"]
    if not how:
        raise NotAsked("S3 does not say how the model is encrypted")
    return Verdict(how == "aws:kms", f"{how} {key}".strip())


def _failed_task(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "CreateTrainingJob")
    return Verdict(
        (end["type"], end.get("error")) == ("TaskFailed", "States.TaskFailed"),
        f"{end['type']} {end.get('error', '')}",
    )


def _failed_reason(answer: Answer) -> Verdict:
    reason = answer["job"].get("FailureReason", "")
    honest = answer.get("error") == "TrainingJobFailed"
    return Verdict(reason.startswith("AlgorithmError") and honest, reason or _ended(answer))


def _stopped_outcome(answer: Answer) -> Verdict:
    seen = f"the job is {answer['job']['TrainingJobStatus']}; {_ended(answer)}"
    return Verdict(answer.get("error") == "TrainingJobStopped", seen)


def _stopped_with_it(answer: Answer) -> Verdict:
    job = answer["job"]["TrainingJobStatus"]
    held = (answer["status"], job) == ("ABORTED", "Stopped")
    return Verdict(held, f"{answer['status']}; the job is {job}")


TRAINED = (
    Assumption(
        "fields-are-accepted",
        "CreateTrainingJob through `.sync` takes traffic encryption, environment and checkpoint",
        "SUCCEEDED, and the job has all three",
        "docs/arguments.md",
        _TRAINED,
        _fields,
        ("DescribeTrainingJob returns the environment variables",),
    ),
    Assumption(
        "jobs-are-tagged",
        f"each job of `.sync` carries the tag {_TAG}",
        "the tag, with the execution's ARN",
        _CORRECTIONS,
        _TRAINED,
        _tagged,
    ),
    Assumption(
        "clocks-agree",
        "a job's CreationTime is between its state's EnteredTime and the submission, within 5 s",
        "a few seconds at most",
        _OUTCOMES,
        _TRAINED,
        _clocks,
    ),
    Assumption(
        "job-is-known-at-once",
        "SageMaker knows a job as soon as the create call has answered",
        "DescribeTrainingJob finds it",
        _OUTCOMES,
        _TRAINED,
        _known_at_once,
        ("SageMaker knows a job as soon as the create call has answered",),
    ),
    Assumption(
        "model-is-encrypted",
        "without output_encryption_key the account's key for S3 encrypts the model",
        "aws:kms",
        "docs/arguments.md",
        _TRAINED,
        _encrypted,
    ),
    Assumption(
        "failed-job-fails-the-task",
        "a training job that fails makes the `.sync` task raise States.TaskFailed",
        "TaskFailed States.TaskFailed",
        _CORRECTIONS,
        _FAILED,
        _failed_task,
    ),
    Assumption(
        "reason-of-a-failed-script",
        "the failure reason of a script that fails begins with AlgorithmError",
        "AlgorithmError, and the execution fails TrainingJobFailed",
        _OUTCOMES,
        _FAILED,
        _failed_reason,
    ),
    Assumption(
        "stopped-job-fails-the-task",
        "a training job that was stopped fails its `.sync` task with States.TaskFailed",
        "TaskFailed States.TaskFailed",
        _CORRECTIONS,
        _STOPPED,
        _failed_task,
    ),
    Assumption(
        "stopped-job-is-named",
        "an execution whose job a person stops fails TrainingJobStopped, either way",
        "TrainingJobStopped",
        _OUTCOMES,
        _STOPPED,
        _stopped_outcome,
    ),
    Assumption(
        "stop-execution-stops-the-job",
        "StopExecution stops the job that a `.sync` task awaits",
        "ABORTED; the job is Stopped",
        _OUTCOMES,
        _ABORTED,
        _stopped_with_it,
    ),
)
