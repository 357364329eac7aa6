"""What a policy's conditions see of a request.

ministack serves plain HTTP, knows no condition keys of SageMaker, and no names of log streams.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker import arns

_SCALARS = {
    "sagemaker:maxruntimeinseconds": ("StoppingCondition", "MaxRuntimeInSeconds"),
    "sagemaker:outputkmskey": ("OutputDataConfig", "KmsKeyId"),
    "sagemaker:volumekmskey": ("ResourceConfig", "VolumeKmsKeyId"),
    "sagemaker:keepaliveperiod": ("ResourceConfig", "KeepAlivePeriodInSeconds"),
    "sagemaker:networkisolation": ("EnableNetworkIsolation",),
    "sagemaker:intercontainertrafficencryption": ("EnableInterContainerTrafficEncryption",),
    "sagemaker:enableremotedebug": ("RemoteDebugConfig", "EnableRemoteDebug"),
}
_LISTS = {
    "sagemaker:vpcsubnets": ("VpcConfig", "Subnets"),
    "sagemaker:vpcsecuritygroupids": ("VpcConfig", "SecurityGroupIds"),
}


def sagemaker_context(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the condition keys of a SageMaker request, in lower case, those with a value."""
    context: dict[str, Any] = {}
    for key, path in _SCALARS.items():
        value = _at(request, path)
        if value is not None:
            context[key] = str(value).lower() if isinstance(value, bool) else str(value)
    for key, path in _LISTS.items():
        value = _at(request, path)
        if value is not None:
            context[key] = value if isinstance(value, list) else [value]
    if resources := request.get("ResourceConfig"):
        groups = resources.get("InstanceGroups") or [resources]
        context["sagemaker:instancetypes"] = [
            group["InstanceType"] for group in groups if "InstanceType" in group
        ]
    tags = request.get("Tags") or []
    keys = [tag["Key"] for tag in tags] + list(request.get("TagKeys") or [])
    context.update({f"aws:requesttag/{tag['Key']}".lower(): tag["Value"] for tag in tags})
    if keys:
        context["aws:tagkeys"] = keys
    return context


def request_context(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Wrap what ministack gives to the check of a caller, with the keys of SageMaker."""

    def context(service: str, iam_action: str, body: bytes, params: Any) -> dict[str, Any]:
        if service != "sagemaker":
            return original(service, iam_action, body, params)
        return sagemaker_context(_document(body))

    return context


def resource_arn(original: Callable[..., str]) -> Callable[..., str]:
    """Wrap the resource that a caller's request is about: jobs, and streams of a log group.

    AWS names `log-group:NAME:log-stream:STREAM`, also with an empty stream, which is why policies
    end in `:*`. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """

    def extract(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        *rest: Any,
    ) -> str:
        region, account = rest[1:]  # after the query parameters
        request = _document(body) if service in ("sagemaker", "logs") else {}
        if service == "sagemaker":
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            return arns.resource_arn(operation, request, region=region, account=account)
        arn = original(service, method, path, headers, body, *rest)
        if service == "logs" and "logGroupName" in request and ":log-group:" in arn:
            return f"{arn}:log-stream:{request.get('logStreamName', '')}"
        return arn

    return extract


def condition_key(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the value of a condition key: every request counts as sent over TLS.

    The local AWS speaks plain HTTP on the loopback interface; policies that demand TLS, such as a
    bucket's, would otherwise refuse everything.
    """

    def resolve(key: str, context: Any) -> Any:
        if key.lower() == "aws:securetransport":
            return "true"
        return original(key, context)

    return resolve


def denial(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap the answer to a denied request, so that it names the resource as AWS does.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """

    def answer(service: str, action: str, principal_arn: str, request_id: str, **facts: Any) -> Any:
        plain = not (
            facts.get("message") or facts.get("error_code") or facts.get("resource_policy_arn")
        )
        if plain and service not in ("ssm", "logs", "iot", "iot-data"):
            arn = facts.get("resource_arn", "*")
            resource = f'"{arn}"' if service == "s3" else arn
            facts["message"] = denial_text(
                action, principal_arn, resource, bool(facts.get("explicit_deny"))
            )
        return original(service, action, principal_arn, request_id, **facts)

    return answer


def denial_text(action: str, principal_arn: str, resource: str, explicit: bool) -> str:
    """Return AWS's words for a denial by identity-based policies."""
    why = (
        "with an explicit deny in an identity-based policy"
        if explicit
        else f"because no identity-based policy allows the {action} action"
    )
    what = f"is not authorized to perform: {action} on resource: {resource} {why}"
    return f"User: {principal_arn} {what}"


def _at(request: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    value: Any = request
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body or b"{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
