"""The daemon: APScheduler ticks ask the store what is due; crews (works.py) do it; signals end it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import TextIO

from monitor.seeing import Eye
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

Ended = Callable[[str, Exception | None], None]


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
        await works.beat(ended=True)
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
    await work.pipeline.digest()
    while await works.lease_sends():
        await works.sends.drained()


async def run(settings: Settings, *, told: Told | None = None, out: TextIO | None = None) -> Tally:
    """Run until SIGTERM or SIGINT, then drain within 20 s. Raises BusyError where another daemon runs."""
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    async with line(settings, out=out) as work:
        works = Works(work, told)
        eye = Eye(work, works, settings)
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
            "heartbeat": (eye.beat, HEARTBEAT),
            "upkeep": (work.upkeep.tick, TICK),
        }
        for name, (tick, seconds) in ticks.items():
            scheduler.add_job(_guarded, "interval", args=[name, tick, eye.ended], seconds=seconds, id=name)
        with _signals(stop):
            await eye.open({name: seconds for name, (_, seconds) in ticks.items()})
            scheduler.start()
            log.info("watching %d outlets with %d rules", len(settings.outlets), len(settings.rules))
            await stop.wait()
            eye.stopping()
            log.info("stopping: at most 20 s for what is in hand")
            # It cancels its ticks and does not wait for the crews, whatever it is told; those are drained below.
            scheduler.shutdown(wait=False)
            await _drain(works)
        await eye.close()
        return works.tally


async def _guarded(name: str, tick: Callable[[], Awaitable[object]], ended: Ended = lambda _name, _error: None) -> None:
    failure = None
    try:
        await tick()
    except Exception as error:
        # A full disk at this second is no reason to stop asking at the next.
        log.exception("the tick %r failed; it runs again", name)
        failure = error
    ended(name, failure)


async def _drain(works: Works) -> None:
    works.stand_down()
    await works.pump.drained(DRAIN_READS)
    await asyncio.gather(
        works.polls.drained(DRAIN_READS), works.reads.drained(DRAIN_READS), works.sends.drained(DRAIN_SENDS)
    )


class _signals:  # noqa: N801 - used as a statement: with _signals(stop)
    """SIGTERM and SIGINT set the event while the block runs."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            # Only the main thread may; elsewhere (a test, an embedding program) nobody sends us signals.
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.add_signal_handler(number, self._stop.set)

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError, RuntimeError, NotImplementedError):
                loop.remove_signal_handler(number)
