"""The AWS CLI: operations and their members as botocore, of which it is made, has them."""

from collections.abc import Sequence
from functools import cache

import botocore.session
import jmespath
from botocore import xform_name
from botocore.model import ServiceModel

GLOBAL = {"--query", "--output", "--region", "--profile", "--endpoint-url"}
OWN = {("sso", "login"), ("s3", "cp"), ("ecr", "get-login-password")}
"""Commands that the AWS CLI has beside the operations of the services."""


def problems(words: Sequence[str]) -> list[str]:
    """Return what is wrong with the words after `aws`."""
    service, operation, *rest = words
    options = {word for word in rest if word.startswith("--")}
    if (service, operation) in OWN:
        return [f"unknown option {option}" for option in options - GLOBAL]
    try:
        named = operations(service)
    except botocore.exceptions.UnknownServiceError:
        return [f"no such service: {service}"]
    if operation not in named:
        return [f"no such operation: {service} {operation}"]
    shape = model(service).operation_model(named[operation]).input_shape
    members = shape.members if shape else {}
    known = {f"--{xform_name(member, '-')}" for member in members}
    wrong = [f"unknown option {option}" for option in options - known - GLOBAL]
    if options:
        needed = (
            {f"--{xform_name(member, '-')}" for member in (shape.required_members)}
            if shape
            else set()
        )
        wrong += [f"missing option {option}" for option in needed - options]
    if "--query" in options:
        jmespath.compile(rest[rest.index("--query") + 1])
    return wrong


@cache
def model(service: str) -> ServiceModel:
    """Return the model of a service."""
    return botocore.session.get_session().get_service_model(service)


@cache
def operations(service: str) -> dict[str, str]:
    """Return the operations of a service by the names that the AWS CLI gives them."""
    return {xform_name(each, "-"): each for each in model(service).operation_names}
