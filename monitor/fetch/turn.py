"""A host's turn: one visit at a time, polls before pages."""

from __future__ import annotations

import asyncio
from collections import deque


class Turn:
    """A lock with two queues. A feed that lists 1,000 pages of a host must not hold up that host's other feeds."""

    def __init__(self) -> None:
        self._held = False
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    async def acquire(self, *, urgent: bool) -> None:
        """Wait for the turn. A caller that is cancelled passes on a turn it was just given."""
        if not self._held:
            self._held = True
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._patient).append(given)
        try:
            await given
        except asyncio.CancelledError:
            if given.done() and not given.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give the turn to the next in line."""
        for queue in (self._urgent, self._patient):
            while queue:
                given = queue.popleft()
                if not given.done():
                    given.set_result(None)
                    return
        self._held = False
