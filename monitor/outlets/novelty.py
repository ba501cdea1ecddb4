"""What is new in a list: parted from what the outlet already held, from its past published again, and from what waits.

known      by URL, or by guid and title in its source: nothing is done, but that a new id or date is noted
baseline   what a source held when it was first asked
backfill   five or more new ones at once, of which half repeat a title or id that the outlet had: those that do
late       published three days before it was first seen; alerted, and said to be late
live       all others. Nothing is held for its volume or its age.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Link, LinkState, Outlet, Standing
from monitor.parse import urls
from monitor.views import DueSource, Had, Moved

LATE_AFTER = timedelta(hours=72)
BACKFILL_LEAST = 5
"""So many new ones at once may be an outlet's past; fewer are read as news whatever they repeat."""
MAX_NEW, MAX_ABROAD = 200, 20
"""New links that one poll takes up, and those of them on hosts that are not the outlet's."""
# Of its kind an event is told once a day: a feed that gives all its entries today's date does so at every poll.
_AGAIN = timedelta(hours=24)
# Feeds write dates to the minute and round them; a move below says nothing.
_SAME_TIME = timedelta(minutes=1)
# An article whose date moves is read again while it is young.
_YOUNG = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class News:
    """What is to be done with a list. `links`: new ones with standing and state, in the order given. `moments`: when
    what counts for the outlet's rhythm was published. `events`: kind and detail, for the operator.
    """

    links: tuple[Link, ...] = ()
    moved: tuple[Moved, ...] = ()
    moments: tuple[datetime, ...] = ()
    events: tuple[tuple[str, str], ...] = ()
    rewritten: bool = False
    """The list repeated the outlet's past, and that is to be told."""


@dataclass(frozen=True, slots=True)
class Room:
    """How many of a baseline are read, and how many links are taken up now, in all and abroad."""

    pages: int
    new: int = MAX_NEW
    abroad: int = MAX_ABROAD


def weigh(
    links: Sequence[Link], had: Sequence[Had | None], source: DueSource, outlet: Outlet, now: datetime, room: Room,
    same: int = 0,
) -> News:  # fmt: skip
    """Judge a list. `had`: of each link what the store knows. `same`: how many more are as they were at the
    last poll.
    """
    fresh = [
        replace(link, abroad=is_abroad(link.url, source, outlet), repeats=found.id if found else 0)
        for link, found in zip(links, had, strict=True)
        if found is None or not found.same
    ]
    if source.baseline and not outlet.alert_baseline:
        return _baseline(fresh, source, now, room)
    past = _is_past(fresh)
    judged = [replace(link, standing=_standing(link, now, past=past)) for link in fresh]
    placed, events = _placed(judged, room)
    moved, told = _moved(links, had, now, same)
    if past:
        count = sum(link.standing is Standing.BACKFILL for link in judged)
        told.append(f"{count} of {len(fresh)} new links repeat titles or ids that the outlet had; they are not alerted")
    tell = bool(told) and (source.rewritten_at is None or now - source.rewritten_at >= _AGAIN)
    if tell:
        events.append(("feed_rewritten", f"{source.url}: {'; '.join(told)}"))
    moments = tuple(_moment(link, now) for link in judged if link.standing is not Standing.BACKFILL)
    return News(tuple(placed), tuple(moved), moments, tuple(events), tell)


def is_abroad(url: str, source: DueSource, outlet: Outlet) -> bool:
    """Say whether a link leads to a host that is neither one of the outlet's nor above or below one."""
    there = urls.host(url).removeprefix("www.")
    for place in (source.url, outlet.homepage, *(other.url for other in outlet.sources)):
        own = urls.host(place).removeprefix("www.")
        if own and (there == own or there.endswith(f".{own}") or own.endswith(f".{there}")):
            return False
    return True


def _baseline(fresh: Sequence[Link], source: DueSource, now: datetime, room: Room) -> News:
    """Judge the first list of a source. Where its outlet is being read already, what was published since that was last
    read is news: another feed may list it a minute later, and would find it known.
    """
    since = source.outlet_ok_at
    new = [link for link in fresh if since and link.published and since < link.published]
    known = {link.canonical for link in new}
    old = [link for link in fresh if link.canonical not in known]
    placed, events = _placed([replace(link, standing=_standing(link, now, past=False)) for link in new], room)
    placed += [
        replace(link, standing=Standing.BASELINE, state=LinkState.NEW if rank < room.pages else LinkState.LISTED)
        for rank, link in enumerate(old)
    ]
    if old:
        read = min(room.pages, len(old))
        events.append(("baseline", f"{source.url}: {len(old)} links listed, the newest {read} are read; none alerts"))
    moments = tuple(link.published for link in fresh if link.published)
    return News(tuple(placed), (), moments, tuple(events))


def _is_past(fresh: Sequence[Link]) -> bool:
    repeating = sum(link.repeats > 0 for link in fresh)
    return len(fresh) >= BACKFILL_LEAST and 2 * repeating >= len(fresh)


def _standing(link: Link, now: datetime, *, past: bool) -> Standing:
    if past and link.repeats:
        return Standing.BACKFILL
    late = link.published is not None and now - link.published > LATE_AFTER
    return Standing.LATE if late else Standing.LIVE


def _placed(links: Sequence[Link], room: Room) -> tuple[list[Link], list[tuple[str, str]]]:
    """Take up what there is room for; the rest waits for a later poll."""
    placed: list[Link] = []
    taken = foreign = 0
    for link in links:
        waits = taken >= room.new or (link.abroad and foreign >= room.abroad)
        placed.append(replace(link, state=LinkState.WAITING if waits else LinkState.NEW))
        taken += not waits
        foreign += link.abroad and not waits
    waiting = len(placed) - taken
    events = [("links_waiting", f"{len(placed)} new links, {waiting} of them wait for the next polls")]
    return placed, events if waiting else []


def _moved(
    links: Sequence[Link], had: Sequence[Had | None], now: datetime, same: int
) -> tuple[list[Moved], list[str]]:  # fmt: skip
    """Return the known links whose id or dates are others than before, and what to tell where most of them are."""
    pairs = [(link, found) for link, found in zip(links, had, strict=True) if found is not None and found.same]
    renamed = [(link, found) for link, found in pairs if found.renamed]
    redated = [
        (link, found)
        for link, found in pairs
        if _differs(link.published, found.published) or _differs(link.updated, found.updated)
    ]
    count = len(pairs) + same
    told = [
        f"{len(changed)} of {count} known links have {what}"
        for changed, what in ((renamed, "new ids"), (redated, "new dates"))
        if len(changed) >= BACKFILL_LEAST and 2 * len(changed) >= count
    ]
    storm = len(redated) >= BACKFILL_LEAST and 2 * len(redated) >= count
    later = {found.id for link, found in redated if not storm and _is_young(link, now)}
    changed = {found.id: link for link, found in (*renamed, *redated)}
    return [
        Moved(number, link.guid, link.published, link.updated, reread=number in later)
        for number, link in changed.items()
    ], told


def _differs(one: datetime | None, other: datetime | None) -> bool:
    """Say whether a date was moved; one that was not there before, or is there no more, was not."""
    return one is not None and other is not None and abs(one - other) > _SAME_TIME


def _is_young(link: Link, now: datetime) -> bool:
    return link.published is None or now - link.published <= _YOUNG


def _moment(link: Link, now: datetime) -> datetime:
    """Return when an article came out, as far as a rhythm is concerned: what says nothing of it, or lies, came now."""
    published = link.published
    return published if published and now - LATE_AFTER <= published <= now else now
