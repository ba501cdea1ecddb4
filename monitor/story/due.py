"""Which articles in memory are to be looked at again: when so many others came, and before their story ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Container
from datetime import datetime
from heapq import heapify, heappop, heappush

# Entries of articles that left memory are cleared away when there are a quarter more entries than articles, and so many
# more: at ten articles a second a week's would be six million, of which twelve thousand are still in memory.
SPARE = 1_024


class Due:
    """First and last looks, of each at most SPARE more than 1.25 times as many as there are articles in memory.
    `alive`: the marks of those.
    """

    def __init__(self, alive: Container[str]) -> None:
        self._alive = alive
        self._soon: deque[tuple[int, str]] = deque()
        self._late: list[tuple[datetime, int, str]] = []

    def __len__(self) -> int:
        return len(self._soon) + len(self._late)

    def soon(self, number: int, mark: str, most: int) -> None:
        """Have an article looked at when `number` have come. `most`: how many are in memory."""
        self._soon.append((number, mark))
        if len(self._soon) > most + most // 4 + SPARE:
            first: dict[str, int] = {}
            for had, name in self._soon:
                first.setdefault(name, had)
            self._soon = deque((had, name) for name, had in first.items() if name in self._alive)

    def late(self, at: datetime, number: int, mark: str, most: int) -> None:
        """Have it looked at then, too."""
        heappush(self._late, (at, number, mark))
        if len(self._late) > most + most // 4 + SPARE:
            first: dict[str, tuple[datetime, int, str]] = {}
            for entry in sorted(self._late):
                first.setdefault(entry[2], entry)
            self._late = [entry for name, entry in first.items() if name in self._alive]
            heapify(self._late)

    def skip(self, number: int) -> None:
        """Leave out first looks that were due when so many had come."""
        self._soon = deque(entry for entry in self._soon if entry[0] > number)

    def next(self, number: int, now: datetime) -> str | None:
        """Return an article that is due, each time once; None where none is. `number`: how many have come."""
        while self._soon and self._soon[0][0] <= number:
            mark = self._soon.popleft()[1]
            if mark in self._alive:
                return mark
        while self._late and self._late[0][0] <= now:
            mark = heappop(self._late)[2]
            if mark in self._alive:
                return mark
        return None

    def waits(self, number: int, now: datetime) -> bool:
        """Say whether one is due."""
        return bool(self._soon and self._soon[0][0] <= number) or bool(self._late and self._late[0][0] <= now)
