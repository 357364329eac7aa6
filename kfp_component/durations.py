"""Durations, numbers and given values as people read them."""

import json
from typing import Any


def duration(seconds: float) -> str:
    """Return a duration as people write it.

    Example:
        >>> duration(45), duration(200), duration(7500)
        ('45 s', '3 min 20 s', '2 h 05 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def number(value: float) -> str:
    """Return a metric's value with at most six significant digits.

    Example:
        >>> number(487.250000001)
        '487.25'
    """
    return f"{value:.6g}"


def short_number(value: float) -> str:
    """Return a number with at most four significant digits, but whole numbers whole.

    Example:
        >>> short_number(398.1234), short_number(12345.6)
        ('398.1', '12346')
    """
    return f"{value:.4g}" if abs(value) < 10_000 else number(round(value))


def as_text(value: Any) -> str:
    """Return a value of an argument or a hyperparameter: text as it is, all else as JSON.

    Example:
        >>> as_text("adam"), as_text(True), as_text(None), as_text([1, "ü"])
        ('adam', 'true', 'null', '[1, "ü"]')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
