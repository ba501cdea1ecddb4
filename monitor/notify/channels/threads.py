"""Blocking sends off the loop, in threads that hold neither each other's channels nor the end of the process."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from monitor.errors import SendReason
from monitor.model import Delivery

# Seconds for one message, and as many for a free thread; the lease of a message must be longer than both.
TIMEOUT = 60.0
# Threads that wait for the next message. To start one takes the loop as long as the others let it wait: beside ten busy
# ones a third of its time.
IDLE = 128

_Job = Callable[[], None]


class _Worker:
    """A thread that does one job after another until it is given None."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="notify", daemon=True).start()

    def _work(self) -> None:
        while job := self.jobs.get():
            job()


class Threads:
    """At most `size` sends of one channel at once, each in a daemon thread: a receiver that hangs must not hold the
    process after SIGTERM. A message under way then stays leased and is sent again by the next process.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._idle: list[_Worker] = []

    async def run(self, channel_id: str, send: Callable[[], Delivery]) -> Delivery:
        """Return how `send` ended; AMBIGUOUS where it has not yet, TIMEOUT where it never began. Never raises."""
        slots = self._slots.setdefault(channel_id, asyncio.Semaphore(self._size))
        try:
            async with asyncio.timeout(TIMEOUT):
                await slots.acquire()
        except TimeoutError:
            return Delivery(sent=False, reason=SendReason.TIMEOUT, detail=f"no free thread within {TIMEOUT:.0f} s")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Delivery] = loop.create_future()
        worker = self._idle.pop() if self._idle else _Worker()

        def put(delivery: Delivery) -> None:
            if len(self._idle) < IDLE:
                self._idle.append(worker)
            else:
                worker.jobs.put(None)
            slots.release()
            if not answer.done():
                answer.set_result(delivery)

        def work() -> None:
            try:
                delivery = send()
            except Exception as error:  # noqa: BLE001
                # Whatever it is, the slot must come back; its text could hold the channel's address.
                delivery = Delivery(sent=False, reason=SendReason.REFUSED, detail=type(error).__name__)
            try:
                loop.call_soon_threadsafe(put, delivery)
            except RuntimeError:
                # The loop is gone: nobody waits for the answer, nor for this thread.
                worker.jobs.put(None)

        worker.jobs.put(work)
        try:
            return await asyncio.wait_for(answer, TIMEOUT)
        except TimeoutError:
            # It goes on in its thread, and may arrive.
            return Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail=f"no answer within {TIMEOUT:.0f} s")
