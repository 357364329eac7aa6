"""What each role of the default deployment may do, why, and what it may not: one table.

The tests of grants compare the template with it, the end-to-end tests try each entry, and
docs/permissions.md is made of it.
"""

from dataclasses import dataclass, field

from tests.support.template.deployments import ACCOUNT

BUCKET = "arn:aws:s3:::artifacts82dd59a1"
JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/*"
LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/TrainingJobs"
RULE_LOGS = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/ProcessingJobs"
MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:RlTraining"
EXECUTIONS = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:RlTraining:*"
SWEEPS = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:RlSweep"
SWEEP_EXECUTIONS = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:RlSweep:*"
NESTED_RULE = (
    f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
)
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"
JOB_ROLE = f"arn:aws:iam::{ACCOUNT}:role/JobRole014917C6"

RUN = "run"
"""Without it a run fails, and the error names what was denied."""
SWEEP = "sweep"
"""Without it no sweep succeeds, and what it says names what was denied."""
STOP = "stop"
"""Without it stopping an execution does not stop the training job: one of two ways to stop it."""
SWEEP_STOP = "sweep's stop"
"""The same of a sweep and its trials."""
SWEEP_RETRY = "sweep's retry"
"""Without it the retry of a task whose sweep has failed fails, and says what was denied."""
CREATE = "create"
"""Without it Step Functions does not take the state machine."""


@dataclass(frozen=True)
class Grant:
    """An action that a role may do.

    Attributes:
        on: What it is allowed on; names in capitals stand for several ARNs.
        use: RUN, STOP or CREATE, which the end-to-end tests show; else why it is there although
            they cannot show it.
    """

    on: tuple[str, ...]
    use: str


_IMAGES = "SageMaker pulls the training image as this role; the local AWS pulls no images."
_LOGS = (
    "SageMaker writes the logs of jobs, and of the processing jobs that Debugger's rules are, as "
    "this role; the local AWS writes them itself."
)
_DELIVERY = "Step Functions delivers the execution log; the local AWS delivers none."
_TRACES = "Step Functions sends traces; the local AWS takes none."
_ABORT = "A multipart upload that fails leaves no parts to pay for."
_OWN_FAILURE = (
    "Without it a failed execution cannot be redriven (`test_outcomes_lifecycle.py`). The action "
    "takes no resource: a task token names the task, and an execution knows only its own."
)
_LOGGED = {
    "logs:CreateLogDelivery": Grant(("*",), _DELIVERY),
    "logs:DeleteLogDelivery": Grant(("*",), _DELIVERY),
    "logs:DescribeLogGroups": Grant(("*",), _DELIVERY),
    "logs:DescribeResourcePolicies": Grant(("*",), _DELIVERY),
    "logs:GetLogDelivery": Grant(("*",), _DELIVERY),
    "logs:ListLogDeliveries": Grant(("*",), _DELIVERY),
    "logs:PutResourcePolicy": Grant(("*",), _DELIVERY),
    "logs:UpdateLogDelivery": Grant(("*",), _DELIVERY),
    "xray:GetSamplingRules": Grant(("*",), _TRACES),
    "xray:GetSamplingTargets": Grant(("*",), _TRACES),
    "xray:PutTelemetryRecords": Grant(("*",), _TRACES),
    "xray:PutTraceSegments": Grant(("*",), _TRACES),
}
_OWN_LOG = "The function's own log; the local AWS writes it itself."
_IMAGE_SOURCES = ("REGISTRIES",)
_LOG_GROUP = (LOGS, f"{LOGS}:*")
_JOB_LOG_GROUPS = (*_LOG_GROUP, RULE_LOGS, f"{RULE_LOGS}:*")

GRANTS: dict[str, dict[str, Grant]] = {
    "JobRole": {
        "s3:GetObject": Grant((f"{BUCKET}/*",), RUN),
        "s3:PutObject": Grant((f"{BUCKET}/*",), RUN),
        "s3:ListBucket": Grant((BUCKET,), RUN),
        "s3:AbortMultipartUpload": Grant((f"{BUCKET}/*",), _ABORT),
        "ecr:BatchCheckLayerAvailability": Grant(_IMAGE_SOURCES, _IMAGES),
        "ecr:BatchGetImage": Grant(_IMAGE_SOURCES, _IMAGES),
        "ecr:GetDownloadUrlForLayer": Grant(_IMAGE_SOURCES, _IMAGES),
        "ecr:GetAuthorizationToken": Grant(("*",), _IMAGES),
        "logs:CreateLogGroup": Grant(_JOB_LOG_GROUPS, _LOGS),
        "logs:CreateLogStream": Grant(_JOB_LOG_GROUPS, _LOGS),
        "logs:DescribeLogStreams": Grant(_JOB_LOG_GROUPS, _LOGS),
        "logs:PutLogEvents": Grant(_JOB_LOG_GROUPS, _LOGS),
        "cloudwatch:PutMetricData": Grant(
            ("*",), "SageMaker publishes the job's metrics as this role; the local AWS keeps none."
        ),
    },
    "TrainingRole": {
        "lambda:InvokeFunction": Grant(("BUILD_REQUEST:*", "JUDGE_ATTEMPT:*"), RUN),
        "sagemaker:CreateTrainingJob": Grant((JOBS,), RUN),
        "sagemaker:AddTags": Grant((JOBS,), RUN),
        "sagemaker:DescribeTrainingJob": Grant((JOBS,), RUN),
        "sagemaker:StopTrainingJob": Grant((JOBS,), STOP),
        "sagemaker:ListTags": Grant(
            (JOBS,), "Documented for createTrainingJob.sync, which returns the job's tags."
        ),
        "iam:PassRole": Grant((JOB_ROLE,), RUN),
        "states:SendTaskFailure": Grant(("*",), _OWN_FAILURE),
        "events:DescribeRule": Grant((RULE,), CREATE),
        "events:PutRule": Grant((RULE,), CREATE),
        "events:PutTargets": Grant((RULE,), CREATE),
        **_LOGGED,
    },
    "LauncherRole": {
        "states:StartExecution": Grant((MACHINE, f"{MACHINE}:live", SWEEPS, f"{SWEEPS}:live"), RUN),
        "states:DescribeExecution": Grant((EXECUTIONS, SWEEP_EXECUTIONS), RUN),
        "states:GetExecutionHistory": Grant((EXECUTIONS, SWEEP_EXECUTIONS), RUN),
        "states:StopExecution": Grant((EXECUTIONS, SWEEP_EXECUTIONS), STOP),
        "states:RedriveExecution": Grant((SWEEP_EXECUTIONS,), SWEEP_RETRY),
        "sagemaker:DescribeTrainingJob": Grant((JOBS,), RUN),
        "logs:DescribeLogStreams": Grant(_LOG_GROUP, RUN),
        "logs:GetLogEvents": Grant(_LOG_GROUP, RUN),
        "s3:GetObject": Grant((f"{BUCKET}/*",), RUN),
        "s3:ListBucket": Grant((BUCKET,), RUN),
        "s3:PutObject": Grant((f"{BUCKET}/source/*",), RUN),
        "s3:AbortMultipartUpload": Grant((f"{BUCKET}/source/*",), _ABORT),
    },
    "TrainingBuildRequestRole": {
        "logs:CreateLogStream": Grant(("OWN_LOG",), _OWN_LOG),
        "logs:PutLogEvents": Grant(("OWN_LOG",), _OWN_LOG),
    },
    "TrainingJudgeAttemptRole": {
        "logs:CreateLogStream": Grant(("OWN_LOG",), _OWN_LOG),
        "logs:PutLogEvents": Grant(("OWN_LOG",), _OWN_LOG),
    },
    "TrainingOrphansStopOrphansRole": {
        "sagemaker:DescribeTrainingJob": Grant((JOBS,), STOP),
        "sagemaker:StopTrainingJob": Grant((JOBS,), STOP),
        "states:DescribeExecution": Grant((EXECUTIONS,), STOP),
        "logs:CreateLogStream": Grant(("OWN_LOG",), _OWN_LOG),
        "logs:PutLogEvents": Grant(("OWN_LOG",), _OWN_LOG),
    },
    "SweepsRole": {
        "lambda:InvokeFunction": Grant(("PLAN_SWEEP:*",), SWEEP),
        "states:StartExecution": Grant((MACHINE, f"{MACHINE}:live"), SWEEP),
        "states:DescribeExecution": Grant((EXECUTIONS,), SWEEP),
        "states:StopExecution": Grant((EXECUTIONS,), SWEEP_STOP),
        "states:SendTaskFailure": Grant(("*",), _OWN_FAILURE),
        "events:DescribeRule": Grant((NESTED_RULE,), CREATE),
        "events:PutRule": Grant((NESTED_RULE,), CREATE),
        "events:PutTargets": Grant((NESTED_RULE,), CREATE),
        **_LOGGED,
    },
    "SweepsPlanSweepRole": {
        "logs:CreateLogStream": Grant(("OWN_LOG",), _OWN_LOG),
        "logs:PutLogEvents": Grant(("OWN_LOG",), _OWN_LOG),
    },
    "SweepsTrialsStopTrialsRole": {
        "states:ListExecutions": Grant((MACHINE,), SWEEP_STOP),
        "states:DescribeExecution": Grant((EXECUTIONS, SWEEP_EXECUTIONS), SWEEP_STOP),
        "states:StopExecution": Grant((EXECUTIONS,), SWEEP_STOP),
        "logs:CreateLogStream": Grant(("OWN_LOG",), _OWN_LOG),
        "logs:PutLogEvents": Grant(("OWN_LOG",), _OWN_LOG),
    },
}


@dataclass(frozen=True)
class Forbidden:
    """A call that a role must not be able to make."""

    role: str
    what: str
    action: str
    resource: str
    context: dict[str, str] = field(default_factory=dict)


def _arn(service: str, resource: str, region: str = "us-east-1", account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


_JOB = JOBS.replace("*", "job")
_TO_SAGEMAKER = {"iam:passedtoservice": "sagemaker.amazonaws.com"}
_RUN_TIME = {"sagemaker:maxruntimeinseconds": "60"}
_OTHER_ACCOUNT = "999999999999"

FORBIDDEN = (
    Forbidden(
        "LauncherRole",
        "start another state machine",
        "states:StartExecution",
        _arn("states", "stateMachine:Payroll"),
    ),
    Forbidden(
        "LauncherRole",
        "start one whose name begins alike",
        "states:StartExecution",
        f"{MACHINE}2",
    ),
    Forbidden(
        "LauncherRole",
        "stop an execution of another state machine",
        "states:StopExecution",
        _arn("states", "execution:Payroll:june"),
    ),
    Forbidden("LauncherRole", "change the state machine", "states:UpdateStateMachine", MACHINE),
    Forbidden("LauncherRole", "start a training job itself", "sagemaker:CreateTrainingJob", _JOB),
    Forbidden("LauncherRole", "stop a training job itself", "sagemaker:StopTrainingJob", _JOB),
    Forbidden("LauncherRole", "pass the job role", "iam:PassRole", JOB_ROLE, _TO_SAGEMAKER),
    Forbidden("LauncherRole", "replace a model", "s3:PutObject", f"{BUCKET}/models/model.tar.gz"),
    Forbidden("LauncherRole", "delete a model", "s3:DeleteObject", f"{BUCKET}/models/m.tar.gz"),
    Forbidden("LauncherRole", "read another bucket", "s3:GetObject", "arn:aws:s3:::payroll/june"),
    Forbidden(
        "LauncherRole",
        "read the logs of something else",
        "logs:GetLogEvents",
        _arn("logs", "log-group:/aws/lambda/payroll:log-stream:x"),
    ),
    Forbidden(
        "TrainingRole",
        "pass the job role to another service",
        "iam:PassRole",
        JOB_ROLE,
        {"iam:passedtoservice": "ec2.amazonaws.com"},
    ),
    Forbidden(
        "TrainingRole",
        "pass another role",
        "iam:PassRole",
        f"arn:aws:iam::{ACCOUNT}:role/admin",
        _TO_SAGEMAKER,
    ),
    Forbidden(
        "TrainingRole",
        "pass another account's job role",
        "iam:PassRole",
        JOB_ROLE.replace(ACCOUNT, _OTHER_ACCOUNT),
        _TO_SAGEMAKER,
    ),
    Forbidden(
        "TrainingRole",
        "train in another account",
        "sagemaker:CreateTrainingJob",
        _JOB.replace(ACCOUNT, _OTHER_ACCOUNT),
        _RUN_TIME,
    ),
    Forbidden(
        "TrainingRole",
        "train in another region",
        "sagemaker:CreateTrainingJob",
        _JOB.replace("us-east-1", "eu-west-1"),
        _RUN_TIME,
    ),
    Forbidden(
        "TrainingRole",
        "train for longer than max_run_limit",
        "sagemaker:CreateTrainingJob",
        _JOB,
        {"sagemaker:maxruntimeinseconds": "432001"},
    ),
    Forbidden(
        "TrainingRole",
        "serve a model",
        "sagemaker:CreateEndpoint",
        _arn("sagemaker", "endpoint/x"),
    ),
    Forbidden(
        "TrainingRole",
        "call another function",
        "lambda:InvokeFunction",
        _arn("lambda", "function:payroll:1"),
    ),
    Forbidden(
        "TrainingRole",
        "assume a role that is not listed",
        "sts:AssumeRole",
        f"arn:aws:iam::{_OTHER_ACCOUNT}:role/submitter",
    ),
    Forbidden(
        "TrainingRole",
        "change another rule",
        "events:PutRule",
        _arn("events", "rule/payroll"),
    ),
    Forbidden("JobRole", "read another bucket", "s3:GetObject", "arn:aws:s3:::payroll/june"),
    Forbidden("JobRole", "delete artifacts", "s3:DeleteObject", f"{BUCKET}/models/model.tar.gz"),
    Forbidden("JobRole", "start training jobs", "sagemaker:CreateTrainingJob", _JOB, _RUN_TIME),
    Forbidden(
        "JobRole",
        "pull an image of another repository",
        "ecr:BatchGetImage",
        _arn("ecr", "repository/payroll"),
    ),
    Forbidden(
        "JobRole",
        "write another log",
        "logs:PutLogEvents",
        _arn("logs", "log-group:/aws/lambda/payroll:log-stream:x"),
    ),
    Forbidden(
        "JobRole",
        "publish metrics of another namespace",
        "cloudwatch:PutMetricData",
        "*",
        {"cloudwatch:namespace": "AWS/Billing"},
    ),
    Forbidden(
        "JobRole", "make network interfaces", "ec2:CreateNetworkInterface", _arn("ec2", "subnet/s")
    ),
    Forbidden("TrainingBuildRequestRole", "read artifacts", "s3:GetObject", f"{BUCKET}/source/x"),
    Forbidden(
        "TrainingBuildRequestRole",
        "start training jobs",
        "sagemaker:CreateTrainingJob",
        _JOB,
        _RUN_TIME,
    ),
    Forbidden(
        "LauncherRole",
        "start a sweep's namesake",
        "states:StartExecution",
        f"{SWEEPS}2",
    ),
    Forbidden(
        "SweepsRole",
        "start another state machine",
        "states:StartExecution",
        _arn("states", "stateMachine:Payroll"),
    ),
    Forbidden("SweepsRole", "start another sweep", "states:StartExecution", SWEEPS),
    Forbidden(
        "SweepsRole",
        "stop an execution of another state machine",
        "states:StopExecution",
        _arn("states", "execution:Payroll:june"),
    ),
    Forbidden("SweepsRole", "start training jobs", "sagemaker:CreateTrainingJob", _JOB, _RUN_TIME),
    Forbidden("SweepsRole", "pass the job role", "iam:PassRole", JOB_ROLE, _TO_SAGEMAKER),
    Forbidden("SweepsPlanSweepRole", "start executions", "states:StartExecution", MACHINE),
    Forbidden("SweepsTrialsStopTrialsRole", "start executions", "states:StartExecution", MACHINE),
    Forbidden(
        "SweepsTrialsStopTrialsRole",
        "stop an execution of another state machine",
        "states:StopExecution",
        _arn("states", "execution:Payroll:june"),
    ),
    Forbidden("TrainingJudgeAttemptRole", "start executions", "states:StartExecution", MACHINE),
    Forbidden(
        "TrainingOrphansStopOrphansRole",
        "start training jobs",
        "sagemaker:CreateTrainingJob",
        _JOB,
        _RUN_TIME,
    ),
    Forbidden(
        "TrainingOrphansStopOrphansRole",
        "stop training jobs of another account",
        "sagemaker:StopTrainingJob",
        _JOB.replace(ACCOUNT, _OTHER_ACCOUNT),
    ),
    Forbidden(
        "TrainingOrphansStopOrphansRole",
        "read executions of another state machine",
        "states:DescribeExecution",
        _arn("states", "execution:Payroll:june"),
    ),
)


def permissions(use: str) -> list[tuple[str, str]]:
    """Return each role and action of `use`."""
    return [
        (role, action)
        for role, grants in GRANTS.items()
        for action, grant in grants.items()
        if grant.use == use
    ]
