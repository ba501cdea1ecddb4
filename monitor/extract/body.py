"""The article's blocks among a page's segments, and the roles of what stands between them.

Segments near the container are scored (score.py, weights.py); rules then take out teasers, titles and headings of
nothing. `judge` decides, `read` makes blocks of it, explain.py tells why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

from monitor.extract import others as elsewhere
from monitor.extract import teaser
from monitor.extract.field import HEADINGS, Context, Field, ends_sentence, find, tokens, whole
from monitor.extract.score import Weights, score
from monitor.extract.segment import Mark, Segment, segments
from monitor.extract.weights import WEIGHTS
from monitor.model import Block, Role
from monitor.parse.html import Node

# Less than this share of the core kept: the weights misread the page, and its paragraphs are taken as they stand.
_CORE_SHARE = 0.45
MAX_ASIDES = 60
_TABLE_PROSE = 140
# A text of more characters that stands this often on a page fills the place of something that was not loaded.
_LONG = 60
_LABEL = 24
_BESIDE = (Mark.ASIDE | Mark.ADVERT | Mark.SHARE | Mark.SIGNUP | Mark.WALL | Mark.FORM).value
_PLACEHOLDER = 3
_TABLE = Mark.TABLE.value
_HIDDEN = Mark.HIDDEN.value
_NEVER = (Mark.HIDDEN | Mark.CAPTION).value


@dataclass(frozen=True, slots=True)
class Body:
    """The blocks in reading order, those that are not the article's own among them with their roles."""

    blocks: tuple[Block, ...] = ()
    link_share: float = 0.0
    """Share of the own blocks' characters that stand in links."""
    headline_links: int = 0
    """Segments of the whole page that are one link of a headline's length."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided over the segments of a field. `scores`: log odds, empty where the field was chosen; `first`:
    what they alone would keep; `kept`: what is the article's own; `teasers`: places of what belongs to others.
    """

    field: Field
    scores: Sequence[float]
    first: Sequence[bool]
    rescued: Sequence[bool]
    kept: Sequence[bool]
    teasers: set[int]


def read(root: Node, context: Context, *, weights: Weights = WEIGHTS, chosen: bool = False) -> Body:
    """Find the article below `root`; `chosen`: all of it is its own, but for what no score decides. No blocks where the
    page holds no text at all.
    """
    rows = segments(root)
    headlines = sum(25 <= segment.chars <= 260 and segment.link_share > 0.85 for segment in rows)
    judged = judge(rows, context, weights=weights, chosen=chosen)
    if judged is None:
        return Body(headline_links=headlines)
    own = list(compress(judged.field.segments, judged.kept))
    chars = sum(segment.chars for segment in own)
    links = sum(min(segment.link_chars, segment.chars) for segment in own)
    blocks = tuple(Block(role, segment.text) for segment, role in roles(judged))
    return Body(blocks, links / chars if chars else 0.0, headlines)


def judge(
    rows: Sequence[Segment], context: Context, *, weights: Weights = WEIGHTS, chosen: bool = False
) -> Judged | None:
    """Decide over a page's segments; None where there is nothing to decide."""
    found, others = field_of(rows, context, chosen=chosen)
    if found is None:
        return None
    scores: Sequence[float] = () if chosen else score(found, context, weights)
    if chosen:
        first = rescued = [not segment.box.marks & _NEVER for segment in found.segments]
    else:
        # Elsewhere it is the answers of a list of questions, folded up: .002 of F1 on pages that are no news.
        hidden = ~found.container.marks & _HIDDEN if context.news else 0
        first = [
            one > 0 and not segment.box.marks & hidden for one, segment in zip(scores, found.segments, strict=True)
        ]
        rescued = _rescue(found, first)
    teasers = teaser.find(found, context, others)
    return Judged(found, scores, first, rescued, _left(found, rescued, teasers, context), teasers)


def field_of(rows: Sequence[Segment], context: Context, *, chosen: bool = False) -> tuple[Field | None, set[int]]:
    """Return the part of the page that is judged, and the orders of the segments of other articles in it."""
    found = whole(rows) if chosen else find(rows, context.title)
    if found is None:
        return None, set()
    others = elsewhere.other_articles(found, context)
    return (elsewhere.own_field(rows, found, others) if others and not chosen else found), others


def _rescue(found: Field, kept: list[bool]) -> list[bool]:
    core = found.core
    whole = sum(segment.chars for segment in compress(found.segments, core))
    got = sum(segment.chars for segment, keep in zip(found.segments, kept, strict=True) if keep)
    return kept if got >= _CORE_SHARE * whole else [keep or is_core for keep, is_core in zip(kept, core, strict=True)]


def _left(found: Field, kept: Sequence[bool], teasers: set[int], context: Context) -> list[bool]:
    """Take out what no score can know: teasers, placeholders, labels, the title, headings of nothing."""
    title = tokens(context.title)
    fillers = _placeholders(found, kept)
    left = [
        keep and index not in teasers and segment.text not in fillers and not _is_label(segment, found)
        for index, (segment, keep) in enumerate(zip(found.segments, kept, strict=True))
    ]
    below = 0
    for index in range(len(left) - 1, -1, -1):
        if not left[index]:
            continue
        segment = found.segments[index]
        level = int(segment.box.tag[1]) if segment.box.tag in HEADINGS else 7
        # A heading needs text below it, or a lesser heading that has some.
        if level < 7 and (below <= level or (title and tokens(segment.text) == title)):
            left[index] = False
        else:
            below = level
    return left


def _placeholders(found: Field, kept: Sequence[bool]) -> set[str]:
    """Return the texts that stand in the places of things not loaded; none where they would be most of the article."""
    # Cells of a table say the same again and mean it: a plan of training, a timetable.
    times = Counter(
        segment.text for segment in found.segments if segment.chars > _LONG and not segment.box.marks & _TABLE
    )
    fillers = {text for text, count in times.items() if count >= _PLACEHOLDER}
    if not fillers:
        return fillers
    own = [segment for segment, keep in zip(found.segments, kept, strict=True) if keep]
    filled = sum(segment.chars for segment in own if segment.text in fillers)
    return fillers if 2 * filled < sum(segment.chars for segment in own) else set()


def _is_label(segment: Segment, found: Field) -> bool:
    """Say whether a segment is the word over an advertisement or another box that is no part of the text."""
    if segment.chars > _LABEL or not segment.box.marks & ~found.container.marks & _BESIDE:
        return False
    return not ends_sentence(segment.text)


def roles(judged: Judged) -> Iterator[tuple[Segment, Role]]:
    """Yield the own segments, and of what was left out the teasers, captions and notes between them."""
    found, kept, teasers = judged.field, judged.kept, judged.teasers
    first = kept.index(True) if True in kept else 0
    last = len(kept) - 1 - kept[::-1].index(True) if True in kept else -1
    asides = 0
    for index, segment in enumerate(found.segments):
        if kept[index]:
            yield segment, _own_role(segment, found)
            continue
        role = Role.TEASER if index in teasers else _aside_role(segment, between=first < index < last)
        if role is not None and asides < MAX_ASIDES:
            asides += 1
            yield segment, role


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
