"""The arguments of a training run: one field each holds its name, type, default, limits and text.

KFP inputs, docs/arguments.md and docs/arguments.schema.json are generated from
this model; `build_request` (request.py) turns it into the CreateTrainingJob request.
Source: the documentation of the SageMaker RLEstimator component of Kubeflow Pipelines, and
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from training_job.arguments import forms, limits
from training_job.arguments.checking import Accepted
from training_job.arguments.images import image as prebuilt_images
from training_job.arguments.images.instance_types import TRAINING_INSTANCE_TYPES, one_of
from training_job.arguments.shapes import (
    Channel,
    ChannelNameText,
    CheckpointConfig,
    DebugHookConfig,
    DebugRuleConfiguration,
    InstanceGroup,
    MetricDefinition,
    must_be,
)

SAGEMAKER_MAX_RUN = 2_419_200
"""Seconds (28 days): SageMaker's own limit of a training job's run time."""

MAX_RUN_LIMIT = 432_000
"""Seconds (5 days): a deployment's limit of `max_run`, unless its setting says otherwise."""

MAX_KEEP_ALIVE = 3600
"""Seconds: the guide's limit of a warm pool.
https://docs.aws.amazon.com/sagemaker/latest/dg/train-warm-pools.html"""

MAX_CAPACITY_WAIT = 432_000
"""Seconds (5 days) that an execution may wait for capacity."""

MAX_ATTEMPTS = 10
"""The largest `max_attempts`."""

_TAG = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$"

_Text = BeforeValidator(forms.text)
_Whole = BeforeValidator(forms.no_boolean)
_Stripped = BeforeValidator(forms.stripped)
_Map = BeforeValidator(forms.json_map)
_Section = BeforeValidator(forms.section)
_List = BeforeValidator(forms.json_list)
_Ids = BeforeValidator(forms.id_list)

# A form is checked on what the reader (`_Text`, ...) returns: of the metadata the last runs first.
Region = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[a-z]+)+-\d$")]
RoleArn = Annotated[
    str,
    Field(
        pattern=r"^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$",
        max_length=2048,
    ),
]
JobName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", max_length=63)]
Image = Annotated[str, Field(pattern=r"^\S+$", max_length=255)]
EntryPoint = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9._+-]*(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*$", max_length=1024
    ),
]
SourceUri = Annotated[
    str,
    Field(
        pattern=r"^s3://[^/\s]+/([^\n\r\u0085\u2028\u2029]*[^/\n\r\u0085\u2028\u2029])?\.tar\.gz$",
        max_length=1024,
    ),
]
S3Path = Annotated[
    str, Field(pattern=r"^s3://[^/\s]+(/[^\n\r\u0085\u2028\u2029]*)?$", max_length=1024)
]
Version = Annotated[str, Field(max_length=32)]
KmsKey = Annotated[str, Field(pattern=r"^[a-zA-Z0-9:/_-]+$", max_length=2048)]
InstanceType = Annotated[str, one_of(TRAINING_INSTANCE_TYPES), _Text]
Seconds = Annotated[int, Field(ge=1, le=SAGEMAKER_MAX_RUN), _Whole]
Count = Annotated[int, Field(ge=1, le=2**31 - 1), _Whole]
Switch = Annotated[bool, _Stripped]
VpcConfigId = Annotated[str, Field(pattern=r"^[-0-9a-zA-Z]+$", max_length=32)]
TagKey = Annotated[
    str,
    Field(pattern=_TAG, min_length=1, max_length=128),
    must_be("1 to 128 letters, digits, spaces and _.:/=+-@"),
]
TagValue = Annotated[
    str,
    Field(pattern=_TAG, max_length=256),
    must_be("at most 256 letters, digits, spaces and _.:/=+-@"),
]
EnvironmentName = Annotated[
    str,
    Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=512),
    must_be("a name of at most 512 letters, digits and _, not beginning with a digit"),
]


@dataclass(frozen=True, kw_only=True)
class Documented(Accepted):
    """What the documents say of an argument beside its description, type, default and limits.

    Attributes:
        sets: What the argument becomes in the CreateTrainingJob request, or what else uses it.
        api: API page of what it sets, below the APIReference; empty for none.
        required: False for an argument that the documents call required and that the deployment
            may supply (`argument_defaults`), or that is optional.
    """

    sets: str
    api: str = "API_CreateTrainingJob"
    required: bool = False


