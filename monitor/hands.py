"""What a worker does with a job: all that is due of a host, or a channel's messages.

    host      take its sources and links, poll and read them in the host's turn, until none is due
    channel   take its messages, send them, until there are none

What it did it tells the keeper, which judges outlets by it (handover.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from monitor.errors import FetchError, MonitorError
from monitor.model import Link
from monitor.outlets import health
from monitor.parse import urls
from monitor.pipeline import Polled
from monitor.ports_work import Work, shared
from monitor.views import DueSource
from monitor.views_alerts import OutboxRow
from monitor.wiring_worker import LEASE, Bench
from monitor.works import AHEAD, SENDS_A_CHANNEL, handful, reported, respite

T = TypeVar("T")
log = logging.getLogger("monitor")

ROLES = ("poll", "read", "tell")
# The key by which the keeper says which configuration is in force.
IN_FORCE = "configuration"
# Seconds: a job looks for more work so long, then others have their turn; a host that another asks is left to it.
_JOB, _PATIENCE = 40.0, 0.5
_SOURCES = 50
# A message is sent or given up within its deadline of half a minute.
_SEND_LEASE = 90.0

Heard = Callable[[str, object], None]


class Hands:
    """One worker's. `roles`: of ROLES. `heard`: of each thing done ("start", "poll", "read", "send")."""

    def __init__(self, bench: Bench, roles: Collection[str] = ROLES, heard: Heard | None = None) -> None:
        self._bench, self._roles = bench, frozenset(roles)
        self._heard = heard or (lambda _kind, _record: None)
        self.ending = False
        self.reached: deque[bool] = deque(maxlen=health.ASKED)
        """Of the sources that were asked last, whether each was reached."""
        self.done = dict.fromkeys(("polls", "reads", "sends"), 0)

    # ---- a host

    async def host(self, key: str) -> None:
        """Do what is due of a host ("name" or "name:port")."""
        try:
            async with self._bench.together.turns.hold(key, _PATIENCE):
                await self._all_of(key)
        except FetchError as error:
            # Its gap, or another worker's visit: the keeper offers it again.
            log.debug("%s is left for later: %s", key, error.detail)

    async def _all_of(self, key: str) -> None:
        clock, most = self._bench.clock, handful(self._bench.pipeline.visitor.gap(key))
        ends = clock.monotonic() + _JOB
        while not self.ending and clock.monotonic() < ends:
            now = clock.now()
            found = await self._ask(
                lambda work, now=now: work.lease_host(  # type: ignore[misc]
                    key, now + AHEAD, sources=_SOURCES * ("poll" in self._roles), links=most * ("read" in self._roles),
                    lease=LEASE,
                )
            )  # fmt: skip
            if not found or not any(found):
                return
            polls, reads = found
            await self._side_by_side([*(self._poll(key, one) for one in polls), *(self._read(one) for one in reads)])

    async def _poll(self, key: str, source: DueSource) -> None:
        bench = self._bench
        # Never longer than it was taken ahead: the clock may have been set since.
        await bench.clock.sleep(min(source.due_at - bench.clock.now(), AHEAD).total_seconds())
        self._heard("start", source)
        done: Polled = await bench.pipeline.poll(source)
        self.done["polls"] += 1
        self.reached.append(done.reason not in health.UNREACHED)
        await bench.handing.report([reported(done)])
        self._heard("poll", done)
        await self._found(key, done.links)

    async def _found(self, key: str, links: Sequence[Link]) -> None:
        """Read what a poll brought of the same host; the rest is a job of its own, or the next one."""
        visitor, now = self._bench.pipeline.visitor, self._bench.clock.now()
        mine = [link for link in links if urls.netloc(link.url) == key] if "read" in self._roles else []
        most = handful(visitor.gap(key))
        rest, others = mine[most:], {link.id for link in links} - {link.id for link in mine}
        await self._give_back([link.id for link in rest], now + respite(visitor.gap(key)))
        await self._give_back(sorted(others), now)
        await self._side_by_side([self._read(link) for link in mine[:most]])

    async def _give_back(self, ids: Sequence[int], at: datetime) -> None:
        if ids:
            await asyncio.wrap_future(self._bench.ledger.submit(lambda store: store.links.give_back(ids, at)))

    async def _read(self, link: Link) -> None:
        done = await self._bench.pipeline.read(link)
        self.done["reads"] += 1
        if done.text is None and done.reason is not None:
            # What was read the keeper knows when it takes it in.
            await self._bench.handing.report([done])
        self._heard("read", done)

    async def _side_by_side(self, tasks: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Do all of it; what one of them raises is its own."""
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, asyncio.CancelledError):
                raise done
            if isinstance(done, MonitorError):
                log.error("a piece of work failed, it is done again: %s", done)
            elif isinstance(done, BaseException):
                log.error("a piece of work failed, it is done again", exc_info=done)

    # ---- a channel

    async def channel(self, key: str) -> None:
        """Send what waits for a channel."""
        bench = self._bench
        while not self.ending:
            known = bench.pipeline.orders.channels.get(key)
            now, once = bench.clock.now(), known is not None and known.once
            rows = await self._ask(
                lambda work, now=now, once=once: work.lease_messages(  # type: ignore[misc]
                    key, now, owner=bench.together.owner, lease=_SEND_LEASE, limit=SENDS_A_CHANNEL, once=once
                )
            )
            if not rows:
                return
            await self._side_by_side([self._send(row) for row in rows])

    async def _send(self, row: OutboxRow) -> None:
        done = await self._bench.pipeline.deliver(row)
        if done is not None:
            self.done["sends"] += 1
            self._heard("send", (row, done))

    # ---- together

    async def _ask(self, what: Callable[[Work], T]) -> T | None:
        """Take work, where the configuration in force is ours, else none: configurations are never mixed."""
        mine = self._bench.pipeline.orders.version

        def ask(work: Work) -> T | None:
            return what(work) if work.fact(IN_FORCE) == mine else None

        return await asyncio.wrap_future(self._bench.ledger.submit(lambda store: ask(shared(store).work)))
