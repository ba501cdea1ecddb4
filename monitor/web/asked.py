"""What a query string asks for: pure. Whatever it says, a page comes of it, with what was not understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from monitor.review.times import moment
from monitor.search import Sort
from monitor.views import Filter

PAGE = 50
# Characters of a word in a query string that are looked at.
MOST = 200
# What SQLite has as the greatest number, and its digits: longer ones take Python seconds, or it refuses them.
_BIGGEST, _DIGITS = (1 << 63) - 1, 19


@dataclass(frozen=True, slots=True)
class Asked:
    """A listing as it was asked for. `words`: what stood in the form, to be shown again; `doubts`: what of it was not
    understood, for people.
    """

    words: Mapping[str, str]
    wanted: Filter
    query: str = ""
    after: str = ""
    sort: Sort = Sort.NEWEST
    doubts: tuple[str, ...] = ()

    def link(self, **changed: str) -> str:
        """Return the query string of the same listing with something else; "" takes a word out."""
        words = {**self.words, **changed}
        return "?" + urlencode({name: value for name, value in words.items() if value})


NAMES = ("q", "rule", "outlet", "lang", "story", "since", "until", "sort", "after")


def asked(given: Mapping[str, str], now: datetime, zone: tzinfo) -> Asked:
    """Read a query string."""
    words = {name: text for name in NAMES if (text := given.get(name, "").strip()[:MOST])}
    doubts = []
    times: dict[str, datetime | None] = {}
    for name in ("since", "until"):
        text = words.get(name, "")
        times[name] = moment(text, now, zone, end=name == "until") if text else None
        if text and times[name] is None:
            doubts.append(f"“{text}” is no time: write 2026-11-24, or 6h, 3d, 2w for that long ago")
    wanted = Filter(
        rule=words.get("rule"), outlet=words.get("outlet"), language=words.get("lang"), story=words.get("story"),
        since=times["since"], until=times["until"], limit=PAGE,
    )  # fmt: skip
    sort = Sort.RELEVANCE if words.get("sort") == Sort.RELEVANCE else Sort.NEWEST
    return Asked(words, wanted, words.get("q", ""), words.get("after", ""), sort, tuple(doubts))


def number(text: str) -> int | None:
    """Return the number that somebody wrote, in plain digits and within what SQLite holds; None for anything else."""
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS:
        return None
    found = int(text)
    return found if found <= _BIGGEST else None


def without_page(one: Asked) -> Asked:
    """Return the same listing from its beginning."""
    return replace(one, after="", words={name: text for name, text in one.words.items() if name != "after"})
