"""Turns of hosts among several workers, on a real server: no host is asked by two at once, nor before its gap is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest

from monitor.clock import SystemClock
from monitor.errors import FetchError, Reason
from monitor.fetch import turns
from monitor.fetch.turns import Shared
from monitor.store import pg_absence
from monitor.store.ledger import StoreLedger
from monitor.store.postgres import PostgresStore
from tests import postgres

pytestmark = pytest.mark.postgres

HOST = "one.example"


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners here say nothing of being present: they are not taken for dead on a server that has run for a while."""
    monkeypatch.setattr(pg_absence, "UNSEEN", 1e6)


@asynccontextmanager
async def workers(address: str, count: int, usual: float = 0.0) -> AsyncIterator[list[Shared]]:
    ledgers = [StoreLedger(lambda: PostgresStore.open(address, locking=False)) for _ in range(count)]
    try:
        yield [Shared(ledger, SystemClock(), f"w{number}", usual) for number, ledger in enumerate(ledgers)]
    finally:
        for ledger in ledgers:
            await asyncio.to_thread(ledger.close)


def address() -> str:
    return postgres.fresh()


async def test_of_many_workers_one_asks_and_the_next_waits_for_the_gap() -> None:
    clock, visits = SystemClock(), []
    async with workers(address(), 4) as all_of_them:

        async def visit(one: Shared) -> None:
            for _ in range(4):
                assert await one.enter(HOST, 60) == 0.0
                began = clock.monotonic()
                await asyncio.sleep(0.01)
                visits.append((began, clock.monotonic()))
                one.leave(HOST, 0.05)

        await asyncio.gather(*map(visit, all_of_them))
    visits.sort()
    assert len(visits) == 16
    # The gap is counted from when the database has heard that the visit ended, never from before.
    assert all(begins - ended >= 0.05 for (_, ended), (begins, _) in pairwise(visits))


async def test_a_job_holds_its_host_while_visits_come_and_go() -> None:
    async with workers(address(), 2) as (mine, other):
        async with mine.hold(HOST, 1):
            await mine.enter(HOST, 1)
            mine.leave(HOST, 0.3)
            with pytest.raises(FetchError) as said:
                await other.enter(HOST, 0.2)
            assert said.value.reason is Reason.RATE_LIMITED
            assert said.value.retry
            await other.enter("two.example", 0)
            other.leave("two.example", 0)
        began = SystemClock().monotonic()
        await other.enter(HOST, 5)
        assert SystemClock().monotonic() - began > 0.2, "the gap of the last visit"
        other.leave(HOST, 0)


async def test_turns_are_held_for_longer_by_renewing_and_one_that_was_lost_is_taken_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LEASE", 0.6)
    monkeypatch.setattr(turns, "RENEW", 0.0)
    monkeypatch.setattr(turns, "_LEFT", 0.2)
    async with workers(address(), 2) as (mine, other):
        await mine.enter(HOST, 0)
        for _ in range(4):
            await asyncio.sleep(0.3)
            await mine.renew()
        with pytest.raises(FetchError):
            await other.enter(HOST, 0.1)
        # As after a stop of the process: the lease ends, another asks.
        await asyncio.sleep(0.7)
        await other.enter(HOST, 0)
        await mine.renew()
        with pytest.raises(FetchError):
            await mine.enter(HOST, 0.1)
        other.leave(HOST, 0)
        await mine.enter(HOST, 2)
        mine.leave(HOST, 0)
        mine.leave(HOST, 0)
        with pytest.raises(KeyError):
            mine.leave(HOST, 0)


async def test_one_that_is_called_off_while_it_waits_leaves_no_turn_behind() -> None:
    async with workers(address(), 2) as (mine, other):
        for _ in range(5):
            waiting = asyncio.ensure_future(mine.enter(HOST, 5))
            await asyncio.sleep(0.002)
            waiting.cancel()
            held = False
            try:
                await waiting
                held = True
            except asyncio.CancelledError:
                pass
            if held:
                mine.leave(HOST, 0)
        await other.enter(HOST, 2)
        other.leave(HOST, 0)
