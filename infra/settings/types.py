"""What a setting may be: its form, and the words for it that the page and the messages share.

One table, long because the settings are many: each type stands beside the words for it.
A value is typed in a settings file, or the text of `-c name=value`.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from training_job.arguments import forms
from training_job.arguments.checking import Accepted
from training_job.arguments.limits import check_tags
from training_job.arguments.model import (
    MAX_KEEP_ALIVE,
    SAGEMAKER_MAX_RUN,
    InstanceType,
    RoleArn,
    TagKey,
)
from training_job.arguments.model import Seconds as _Seconds
from training_job.arguments.model import Switch as _Switch
from training_sweep.limits import MAX_PARALLEL, MAX_TRIALS

_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html."""

_ARN = "arn:aws:iam::123456789012"


def _retention(value: int) -> int:
    if value not in _RETENTION_DAYS:
        raise ValueError("is no period that CloudWatch Logs has")
    return value


def _network(value: str) -> str:
    """https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html: two subnets each."""
    length = ipaddress.IPv4Network(value).prefixlen
    if not 16 <= length <= 26:
        raise ValueError(f"has a prefix of {length} bits")
    return value


def _tag_of_a_run(key: str) -> str:
    check_tags({key: ""})
    return key


def _not_of_aws(key: str) -> str:
    """Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html."""
    if key.lower().startswith("aws:"):
        raise ValueError("keys that begin with aws: are AWS's own")
    return key


def _no_registry_path(name: str) -> str:
    if re.match(r"\d{12}\.dkr[.-]", name):
        raise ValueError("is the path of a registry")
    return name


def _each_once(ids: list[str]) -> list[str]:
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice")
    return ids


_Stripped = BeforeValidator(forms.stripped)
_Whole = BeforeValidator(forms.no_boolean)
_Ids = BeforeValidator(forms.id_list)
_Map = BeforeValidator(forms.json_map)
_TAG = r"^[\w .:/=+@-]*$"
_TagName = Annotated[
    str, Field(pattern=_TAG, min_length=1, max_length=128), AfterValidator(_not_of_aws)
]
_TagText = Annotated[str, Field(pattern=_TAG, max_length=256)]
_PrincipalArn = Annotated[
    str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+$")
]
_KEY = r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+"
_KEY_EXAMPLE = "arn:aws:kms:us-east-1:123456789012:key/1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"
_KeyArn = Annotated[str, Field(pattern=f"^{_KEY}$")]

