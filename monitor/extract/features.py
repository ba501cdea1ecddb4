"""What is known of a segment before it is judged: the container of the article, and named numbers for each
segment near it. Features speak of shape, place and neighbours; no word of any language is among them, as lists of
words gained nothing when they were measured.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from monitor.extract.segment import Box, Mark, Segment

_SENTENCE_END = re.compile(r"[.!?…。！？।॥؟۔։។။።]['\"”’»›)\]]*$")
ELLIPSIS = re.compile(r"(?:…|\.\.\.)['\"”’»›)\]]*$")
_SCRIPTS_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_TOKEN = re.compile(r"\w+")
# Boxes above the container that are still looked at. With 2, 5 and all of its lines judged rightly the article set
# would reach F1 .953, .971: long pages spread their sections over boxes far apart.
MAX_UP = 5
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOTE_LEVELS = (1.0, 0.65, 0.45, 0.3, 0.2)
_FAR = (Mark.COMMENT | Mark.RELATED | Mark.FOOTER | Mark.ASIDE | Mark.SIGNUP | Mark.WALL | Mark.HIDDEN).value
_FOOTER = Mark.FOOTER.value
_MARKS = tuple(mark.value for mark in Mark)


@dataclass(frozen=True, slots=True)
class Context:
    """What the rest of the page says of the article; all of it may be empty."""

    title: str = ""
    description: str = ""
    ld_body: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """The part of a page that is looked at: `container` holds most of the body, `scope` what may belong to it."""

    container: Box
    scope: Box
    segments: tuple[Segment, ...]
    weight: dict[int, float] = field(default_factory=dict)


def density(text: str) -> float:
    """Return a factor that makes characters of scripts without word spaces count as much as Latin ones."""
    sample = text[:80]
    dense = len(_SCRIPTS_WITHOUT_SPACES.findall(sample))
    return 2.5 if dense * 3 > len(sample) else 1.0


def ends_sentence(text: str) -> bool:
    """Say whether text ends as a sentence does, in any script."""
    return bool(_SENTENCE_END.search(text[-8:]))


def _vote(segment: Segment) -> float:
    size = segment.chars * density(segment.text)
    if size < 40 or segment.box.tag in HEADINGS or segment.box.marks & _FOOTER:
        return 0.0
    prose = (1.0 - segment.link_share) ** 2
    if not ends_sentence(segment.text):
        prose *= 0.6
    if segment.box.marks & _FAR:
        prose *= 0.25
    return prose * min(size, 700.0) / 100.0


def find(segments: Sequence[Segment]) -> Field | None:
    """Find the article's container by votes of its paragraphs, four levels up; None where no segment has a vote."""
    votes: dict[int, float] = {}
    boxes: dict[int, Box] = {}
    weight: dict[int, float] = {}
    for segment in segments:
        worth = _vote(segment)
        if worth <= 0:
            continue
        weight[segment.order] = worth
        box: Box | None = segment.box
        if box is not None and box.tag in {"p", "pre"} and box.parent is not None:
            box = box.parent
        for share in _VOTE_LEVELS:
            if box is None:
                break
            boxes[box.order] = box
            votes[box.order] = votes.get(box.order, 0.0) + worth * share
            box = box.parent
    if not votes:
        return None
    best = max(votes, key=lambda order: (votes[order], -order))
    container = boxes[best]
    scope = container
    for _ in range(MAX_UP):
        if scope.parent is not None and scope.parent.parent is not None:
            scope = scope.parent
    inside = tuple(segment for segment in segments if _within(segment.box, scope))
    return Field(container, scope, inside, weight)


def _within(box: Box | None, outer: Box) -> bool:
    while box is not None and box.depth >= outer.depth:
        if box is outer:
            return True
        box = box.parent
    return False


def _climb(box: Box, inside: set[int]) -> tuple[int, int]:
    """Return how many boxes stand between `box` and the first one in `inside`, and how deep that one is."""
    steps = 0
    current: Box | None = box
    while current is not None and current.order not in inside:
        current = current.parent
        steps += 1
    return steps, current.depth if current is not None else 0


_FORM = (
    "bias", "log_chars", "under_25", "under_60", "under_120", "over_200", "link_share", "all_link", "long_link",
    "strong_share", "ends_sentence", "ends_ellipsis", "ends_colon", "commas", "quote_mark", "date_like",
    "is_p", "is_heading", "is_item", "is_cell", "is_div", "card",
)  # fmt: skip
_PLACE = (
    "in_container", "levels_up", "levels_down", "same_shape", "same_shape_is_top", "shape_alone", "before_core",
    "after_core", "first_core", "gap_to_core", "near_core", "prev_core", "position", "box_small", "box_links",
    "box_segments", "prev_link", "next_link",
)  # fmt: skip
_SAID = ("repeated", "is_title", "in_description", "ld_yes", "ld_no")
NAMES: tuple[str, ...] = (*_FORM, *_PLACE, *_SAID, *(f"mark_{(mark.name or '').lower()}" for mark in Mark))


def tokens(text: str) -> list[str]:
    """Split into runs of letters and digits, lower-case."""
    return _TOKEN.findall(text.lower())


def describe(found: Field, context: Context) -> list[list[float]]:
    """Return one row of numbers a segment of the field, in the order of NAMES."""
    sizes = [segment.chars * density(segment.text) for segment in found.segments]
    neighbours = _Neighbours(found, sizes)
    statements = _Statements(found, context)
    outer = ~found.scope.marks
    return [
        [
            *_form(segment, sizes[index]),
            *neighbours.place(index),
            *statements.compare(segment.text),
            *_mark_features(segment.box.marks & outer),
        ]
        for index, segment in enumerate(found.segments)
    ]


