"""The stages, in the order in which they are asked, and what each creates and costs.

A stage more is an entry of `STAGES` with assumptions of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.verify_aws.account.scene import INSTANCE_TYPE, LONGEST_JOB, STACK
from tools.verify_aws.assumption import Assumption
from tools.verify_aws.assumptions.deployed import DEPLOYED
from tools.verify_aws.assumptions.preflight import PREFLIGHT
from tools.verify_aws.assumptions.read_only import READ_ONLY
from tools.verify_aws.assumptions.swept import SWEPT, TRAINING_JOBS
from tools.verify_aws.assumptions.trained import TRAINED

USD_PER_HOUR = 0.115
"""Of ml.m5.large for training, in us-east-1: https://aws.amazon.com/sagemaker/pricing/"""


@dataclass(frozen=True)
class Stage:
    """Some assumptions that are asked together.

    Attributes:
        name: As it stands in the table; with `only_with`, also the option's.
        creates: What a person is asked to agree to; empty where nothing is created.
        assumptions: What is asked.
        only_with: The option without which the stage is left out.
    """

    name: str
    creates: str
    assumptions: tuple[Assumption, ...]
    only_with: str = ""


def _price(jobs: int) -> str:
    most = jobs * LONGEST_JOB / 3600 * USD_PER_HOUR
    return (
        f"Two are stopped as they begin. At most {most:.2f} USD by the prices of us-east-1, which"
        " some regions exceed by half."
    )


_TRAINED_JOBS = len({each.question.name for each in TRAINED})

STAGES = (
    Stage("preflight", "", PREFLIGHT),
    Stage("read-only", "", READ_ONLY),
    Stage(
        "deploy",
        f"the stack {STACK}, with two state machines, five functions, roles and a bucket, and"
        " executions that train nothing: about 5 minutes, less than 0.01 USD. All of it is deleted"
        " in the end.",
        DEPLOYED,
    ),
    Stage(
        "train",
        f"{_TRAINED_JOBS} training jobs on {INSTANCE_TYPE}, one after the other, about 20 minutes."
        f" {_price(_TRAINED_JOBS)}",
        TRAINED,
        only_with="--train",
    ),
    Stage(
        "sweep",
        f"three sweeps of two trials, one of which trains nothing: {TRAINING_JOBS} training jobs on"
        f" {INSTANCE_TYPE}, two at a time, about 15 minutes. {_price(TRAINING_JOBS)}",
        SWEPT,
        only_with="--sweep",
    ),
)
ASSUMPTIONS = tuple(each for stage in STAGES for each in stage.assumptions)