def _lower(value: str) -> str:
    return value.lower()


class TrainingArguments(BaseModel):
    """The 28 documented arguments and this project's extras, parsed and checked.

    Make one with `parse_arguments`; the constructor checks types and limits, but
    none of the rules that span arguments.

    Example:
        >>> from training_job import parse_arguments
        >>> parse_arguments({"max_run": "3600", ...}).max_run  # doctest: +SKIP
        3600
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: Annotated[
        Region,
        _Text,
        Field(
            description="Region of the training job; must be the state machine's own.",
        ),
        Documented(
            allowed="a region name such as us-east-1",
            sets="the `sagemaker_region` hyperparameter and the image's registry; "
            "the launcher's clients",
            example="us-east-1",
            required=True,
        ),
    ]
    endpoint_url: Annotated[
        str | None,
        _Text,
        Field(
            description="Endpoint of Step Functions for the launcher, such as a VPC endpoint's. "
            "Default: the region's public endpoint, which private DNS may lead to a VPC endpoint."
        ),
        Documented(
            allowed="an https URL of the region's Step Functions, or a loopback URL such as http://127.0.0.1:4566",
            sets="the launcher's Step Functions client",
            example="https://vpce-0a1b-2c3d.states.us-east-1.vpce.amazonaws.com",
            api="",
        ),
    ] = None
    assume_role: Annotated[
        RoleArn | None,
        _Text,
        Field(
            description="Role that the state machine assumes to create the training job, such as "
            "one in another account. Default: the state machine's own role creates it."
        ),
        Documented(
            allowed="the ARN of an IAM role that the deployment lists as assumable",
            sets="`Credentials` of the states that call SageMaker",
            example="arn:aws:iam::111122223333:role/TrainingSubmitter",
            api="",
        ),
    ] = None
    job_name: Annotated[
        JobName | None,
        _Text,
        Field(
            description="Name of the training job, which can be used once in an account and "
            "region. Default: `TrainingJob-[datetime]-[random id]`, the same for the same "
            "execution.",
        ),
        Documented(
            allowed="1 to 63 letters, digits and inner hyphens",
            sets="`TrainingJobName`; the `sagemaker_job_name` hyperparameter",
            example="cartpole-2026-01-31",
        ),
    ] = None
    role: Annotated[
        RoleArn,
        _Text,
        Field(
            description="The job role: SageMaker assumes it to read the code and write the model."
        ),
        Documented(
            allowed="the ARN of an IAM role, such as arn:aws:iam::123456789012:role/NAME",
            sets="`RoleArn`",
            example="arn:aws:iam::123456789012:role/RlTrainingJob",
        ),
    ]
    image: Annotated[
        Image | None,
        _Text,
        Field(
            description="Registry path of the training image. "
            "Default: the prebuilt image of `toolkit`, `toolkit_version` and `framework`.",
        ),
        Documented(
            allowed="a registry path of at most 255 characters, without spaces",
            sets="`AlgorithmSpecification.TrainingImage`",
            example="123456789012.dkr.ecr.us-east-1.amazonaws.com/my-rl:1.0",
            api="API_AlgorithmSpecification",
        ),
    ] = None
    entry_point: Annotated[
        EntryPoint,
        _Text,
        Field(
            description="Script to run, as a path within `source_dir` (or within the image's code "
            "directory when there is none).",
        ),
        Documented(
            allowed="a relative path such as train.py or code/train.py: letters, digits and "
            "._+- in each part, no part beginning with a dot",
            sets="the `sagemaker_program` hyperparameter",
            example="train.py",
            required=True,
        ),
    ]
    source_dir: Annotated[
        SourceUri | None,
        _Text,
        Field(
            description="S3 URI of the gzipped tar of the training code. "
            "Default: the code that is in `image`.",
        ),
        Documented(
            allowed="an S3 URI s3://BUCKET/KEY.tar.gz",
            sets="the `sagemaker_submit_directory` hyperparameter; with network isolation the "
            "`code` channel of `InputDataConfig`",
            example="s3://my-bucket/code/sourcedir.tar.gz",
        ),
    ] = None
    toolkit: Annotated[
        Literal["coach", "ray"] | None,
        _Text,
        Field(description="RL toolkit of the prebuilt image; has no effect with `image`."),
        Documented(
            allowed="coach or ray",
            sets="`AlgorithmSpecification.TrainingImage` and the default metric definitions",
            example="ray",
            api="API_AlgorithmSpecification",
        ),
    ] = None
    toolkit_version: Annotated[
        Version | None,
        _Text,
        Field(
            description="Version of the toolkit, exactly as AWS names it; has no effect with "
            "`image`.",
        ),
        Documented(
            allowed="a version that has an image, such as 1.6.0",
            sets="`AlgorithmSpecification.TrainingImage`",
            example="1.6.0",
            api="API_AlgorithmSpecification",
        ),
    ] = None
    framework: Annotated[
        # The documentation writes MXNet, TensorFlow and PyTorch; the images' names are lower case.
        Literal["mxnet", "pytorch", "tensorflow"] | None,
        BeforeValidator(lambda value: _lower(forms.text(value))),
        Field(description="Framework beneath the toolkit; has no effect with `image`."),
        Documented(
            allowed="MXNet, TensorFlow or PyTorch, in upper or lower case",
            sets="`AlgorithmSpecification.TrainingImage`",
            example="tensorflow",
            api="API_AlgorithmSpecification",
        ),
    ] = None
    metric_definitions: Annotated[
        list[MetricDefinition],
        BeforeValidator(forms.metric_definitions),
        Field(
            max_length=40,
            description="Metrics and the regular expressions that find them in the log. "
            "Default: RLEstimator's for the toolkit; none with `image`.",
        ),
        Documented(
            allowed="at most 40: a map of name to expression, or a list of {Name, Regex}",
            sets="`AlgorithmSpecification.MetricDefinitions`",
            example={"episode_reward_mean": "episode_reward_mean: ([-+0-9.eE]+)"},
            api="API_MetricDefinition",
        ),
    ] = []
    training_input_mode: Annotated[
        Literal["File", "Pipe", "FastFile"],
        _Text,
        Field(description="How SageMaker hands input data to the job."),
        Documented(
            allowed="File, Pipe or FastFile",
            sets="`AlgorithmSpecification.TrainingInputMode`",
            example="File",
            api="API_AlgorithmSpecification",
        ),
    ] = "File"
    hyperparameters: Annotated[
        dict[str, Any],
        _Map,
        AfterValidator(limits.check_hyperparameters),
        Field(
            description="Hyperparameters of the script. Each value may be any JSON value and is "
            "JSON-encoded, as the SageMaker SDK does."
        ),
        Documented(
            allowed="a map of at most 93 names to JSON values; names of at most 256 characters "
            "that do not begin with sagemaker_, values of at most 2500 characters as JSON",
            sets="`HyperParameters`",
            example={"iterations": 12, "seed": 7},
        ),
    ] = {}
    instance_type: Annotated[
        InstanceType,
        Field(description="Instance type of the training job."),
        Documented(
            allowed="one of SageMaker's training instance types",
            sets="`ResourceConfig.InstanceType`; chooses the cpu or the gpu image",
            example="ml.m5.xlarge",
            api="API_ResourceConfig",
        ),
    ] = "ml.m4.xlarge"
    instance_count: Annotated[
        Count,
        Field(description="Number of instances."),
        Documented(
            allowed="a whole number of at least 1",
            sets="`ResourceConfig.InstanceCount`",
            example=1,
            api="API_ResourceConfig",
        ),
    ] = 1
    volume_size: Annotated[
        Count,
        Field(description="Size of the storage volume of each instance, in GB."),
        Documented(
            allowed="a whole number of GB, at least 1",
            sets="`ResourceConfig.VolumeSizeInGB`",
            example=30,
            api="API_ResourceConfig",
        ),
    ] = 30
    max_run: Annotated[
        Seconds,
        Field(
            description="Longest run time, in seconds; then SageMaker stops the job and keeps "
            "what it saved."
        ),
        Documented(
            allowed="a whole number of seconds from 1 to the deployment's limit "
            f"({MAX_RUN_LIMIT}, 5 days, unless it says otherwise; SageMaker's own is "
            f"{SAGEMAKER_MAX_RUN}, 28 days)",
            sets="`StoppingCondition.MaxRuntimeInSeconds`",
            example=3600,
            api="API_StoppingCondition",
        ),
    ] = 86_400
    model_artifact_path: Annotated[
        S3Path,
        _Text,
        Field(
            description="S3 URI below which the model is stored, as JOB_NAME/output/model.tar.gz.",
        ),
        Documented(
            allowed="an S3 URI s3://BUCKET or s3://BUCKET/PREFIX",
            sets="`OutputDataConfig.S3OutputPath`; the `sagemaker_s3_output` hyperparameter",
            example="s3://my-bucket/models",
            api="API_OutputDataConfig",
        ),
    ]
    output_encryption_key: Annotated[
        KmsKey | None,
        _Text,
        Field(
            description="KMS key that encrypts the model. Default: the deployment's own key, if it "
            "has one (`kms_key`); else the account's default key for S3, whatever the bucket's is.",
        ),
        Documented(
            allowed="a KMS key id, key ARN, alias (alias/NAME) or alias ARN",
            sets="`OutputDataConfig.KmsKeyId`",
            example="alias/rl-models",
            api="API_OutputDataConfig",
        ),
    ] = None
    vpc_security_group_ids: Annotated[
        list[VpcConfigId],
        _Ids,
        Field(
            max_length=5,
            description="Security groups of the training job, in the form sg-xxxxxxxx; needs "
            "`vpc_subnets`. Default: the job runs outside your VPC.",
        ),
        Documented(
            allowed="at most 5 ids: a comma-delimited list, or a JSON list",
            sets="`VpcConfig.SecurityGroupIds`",
            example="sg-0a1b2c3d,sg-4e5f6a7b",
            api="API_VpcConfig",
        ),
    ] = []
    vpc_subnets: Annotated[
        list[VpcConfigId],
        _Ids,
        Field(
            max_length=16,
            description="Subnets of the training job; needs `vpc_security_group_ids`. "
            "Default: the job runs outside your VPC.",
        ),
        Documented(
            allowed="at most 16 ids: a comma-delimited list, or a JSON list",
            sets="`VpcConfig.Subnets`",
            example="subnet-0a1b2c3d,subnet-4e5f6a7b",
            api="API_VpcConfig",
        ),
    ] = []
    spot_instance: Annotated[
        Switch,
        Field(description="Use managed spot training."),
        Documented(
            allowed="true or false",
            sets="`EnableManagedSpotTraining`",
            example=False,
        ),
    ] = False
    max_wait_time: Annotated[
        Seconds,
        Field(
            description="Longest time to wait for a spot job to complete, run time included, in "
            "seconds; at least `max_run`. Used with `spot_instance` only."
        ),
        Documented(
            allowed="a whole number of seconds from 1 to the deployment's limit "
            f"({MAX_RUN_LIMIT}, 5 days, unless it says otherwise), and with spot at least max_run",
            sets="`StoppingCondition.MaxWaitTimeInSeconds`, with `spot_instance`",
            example=86_400,
            api="API_StoppingCondition",
        ),
    ] = 86_400
    checkpoint_config: Annotated[
        CheckpointConfig | None,
        _Section,
        Field(
            description="Where checkpoints are kept, so that an interrupted or repeated job "
            "resumes. Default: nowhere."
        ),
        Documented(
            allowed="a map with S3Uri and, if wanted, LocalPath",
            sets="`CheckpointConfig`",
            example={"S3Uri": "s3://my-bucket/checkpoints", "LocalPath": "/opt/ml/checkpoints"},
            api="API_CheckpointConfig",
        ),
    ] = None
    debug_hook_config: Annotated[
        DebugHookConfig | None,
        _Section,
        Field(
            description="What Amazon SageMaker Debugger saves. Default: Debugger is not used "
            "(AWS has closed it to new customers)."
        ),
        Documented(
            allowed="a map with S3OutputPath (model_artifact_path unless given), LocalPath, "
            "HookParameters and CollectionConfigurations",
            sets="`DebugHookConfig`",
            example={"CollectionConfigurations": [{"CollectionName": "losses"}]},
            api="API_DebugHookConfig",
        ),
    ] = None
    debug_rule_config: Annotated[
        list[DebugRuleConfiguration],
        _List,
        Field(
            max_length=20,
            description="Rules that Amazon SageMaker Debugger evaluates. Default: none.",
        ),
        Documented(
            allowed="a list of at most 20 maps with RuleConfigurationName, RuleEvaluatorImage and, "
            "if wanted, InstanceType, VolumeSizeInGB, LocalPath, S3OutputPath and RuleParameters",
            sets="`DebugRuleConfigurations`",
            example=[
                {
                    "RuleConfigurationName": "LossNotDecreasing",
                    "RuleEvaluatorImage": "503895931360.dkr.ecr.us-east-1.amazonaws.com/"
                    "sagemaker-debugger-rules:latest",
                    "RuleParameters": {"rule_to_invoke": "LossNotDecreasing"},
                }
            ],
            api="API_DebugRuleConfiguration",
        ),
    ] = []
    tags: Annotated[
        dict[TagKey, TagValue],
        BeforeValidator(forms.tags),
        AfterValidator(limits.check_tags),
        Field(description="Tags of the training job."),
        Documented(
            allowed="at most 48, as a map or a list of {Key, Value}: keys of 1 to 128 and values "
            "of at most 256 letters, digits, spaces and _.:/=+-@; no key beginning with aws:",
            sets="`Tags`",
            example={"team": "rl"},
            api="API_Tag",
        ),
    ] = {}
    network_isolation: Annotated[
        Switch,
        Field(description="Cut the training containers off from every network, S3 included."),
        Documented(
            allowed="true or false",
            sets="`EnableNetworkIsolation`; the source goes through the `code` channel",
            example=False,
        ),
    ] = False
    traffic_encryption: Annotated[
        Switch,
        Field(description="Encrypt the traffic between the instances of the job."),
        Documented(
            allowed="true or false",
            sets="`EnableInterContainerTrafficEncryption`",
            example=False,
        ),
    ] = False
    environment: Annotated[
        dict[EnvironmentName, Annotated[str, Field(strict=True, max_length=512)]],
        Field(max_length=100),
        _Map,
        Field(
            description="Environment variables of the training containers. Not for secrets.",
        ),
        Documented(
            allowed="a map of at most 100 names to text of at most 512 characters; "
            "99 with `job_name`",
            sets="`Environment`",
            example={"LOG_LEVEL": "info"},
        ),
    ] = {}
    inputs: Annotated[
        dict[Annotated[ChannelNameText, AfterValidator(limits.check_channel_name)], Channel],
        AfterValidator(limits.check_channels),
        Field(max_length=limits.MAX_CHANNELS),
        BeforeValidator(forms.channels),
        Field(
            description="Input channels: the container finds the data of channel NAME in "
            "/opt/ml/input/data/NAME."
        ),
        Documented(
            allowed="a map of at most 20 channel names (letters, digits and .-_; not code or "
            "model) to an S3 URI, or to a Channel with AWS's own keys",
            sets="`InputDataConfig`: all objects below the URI, on every host, unless the Channel "
            "says otherwise",
            example={"train": "s3://my-bucket/episodes"},
            api="API_Channel",
        ),
    ] = {}
    initial_model: Annotated[
        S3Path | None,
        _Text,
        Field(
            description="S3 URI of a model archive to continue from; the container finds it in "
            "/opt/ml/input/data/model. Default: training starts afresh."
        ),
        Documented(
            allowed="an S3 URI such as another run's model_artifact_url",
            sets="the `model` channel of `InputDataConfig`",
            example="s3://my-bucket/models/cartpole-1/output/model.tar.gz",
            api="API_Channel",
        ),
    ] = None
    instance_groups: Annotated[
        list[InstanceGroup],
        AfterValidator(limits.check_instance_groups),
        _List,
        Field(
            max_length=5,
            description="Groups of instances of different types (a heterogeneous cluster), "
            "instead of `instance_type` and `instance_count`. Default: one type for all.",
        ),
        Documented(
            allowed="at most 5 maps of InstanceGroupName, InstanceType and InstanceCount, of "
            "different names",
            sets="`ResourceConfig.InstanceGroups`; one group with a GPU chooses the gpu image",
            example=[
                {
                    "InstanceGroupName": "trainer",
                    "InstanceType": "ml.g5.xlarge",
                    "InstanceCount": 1,
                },
                {
                    "InstanceGroupName": "rollouts",
                    "InstanceType": "ml.c5.2xlarge",
                    "InstanceCount": 4,
                },
            ],
            api="API_InstanceGroup",
        ),
    ] = []
    keep_alive: Annotated[
        int,
        Field(ge=0, le=MAX_KEEP_ALIVE),
        _Whole,
        Field(
            description="Seconds to keep the instances for the next job after this one (a warm "
            "pool). They are billed while they are kept."
        ),
        Documented(
            allowed="a whole number of seconds from 0 to 3600, within the deployment's limit; not "
            "with spot_instance or instance_groups",
            sets="`ResourceConfig.KeepAlivePeriodInSeconds`",
            example=0,
            api="API_ResourceConfig",
        ),
    ] = 0
    tensorboard_path: Annotated[
        S3Path | None,
        _Text,
        Field(
            description="S3 URI below which SageMaker keeps the TensorBoard files that the script "
            "writes to /opt/ml/output/tensorboard, as JOB_NAME/tensorboard-output. "
            "Default: they are not kept."
        ),
        Documented(
            allowed="an S3 URI s3://BUCKET or s3://BUCKET/PREFIX",
            sets="`TensorBoardOutputConfig.S3OutputPath`",
            example="s3://my-bucket/tensorboard",
            api="API_TensorBoardOutputConfig",
        ),
    ] = None
    capacity_wait: Annotated[
        int,
        Field(ge=0, le=MAX_CAPACITY_WAIT),
        _Whole,
        Field(
            description="Seconds to wait for capacity or quota when every instance type is "
            "exhausted, before giving up. Such waits use up no attempt."
        ),
        Documented(
            allowed=f"a whole number of seconds from 0 to {MAX_CAPACITY_WAIT} (5 days)",
            sets="how long the state machine goes on trying to create the training job",
            example=0,
            api="",
        ),
    ] = 0
    fallback_instance_types: Annotated[
        list[InstanceType],
        _Ids,
        Field(
            max_length=10,
            description="Instance types to try in turn when SageMaker has no capacity for "
            "`instance_type`. Default: only `instance_type` is tried.",
        ),
        Documented(
            allowed="at most 10 of SageMaker's training instance types",
            sets="`ResourceConfig.InstanceType` of an attempt after a capacity error",
            example=["ml.m5.2xlarge"],
            api="API_ResourceConfig",
        ),
    ] = []
    max_attempts: Annotated[
        int,
        Field(ge=1, le=MAX_ATTEMPTS),
        _Whole,
        Field(
            description="Training jobs that may be tried when the infrastructure fails (capacity, "
            "internal errors). An error of the script is never tried again.",
        ),
        Documented(
            allowed="a whole number from 1 to 10",
            sets="how often the state machine creates a training job",
            example=3,
            api="",
        ),
    ] = 3
    fail_on_rule_issues: Annotated[
        Switch,
        Field(description="Fail when a debugger rule finds issues, instead of reporting them."),
        Documented(
            allowed="true or false",
            sets="the verdict on rule evaluations",
            example=False,
            api="",
        ),
    ] = False
    dry_run: Annotated[
        Switch,
        Field(description="Return the CreateTrainingJob request and start nothing."),
        Documented(
            allowed="true or false",
            sets="whether a training job is created",
            example=False,
            api="",
        ),
    ] = False

    @property
    def instance_types(self) -> list[str]:
        """Return the types of the job's instances: one, or those of its groups."""
        return [group.InstanceType for group in self.instance_groups] or [self.instance_type]

    def training_image(self, region: str) -> str:
        """Return the image: the caller's own, else the toolkit's in `region`.

        Raises:
            InvalidArguments: There is neither.
        """
        return self.image or prebuilt_images.resolve(
            self.toolkit,
            self.toolkit_version,
            self.framework,
            instance_types=self.instance_types,
            region=region,
        )
