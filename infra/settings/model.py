"""The choices a platform team makes: one field each holds its name, default, form and meaning.

app.py reads them from the CDK context (a settings file, or `-c name=value`); docs/settings.md is
generated from this model.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from training_job.arguments.model import MAX_RUN_LIMIT

from . import types


def _setting(default: Any, section: str, description: str) -> Any:
    return Field(default, description=description, json_schema_extra={"section": section})


class Settings(BaseModel):
    """What one deployment is made of; `read_settings` makes it from a CDK context.

    What is wrong with a setting `read_settings` tells in InvalidSettings; this class itself raises
    pydantic's ValidationError.

    A setting that is None or empty is a choice not made: nothing is created or limited for it.

    Example:
        >>> Settings(stack_name="Research").state_machine_name
        'RlTraining'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack_name: types.Name = _setting(
        "RlTraining", "Names", "Name of the CloudFormation stack. One stack trains in one region."
    )
    state_machine_name: types.Name = _setting(
        "RlTraining",
        "Names",
        "Name of the state machine; unique in the account and region. A change replaces the state "
        "machine: executions that run end at their next step (docs/deploy.md), and their "
        "history goes with it. That of sweeps is named alike: RlSweep beside RlTraining.",
    )
    resource_tags: types.Tags = _setting(
        {}, "Names", "Tags of everything the stack creates, as a JSON object."
    )
    lambda_runtime: types.LambdaRuntime = _setting(
        "python3.13", "Functions", "Runtime of the Lambda functions."
    )
    lambda_architecture: types.Architecture = _setting(
        "arm64", "Functions", "Processor architecture of the Lambda functions."
    )
    execution_timeout_seconds: types.Timeout = _setting(
        None,
        "Functions",
        "Seconds after which an execution is stopped, whatever it waits for. Left out, there is "
        "room for every attempt of the longest run within `max_run_limit`.",
    )
    launcher_principals: types.Principals = _setting(
        [], "Launcher role", "ARNs of the IAM roles and users that may assume the launcher role."
    )
    launcher_oidc_provider: types.OidcProvider = _setting(
        None,
        "Launcher role",
        "ARN of the EKS cluster's IAM OIDC provider: `launcher_service_accounts` may assume the "
        "launcher role as an IAM role for service accounts (IRSA).",
    )
    launcher_eks_cluster: types.EksCluster = _setting(
        None,
        "Launcher role",
        "Name of an EKS cluster of this account and region: `launcher_service_accounts` get the "
        "launcher role by EKS Pod Identity.",
    )
    launcher_service_accounts: types.ServiceAccounts = _setting(
        ["kubeflow/pipeline-runner"],
        "Launcher role",
        "Kubernetes service accounts, as `namespace/name`, that `launcher_oidc_provider` and "
        "`launcher_eks_cluster` trust.",
    )
    launcher_s3_locations: types.S3Locations = _setting(
        [],
        "Launcher role",
        "Further `bucket` or `bucket/prefix` that pods with the launcher role read and write: "
        "the pipeline root, where the pods keep artifacts in S3.",
    )
    launcher_image: types.LauncherImage = _setting(
        None,
        "Launcher role",
        "Image of the KFP step, told as the output `LauncherImageUri`: the registry path of one "
        "that you have built, or `build`, by which `cdk deploy` builds it for linux/amd64 with "
        "Docker and pushes it to this account's registry. Left out, nothing needs Docker.",
    )
    permissions_boundary: types.PolicyArn = _setting(
        None, "Roles", "ARN of a managed policy that bounds every role of the stack."
    )
    image_repositories: types.Repositories = _setting(
        [],
        "Job role",
        "ECR repositories whose images training jobs run: names in this account and region, or "
        "ARNs. The images that AWS publishes for RL are always allowed; those of Debugger's rules "
        "are listed here like any other.",
    )
    job_read_locations: types.S3Locations = _setting(
        [], "Job role", "Further `bucket` or `bucket/prefix` that training jobs read."
    )
    job_write_locations: types.S3Locations = _setting(
        [],
        "Job role",
        "Further `bucket` or `bucket/prefix` that training jobs read and write: models, "
        "checkpoints, debug tensors.",
    )
    job_encryption_keys: types.Keys = _setting(
        [], "Job role", "KMS keys that training jobs use: `output_encryption_key`, input data."
    )
    network: types.NetworkChoice = _setting(
        "none",
        "Network",
        "`none`: jobs run in SageMaker's own network, or where `vpc_subnets` says. `existing`: the "
        "VPC of `vpc_id`. `create`: a VPC of two zones without a way to the internet. With one, "
        "jobs run in it unless the caller says otherwise.",
    )
    vpc_id: types.VpcId = _setting(None, "Network", "The existing VPC.")
    subnet_ids: types.Subnets = _setting(
        [], "Network", "Subnets of the existing VPC for jobs and interface endpoints, one a zone."
    )
    route_table_ids: types.RouteTables = _setting(
        [], "Network", "Route tables of those subnets, for the endpoint `s3`."
    )
    vpc_cidr: types.Cidr = _setting("10.0.0.0/20", "Network", "Addresses of the created VPC.")
    endpoints: types.Endpoints = _setting(
        [],
        "Network",
        "VPC endpoints to make. For launchers: states, logs, sts or eks-auth, ecr.api and ecr.dkr. "
        "For jobs: s3, and sagemaker.api, sts, logs, monitoring, kms if their code calls them.",
    )
    launcher_security_groups: types.SecurityGroups = _setting(
        [],
        "Network",
        "Security groups of the cluster's pods or nodes, which may reach the endpoints beside the "
        "security group that the stack makes.",
    )
    kms_key: types.KeyOrCreate = _setting(
        None,
        "Data",
        "KMS key of everything the stack stores: `create`, or the ARN of a key whose policy has "
        "the statements of docs/deploy.md; also the default of `output_encryption_key`. Left out, "
        "AWS's keys: models are then encrypted with the account's default key for S3 (aws/s3).",
    )
    retain_data: types.Switch = _setting(
        True,
        "Data",
        "Whether the artifact bucket and the logs outlive the stack. When false, deleting the "
        "stack deletes them with everything in them.",
    )
    log_retention_days: types.RetentionDays = _setting(
        365, "Data", "Days for which the logs of executions and functions are kept."
    )
    execution_data_in_logs: types.Switch = _setting(
        False,
        "Data",
        "Whether the log of the state machine holds the input and output of each state. They name "
        "hyperparameters and environment variables.",
    )
    alarms: types.Switch = _setting(
        True,
        "Operations",
        "Whether CloudWatch alarms watch failed, timed out, aborted and throttled executions and "
        "the functions' errors; about 1.10 USD a month.",
    )
    dashboard: types.Switch = _setting(
        False,
        "Operations",
        "Whether there is a CloudWatch dashboard of the runs; up to 3 USD a month.",
    )
    notification_emails: types.EmailAddresses = _setting(
        [], "Operations", "Addresses told of failed executions and alarms; each must confirm."
    )
    termination_protection: types.Switch = _setting(
        False, "Operations", "Whether CloudFormation refuses to delete the stack."
    )
    allowed_job_roles: types.Roles = _setting(
        [], "Guard rails", "Roles that `role` may name besides the job role of the stack."
    )
    assumable_roles: types.Roles = _setting(
        [],
        "Guard rails",
        "Roles that `assume_role` may name, in this or another account of the partition. "
        "`make assume-role-policy` prints what they need.",
    )
    allowed_instance_types: types.InstanceTypes = _setting(
        None,
        "Guard rails",
        "Instance types of training jobs; any when not set. Where ml.m4.xlarge, the default of "
        "`instance_type`, is not among them, the first is the default.",
    )
    max_instance_count: types.InstanceCount = _setting(
        None,
        "Guard rails",
        "Most instances of a training job, over all its groups. SageMaker has no IAM condition key "
        "for it, so only the BuildRequest function enforces it.",
    )
    max_keep_alive: types.KeepAlive = _setting(
        0,
        "Guard rails",
        "Most seconds that a job may keep its instances for the next one (`keep_alive`); they cost "
        "as if they trained. 0 allows no warm pool.",
    )
    max_run_limit: types.Seconds = _setting(
        MAX_RUN_LIMIT,
        "Guard rails",
        "Most seconds that a training job may run (`max_run`).",
    )
    max_trials: types.Trials = _setting(
        None, "Guard rails", "Most trials of a sweep; 500 when not set."
    )
    max_sweep_parallel: types.Parallel = _setting(
        None, "Guard rails", "Most trials of a sweep that run at the same time; 40 when not set."
    )
    required_tags: types.TagKeys = _setting(
        [], "Guard rails", "Tag keys that every training job must carry."
    )
    required_encryption_key: types.Key = _setting(
        None, "Guard rails", "KMS key that `output_encryption_key` must name, and its default."
    )
    argument_defaults: types.Arguments = _setting(
        {},
        "Guard rails",
        "Values of arguments that a caller leaves out, as a JSON object by argument name; checked "
        "as a caller's are. An `image` does not apply where the caller names a `toolkit`.",
    )

    @property
    def sweep_state_machine_name(self) -> str:
        """Name of the state machine of sweeps."""
        return f"{self.state_machine_name.removesuffix('Training')}Sweep"
