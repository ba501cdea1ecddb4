"""Several processes on one database: the keeper offers jobs and takes in what was read, workers do the jobs.

    monitor run    the keeper, and a worker beside it            one at a time
    monitor work   a worker                                      as many as there are machines for

The keeper ends and another takes its place: jobs, readings and messages are in the database.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, TextIO

from monitor.errors import MonitorError, ReplacedError, StoreError
from monitor.fetch import turns
from monitor.handover import PollReport
from monitor.hands import IN_FORCE, ROLES, Hands
from monitor.model import Delivery
from monitor.outlets import health
from monitor.ports import Store
from monitor.ports_work import shared, workers_of
from monitor.queue.jobs import Jobs, Kind
from monitor.settings.paths import stamp
from monitor.settings.record import Settings
from monitor.views import DueSource
from monitor.wiring import Line
from monitor.wiring_worker import Bench, as_worker, bench, readjust, working
from monitor.works import AHEAD, Told, Works

log = logging.getLogger("monitor")

# Seconds between two looks for what workers handed over: an alert is as late.
TAKE_TICK = 0.25
# Readings in one go, and reports.
_READINGS, _REPORTS = 64, 1_000
# Readings that may wait: some five seconds of the keeper's. Without a bound four workers on two full cores left it so
# little of them that 800 waited, and 4 articles a second were taken in in place of 40.
BEHIND = 500
# So often in a row: a tick is to end, for who watches over them.
_ROUNDS = 20
# Hosts that are offered at once; those of a minute's 100,000 outlets are 1,700 a second.
_HOSTS = 20_000
# Jobs of a kind that a worker has in hand where nobody says how many. Most wait for a host.
SLOTS = {Kind.HOST: 400, Kind.CHANNEL: 20}
# Seconds. BEAT: how often a worker looks at what is in force; APPEAR: how often it is listed; DRAIN: for what is
# in hand at the end, within the 20 s that a process has.
BEAT, APPEAR, DRAIN = 1.0, 10.0, 8.0
_TIDY = 60.0
# Seconds for which a worker that reaches nobody takes no work.
RESPITE = 20.0
# Seconds after which files are read again that look the same: secrets that they name, and readers that could not be
# started, are not seen in them. Each second it would be a whole core's work at a hundred thousand rules.
ANYWAY = 60.0
_FORGET = 86_400.0


class Offers(Works):
    """What the daemon has in hand where others do the work: it says what is due, and takes in what was read."""

    def __init__(self, work: Line, jobs: Jobs, told: Told | None = None) -> None:
        super().__init__(work, told)
        self._jobs = jobs

    async def lease_polls(self, ahead: timedelta = AHEAD) -> int:
        """Offer each host of which something is due; return how many are new. None while more is read than is taken in:
        rather are outlets asked late than alerts told late.
        """
        moment = self._line.clock.now() + ahead

        def due(store: Store) -> list[str]:
            return shared(store).work.due_hosts(moment, limit=_HOSTS) if store.readings.count() <= BEHIND else []

        hosts = await asyncio.wrap_future(self._line.ledger.look(due))
        return await self._jobs.offer(Kind.HOST, hosts)

    async def lease_reads(self) -> int:
        """Take in what workers handed over and reported; return how many readings."""
        keeper, taken = self._line.keeper, 0
        for _ in range(_ROUNDS):
            if not (rows := await keeper.take_in(_READINGS)):
                break
            taken += len(rows)
            for done in filter(None, rows):
                self._line.vigil.read(done.link.outlet, done.glance)
                self.tally.read(done)
                self._count(done)
                if done.hits > done.held:
                    self.wake()
        for _ in range(_ROUNDS):
            reports = await keeper.take_reports(_REPORTS)
            for one in reports:
                if isinstance(one, PollReport):
                    self._polled(one)
                else:
                    self._line.vigil.read(one.link.outlet, one.glance)
                    self.tally.read(one)
                    self._count(one)
            if len(reports) < _REPORTS:
                break
        return taken

    async def lease_sends(self) -> int:
        """Offer each channel that has messages to send."""
        now = self._line.clock.now()
        channels = await asyncio.wrap_future(self._line.ledger.look(lambda store: shared(store).work.due_channels(now)))
        return await self._jobs.offer(Kind.CHANNEL, channels)

    async def tidy(self) -> None:
        """Throw away what the queue and the turns leave behind."""
        await self._jobs.tidy()
        await self._ask(lambda store: shared(store).work.forget_turns(_FORGET))

    def heard(self, kind: str, record: object) -> None:
        """Count what this process's own worker does, where no report does."""
        if kind == "start" and isinstance(record, DueSource):
            self.pressure.started(record)
        elif kind == "send" and isinstance(record, tuple):
            row, done = record
            assert isinstance(done, Delivery)
            self.tally.send(done)
            channel = self._line.pipeline.orders.channels.get(row.channel_id)
            self.vitals.count("messages", channel.kind if channel else "", done.reason)
            # The next of this channel, not at the next tick.
            self.wake()
        if kind != "start":
            self._told(kind, record)


