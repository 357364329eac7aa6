"""The instance types that SageMaker's service model names (instance_types.json, generated).

Sources: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html for jobs,
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DebugRuleConfiguration.html for rules.
"""

from __future__ import annotations

import difflib
import json
from pathlib import Path

from pydantic import AfterValidator

_TABLE: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("instance_types.json").read_text()
)
TRAINING_INSTANCE_TYPES = frozenset(_TABLE["training"])
PROCESSING_INSTANCE_TYPES = frozenset(_TABLE["processing"])


def one_of(known: frozenset[str]) -> AfterValidator:
    """Return a validator that admits the known instance types and names the nearest for others.

    Args:
        known: Instance types, such as `ml.m5.xlarge`.
    """

    def check(value: str) -> str:
        if value in known:
            return value
        if f"ml.{value}" in known:
            raise ValueError(f"did you mean ml.{value}?")
        near = difflib.get_close_matches(value, sorted(known), n=3, cutoff=0.5)
        raise ValueError(f"like it are {', '.join(near)}" if near else "unknown to SageMaker")

    return AfterValidator(check)
