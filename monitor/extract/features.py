"""Named numbers for each segment near the article's container, before it is judged.

Features speak of shape, place, neighbours and of words shared with the rest of the page; no word of any language is
among them, as lists of words gained nothing when they were measured.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from monitor.extract.field import ELLIPSIS, FAR, HEADINGS, Context, Field, density, ends_sentence, tokens
from monitor.extract.segment import Box, Mark, Segment

_MARKS = tuple(mark.value for mark in Mark)
_SYMBOLS = re.compile("[©@|►▶→»›]")
_ITEMS = frozenset({"li", "dd", "dt"})
# Shorter words are those that any two texts of a language share.
_TELLING = 5

_FORM = (
    "bias", "log_chars", "under_25", "under_60", "under_120", "over_200", "link_share", "all_link", "long_link",
    "strong_share", "ends_sentence", "ends_ellipsis", "ends_colon", "commas", "quote_mark", "date_like",
    "is_p", "is_heading", "is_item", "is_cell", "is_div", "card", "symbol",
)  # fmt: skip
_PLACE = (
    "in_container", "levels_up", "levels_down", "same_shape", "same_shape_is_top", "shape_alone", "before_core",
    "after_core", "first_core", "gap_to_core", "near_core", "prev_core", "position", "box_small", "box_links",
    "box_segments", "prev_link", "next_link", "branch_link", "sisters", "sisters_core", "sisters_core_share",
    "heads_core", "heads_sister", "item_links",
)  # fmt: skip
_SAID = (
    "repeated", "is_title", "in_description", "ld_yes", "ld_no", "shares_words", "shares_title", "shares_description",
)  # fmt: skip
NAMES: tuple[str, ...] = (*_FORM, *_PLACE, *_SAID, *(f"mark_{(mark.name or '').lower()}" for mark in Mark))
PLAIN = len(NAMES) - len(_MARKS)
"""How many of NAMES come before the marks."""

Shape = tuple[str, str, str, int]


def describe(found: Field, context: Context) -> list[tuple[float, ...]]:
    """Return one row of numbers a segment of the field, in the order of NAMES up to the marks."""
    sizes = [segment.chars * density(segment.text) for segment in found.segments]
    neighbours = _Neighbours(found, sizes)
    statements = _Statements(found, context, neighbours.core)
    return [
        (*_form(segment, sizes[index]), *neighbours.place(index), *statements.compare(index))
        for index, segment in enumerate(found.segments)
    ]


def marks(found: Field) -> list[int]:
    """Return for each segment what the boxes around it are, but for what they all share."""
    outer = ~found.scope.marks
    return [segment.box.marks & outer for segment in found.segments]


def mark_row(marks: int) -> tuple[float, ...]:
    """Return marks as numbers, in the order of NAMES from PLAIN on."""
    return tuple(1.0 if marks & mark else 0.0 for mark in _MARKS)


def shape(segment: Segment) -> Shape:
    """Return what segments written by the same template have in common."""
    box = segment.box
    parent = box.parent
    return (box.tag, box.names, parent.tag if parent else "", box.depth)


def _form(segment: Segment, size: float) -> tuple[float, ...]:
    """What a segment is by itself, in the order of _FORM."""
    text, share, tag = segment.text, segment.link_share, segment.box.tag
    end = text[-8:]
    return (
        1.0,
        min(math.log1p(size), 8.0) / 4.0,
        size < 25,
        size < 60,
        size < 120,
        size > 200,
        share,
        share > 0.9,
        share > 0.8 and size > 60,
        min(1.0, segment.strong_chars / segment.chars) if segment.strong_chars else 0.0,
        ends_sentence(end),
        ELLIPSIS.search(end) is not None,
        end.endswith((":", "：")),
        min(1.0, (text.count(",") + text.count("，") + text.count("、")) / 4.0),
        text[:1] in "\"“„«»‘'「",
        len(text) < 50 and sum(map(str.isdigit, text)) >= 4,
        tag == "p",
        tag in HEADINGS,
        tag in _ITEMS,
        tag in {"td", "th"},
        tag == "div",
        segment.card,
        _SYMBOLS.search(text) is not None,
    )


class _Neighbours:
    """Where a segment stands: to the container, to the core (its plain long paragraphs), to those next to it."""

    def __init__(self, found: Field, sizes: Sequence[float]) -> None:
        self.rows = found.segments
        self.container = found.container
        alien = ~found.container.marks & FAR
        self.core = [
            core and not segment.box.marks & alien for core, segment in zip(found.core(), self.rows, strict=True)
        ]
        places = [index for index, is_core in enumerate(self.core) if is_core] or [0, len(self.rows) - 1]
        self.first, self.last = places[0], places[-1]
        self.nearest = _nearest(self.core)
        self.shapes = [shape(segment) for segment in self.rows]
        self.prose: Counter[Shape] = Counter()
        self.sisters: Counter[Box] = Counter()
        self.sisters_core: Counter[Box] = Counter()
        for index, segment in enumerate(self.rows):
            self.prose[self.shapes[index]] += int(sizes[index] * (1.0 - segment.link_share))
            parent = segment.box.parent or segment.box
            self.sisters[parent] += 1
            if self.core[index]:
                self.sisters_core[parent] += segment.chars
        self.all_prose = self.prose.total() or 1
        self.top = max(self.prose, key=self.prose.__getitem__)
        self.above = set[Box]()
        box: Box | None = found.container
        while box is not None:
            self.above.add(box)
            box = box.parent
        self.branches: dict[Box, tuple[int, int, float]] = {}

    def _branch(self, box: Box) -> tuple[int, int, float]:
        """Return how far below the container's line a box hangs, from how deep a box of it, and the link share of the
        topmost box that it hangs in.
        """
        if (known := self.branches.get(box)) is None:
            if box in self.above:
                known = (0, box.depth, 0.0)
            elif box.parent is None or box.parent in self.above:
                known = (1, box.depth - 1, min(1.0, box.link_chars / max(1, box.chars)))
            else:
                steps, depth, links = self._branch(box.parent)
                known = (steps + 1, depth, links)
            self.branches[box] = known
        return known

    def place(self, index: int) -> tuple[float, ...]:
        """Return the numbers of one segment, in the order of _PLACE."""
        rows, core, gap, whole = self.rows, self.core, self.nearest[index], self.container
        box = rows[index].box
        parent = box.parent or box
        steps, depth, branch_link = self._branch(box)
        prose_share = self.prose[self.shapes[index]] / self.all_prose
        before = rows[index - 1] if index else None
        after = rows[index + 1] if index + 1 < len(rows) else None
        links = min(1.0, parent.link_chars / max(1, parent.chars))
        heading = box.tag in HEADINGS
        return (
            depth == whole.depth,
            min(6.0, whole.depth - depth) / 3.0,
            min(6.0, steps) / 3.0,
            prose_share,
            self.shapes[index] == self.top,
            prose_share < 0.03,
            index < self.first,
            index > self.last,
            index == self.first,
            min(1.0, math.log1p(gap) / 3.0),
            self.first < index < self.last and gap <= 2,
            before is not None and core[index - 1],
            index / len(rows),
            box.chars < 0.15 * max(1, whole.chars),
            links,
            min(1.0, math.log1p(parent.segments) / 4.0),
            before is not None and before.link_share > 0.8,
            after is not None and after.link_share > 0.8,
            branch_link,
            min(1.0, math.log1p(self.sisters[parent]) / 4.0),
            self.sisters_core[parent] > 0,
            min(1.0, self.sisters_core[parent] / max(1, parent.chars)),
            heading and after is not None and core[index + 1],
            heading and after is not None and after.box.parent is box.parent,
            links if box.tag in _ITEMS else 0.0,
        )


class _Statements:
    """What the page says elsewhere of its article, and what words its core has, to compare segments with."""

    def __init__(self, found: Field, context: Context, core: Sequence[bool]) -> None:
        self.rows = found.segments
        self.core = core
        self.seen = Counter(segment.text for segment in found.segments)
        title, description = tokens(context.title), tokens(context.description)
        self.title, self.description = " ".join(title), " ".join(description)
        self.title_words, self.description_words = _telling(title), _telling(description)
        self.grams = _grams(tokens(context.ld_body)) if len(context.ld_body) > 200 else set()
        self.words = [tokens(segment.text) for segment in found.segments]
        self.said: Counter[str] = Counter()
        for words, is_core in zip(self.words, core, strict=True):
            if is_core:
                self.said.update(_telling(words))

    def compare(self, index: int) -> tuple[float, ...]:
        """Return the numbers of one segment, in the order of _SAID."""
        segment, words = self.rows[index], self.words[index]
        joined = " ".join(words)
        mine = _telling(words)
        held = 0.0
        if self.grams and words:
            own = _grams(words)
            held = len(own & self.grams) / len(own)
        return (
            self.seen[segment.text] > 1,
            bool(joined) and joined == self.title,
            len(joined) > 30 and joined in self.description,
            held > 0.6,
            bool(self.grams) and held < 0.2,
            self._shared(mine, 1 if self.core[index] else 0),
            len(mine & self.title_words) / len(self.title_words) if self.title_words else 0.0,
            len(mine & self.description_words) / len(mine) if mine else 0.0,
        )

    def _shared(self, mine: set[str], own: int) -> float:
        """Return the share of words that other paragraphs of the core hold too; .5 where there is none to look for."""
        if not mine:
            return 0.5
        said = self.said
        return sum(said[word] > own for word in mine) / len(mine)


def _telling(words: Sequence[str]) -> set[str]:
    return {word for word in words if len(word) >= _TELLING}


def _grams(words: Sequence[str]) -> set[tuple[str, ...]]:
    size = min(3, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)} if size else set()


def _nearest(core: Sequence[bool]) -> list[int]:
    """Return for each place how far the nearest true one is."""
    result = [len(core)] * len(core)
    for order in (range(len(core)), range(len(core) - 1, -1, -1)):
        away = len(core)
        for index in order:
            away = 0 if core[index] else away + 1
            result[index] = min(result[index], away)
    return result
