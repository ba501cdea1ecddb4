"""Blocking sends off the loop, in threads that hold neither each other's channels nor the end of the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

from monitor.errors import SendReason
from monitor.model import Delivery

# Seconds for one message, and as many for a free thread; the lease of a message must be longer than both.
TIMEOUT = 60.0


class Threads:
    """At most `size` sends of one channel at once, each in a daemon thread: a receiver that hangs must not hold the
    process after SIGTERM. A message under way then stays leased and is sent again by the next process.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._slots: dict[str, asyncio.Semaphore] = {}

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

        def put(delivery: Delivery) -> None:
            slots.release()
            if not answer.done():
                answer.set_result(delivery)

        def work() -> None:
            try:
                delivery = send()
            except Exception as error:  # noqa: BLE001
                # Whatever it is, the slot must come back; its text could hold the channel's address.
                delivery = Delivery(sent=False, reason=SendReason.REFUSED, detail=type(error).__name__)
            # The loop may be gone by now; then nobody waits for the answer.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(put, delivery)

        threading.Thread(target=work, name=f"notify-{channel_id}", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, TIMEOUT)
        except TimeoutError:
            # It goes on in its thread, and may arrive.
            return Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail=f"no answer within {TIMEOUT:.0f} s")
