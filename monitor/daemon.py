"""The daemon: APScheduler ticks ask the store what is due; crews (works.py) do it; signals end it."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TextIO

from monitor import heap, vigil
from monitor.errors import ConfigError
from monitor.pressure import MINUTE
from monitor.reload import Reloader, Reread
from monitor.seeing import Eye
from monitor.settings.record import Settings
from monitor.timekeeper import Timekeeper
from monitor.upkeep import TICK
from monitor.wiring import Line, check_parts, clustered, line
from monitor.works import READ_TICK, Tally, Told, Works

if TYPE_CHECKING:
    from monitor.cluster import Kept

log = logging.getLogger("monitor")

STORY_TICK = 2
SPIKE_TICK = 60
HEARTBEAT = 30
# SIGTERM to exit within 20 s: messages on the wire get the longest, a page can be asked for again.
DRAIN_SENDS = 12.0
DRAIN_READS = 4.0


async def run_once(settings: Settings, *, told: Told | None = None, out: TextIO | None = None) -> Tally:
    """Do all that is due now, alerts that still collect included, then stop. Raises BusyError beside a daemon."""
    async with line(settings, out=out, once=True) as work:
        works = Works(work, told, once=True)
        stop = asyncio.Event()
        with _signals(stop):
            job = asyncio.ensure_future(_everything_due(works, work))
            ended = asyncio.ensure_future(stop.wait())
            await asyncio.wait({job, ended}, return_when=asyncio.FIRST_COMPLETED)
            ended.cancel()
            if not job.done():
                works.tally.stopped = True
                job.cancel()
                await _drain(works)
            with suppress(asyncio.CancelledError):
                await job
        await _guarded("upkeep", work.upkeep.tick)
        works.tally.starved = work.floor.low
        works.tally.faults = works.polls.failed + works.reads.failed + works.sends.failed
        await works.beat(ended=True)
        return works.tally


async def _everything_due(works: Works, work: Line) -> None:
    while await works.lease_polls(timedelta(0)):
        await works.polls.drained()
    while await works.lease_reads() or works.reads.keys:
        # A host's next links are due when some of its last have been read, whatever others still wait for.
        await works.reads.settled(1.0)
    while await work.keeper.look_again():
        pass
    await work.pipeline.look_for_spikes()
    while await work.pipeline.tell(flush=True):
        pass
    await work.vigil.tick()
    await work.pipeline.digest()
    while await works.lease_sends():
        await works.sends.drained()


async def run(
    settings: Settings, *, told: Told | None = None, out: TextIO | None = None, reread: Reread | None = None
) -> Tally:
    """Run until SIGTERM or SIGINT, then drain within 20 s. Raises BusyError where another daemon runs. `reread` loads
    the configuration anew, when its files change and on SIGHUP.
    """
    life = _Life()
    with _signals(life.stop, life.hangup):
        job = asyncio.ensure_future(_serve(settings, told, out, reread or (lambda _: settings), life))
        ended = asyncio.ensure_future(life.stop.wait())
        await asyncio.wait({job, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not life.ready:
            # It is still opening, or cannot: nothing is in hand yet.
            job.cancel()
            with suppress(asyncio.CancelledError):
                return await job
            return Tally(datetime.now(UTC))
        return await job


async def work(
    settings: Settings, owner: str, reread: Reread, *, roles: Collection[str], slots: int = 0, told: Told | None = None
) -> None:
    """Be one of several workers until SIGTERM or SIGINT, then drain within 20 s. Raises ConfigError where no database
    is configured that machines can share, StoreError where its extra is not installed.
    """
    if not clustered(settings):
        raise ConfigError(
            "workers share a database of a server's, and none is configured",
            file=settings.directory / "monitor.yaml",
            hint="storage.url_env or url_file names one, see docs/cluster.md; `monitor run` needs no workers",
        )
    check_parts()
    from monitor import cluster

    stop = asyncio.Event()
    with _signals(stop, lambda: None):
        await cluster.work(settings, owner, stop, reread, roles=roles, slots=slots, told=told)


class _Life:
    """What signals ask of a daemon. `ready`: it has work in hand, which a stop has to drain."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.ready = False
        self.reload: Callable[[], object] = lambda: None
        self._terminal = _on_terminal()

    def hangup(self) -> None:
        # Its terminal was closed: who ran it there wants it ended, not to live on unseen.
        if self._terminal and not _on_terminal():
            self.stop.set()
        else:
            self.reload()


