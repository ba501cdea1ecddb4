"""Whose turn it is to ask a host, where several machines do: a lease in their database, for as long as one is needed.

Within one process a visit waits for its host's turn by itself (turn.py, gate.py). Redirects, robots.txt and links lead
to other hosts than the one a job is about, so that jobs alone would not keep two machines from one host at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from monitor.errors import FetchError, MonitorError, Reason
from monitor.ports import Clock, Ledger, Store
from monitor.ports_work import Work, shared

T = TypeVar("T")
log = logging.getLogger("monitor")

# Seconds: a turn is held so long, and renewed so often. A visit begins with at least `_LEFT` of it to come: its
# deadline and a little.
LEASE, RENEW, _LEFT = 75.0, 15.0, 35.0
# Between two looks whether another's turn has ended before its lease.
_LOOK = 0.5


class Turns(Protocol):
    """What a visit asks for before it dials."""

    async def enter(self, host: str, patience: float) -> float:
        """Wait for a host's turn, `patience` seconds at most; return for how many seconds the host wants to be left
        alone, as others were told. Raises FetchError where it does not come.
        """
        ...

    def leave(self, host: str, gap: float) -> None:
        """End a visit. `gap`: seconds until the next may begin."""
        ...


class Alone:
    """One process asks: nobody else is waited for."""

    async def enter(self, host: str, patience: float) -> float:  # noqa: ARG002
        """Go on."""
        return 0.0

    def leave(self, host: str, gap: float) -> None:
        """Do nothing."""


@dataclass(slots=True)
class _Held:
    """`until`: monotonic seconds. `users`: visits and jobs that count on it."""

    until: float = 0.0
    users: int = 0
    gap: float = 0.0


class Shared:
    """The turns of one worker among many. `owner`: its name, which no other process has. `usual`: the gap in seconds of
    a host that was not asked yet.
    """

    def __init__(self, ledger: Ledger, clock: Clock, owner: str, usual: float) -> None:
        self._ledger, self._clock, self._owner, self._usual = ledger, clock, owner, usual
        self._held: dict[str, _Held] = {}
        # Weak: a lock lives as long as somebody holds or awaits it.
        self._taking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def enter(self, host: str, patience: float) -> float:
        """Wait for a host's turn; see the protocol."""
        lock = self._taking.setdefault(host, asyncio.Lock())
        async with lock:
            held = self._held.get(host)
            if held is not None and held.until - self._clock.monotonic() >= _LEFT:
                held.users += 1
                return 0.0
            try:
                pause = await self._take(host, patience)
            except asyncio.CancelledError:
                # It may have been granted meanwhile.
                if not held:
                    self._give({host: self._usual})
                raise
            self._held[host].users += 1
            return pause

    def leave(self, host: str, gap: float) -> None:
        """End a visit, or a job's hold."""
        held = self._held[host]
        held.users -= 1
        held.gap = max(gap, 0.0)
        if held.users <= 0:
            del self._held[host]
            self._give({host: held.gap})

    @asynccontextmanager
    async def hold(self, host: str, patience: float) -> AsyncIterator[None]:
        """Hold a host's turn while the block runs, whatever visits come and go. Raises FetchError as `enter` does."""
        await self.enter(host, patience)
        try:
            yield
        finally:
            held = self._held.get(host)
            self.leave(host, held.gap if held else self._usual)

    async def renew(self) -> None:
        """Hold what is held for longer; call it every RENEW seconds."""
        began = self._clock.monotonic()
        gaps = {host: max(held.gap, self._usual) + RENEW for host, held in self._held.items()}
        if not gaps:
            return
        kept = await self._ask(lambda work: work.renew_turns(gaps, self._owner, LEASE))
        for host in gaps:
            held = self._held.get(host)
            if held is not None:
                held.until = began + LEASE if host in kept else 0.0

    async def _take(self, host: str, patience: float) -> float:
        waited = 0.0
        while True:
            began = self._clock.monotonic()
            said = await self._ask(lambda work: work.take_turn(host, self._owner, LEASE, self._usual))
            if not said.wait:
                held = self._held.setdefault(host, _Held(gap=self._usual))
                held.until = began + LEASE
                return (said.held_until - self._clock.now()).total_seconds() if said.held_until else 0.0
            # It may be given back long before its lease ends.
            if waited >= patience:
                raise FetchError(
                    Reason.RATE_LIMITED, f"another machine is asking {host}", retry_after=min(said.wait, LEASE)
                )
            pause = min(said.wait, _LOOK)
            await self._clock.sleep(pause)
            waited += pause

    def _give(self, gaps: dict[str, float]) -> None:
        def give(store: Store) -> None:
            shared(store).work.give_turns(gaps, self._owner)

        # Where the database does not answer, the lease ends by itself.
        with suppress(MonitorError):
            self._ledger.submit(give)

    async def _ask(self, what: Callable[[Work], T]) -> T:
        return await asyncio.wrap_future(self._ledger.submit(lambda store: what(shared(store).work)))
