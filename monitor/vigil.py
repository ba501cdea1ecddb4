"""Watches over the outlets: once a minute those are examined that were asked since, and what is another now is told.

Polls and readings say here how they ended; the evidence itself stands in the store (outlets/health.py judges it). What
begins or ends with a tick is written in one transaction: the state, an event each, and one message a channel.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from monitor.configured import Orders
from monitor.errors import Reason, Trouble
from monitor.notify import escape, hours, notice, render
from monitor.notify.content import Names
from monitor.outlets import health
from monitor.ports import Clock, Ledger, Store
from monitor.views import EventRow
from monitor.views_alerts import Post
from monitor.views_health import ALL, Ailment, Diagnosis, Glance

T = TypeVar("T")
log = logging.getLogger("monitor")

TICK = 60
BEGUN, ENDED = "trouble", "recovered"
# Outlets in one transaction: 20 ms of the writer.
BATCH = 100
_PARDONED = 500
_SPREAD = 600.0
# What was not reached a day ago says nothing of our network, nor does what was asked two hours ago.
_LATELY, _ASKED_WITHIN = timedelta(days=1), timedelta(hours=2)


class Vigil:
    """The watch of one daemon. `orders`: those in force."""

    def __init__(self, ledger: Ledger, clock: Clock, orders: Callable[[], Orders]) -> None:
        self._ledger, self._clock, self._orders = ledger, clock, orders
        self._touched: dict[str, None] = {}
        self._read: dict[str, list[Glance]] = {}
        self._asked: OrderedDict[str, tuple[datetime, Reason | None]] = OrderedDict()
        self._gone: Ailment | None = None
        self._looked = False

    def polled(self, outlet_id: str, last_ok_at: datetime | None, host: str, reason: Reason | None) -> None:
        """Hear how a poll ended. `last_ok_at`: when its source had last been read; `host`: whom it asked; `reason`
        None: it was answered.
        """
        now = self._clock.now()
        self._touched[outlet_id] = None
        lost = reason in health.UNREACHED
        if lost and (last_ok_at is None or now - last_ok_at > _LATELY) and self._gone is None:
            return
        self._asked[host] = (now, reason if lost else None)
        self._asked.move_to_end(host)
        if len(self._asked) > health.ASKED:
            self._asked.popitem(last=False)

    def read(self, outlet_id: str, glance: Glance | None) -> None:
        """Hear what the first reading of a page found."""
        if glance is not None:
            self._touched[outlet_id] = None
            self._read.setdefault(outlet_id, []).append(glance)

    async def tick(self) -> None:
        """Examine what was asked since the last tick; tell what began and what is over."""
        if not self._looked:
            known = await self._write(lambda store: store.health.ailments())
            self._gone = next((one for one in known if one.trouble is Trouble.NETWORK), None)
            self._looked = True
        if await self._cut_off():
            # Nobody's trouble but ours.
            self._touched.clear()
            self._read.clear()
            return
        touched, read = self._touched, self._read
        self._touched, self._read = {}, {}
        try:
            await self._examine(list(touched), read)
        except BaseException:
            # On a full disk: they are looked at again.
            self._touched = touched | self._touched
            self._read = read | {name: read.get(name, []) + new for name, new in self._read.items()}
            raise

    async def _write(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(self._ledger.submit(work))

    # ---- our own network

    async def _cut_off(self) -> bool:
        now = self._clock.now()
        since = max(self._gone.since, now - _ASKED_WITHIN) if self._gone else now - _ASKED_WITHIN
        answers = [reason for at, reason in self._asked.values() if at >= since]
        cut = health.cut_off([reason is None for reason in answers], already=self._gone is not None)
        if cut and self._gone is None:
            words = Counter(reason.value for reason in answers if reason)
            told = ", ".join(f"{word} {count}" for word, count in words.most_common())
            began = health.network(words.total(), len(answers), told, now)
            await self._tell(Diagnosis((began,)), now)
            self._gone = began
            self._asked.clear()
        elif not cut and self._gone is not None:
            await self._pardon(now)
            await self._tell(Diagnosis(ended=(health.back(self._gone, now),)), now)
            self._gone = None
        return cut

    async def _pardon(self, now: datetime) -> None:
        after = -1
        while after:
            after = await self._write(
                lambda store, after=after: store.health.pardon(  # type: ignore[misc]
                    after, health.UNREACHED, now, limit=_PARDONED, spread=_SPREAD
                )
            )

    # ---- outlets

    async def _examine(self, touched: Sequence[str], read: dict[str, list[Glance]]) -> None:
        begun: list[Ailment] = []
        ended: list[Ailment] = []
        now = self._clock.now()
        await self._write(lambda store: store.health.unwatch())
        for start in range(0, len(touched), BATCH):
            part = touched[start : start + BATCH]
            for said in await self._write(lambda store, part=part: self._look(store, part, read, now)):  # type: ignore[misc]
                begun += said.begun
                ended += said.ended
            # Noted: to be looked at again where the telling fails, not to be noted twice.
            read.update({name: [] for name in part if name in read})
        if begun or ended:
            await self._tell(Diagnosis(tuple(begun), tuple(ended)), now)

    def _look(
        self, store: Store, outlet_ids: Iterable[str], read: dict[str, list[Glance]], now: datetime
    ) -> list[Diagnosis]:
        ids = list(outlet_ids)
        seen = [name for name in ids if name in read]
        for name in seen:
            if read[name]:
                store.health.note(name, read[name], health.GLANCES)
        outlets = self._orders().outlets
        charts = store.health.charts(ids, seen)
        return [
            health.examine(chart, outlets[chart.outlet_id].homepage if chart.outlet_id in outlets else "", now)
            for chart in charts
        ]

    async def _tell(self, said: Diagnosis, now: datetime) -> None:
        orders = self._orders()
        told = await self._write(lambda store: tell(store, orders, said, now))
        for word, some in ((BEGUN, told.begun), (ENDED, told.ended)):
            for one in some:
                log.warning("%s: %s", word, _words(one))


def tell(store: Store, orders: Orders, said: Diagnosis, now: datetime) -> Diagnosis:
    """Write what began and what is over, with an event each and one message a channel; return what of it is new."""
    begun = tuple(one for one in said.begun if store.health.begin(one))
    ended = tuple(one for one in said.ended if store.health.end(one))
    for kind, some in ((BEGUN, begun), (ENDED, ended)):
        for one in some:
            detail = escape.one_line(one.said + (f"; try: {one.todo}" if one.todo else ""), 600)
            store.upkeep.event(EventRow(kind, now, one.outlet_id, reason=one.trouble.value, detail=detail))
    if begun or ended:
        names = Names({key: outlet.name for key, outlet in orders.outlets.items()}, hours.zone("UTC"))
        posts = []
        for channel in orders.notices:
            key = notice.notice_id(channel, (*begun, *ended), now)
            posts.append(Post("", channel, render.message(notice.notice(begun, ended, id=key, names=names)), ()))
        store.outbox.post(posts, now)
    return Diagnosis(begun, ended)


def _words(one: Ailment) -> str:
    said = f"{one.outlet_id}: {one.said}" if one.outlet_id != ALL else one.said
    return escape.one_line(said + (f"; try: {one.todo}" if one.todo else ""), 600)
