"""The daemon: APScheduler ticks ask the store what is due; crews (works.py) do it; signals end it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TextIO

from monitor import vigil
from monitor.reload import Reloader, Reread
from monitor.settings.load import Settings
from monitor.upkeep import TICK
from monitor.wiring import Line, line
from monitor.works import READ_TICK, Tally, Told, Works

log = logging.getLogger("monitor")

STORY_TICK = 2
SPIKE_TICK = 60
HEARTBEAT = 30
# SIGTERM to exit within 20 s: messages on the wire get the longest, a page can be asked for again.
DRAIN_SENDS = 12.0
DRAIN_READS = 4.0


async def run_once(settings: Settings, *, told: Told | None = None, out: TextIO | None = None) -> Tally:
    """Do all that is due now, alerts that still collect included, then stop. Raises BusyError beside a daemon."""
    async with line(settings, out=out) as work:
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
        await works.beat()
        return works.tally


async def _everything_due(works: Works, work: Line) -> None:
    while await works.lease_polls(timedelta(0)):
        await works.polls.drained()
    while await works.lease_reads() or works.reads.keys:
        # A host's next links are due when some of its last have been read, whatever others still wait for.
        await works.reads.settled(1.0)
    while await work.pipeline.look_again():
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
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    async with line(settings, out=out) as work:
        works = Works(work, told)
        stop = asyncio.Event()

        scheduler = AsyncIOScheduler(
            timezone="UTC",
            # Its default drops a job that comes a second late; a loaded box would lose ticks.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        ticks: dict[str, tuple[Callable[[], Awaitable[object]], int]] = {
            "polls": (works.lease_polls, 1),
            "reads": (works.lease_reads, READ_TICK),
            "messages": (works.messages, 1),
            "stories": (work.pipeline.look_again, STORY_TICK),
            "spikes": (work.pipeline.look_for_spikes, SPIKE_TICK),
            "heartbeat": (works.beat, HEARTBEAT),
            "health": (work.vigil.tick, vigil.TICK),
            "upkeep": (work.upkeep.tick, TICK),
        }
        for name, (tick, seconds) in ticks.items():
            scheduler.add_job(_guarded, "interval", args=[name, tick], seconds=seconds, id=name)
        reloader = Reloader(work, settings, reread or (lambda: settings))
        watched = _on_terminal()

        def hangup() -> None:
            # Its terminal was closed: who ran it there wants it ended, not to live on unseen.
            if watched and not _on_terminal():
                stop.set()
            else:
                reloader.ask()

        with _signals(stop, hangup):
            await works.beat()
            scheduler.start()
            duties = [asyncio.create_task(one) for one in (reloader.run(), reloader.watch(stop))]
            log.info("watching %d outlets with %d rules", len(settings.outlets), len(settings.rules))
            await stop.wait()
            log.info("stopping: at most 20 s for what is in hand")
            # It cancels its ticks and does not wait for the crews, whatever it is told; those are drained below.
            scheduler.shutdown(wait=False)
            for duty in duties:
                duty.cancel()
            await asyncio.gather(*duties, return_exceptions=True)
            await _drain(works)
        await works.beat()
        return works.tally


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
    await asyncio.gather(
        works.polls.drained(DRAIN_READS), works.reads.drained(DRAIN_READS), works.sends.drained(DRAIN_SENDS)
    )


class _signals:  # noqa: N801 - used as a statement: with _signals(stop)
    """SIGTERM and SIGINT set the event while the block runs; SIGHUP calls `hangup`, where there is one."""

    def __init__(self, stop: asyncio.Event, hangup: Callable[[], None] | None = None) -> None:
        self._wanted: dict[int, Callable[[], None]] = {signal.SIGTERM: stop.set, signal.SIGINT: stop.set}
        if hangup is not None:
            self._wanted[signal.SIGHUP] = hangup

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number, handler in self._wanted.items():
            # Only the main thread may; elsewhere (a test, an embedding program) nobody sends us signals.
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, handler)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self._wanted:
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.remove_signal_handler(number)
