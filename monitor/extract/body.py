"""The article's blocks among a page's segments, and the roles of what stands between them.

Segments near the container are scored by a logistic regression over named features (weights.py, trained by
tests/bench/train_body.py); rules then take out teasers, titles and headings of nothing. Hand rules alone reached
F1 .935 and .924 on the web and press sets; the regression, on hosts it was not trained on, .968 and .956.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from monitor.extract import teaser
from monitor.extract.features import HEADINGS, Context, Field, describe, find, tokens
from monitor.extract.segment import Mark, Segment, segments
from monitor.extract.weights import WEIGHTS
from monitor.model import Block, Role
from monitor.parse.html import Node

# Less than this share of the core kept: the weights misread the page, and its paragraphs are taken as they stand.
_CORE_SHARE = 0.45
MAX_ASIDES = 60
_LINK = 0.8
_TABLE_PROSE = 140


@dataclass(frozen=True, slots=True)
class Memory:
    """What other pages of the outlet taught: digests of texts that stand on several of them, and of their titles."""

    blocks: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks in reading order, those that are not the article's own among them with their roles."""

    blocks: tuple[Block, ...] = ()
    link_share: float = 0.0
    """Share of the own blocks' characters that stand in links."""
    headline_links: int = 0
    """Segments of the whole page that are one link of a headline's length."""


def digest(text: str) -> str:
    """Return the key under which a text is remembered: 64 bits of its folded words, in hex."""
    return hashlib.blake2b(" ".join(tokens(text)).encode(), digest_size=8).hexdigest()


def read(root: Node, context: Context, memory: Memory | None = None, *, weights: Sequence[float] = WEIGHTS) -> Body:
    """Find the article below `root`. No blocks where the page holds no text at all."""
    rows = segments(root)
    headlines = sum(segment.link_share > 0.85 and 25 <= segment.chars <= 260 for segment in rows)
    found = find(rows)
    if found is None:
        return Body(headline_links=headlines)
    scored = [sum(map(mul, row, weights)) > 0 for row in describe(found, context)]
    teasers = teaser.find(found, context)
    kept = _rescue(found, scored)
    _leave_out(found, kept, teasers, context, memory)
    own = [segment for segment, keep in zip(found.segments, kept, strict=True) if keep]
    chars = sum(segment.chars for segment in own)
    links = sum(min(segment.link_chars, segment.chars) for segment in own)
    return Body(_blocks(found, kept, teasers), links / chars if chars else 0.0, headlines)


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


def _leave_out(found: Field, kept: list[bool], teasers: set[int], context: Context, memory: Memory | None) -> None:
    """Take out what no score can know: teasers, the title, what other pages hold too, headings of nothing."""
    title = tokens(context.title)
    for index, segment in enumerate(found.segments):
        if segment.box.tag in HEADINGS and title and tokens(segment.text) == title:
            kept[index] = False
        elif memory is not None:
            key = digest(segment.text)
            if segment.link_share > _LINK and key in memory.titles:
                teasers.add(index)
            elif key in memory.blocks:
                kept[index] = False
    for index in teasers:
        kept[index] = False
    below = 0
    for index in range(len(kept) - 1, -1, -1):
        tag = found.segments[index].box.tag
        level = int(tag[1]) if tag in HEADINGS else 7
        # A heading needs text below it, or a lesser heading that has some.
        kept[index] = kept[index] and (level == 7 or below > level)
        below = level if kept[index] else below


def _blocks(found: Field, kept: Sequence[bool], teasers: set[int]) -> tuple[Block, ...]:
    """Return the own blocks, and of what was left out the teasers, captions and notes between them."""
    first = kept.index(True) if True in kept else 0
    last = len(kept) - 1 - kept[::-1].index(True) if True in kept else -1
    blocks: list[Block] = []
    asides = 0
    for index, segment in enumerate(found.segments):
        if kept[index]:
            blocks.append(Block(_own_role(segment, found), segment.text))
            continue
        role = Role.TEASER if index in teasers else _aside_role(segment, between=first < index < last)
        if role is not None and asides < MAX_ASIDES:
            asides += 1
            blocks.append(Block(role, segment.text))
    return tuple(blocks)


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


def _aside_role(segment: Segment, *, between: bool) -> Role | None:
    if segment.box.marks & Mark.CAPTION.value and between:
        return Role.CAPTION
    if between and segment.chars > 60 and segment.link_share < 0.5:
        return Role.NOTE
    return None
