"""A worker's shift: take jobs as hands are free, say which are held, report those that ended.

It knows nothing of the queue but its `Desk`. While that does not answer, the hands go on, and what ended meanwhile is
reported once it answers again.

It stands in place of pgqueuer's own QueueManager (1.6), whose statements the desk uses. Over psycopg its listener
holds the connection that its statements need: a job begins up to 1.05 s late. When the connection breaks, it waits for
all hands to end and then forgets which were done. It wakes, and asks four times, at whatever any worker has ended; its
own limit in a process is 2 or more; a job that is cancelled is struck out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from monitor.errors import BusyError, StoreError

log = logging.getLogger("monitor")

# Seconds. BEAT: how often a job in hand is said to be held. STALE: after so long without it, another takes it up (two
# beats may be missed). LOOK: how often one looks for such, and for what no notice came of. So a killed worker's jobs
# are with another within STALE + LOOK = 15.
BEAT, STALE, LOOK = 4.0, 12.0, 3.0
# Seconds between two attempts while the database is away. After it every job in hand is stale: each worker says first
# what it holds, and takes more only when the others had the time to say so.
PAUSE, SETTLE = 0.5, 1.5
# Seconds that hands have to end once they are cancelled, and that the queue may be told of it.
UNWIND, TELL = 5.0, 2.0


class Kind(StrEnum):
    """What a job is about."""

    HOST = "host"
    CHANNEL = "channel"


Hand = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """One job that is held. `number`: the queue's."""

    number: int
    kind: Kind
    key: str


class Desk(Protocol):
    """Where jobs are had and given back. Each raises BusyError while the database is away, StoreError."""

    async def take(self, kind: Kind, count: int) -> list[Job]:
        """Take up to so many: those waiting, and those whose worker has not been heard of for STALE seconds."""

    async def beat(self, numbers: Sequence[int]) -> None:
        """Say that these are held."""

    async def end(self, numbers: Sequence[int]) -> None:
        """Strike these out: they are done."""

    async def give_back(self, numbers: Sequence[int]) -> None:
        """Let others have these."""

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever jobs were queued, and once at first; never returns."""


class Shift:
    """Jobs in hand, at most `slots` of a kind at once. `run` it once."""

    def __init__(self, desk: Desk, hands: Mapping[Kind, Hand], slots: Mapping[Kind, int]) -> None:
        self._desk, self._hands = desk, hands
        self._slots = {kind: slots.get(kind, 0) for kind in hands}
        self._running: dict[int, tuple[Kind, asyncio.Task[None]]] = {}
        self._ended: set[int] = set()
        self._cut_off: set[int] = set()
        # Kinds of which there may be more than was taken.
        self._more: set[Kind] = set(hands)
        self._wake, self._report = asyncio.Event(), asyncio.Event()
        self._striking = asyncio.Lock()
        self._leaving = self._away = False
        # Of the loop's clock: no job is taken before.
        self._quiet_until = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let what is in hand end. Cancelled: the hands are too, their jobs go back."""
        taking = asyncio.create_task(self._taking(stop))
        helpers = [
            asyncio.create_task(work)
            for work in (self._beating(), self._reporting(), self._listening(), self._waking(stop))
        ]
        try:
            await _first([taking, *helpers])
            while self._running:
                await asyncio.wait([task for _, task in self._running.values()])
            await self._settle(())
        except BaseException:
            await _end([taking])
            await self._abandon()
            raise
        finally:
            await _end([taking, *helpers])

    async def _taking(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._wake.clear()
            if self._more & self._free().keys():
                try:
                    if self._away:
                        await self._come_back(stop)
                    await asyncio.sleep(max(0.0, self._quiet_until - asyncio.get_running_loop().time()))
                    if not stop.is_set():
                        await self._fill()
                except StoreError as error:
                    self._unanswered(error)
                continue
            try:
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()
            except TimeoutError:
                self._more.update(self._hands)

    async def _waking(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._wake.set()
        await asyncio.Event().wait()

    def _free(self) -> dict[Kind, int]:
        free = dict(self._slots)
        for kind, _ in self._running.values():
            free[kind] -= 1
        return {kind: count for kind, count in free.items() if count > 0}

    async def _fill(self) -> None:
        for kind, count in self._free().items():
            if kind not in self._more:
                continue
            # Taken out before: what is queued meanwhile puts it in again.
            self._more.discard(kind)
            try:
                jobs = await self._desk.take(kind, count)
            except StoreError:
                self._more.add(kind)
                raise
            if len(jobs) >= count:
                self._more.add(kind)
            for job in jobs:
                # Where our own beat came late, the queue gives us again what we hold.
                if job.number not in self._running and job.number not in self._ended:
                    task = asyncio.create_task(self._do(job), name=f"{kind} {job.key}")
                    self._running[job.number] = kind, task
                    task.add_done_callback(partial(self._over, job))

    async def _do(self, job: Job) -> None:
        await self._hands[job.kind](job.key)

    def _over(self, job: Job, task: asyncio.Task[None]) -> None:
        del self._running[job.number]
        if task.cancelled() and self._leaving:
            self._cut_off.add(job.number)
            return
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if isinstance(error, BusyError):
            log.error("the job of the %s %s failed: %s", job.kind, job.key, error)
        elif error:
            log.error("the job of the %s %s failed", job.kind, job.key, exc_info=error)
        self._ended.add(job.number)
        self._report.set()
        self._wake.set()

    async def _come_back(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await asyncio.sleep(PAUSE)
            with suppress(StoreError):
                await self._desk.beat(self._held())
                self._answered()
                return

    def _unanswered(self, error: StoreError) -> None:
        if not self._away:
            log.warning("no jobs for now: %s", error)
        self._away = True

    def _answered(self) -> None:
        if self._away:
            log.info("there are jobs again")
            self._quiet_until = asyncio.get_running_loop().time() + SETTLE
        self._away = False

    def _held(self) -> list[int]:
        return sorted({*self._running, *self._ended})

    async def _beating(self) -> None:
        pause = BEAT
        while True:
            await asyncio.sleep(pause)
            pause = BEAT
            if held := self._held():
                try:
                    await self._desk.beat(held)
                except StoreError as error:
                    self._unanswered(error)
                    # Within SETTLE of when it answers again, which others wait.
                    pause = PAUSE
                else:
                    self._answered()

    async def _reporting(self) -> None:
        while True:
            await self._report.wait()
            self._report.clear()
            try:
                await self._strike()
            except StoreError as error:
                self._unanswered(error)
                self._report.set()
                await asyncio.sleep(PAUSE)
            else:
                self._answered()

    async def _strike(self) -> None:
        async with self._striking:
            if numbers := sorted(self._ended):
                await self._desk.end(numbers)
                self._ended.difference_update(numbers)

    async def _listening(self) -> None:
        while True:
            with suppress(StoreError):
                await self._desk.listen(self._heard)
            await asyncio.sleep(PAUSE)

    def _heard(self) -> None:
        self._more.update(self._hands)
        self._wake.set()

    async def _abandon(self) -> None:
        self._leaving = True
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=UNWIND)
        # Those that would not end are nobody's until their beat is old.
        await self._settle(self._cut_off)

    async def _settle(self, back: Iterable[int]) -> None:
        """Report what ended and give back the rest; what cannot be told now, others find by its beat."""
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(TELL):
                await self._strike()
                await self._desk.give_back(sorted(back))


async def _first(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait for the first to end; what it raised is raised."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
