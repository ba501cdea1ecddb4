"""Who waits for a reader (pool.py), by rank: feeds and robots.txt before articles, three at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

FIRST, THEN = 0, 1  # ranks: feeds and robots.txt, then articles
# So many of the first in a row while others wait: a page takes ten times a feed, and of a flood of feeds none was read.
OVERTAKING = 3

T = TypeVar("T")


class Waiting(Generic[T]):
    """Futures of those who wait. A caller that gave up is passed over."""

    def __init__(self) -> None:
        self._ranks: tuple[deque[tuple[asyncio.Future[T], bool]], ...] = (deque(), deque())
        self._overtook = 0

    def add(self, rank: int, future: asyncio.Future[T], *, alone: bool = False) -> None:
        """Queue a caller. `alone`: it takes nothing that another has in hand."""
        self._ranks[rank].append((future, alone))

    def next(self, *, shared: bool = False) -> asyncio.Future[T] | None:
        """Take out whose turn it is; None: nobody waits, or who is next would not share."""
        for rank in self._ranks:
            while rank and rank[0][0].done():
                rank.popleft()
        first, then = self._ranks
        overtaken = bool(then) and (not first or self._overtook >= OVERTAKING)
        queue = then if overtaken else first
        if not queue or (shared and queue[0][1]):
            return None
        self._overtook = 0 if overtaken else self._overtook + bool(then)
        return queue.popleft()[0]

    def __len__(self) -> int:
        return sum(map(len, self._ranks))