def _form(segment: Segment, size: float) -> tuple[float, ...]:
    """What a segment is by itself, in the order of _FORM."""
    text, share, tag = segment.text, segment.link_share, segment.box.tag
    end = text[-8:]
    return (
        1.0,
        min(math.log1p(size), 8.0) / 4.0,
        float(size < 25),
        float(size < 60),
        float(size < 120),
        float(size > 200),
        share,
        float(share > 0.9),
        float(share > 0.8 and size > 60),
        min(1.0, segment.strong_chars / max(1, segment.chars)),
        float(bool(_SENTENCE_END.search(end))),
        float(bool(ELLIPSIS.search(end))),
        float(end.endswith((":", "："))),
        min(1.0, (text.count(",") + text.count("，") + text.count("、")) / 4.0),
        float(text[:1] in "\"“„«»‘'「"),
        float(len(text) < 50 and sum(map(str.isdigit, text)) >= 4),
        float(tag == "p"),
        float(tag in HEADINGS),
        float(tag in {"li", "dd", "dt"}),
        float(tag in {"td", "th"}),
        float(tag == "div"),
        float(segment.card),
    )


class _Neighbours:
    """Where a segment stands: to the container, to the core (its plain long paragraphs), to those next to it."""

    def __init__(self, found: Field, sizes: Sequence[float]) -> None:
        self.rows = found.segments
        self.container = found.container
        alien = ~found.container.marks & _FAR
        self.core = [
            found.weight.get(segment.order, 0.0) > 0.8
            and _within(segment.box, found.container)
            and not segment.box.marks & alien
            for segment in self.rows
        ]
        places = [index for index, is_core in enumerate(self.core) if is_core] or [0, len(self.rows) - 1]
        self.first, self.last = places[0], places[-1]
        self.nearest = _nearest(self.core)
        self.shapes: Counter[tuple[str, str, str, int]] = Counter()
        for segment, size in zip(self.rows, sizes, strict=True):
            self.shapes[_shape(segment)] += int(size * (1.0 - segment.link_share))
        self.prose = self.shapes.total() or 1
        self.top = self.shapes.most_common(1)[0][0]
        self.above: set[int] = set()
        box: Box | None = found.container
        while box is not None:
            self.above.add(box.order)
            box = box.parent

    def place(self, index: int) -> tuple[float, ...]:
        """Return the numbers of one segment, in the order of _PLACE."""
        segment, gap = self.rows[index], self.nearest[index]
        box, whole = segment.box, self.container
        parent = box.parent or box
        steps, depth = _climb(box, self.above)
        shape = _shape(segment)
        shape_share = self.shapes[shape] / self.prose
        return (
            float(depth == whole.depth),
            min(6.0, whole.depth - depth) / 3.0,
            min(6.0, steps) / 3.0,
            shape_share,
            float(shape == self.top),
            float(shape_share < 0.03),
            float(index < self.first),
            float(index > self.last),
            float(index == self.first),
            min(1.0, math.log1p(gap) / 3.0),
            float(self.first < index < self.last and gap <= 2),
            float(index > 0 and self.core[index - 1]),
            index / len(self.rows),
            float(box.chars < 0.15 * max(1, whole.chars)),
            min(1.0, parent.link_chars / max(1, parent.chars)),
            min(1.0, math.log1p(parent.segments) / 4.0),
            float(index > 0 and self.rows[index - 1].link_share > 0.8),
            float(index + 1 < len(self.rows) and self.rows[index + 1].link_share > 0.8),
        )


class _Statements:
    """What the page says elsewhere of its article, to compare segments with."""

    def __init__(self, found: Field, context: Context) -> None:
        self.seen = Counter(segment.text for segment in found.segments)
        self.title = " ".join(tokens(context.title))
        self.description = " ".join(tokens(context.description))
        self.grams = _grams(tokens(context.ld_body)) if len(context.ld_body) > 200 else set()

    def compare(self, text: str) -> tuple[float, ...]:
        """Return the numbers of one segment, in the order of _SAID."""
        words = tokens(text)
        joined = " ".join(words)
        held = 0.0
        if self.grams and words:
            own = _grams(words)
            held = len(own & self.grams) / len(own)
        return (
            float(self.seen[text] > 1),
            float(bool(joined) and joined == self.title),
            float(len(joined) > 30 and joined in self.description),
            float(held > 0.6),
            float(bool(self.grams) and held < 0.2),
        )


@lru_cache(maxsize=4096)
def _mark_features(marks: int) -> tuple[float, ...]:
    return tuple(1.0 if marks & mark else 0.0 for mark in _MARKS)


def _grams(words: Sequence[str]) -> set[tuple[str, ...]]:
    size = min(3, len(words))
    return {tuple(words[i : i + size]) for i in range(len(words) - size + 1)} if size else set()


def _shape(segment: Segment) -> tuple[str, str, str, int]:
    box = segment.box
    parent = box.parent
    return (box.tag, box.names, parent.tag if parent else "", box.depth)


def _nearest(core: Sequence[bool]) -> list[int]:
    """Return for each place how far the nearest true one is."""
    result = [len(core)] * len(core)
    for order in (range(len(core)), range(len(core) - 1, -1, -1)):
        away = len(core)
        for index in order:
            away = 0 if core[index] else away + 1
            result[index] = min(result[index], away)
    return result
