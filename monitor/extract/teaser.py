"""Which of the segments that look like the article belong to another one: headline links, cards, cut summaries.

These make false alerts: a related story in the middle of an article names people and places that the article does
not. Six signs, none of them a word or an outlet: a headline that is one link to another page, a card inside one
link, a summary cut with an ellipsis, a small box of its own, a byline under it, a title known from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from monitor.extract.field import ELLIPSIS, HEADINGS, Context, Field, density, ends_sentence
from monitor.extract.segment import Box, Mark, Segment
from monitor.extract.site import same_site, site
from monitor.parse.urls import absolute

_PERSON = re.compile(
    r"/(?:authors?|autor(?:es|en)?|auteurs?|people|person|profiles?|staff|by|contributors?|writers?|users?)/"
)
_NO_PAGE = re.compile(r"(?i)^(?:mailto|tel|javascript|data|whatsapp):|\.(?:jpe?g|png|gif|webp|pdf|zip|mp[34])(?:\?|$)")
# A card takes this share of the container at most, and so many segments: more is a part of the article.
_SMALL_SHARE = 0.35
_SMALL_COUNT = 9
_SUMMARY = 80
# Cut by a program: right after a word, with nothing behind the dots.
_CUT = re.compile(r"[\w’'\]](?:…|\.\.\.)$|\s(?:…|\[…\]|\.\.\.)$")


def find(found: Field, context: Context) -> set[int]:
    """Return the places within the field that are teasers."""
    rows = found.segments
    home = site(context.url)
    result: set[int] = set()
    for index, segment in enumerate(rows):
        if index in result:
            continue
        if segment.card and _is_link(segment) and _small(segment.box, found):
            result |= {index} | _byline_after(rows, index, found)
        elif _is_link(segment) and _headline(segment) and _stays(segment.links[0], home, context.url):
            result |= _group(rows, index, found)
        elif ELLIPSIS.search(segment.text[-8:]) and _cut_card(rows, index, found):
            result |= {index} | _byline_after(rows, index, found)
            if rows[index - 1].box.tag in HEADINGS:
                result.add(index - 1)
        elif _plain_card(rows, index):
            result |= {index - 1, index, index + 1}
    return result


def _plain_card(rows: Sequence[Segment], index: int) -> bool:
    """Say whether a cut text stands between a headline and a name, none of them marked as anything."""
    if not 0 < index < len(rows) - 1 or not _CUT.search(rows[index].text[-8:]) or rows[index].chars < _SUMMARY:
        return False
    before, after = rows[index - 1], rows[index + 1]
    if ends_sentence(before.text) or ends_sentence(after.text) or not 25 <= before.chars <= 260 or after.chars > 60:
        return False
    return before.text[-1].isalnum() and after.box.tag not in HEADINGS and after.text[:1].isupper()


def _is_link(segment: Segment) -> bool:
    """Say whether nearly all of a segment is a link to a page that is not a person's."""
    if segment.link_share < 0.85 or not segment.links:
        return False
    return not _NO_PAGE.search(segment.links[0]) and not _PERSON.search(segment.links[0])


def _stays(href: str, home: str, url: str) -> bool:
    """Say whether a link leads to another page of the same site; a source elsewhere is the article's own."""
    if not home:
        return True
    target = absolute(url, href)
    if target is None or target.split("#")[0] == url.split("#", maxsplit=1)[0]:
        return False
    return same_site(home, site(target))


def _headline(segment: Segment) -> bool:
    size = segment.chars * density(segment.text)
    return 25 <= size <= 260 and len(segment.links) == 1 and (size > 40 or segment.box.tag in HEADINGS)


def _group(rows: Sequence[Segment], start: int, found: Field) -> set[int]:
    """Return the headline link at `start` and what belongs to it: its card, a cut summary, a byline."""
    result = {start}
    for index in range(start + 1, min(start + 5, len(rows))):
        segment = rows[index]
        if segment.box.tag in HEADINGS and index > start + 1:
            break
        if not _shared_card(rows[start], segment, found):
            cut = ELLIPSIS.search(segment.text[-8:]) and segment.box.tag not in HEADINGS
            between = index == start + 1 and index + 1 < len(rows) and _byline(rows[index + 1])
            if not cut and not between:
                return result | {index} if _byline(segment) else result
        result.add(index)
    return result


def _byline_after(rows: Sequence[Segment], index: int, found: Field) -> set[int]:
    result: set[int] = set()
    for place in range(index + 1, min(index + 3, len(rows))):
        if not _byline(rows[place]) and not _shared_card(rows[index], rows[place], found):
            break
        result.add(place)
    return result


def _byline(segment: Segment) -> bool:
    """Say whether a segment looks like a name under a card: short, no sentence, linked to a person or marked so."""
    if segment.chars > 90 or ends_sentence(segment.text):
        return False
    if any(_PERSON.search(href) for href in segment.links):
        return True
    return bool(segment.box.own & Mark.BYLINE.value)


def _shared_card(one: Segment, other: Segment, found: Field) -> bool:
    """Say whether two segments stand in one small box within the container."""
    boxes = set()
    box: Box | None = one.box
    while box is not None and _small(box, found):
        boxes.add(box.order)
        box = box.parent
    box = other.box
    while box is not None and _small(box, found):
        if box.order in boxes:
            return True
        box = box.parent
    return False


def _small(box: Box, found: Field) -> bool:
    whole = found.container
    if box.depth <= whole.depth and box.tag in {"body", "main", "article"}:
        return False
    current: Box | None = whole
    while current is not None and current.depth >= box.depth:
        if current is box:
            return False
        current = current.parent
    return box.chars <= _SMALL_SHARE * max(1, whole.chars) and box.segments <= _SMALL_COUNT


def _cut_card(rows: Sequence[Segment], index: int, found: Field) -> bool:
    """Say whether a text that ends in an ellipsis stands in a small box with a heading or a link of its own."""
    if index == 0:
        return False
    before = rows[index - 1]
    if before.box.tag in HEADINGS and _shared_card(before, rows[index], found):
        return True
    after = rows[index + 1] if index + 1 < len(rows) else None
    return bool(after and after.link_share > 0.8 and after.links and _shared_card(after, rows[index], found))
