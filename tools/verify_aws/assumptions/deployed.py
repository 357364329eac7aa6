"""What a deployed state machine shows without training: refusals, redrives, aliases.

A table at the end, above it the judge of each row.
"""

from __future__ import annotations

import json

from tools.verify_aws.assumption import Answer, Assumption, NotAsked, Question, Verdict
from tools.verify_aws.questions import executions, history
from training_job.outcome.service_error import ServiceError, service_error

_WRONG = Question("wrong-arguments", executions.wrong_arguments)
_REDRIVE = Question("redrive", executions.redrive)
_ALIAS = Question("start-by-alias", executions.start_by_alias)
_ROLE = Question("role-not-assumed", executions.role_not_assumed)
_REFUSED = Question("refused-create", executions.refused_create)
_SDK = Question("sdk-errors", executions.sdk_errors)

_AT_ONCE = 30
"""Seconds; where the task cannot fail itself, it waits a minute."""
_OUTCOMES, _CORRECTIONS = "docs/outcomes.md", "local_aws/corrections/README.md"


def _fails_itself(answer: Answer) -> Verdict:
    began = history.of_state(answer, "Failed", "TaskStateEntered")
    if not began:
        raise NotAsked(f"the execution did not come to Failed: {history.entered(answer)}")
    seconds = history.seconds_between(began[0]["at"], answer["events"][-1]["at"])
    last = history.entered(answer)[-1]
    return Verdict(
        last == "Failed" and seconds < _AT_ONCE, f"ended in {last} after {seconds:.1f} s"
    )


def _exactly_as_sent(answer: Answer) -> Verdict:
    given = history.of_state(answer, "Failed", "TaskStateEntered")
    if not given or len(given[0].get("input", "")) >= history.LONGEST:
        raise NotAsked("what was sent is not known")
    sent = json.loads(given[0]["input"])
    same = (sent["error"], sent["cause"]) == (answer.get("error"), answer.get("cause"))
    seen = "the same" if same else f"{answer.get('error')}: {answer.get('cause')}"
    return Verdict(answer["status"] == "FAILED" and same, seen)


def _not_submitted(answer: Answer) -> Verdict:
    if not history.of_state(answer, "Failed", "TaskStateEntered"):
        raise NotAsked(f"the execution did not come to Failed: {history.entered(answer)}")
    kinds = [
        each["type"]
        for each in answer["events"]
        if each["state"] == "Failed" and each["type"].startswith("Task")
    ]
    return Verdict("TaskSubmitted" not in kinds, ", ".join(kinds))


def _entered_again(answer: Answer) -> Verdict:
    names = history.entered(history.after(answer, "ExecutionRedriven"))
    return Verdict(names[:1] == ["Failed"], f"after the redrive: {', '.join(names) or 'nothing'}")


def _evaluated_anew(answer: Answer) -> Verdict:
    names = history.entered(history.after(answer, "ExecutionRedriven"))
    seen = f"RedriveCount {answer['redrives']}; went to {', '.join(names) or 'nothing'}"
    return Verdict(answer["redrives"] == 1 and "BuildRequest" in names, seen)


def _variables_kept(answer: Answer) -> Verdict:
    again = history.after(answer, "ExecutionRedriven")
    if not again["events"]:
        raise NotAsked("the execution was not redriven")
    errors = [
        each["error"]
        for each in again["events"]
        if each.get("error") == "States.QueryEvaluationError"
    ]
    ended = f"{answer['status']} {answer.get('error', '')} in {history.entered(answer)[-1]}"
    kept = not errors and history.entered(answer)[-1] == "Failed"
    return Verdict(kept, ended)


def _by_alias(answer: Answer) -> Verdict:
    ended = f"{answer['status']} {answer.get('error', '')} {answer.get('cause', '')}"
    return Verdict(answer["status"] == "SUCCEEDED" and answer["alias"].endswith(":live"), ended)


def _role_refused(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "CreateTrainingJobAsRole", "CreateTrainingJob")
    denied = f"sts:AssumeRole on {answer['role']}"
    read = _read(end)
    known = end.get("error") == "States.TaskFailed" and read is not None and read.denied == denied
    return Verdict(known, f"{end.get('error')}: {end.get('cause', '')}")


def _create_error(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "CreateTrainingJob")
    name = "SageMaker.AmazonSageMakerException"
    return Verdict(end.get("error") == name, f"{end.get('error')}: {end.get('cause', '')}")


def _describe_error(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "DescribeTrainingJob")
    name = "SageMaker.SageMakerException"
    return Verdict(end.get("error") == name, f"{end.get('error')}: {end.get('cause', '')}")


def _missing_job(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "DescribeTrainingJob")
    read = _read(end)
    known = read is not None and read.kind == "no such job"
    return Verdict(known, f"{end.get('error')}: {end.get('cause', '')}")


