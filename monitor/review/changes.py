"""What changed between two versions of an article: paragraphs, and words within them.

Paragraphs are paired in their order by the words they share. Comparing is bounded: difflib takes cubic time on words
that repeat, so that what would take more than MAX_STEPS counts as wholly replaced.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from monitor.model import OWN_ROLES
from monitor.views import Version

# Steps of difflib's inner loop for one comparison and for all of two versions; 10 million take about a second.
MAX_STEPS = 5_000_000
MAX_STEPS_IN_ALL = 20_000_000
# Paragraphs that share less of their words are other paragraphs.
LEAST_SHARED = 0.4
MAX_PAIRS = 10_000
_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


class Change(StrEnum):
    """What became of a piece of text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that was kept, removed or added."""

    change: Change
    text: str


Paragraph = tuple[Piece, ...]


def paragraphs(version: Version) -> list[str]:
    """Return what a version says: title, standfirst, its own blocks."""
    blocks = [block.text for block in version.blocks if block.role in OWN_ROLES]
    return [version.title, *([version.standfirst] if version.standfirst else []), *blocks]


def changes(before: Version, after: Version) -> list[Paragraph]:
    """Return the paragraphs of both versions in their order, each in pieces."""
    old, new = paragraphs(before), paragraphs(after)
    meter = _Meter()
    if not meter.affords(old, new):
        return [*map(_removed, old), *map(_added, new)]
    found: list[Paragraph] = []
    for kind, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            found += [(Piece(Change.SAME, text),) for text in old[i:j]]
        else:
            found += _replaced(old[i:j], new[k:m], meter)
    return found


class _Meter:
    """What comparing has cost so far."""

    def __init__(self) -> None:
        self._left = MAX_STEPS_IN_ALL

    def affords(self, old: Sequence[str], new: Sequence[str]) -> bool:
        """Say whether two sequences may be compared, and count it: difflib looks for each item at every place where the
        other has it, at most once for each item again.
        """
        there = Counter(new)
        steps = sum(count * there[item] for item, count in Counter(old).items()) + len(old)
        steps *= min(len(old), len(new)) or 1
        if steps > min(MAX_STEPS, self._left):
            return False
        self._left -= steps
        return True


def _replaced(old: Sequence[str], new: Sequence[str], meter: _Meter) -> list[Paragraph]:
    """Pair each new paragraph with the first old one that is left and like it; the order of both is kept."""
    found: list[Paragraph] = []
    bags = [_bag(text) for text in old] if len(old) * len(new) <= MAX_PAIRS else []
    at = 0
    for text in new:
        bag = _bag(text)
        like = next((place for place in range(at, len(bags)) if _alike(bags[place], bag)), None)
        if like is None:
            found.append(_added(text))
            continue
        found += [*map(_removed, old[at:like]), _words(old[like], text, meter)]
        at = like + 1
    return [*found, *map(_removed, old[at:])]


def _words(old: str, new: str, meter: _Meter) -> Paragraph:
    """Compare two paragraphs word by word. What is only white space between two changes is part of them."""
    was, now = _TOKEN.findall(old), _TOKEN.findall(new)
    if not meter.affords(was, now):
        return (Piece(Change.REMOVED, old), Piece(Change.ADDED, new))
    pieces: list[Piece] = []
    removed = added = ""
    for kind, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        kept = "".join(was[i:j])
        if kind == "equal" and (kept.strip() or not (removed or added)):
            pieces += [*_changed(removed, added), Piece(Change.SAME, kept)]
            removed = added = ""
        else:
            removed, added = removed + kept, added + "".join(now[k:m])
    return (*pieces, *_changed(removed, added))


def _changed(removed: str, added: str) -> list[Piece]:
    return [Piece(change, text) for change, text in ((Change.REMOVED, removed), (Change.ADDED, added)) if text]


def _removed(text: str) -> Paragraph:
    return (Piece(Change.REMOVED, text),)


def _added(text: str) -> Paragraph:
    return (Piece(Change.ADDED, text),)


def _bag(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= LEAST_SHARED * max(min(len(one), len(other)), 1)