async def _serve(settings: Settings, told: Told | None, out: TextIO | None, reread: Reread, life: _Life) -> Tally:
    from monitor.ticks import Ticks

    heap.keep_apart()
    async with line(settings, out=out) as work, _driving(work, settings, told, out, life.stop) as driven:
        works = driven.works
        eye = Eye(work, works, settings)
        table: dict[str, tuple[Callable[[], Awaitable[object]], float]] = {
            "polls": (works.lease_polls, 1),
            "reads": (works.lease_reads, READ_TICK),
            "messages": (works.messages, 1),
            "stories": (work.keeper.look_again, STORY_TICK),
            "spikes": (work.pipeline.look_for_spikes, SPIKE_TICK),
            "load": (works.weigh, MINUTE),
            "heartbeat": (eye.beat, HEARTBEAT),
            "health": (work.vigil.tick, vigil.TICK),
            "upkeep": (work.upkeep.tick, TICK),
        } | driven.ticks
        ticks = Ticks(eye.watched(table), work.clock)
        keeper = Timekeeper(work.clock, work.ledger, ticks.rearm, (work.pipeline.shift,), eye.beat)
        reloader = Reloader(work, settings, reread, eye.reloading, eye.reloaded)
        await eye.open(lambda: reloader.settings)
        # What was made to start stays: looking through 12,000 outlets again, now and then, held up the loop for 50 ms.
        gc.collect()
        gc.freeze()
        life.ready, life.reload = True, reloader.ask
        ticks.start()
        duties = [asyncio.create_task(one) for one in (reloader.run(), reloader.watch(life.stop))]
        # Where machines share a database, what is stored is not of this one's clock.
        duties += [] if clustered(settings) else [asyncio.create_task(keeper.watch())]
        log.info("watching %d outlets with %d rules", len(settings.outlets), len(settings.rules))
        await life.stop.wait()
        eye.stopping()
        log.info("stopping: at most 20 s for what is in hand")
        ticks.stop()
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await driven.drain()
        await eye.close()
        return works.tally


class _Alone:
    """The queue is the store's tables, and the work is done here: crews take what each tick finds due."""

    def __init__(self, works: Works) -> None:
        self.works = works
        self.ticks: dict[str, tuple[Callable[[], Awaitable[object]], float]] = {}

    async def drain(self) -> None:
        await _drain(self.works)


@asynccontextmanager
async def _driving(
    work: Line, settings: Settings, told: Told | None, out: TextIO | None, stop: asyncio.Event
) -> AsyncIterator[_Alone | Kept]:
    if not clustered(settings):
        yield _Alone(Works(work, told))
        return
    check_parts()
    from monitor.cluster import keeping

    async with keeping(work, settings, stop, told, out) as kept:
        yield kept


def _on_terminal() -> bool:
    return any(os.isatty(number) for number in (0, 1, 2))


async def _guarded(name: str, tick: Callable[[], Awaitable[object]]) -> None:
    try:
        await tick()
    except Exception:
        # A full disk at this second is no reason to stop asking at the next.
        log.exception("the tick %r failed; it runs again", name)


async def _drain(works: Works) -> None:
    works.stand_down()
    await works.pump.drained(DRAIN_READS)
    await asyncio.gather(_drain_reading(works), works.sends.drained(DRAIN_SENDS))


async def _drain_reading(works: Works) -> None:
    # In this order: what the last polls bring is begun to be read.
    await works.polls.drained(DRAIN_READS)
    await works.reads.drained(DRAIN_READS)


class _signals:  # noqa: N801 - used as a statement: with _signals(stop)
    """SIGTERM and SIGINT set the event while the block runs; SIGHUP calls `hangup`, where there is one."""

    def __init__(self, stop: asyncio.Event, hangup: Callable[[], None] | None = None) -> None:
        self._wanted: dict[int, Callable[[], None]] = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set}
        if hangup is not None:
            self._wanted[signal.SIGHUP] = hangup
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number, handler in self._wanted.items():
            self._before[number] = signal.getsignal(number)
            # Only the main thread may; elsewhere (a test, an embedding program) nobody sends us signals.
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, handler)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._wanted:
            with suppress(ValueError, RuntimeError, NotImplementedError):
                # It leaves the default, by which a second SIGTERM would end the process with what it closes still open.
                loop.remove_signal_handler(number)
                signal.signal(number, self._before[number])
