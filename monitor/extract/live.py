"""The entries of a live blog as blocks with their times, in reading order.

Entries are the siblings that hold a `<time>` each, or what stands between lines that begin with the hour. What the
scores left out of an entry for being short is taken back: there are no other stories between its heading and its end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, time
from itertools import accumulate

from monitor.extract import updates
from monitor.extract.field import ELLIPSIS, HEADINGS, ends_sentence
from monitor.extract.segment import Mark, Segment, segments
from monitor.extract.statements import key
from monitor.extract.updates import LEAST, Signs, Update
from monitor.model import OWN_ROLES, Block, Role
from monitor.parse.html import Node, attribute, text_of

_MAX_TIMES = 500
# Texts that stand more often are looked for at their first places only.
_MAX_SAME = 20
_MAX_UP = 8
_MAX_GROUPS = 12
# A page that calls itself a live blog has this share of its own text in entries; of another they are nearly all.
_SHARE, _UNSTATED = 0.3, 0.7
_PROSE, _SHORT = 40, 20
_TELLING = 30
_NOT_OWN = (
    Mark.HIDDEN | Mark.CAPTION | Mark.SHARE | Mark.SIGNUP | Mark.WALL | Mark.FORM | Mark.ADVERT | Mark.BYLINE
).value


@dataclass(frozen=True, slots=True)
class _Entry:
    """Rows from `start` to before `end`, and the time they show: stated, or by the clock."""

    start: int
    end: int
    at: datetime | None
    hour: time | None


def read(root: Node, blocks: tuple[Block, ...], known: Signs) -> tuple[Block, ...] | None:
    """Return the blocks of a live blog with the times of its entries; None where the page is none."""
    own = sum(len(block.text) for block in blocks if block.role in OWN_ROLES)
    groups = _groups(root, own, known)
    if not known.stated and not groups:
        return None
    rows = segments(root)
    if known.stated and _elsewhere(rows, known.updates):
        return (*blocks, *_of_updates(known.updates))
    roles = _aligned(rows, blocks)
    entries = _best(rows, roles, groups, known)
    if not known.stated:
        return tuple(_blocks(rows, roles, entries, _times(rows, entries, known))) if entries else None
    told = _told(rows, roles, known.updates)
    if not entries and not any(told):
        entries = _by_clock(rows, roles)
    times = [stated or shown for stated, shown in zip(_times(rows, entries, known), told, strict=True)]
    return tuple(_blocks(rows, roles, entries, times))


def _groups(root: Node, own: int, known: Signs) -> list[list[tuple[Node, Node]]]:
    """Return the groups of siblings with a `<time>` within each, those with the most text first."""
    held: dict[int, dict[int, tuple[Node, Node]]] = {}
    for node in root.css("time")[:_MAX_TIMES]:
        child = node
        for _ in range(_MAX_UP):
            parent = child.parent
            if parent is None:
                break
            held.setdefault(parent.mem_id, {}).setdefault(child.mem_id, (child, node))
            child = parent
    wide = [list(group.values()) for group in held.values() if len(group) >= LEAST]
    if len(wide) > _MAX_GROUPS:
        wide.sort(key=lambda group: -sum(len(text_of(one)) for one, _ in group))
    if known.stated:
        return wide[:_MAX_GROUPS]
    # The text of a page's own entries is about as long as its body; that of cards beside an article is not.
    return [
        group
        for group in wide[:_MAX_GROUPS]
        if sum(len(one.text()) for one, _ in group) > _UNSTATED * own or _apart(group)
    ]


def _apart(group: Sequence[tuple[Node, Node]]) -> bool:
    """Say whether something stands after each member before the next."""
    members = {node.mem_id for node, _ in group}
    after = (_after(node) for node, _ in group)
    return 2 * sum(node is not None and node.mem_id not in members for node in after) > len(group)


def _after(node: Node) -> Node | None:
    at = node.next
    while at is not None and not at.is_element_node:
        at = at.next
    return at


def _best(
    rows: Sequence[Segment], roles: Sequence[Role | None], groups: Sequence[Sequence[tuple[Node, Node]]], known: Signs
) -> list[_Entry]:
    """Return the entries that hold the most of the own text; none where they hold too little of it."""
    # Entries under links to themselves look like other stories, but on a page that calls itself a live blog.
    mine = OWN_ROLES | {Role.TEASER} if known.stated else OWN_ROLES
    own = sum(row.chars for row, role in zip(rows, roles, strict=True) if role in mine)
    best: list[_Entry] = []
    most = (_SHARE if known.stated else _UNSTATED) * own
    for group in groups:
        entries = _placed(rows, group, known)
        full = sum(any(_full(rows[i], roles[i], mine, known) for i in _range(one)) for one in entries)
        held = sum(rows[i].chars for one in entries for i in _range(one) if roles[i] in mine)
        told = len({one.at or one.hour for one in entries} - {None})
        if full >= LEAST and told >= (1 if known.stated else 2) and held > most:
            best, most = entries, held
    return best


def _full(row: Segment, role: Role | None, mine: Set[Role], known: Signs) -> bool:
    """Say whether a row is text of an entry; on a page that calls itself a live blog also one that was scored out."""
    return row.chars >= _PROSE and (role in mine or (known.stated and row.link_share < 0.5))


def _range(entry: _Entry) -> range:
    return range(entry.start, entry.end)


def _placed(rows: Sequence[Segment], group: Sequence[tuple[Node, Node]], known: Signs) -> list[_Entry]:
    """Find the rows of a group's members; of lines with a time and no text, the text up to the next."""
    texts = [row.text for row in rows]
    places: dict[str, list[int]] = {}
    for index, text in enumerate(texts):
        places.setdefault(text, []).append(index)
    found: list[_Entry] = []
    place = 0
    for node, shown in group:
        inside = [segment.text for segment in segments(node)]
        start = _find(texts, places, inside, place)
        if start is None:
            continue
        place = start + len(inside)
        at = updates.moment(attribute(shown, "datetime"), known.zone, known.now)
        hour = None if at else updates.clock(attribute(shown, "datetime") or text_of(shown))
        found.append(_Entry(start, place, at, hour))
    bare = sum(all(rows[i].chars < _PROSE or rows[i].box.tag in HEADINGS for i in _range(one)) for one in found)
    parent = group[0][0].parent
    if not found or 2 * bare < len(found) or parent is None:
        return found
    around = [segment.text for segment in segments(parent)]
    begin = _find(texts, places, around, 0)
    ends = [*(one.start for one in found[1:]), begin + len(around) if begin is not None else place]
    return [_Entry(one.start, max(end, one.end), one.at, one.hour) for one, end in zip(found, ends, strict=True)]


