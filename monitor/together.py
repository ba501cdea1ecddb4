"""One process among others that work on the same database: its name, that it lives, and the turns of hosts it has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from monitor.fetch.turns import Shared
from monitor.fetch.visit import Visitor
from monitor.ports import Clock, Ledger
from monitor.ports_work import shared
from monitor.store import opening


class Present(Protocol):
    """That a process lives, as the others see it."""

    def keep(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Together:
    """One process among others. `owner`: its name, which no other process has."""

    owner: str
    turns: Shared
    presence: Present


@asynccontextmanager
async def together(
    address: str, owner: str, gap: float, clock: Clock, ledger: Ledger, visitor: Visitor
) -> AsyncIterator[Together]:
    """Be one of several that ask hosts, by this name; `gap`: seconds between two visits to a host that asks for no
    other. What a process of this name held before is given back. Raises StoreError, BusyError.
    """
    presence = opening.presence(address, owner)
    await asyncio.to_thread(presence.__enter__)
    try:
        turns = Shared(ledger, clock, owner, gap)
        visitor.turns = turns
        now = clock.now()
        await asyncio.wrap_future(ledger.submit(lambda store: shared(store).work.end(owner, now)))
        yield Together(owner, turns, presence)
    finally:
        await asyncio.to_thread(presence.__exit__)
