"""Durations and times as people read them."""

from datetime import UTC, datetime


def duration(seconds: float) -> str:
    """Writes 45 s, 3 min 20 s, 2 h 05 min."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def iso(seconds: float) -> str:
    """Writes seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def number(value: float) -> str:
    """Writes a metric's value with at most six significant digits."""
    return f"{value:.6g}"