def _find(texts: list[str], places: Mapping[str, list[int]], wanted: list[str], start: int) -> int | None:
    """Return where texts stand one after the other, from a place on."""
    known = places.get(wanted[0], ()) if wanted else ()
    first = bisect_left(known, start)
    return next((at for at in known[first : first + _MAX_SAME] if texts[at : at + len(wanted)] == wanted), None)


def _by_clock(rows: Sequence[Segment], roles: Sequence[Role | None]) -> list[_Entry]:
    """Return the entries that begin with a line's hour, from one such line to the next."""
    own = [index for index, role in enumerate(roles) if role in OWN_ROLES]
    if not own:
        return []
    hours = [(index, hour) for index in range(own[-1] + 1) if (hour := updates.clock(rows[index].text))]
    first = next((at for at, (index, _) in enumerate(hours) if index >= own[0] - 1), len(hours))
    hours = hours[first:]
    if len(hours) < LEAST:
        return []
    ends = [*(index for index, _ in hours[1:]), own[-1] + 1]
    return [_Entry(index, end, None, hour) for (index, hour), end in zip(hours, ends, strict=True)]


def _times(rows: Sequence[Segment], entries: Sequence[_Entry], known: Signs) -> list[datetime | None]:
    """Return the time of each row by the entry it stands in."""
    shown = updates.days([one.hour for one in entries], known)
    result: list[datetime | None] = [None] * len(rows)
    for entry, by_clock in zip(entries, shown, strict=True):
        for index in _range(entry):
            result[index] = entry.at or by_clock
    return result


