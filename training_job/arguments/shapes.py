"""Structures that callers give by the CreateTrainingJob API's own keys.

Unknown keys are errors; a key that is null counts as absent; text must be text.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DebugHookConfig.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DebugRuleConfiguration.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Channel.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_InstanceGroup.html
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from training_job.arguments import forms
from training_job.arguments.images.instance_types import (
    PROCESSING_INSTANCE_TYPES,
    TRAINING_INSTANCE_TYPES,
    one_of,
)

ONE_LINE = r"^[^\n\r\u0085\u2028\u2029]*$"
"""SageMaker's `.*`: no line terminators (its patterns are Java's)."""


def must_be(words: str) -> WrapValidator:
    """Return what says in words, and not as an expression, what text within a value must be.

    Args:
        words: Such as "an S3 URI, s3://BUCKET/PREFIX".
    """

    def check(value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError:
            raise ValueError(f"must be {words}") from None

    return WrapValidator(check)


def one_line(most: int) -> WrapValidator:
    """Return `must_be` for text of one line and at most so many characters."""
    return must_be(f"one line of at most {most} characters")


S3UriText = Annotated[
    str,
    Field(pattern=r"^s3://[^/\s]+(/[^\n\r\u0085\u2028\u2029]*)?$", max_length=1024),
    must_be("an S3 URI, s3://BUCKET/PREFIX, of at most 1024 characters"),
]
PathText = Annotated[str, Field(pattern=ONE_LINE, max_length=4096), one_line(4096)]
ImageText = Annotated[
    str,
    Field(pattern=r"^\S+$", max_length=255),
    must_be("an image, of at most 255 characters without spaces"),
]
NameText = Annotated[
    str,
    Field(pattern=ONE_LINE, min_length=1, max_length=256),
    must_be("a name, of 1 to 256 characters in one line"),
]
Parameters = dict[NameText, Annotated[str, Field(pattern=ONE_LINE, max_length=256), one_line(256)]]


class ApiShape(BaseModel):
    """A structure of the API, by its own keys; `given()` returns it as it is sent."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item for key, item in value.items() if item is not None}
        return value

    def given(self) -> dict[str, Any]:
        """Return the keys that were given, in the order of the API page."""
        return self.model_dump(exclude_unset=True)


class MetricDefinition(ApiShape):
    """A metric and the expression that finds it in a log line."""

    Name: Annotated[
        str,
        Field(pattern=ONE_LINE, min_length=1, max_length=255),
        must_be("a name, of 1 to 255 characters in one line"),
    ]
    Regex: Annotated[
        str,
        Field(pattern=ONE_LINE, min_length=1, max_length=500),
        must_be("a regular expression, of 1 to 500 characters in one line"),
    ]


class CheckpointConfig(ApiShape):
    """Where checkpoints are kept; LocalPath is /opt/ml/checkpoints/ unless given."""

    S3Uri: S3UriText
    LocalPath: PathText | None = None


class CollectionConfiguration(ApiShape):
    """A tensor collection that the debugger hook saves."""

    CollectionName: NameText
    CollectionParameters: Annotated[Parameters, Field(max_length=20)] | None = None


class DebugHookConfig(ApiShape):
    """What the debugger hook saves; S3OutputPath is `model_artifact_path` unless given."""

    S3OutputPath: S3UriText | None = None
    LocalPath: PathText | None = None
    HookParameters: Annotated[Parameters, Field(max_length=20)] | None = None
    CollectionConfigurations: (
        Annotated[list[CollectionConfiguration], Field(max_length=20)] | None
    ) = None


class DebugRuleConfiguration(ApiShape):
    """A debugger rule and the processing job that evaluates it."""

    RuleConfigurationName: NameText
    RuleEvaluatorImage: ImageText
    InstanceType: Annotated[str, one_of(PROCESSING_INSTANCE_TYPES)] | None = None
    VolumeSizeInGB: (
        Annotated[int, BeforeValidator(forms.no_boolean), Field(strict=False, ge=0, le=2**31 - 1)]
        | None
    ) = None
    LocalPath: PathText | None = None
    S3OutputPath: S3UriText | None = None
    RuleParameters: Annotated[Parameters, Field(max_length=100)] | None = None


