"""The Kubeflow Pipelines step that trains reinforcement-learning models on Amazon SageMaker.

Authors of pipelines import ``train_rl_model`` (the component) and ``train_with_retries`` (the
component with what a long-running task needs) from here; that takes the extra ``pipelines``. The
pod runs ``python -m kfp_component``, which needs the extra ``launcher`` only: nothing of KFP is
imported until one of the two names is used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfp_component.author.component import train_rl_model
    from kfp_component.author.task import train_with_retries

__all__ = ["train_rl_model", "train_with_retries"]


def __getattr__(name: str) -> Any:
    if name == "train_rl_model":
        from kfp_component.author.component import train_rl_model  # noqa: PLC0415 - KFP is slow to import

        return train_rl_model
    if name == "train_with_retries":
        from kfp_component.author.task import train_with_retries  # noqa: PLC0415

        return train_with_retries
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
