"""What the backend remembers of a run: the executions and artifacts of ML Metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.kfp_backend.errors import LauncherFailed

COMPLETE, FAILED, NOT_TRIGGERED, RUNNING = "COMPLETE", "FAILED", "CANCELED", "RUNNING"


@dataclass
class Execution:
    """A task's record, or that of a DAG, a loop or an iteration of one.

    Attributes:
        name: The task's name in its DAG.
        parent: The DAG it runs in; the root has none.
        inputs: Its parameters, which the tasks of a DAG take theirs from.
        input_artifacts: Likewise, lists of artifacts by name.
        outputs: Parameters that its container returned.
        output_artifacts: Artifacts that its container made.
        dag_outputs: `dag.outputs` of its component when it is a DAG, else None.
        iteration_index: Which iteration of a loop this is.
        iteration_count: How many a loop has; None when this is not a loop.
        state: MLMD's word for it.
    """

    name: str
    parent: Execution | None
    inputs: dict[str, Any] = field(default_factory=dict)
    input_artifacts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    output_artifacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    dag_outputs: dict[str, Any] | None = None
    iteration_index: int | None = None
    iteration_count: int | None = None
    state: str = RUNNING
    children: list[Execution] = field(default_factory=list)
    number: int = field(default_factory=count(1).__next__)

    def __post_init__(self) -> None:
        if self.parent:
            self.parent.children.append(self)

    def child(self, name: str) -> Execution | None:
        """The execution of a task in this DAG (driver/resolve.go: getDAGTasks)."""
        return next((child for child in self.children if child.name == name), None)

    def settle(self, total: int) -> None:
        """A DAG's own state (metadata/client.go: UpdateDAGExecutionsState)."""
        states = [child.state for child in self.children]
        if sum(state in (COMPLETE, NOT_TRIGGERED) for state in states) == total:
            self.state = COMPLETE
        elif FAILED in states:
            self.state = FAILED

    def __str__(self) -> str:
        index = "" if self.iteration_index is None else f"[{self.iteration_index}]"
        return f"{self.parent}/{self.name}{index}" if self.parent else self.name


def stored_artifact(
    number: int, name: str, uri: str, metadata: dict[str, Any], session: str = "{}"
) -> dict[str, Any]:
    """An artifact as it comes back from ML Metadata.

    From metadata/client.go (RecordArtifact) and metadata/converter.go (toMLMDArtifact,
    toRuntimeArtifact): its name is the record's number; a list or a map in its metadata comes back
    inside `{"list": ...}` or `{"struct": ...}`, a boolean as 0 or 1; and null is refused.
    """
    stored = {key: _stored(value) for key, value in metadata.items()}
    stored.setdefault("display_name", name)
    stored.setdefault("store_session_info", session)
    return {
        "name": str(number),
        "uri": uri,
        "metadata": {key: stored[key] for key in sorted(stored)},
    }


def _stored(value: Any) -> Any:
    if value is None:
        raise LauncherFailed("unknown/unsupported value type *structpb.Value_NullValue")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (list, dict)):
        return {"list" if isinstance(value, list) else "struct": value}
    return value
