"""The CreateTrainingJob request that arguments stand for, one renderer a section.

Optional sections are absent, never empty. Only documented fields are sent: Step Functions ends an
execution with the uncatchable States.Runtime at any other.
Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import json
from typing import Any

from training_job.arguments.images import image
from training_job.arguments.limits import CODE_CHANNEL, MODEL_CHANNEL
from training_job.arguments.model import TrainingArguments

_CHANNELS = "/opt/ml/input/data"
_INFO = 20  # Python's logging.INFO, the level RLEstimator asks of the container


def build_request(arguments: TrainingArguments, *, job_name: str, region: str) -> dict[str, Any]:
    """Return the CreateTrainingJob request.

    Args:
        arguments: Parsed arguments.
        job_name: Name of the training job, at most 63 characters.
        region: Region of the job, for the image's registry and the container.

    Example:
        >>> arguments = parse_arguments(given)  # doctest: +SKIP
        >>> build_request(arguments, job_name="agent", region="us-east-1")  # doctest: +SKIP
        {'TrainingJobName': 'agent', ...}
    """
    return {
        "TrainingJobName": job_name,
        "RoleArn": arguments.role,
        "AlgorithmSpecification": _algorithm(arguments, region),
        "HyperParameters": _hyperparameters(arguments, job_name, region),
        "OutputDataConfig": _output(arguments),
        "ResourceConfig": _resources(arguments),
        "StoppingCondition": _stopping(arguments),
        **_spot(arguments),
        **_input(arguments),
        **_checkpoint(arguments),
        **_network(arguments),
        **_debugger(arguments),
        **_tensorboard(arguments),
        **_environment(arguments),
        **_tags(arguments),
    }


def _algorithm(arguments: TrainingArguments, region: str) -> dict[str, Any]:
    metrics = [definition.given() for definition in arguments.metric_definitions]
    if not metrics and not arguments.image and arguments.toolkit:
        metrics = image.DEFAULT_METRIC_DEFINITIONS[arguments.toolkit]
    return {
        "TrainingImage": arguments.training_image(region),
        "TrainingInputMode": arguments.training_input_mode,
        **({"MetricDefinitions": metrics} if metrics else {}),
    }


def _hyperparameters(arguments: TrainingArguments, job_name: str, region: str) -> dict[str, str]:
    """Return the user's hyperparameters and those the SageMaker containers read, each as JSON."""
    submit = _submit_directory(arguments)
    values = {
        **arguments.hyperparameters,
        **({"sagemaker_submit_directory": submit} if submit else {}),
        "sagemaker_program": arguments.entry_point,
        "sagemaker_container_log_level": _INFO,
        "sagemaker_job_name": job_name,
        "sagemaker_region": region,
        "sagemaker_s3_output": arguments.model_artifact_path,
        "sagemaker_estimator": "RLEstimator",
    }
    return {name: json.dumps(value) for name, value in values.items()}


def _submit_directory(arguments: TrainingArguments) -> str | None:
    """Return where the container finds the source: in S3, or in the channel that brings it."""
    if arguments.source_dir and arguments.network_isolation:
        return f"{_CHANNELS}/{CODE_CHANNEL}/{arguments.source_dir.rsplit('/', 1)[1]}"
    return arguments.source_dir


def _input(arguments: TrainingArguments) -> dict[str, Any]:
    """Return the channels: the caller's data, the model to continue from, the isolated source."""
    channels = [
        channel.given() | {"ChannelName": name} for name, channel in arguments.inputs.items()
    ]
    if arguments.initial_model:
        model = {"ContentType": "application/x-sagemaker-model", "InputMode": "File"}
        channels.append(_own_channel(arguments, MODEL_CHANNEL, arguments.initial_model) | model)
    if arguments.source_dir and arguments.network_isolation:
        # In Pipe mode the channel would be a FIFO, and the container expects a file.
        mode = {"InputMode": "File"} if arguments.training_input_mode == "Pipe" else {}
        channels.append(_own_channel(arguments, CODE_CHANNEL, arguments.source_dir) | mode)
    return {"InputDataConfig": channels} if channels else {}


def _own_channel(arguments: TrainingArguments, name: str, uri: str) -> dict[str, Any]:
    """Return a channel of ours; it names every group where the caller's channels name some."""
    named = any(channel.instance_group_names for channel in arguments.inputs.values())
    groups = [group.InstanceGroupName for group in arguments.instance_groups]
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": uri,
        "S3DataDistributionType": "FullyReplicated",
        **({"InstanceGroupNames": groups} if named else {}),
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _output(arguments: TrainingArguments) -> dict[str, Any]:
    key = arguments.output_encryption_key
    return {
        "S3OutputPath": arguments.model_artifact_path,
        **({"KmsKeyId": key} if key else {}),
    }


def _resources(arguments: TrainingArguments) -> dict[str, Any]:
    if arguments.instance_groups:
        instances: dict[str, Any] = {
            "InstanceGroups": [group.given() for group in arguments.instance_groups]
        }
    else:
        instances = {
            "InstanceType": arguments.instance_type,
            "InstanceCount": arguments.instance_count,
        }
    keep = {"KeepAlivePeriodInSeconds": arguments.keep_alive} if arguments.keep_alive else {}
    return {**instances, "VolumeSizeInGB": arguments.volume_size, **keep}


def _stopping(arguments: TrainingArguments) -> dict[str, Any]:
    # SageMaker rejects a waiting time without managed spot training.
    wait = {"MaxWaitTimeInSeconds": arguments.max_wait_time} if arguments.spot_instance else {}
    return {"MaxRuntimeInSeconds": arguments.max_run, **wait}


def _spot(arguments: TrainingArguments) -> dict[str, Any]:
    return {"EnableManagedSpotTraining": True} if arguments.spot_instance else {}


def _checkpoint(arguments: TrainingArguments) -> dict[str, Any]:
    config = arguments.checkpoint_config
    return {"CheckpointConfig": config.given()} if config else {}


def _network(arguments: TrainingArguments) -> dict[str, Any]:
    vpc = {
        "SecurityGroupIds": arguments.vpc_security_group_ids,
        "Subnets": arguments.vpc_subnets,
    }
    encryption = {"EnableInterContainerTrafficEncryption": True}
    return {
        **({"VpcConfig": vpc} if arguments.vpc_subnets else {}),
        **({"EnableNetworkIsolation": True} if arguments.network_isolation else {}),
        **(encryption if arguments.traffic_encryption else {}),
    }


def _debugger(arguments: TrainingArguments) -> dict[str, Any]:
    """Return the hook and the rules, only when asked for: AWS has closed Debugger to newcomers."""
    hook = arguments.debug_hook_config
    rules = [rule.given() for rule in arguments.debug_rule_config]
    default = {"S3OutputPath": arguments.model_artifact_path}
    return {
        **({"DebugHookConfig": default | hook.given()} if hook else {}),
        **({"DebugRuleConfigurations": rules} if rules else {}),
    }


def _tensorboard(arguments: TrainingArguments) -> dict[str, Any]:
    path = arguments.tensorboard_path
    return {"TensorBoardOutputConfig": {"S3OutputPath": path}} if path else {}


def _environment(arguments: TrainingArguments) -> dict[str, Any]:
    return {"Environment": arguments.environment} if arguments.environment else {}


def _tags(arguments: TrainingArguments) -> dict[str, Any]:
    tags = [{"Key": key, "Value": value} for key, value in arguments.tags.items()]
    return {"Tags": tags} if tags else {}
