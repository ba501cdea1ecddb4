"""What the daemon has in hand: crews that poll, read and send what is due, and the count of it.

Nothing is remembered here that the store does not know: due work is leased ahead into the crews' hands, and what
they hold when the process dies is given back when the next one starts.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import math
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from monitor.crew import Crew
from monitor.handover import PollReport
from monitor.intake import Read
from monitor.model import Delivery, Link, LinkState, Outlet, Standing, TextKind
from monitor.notify import hours
from monitor.outlets import spread
from monitor.parse import urls
from monitor.pipeline import Polled
from monitor.ports import Store
from monitor.pressure import Pressure
from monitor.views import DueSource, Pass
from monitor.views_alerts import OutboxRow
from monitor.views_service import Daemon
from monitor.vitals import Vitals
from monitor.wiring import Line

log = logging.getLogger("monitor")

# Slots, not threads: most of them wait for a host's turn. Slots must exceed rate times latency (100 slots at 1 s
# mean latency gave 89 polls a second); 400 carry 100,000 outlets every 15 minutes.
POLL_SLOTS = 400
READ_SLOTS = 1_000
# Of one host as many links are in hand as it lets us read in a minute, within these bounds; the others wait in the
# store. All 200 that a poll may bring, at a Crawl-delay of 60 s, would hold their slots for three hours.
HOST_SECONDS, HOST_LEAST, HOST_MOST = 60.0, 2, 20
READ_TICK = 5
SENDS_A_CHANNEL = 2
# What comes due within the next second is leased now and started at its moment.
AHEAD = timedelta(seconds=1)
POLL_LEASE = 300.0
# When nothing was leased for so long (a start, a suspend, a full disk), what is due is spread.
BREAK = 30.0
# 20 us a row, while alerts wait for the writer.
AT_ONCE = 2_000
SEND_LEASE = 300.0
OWNER = "daemon"

Told = Callable[[str, object], None]


def handful(gap: float) -> int:
    """Return how many links of a host may be in hand, where it is asked every `gap` seconds."""
    return int(min(max(HOST_SECONDS / gap, HOST_LEAST), HOST_MOST)) if gap > 0 else HOST_MOST


def respite(gap: float) -> timedelta:
    """Return for how long a host's other links are left alone: until half of those in hand have been read."""
    return timedelta(seconds=max(handful(gap) * gap / 2, READ_TICK))


def reported(done: Polled) -> PollReport:
    """Return what is counted of a poll, and what the vigil hears."""
    source = done.source
    return PollReport(
        source.id, source.outlet_id, source.url, urls.origin(source.url), done.reason, done.detail, len(done.links),
        source.last_ok_at,
    )  # fmt: skip


@dataclass
class Tally:
    """What has been done since `started`, and what is worth saying about it."""

    started: datetime
    each: bool = True
    """Whether outlets are told apart: 16 MB of 100,000, for what only the end of one pass says."""
    polled: int = 0
    """Sources."""
    failed: dict[str, str] = field(default_factory=dict)
    """Source URL → why it was not read."""
    links: int = 0
    full: int = 0
    partial: int = 0
    unread: int = 0
    again: int = 0
    """Articles that were read again."""
    hits: int = 0
    held: int = 0
    baseline: int = 0
    sent: int = 0
    undelivered: int = 0
    starved: bool = False
    """There was no room on the disk to read more."""
    stopped: bool = False
    """Ended by a signal before everything due was done."""
    faults: int = 0
    """Pieces of work that ended by an error of ours or of the database; they are tried again."""
    outlets: dict[str, bool] = field(default_factory=dict)
    """Outlet id → whether one of its sources was read."""
    _seen: bytearray = field(default_factory=bytearray)
    """By the source's number: a set of 100,000 has 8 MB."""

    def poll(self, done: PollReport) -> None:
        self._seen.extend(bytes(max(0, done.source_id + 1 - len(self._seen))))
        self.polled += not self._seen[done.source_id]
        self._seen[done.source_id] = 1
        if done.reason:
            self.failed[done.url] = f"{done.reason.value}: {done.detail}"
        else:
            self.failed.pop(done.url, None)
        self.links += done.links
        if self.each:
            self.outlets[done.outlet_id] = self.outlets.get(done.outlet_id, False) or done.reason is None

    def read(self, done: Read) -> None:
        self.hits += done.hits
        self.held += done.held
        if done.link.state is LinkState.AGAIN:
            self.again += 1
            return
        self.full += done.text is TextKind.FULL
        self.partial += done.text not in {TextKind.FULL, None}
        self.unread += done.text is None
        self.baseline += done.link.standing is Standing.BASELINE and done.text is not None

    def send(self, delivery: Delivery) -> None:
        self.sent += delivery.sent
        self.undelivered += not delivery.sent

    @property
    def articles(self) -> int:
        return self.full + self.partial

    def as_pass(self, now: datetime) -> Pass:
        failed = len(self.failed)
        return Pass(self.started, now, self.polled, failed, self.links, self.articles, self.hits, self.sent)


