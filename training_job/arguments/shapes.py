"""Structures that callers give by the CreateTrainingJob API's own keys.

Unknown keys are errors; a key that is null counts as absent; text must be text.
Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DebugHookConfig.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DebugRuleConfiguration.html
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_MetricDefinition.html
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from training_job.arguments import forms
from training_job.arguments.instance_types import PROCESSING_INSTANCE_TYPES, one_of

ONE_LINE = r"^[^\n\r\u0085\u2028\u2029]*$"
"""SageMaker's `.*`: no line terminators (its patterns are Java's)."""

S3UriText = Annotated[
    str, Field(pattern=r"^s3://[^/\s]+(/[^\n\r\u0085\u2028\u2029]*)?$", max_length=1024)
]
PathText = Annotated[str, Field(pattern=ONE_LINE, max_length=4096)]
ImageText = Annotated[str, Field(pattern=r"^\S+$", max_length=255)]
NameText = Annotated[str, Field(pattern=ONE_LINE, min_length=1, max_length=256)]
Parameters = dict[NameText, Annotated[str, Field(pattern=ONE_LINE, max_length=256)]]


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

    Name: Annotated[str, Field(pattern=ONE_LINE, min_length=1, max_length=255)]
    Regex: Annotated[str, Field(pattern=ONE_LINE, min_length=1, max_length=500)]


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
