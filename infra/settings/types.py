"""The forms a setting's value may take: typed in cdk.json, or the text of `-c name=value`."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

_RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731}
    | {1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""


def _list(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return _json(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        problem = f"should be JSON: {error.msg} at character {error.pos + 1}"
        raise ValueError(problem) from None


def _nothing(value: object) -> object:
    return None if value == "" else value


def _retention(value: int) -> int:
    if value in _RETENTION_DAYS:
        return value
    raise ValueError(f"should be one of {', '.join(map(str, sorted(_RETENTION_DAYS)))}")


List = BeforeValidator(_list)
"""`a,b` or a JSON list."""

Map = BeforeValidator(_json)
"""A JSON object."""

Empty = BeforeValidator(_nothing)
"""`-c name=` takes a value away that cdk.json gives."""

NetworkChoice = Literal["none", "existing", "create"]
Endpoint = Literal[
    "states", "logs", "sts", "eks-auth", "ecr.api", "ecr.dkr", "s3", "sagemaker.api", "monitoring",
    "kms",
]  # fmt: skip
LambdaRuntime = Literal["python3.11", "python3.12", "python3.13"]
Architecture = Literal["arm64", "x86_64"]
RetentionDays = Annotated[int, AfterValidator(_retention)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
PrincipalArn = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")
]
PolicyArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$")]
KeyArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+$")]
KeyChoice = Annotated[
    str, Field(pattern=r"^(create|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+)$")
]
SubnetId = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
RouteTableId = Annotated[str, Field(pattern=r"^rtb-[0-9a-f]{8,17}$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]
OidcProviderArn = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/[^\s/]+(/\S+)?$")
]
ServiceAccount = Annotated[
    str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
]
S3Location = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\s]*)?$")]
Repository = Annotated[
    str,
    Field(
        pattern=r"^(arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository/)?[a-z0-9][a-z0-9._/-]{1,255}$"
    ),
]
EmailAddress = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
TagText = Annotated[str, Field(pattern=r"^[\w .:/=+@-]*$", max_length=256)]
