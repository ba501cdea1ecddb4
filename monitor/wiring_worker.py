"""Settings → a worker of several: it polls, reads and sends, and hands over what it read to who keeps the stories."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TextIO

from monitor.clock import SystemClock
from monitor.configured import Orders
from monitor.fetch.client import Client
from monitor.keeper import HandingOver
from monitor.notify.channels.sender import Sender
from monitor.pipeline import Pipeline
from monitor.pool import Pool
from monitor.ports import Ledger
from monitor.queue.jobs import Jobs
from monitor.settings.orders import orders, version
from monitor.settings.record import Settings
from monitor.store import opening
from monitor.store.ledger import StoreLedger
from monitor.together import Together, together
from monitor.wiring import adjust, check_channels, client, in_force, readers, visitor

# Seconds that a worker has to read a page that it took, or others do: its job's beats say sooner that it has ended.
LEASE = 120.0


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with: it polls, reads and sends, and hands over what it read."""

    pipeline: Pipeline
    handing: HandingOver
    ledger: Ledger
    clock: SystemClock
    pool: Pool
    client: Client
    together: Together
    jobs: Jobs


@asynccontextmanager
async def bench(
    settings: Settings, owner: str, clock: SystemClock, pool: Pool, fetcher: Client, out: TextIO | None = None
) -> AsyncIterator[Bench]:
    """What a worker needs beside readers and a client. Raises StoreError, BusyError."""
    sender = Sender(out or sys.stdout, fetcher)
    ledger = await asyncio.to_thread(
        lambda: StoreLedger(lambda: opening.open_shared(settings.database), clock.monotonic)
    )
    jobs = Jobs(settings.database, owner)
    try:
        await jobs.install()
        await jobs.resume()
        visits = visitor(settings, clock, pool, fetcher, ledger)
        now = clock.now()
        visits.restore(await asyncio.wrap_future(ledger.look(lambda store: store.outlets.held_hosts(now))), now)
        handing = HandingOver(ledger, clock, lambda: pipeline.orders)
        pipeline = Pipeline(visits, pool, ledger, sender, clock, handing, await worker_orders(settings))
        async with together(settings.database, owner, settings.gap, clock, ledger, visits) as one:
            yield Bench(pipeline, handing, ledger, clock, pool, fetcher, one, jobs)
    finally:
        await sender.aclose()
        await jobs.aclose()
        await asyncio.to_thread(ledger.close)


@asynccontextmanager
async def working(settings: Settings, owner: str, *, out: TextIO | None = None) -> AsyncIterator[Bench]:
    """A worker that is a process of its own. Raises StoreError, BusyError, ChannelError, PoolError."""
    check_channels(settings)
    async with (
        readers(settings) as pool,
        client(settings) as fetcher,
        bench(settings, owner, SystemClock(), pool, fetcher, out) as made,
    ):
        yield made


async def worker_orders(settings: Settings) -> Orders:
    """Return what a worker goes by."""
    return as_worker(replace(orders(settings, {}), version=await asyncio.to_thread(version, settings)))


def as_worker(said: Orders) -> Orders:
    """Return orders as a worker has them. Since when rules are in force the keeper alone must know."""
    return replace(said, rules_since={}, lease=LEASE)


async def readjust(work: Bench, settings: Settings) -> None:
    """Put another configuration in force in a worker, whole or not at all. Raises ChannelError, PoolError."""
    check_channels(settings)
    new = await worker_orders(settings)

    async def adopt() -> None:
        work.pipeline.orders = new
        adjust(work.client, work.pipeline.visitor, settings)

    await work.pool.reload(in_force(settings, work.clock.now()), settings.entities, adopt)
