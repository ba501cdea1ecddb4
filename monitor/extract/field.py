"""Where on a page its article is looked for: the container that most of its paragraphs vote for, and the part of
the page around it whose segments may belong to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitor.extract.segment import Box, Mark, Segment

# Marks behind the end of a sentence; German closes with “ and Danish with «.
CLOSING = "'\"”’“‘»«›‹」』）)]"
_CLOSED = f"[{re.escape(CLOSING)}]*$"
ELLIPSIS = re.compile(rf"(?:…|\.\.\.){_CLOSED}")
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SENTENCE_END = re.compile(rf"[.!?…。！？।॥؟۔։។။።]{_CLOSED}")
_TOKEN = re.compile(r"\w+")
# Shorter words are those that any two texts of a language share; of a paragraph its beginning is enough.
_TELLING = re.compile(r"\w{5,}")
_TELLING_CHARS = 250
# Boxes above the container that are still looked at; the whole page gains nothing over 5.
MAX_UP = 5
_VOTE_LEVELS = (1.0, 0.65, 0.45, 0.3, 0.2)
# A container with less than the first share of all votes is one section of several: its nearest ancestor with the
# second share is taken. On long pages put together from boxes far apart F1 rose from .942 to .951 by it.
_ONE_OF_SEVERAL = 0.4
_MOST_OF_ALL = 0.6
# Votes of two plain paragraphs: an article that has its title and no more is a card.
_OWN_LEAST = 2.0
# A vote as high as that of a plain paragraph of 80 characters.
_CORE = 0.8
FAR = (Mark.COMMENT | Mark.RELATED | Mark.FOOTER | Mark.ASIDE | Mark.SIGNUP | Mark.WALL | Mark.HIDDEN).value
_FOOTER = Mark.FOOTER.value
_COMMENT = Mark.COMMENT.value


@dataclass(frozen=True, slots=True)
class Context:
    """What the rest of the page says of the article; all of it may be empty."""

    title: str = ""
    description: str = ""
    ld_body: str = ""
    url: str = ""
    news: bool = False
    """Whether the page calls itself news."""
    outlet: str = ""
    authors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """The part of a page that is looked at: `container` holds most of the body, `segments` are those of `scope`, which
    may belong to it; `weight` the votes of paragraphs by their order.
    """

    container: Box
    scope: Box
    segments: tuple[Segment, ...]
    weight: dict[int, float] = field(default_factory=dict)

    @cached_property
    def core(self) -> list[bool]:
        """Whether each segment is a plain long paragraph of the container."""
        first, last = self.container.order, self.container.last
        return [first <= one.box.order <= last and self.weight.get(one.order, 0.0) > _CORE for one in self.segments]


def tokens(text: str) -> list[str]:
    """Split into runs of letters and digits, lower-case."""
    return _TOKEN.findall(text.lower())


def telling(text: str) -> frozenset[str]:
    """Return the longer words that a text begins with, lower-case."""
    return frozenset(_TELLING.findall(text[:_TELLING_CHARS].lower()))


def ends_sentence(text: str) -> bool:
    """Say whether text ends as a sentence does, in any script."""
    return bool(_SENTENCE_END.search(text[-8:]))


def find(segments: Sequence[Segment], title: str = "") -> Field | None:
    """Find the article's container by votes of its paragraphs, four levels up; None where no segment has a vote.
    `title`: where another article on the page has more votes, it tells which is the page's own.
    """
    starts: dict[Box, float] = {}
    weight: dict[int, float] = {}
    for segment in segments:
        worth = _vote(segment)
        if worth <= 0:
            continue
        weight[segment.order] = worth
        box: Box | None = segment.box
        if box is not None and box.tag in {"p", "pre"} and box.parent is not None:
            box = box.parent
        if box is not None:
            starts[box] = starts.get(box, 0.0) + worth
    if not starts:
        return None
    container = _widened(_elected(starts), starts)
    if own := _own_article(container, starts, segments, title):
        container = _widened(_elected(own), own)
    scope = container
    for _ in range(MAX_UP):
        if scope.parent is not None and scope.parent.parent is not None:
            scope = scope.parent
    inside = tuple(segment for segment in segments if scope.order <= segment.box.order <= scope.last)
    return Field(container, scope, inside, weight)


def _elected(starts: dict[Box, float]) -> Box:
    """Return the box with most votes, of its own paragraphs in full and of those deeper inside in part."""
    votes: dict[Box, float] = {}
    for start, worth in starts.items():
        box: Box | None = start
        for share in _VOTE_LEVELS:
            if box is None:
                break
            votes[box] = votes.get(box, 0.0) + worth * share
            box = box.parent
    return max(votes, key=lambda box: (votes[box], -box.order))


def _own_article(container: Box, starts: dict[Box, float], segments: Sequence[Segment], title: str) -> dict[Box, float]:
    """Return the votes within the article that has the page's title, where the container is another that follows it.

    The next article stands in full below some; an <article> of its own tells it from a section of the same one.
    """
    other = _article_of(container)
    words = tokens(title)
    if other is None or not words:
        return {}
    for segment in segments:
        if segment.box.order >= other.order:
            break
        if segment.box.tag in HEADINGS and tokens(segment.text) == words:
            own = _article_of(segment.box)
            if own is None or own.last >= other.order:
                break
            inside = {box: worth for box, worth in starts.items() if own.order <= box.order <= own.last}
            return inside if sum(inside.values()) >= _OWN_LEAST else {}
    return {}


def _article_of(box: Box | None) -> Box | None:
    """Return the nearest <article> around a box, or the box itself where it is one."""
    while box is not None and box.tag != "article":
        box = box.parent
    return box


def _widened(container: Box, starts: dict[Box, float]) -> Box:
    """Return the container, or the ancestor that holds its sister sections too."""

    def held(box: Box) -> float:
        return sum(worth for start, worth in starts.items() if box.order <= start.order <= box.last)

    whole = sum(starts.values())
    if held(container) >= _ONE_OF_SEVERAL * whole:
        return container
    while container.parent is not None and held(container) < _MOST_OF_ALL * whole:
        container = container.parent
    return container


def whole(segments: Sequence[Segment]) -> Field | None:
    """Return all of a tree as the article's field; None where it holds no text."""
    if not segments:
        return None
    box = segments[0].box
    while box.parent is not None:
        box = box.parent
    return Field(box, box, tuple(segments))


def _vote(segment: Segment) -> float:
    size = segment.size
    if size < 40 or segment.box.tag in HEADINGS or segment.box.marks & _FOOTER:
        return 0.0
    prose = (1.0 - segment.link_share) ** 2
    if not ends_sentence(segment.text):
        prose *= 0.6
    if segment.box.marks & FAR:
        # Comments outweigh a short article ten times: 0.05 lets them win only where there is nothing else.
        prose *= 0.05 if segment.box.marks & _COMMENT else 0.25
    return prose * min(size, 700.0) / 100.0