def _told(rows: Sequence[Segment], roles: Sequence[Role | None], told: Sequence[Update]) -> list[datetime | None]:
    """Return the time of each row by the update whose headline or text it is; what stands between two rows of one
    update is of it too.
    """
    heads = {key(one.headline): index for index, one in enumerate(told) if one.headline}
    bodies = [key("".join(one.texts)) for one in told]
    starts = [0, *accumulate(len(body) + 1 for body in bodies)]
    said = "\n".join(bodies)
    result: list[datetime | None] = [None] * len(rows)
    last, place = -1, 0
    for index, (row, role) in enumerate(zip(rows, roles, strict=True)):
        if not told or (role not in OWN_ROLES and row.box.tag not in HEADINGS):
            continue
        name = key(row.text)
        update = heads.get(name)
        if update is None and last >= 0 and name and name in bodies[last]:
            update = last
        if update is None and len(name) >= _TELLING and (at := said.find(name)) >= 0:
            update = bisect_right(starts, at) - 1
        if update is None:
            continue
        result[index] = told[update].at
        if update == last:
            result[place:index] = [told[update].at] * (index - place)
        last, place = update, index
    return result


def _elsewhere(rows: Sequence[Segment], told: Sequence[Update]) -> bool:
    """Say whether JSON-LD holds entries and the page none; a page may show the newest and tell of hundreds."""
    texts = [name[:_TELLING] for one in told if one.texts and len(name := key("".join(one.texts))) >= _TELLING]
    shown = "\n".join(key(row.text) for row in rows) if texts else ""
    seen = sum(text in shown for text in texts)
    return seen < LEAST and 2 * seen < len(texts)


def _of_updates(told: Sequence[Update]) -> Iterator[Block]:
    for one in told:
        if one.headline:
            yield Block(Role.HEADING, one.headline, one.at)
        yield from (Block(Role.BODY, text, one.at) for text in one.texts)


def _aligned(rows: Sequence[Segment], blocks: Sequence[Block]) -> list[Role | None]:
    """Return each row's role; the blocks are some of the rows, in their order."""
    roles: list[Role | None] = []
    place = 0
    for row in rows:
        is_block = place < len(blocks) and blocks[place].text == row.text
        roles.append(blocks[place].role if is_block else None)
        place += is_block
    return roles


def _blocks(
    rows: Sequence[Segment], roles: Sequence[Role | None], entries: Sequence[_Entry], times: Sequence[datetime | None]
) -> Iterator[Block]:
    inside = {index: entry for entry in entries for index in _range(entry)}
    for index, (row, given) in enumerate(zip(rows, roles, strict=True)):
        role, entry = given, inside.get(index)
        if entry is not None:
            if updates.is_clock(row.text):
                continue
            if role is None or role is Role.TEASER:
                role = _own_role(row, rows[entry.start : index]) or role
        elif role is None and times[index] is not None:
            role = Role.HEADING
        if role is not None:
            yield Block(role, row.text, times[index])


def _own_role(row: Segment, before: Sequence[Segment]) -> Role | None:
    """Return the role of a row of an entry that no block was made of; None for what is no text of it."""
    if row.box.marks & _NOT_OWN:
        return None
    if row.box.tag in HEADINGS:
        return None if any(one.box.tag in HEADINGS or one.chars > 2 * _PROSE for one in before) else Role.HEADING
    if row.link_share > 0.5 or ELLIPSIS.search(row.text[-8:]):
        return None
    return Role.BODY if row.size >= _SHORT and ends_sentence(row.text) else None