ChannelNameText = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9.\-_]+$", max_length=64),
    must_be("a channel's name, of 1 to 64 letters, digits and . - _"),
]
GroupName = Annotated[
    str,
    Field(pattern=r"^[^\n\r\u0085\u2028\u2029]+$", max_length=64),
    must_be("a group's name, of 1 to 64 characters in one line"),
]
GroupNames = Annotated[list[GroupName], Field(min_length=1, max_length=5)]


class ModelAccess(ApiShape):
    """Whether the terms of a gated model are accepted."""

    AcceptEula: bool


class HubAccess(ApiShape):
    """The hub content that the data belongs to."""

    HubContentArn: Annotated[str, Field(pattern=ONE_LINE, max_length=255), one_line(255)]


class S3Source(ApiShape):
    """Data in S3; all objects below S3Uri on every host unless said otherwise."""

    S3Uri: S3UriText
    S3DataType: Literal["S3Prefix", "ManifestFile", "AugmentedManifestFile", "Converse"] = (
        "S3Prefix"
    )
    S3DataDistributionType: Literal["FullyReplicated", "ShardedByS3Key"] = "FullyReplicated"
    AttributeNames: Annotated[list[NameText], Field(max_length=16)] | None = None
    InstanceGroupNames: GroupNames | None = None
    ModelAccessConfig: ModelAccess | None = None
    HubAccessConfig: HubAccess | None = None

    def given(self) -> dict[str, Any]:
        """Return what is sent: the two defaults as the SageMaker SDK sends them."""
        kind, spread = self.S3DataType, self.S3DataDistributionType
        return super().given() | {"S3DataType": kind, "S3DataDistributionType": spread}


class FileSystemSource(ApiShape):
    """Data in Amazon EFS or FSx for Lustre."""

    FileSystemId: Annotated[
        str,
        Field(pattern=r"^fs-[0-9a-f]{8,}$", max_length=21),
        must_be("a file system's id, fs- and 8 to 18 digits and letters from a to f"),
    ]
    FileSystemAccessMode: Literal["ro", "rw"]
    FileSystemType: Literal["EFS", "FSxLustre"]
    DirectoryPath: PathText


class HubDataSet(ApiShape):
    """A data set of a SageMaker hub."""

    DatasetArn: Annotated[
        str,
        Field(pattern=r"^arn:aws[a-z\-]*:sagemaker:\S+$", max_length=2048),
        must_be("a data set's ARN, arn:aws:sagemaker:..."),
    ]


class ChannelSource(ApiShape):
    """Where a channel's data is: one of the three."""

    S3DataSource: S3Source | None = None
    FileSystemDataSource: FileSystemSource | None = None
    DatasetSource: HubDataSet | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1:
            names = " or ".join(type(self).model_fields)
            raise ValueError(f"must hold one of {names}")
        return self


class Shuffle(ApiShape):
    """The seed by which a channel's objects are shuffled."""

    Seed: Annotated[
        int, BeforeValidator(forms.no_boolean), Field(strict=False, ge=-(2**63), le=2**63 - 1)
    ]


class Channel(ApiShape):
    """An input channel; its name is the key it stands under."""

    ChannelName: ChannelNameText | None = None
    DataSource: ChannelSource
    ContentType: Annotated[str, Field(pattern=ONE_LINE, max_length=256), one_line(256)] | None = (
        None
    )
    CompressionType: Literal["None", "Gzip"] | None = None
    RecordWrapperType: Literal["None", "RecordIO"] | None = None
    InputMode: Literal["File", "Pipe", "FastFile"] | None = None
    ShuffleConfig: Shuffle | None = None

    def mode(self, training_input_mode: str) -> str:
        """Return how the data is handed over: the channel's own mode, else the job's."""
        return self.InputMode or training_input_mode

    @property
    def instance_group_names(self) -> list[str]:
        """Return the instance groups that get the data; empty for all of them."""
        source = self.DataSource.S3DataSource
        return (source.InstanceGroupNames or []) if source else []

    def given(self) -> dict[str, Any]:
        """Return the channel as it is sent."""
        source = self.DataSource.S3DataSource
        data = {"DataSource": {"S3DataSource": source.given()}} if source else {}
        return super().given() | data


class InstanceGroup(ApiShape):
    """Instances of one type; a job of several groups is a heterogeneous cluster."""

    InstanceGroupName: GroupName
    InstanceType: Annotated[str, one_of(TRAINING_INSTANCE_TYPES)]
    InstanceCount: Annotated[
        int, BeforeValidator(forms.no_boolean), Field(strict=False, ge=1, le=2**31 - 1)
    ]
