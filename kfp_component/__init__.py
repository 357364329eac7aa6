"""The Kubeflow Pipelines step that trains reinforcement-learning models on Amazon SageMaker.

Authors of pipelines import from here, which takes the extra ``pipelines``: ``train_rl_model``, the
training task with all that a long training needs; ``upload_source``, which puts training code
where a job can read it; and ``bare_component``, the component alone, whose file is
``component.yaml``. The pod runs ``python -m kfp_component``, which needs the extra ``launcher``
only: nothing of KFP is imported until one of these names is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfp_component.author.component import bare_component
    from kfp_component.author.train_rl_model import train_rl_model
    from kfp_component.author.upload_source import upload_source
else:

    def __getattr__(name: str) -> Any:
        """Import on first use: KFP is slow to import, and the pod has none."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.author.{_HOMES[name]}"), name)


_HOMES = {
    "bare_component": "component",
    "train_rl_model": "train_rl_model",
    "upload_source": "upload_source",
}

__all__ = ["bare_component", "train_rl_model", "upload_source"]
