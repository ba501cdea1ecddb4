"""Which places stand near others, counted in words, without comparing each with each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from monitor.model import Span


class Text(Protocol):
    """What is asked of a view."""

    def word_range(self, start: int, end: int) -> Span:
        """Return the numbers of the first and last word of a place."""
        ...

    def segment_at(self, start: int) -> int:
        """Return the number of a place's segment."""
        ...


def close(text: Text, firsts: Sequence[Span], seconds: Sequence[Span], distance: int) -> tuple[set[int], set[int]]:
    """Return the numbers of the first places that stand at most so many words before a second of their segment, and
    those of such seconds. Of n and m places in O((n + m) log(n + m)).
    """
    ends = sorted((text.word_range(start, end)[1], start, n) for n, (start, end) in enumerate(firsts))
    begins = sorted((text.word_range(start, end)[0], start, n) for n, (start, end) in enumerate(seconds))
    at_begin, at_end = [word for word, _, _ in begins], [word for word, _, _ in ends]
    before, after = set(), set()
    for word, start, n in ends:
        # The nearest is enough: what is further and in this segment is no nearer.
        index = bisect_right(at_begin, word)
        if index < len(begins) and at_begin[index] - word <= distance and _same(text, start, begins[index][1]):
            before.add(n)
    for word, start, n in begins:
        index = bisect_left(at_end, word) - 1
        if index >= 0 and word - at_end[index] <= distance and _same(text, start, ends[index][1]):
            after.add(n)
    return before, after


def overlapping(places: Sequence[Span], others: Sequence[Span]) -> set[int]:
    """Return the numbers of the places that overlap one of the others."""
    ordered = sorted(others)
    starts = [start for start, _ in ordered]
    # Of those that begin before a place ends, the one that reaches furthest decides.
    reach = list(accumulate((end for _, end in ordered), max))
    found = set()
    for number, (start, end) in enumerate(places):
        index = bisect_left(starts, end)
        if index and reach[index - 1] > start:
            found.add(number)
    return found


def _same(text: Text, one: int, other: int) -> bool:
    return text.segment_at(one) == text.segment_at(other)
