"""docs/troubleshooting.md: the messages that people meet, each made by the code that says it.

One function a section of the page, in the page's order; together so that it reads like the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, NoCredentialsError
from sagemaker_training.errors import ExecuteUserScriptError, InstallRequirementsError

from infra.operations import admission
from infra.settings.context import read_settings
from infra.settings.problems import InvalidSettings
from infra.workflow.states.functions import named_failure
from kfp_component.aws.step_errors import cannot
from kfp_component.execution.result import NotTrained
from kfp_component.record.record import LogLine
from kfp_component.step.diagnosis import diagnose
from local_aws.sagemaker.files.input_channels import nothing_found
from training_job import InvalidArguments, parse_arguments
from training_job.arguments.checking import accepted
from training_job.arguments.guard_rails import GuardRails
from training_job.arguments.model import TrainingArguments
from training_job.attempt import Attempt, ExecutionContext, Plan, Progress
from training_job.failure import Failure
from training_job.job_name import OWNER_VARIABLE
from training_job.outcome.description import describe
from training_job.outcome.evidence import Evidence
from training_job.outcome.judge import judge
from training_job.outcome.service_error import service_error
from training_sweep.failure import trials_failed
from training_sweep.parsing import parse_sweep
from training_sweep.records import Record
from training_sweep.results.configurations import results
from training_sweep.trials import trials_of

ROOT = Path(__file__).parents[1]
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/RlTrainingJob"
JOB = "TrainingJob-20260131100000-0a1b2c3d"


class Entry(NamedTuple):
    """A message, and what to do about it."""

    message: str
    advice: str


def troubleshooting_page() -> str:
    """Return docs/troubleshooting.md."""
    sections = {
        "An execution fails with InvalidArguments": _arguments,
        "An execution fails with TrainingJobFailed": _failed,
        "An execution fails with TrainingJobStopped": _stopped,
        "An execution fails with CapacityUnavailable": _capacity,
        "An execution fails with RequestRejected": _rejected,
        "An execution fails with RuleEvaluationFailed": _rules,
        "A sweep fails with TrialsFailed": _sweep,
        "The KFP step ends without a model": _step,
        "cdk synth or cdk deploy ends": _settings,
        "make ends": _make,
    }
    return "\n".join([_HEAD, *(_section(title, made) for title, made in sections.items())])


_HEAD = """\
<!-- Written by `make generate` from tools/troubleshooting_page.py; do not edit. -->
# Troubleshooting

