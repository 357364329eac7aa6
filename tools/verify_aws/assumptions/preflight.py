"""What a deployment needs of its account and region: endpoint services, zones, quotas.

`make preflight` asks this for the settings of the project, before the first deployment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tools.verify_aws.assumption import Answer, Assumption, NotAsked, Question, Verdict
from tools.verify_aws.questions.endpoints import endpoint_services
from tools.verify_aws.questions.quotas import USE, training_quotas

_ENDPOINTS = Question("endpoint-services", endpoint_services)
_QUOTAS = Question("quotas", training_quotas)


def _of_endpoints(problem: Callable[[dict[str, Any]], str]) -> Callable[[Answer], Verdict]:
    """Return the judge that names each endpoint with its problem."""

    def judge(answer: Answer) -> Verdict:
        endpoints = answer["endpoints"]
        if not endpoints:
            raise NotAsked("the settings ask for no endpoint")
        problems = [f"{each['service']}: {said}" for each in endpoints if (said := problem(each))]
        return Verdict(not problems, "; ".join(problems) or f"{len(endpoints)} services")

    return judge


def _missing(endpoint: dict[str, Any]) -> str:
    return "" if endpoint["found"] else f"no {endpoint['kind']} endpoint service"


def _elsewhere(endpoint: dict[str, Any]) -> str:
    if not endpoint["found"] or endpoint["kind"] == "Gateway":
        return ""
    lacking = sorted(set(endpoint["zones"]) - set(endpoint["found"]["zones"]))
    return f"not in {', '.join(lacking)}" if lacking else ""


def _without_policy(endpoint: dict[str, Any]) -> str:
    if not endpoint["found"] or not endpoint["policy"]:
        return ""
    return "" if endpoint["found"]["policy"] else "takes no policy"


def _enough(answer: Answer) -> Verdict:
    seen = [f"{each}: {value}" for each, value in answer["quotas"].items()]
    unknown = [each for each, value in answer["quotas"].items() if value is None]
    if unknown:
        raise NotAsked(f"Service Quotas lists no {', '.join(each + USE for each in unknown)}")
    return Verdict(all(value >= 1 for value in answer["quotas"].values()), "; ".join(seen))


PREFLIGHT = (
    Assumption(
        "endpoint-services-exist",
        "each VPC endpoint that the settings ask for has a service in the region",
        "a service of the name and kind",
        "docs/deploy.md",
        _ENDPOINTS,
        _of_endpoints(_missing),
    ),
    Assumption(
        "endpoint-zones",
        "each interface endpoint's service is in the zones of its subnets",
        "all zones of the subnets",
        "docs/deploy.md",
        _ENDPOINTS,
        _of_endpoints(_elsewhere),
    ),
    Assumption(
        "endpoint-policies",
        "each endpoint service takes the policy that the stack gives its endpoint",
        "policies are supported",
        "docs/deploy.md",
        _ENDPOINTS,
        _of_endpoints(_without_policy),
    ),
    Assumption(
        "instance-quota",
        "the account may use an instance of the type in a training job",
        "a quota of at least 1; otherwise ask for more in the Service Quotas console",
        "docs/deploy.md",
        _QUOTAS,
        _enough,
    ),
)