class Worker:
    """A process's share of the work. `slots`: jobs of each kind in hand at most."""

    def __init__(
        self, made: Bench, roles: Collection[str] = ROLES, slots: int = 0,
        heard: Callable[[str, object], None] | None = None,
    ) -> None:  # fmt: skip
        self.bench = made
        self.hands = Hands(made, roles, heard)
        self._roles = frozenset(roles)
        self._slots = {kind: min(slots, most) if slots else most for kind, most in SLOTS.items()}
        self._appeared = self._renewed = -APPEAR - turns.RENEW

    async def run(self, stop: asyncio.Event, adapt: _Adapting | None = None) -> None:
        """Do jobs until `stop`, then end what is in hand within DRAIN seconds. While the keeper goes by another
        configuration nothing is taken; `adapt` is called with its version meanwhile, now and then.
        """
        helpers = [asyncio.create_task(one) for one in (self._beat(), self._hasten(stop))]
        waited = False
        try:
            while not stop.is_set():
                if await self._cut_off():
                    log.error("nothing is reached from here: for %.0f s the others have the work", RESPITE)
                    self.hands.reached.clear()
                    await _within(stop, RESPITE)
                elif await self._agreed():
                    if waited and adapt is not None:
                        adapt.over()
                    waited = False
                    await self._shift(stop)
                else:
                    waited = True
                    if adapt is not None:
                        await adapt(await self._in_force())
                    await _within(stop, BEAT)
        finally:
            for one in helpers:
                one.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            if stop.is_set():
                self.bench.ledger.hasten()
            await self._leave()

    async def _hasten(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.bench.ledger.hasten()

    async def _shift(self, stop: asyncio.Event) -> None:
        """Do jobs until `stop`, or until another configuration is in force."""
        over, hands = asyncio.Event(), {}
        if {"poll", "read"} & self._roles:
            hands[Kind.HOST] = self.hands.host
        if "tell" in self._roles:
            hands[Kind.CHANNEL] = self.hands.channel
        job = asyncio.create_task(self.bench.jobs.work(hands, self._slots, over))
        try:
            while not stop.is_set() and not job.done():
                await _within(stop, BEAT)
                if not await self._agreed() or await self._cut_off():
                    break
            over.set()
            self.hands.ending = True
            await asyncio.wait({job}, timeout=DRAIN)
        finally:
            job.cancel()
            with suppress(asyncio.CancelledError):
                await job
            self.hands.ending = False

    async def _in_force(self) -> str:
        with suppress(StoreError):
            return await asyncio.wrap_future(self.bench.ledger.look(lambda store: shared(store).work.fact(IN_FORCE)))
        # While the database is away the queue waits for it too.
        return self.bench.pipeline.orders.version

    async def _agreed(self) -> bool:
        return await self._in_force() == self.bench.pipeline.orders.version

    async def _cut_off(self) -> bool:
        """Say whether it is this machine's network that is gone, while there are others: what they reach would count as
        failing otherwise, each time that it falls to this one.
        """
        if not health.cut_off(self.hands.reached, already=False):
            return False
        with suppress(StoreError):
            return len(await asyncio.wrap_future(self.bench.ledger.look(workers_of))) > 1
        return False

    async def _beat(self) -> None:
        one = self.bench.together
        while True:
            try:
                await asyncio.to_thread(one.presence.keep)
                await self._say()
                self._on_time()
            except MonitorError as error:
                log.debug("no beat: %s", error)
            except Exception:
                # Without it the turns would run out.
                log.exception("a worker's beat failed; it goes on")
            await asyncio.sleep(BEAT)

    def _on_time(self) -> None:
        """Take over the wall clock at once where it was set: what is stored is the time of many machines."""
        clock = self.bench.clock
        by = clock.apart()
        if abs(by) >= 1.0:
            clock.adopt(by)
            self.bench.pipeline.shift(timedelta(seconds=by))

    async def _say(self) -> None:
        one, now = self.bench.together, self.bench.clock.monotonic()
        if now - self._renewed >= turns.RENEW:
            self._renewed = now
            await one.turns.renew()
        if now - self._appeared >= APPEAR:
            self._appeared = now
            said = json.dumps({"roles": sorted(self._roles), **self.hands.done})
            await self._ask(lambda store: shared(store).work.appear(one.owner, said))

    async def _leave(self) -> None:
        with suppress(MonitorError):
            await self._ask(lambda store: shared(store).work.leave(self.bench.together.owner))

    async def _ask(self, what: Callable[[Store], None]) -> None:
        await asyncio.wrap_future(self.bench.ledger.submit(what))


async def _within(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


class Kept:
    """The keeper's part of a daemon: what it has in hand, its further ticks, and its end."""

    def __init__(self, line: Line, works: Offers, worker: Worker, stop: asyncio.Event) -> None:
        self._line, self.works, self._worker, self._stop = line, works, worker, stop
        self._ending = asyncio.Event()
        self._job = self._begin()
        line.followers.append(self._follow)
        self.ticks: dict[str, tuple[Callable[[], Any], float]] = {
            "reads": (works.lease_reads, TAKE_TICK),
            "tidy": (works.tidy, _TIDY),
            "keeper": (self._keep, 5.0),
        }

    def _begin(self) -> asyncio.Task[None]:
        return asyncio.create_task(self._worker.run(self._ending))

    async def _keep(self) -> None:
        """Say that this process lives, and see that no other keeps the database by now."""
        if self._job.done() and not self._ending.is_set():
            log.error("the worker ended: %s; it begins again", self._job.exception(), exc_info=self._job.exception())
            self._job = self._begin()
        together = self._line.together
        assert together is not None
        await asyncio.to_thread(together.presence.keep)
        try:
            await asyncio.to_thread(self._line.lock.keep)
        except ReplacedError as error:
            log.critical("%s", error)
            self._stop.set()

    async def announce(self) -> None:
        """Say which configuration is in force."""
        version = self._line.pipeline.orders.version
        await asyncio.wrap_future(self._line.ledger.submit(lambda store: shared(store).work.say(IN_FORCE, version)))

    async def _follow(self, _: Settings) -> None:
        # The keeper's are in force by now; their version, over a hundred thousand rules, is not made out twice.
        self._worker.bench.pipeline.orders = as_worker(self._line.pipeline.orders)
        await self.announce()

    async def aclose(self) -> None:
        """Let go of the worker, whatever it does."""
        self._job.cancel()
        await asyncio.gather(self._job, return_exceptions=True)

    async def drain(self) -> None:
        """End what is in hand, and keep what was read."""
        self._ending.set()
        self._line.ledger.hasten()
        self.works.stand_down()
        # Side by side: together they may take the 20 s that a process has, one after the other more.
        await asyncio.gather(self._job, self.works.pump.drained(DRAIN), return_exceptions=True)
        with suppress(MonitorError):
            await self.works.lease_reads()


@asynccontextmanager
async def keeping(
    work: Line, settings: Settings, stop: asyncio.Event, told: Told | None, out: TextIO | None
) -> AsyncIterator[Kept]:
    """Keep a database that others may work on, with a worker in this process."""
    assert work.together is not None
    owner = f"{work.together.owner}:own"
    async with bench(settings, owner, work.clock, work.pool, work.client, out) as made:
        works = Offers(work, made.jobs, told)
        kept = Kept(work, works, Worker(made, heard=works.heard), stop)
        try:
            await kept.announce()
            yield kept
        finally:
            await kept.aclose()


async def work(
    settings: Settings, owner: str, stop: asyncio.Event, reread: Callable[[Settings], Settings], *,
    roles: Collection[str] = ROLES, slots: int = 0, told: Told | None = None, out: TextIO | None = None,
) -> None:  # fmt: skip
    """Be a worker until `stop`. Where the keeper goes by another configuration, this one is read again, and nothing is
    done until they agree. Raises StoreError, BusyError, ChannelError, PoolError.
    """
    async with working(settings, owner, out=out) as made:
        adapting = _Adapting(made, settings, reread)
        log.info("working as %s: %s", owner, ", ".join(sorted(roles)))
        await Worker(made, roles, slots, told).run(stop, adapting)
        log.info("stopped")


class _Adapting:
    """Reads the configuration again until it is the keeper's, where its files or the keeper's changed."""

    def __init__(self, made: Bench, settings: Settings, reread: Callable[[Settings], Settings]) -> None:
        self._bench, self._settings, self._reread = made, settings, reread
        self._said = ""
        self._seen: object = None
        self._read = 0.0

    async def __call__(self, wanted: str) -> None:
        now = self._bench.clock.monotonic()
        try:
            # Before the read: what is written during it is another stamp the next time.
            seen = wanted, await asyncio.to_thread(stamp, self._settings.directory)
            if seen == self._seen and now < self._read + ANYWAY:
                return
            self._seen, self._read = seen, now
            self._settings = await asyncio.to_thread(self._reread, self._settings)
            await readjust(self._bench, self._settings)
        except (MonitorError, OSError) as error:
            self._tell(f"the configuration cannot be used: {error}")
            return
        mine = self._bench.pipeline.orders.version
        if mine == wanted:
            return
        if wanted:
            self._tell(f"waiting: the keeper goes by the configuration {wanted}, the files here say {mine}")
        else:
            self._tell("waiting: no `monitor run` has kept this database yet")

    def over(self) -> None:
        """Say that they agree."""
        log.info("the configuration is that of the keeper: going on")
        self._said, self._seen = "", None

    def _tell(self, text: str) -> None:
        if text != self._said:
            log.warning("%s", text)
        self._said = text
