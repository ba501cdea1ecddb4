"""Which segments of a page are the true body: those that stand in it in its order.

A segment whose words occur somewhere in the truth is not enough: the key points above an article, a caption, a number
repeat its words. Training on such labels cost .003 to .005 of F1 on every set.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from monitor.extract.field import tokens
from tests.bench._truth import shingles

# A segment that stands more often is looked for at so many places of the truth.
_PLACES = 12
_LONG = 80
_WORDS = 8
_ALIKE = 0.6


def labels(texts: Sequence[str], truth: str) -> list[float]:
    """Return 1.0 for each text that is a part of the truth, else 0.0.

    Of all chains of texts that stand in the truth one after another the longest, by characters, is taken; then long
    texts that are in the truth out of order, once each, and those of which 60 % of the shingles are.
    """
    keys = ["".join(tokens(text)) for text in texts]
    whole = "".join(tokens(truth))
    grams = set(shingles(truth))
    chosen = _chain([_places(key, whole) for key in keys])
    result = [float(index in chosen) for index in range(len(texts))]
    said = {keys[index] for index in chosen}
    for index, (text, key) in enumerate(zip(texts, keys, strict=True)):
        if result[index] or not key:
            continue
        if key in whole:
            found = len(text) > _LONG and key not in said
        else:
            own = shingles(text)
            found = len(tokens(text)) >= _WORDS and sum(gram in grams for gram in own) >= _ALIKE * len(own)
        if found:
            result[index] = 1.0
            said.add(key)
    return result


def _places(key: str, whole: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = whole.find(key) if key else -1
    while at >= 0 and len(found) < _PLACES:
        found.append((at, at + len(key)))
        at = whole.find(key, at + 1)
    return found


def _chain(places: Sequence[Sequence[tuple[int, int]]]) -> set[int]:
    """Return the texts of the heaviest chain: each begins in the truth where the one before has ended, or later."""
    # Ends in rising order, and the heaviest chain that ends there or before, as (weight, link).
    ends, best = [0], [(0.0, -1)]
    links: list[tuple[int, int]] = []
    for index, spots in enumerate(places):
        fresh = []
        for start, end in spots:
            weight, before = best[bisect_right(ends, start) - 1]
            links.append((index, before))
            fresh.append((weight + end - start + 0.001, end, len(links) - 1))
        for weight, end, link in fresh:
            _put(ends, best, end, (weight, link))
    chosen: set[int] = set()
    link = best[-1][1]
    while link >= 0:
        index, link = links[link]
        chosen.add(index)
    return chosen


def _put(ends: list[int], best: list[tuple[float, int]], end: int, chain: tuple[float, int]) -> None:
    """Keep weights rising with the ends: a chain that ends later and weighs no more is of no use."""
    at = bisect_right(ends, end)
    if best[at - 1][0] >= chain[0]:
        return
    if ends[at - 1] == end:
        best[at - 1] = chain
    else:
        ends.insert(at, end)
        best.insert(at, chain)
        at += 1
    while at < len(ends) and best[at][0] <= chain[0]:
        del ends[at], best[at]
