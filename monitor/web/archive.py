"""The archive as pages read it: in a few threads, each with a read-only connection of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from monitor.errors import StoreError
from monitor.ports import Store

T = TypeVar("T")
# Two cores, of which the daemon needs one: more readers make each other wait.
READERS = 2


class Archive:
    """Work on the store, off the loop. `open_store`: called in each thread, at its first work."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        self.open = open_store
        self._mine = threading.local()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="archive")

    async def ask(self, work: Callable[[Store], T]) -> T:
        """Run `work` in a thread with a store. Raises what it raises; StoreError where there is no database yet."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def _run(self, work: Callable[[Store], T]) -> T:
        store: Store | None = getattr(self._mine, "store", None)
        if store is None:
            store = self._mine.store = self.open()
        try:
            return work(store)
        except StoreError:
            # The file may be another one now, as after `db restore`.
            self._part()
            raise

    def close(self) -> None:
        """Wait for what is under way, then close the connections, each in its own thread."""
        together = threading.Barrier(READERS)

        def part() -> None:
            together.wait()
            self._part()

        for _ in range(READERS):
            self._threads.submit(part)
        self._threads.shutdown()

    def _part(self) -> None:
        store: Store | None = getattr(self._mine, "store", None)
        self._mine.store = None
        if store is not None:
            store.close()
