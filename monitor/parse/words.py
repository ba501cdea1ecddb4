"""Text as rules see it: folded with a way back to the original, words, sentences.

Folding makes one of what typists and typesetters write differently: case, curly and straight quotes, dashes, spaces of
every kind, soft hyphens and other invisible characters, compatibility forms (NFKC). Accents stay. In 46,000 news texts
10 % held a curly apostrophe, 6 % a long dash, 2.4 % a no-break space, 1.2 % an invisible character.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from monitor.model import Span

_APOSTROPHES = "\u2018\u2019\u201a\u201b\u02bc\u02b9\u02bb\u2032\u00b4\u0060\uff07"
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_ONE = re.compile(f"[{_APOSTROPHES}]|([{_QUOTES}])|([{_DASHES}])|([{_SPACES}])|(\u2026)")
_TO = ("'", '"', "-", " ", ".")
# What changes the number of characters: gone, or several spaces as one.
_UNEVEN = re.compile(f"[{_INVISIBLE}]|  ")
# Thai, Lao, Burmese, Khmer, kana, Han: no spaces between words, so every place is a word's end.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Folded:
    """Folded text; `starts` and `ends` map its characters to code points of the original, None: one to one."""

    text: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> Span:
        """Return where folded [start, end), not empty, stands in the original."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def _even(match: re.Match[str]) -> str:
    return _TO[match.lastindex or 0]


def neutral(text: str) -> str:
    """Return text folded in everything but case."""
    return _fold(text, case=False).text


def fold(text: str) -> Folded:
    """Fold text. Linear; never raises."""
    return _fold(text, case=True)


def _fold(text: str, *, case: bool) -> Folded:
    even = text if text.isascii() and text.isprintable() else _ONE.sub(_even, text)
    if not even.isascii() and not unicodedata.is_normalized("NFKC", even):
        return _uneven(even, case=case)
    if "  " in even or (not even.isascii() and _UNEVEN.search(even)):
        return _uneven(even, case=case)
    if not case:
        return Folded(even)
    folded = even.casefold()
    return Folded(folded) if len(folded) == len(even) else _uneven(even, case=case)


def _uneven(text: str, *, case: bool) -> Folded:
    """Fold by clusters (a base and its marks), keeping where each came from. `text` is evened out already."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    at, size = 0, len(text)
    while at < size:
        end = at + 1
        while end < size and text[end] > "\x7f" and unicodedata.combining(text[end]):
            end += 1
        cluster = text[at:end]
        if not cluster.isascii():
            cluster = unicodedata.normalize("NFKC", _UNEVEN.sub("", cluster))
        for char in cluster.casefold() if case else cluster:
            if char == " " and out and out[-1] == " ":
                continue
            out.append(char)
            starts.append(at)
            ends.append(end)
        at = end
    return Folded("".join(out), tuple(starts), tuple(ends))


@lru_cache(maxsize=4096)
def is_word(char: str) -> bool:
    """Say whether a character belongs to a word: letters, digits, underscore, marks."""
    return char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M"


def is_unspaced(char: str) -> bool:
    """Say whether a character is of a script without spaces between words."""
    return char > "\u0dff" and _UNSPACED.match(char) is not None


def bounded(text: str, start: int, end: int) -> bool:
    """Say whether [start, end) of a text begins and ends where words do."""
    return _edge(text, start) and _edge(text, end)


def _edge(text: str, at: int) -> bool:
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    return not (is_word(before) and is_word(after)) or is_unspaced(before) or is_unspaced(after)


# ---- sentences

_END = re.compile(
    "[.!?\u2026\u061f\u06d4]+[\"'\u201d\u2019\u00bb)\\]]*\\s+|[\u3002\uff01\uff1f\u0964]+[\u300d\u300f\u201d]*\\s*|\n+"
)
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
    for match in _END.finditer(text):
        if match.end() < len(text) and _goes_on(text, start, match):
            continue
        spans.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    if start < len(text):
        spans.append((start, len(text.rstrip())))
    return tuple((begin, end) for begin, end in spans if end > begin)


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    stop = match.group()
    if "\n" in stop:
        return False
    following = text[match.end()]
    if following.islower():
        return True
    if stop[0] != ".":
        return False
    words = text[max(start, match.start() - 12) : match.start()].split()
    last = words[-1].strip("(\"'\u201c\u00ab").lower() if words else ""
    # "J. Smith", "Dr. Smith": an initial or a title before a capital.
    return stop.strip() == "." and (last in _SHORT or (len(last) == 1 and last.isalpha()))


def sentence_at(text: str, start: int, end: int) -> Span:
    """Return the span of the sentence, or the sentences, that hold [start, end)."""
    spans = sentences(text)
    first = bisect_right(spans, start, key=lambda span: span[1])
    last = bisect_left(spans, end, key=lambda span: span[1])
    if first >= len(spans):
        return start, end
    return min(spans[first][0], start), max(spans[min(last, len(spans) - 1)][1], end)


_OPENING = re.compile("[\\s\"'\u2018\u201c\u201e\u00ab(\\[\u2013\u2014-]*")
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
    is too long for an acronym; so "the US, UK and EU" is none.
    """
    begin, end = sentence_at(text, *span)
    begin, end = max(begin, span[0] - _NEAR), min(end, span[1] + _NEAR)
    around = _CASED.findall(text[begin : span[0]]) + _CASED.findall(text[span[1] : end])
    words = [word for word in around if len(word) > 1 and word.upper() != word.lower()]
    high = [word for word in words if word.isupper()]
    if not high or len(high) < 0.8 * len(words):
        return False
    return len(high) >= 3 or any(len(word) >= 5 for word in high)
