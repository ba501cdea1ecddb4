"""Which of the segments that look like the article belong to another one: headline links, cards, cut summaries.

These make false alerts: a related story in the middle of an article names people and places that the article does
not. The signs, none of them a word or an outlet: a headline that is one link to another page, alone or behind a short
label or a date; a card inside one link; a summary cut with an ellipsis; a small box of its own; a byline under it;
an `<article>` within the article; a title known from elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from monitor.extract.field import ELLIPSIS, HEADINGS, Context, Field, ends_sentence
from monitor.extract.links import Home, home, is_link, is_page, is_person
from monitor.extract.others import around
from monitor.extract.segment import Box, Mark, Segment, density

# A card takes this share of the container at most, and so many segments: more is a part of the article.
_SMALL_SHARE = 0.42
_SMALL_COUNT = 9
_SUMMARY = 80
# A link of a headline's length; a longer one up to _LONGEST holds a summary too.
_LEAST, _HEADLINE, _LONGEST = 25, 260, 700
_LABEL = 30
_MOST_LINKED = 5
_WIDEST = 2.5
_CAPTION = Mark.CAPTION.value
_ITEMS = frozenset({"li", "dt", "dd", "td", "th"})
_TEXTS = frozenset({"p", "li"})
_MOST_CUT = 320
_BYLINE = 60
# Cut by a program: right after a word, with nothing behind the dots.
_CUT = re.compile(r"[\w’'\]](?:…|\.\.\.)$|\s(?:…|\[…\]|\.\.\.)$")
# What stands between a label and the headline that it announces.
_ANNOUNCES = re.compile(r"[:：|｜»›>→►▶•·–—/\]】］）)]\s*$")
# So many headline links with texts below them, or this share of the core in them, are how the article is built.
_OWN_PARTS = 3
_OWN_SHARE = 0.4


def find(found: Field, context: Context, others: Collection[int] = ()) -> set[int]:
    """Return the places within the field that are teasers. `others`: what `other_articles` returned."""
    rows = found.segments
    here = home(context.url)
    groups: list[set[int]] = []
    result: set[int] = set()
    for index, segment in enumerate(rows):
        # Most have neither of the two signs.
        if not segment.links and "…" not in (end := segment.text[-8:]) and "..." not in end:
            continue
        if index not in result and (group := _starting(rows, index, found, here)):
            groups.append(group)
            result |= group
    result -= _own_parts(groups, found)
    if len(boxes := _linked_boxes(rows, found, here)) < _OWN_PARTS:
        result = result.union(*boxes)
    result |= {index for index, segment in enumerate(rows) if segment.order in others} if others else set()
    return result | set(_labels(rows, result, found))


def _starting(rows: Sequence[Segment], index: int, found: Field, here: Home) -> set[int]:
    """Return the places of the teaser that begins, or shows itself, at one place."""
    segment = rows[index]
    if segment.links and segment.link_chars:
        # A card may lead to another site, as a bookmark does.
        if segment.card and is_link(segment) and _small(segment.box, found) and _filled(rows, index):
            return {index} | _byline_after(rows, index, found)
        if is_link(segment) and _headline(segment) and here.leads_on(segment.links[0]):
            return _group(rows, index, found)
        if (_announced(segment) or _led(segment)) and all(map(here.leads_on, segment.links)):
            return {index}
    return _cut_at(rows, index, found) if ELLIPSIS.search(segment.text[-8:]) else set()


def _cut_at(rows: Sequence[Segment], index: int, found: Field) -> set[int]:
    """Return the places of the teaser whose cut summary stands at one place."""
    if _cut_card(rows, index, found):
        group = {index} | _byline_after(rows, index, found)
        return group | {index - 1} if rows[index - 1].box.tag in HEADINGS else group
    if _plain_card(rows, index):
        return {index - 1, index, index + 1}
    return {index - 2, index - 1, index} if _dated_card(rows, index) else set()


def _filled(rows: Sequence[Segment], index: int) -> bool:
    """Say whether a link that holds several boxes holds more than a word or two."""
    segment = rows[index]
    beside = (*rows[max(0, index - 1) : index], *rows[index + 1 : index + 2])
    return segment.size >= _LEAST or any(one.links == segment.links for one in beside)


def _own_parts(groups: Sequence[set[int]], found: Field) -> set[int]:
    """Return what was taken for teasers but is how the article is built: its parts, each under a link."""
    if not groups:
        return set()
    core = found.core
    rows = found.segments
    taken = set[int]().union(*groups)
    times = Counter(_shape(segment) for segment in rows if _linked_heading(segment))
    as_teaser = Counter(_shape(rows[index]) for index in taken if _linked_heading(rows[index]))
    usual = {one for one, count in times.items() if count >= _OWN_PARTS and 3 * as_teaser[one] <= 2 * count}
    own = [group for group in groups if any(_linked_heading(rows[i]) and _shape(rows[i]) in usual for i in group)]
    parts = [group for group in groups if any(core[index] for index in group)]
    if not parts or not _scattered(parts, taken, core):
        return set[int]().union(*own)
    whole = sum(segment.chars for segment, is_core in zip(rows, core, strict=True) if is_core)
    held = sum(rows[index].chars for group in parts for index in group if core[index])
    if len(parts) >= _OWN_PARTS and held >= _OWN_SHARE * whole:
        own = parts
    return set[int]().union(*own)


def _scattered(parts: Sequence[set[int]], taken: set[int], core: Sequence[bool]) -> bool:
    """Say whether text of the article stands between what was taken; cards and lists stand together."""
    ends = [(min(part), max(part)) for part in parts]
    between = (range(last + 1, first) for (_, last), (first, _) in pairwise(ends))
    return sum(any(core[i] and i not in taken for i in gap) for gap in between) * 4 >= len(parts)


def _shape(segment: Segment) -> tuple[str, str, int]:
    """Return what headings written by the same template have in common."""
    return segment.box.tag, segment.box.names, segment.box.depth


def _linked_heading(segment: Segment) -> bool:
    return segment.box.tag in HEADINGS and segment.link_share > 0.6


def _within(segment: Segment, box: Box) -> bool:
    return box.order <= segment.box.order <= box.last


def _labels(rows: Sequence[Segment], teasers: set[int], found: Field) -> Iterator[int]:
    """Yield the places of what only announces the teasers after it."""
    core = found.core if teasers else ()
    last = max((index for index, is_core in enumerate(core) if is_core and index not in teasers), default=-1)
    for index in (place - 1 for place in teasers if place and place - 1 not in teasers):
        segment = rows[index]
        if segment.size > 2 * _LABEL:
            continue
        if segment.text[-1:] in ":：":
            yield index
        if segment.text[-1:] in ":：" or segment.box.tag in _ITEMS or _linked_heading(segment):
            continue
        listed = not ends_sentence(segment.text) and (index > last or _all_of_a_list(rows, index + 1, teasers))
        if listed or _shared_card(segment, rows[index + 1], found) or _heads_a_box(rows, index, teasers):
            yield index


def _heads_a_box(rows: Sequence[Segment], index: int, teasers: set[int]) -> bool:
    """Say whether a line is the first of a box that holds nothing else but teasers."""
    box = next((one for one in around(rows[index].box) if _within(rows[index + 1], one)), None)
    if box is None or (index and _within(rows[index - 1], box)):
        return False
    return all(place in teasers for place in range(index + 1, index + box.segments))


def _all_of_a_list(rows: Sequence[Segment], start: int, teasers: set[int]) -> bool:
    """Say whether a list starts here that holds nothing but teasers."""
    if not rows[start].box.marks & Mark.LIST.value:
        return False
    box: Box | None = rows[start].box
    while box is not None and box.tag not in {"ul", "ol", "dl"}:
        box = box.parent
    if box is None:
        return False
    for index in range(start, len(rows)):
        if not _within(rows[index], box):
            break
        if index not in teasers:
            return False
    return True


def _linked_boxes(rows: Sequence[Segment], found: Field, here: Home) -> list[set[int]]:
    """Return the places of each small box that begins with a headline and ends with its only link, a short one that
    leads on. More than a few of them are how the article is built.
    """
    boxes: list[set[int]] = []
    for last, link in enumerate(rows):
        if link.chars > _LABEL or link.link_share < 0.85 or link.box.tag in HEADINGS or _headline(link):
            continue
        box = next((one for one in around(link.box) if one.segments > 1), None)
        first = last + 1 - box.segments if box else -1
        if box is None or first < 0 or box.segments > _MOST_LINKED or not _within(rows[first], box):
            continue
        head, texts = rows[first], rows[first:last]
        named = head.box.tag in HEADINGS or (
            not ends_sentence(head.text) and any(one.size >= _SUMMARY for one in texts[1:])
        )
        if not named or not _LEAST <= head.size <= _HEADLINE or not _small(box, found):
            continue
        if not any(one.link_chars for one in texts) and is_link(link) and here.leads_on(link.links[0]):
            boxes.append(set(range(first, last + 1)))
    return boxes


def _announced(segment: Segment) -> bool:
    """Say whether a segment is a headline link, or several, behind a short label or a date."""
    if segment.chars - segment.link_chars > 2 * _LABEL or segment.link_chars * _WIDEST < _LEAST:
        return False
    wide = density(segment.text)
    rest = (segment.chars - segment.link_chars) * wide
    size = segment.link_chars * wide
    if rest > 2 * _LABEL or not size < _HEADLINE * len(segment.links) or not all(map(is_page, segment.links)):
        return False
    if len(segment.links) > 1:
        return size >= _LEAST * len(segment.links) and segment.link_share > 0.7 and not ends_sentence(segment.text)
    label = segment.text[: max(0, segment.chars - segment.link_chars)]
    dated = sum(map(str.isdigit, label)) >= 4 and sum(map(str.isalpha, label)) <= _LABEL / 2
    return size >= _LEAST and (dated or (rest <= _LABEL and bool(_ANNOUNCES.search(label))))


def _led(segment: Segment) -> bool:
    """Say whether the first line of a segment is a headline link, and its others a summary."""
    return (
        bool(segment.led)
        and _LEAST <= segment.led * density(segment.text) <= _HEADLINE
        and segment.chars <= _LONGEST
        and all(map(is_page, segment.links))
    )


def _dated_card(rows: Sequence[Segment], index: int) -> bool:
    """Say whether a cut text stands under a headline and a line with a date, none of them marked as anything."""
    if index < 2 or not _cut(rows[index]):
        return False
    headline, line = rows[index - 2], rows[index - 1]
    if not _LEAST <= headline.size <= _HEADLINE or line.chars > _BYLINE:
        return False
    if ends_sentence(headline.text) or ends_sentence(line.text) or headline.box.tag == "h1":
        return False
    return sum(map(str.isdigit, line.text)) >= 4 and line.box.tag not in HEADINGS


def _cut(segment: Segment) -> bool:
    """Say whether a text of a summary's length was cut by a program."""
    return bool(_CUT.search(segment.text[-8:])) and _SUMMARY <= segment.size <= _MOST_CUT