def _read(end: history.Event) -> ServiceError | None:
    """Return an error as JudgeAttempt reads it."""
    return service_error({"Error": end.get("error"), "Cause": end.get("cause")})


def _refused_event(answer: Answer) -> Verdict:
    end = history.end_of_task(answer, "CreateTrainingJob")
    return Verdict(end["type"] == "TaskFailed", end["type"])


def _denied(answer: Answer) -> Verdict:
    error, words = _of_call(answer["denied"])
    return Verdict(error == "Sfn.SfnException", words)


def _wrong_token(answer: Answer) -> Verdict:
    error, words = _of_call(answer["wrong token"])
    return Verdict(error in answer["caught"], words)


def _of_call(said: Answer) -> tuple[str, str]:
    """Return the error of a call that TestState made, and its words.

    Raises:
        NotAsked: It made none, since it could not assume the role.
    """
    words = f"{said['error']}: {said['cause']}"
    if not said["error"].startswith("Sfn."):
        raise NotAsked(f"TestState did not come to the call: {words}")
    return said["error"], words


DEPLOYED = (
    Assumption(
        "task-fails-itself",
        "a task may fail itself by its token while its call is under way",
        f"the execution ends in Failed, within {_AT_ONCE} s",
        _OUTCOMES,
        _WRONG,
        _fails_itself,
        ("a task may fail itself by its token",),
    ),
    Assumption(
        "failure-is-exactly-as-sent",
        "an execution that fails by such a task has exactly the error and cause that were sent",
        "the error and cause that Failed was given",
        _OUTCOMES,
        _WRONG,
        _exactly_as_sent,
    ),
    Assumption(
        "no-task-submitted",
        "a task that its own call reports ends without a TaskSubmitted event",
        "no TaskSubmitted",
        _CORRECTIONS,
        _WRONG,
        _not_submitted,
        ("A task whose own call reports it by its token",),
    ),
    Assumption(
        "redrive-enters-again",
        "a redriven execution enters the state that failed again in its history",
        "ExecutionRedriven, then the entry of Failed",
        _CORRECTIONS,
        _REDRIVE,
        _entered_again,
        ("A redriven execution enters its state again",),
    ),
    Assumption(
        "redrive-evaluates-anew",
        "a task started again has its arguments evaluated anew: new token, new RedriveCount",
        "RedriveCount 1, and Failed leads back to BuildRequest",
        _OUTCOMES,
        _REDRIVE,
        _evaluated_anew,
        ("a task started again has its arguments evaluated anew",),
    ),
    Assumption(
        "redrive-keeps-variables",
        "a redriven execution has the variables that it had",
        "no States.QueryEvaluationError, and the end in Failed again",
        _OUTCOMES,
        _REDRIVE,
        _variables_kept,
    ),
    Assumption(
        "start-by-alias",
        "an execution that is started through the alias may assume the state machine's role",
        "SUCCEEDED",
        "docs/permissions.md",
        _ALIAS,
        _by_alias,
    ),
    Assumption(
        "role-not-assumed",
        "a role that cannot be assumed fails the task with States.TaskFailed, and JudgeAttempt"
        " reads its words",
        "States.TaskFailed: The role A is not authorized to assume the task state's role, B.",
        _CORRECTIONS,
        _ROLE,
        _role_refused,
    ),
    Assumption(
        "error-of-a-refused-create",
        "a create error without a modelled name is SageMaker.AmazonSageMakerException",
        "SageMaker.AmazonSageMakerException",
        _CORRECTIONS,
        _REFUSED,
        _create_error,
        ("Every error without a modelled name",),
    ),
    Assumption(
        "error-of-an-sdk-call",
        "an error of aws-sdk:sagemaker without a modelled name is SageMaker.SageMakerException",
        "SageMaker.SageMakerException",
        _CORRECTIONS,
        _REFUSED,
        _describe_error,
    ),
    Assumption(
        "words-of-a-missing-job",
        "a missing job is described as ResourceNotFound or Requested resource not found",
        "words that JudgeAttempt reads so",
        _OUTCOMES,
        _REFUSED,
        _missing_job,
    ),
    Assumption(
        "event-of-a-refused-create",
        "a refused create is a TaskFailed event",
        "TaskFailed",
        _CORRECTIONS,
        _REFUSED,
        _refused_event,
        ("A refused create is a `TaskFailed` event",),
    ),
    Assumption(
        "error-of-a-denied-call",
        "a denial of an SDK call is the service's general error",
        "Sfn.SfnException",
        _CORRECTIONS,
        _SDK,
        _denied,
        ("A denial of an SDK call",),
    ),
    Assumption(
        "error-of-a-wrong-token",
        "a wrong token of SendTaskFailure has a name that Failed catches",
        "Sfn.InvalidTokenException, or another of its Catch",
        _OUTCOMES,
        _SDK,
        _wrong_token,
        ("the names of that call's errors",),
    ),
)