For everyone who sees an error: search this page for its words, which are those of the code; names,
numbers and places are examples. In the console the reason is the *Cause* of the execution. When a
script has failed, that is SageMaker's own reason, often the beginning of a traceback: the log, to
which `links` in the cause lead, says more at its end. A KFP step shows that end.
[How an execution ends](outcomes.md) has what each error means.
"""


def _section(title: str, made: Callable[[], Iterator[Entry]]) -> str:
    entries = [f"```text\n{entry.message}\n```\n\n{entry.advice}\n" for entry in made()]
    return "\n".join([f"## {title}\n", *entries])


def _arguments() -> Iterator[Entry]:
    try:
        parse_arguments(_base() | {"instance_count": 0, "volume_size": "big"})
    except InvalidArguments as error:
        yield Entry(
            str(error),
            "Each line is an argument and what is wrong with it; correct all, then start again. "
            "In the cause, `problems` lists them. `dry_run` checks arguments and starts nothing.",
        )
    yield Entry(
        _problem(learning_rate=0.1),
        "What your script reads as an option is one of `hyperparameters`: "
        '`{"hyperparameters": {"learning_rate": 0.1}}`.',
    )
    yield Entry(
        _problem(image=None),
        "Name your own image in `image`, or one of AWS's by the three toolkit arguments.",
    )
    yield Entry(
        _problem(GuardRails(region="eu-west-1")),
        "One deployment trains in one region: start the state machine of the other.",
    )
    yield Entry(
        _problem(GuardRails(allowed_job_roles=[f"{ROLE}-1A2B"])),
        "Take the stack's output `JobRoleArn`. For another role, the platform engineer lists it in "
        "the setting `allowed_job_roles`.",
    )
    yield Entry(
        _problem(GuardRails(max_run_limit=600)),
        "The limit is the setting `max_run_limit`. Ask for less, or have it raised.",
    )
    yield Entry(
        _problem(instance_count="many"),
        "Write a number. [arguments.md](arguments.md) has the accepted forms of each argument.",
    )


def _problem(rails: GuardRails | None = None, **given: Any) -> str:
    """Return the first problem of the arguments, as a cause lists it."""
    try:
        parse_arguments(_base() | given, rails)
    except InvalidArguments as error:
        problem = error.problems[0]
        return f"{problem.argument}: {problem.message}"
    raise ValueError("these arguments are right")


def _base() -> dict[str, Any]:
    names = ("region", "role", "image", "entry_point", "source_dir", "model_artifact_path")
    fields = TrainingArguments.model_fields
    return {name: accepted(fields[name]).example for name in (*names, "max_run")}


def _failed() -> Iterator[Entry]:
    run = "/usr/local/bin/python3.11 train.py --lr 0.1"
    yield Entry(
        _ended(ExecuteUserScriptError(run, 1)),
        "Your script raised, or ended with that exit code. The end of its log says why; the KFP "
        "step shows it.",
    )
    yield Entry(
        _ended(ExecuteUserScriptError(run, 2)),
        "With 2, mostly Python itself or your script's parser of options ended it: there is no "
        "`entry_point` of that path in the archive (the log says `can't open file`), or the script "
        "has no such option as one of `hyperparameters` (`unrecognized arguments`).",
    )
    yield Entry(
        _ended(InstallRequirementsError("/usr/local/bin/python3.11 -m pip install -r ...", 1)),
        "pip could not install the archive's `requirements.txt`; the log has its reason: mostly a "
        "version that is not there, or no way to the package index (`network_isolation`, or "
        "`vpc_subnets` without internet). Put the packages into the image, or correct the file.",
    )
    reason = "AlgorithmError: Framework Error:\nTraceback (most recent call last):\n  ..."
    yield Entry(
        _judged(Failure.TRAINING_JOB_FAILED, TrainingJobStatus="Failed", FailureReason=reason),
        "The training toolkit itself failed, before your script began: mostly there is no archive "
        "at `source_dir`, the job role may not read it, or it is no gzipped tar. The reason is cut "
        "off before the words that matter; the end of the log has them.",
    )
    denied = "ClientError: Data download failed:Unable to download object s3://data/train.csv"
    yield Entry(
        _judged(
            Failure.TRAINING_JOB_FAILED,
            TrainingJobStatus="Failed",
            FailureReason=f"{denied} (AccessDenied: Access Denied)",
        ),
        "Add the bucket to the setting and deploy, or give your own role a policy.",
    )
    nothing = nothing_found({"S3Uri": "s3://data/episodes/"}, {"RoleArn": ROLE})
    yield Entry(
        _judged(
            Failure.TRAINING_JOB_FAILED, TrainingJobStatus="Failed", FailureReason=str(nothing)
        ),
        "Correct the URI in `inputs`, or the prefix within it, and mind the region of the bucket. "
        "If objects are there, the job role may not list them: as above.",
    )
    denied = "ClientError: Artifact upload failed: AccessDenied: Access Denied"
    yield Entry(
        _judged(Failure.TRAINING_JOB_FAILED, TrainingJobStatus="Failed", FailureReason=denied),
        "The same for `model_artifact_path` and `checkpoint_config`, where the job writes.",
    )
    missing = "Artifact upload failed: NoSuchBucket: The specified bucket does not exist"
    yield Entry(
        _judged(
            Failure.TRAINING_JOB_FAILED,
            TrainingJobStatus="Failed",
            FailureReason=f"ClientError: {missing}",
        ),
        "Correct the bucket of `model_artifact_path`: the stack's own is its output "
        "`ArtifactBucketName`. The model of this run is lost, its checkpoints are not.",
    )
    yield Entry(
        _judged(Failure.TRAINING_JOB_FAILED, TrainingJobStatus="Completed"),
        "Before it ends, the script must save the model in the directory that `SM_MODEL_DIR` "
        "names.",
    )


def _ended(error: Exception) -> str:
    """Return what is said of a job that the training toolkit ended with the error."""
    reason = f"AlgorithmError: {error}"
    return _judged(Failure.TRAINING_JOB_FAILED, TrainingJobStatus="Failed", FailureReason=reason)


def _stopped() -> Iterator[Entry]:
    yield Entry(
        _judged(
            Failure.TRAINING_JOB_STOPPED, TrainingJobStatus="Stopped", SecondaryStatus="Stopped"
        ),
        "Somebody stopped the job in SageMaker, or a debugger action did. That is no success, "
        "model or not.",
    )
    yield Entry(
        _judged(
            Failure.TRAINING_JOB_STOPPED,
            TrainingJobStatus="Stopped",
            SecondaryStatus="MaxRuntimeExceeded",
        ),
        "Save the model as you train, not only at the end; or raise `max_run`.",
    )


def _capacity() -> Iterator[Entry]:
    quota = (
        "The account-level service limit 'ml.p3.2xlarge for training job usage' is 0 Instances, "
        "with current utilization of 0 Instances and a request delta of 1 Instances. "
        "(Service: SageMaker, Status Code: 400) ResourceLimitExceeded"
    )
    yield Entry(
        _uncreated(
            Failure.CAPACITY_UNAVAILABLE, "SageMaker.ResourceLimitExceededException", quota, calls=2
        ),
        "Have the quota raised in *Service Quotas* (of a new account it is often 0), or name "
        "`fallback_instance_types`.",
    )
    yield Entry(
        _judged(
            Failure.CAPACITY_UNAVAILABLE,
            TrainingJobStatus="Failed",
            FailureReason="CapacityError: Unable to provision requested ML compute capacity.",
        ),
        "AWS has none of the type left. Raise `max_attempts`, name `fallback_instance_types`, or "
        "train elsewhere.",
    )


def _rejected() -> Iterator[Entry]:
    pass_role = (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/RlTraining-TrainingRole/x is not authorized to "
        f"perform: iam:PassRole on resource: {ROLE}"
    )
    yield Entry(
        _uncreated(Failure.REQUEST_REJECTED, "SageMaker.AmazonSageMakerException", pass_role),
        "The state machine may pass the job roles that the deployment knows: the setting "
        "`allowed_job_roles`.",
    )
    subnet = "VpcConfig: The subnet ID 'subnet-0123456789abcdef0' does not exist"
    yield Entry(
        _uncreated(Failure.REQUEST_REJECTED, "SageMaker.AmazonSageMakerException", subnet),
        "Correct `vpc_subnets` or `vpc_security_group_ids`: they must exist, in the account and "
        "region of the job, and in one VPC.",
    )
    yield Entry(
        _worker_failed(),
        "Only on the local AWS: the stack was deployed for the Python or the processor of another "
        "machine. [Deploy it](../local_aws/README.md) with `lambda_runtime` and "
        "`lambda_architecture` of this one, or use `make local`.",
    )
    yield Entry(
        _judged(
            Failure.REQUEST_REJECTED,
            name_taken=True,
            TrainingJobStatus="Completed",
            Environment={OWNER_VARIABLE: f"{_EXECUTION}-before"},
        ),
        "Leave `job_name` out: then each execution has a name of its own.",
    )
    yield Entry(
        admission._MESSAGE,
        "The platform engineer drains the deployment "
        "([why](deploy.md#10-update-and-remove)). If it is to stay, `make drain ARGS=--reopen` "
        "takes executions again.",
    )


def _worker_failed() -> str:
    """Return the words of the definition and of ministack for a function that cannot start."""
    cause = named_failure(Failure.REQUEST_REJECTED, "BuildRequest")["cause"]
    (ours,) = re.findall(r"'(An internal error in BuildRequest: )'", cause)
    package = find_spec("ministack")
    runtime = Path((package and package.origin) or "").parent / "core" / "lambda_runtime.py"
    (theirs,) = re.findall(r'f"(Worker init failed: )\{', runtime.read_text(encoding="utf-8"))
    return f"{ours}... {theirs}cannot import name ... from 'pydantic_core...'"


def _rules() -> Iterator[Entry]:
    rule = {"RuleConfigurationName": "Overfit", "RuleEvaluationStatus": "IssuesFound"}
    yield Entry(
        _judged(
            Failure.RULE_EVALUATION_FAILED,
            fail_on_rule_issues=True,
            TrainingJobStatus="Completed",
            ModelArtifacts={"S3ModelArtifacts": "s3://my-bucket/models/model.tar.gz"},
            DebugRuleEvaluationStatuses=[rule],
        ),
        "The model is there, and `fail_on_rule_issues` makes what a rule found a failure; "
        "`rule_evaluations` in the cause has the details. A rule that ends in `Error` fails the "
        "execution in any case: its own log, in `/aws/sagemaker/ProcessingJobs`, says why.",
    )


def _sweep() -> Iterator[Entry]:
    example = {"space": {"lr": [0.01, 0.001]}, "seeds": 5, "objective_metric": "reward"}
    arguments = parse_sweep(_base() | example | {"metric_definitions": {"reward": "reward: (.*)"}})
    trials = trials_of(arguments)
    error = {"error": str(Failure.TRAINING_JOB_FAILED), "message": f"{JOB} failed: AlgorithmError"}
    records = {
        number: Record.of({"trial": number, "start": 1, "redrives": 0, "job": JOB} | error)
        for number in (2, 7)
    }
    cause = json.loads(trials_failed(arguments, trials, records, results(trials, records)))
    yield Entry(
        cause["message"],
        "`failures` in the cause has each reason with its trials, whose executions and logs say "
        "more. If it was no fault of the script, redrive the sweep; otherwise correct the script "
        "and start a new one ([how sweeps end](sweeps.md#how-it-ends)).",
    )


_EXECUTION = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:RlTraining:run"


def _evidence(**known: Any) -> Evidence:
    defaults: dict[str, Any] = {
        "execution": ExecutionContext(_EXECUTION, "2026-01-31T10:00:00Z"),
        "attempt": Attempt(JOB, "ml.p3.2xlarge", "2026-01-31T10:00:00Z", 0),
        "plan": Plan(1, ["ml.p3.2xlarge"], False, False, [], {}),
        "progress": Progress(),
        "error": None,
        "description": None,
        "describe_error": None,
        "now": datetime(2026, 1, 31, 11, tzinfo=UTC),
    }
    return Evidence(**defaults | known)


def _judged(
    failure: Failure,
    *,
    name_taken: bool = False,
    fail_on_rule_issues: bool = False,
    **document: Any,
) -> str:
    plan = Plan(1, ["ml.p3.2xlarge"], fail_on_rule_issues, name_taken, [], {})
    taken = {"Error": "SageMaker.ResourceInUseException", "Cause": "Training job names are unique."}
    error = service_error(taken) if name_taken else None
    document = {"TrainingJobName": JOB, "CreationTime": "2026-01-31T10:00:02Z"} | document
    return _message(failure, _evidence(plan=plan, error=error, description=describe(document)))


def _uncreated(failure: Failure, error: str, words: str, calls: int = 0) -> str:
    missing = {"Error": "SageMaker.SageMakerException", "Cause": "Requested resource not found."}
    return _message(
        failure,
        _evidence(
            error=service_error({"Error": error, "Cause": words}),
            describe_error=service_error(missing),
            progress=Progress(calls=calls),
        ),
    )


def _message(failure: Failure, evidence: Evidence) -> str:
    verdict = judge(evidence)
    if verdict.error != failure:
        raise ValueError(f"{verdict.decision} {verdict.error} is not {failure}")
    message: str = json.loads(verdict.cause)["message"]
    return message.replace(evidence.links["logs"], "https://...")


def _step() -> Iterator[Entry]:
    download = "sagemaker_training/files.py in download_and_extract\n"
    yield Entry(
        _diagnosed(f"{download}An error occurred (404) when calling the HeadObject operation"),
        "`upload_source` puts the code where it says, and returns the URI for `source_dir`.",
    )
    yield Entry(
        _diagnosed(f"{download}An error occurred (403) when calling the HeadObject operation"),
        "Put the code into the stack's own bucket (`ArtifactBucketName`), or name its bucket in "
        "the setting `job_read_locations`.",
    )
    yield Entry(
        _diagnosed("python: can't open file '/opt/ml/code/trian.py': [Errno 2]"),
        "`entry_point` is the path of the script within the archive.",
    )
    yield Entry(
        str(cannot("start an execution of RlTraining", NoCredentialsError())),
        "[Launching from Kubeflow](deploy.md#5-launch-from-kubeflow-pipelines) has three ways to "
        "give the pods the role.",
    )
    for code, said, advice in (
        (
            "AccessDeniedException",
            "not authorized to perform: states:StartExecution",
            "The pod runs as another role than the launcher role: see the same section.",
        ),
        (
            "StateMachineDoesNotExist",
            "State Machine Does Not Exist",
            "The ARN is of another account or region, or the stack was renamed.",
        ),
    ):
        error = ClientError({"Error": {"Code": code, "Message": said}}, "StartExecution")
        yield Entry(str(cannot("start an execution of RlTraining", error)), advice)


def _diagnosed(log: str) -> str:
    given = {"source_dir": "s3://my-bucket/code.tar.gz", "role": ROLE, "entry_point": "train.py"}
    failure = NotTrained("TrainingJobFailed", "The training job failed.", {})
    return diagnose(failure, given, [LogLine("", line) for line in log.splitlines()])


def _settings() -> Iterator[Entry]:
    wrong = {"retain_dat": False, "allowed_instance_types": "ml.m5.huge"}
    try:
        read_settings(wrong)
    except InvalidSettings as error:
        yield Entry(
            str(error), "All that is wrong is listed. [settings.md](settings.md) has every setting."
        )
    yield Entry(
        _said_by_cdk(r'"(Unable to resolve AWS account to use\..*?)"'),
        "The CDK CLI found no AWS credentials: log in (`aws sso login`), or set `AWS_PROFILE`; "
        "`aws sts get-caller-identity` must answer.",
    )
    place = f"aws://{ACCOUNT}/us-east-1"
    yield Entry(
        _said_by_cdk(r"`(SSM parameter [^`]*Has the environment been bootstrapped\?[^`]*)`")
        .replace("${parameterName}", "/cdk-bootstrap/hnb659fds/version")
        .replace("${this.environment.name}", place),
        "Run `cdk bootstrap` once, with the rights of an administrator, in this account and region "
        "([deploying](deploy.md#3-deploy)).",
    )


def _said_by_cdk(pattern: str) -> str:
    """Return the words of the CDK CLI, by its installed code."""
    code = (ROOT / "node_modules/aws-cdk/lib/index.js").read_text(encoding="utf-8")
    (words,) = set(re.findall(pattern, code))
    return str(words).replace("\\'", "'")


def _make() -> Iterator[Entry]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r'echo "(make: (?:needs|the installation)[^"]*)" >&2', text)
    advices = (
        "Install one, or name it: `make demo PYTHON=/path/to/python3.12`.",
        "On Debian and Ubuntu: `apt-get install build-essential`.",
        "The log's last lines are shown. Behind a proxy or a private index, configure pip and npm "
        "for it.",
    )
    for message, advice in zip(found, advices, strict=True):
        yield Entry(
            message.replace("$(firstword $(CC) cc)", "cc").replace(
                "$(INSTALL_LOG)", ".venv/install.log"
            ),
            advice,
        )