def _plain_card(rows: Sequence[Segment], index: int) -> bool:
    """Say whether a cut text stands between a headline and a name, none of them marked as anything."""
    if not 0 < index < len(rows) - 1 or not _cut(rows[index]):
        return False
    before, after = rows[index - 1], rows[index + 1]
    if ends_sentence(before.text) or ends_sentence(after.text) or not 25 <= before.chars <= 260 or after.chars > 60:
        return False
    return before.text[-1].isalnum() and after.box.tag not in HEADINGS and not after.text[:1].islower()


def _headline(segment: Segment) -> bool:
    if len(segment.links) != 1 or not _LEAST <= segment.size <= _LONGEST:
        return False
    return segment.size > 40 or segment.box.tag in HEADINGS


def _group(rows: Sequence[Segment], start: int, found: Field) -> set[int]:
    """Return the headline link at `start` and what belongs to it: its card, a cut summary, a byline."""
    result = {start}
    if start and rows[start - 1].box.marks & _CAPTION and _shared_card(rows[start], rows[start - 1], found):
        result.add(start - 1)
    for index in range(start + 1, min(start + 5, len(rows))):
        segment = rows[index]
        if segment.box.tag in HEADINGS and (index > start + 1 or rows[start].box.tag in _TEXTS):
            break
        if not _shared_card(rows[start], segment, found):
            cut = ELLIPSIS.search(segment.text[-8:]) and segment.box.tag not in HEADINGS
            between = index == start + 1 and index + 1 < len(rows) and _byline(rows[index + 1])
            if not cut and not between:
                named = _byline(segment) or (_cut(rows[index - 1]) and _bare_name(segment))
                return result | {index} if named else result
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
    if any(map(is_person, segment.links)):
        return True
    return bool(segment.box.own & Mark.BYLINE.value)


def _bare_name(segment: Segment) -> bool:
    """Say whether a text may be a name that nothing marks as one: a few words, not in bold as a heading would be."""
    if segment.size > _BYLINE or segment.text.count(" ") > 5 or segment.box.tag in HEADINGS:
        return False
    return not segment.strong_chars and not ends_sentence(segment.text) and segment.text[-1:] not in ":："


def _shared_card(one: Segment, other: Segment, found: Field) -> bool:
    """Say whether two segments stand in one small box within the container."""
    box = next((box for box in around(one.box) if _within(other, box)), None)
    return box is not None and _small(box, found)


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
    if index == 0 or rows[index].chars > _MOST_CUT:
        return False
    before = rows[index - 1]
    if before.box.tag in HEADINGS and _shared_card(before, rows[index], found):
        return True
    after = rows[index + 1] if index + 1 < len(rows) else None
    return bool(after and after.link_share > 0.8 and after.links and _shared_card(after, rows[index], found))