Switch = Annotated[_Switch, Accepted(allowed="true or false")]
Name = Annotated[
    str,
    _Stripped,
    Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,63}$"),
    Accepted(allowed="1 to 64 letters, digits and hyphens, the first a letter"),
]
Tags = Annotated[
    dict[_TagName, _TagText],
    _Map,
    Field(max_length=45),
    Accepted(
        allowed='a JSON object of at most 45 tags, such as {"team": "ml"}: letters, digits, spaces '
        "and _.:/=+-@, 1 to 128 of them in a key, which does not begin with aws:, and at most 256 "
        "in a value"
    ),
]
LambdaRuntime = Annotated[
    Literal["python3.11", "python3.12", "python3.13"],
    _Stripped,
    Accepted(allowed="python3.11, python3.12 or python3.13"),
]
Architecture = Annotated[Literal["arm64", "x86_64"], _Stripped, Accepted(allowed="arm64 or x86_64")]
Timeout = Annotated[
    int | None,
    _Whole,
    Field(ge=60, le=31_536_000),
    Accepted(allowed="a whole number of seconds from 60 to 31536000, a year"),
]
Principals = Annotated[
    list[_PrincipalArn],
    _Ids,
    Accepted(allowed=f"ARNs of IAM roles and users, such as {_ARN}:role/NAME"),
]
OidcProvider = Annotated[
    str | None,
    _Stripped,
    Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/[^\s/]+(/\S+)?$"),
    Accepted(
        allowed="the ARN of an IAM OIDC provider, such as "
        f"{_ARN}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/EXAMPLE"
    ),
]
EksCluster = Annotated[
    str | None,
    _Stripped,
    Field(pattern=r"^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$"),
    Accepted(allowed="the name of an EKS cluster: at most 100 letters, digits, hyphens and _"),
]
ServiceAccounts = Annotated[
    list[
        Annotated[
            str,
            Field(
                pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
                max_length=317,
            ),
        ]
    ],
    _Ids,
    Field(min_length=1),
    Accepted(allowed="one or more namespace/name, such as team-a/default-editor"),
]
S3Locations = Annotated[
    list[
        Annotated[
            str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\s]*)?$", max_length=1024)
        ]
    ],
    _Ids,
    Accepted(allowed="bucket or bucket/prefix, without s3:// and without * or ?"),
]
PolicyArn = Annotated[
    str | None,
    _Stripped,
    Field(pattern=r"^arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]+$"),
    Accepted(allowed=f"the ARN of a managed policy, such as {_ARN}:policy/NAME"),
]
LauncherImage = Annotated[
    str | None,
    _Stripped,
    Field(pattern=r"^(build|\S*[/:]\S*)$", max_length=255),
    Accepted(
        allowed="build, or a registry path such as REGISTRY/launcher:TAG, of at most 255 "
        "characters, without spaces"
    ),
]
Repositories = Annotated[
    list[
        Annotated[
            str,
            Field(
                pattern=r"^(arn:aws[a-z-]*:ecr:[a-z0-9-]+:\d{12}:repository/)?"
                r"[a-z0-9][a-z0-9._/-]{1,255}$"
            ),
            AfterValidator(_no_registry_path),
        ]
    ],
    _Ids,
    Accepted(
        allowed="names of ECR repositories such as team/rl, without a tag, or their ARNs such as "
        "arn:aws:ecr:us-east-1:123456789012:repository/NAME"
    ),
]
Keys = Annotated[list[_KeyArn], _Ids, Accepted(allowed=f"ARNs of KMS keys, such as {_KEY_EXAMPLE}")]
Key = Annotated[
    _KeyArn | None, _Stripped, Accepted(allowed=f"the ARN of a KMS key, such as {_KEY_EXAMPLE}")
]
KeyOrCreate = Annotated[
    str | None,
    _Stripped,
    Field(pattern=f"^(create|{_KEY})$"),
    Accepted(allowed=f"create, or the ARN of a KMS key, such as {_KEY_EXAMPLE}"),
]
NetworkChoice = Annotated[
    Literal["none", "existing", "create"], _Stripped, Accepted(allowed="none, existing or create")
]
VpcId = Annotated[
    str | None,
    _Stripped,
    Field(pattern=r"^vpc-[0-9a-f]{8,17}$"),
    Accepted(allowed="the id of a VPC, such as vpc-0123456789abcdef0"),
]
Subnets = Annotated[
    list[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]],
    _Ids,
    AfterValidator(_each_once),
    Field(max_length=16),
    Accepted(allowed="at most 16 ids of subnets, such as subnet-0123456789abcdef0"),
]
RouteTables = Annotated[
    list[Annotated[str, Field(pattern=r"^rtb-[0-9a-f]{8,17}$")]],
    _Ids,
    AfterValidator(_each_once),
    Accepted(allowed="ids of route tables, such as rtb-0123456789abcdef0"),
]
SecurityGroups = Annotated[
    list[Annotated[str, Field(pattern=r"^sg-[0-9a-f]{8,17}$")]],
    _Ids,
    AfterValidator(_each_once),
    Accepted(allowed="ids of security groups, such as sg-0123456789abcdef0"),
]
Cidr = Annotated[
    str,
    _Stripped,
    AfterValidator(_network),
    Accepted(allowed="an IPv4 network of 16 to 26 bits, such as 10.0.0.0/20"),
]
Endpoints = Annotated[
    list[
        Literal[
            "states",
            "logs",
            "sts",
            "eks-auth",
            "ecr.api",
            "ecr.dkr",
            "s3",
            "sagemaker.api",
            "monitoring",
            "kms",
        ]
    ],
    _Ids,
    Accepted(
        allowed="any of states, logs, sts, eks-auth, ecr.api, ecr.dkr, s3, sagemaker.api, "
        "monitoring and kms"
    ),
]
RetentionDays = Annotated[
    int,
    _Whole,
    AfterValidator(_retention),
    Accepted(allowed=f"one of {', '.join(map(str, _RETENTION_DAYS))}"),
]
EmailAddresses = Annotated[
    list[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]],
    _Ids,
    Accepted(allowed="email addresses"),
]
Roles = Annotated[
    list[RoleArn], _Ids, Accepted(allowed=f"ARNs of IAM roles, such as {_ARN}:role/NAME")
]
InstanceTypes = Annotated[
    list[InstanceType] | None,
    _Ids,
    Field(min_length=1),
    Accepted(allowed="SageMaker's training instance types, such as ml.m5.xlarge"),
]
InstanceCount = Annotated[
    int | None, _Whole, Field(ge=1), Accepted(allowed="a whole number of at least 1")
]
KeepAlive = Annotated[
    int,
    _Whole,
    Field(ge=0, le=MAX_KEEP_ALIVE),
    Accepted(allowed=f"a whole number of seconds from 0 to {MAX_KEEP_ALIVE}"),
]
Trials = Annotated[
    int | None,
    _Whole,
    Field(ge=1, le=MAX_TRIALS),
    Accepted(allowed=f"a whole number from 1 to {MAX_TRIALS}"),
]
Parallel = Annotated[
    int | None,
    _Whole,
    Field(ge=1, le=MAX_PARALLEL),
    Accepted(allowed=f"a whole number from 1 to {MAX_PARALLEL}"),
]
Seconds = Annotated[
    _Seconds,
    Accepted(
        allowed=f"a whole number of seconds from 1 to {SAGEMAKER_MAX_RUN}, SageMaker's own limit"
    ),
]
TagKeys = Annotated[
    list[Annotated[TagKey, AfterValidator(_tag_of_a_run)]],
    _Ids,
    Field(max_length=45),
    Accepted(
        allowed="at most 45 keys that the tags of a run may have: 1 to 128 letters, digits, spaces "
        "and _.:/=+-@, not beginning with aws: and not MANAGED_BY_AWS or "
        "AWS_STEP_FUNCTIONS_EXECUTION_ARN"
    ),
]
Arguments = Annotated[
    dict[str, Any],
    _Map,
    Accepted(
        allowed='a JSON object of arguments (docs/arguments.md), such as {"volume_size": 100}'
    ),
]
