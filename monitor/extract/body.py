"""The article's blocks among a page's segments, each with the reason why it was kept or left out.

Segments near the container are scored by a logistic regression over named features (weights.py, trained by
tests/bench/train_body.py); rules then take out teasers, titles and headings of nothing. Hand rules alone reached
F1 .935 and .924 on the web and press sets, the regression .968 and .952.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from monitor.extract import teaser
from monitor.extract.features import HEADINGS, NAMES, Context, Field, describe, find, tokens
from monitor.extract.segment import Mark, Segment, segments
from monitor.extract.weights import WEIGHTS
from monitor.model import OWN_ROLES, Block, Role
from monitor.parse.html import Node

# Less than this share of the core kept: the weights misread the page, and its paragraphs are taken as they stand.
_CORE_SHARE = 0.45
MAX_ASIDES = 60
_TABLE_PROSE = 140


@dataclass(frozen=True, slots=True)
class Memory:
    """What other pages of the outlet taught: digests of texts that stand on several of them, and of their titles."""

    blocks: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a segment. `role` None: left out. `score`: log odds of being the article's own."""

    text: str
    role: Role | None
    score: float
    reason: str
    tag: str
    features: tuple[tuple[str, float], ...] = ()
    """What weighed most, as (name, weight × value); filled where it was asked for."""


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks in reading order, and a verdict for every segment that was looked at."""

    blocks: tuple[Block, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    link_share: float = 0.0
    """Share of the own blocks' characters that stand in links."""
    headline_links: int = 0
    """Segments of the whole page that are one link of a headline's length."""


def digest(text: str) -> str:
    """Return the key under which a text is remembered: 64 bits of its folded words, in hex."""
    return hashlib.blake2b(" ".join(tokens(text)).encode(), digest_size=8).hexdigest()


def read(
    root: Node,
    context: Context,
    memory: Memory | None = None,
    *,
    weights: Sequence[float] = WEIGHTS,
    explain: bool = False,
) -> Body:
    """Find the article below `root`. An empty Body where the page holds no text at all."""
    rows = segments(root)
    headlines = sum(segment.link_share > 0.85 and 25 <= segment.chars <= 260 for segment in rows)
    found = find(rows)
    if found is None:
        return Body(headline_links=headlines)
    features = describe(found, context)
    scores = [sum(map(mul, row, weights)) for row in features]
    kept = _rescue(found, [score > 0 for score in scores])
    left_out = _rules(found, kept, context, memory)
    _sections(found, kept, left_out)
    first = kept.index(True) if True in kept else 0
    last = len(kept) - 1 - kept[::-1].index(True) if True in kept else -1
    verdicts = []
    for index, segment in enumerate(found.segments):
        role: Role | None
        if kept[index]:
            role, reason = _own_role(segment, found), "kept: " + ("score" if scores[index] > 0 else "core")
        else:
            reason = left_out.get(index, "score")
            role = _aside_role(segment, reason, between=first < index < last)
        top = _top(features[index], weights) if explain else ()
        verdicts.append(Verdict(segment.text, role, scores[index], reason, segment.box.tag, top))
    own = [segment for segment, keep in zip(found.segments, kept, strict=True) if keep]
    chars = sum(segment.chars for segment in own)
    links = sum(min(segment.link_chars, segment.chars) for segment in own)
    return Body(_blocks(verdicts), tuple(verdicts), links / chars if chars else 0.0, headlines)


def _rescue(found: Field, kept: list[bool]) -> list[bool]:
    core = [found.weight.get(segment.order, 0.0) > 0.8 and _inside(segment, found) for segment in found.segments]
    whole = sum(segment.chars for segment, is_core in zip(found.segments, core, strict=True) if is_core)
    got = sum(
        segment.chars for segment, is_core, keep in zip(found.segments, core, kept, strict=True) if is_core and keep
    )
    return kept if got >= _CORE_SHARE * whole else [keep or is_core for keep, is_core in zip(kept, core, strict=True)]


def _inside(segment: Segment, found: Field) -> bool:
    box = segment.box
    while box.depth > found.container.depth and box.parent is not None:
        box = box.parent
    return box is found.container


def _rules(found: Field, kept: list[bool], context: Context, memory: Memory | None) -> dict[int, str]:
    """Take out what no score can know; return the reasons by place."""
    reasons = {index: f"teaser: {why}" for index, why in teaser.find(found, context).items()}
    title = tokens(context.title)
    for index, segment in enumerate(found.segments):
        if index in reasons:
            continue
        if segment.box.tag in HEADINGS and title and tokens(segment.text) == title:
            reasons[index] = "the title"
        elif memory is not None and (known := _remembered(segment, memory)):
            reasons[index] = known
    for index in reasons:
        kept[index] = False
    return reasons


def _remembered(segment: Segment, memory: Memory) -> str:
    key = digest(segment.text)
    if segment.link_share > 0.8 and key in memory.titles:
        return "teaser: title of another article"
    return "stands on other pages of the outlet" if key in memory.blocks else ""


def _sections(found: Field, kept: list[bool], reasons: dict[int, str]) -> None:
    """Leave out headings that nothing kept follows."""
    filled = False
    level = 7
    for index in range(len(kept) - 1, -1, -1):
        segment = found.segments[index]
        tag = segment.box.tag
        if tag not in HEADINGS:
            filled = filled or kept[index]
            level = 7 if kept[index] else level
        elif kept[index]:
            if not filled and int(tag[1]) >= min(level, 6) - 5:
                kept[index] = False
                reasons[index] = "heading of nothing"
            else:
                filled, level = False, int(tag[1])


def _own_role(segment: Segment, found: Field) -> Role:
    marks = segment.box.marks & ~found.container.marks
    if segment.box.tag in HEADINGS:
        return Role.HEADING
    if marks & (Mark.QUOTE.value):
        return Role.QUOTE
    if marks & Mark.LIST.value:
        return Role.LIST
    if marks & Mark.TABLE.value and segment.chars < _TABLE_PROSE:
        return Role.TABLE
    return Role.BODY


def _aside_role(segment: Segment, reason: str, *, between: bool) -> Role | None:
    if reason.startswith("teaser"):
        return Role.TEASER
    if segment.box.marks & Mark.CAPTION.value and between:
        return Role.CAPTION
    if between and segment.chars > 60 and segment.link_share < 0.5:
        return Role.NOTE
    return None


def _top(row: Sequence[float], weights: Sequence[float]) -> tuple[tuple[str, float], ...]:
    parts = [(name, weight * value) for name, weight, value in zip(NAMES, weights, row, strict=True) if value]
    return tuple(sorted(parts, key=lambda part: -abs(part[1]))[:6])


def _blocks(verdicts: Sequence[Verdict]) -> tuple[Block, ...]:
    blocks: list[Block] = []
    asides = 0
    for verdict in verdicts:
        if verdict.role is None:
            continue
        if verdict.role not in OWN_ROLES:
            asides += 1
            if asides > MAX_ASIDES:
                continue
        blocks.append(Block(verdict.role, verdict.text))
    return tuple(blocks)
