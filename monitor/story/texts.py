"""Which article of the last week has the same text as another: found by the word runs of their sketches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from monitor.story.fingerprint import SIZE
from monitor.story.index import MOST, Index

Sketch = NDArray[np.uint32]
Flags = NDArray[np.bool_]

NEAR = 0.34
"""Least share of the shorter text that the longer one must hold."""
# A copy that shares so little was cut, and is shorter: 60 words cut to 21 under a lead of 25 have .77 of the length. Of
# texts about as long as each other, a form filled in anew (bank rates, fixtures, a bond issue) shares .35 to .51, a
# brief of 60 words under a new lead of 25 shares .56.
AS_LONG, EVEN = 0.79, 0.55
FORM = 0.8
"""A copy that shares less may be a form filled in anew: two quakes told by one agency share half of their word runs. It
is asked for where most of what two texts share stands in another story too: bond issues, results, fixtures.
"""
# A round-up quotes whole briefs and is another article: this much of the new text must be known.
KNOWN_PART = 0.2
# Fewer grams than these (a headline) say too little to compare; only the very same ones of one outlet are one text.
MIN_SHARED = 8
# A gram in more texts than these is boilerplate ("subscribe to our newsletter").
COMMON = 8
# Of each text this many grams are indexed: of 32 a copy cut to 35 % shares 11.
INDEXED = 32
MAX_CANDIDATES = 8
_WHOLE = np.uint32(2**32 - 1)


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that is known: the mark of the article that has it, how much they share, whether it is the very same."""

    mark: str
    share: float
    same: bool


def cut(sketch: Sequence[int]) -> Sketch:
    """Return the upper 32 of a sketch's 63 bits, ascending: half the room. Two texts of 600 words share one of their
    128 grams by accident in one pair of 50,000; eight make a copy.
    """
    return (np.array(sketch, np.uint64) >> np.uint64(31)).astype(np.uint32)


class Texts:
    """An index of sketches. Each text has a number of its own, in [0, MOST), which is used again when it is free."""

    def __init__(self) -> None:
        self._marks: list[str] = []
        self._sketches: list[bytes] = []
        self._free: list[int] = []
        self._index = Index()

    def __len__(self) -> int:
        return len(self._marks) - len(self._free)

    def add(self, mark: str, sketch: Sketch, outlet: str) -> int:
        """Index an article's text; return its number."""
        number = self._free.pop() if self._free else len(self._marks)
        if number == len(self._marks):
            self._marks.append("")
            self._sketches.append(b"")
        self._marks[number], self._sketches[number] = mark, sketch.tobytes()
        self._index.put(number, _keys(sketch, outlet).tolist())
        return number

    def drop(self, number: int) -> None:
        """Forget a text."""
        self._index.drop(number)
        self._marks[number], self._sketches[number] = "", b""
        self._free.append(number)

    def find(self, sketch: Sketch, outlet: str, story_of: Callable[[str], str]) -> Copy | None:
        """Return the text nearest to this one, None where none is near. `story_of` gives the story of a mark."""
        if len(sketch) < MIN_SHARED:
            return self._same(sketch, outlet)
        counts, elsewhere, common = self._counted(sketch, story_of)
        best: Copy | None = None
        for number in sorted(counts, key=lambda one: (-counts[one], self._marks[one]))[:MAX_CANDIDATES]:
            known = np.frombuffer(self._sketches[number], np.uint32)
            both = known.take(known.searchsorted(sketch), mode="clip") == sketch
            # Most share a phrase or two.
            if np.count_nonzero(both) < MIN_SHARED:
                continue
            shared, size, other = _overlap(sketch, known, both, common)
            if shared < MIN_SHARED or shared < KNOWN_PART * size:
                continue
            same = len(sketch) == len(known) and bool((sketch == known).all())
            found = Copy(self._marks[number], shared / min(size, other), same)
            least = NEAR if min(size, other) < AS_LONG * max(size, other) else EVEN
            if 2 * elsewhere.get(number, 0) > counts[number]:
                least = FORM
            if found.share >= least and (best is None or (found.same, found.share) > (best.same, best.share)):
                best = found
        return best

    def _same(self, sketch: Sketch, outlet: str) -> Copy | None:
        whole = sketch.tobytes()
        _, owners, _ = self._index.find(_keys(sketch, outlet), MOST)
        first = next((number for number in owners.tolist() if self._sketches[number] == whole), None)
        return None if first is None else Copy(self._marks[first], 1.0, same=True)

    def _counted(self, sketch: Sketch, story_of: Callable[[str], str]) -> tuple[dict[int, int], dict[int, int], Flags]:
        """Return how many grams each text shares with this one, how many of those are of another story's texts too, and
        which grams are boilerplate.
        """
        places, owners, common = self._index.find(sketch, COMMON)
        counts: dict[int, int] = {}
        elsewhere: dict[int, int] = {}
        holders: dict[int, list[int]] = {}
        for place, owner in zip(places.tolist(), owners.tolist(), strict=True):
            counts[owner] = counts.get(owner, 0) + 1
            holders.setdefault(place, []).append(owner)
        for held in holders.values():
            if len(held) > 1 and len({story_of(self._marks[number]) for number in held}) > 1:
                for number in held:
                    elsewhere[number] = elsewhere.get(number, 0) + 1
        return counts, elsewhere, common


def _overlap(a: Sketch, b: Sketch, both: Flags, ignored: Flags) -> tuple[int, int, int]:
    """Count the grams of both, of `a` and of `b`, within the range that both sketches cover in full. `both`, `ignored`:
    which of `a` stand in `b`, and which do not count.
    """
    limit = min(a[-1] if len(a) >= SIZE else _WHOLE, b[-1] if len(b) >= SIZE else _WHOLE)
    end = int(a.searchsorted(limit, "right"))
    both, ignored = both[:end], ignored[:end]
    shared = int(np.count_nonzero(both & ~ignored))
    size = end - int(np.count_nonzero(ignored))
    return shared, size, int(b.searchsorted(limit, "right")) - int(np.count_nonzero(both)) + shared


def _keys(sketch: Sketch, outlet: str) -> Sketch:
    """Return by what a text is found. One too short to compare: by one number of its outlet and its grams."""
    if len(sketch) >= MIN_SHARED or not len(sketch):
        return sketch[:INDEXED]
    text = outlet.encode("utf-8", "replace") + b"\n" + sketch.tobytes()
    return np.frombuffer(blake2b(text, digest_size=4).digest(), np.uint32)
