"""What may stand in a query string of the API, how it is read, and how OpenAPI says so: one table for both. Pure.

Unlike the screens, which show what they did not understand beside what they did, an answer to a program is either of
exactly what was asked for or an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from monitor.review.times import moment
from monitor.search import Sort
from monitor.views import Filter

Schema = Mapping[str, Any]
PAGE, MOST_ROWS = 50, 200
"""Rows of a page, and the most of them: an alert has its messages with it, some 50 kB each."""
LONGEST, LONGEST_QUERY = 200, 2_000
"""Characters of a name, and of a query."""
_TIME = "a time such as 2026-11-24, 2026-11-24T08:00, yesterday or 6h"


class Wrong(Exception):  # noqa: N818 - it says what is wrong
    """A parameter that cannot be used. `detail`: what to write instead."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(detail)
        self.parameter, self.detail = parameter, detail


@dataclass(frozen=True, slots=True)
class Reading:
    """What a value may depend on."""

    now: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read`: from what was written to what is meant; raises ValueError, its text what is expected. `many`: it may
    stand more than once, and is a tuple then.
    """

    name: str
    about: str
    schema: Schema
    read: Callable[[str, Reading], object]
    many: bool = False


def text(name: str, about: str, most: int = LONGEST) -> Parameter:
    """Any text; an empty one is the same as none."""

    def read(said: str, _: Reading) -> str:
        if len(said) > most:
            raise ValueError(f"{most} characters at most")
        return said

    return Parameter(name, about, {"type": "string", "maxLength": most}, read)


def choice(name: str, about: str, values: Sequence[str], *, many: bool = False) -> Parameter:
    """One of these words."""

    def read(said: str, _: Reading) -> str:
        if said not in values:
            raise ValueError("one of " + ", ".join(values))
        return str(said)

    return Parameter(name, about, {"type": "string", "enum": [*map(str, values)]}, read, many)


def flag(name: str, about: str) -> Parameter:
    """True or false."""

    def read(said: str, _: Reading) -> bool:
        if said not in {"true", "false"}:
            raise ValueError("true or false")
        return said == "true"

    return Parameter(name, about, {"type": "boolean", "default": False}, read)


def time(name: str, about: str, *, end: bool = False) -> Parameter:
    """A time, as the command line takes it. `end`: a day is meant to its end."""

    def read(said: str, reading: Reading) -> datetime:
        found = moment(said, reading.now, reading.zone, end=end)
        if found is None:
            raise ValueError(_TIME)
        return found

    written = [
        {"type": "string", "enum": ["today", "yesterday"]},
        {"type": "string", "pattern": "^[0-9]{1,5}[smhdw]$"},
        {"type": "string", "format": "date"},
        {"type": "string", "format": "date-time"},
    ]
    return Parameter(name, f"{about}: {_TIME}.", {"anyOf": written}, read)


def _limit(said: str, _: Reading) -> int:
    if not (said.isascii() and said.isdigit() and len(said) < len("1000") and 1 <= int(said) <= MOST_ROWS):
        raise ValueError(f"a number from 1 to {MOST_ROWS}")
    return int(said)


LIMIT = Parameter(
    "limit", "How many rows.", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": PAGE}, _limit
)


def cursor(pattern: str) -> Parameter:
    """Where to go on."""
    like = re.compile(pattern)

    def read(said: str, _: Reading) -> str:
        if not like.fullmatch(said):
            raise ValueError("the `next` of the page before")
        return said

    about = "The `next` of the page before; without it the first page."
    return Parameter("after", about, {"type": "string", "pattern": f"^{pattern}$"}, read)


NUMBER = "[1-9a-f][0-9a-f]{0,14}"
QUERY = text("q", "Only where this query, in the language of rules, holds on the article.", LONGEST_QUERY)
RULE = text("rule", "Only this rule, by id.")
OUTLET = text("outlet", "Only this outlet, by id.")
STORY = text("story", "Only this story, by any id it ever had.")
LANG = text("lang", "Only this language, such as en.")
SINCE = time("since", "Not before")
UNTIL = time("until", "Not after, a day to its end", end=True)
SORT = choice("sort", "In which order; relevance is that to a query.", [*Sort])


def read(known: Sequence[Parameter], given: Sequence[tuple[str, str]], reading: Reading) -> dict[str, Any]:
    """Return what was asked for by name; what was not is not there. Raises Wrong."""
    by_name = {one.name: one for one in known}
    found: dict[str, Any] = {}
    for name, said in given:
        parameter = by_name.get(name)
        if parameter is None:
            known_names = ", ".join(sorted(by_name)) or "none"
            raise Wrong(name[:LONGEST], f"there is no such parameter here; those there are: {known_names}")
        if name in found and not parameter.many:
            raise Wrong(name, "it stands more than once: give it once")
        try:
            value = parameter.read(said, reading)
        except ValueError as error:
            raise Wrong(name, f"expected {error}") from None
        found[name] = (*found.get(name, ()), value) if parameter.many else value
    return found


def wanted(given: Mapping[str, Any]) -> Filter:
    """Return what to list."""
    return Filter(
        **{name: given.get(name) or None for name in ("rule", "outlet", "story", "since", "until")},
        language=given.get("lang") or None, limit=given.get("limit", PAGE), standing=given.get("standing"),
    )  # fmt: skip
