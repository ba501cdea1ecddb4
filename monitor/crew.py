"""Work side by side on one loop: so many coroutines at once, each on a thing of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from monitor.errors import BusyError

log = logging.getLogger("monitor")

Key = tuple[str | int, ...]


class Crew:
    """At most `size` coroutines at once, each on a thing of its own: a key in hand is never started twice."""

    def __init__(self, size: int = 0) -> None:
        """`size`: what `room` counts from; a crew that is bounded elsewhere has none."""
        self.size = size
        self.failed = 0
        self._tasks: dict[Key, asyncio.Task[None]] = {}

    @property
    def room(self) -> int:
        return self.size - len(self._tasks)

    @property
    def keys(self) -> list[Key]:
        """What is in hand."""
        return list(self._tasks)

    def start(self, key: Key, work: Coroutine[Any, Any, None]) -> None:
        had = self._tasks.get(key)
        # One that has ended may still stand here, until the loop comes to `_ended`: to take it for one at work lost
        # the wake of a hit, which then waited a second for the tick.
        if had is not None and not had.done():
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks[key] = task
        task.add_done_callback(lambda done: self._ended(key, done))

    def _ended(self, key: Key, task: asyncio.Task[None]) -> None:
        if self._tasks[key] is task:
            del self._tasks[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed += 1
            # A fault of ours, or a database that refuses: this piece of work alone waits for its lease to end.
            log.error("%s failed: %s", key, error, exc_info=None if isinstance(error, BusyError) else error)

    def __contains__(self, key: Key) -> bool:
        return key in self._tasks

    async def settled(self, within: float) -> None:
        """Wait until nothing runs that runs now, `within` seconds at most."""
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=within)

    async def drained(self, within: float | None = None) -> None:
        """Wait until nothing runs; after `within` seconds cancel the rest."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._tasks:
                    await asyncio.wait(list(self._tasks.values()), return_when=asyncio.FIRST_COMPLETED)
        for task in list(self._tasks.values()):
            task.cancel()
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))
