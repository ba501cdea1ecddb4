"""Values with a unit: durations, ages, sizes. A ValueError says what was expected; faults.py adds what was found."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DAY = 86_400
_YEAR = 365 * _DAY
_AGE = re.compile(r"([1-9][0-9]{0,4})(d|w|y)")
_DAYS = {"d": 1, "w": 7, "y": 365}
_SIZE = re.compile(r"([0-9]{1,6})(kB|MB|GB|TB)")
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def seconds(value: object) -> float:
    """Return the seconds of "90s", "15m", "6h" or "1d"."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match or float(match[1]) * _SECONDS[match[2]] > _YEAR:
        raise ValueError("a duration such as 90s, 15m, 6h or 1d, at most 365d")
    return float(match[1]) * _SECONDS[match[2]]


def _positive(value: float) -> float:
    if value <= 0:
        raise ValueError("a duration above 0s")
    return value


def age(value: object) -> float:
    """Return the seconds of "90d", "26w" or "2y" (365 days each), and infinity for "forever"."""
    if value == "forever":
        return math.inf
    match = _AGE.fullmatch(value) if isinstance(value, str) else None
    if not match or int(match[1]) * _DAYS[match[2]] > 100 * 365:
        raise ValueError("forever, or whole days, weeks or years such as 90d, 26w or 2y, at most 100y")
    return float(int(match[1]) * _DAYS[match[2]] * _DAY)


def size(value: object) -> int:
    """Return the bytes of "200MB" or "1GB"; units are powers of a thousand."""
    match = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("a size such as 500kB, 200MB or 1GB")
    return int(match[1]) * _BYTES[match[2]]


def by_default(read: Callable[[object], float], text: str) -> Any:
    """Return a field whose default is this text."""
    return Field(default=read(text), json_schema_extra={"default": text})


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    WithJsonSchema({"type": "string", "pattern": rf"^{_DURATION.pattern}$", "examples": ["90s", "15m", "6h", "1d"]}),
]
Interval = Annotated[Duration, AfterValidator(_positive)]
Age = Annotated[
    float,
    BeforeValidator(age),
    WithJsonSchema(
        {"type": "string", "pattern": rf"^(forever|{_AGE.pattern})$", "examples": ["90d", "26w", "2y", "forever"]}
    ),
]
Size = Annotated[
    int,
    BeforeValidator(size),
    WithJsonSchema({"type": "string", "pattern": rf"^{_SIZE.pattern}$", "examples": ["200MB", "1GB"]}),
]
