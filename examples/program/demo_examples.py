"""The examples that the demonstration can run, and how it tells a good policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SOLVED_REWARD = 475.0
CLEAR_GAIN = 0.2
CLEARLY_BEYOND_THE_LOG = 5


@dataclass(frozen=True)
class Judgement:
    """What came of a policy.

    Attributes:
        good: Whether it does what the example promises.
        title: Says so.
        name: Of the figure that decides.
        figure: The figure, with what it is to be compared with.
    """

    good: bool
    title: str
    name: str
    figure: str


@dataclass(frozen=True)
class Example:
    """A pipeline with its training code.

    Attributes:
        name: What the command calls it.
        title: What is trained.
        module: The Python module of the pipeline.
        arguments: Inputs of the pipeline, besides those that the stack gives.
        requires: A package that must be installed to run the training code here.
        judge: The pipeline's outputs -> what came of the policy.
        locations: Inputs that are S3 URIs -> their prefix in the stack's bucket.
    """

    name: str
    title: str
    module: str
    arguments: Mapping[str, Any]
    requires: str
    judge: Callable[[Mapping[str, Any]], Judgement]
    locations: Mapping[str, str] = field(default_factory=lambda: {"model_artifact_path": "models"})


def judge_reward(outputs: Mapping[str, Any]) -> Judgement:
    """CartPole: 500 is the most that an episode pays, 475 on average counts as solved."""
    reward = float(outputs["mean_reward"])
    good = reward >= SOLVED_REWARD
    return Judgement(
        good,
        "The policy balances the pole." if good else "The policy does not solve the task.",
        "Mean reward",
        f"{reward:.1f} of 500 in 100 fresh episodes; {SOLVED_REWARD:.0f} counts as solved",
    )


def judge_profit(outputs: Mapping[str, Any]) -> Judgement:
    """News-vendor: a trained policy must earn clearly more than the untrained one."""
    profits = outputs["mean_profit"]
    untrained, trained = profits["untrained"], profits["trained"]
    gain = trained / untrained - 1
    good = gain >= CLEAR_GAIN
    return Judgement(
        good,
        "The policy has learned to order." if good else "The policy has hardly learned.",
        "Mean profit",
        f"{trained:,.0f} in fresh shops, {gain:+.0%} to the {untrained:,.0f} of the untrained one",
    )


def judge_against_log(outputs: Mapping[str, Any]) -> Judgement:
    """Offline CartPole: a learned policy must last far longer than the one that was logged."""
    logged, learned = float(outputs["behaviour_reward"]), float(outputs["mean_reward"])
    good = learned >= CLEARLY_BEYOND_THE_LOG * logged
    return Judgement(
        good,
        "The log taught a good policy." if good else "The policy has hardly learned.",
        "Mean reward",
        f"{learned:.1f} of 500 in 100 fresh episodes; the logged policy's was {logged:.1f}",
    )


EXAMPLES = {
    example.name: example
    for example in (
        Example(
            name="cartpole",
            title="CartPole",
            module="examples.custom_image_pipeline",
            # The local AWS pulls no image: it runs the script in this Python environment.
            arguments={"image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/cartpole:1"},
            requires="gymnasium",
            judge=judge_reward,
        ),
        Example(
            name="offline",
            title="CartPole from a log",
            module="examples.offline_pipeline",
            arguments={"image": "000000000000.dkr.ecr.us-east-1.amazonaws.com/cartpole:1"},
            requires="gymnasium",
            judge=judge_against_log,
            locations={"model_artifact_path": "models", "data_path": "data"},
        ),
        Example(
            name="newsvendor",
            title="the news-vendor problem",
            module="examples.toolkit_image_pipeline",
            arguments={},
            requires="ray",
            judge=judge_profit,
        ),
    )
}
