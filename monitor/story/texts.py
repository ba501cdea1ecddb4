"""Which article of the last week has the same text as another: found by the word runs of their sketches."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from monitor.story.fingerprint import overlap

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


@dataclass(frozen=True, slots=True)
class Copy:
    """A text that is known: the mark of the article that has it, how much they share, whether it is the very same."""

    mark: str
    share: float
    same: bool


class Texts:
    """An index of sketches by mark."""

    def __init__(self) -> None:
        self._sketches: dict[str, array[int]] = {}
        # Most grams are one article's: a tuple for each would be 2 kB an article.
        self._holders: dict[int, str | tuple[str, ...]] = {}

    def __contains__(self, mark: str) -> bool:
        return mark in self._sketches

    def add(self, mark: str, sketch: tuple[int, ...], outlet: str) -> None:
        """Index an article's text."""
        self._sketches[mark] = array("Q", sketch)
        for gram in _keys(sketch, outlet):
            self._holders[gram] = (*self._held(gram), mark) if gram in self._holders else mark

    def drop(self, mark: str, outlet: str) -> None:
        """Forget a text."""
        sketch = self._sketches.pop(mark, None)
        for gram in _keys(tuple(sketch), outlet) if sketch is not None else ():
            left = tuple(other for other in self._held(gram) if other != mark)
            if left:
                self._holders[gram] = left if len(left) > 1 else left[0]
            else:
                self._holders.pop(gram, None)

    def find(self, sketch: tuple[int, ...], outlet: str, story_of: Callable[[str], str]) -> Copy | None:
        """Return the text nearest to this one, None where none is near. `story_of` gives the story of a mark."""
        if len(sketch) < MIN_SHARED:
            held = self._held(_short(outlet, sketch)) if sketch else ()
            return Copy(held[0], 1.0, same=True) if held else None
        common: set[int] = set()
        counts: Counter[str] = Counter()
        elsewhere: Counter[str] = Counter()
        for gram in self._holders.keys() & sketch:
            holders = self._held(gram)
            if len(holders) > COMMON:
                common.add(gram)
                continue
            counts.update(holders)
            if len(holders) > 1 and len({story_of(mark) for mark in holders}) > 1:
                elsewhere.update(holders)
        best: Copy | None = None
        for mark, known_grams in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MAX_CANDIDATES]:
            known = tuple(self._sketches[mark])
            shared, size, other = overlap(sketch, known, common)
            if shared < MIN_SHARED or shared < KNOWN_PART * size:
                continue
            found = Copy(mark, shared / min(size, other), sketch == known)
            least = NEAR if min(size, other) < AS_LONG * max(size, other) else EVEN
            if 2 * elsewhere[mark] > known_grams:
                least = FORM
            if found.share >= least and (best is None or (found.same, found.share) > (best.same, best.share)):
                best = found
        return best

    def _held(self, gram: int) -> tuple[str, ...]:
        held = self._holders.get(gram, ())
        return (held,) if isinstance(held, str) else held


def _keys(sketch: tuple[int, ...], outlet: str) -> tuple[int, ...]:
    if len(sketch) >= MIN_SHARED:
        return sketch[:INDEXED]
    return (_short(outlet, sketch),) if sketch else ()


def _short(outlet: str, sketch: tuple[int, ...]) -> int:
    """Stand for a text too short to compare: one number of its outlet and its grams."""
    text = f"{outlet}\n{' '.join(map(str, sketch))}"
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1
