"""The Kubeflow Pipelines steps that train reinforcement-learning models on Amazon SageMaker.

Authors of pipelines import from here: `train_rl_model` and `sweep_rl_model`, the tasks with all
that a long training or sweep needs; `upload_source`, which puts training code where a job can
read it, and its `SourceError`; `run_pipeline`, which runs a pipeline without a cluster, and its
`LocalRunError`; and `bare_component` and `bare_sweep_component`, the components alone, whose
files are `component.yaml` and `sweep_component.yaml`. The pod of either runs
`python -m kfp_component`, which needs the extra `launcher` only: nothing of KFP is imported
until one of these names is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfp_component.author.component import bare_component, bare_sweep_component
    from kfp_component.author.local.run_pipeline import run_pipeline
    from kfp_component.author.local.steps import LocalRunError
    from kfp_component.author.source_archive import SourceError
    from kfp_component.author.tasks.sweep_rl_model import sweep_rl_model
    from kfp_component.author.tasks.train_rl_model import train_rl_model
    from kfp_component.author.upload_source import upload_source
else:

    def __getattr__(name: str) -> Any:
        """Import on first use: KFP is slow to import, and the pod has none."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.author.{_HOMES[name]}"), name)


_HOMES = {
    "LocalRunError": "local.steps",
    "SourceError": "source_archive",
    "bare_component": "component",
    "bare_sweep_component": "component",
    "run_pipeline": "local.run_pipeline",
    "sweep_rl_model": "tasks.sweep_rl_model",
    "train_rl_model": "tasks.train_rl_model",
    "upload_source": "upload_source",
}

__all__ = [
    "LocalRunError",
    "SourceError",
    "bare_component",
    "bare_sweep_component",
    "run_pipeline",
    "sweep_rl_model",
    "train_rl_model",
    "upload_source",
]
