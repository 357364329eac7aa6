"""The statuses of a training run on one line of time, as inline SVG and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Self

from kfp_component.durations import duration

_WIDTH, _BAR, _ROW = 1000, 26, 34
# The colour of each status is a class; others are drawn as "other".
_KNOWN = frozenset(
    {"Starting", "Pending", "Downloading", "Training", "Uploading", "Interrupted", "Stopping"}
)


@dataclass(frozen=True)
class Phase:
    """A status and its time.

    Attributes:
        status: SageMaker's secondary status, such as Training.
        start: When it began, in seconds since the epoch.
        end: When it ended.
        message: SageMaker's word on it.
    """

    status: str
    start: float
    end: float
    message: str

    @property
    def took(self) -> str:
        """How long it was; '' for the status that ends a job."""
        return duration(self.end - self.start) if self.end > self.start else ""

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Self:
        """Reads an entry of the execution output's ``timeline``."""
        start = _seconds(entry["started_at"])
        end = entry.get("ended_at")
        return cls(
            str(entry["status"]),
            start,
            max(start, _seconds(end)) if end else start,
            str(entry.get("message") or ""),
        )


def phases(entries: Any) -> list[Phase]:
    """Reads a timeline; entries that are no such thing are left out."""
    found = []
    for entry in entries if isinstance(entries, list) else []:
        try:
            found.append(Phase.from_json(entry))
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


def draw(shown: Sequence[Phase]) -> str:
    """Draws the phases as a bar, to scale; '' if they took no time."""
    timed = [phase for phase in shown if phase.end > phase.start]
    if not timed:
        return ""
    begin, end = timed[0].start, max(phase.end for phase in timed)
    scale = _WIDTH / (end - begin)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {_ROW}" role="img" '
        f'aria-label="Timeline of {duration(end - begin)}">'
    ]
    for phase in timed:
        kind = phase.status if phase.status in _KNOWN else "other"
        x, width = (phase.start - begin) * scale, max(2.0, (phase.end - phase.start) * scale)
        label = f"{phase.status}, {phase.took}"
        parts.append(f'<g><title>{escape(label)}</title><rect class="{kind}" x="{x:.1f}" y="4" ')
        parts.append(f'width="{width:.1f}" height="{_BAR}" rx="3"/>')
        if width > 9 * len(label):
            parts.append(f'<text x="{x + width / 2:.1f}" y="21" text-anchor="middle">')
            parts.append(f"{escape(label)}</text>")
        parts.append("</g>")
    return "".join(parts) + "</svg>"


def _seconds(text: Any) -> float:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")).timestamp()
