"""Which `<article>` of a page is another one's: the next to read, cards below it, a story within the story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress

from monitor.extract.field import HEADINGS, Context, Field, find, tokens
from monitor.extract.links import home, is_link
from monitor.extract.segment import Box, Mark, Segment

_ARTICLE = Mark.ARTICLE.value
# More of them are a list, of which a page may be made.
_MOST = 4


def other_articles(found: Field, context: Context) -> set[int]:
    """Return the orders of the segments within an `<article>` that is not the page's: its heading is a link to another
    page, or the headline of one where the page's own stands elsewhere; and it does not hold the page's title or, where
    nothing does, most of the text.
    """
    rows = found.segments
    heads = [one for one in rows if one.box.marks & _ARTICLE and one.box.tag in HEADINGS]
    # Most pages have no such heading, and need no more than this to say so.
    if not any(one.link_share > 0.8 for one in heads) and sum(one.box.tag == "h1" for one in heads) < 2:
        return set()
    inside = _articles(rows)
    if len(inside) < 2:
        return set()
    title = tokens(context.title)
    titled = next((box for box, held in inside.items() if any(_says(one, title) for one in held)), None)
    own = set(around(titled or found.container))
    here = home(context.url)
    others = [
        held
        for box, held in inside.items()
        if box not in own
        and (heading := next((one for one in held if one.box.tag in HEADINGS), None))
        and ((titled and heading.box.tag == "h1") or (is_link(heading) and here.leads_on(heading.links[0])))
    ]
    # Parts of the page's own article under linked headings, and a list where no article has the page's title.
    if not others or (not titled and len(others) > _MOST):
        return set()
    result = {segment.order for held in others for segment in held}
    return result if titled or not _mostly(found, result) else set()


def own_field(rows: Sequence[Segment], found: Field, others: set[int]) -> Field:
    """Return the field of the page's own article where `others`, by their orders, hold most of what was found."""
    if not _mostly(found, others):
        return found
    own = find([row for row in rows if row.order not in others])
    if own is None:
        return found
    first, last = own.scope.order, own.scope.last
    return replace(own, segments=tuple(row for row in rows if first <= row.box.order <= last))


def _mostly(found: Field, orders: set[int]) -> bool:
    """Say whether segments, by their orders, hold most of the field's core."""
    core = list(compress(found.segments, found.core))
    return 2 * sum(one.chars for one in core if one.order in orders) > sum(one.chars for one in core)


def _articles(rows: Sequence[Segment]) -> dict[Box, list[Segment]]:
    """Return the segments by the innermost `<article>` around them, leaving out those in none."""
    nearest: dict[Box, Box | None] = {}
    held: dict[Box, list[Segment]] = {}
    for segment in rows:
        box = segment.box
        if not box.marks & _ARTICLE:
            continue
        # Segments stand in a box each, but share its parent.
        start = box.parent if box.tag != "article" and box.parent is not None else box
        if start not in nearest:
            nearest[start] = next((one for one in around(start) if one.tag == "article"), None)
        if (holder := nearest[start]) is not None:
            held.setdefault(holder, []).append(segment)
    return held


def _says(segment: Segment, title: Sequence[str]) -> bool:
    return segment.box.tag in HEADINGS and bool(title) and tokens(segment.text) == title


def around(box: Box | None) -> Iterator[Box]:
    """Yield a box and those around it, outwards."""
    while box is not None:
        yield box
        box = box.parent
