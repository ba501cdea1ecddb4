"""Sentences: where they begin and end, and where capitals say nothing."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache

from monitor.model import Span
from monitor.parse.words import UNSEEN

_END = re.compile(
    "[.!?\u2026\u061f\u06d4]+[\"'\u201d\u2019\u00bb)\\]]*\\s+|[\u3002\uff01\uff1f\uff61\u0964\u0965\u0589\u104b\u1362\u1367\u17d4]+[\u300d\u300f\u201d]*\\s*|\n+"
)
_STOPS = ".!?\u2026\u061f\u06d4\u3002\uff01\uff1f\uff61\u0964\u0965\u0589\u104b\u1362\u1367\u17d4\n"
_STOP = re.compile(f"[{_STOPS}]")
_RUN = re.compile(f"[{_STOPS}]+")
# A full stop after these ends no sentence. Longer lists gained nothing on the sample they were tried on.
_SHORT = frozenset(
    "mr mrs ms dr prof st gen col lt maj capt sgt gov sen rep rev hon no vs etc jr sr co corp inc ltd approx "
    "jan feb mar apr jun jul aug sept sep oct nov dec e.g i.e u.s u.k u.n d.c a.m p.m "
    "bzw ca z.b d.h u.a usw nr hr fr mme mlle mm m art p pp sig dott ing av bl r tys ul im "
    "\u0433 \u0443\u043b \u0442.\u0435 \u0438\u043c \u0441\u0442\u0440".split()
)


@lru_cache(maxsize=64)
def sentences(text: str) -> tuple[Span, ...]:
    """Return the sentences of a text as spans in reading order; together they cover it but for white space."""
    spans: list[Span] = []
    start = 0
    for end, following in _ends(text, 0):
        spans.append((start, end))
        start = following
    if start < len(text):
        spans.append((start, len(text.rstrip())))
    return tuple((begin, end) for begin, end in spans if end > begin)


def _ends(text: str, low: int, high: int | None = None) -> Iterator[Span]:
    """Yield where each sentence ends from `low` to `high`, and where what follows begins."""
    start = at = low
    # Stops are looked for first: the whole pattern at every character takes four times as long.
    for stop in _STOP.finditer(text, low, len(text) if high is None else high):
        if stop.start() < at:
            continue
        match = _END.match(text, stop.start())
        if match is None:
            # A run of stops that ends nothing is passed once, not once from each of its stops.
            at = _RUN.match(text, stop.start()).end()  # type: ignore[union-attr]
            continue
        at = match.end()
        if at < len(text) and _goes_on(text, start, match):
            continue
        yield match.start() + len(match[0].rstrip()), at
        start = at


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    at, end = match.span()
    if text[end].islower():
        return "\n" not in match[0]
    # Nothing but a lone full stop can be part of a short form, and none is as long as seven letters.
    if text[at] != "." or not text[at + 1].isspace() or (at - start > 7 and text[at - 7 : at].isalpha()):
        return False
    if "\n" in match[0]:
        return False
    words = text[max(start, at - 12) : at].split()
    last = words[-1].strip("(\"'\u201c\u00ab").lower() if words else ""
    # "J. Smith", "Dr. Smith": an initial or a title before a capital; "am 3. April".
    return last in _SHORT or (len(last) == 1 and last.isalpha()) or _DAY.match(last) is not None


_DAY = re.compile(r"\d\d?$")


def sentence_at(text: str, start: int, end: int) -> Span:
    """Return the span of the sentence, or the sentences, that hold [start, end), not empty.

    Looks at what stands around it alone: cutting all of a long paragraph takes ten times as long.
    """
    begin = _begin_before(text, start)
    if begin is not None:
        for finish, _ in _ends(text, begin, end + _AROUND):
            if finish >= end:
                return min(begin, start), finish
        if end + _AROUND >= len(text):
            return min(begin, start), max(len(text.rstrip()), end)
    spans = sentences(text)
    first = bisect_right(spans, start, key=lambda span: span[1])
    last = bisect_left(spans, end, key=lambda span: span[1])
    if first >= len(spans):
        return start, end
    return min(spans[first][0], start), max(spans[min(last, len(spans) - 1)][1], end)


def _begin_before(text: str, start: int) -> int | None:
    """Return where the sentence begins that holds `start`; None where that is further away than it pays to look."""
    low = max(0, start - _AROUND)
    stops = [stop.start() for stop in _STOP.finditer(text, low, start)]
    for at in reversed(stops):
        # The first of a run of stops says what the run is.
        if at > low and text[at - 1] in _STOPS:
            continue
        match = _END.match(text, at)
        if match is None or match.start() + len(match[0].rstrip()) > start:
            continue
        if match.end() >= len(text) or not _goes_on(text, low, match):
            return match.end()
    return 0 if low == 0 else None


# Nine of ten sentences begin and end within so many characters of a name.
_AROUND = 300
_OPENING = re.compile(f"[\\s\"'\u2018\u201c\u201e\u00ab\u00bb(\\[\u2013\u2014{UNSEEN}-]*")
# Characters to each side that say whether capitals are the rule here.
_NEAR = 300
_CASED = re.compile("[^\\W\\d_]+")


def starts_sentence(text: str, span: Span) -> bool:
    """Say whether only quotes and brackets stand between a sentence's start and the span's."""
    begin = sentence_at(text, *span)[0]
    opening = _OPENING.match(text, begin, span[0])
    return opening is not None and opening.end() == span[0]


def in_capitals(text: str, span: Span) -> bool:
    """Say whether a span stands in a run of capitals, where capitals say nothing: "WHO SAYS IT IS US".

    It does where four of five other words of its sentence are all capitals and they are three or more, or one of them
    is too long for an acronym; so "the US, UK and EU" is none. It also does where three words in capitals stand right
    beside it with nothing but spaces between: "BREAKING: WHO SAYS IT IS US, officials told reporters".
    """
    begin, end = sentence_at(text, *span)
    begin, end = max(begin, span[0] - _NEAR), min(end, span[1] + _NEAR)
    before, after = text[begin : span[0]], text[span[1] : end]
    words = [word for word in _CASED.findall(f"{before} {after}") if len(word) > 1 and word.upper() != word.lower()]
    high = [word for word in words if word.isupper()]
    if not high:
        return False
    if len(high) >= 0.8 * len(words):
        return len(high) >= 3 or any(len(word) >= 5 for word in high)
    left, right = _HIGH_LEFT.search(before), _HIGH_RIGHT.match(after)
    return sum(len(side[0].split()) for side in (left, right) if side) >= 3


# Up to five words without a lower-case letter, spaces between: ASCII and the Latin, Greek and Cyrillic capitals.
_HIGH = "[A-Z\u00c0-\u00de\u0386-\u03ab\u0400-\u042f]+"
_HIGH_LEFT = re.compile(f"(?<!\\w)(?:{_HIGH} ){{1,5}}$")
_HIGH_RIGHT = re.compile(f"(?: {_HIGH}(?!\\w)){{1,5}}")