class Works:
    """The three crews over one line. `told` hears of each thing done, for a terminal to show. `once`: this pass is to
    end with nothing left of what was due when it began; what is given back is due at once.
    """

    def __init__(self, work: Line, told: Told | None = None, *, once: bool = False) -> None:
        self._line = work
        self._once = once
        self._told = told or (lambda _kind, _record: None)
        self.polls = Crew(POLL_SLOTS)
        self.reads = Crew(READ_SLOTS)
        self.sends = Crew()  # SENDS_A_CHANNEL is its bound
        self.pump = Crew(1)
        self._asked = False
        self._leased = -math.inf
        self.tally = Tally(work.clock.now(), each=once)
        self.vitals = Vitals(self.tally.started)
        self.pressure = Pressure(work.pipeline, work.ledger, work.clock, self.vitals)

    @property
    def crews(self) -> dict[str, Crew]:
        """By what they do."""
        return {"polls": self.polls, "reads": self.reads, "sends": self.sends}

    async def lease_polls(self, ahead: timedelta = AHEAD) -> int:
        """Start what is due to be polled; return how many."""
        now, room, seconds = self._line.clock.now(), self.polls.room, self._line.clock.monotonic()
        if room > 0 and not await self._line.floor.room():
            return 0
        if not self._once and seconds - self._leased > BREAK:
            await self._spread(now)
        self._leased = seconds
        if room <= 0:
            return 0
        # A source that is due again before the pass is over would keep it from ever being so.
        moment = self.tally.started if self._once else now + ahead
        due = await self._ask(lambda store: store.outlets.lease_due(moment, limit=room, lease=POLL_LEASE))
        for source in due:
            self.polls.start(("poll", source.id), self._poll(source))
        return len(due)

    async def _spread(self, now: datetime) -> None:
        """Put off what is due at once, but for the most urgent."""
        waiting, later = await self._ask(lambda store: _overdue(store, now))
        for start in range(0, len(later), AT_ONCE):
            part = later[start : start + AT_ONCE]
            await self._ask(partial(_put_off, part))
        if later:
            log.info("%d sources are due at once: %.0f a second are asked", waiting, spread.rate(waiting))

    async def lease_reads(self) -> int:
        """Start links that are due and in nobody's hands: of a killed process, to be completed, or given back. Return
        how many.
        """
        now, room = self._line.clock.now(), self.reads.room
        if room <= 0 or not await self._line.floor.room():
            return 0
        lease = self._line.pipeline.orders.lease
        due = await self._ask(lambda store: store.links.lease_due(now, limit=room, lease=lease))
        return await self._start_reads(due)

    async def lease_sends(self) -> int:
        """Start messages that may be sent now."""
        now, busy = self._line.clock.now(), Counter(str(channel) for channel, _ in self.sends.keys)
        once = [channel.id for channel in self._line.pipeline.orders.channels.values() if channel.once]
        # Workers take those of one who is not there.
        owner = self._line.together.owner if self._line.together else OWNER
        due = await self._ask(
            lambda store: store.outbox.lease(
                now, owner=owner, lease=SEND_LEASE, limit=SENDS_A_CHANNEL, busy=busy, once=once
            )
        )
        for row in due:
            self.sends.start((row.channel_id, row.id), self._send(row))
        return len(due)

    async def weigh(self) -> None:
        """Judge the last minute; slow down the slowest outlets where polls start late."""
        await self.pressure.judge(full=self.polls.room <= 0)

    async def messages(self) -> None:
        """Ask for messages at a tick."""
        self.wake()

    def stand_down(self) -> None:
        """Begin no messages any more but by `lease_sends`."""
        self._once = True

    def wake(self) -> None:
        """Look for messages now, not at the next tick: an alert was opened, or a channel is free again. A pass does so
        by itself when all is read.
        """
        self._asked = True
        if not self._once:
            self.pump.start(("messages",), self._pumped())

    async def _pumped(self) -> None:
        while self._asked:
            self._asked = False
            await self._line.pipeline.tell()
            await self._line.pipeline.digest()
            await self.lease_sends()

    async def beat(self, *, ended: bool = False) -> None:
        """Write that the daemon lives, what it is and what it did; the health check asks for its age."""
        done, mine = self.tally.as_pass(self._line.clock.now()), self._presence(ended=ended)

        def write(store: Store) -> None:
            store.upkeep.record_pass(done)
            store.upkeep.introduce(mine)

        await self._ask(write)

    def _presence(self, *, ended: bool) -> Daemon:
        orders, now = self._line.pipeline.orders, self._line.clock.now()
        slots = [
            (hours.next_slot(route.digest, route.timezone, now).at, route.id)
            for route in orders.by_route.values()
            if route.digest
        ]
        return Daemon(
            os.getpid(), importlib.metadata.version("news-monitor"), self.tally.started, len(orders.outlets),
            len(orders.rules), ended, "" if ended else self.vitals.address, tuple(sorted(slots)),
            tuple((name, len(crew.keys)) for name, crew in self.crews.items()), tuple(self.vitals.errors),
            "" if ended else self.vitals.page,
        )  # fmt: skip

    async def _ask(self, work: Callable[[Any], Any]) -> Any:
        return await asyncio.wrap_future(self._line.ledger.submit(work))

    async def _start_reads(self, links: Sequence[Link]) -> int:
        """Start as many as there is room for, in all and of each host, and give back the others; return how many."""
        visitor, outlets = self._line.pipeline.visitor, self._line.pipeline.orders.outlets
        busy = Counter(str(host) for _, host, _ in self.reads.keys)
        rest: dict[str, list[int]] = {}
        before = self.reads.room
        for link in links:
            host = visitor.host(link.url, outlets.get(link.outlet) or Outlet(link.outlet))
            key = ("read", host, link.id)
            if key in self.reads:
                continue  # its lease ended before its turn came
            if self.reads.room > 0 and not self._line.floor.low and busy[host] < handful(visitor.gap(host)):
                self.reads.start(key, self._read(link))
                busy[host] += 1
            else:
                rest.setdefault(host, []).append(link.id)
        started = before - self.reads.room
        if rest:
            now = self._line.clock.now()
            times = {host: now if self._once else now + respite(visitor.gap(host)) for host in rest}
            await self._ask(lambda store: [store.links.give_back(ids, times[host]) for host, ids in rest.items()])
        return started

    async def _poll(self, source: DueSource) -> None:
        # Never longer than it was leased ahead: the clock may have been set since.
        wait = min(source.due_at - self._line.clock.now(), AHEAD)
        await self._line.clock.sleep(wait.total_seconds())
        self.pressure.started(source)
        done = await self._line.pipeline.poll(source)
        self._polled(reported(done))
        self._told("poll", done)
        if done.links:
            await self._start_reads(done.links)

    def _polled(self, done: PollReport) -> None:
        self._line.vigil.polled(done.outlet_id, done.last_ok_at, done.host, done.reason)
        self.tally.poll(done)
        self.vitals.count("polls", done.reason or "ok")
        self.vitals.count("links", by=done.links)

    async def _read(self, link: Link) -> None:
        done = await self._line.pipeline.read(link)
        self._line.vigil.read(link.outlet, done.glance)
        self.tally.read(done)
        self._count(done)
        self._told("read", done)
        if done.hits > done.held:
            self.wake()

    def _count(self, done: Read) -> None:
        vitals = self.vitals
        if done.link.state is LinkState.AGAIN:
            vitals.count("articles_reread")
        elif done.text is None:
            vitals.count("pages_unread", done.reason or "")
        else:
            vitals.count("articles", done.text)
        vitals.count("hits", by=done.hits)
        vitals.count("hits_held", by=done.held)

    async def _send(self, row: OutboxRow) -> None:
        done = await self._line.pipeline.deliver(row)
        if done is not None:
            self.tally.send(done)
            channel = self._line.pipeline.orders.channels.get(row.channel_id)
            self.vitals.count("messages", channel.kind if channel else "", done.reason)
            self._told("send", (row, done))
        # When this task has ended: until then it counts as in hand.
        asyncio.get_running_loop().call_soon(self.wake)


def _overdue(store: Store, now: datetime) -> tuple[int, list[tuple[int, datetime]]]:
    waiting = store.outlets.overdue(now)
    return len(waiting), spread.over(waiting, now)


def _put_off(times: Sequence[tuple[int, datetime]], store: Store) -> None:
    store.outlets.put_off(times)
