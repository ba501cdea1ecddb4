"""Values with a unit: durations, ages, sizes. A ValueError says what was expected; faults.py adds what was found."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DAY = 86_400
_YEAR = 365 * _DAY
_AGE = re.compile(r"([1-9][0-9]{0,4})(d|w|y)")
_DAYS = {"d": 1, "w": 7, "y": 365}
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SIZE = re.compile(r"([0-9]{1,6})(kB|MB|GB|TB)")
_LISTEN = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9a-z.]+)):([0-9]{1,5})")
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


def clock(value: object) -> time:
    """Return the time of day of "07:30"."""
    if not isinstance(value, str) or not re.fullmatch(_CLOCK, value):
        raise ValueError("a time of day such as 07:30, in quotes")
    return time.fromisoformat(value)


def day(value: object) -> date:
    """Return the day of "2026-12-31"."""
    try:
        return date.fromisoformat(value if isinstance(value, str) and len(value) == 10 else "")
    except ValueError:
        raise ValueError("a day such as 2026-12-31") from None


def rate(value: object) -> tuple[int, float]:
    """Return count and seconds of "20/1h"."""
    count, slash, per = value.partition("/") if isinstance(value, str) else ("", "", "")
    if not slash or not re.fullmatch(r"[1-9][0-9]{0,5}", count):
        raise ValueError("messages in a time, such as 20/1h")
    return int(count), _positive(seconds(per))


def budget(value: object) -> int:
    """Return the number of "20/day"."""
    match = re.fullmatch(r"([1-9][0-9]{0,5})/day", value) if isinstance(value, str) else None
    if not match:
        raise ValueError("messages a day, such as 20/day")
    return int(match[1])


def times(value: object) -> float:
    """Return the number of "5x"."""
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9])?)x", value) if isinstance(value, str) else None
    if not match or float(match[1]) <= 1:
        raise ValueError("how many times more than usual, such as 5x")
    return float(match[1])


def listen(value: object) -> tuple[str, int] | None:
    """Return host and port of "127.0.0.1:9464" or "[::1]:9464"; None for "off"."""
    if value == "off":
        return None
    match = _LISTEN.fullmatch(value) if isinstance(value, str) else None
    host = (match[1] or match[2]) if match else ""
    try:
        if host != "localhost":
            ipaddress.ip_address(host)
    except ValueError:
        host = ""
    if not match or not host or int(match[3]) > 65_535:
        raise ValueError("an address and a port such as 127.0.0.1:9464, or off")
    return host, int(match[3])


def by_default(read: Callable[[object], object], text: str) -> Any:
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
Clock = Annotated[
    time, BeforeValidator(clock), WithJsonSchema({"type": "string", "pattern": f"^{_CLOCK}$", "examples": ["07:30"]})
]
Day = Annotated[date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Rate = Annotated[
    tuple[int, float],
    BeforeValidator(rate),
    WithJsonSchema({"type": "string", "pattern": rf"^[1-9][0-9]{{0,5}}/{_DURATION.pattern}$", "examples": ["20/1h"]}),
]
Budget = Annotated[
    int,
    BeforeValidator(budget),
    WithJsonSchema({"type": "string", "pattern": "^[1-9][0-9]{0,5}/day$", "examples": ["20/day"]}),
]
Times = Annotated[
    float,
    BeforeValidator(times),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9])?x$", "examples": ["5x"]}),
]

Listen = Annotated[
    tuple[str, int] | None,
    BeforeValidator(listen),
    WithJsonSchema({"type": "string", "pattern": f"^(off|{_LISTEN.pattern})$", "examples": ["127.0.0.1:9464", "off"]}),
]
