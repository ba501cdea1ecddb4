"""What the tests of the queue share: jobs over a database of their own, a worker at work, waiting for what must come."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from pgqueuer.adapters.persistence.queries import Queries

from monitor.queue.jobs import Jobs, Kind
from monitor.queue.shift import Hand
from tests import postgres
from tests.newsroom import ROOT


@asynccontextmanager
async def queue() -> AsyncIterator[Jobs]:
    """Yield the jobs of a fresh database."""
    jobs = Jobs(postgres.fresh(), "test")
    try:
        await jobs.install()
        yield jobs
    finally:
        await jobs.aclose()


@asynccontextmanager
async def working(jobs: Jobs, hand: Hand, slots: int = 5, kind: Kind = Kind.HOST) -> AsyncIterator[asyncio.Event]:
    """Work meanwhile; yield what stops it. It is waited for, and raises what it raised."""
    stop = asyncio.Event()
    task = asyncio.create_task(jobs.work({kind: hand}, {kind: slots}, stop))
    try:
        yield stop
        stop.set()
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def waiting(jobs: Jobs) -> dict[Kind, int]:
    """Return how many jobs of each kind are queued or in hand, asked over the connection of `jobs`."""
    found = dict.fromkeys(Kind, 0)
    for row in await jobs._link.ask(Queries.queue_size):
        if row.status in {"queued", "picked"}:
            found[Kind(row.entrypoint)] += row.count
    return found


async def emptied(jobs: Jobs) -> None:
    """Wait until no job is queued or in hand."""
    async with asyncio.timeout(30):
        while any((await waiting(jobs)).values()):
            await asyncio.sleep(0.02)


class Process:
    """A worker that can be killed."""

    def __init__(self, address: str, path: Path, slots: int, seconds: float, env: Mapping[str, str]) -> None:
        self._path = path
        words = [sys.executable, "-m", "tests.queue.worker", address, path, slots, seconds]
        self._process = subprocess.Popen([str(word) for word in words], cwd=ROOT, env={**os.environ, **env})

    def said(self, word: str) -> list[str]:
        """Return the keys of its lines that begin with the word."""
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        return [key for said, _, key in (line.partition(" ") for line in lines) if said == word]

    def signal(self, number: int) -> int:
        """Send a signal, return how it ended."""
        self._process.send_signal(number)
        return self._process.wait(timeout=30)

    def remove(self) -> None:
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)


@contextmanager
def process(address: str, path: Path, slots: int, seconds: float, **env: str) -> Iterator[Process]:
    """Start a worker; it is gone in the end."""
    one = Process(address, path, slots, seconds, env)
    try:
        yield one
    finally:
        one.remove()
