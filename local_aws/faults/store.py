"""The fault plans in force, and how often each fault has yet to happen."""

from __future__ import annotations

import threading
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from local_aws.faults.plan import AnyFault, Fault, FaultPlan, LimitInstances

F = TypeVar("F", bound=Fault)


class _Entry:
    """One plan and what is left of it."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self.left = [fault.times if isinstance(fault, Fault) else None for fault in plan.faults]

    def take(self, kind: type[F]) -> F | None:
        for index, fault in enumerate(self.plan.faults):
            left = self.left[index]
            if left and isinstance(fault, kind):
                self.left[index] = left - 1
                return fault
        return None

    def to_json(self) -> dict[str, Any]:
        faults = zip(self.plan.faults, self.left, strict=True)
        return {
            "job_name": self.plan.job_name,
            "faults": [_shown(fault, left) for fault, left in faults],
        }


class FaultStore:
    """Plans by their pattern of job names, in the order they came; safe from several threads."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def put(self, plan: FaultPlan) -> None:
        """Set a plan in force; it replaces the one with the same pattern."""
        with self._lock:
            self._entries.pop(plan.job_name, None)
            self._entries[plan.job_name] = _Entry(plan)

    def remove(self, job_name: str) -> bool:
        """Forget the plan with this pattern; return whether there was one."""
        with self._lock:
            return self._entries.pop(job_name, None) is not None

    def clear(self) -> None:
        """Forget every plan."""
        with self._lock:
            self._entries.clear()

    def take(self, job_name: str, kind: type[F]) -> F | None:
        """Return the first fault of this kind that is left for a job, and count it."""
        with self._lock:
            for entry in self._entries.values():
                if fnmatchcase(job_name, entry.plan.job_name):
                    fault = entry.take(kind)
                    if fault is not None:
                        return fault
        return None

    def limits(self, job_name: str) -> list[LimitInstances]:
        """Return the limits of instances in force for a job."""
        with self._lock:
            return [
                fault
                for entry in self._entries.values()
                if fnmatchcase(job_name, entry.plan.job_name)
                for fault in entry.plan.faults
                if isinstance(fault, LimitInstances)
            ]

    def to_json(self) -> list[dict[str, Any]]:
        """Return every plan; `left` says how often a fault has yet to happen."""
        with self._lock:
            return [entry.to_json() for entry in self._entries.values()]


def _shown(fault: AnyFault, left: int | None) -> dict[str, Any]:
    shown: dict[str, Any] = fault.model_dump(exclude_none=True)
    return shown if left is None else {**shown, "left": left}


FAULTS = FaultStore()
"""Of this server."""
