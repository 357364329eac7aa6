"""The choices a platform team makes: one field each holds its name, default, limits and meaning.

app.py reads them from the CDK context (`cdk.json`, or `-c name=value`); docs/settings.md is
generated from this model.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from . import types
from .types import Empty, List, Map


def _setting(default: Any, section: str, description: str, **limits: Any) -> Any:
    return Field(default, description=description, json_schema_extra={"section": section}, **limits)


class Settings(BaseModel):
    """What one deployment is made of; `infra.context.read_settings` makes it from a CDK context.

    A setting that is None or empty is a choice not made: nothing is created or limited for it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack_name: types.Name = _setting(
        "RlTraining", "Names", "Name of the CloudFormation stack. One stack trains in one region."
    )
    state_machine_name: types.Name = _setting(
        "RlTraining",
        "Names",
        "Name of the state machine; unique in the account and region. A change replaces the state "
        "machine, and the history of its executions goes with the old one.",
    )
    resource_tags: Annotated[dict[types.TagText, types.TagText], Map] = _setting(
        {}, "Names", "Tags of everything the stack creates, as a JSON object.", max_length=45
    )
    lambda_runtime: types.LambdaRuntime = _setting(
        "python3.13", "Functions", "Runtime of the Lambda functions."
    )
    lambda_architecture: types.Architecture = _setting(
        "arm64", "Functions", "Processor architecture of the Lambda functions."
    )
    execution_timeout_seconds: Annotated[int | None, Empty] = _setting(
        None,
        "Functions",
        "Seconds after which an execution is stopped, whatever it waits for. Left out, there is "
        "room for every attempt of the longest run within `max_run_limit`.",
        ge=60,
        le=31_536_000,
    )
    launcher_principals: Annotated[list[types.PrincipalArn], List] = _setting(
        [], "Launcher role", "ARNs of the IAM roles and users that may assume the launcher role."
    )
    launcher_oidc_provider: Annotated[types.OidcProviderArn | None, Empty] = _setting(
        None,
        "Launcher role",
        "ARN of the EKS cluster's IAM OIDC provider: `launcher_service_accounts` may assume the "
        "launcher role as an IAM role for service accounts (IRSA).",
    )
    launcher_eks_cluster: Annotated[str | None, Empty] = _setting(
        None,
        "Launcher role",
        "Name of an EKS cluster of this account and region: `launcher_service_accounts` get the "
        "launcher role by EKS Pod Identity.",
        pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$",
    )
    launcher_service_accounts: Annotated[list[types.ServiceAccount], List] = _setting(
        ["kubeflow/pipeline-runner"],
        "Launcher role",
        "Kubernetes service accounts, as `namespace/name`, that `launcher_oidc_provider` and "
        "`launcher_eks_cluster` trust.",
        min_length=1,
    )
    launcher_s3_locations: Annotated[list[types.S3Location], List] = _setting(
        [],
        "Launcher role",
        "Further `bucket` or `bucket/prefix` that pods with the launcher role read and write: "
        "the pipeline root, where the pods keep artifacts in S3.",
    )
    permissions_boundary: Annotated[types.PolicyArn | None, Empty] = _setting(
        None, "Roles", "ARN of a managed policy that bounds every role of the stack."
    )
    image_repositories: Annotated[list[types.Repository], List] = _setting(
        [],
        "Job role",
        "ECR repositories whose images training jobs run: names in this account and region, or "
        "ARNs. The images that AWS publishes for RL are always allowed.",
    )
    job_read_locations: Annotated[list[types.S3Location], List] = _setting(
        [], "Job role", "Further `bucket` or `bucket/prefix` that training jobs read."
    )
    job_write_locations: Annotated[list[types.S3Location], List] = _setting(
        [],
        "Job role",
        "Further `bucket` or `bucket/prefix` that training jobs read and write: models, "
        "checkpoints, debug tensors.",
    )
    job_encryption_keys: Annotated[list[types.KeyArn], List] = _setting(
        [], "Job role", "KMS keys that training jobs use: `output_encryption_key`, input data."
    )
    network: types.NetworkChoice = _setting(
        "none",
        "Network",
        "`none`: jobs run in SageMaker's own network, or where `vpc_subnets` says. `existing`: the "
        "VPC of `vpc_id`. `create`: a VPC of two zones without a way to the internet. With one, "
        "jobs run in it unless the caller says otherwise.",
    )
    vpc_id: Annotated[str | None, Empty] = _setting(
        None, "Network", "The existing VPC.", pattern=r"^vpc-[0-9a-f]{8,17}$"
    )
    subnet_ids: Annotated[list[types.SubnetId], List] = _setting(
        [],
        "Network",
        "Subnets of the existing VPC for jobs and interface endpoints, one a zone.",
        max_length=16,
    )
    route_table_ids: Annotated[list[types.RouteTableId], List] = _setting(
        [], "Network", "Route tables of those subnets, for the endpoint `s3`."
    )
    vpc_cidr: str = _setting(
        "10.0.0.0/20",
        "Network",
        "Addresses of the created VPC.",
        pattern=r"^\d{1,3}(\.\d{1,3}){3}/(1[6-9]|2[0-6])$",
    )
    endpoints: Annotated[list[types.Endpoint], List] = _setting(
        [],
        "Network",
        "VPC endpoints to make. For launchers: states, logs, sts or eks-auth, ecr.api and ecr.dkr. "
        "For jobs: s3, and sagemaker.api, sts, logs, monitoring, kms if their code calls them.",
    )
    launcher_security_groups: Annotated[list[types.SecurityGroupId], List] = _setting(
        [],
        "Network",
        "Security groups of the cluster's pods or nodes, which may reach the endpoints beside the "
        "security group that the stack makes.",
    )
    kms_key: Annotated[types.KeyChoice | None, Empty] = _setting(
        None,
        "Data",
        "KMS key of everything the stack stores: `create`, or the ARN of a key whose policy has "
        "the statements of docs/deploy.md. Keys of AWS when not set.",
    )
    retain_data: bool = _setting(
        True,
        "Data",
        "Whether the artifact bucket and the logs outlive the stack. When false, deleting the "
        "stack deletes them with everything in them.",
    )
    log_retention_days: types.RetentionDays = _setting(
        365, "Data", "Days for which the logs of executions and functions are kept."
    )
    execution_data_in_logs: bool = _setting(
        False,
        "Data",
        "Whether the log of the state machine holds the input and output of each state. They name "
        "hyperparameters and environment variables.",
    )
    alarms: bool = _setting(
        True,
        "Operations",
        "Whether CloudWatch alarms watch failed, timed out, aborted and throttled executions and "
        "the functions' errors; about 0.60 USD a month.",
    )
    dashboard: bool = _setting(
        False,
        "Operations",
        "Whether there is a CloudWatch dashboard of the runs; up to 3 USD a month.",
    )
    notification_emails: Annotated[list[types.EmailAddress], List] = _setting(
        [], "Operations", "Addresses told of failed executions and alarms; each must confirm."
    )
    termination_protection: bool = _setting(
        False, "Operations", "Whether CloudFormation refuses to delete the stack."
    )
    allowed_job_roles: Annotated[list[types.RoleArn], List] = _setting(
        [], "Guard rails", "Roles that `role` may name besides the job role of the stack."
    )
    assumable_roles: Annotated[list[types.RoleArn], List] = _setting(
        [],
        "Guard rails",
        "Roles that `assume_role` may name, in this or another account of the partition. "
        "`make assume-role-policy` prints what they need.",
    )
    allowed_instance_types: Annotated[list[str] | None, List, Empty] = _setting(
        None, "Guard rails", "Instance types of training jobs; any when not set.", min_length=1
    )
    max_instance_count: Annotated[int | None, Empty] = _setting(
        None,
        "Guard rails",
        "Most instances of a training job. SageMaker has no IAM condition key for it, so only the "
        "BuildRequest function enforces it.",
        ge=1,
    )
    max_run_limit: int = _setting(
        432_000,
        "Guard rails",
        "Most seconds that a training job may run (`max_run`).",
        ge=1,
        le=2_419_200,
    )
    required_tags: Annotated[list[types.TagText], List] = _setting(
        [], "Guard rails", "Tag keys that every training job must carry.", max_length=45
    )
    required_encryption_key: Annotated[types.KeyArn | None, Empty] = _setting(
        None, "Guard rails", "KMS key that `output_encryption_key` must name."
    )
    argument_defaults: Annotated[dict[str, Any], Map] = _setting(
        {},
        "Guard rails",
        "Values of arguments that a caller leaves out, as a JSON object by argument name.",
    )
