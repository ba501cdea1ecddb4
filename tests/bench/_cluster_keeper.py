"""How many articles a second one keeper takes in: the part of a cluster that there is one of.

Pages are read as workers read them, before; what is measured is `Keeper.take_in` of what they handed over.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.configured import Orders
from monitor.keeper import HandingOver
from monitor.model import Channel, Link, Outlet, Route, Rule
from monitor.pool import Pool
from monitor.store.ledger import StoreLedger
from monitor.store.postgres import PostgresStore
from monitor.wiring import SystemClock
from tests import lines
from tests.bench._cluster_gauges import asked, postmaster, tree
from tests.bench._service_places import host
from tests.bench._service_press import LISTED
from tests.bench._service_rates import Given, _body, _link, _numbers, _outlet
from tests.bench._service_report import line
from tests.bench._service_room import queries
from tests.bench._service_run import Plan, open_street
from tests.bench._service_street import Street
from tests.postgres import Server

READINGS, WARM, HELD = 64, 100, 12


def keeper(plan: Plan, server: Server, count: int) -> None:
    """Measure and print."""
    print(f"keeper: {count:,} readings, {plan.rules:,} rules, {plan.hits:.0%} hit", flush=True)
    outlets = -(-(count + WARM) // LISTED)
    street = Street(str(plan.data), outlets, 86_400.0, time.time(), hits=plan.hits, hostile=False)
    with open_street(street) as (_, port, _told):
        known = [_outlet(number, f"http://{host(number)}:{port}") for number in range(outlets)]
        listed = [[_link(one, street, number) for number in _numbers(street, one)] for one in known]
        links = [link for row in zip(*listed, strict=True) for link in row][: count + WARM]
        pages = {link.url: _body(link.url) for link in links}
    asyncio.run(_measure(plan, server, known, links, pages))


async def _measure(
    plan: Plan, server: Server, outlets: Sequence[Outlet], links: Sequence[Link], pages: dict[str, bytes]
) -> None:
    rules = [Rule(f"r{number}", query, version="1") for number, query in enumerate(queries(plan.data, plan.rules))]
    address, clock = server.database(), SystemClock()
    ledger = StoreLedger(lambda: PostgresStore.open(address), clock.monotonic)
    orders = Orders(
        {one.id: one for one in outlets},
        {one.id: one for one in rules},
        {"desk": Channel("desk", "webhook", "http://127.0.0.1:9/")},
        (Route("all", ("desk",)),),
        version="one",
    )
    pool = await Pool.start(rules, (), size=2)
    visitor: Any = Given(pages)
    try:
        line_, kept = lines.pipeline(visitor, pool, ledger, None, clock, orders)
        line_.keeper = HandingOver(ledger, clock, lambda: orders)
        now = clock.now()

        def take(store: Any) -> list[Link]:
            store.outlets.sync(outlets, now)
            ids = {source.url: source.id for source in store.outlets.lease_due(now, limit=len(outlets), lease=600.0)}
            return [new for one in links for new in store.links.add([one], ids[one.source], now, lease=600.0)]

        waiting = list(reversed(await asyncio.wrap_future(ledger.submit(take))))

        async def read() -> None:
            while waiting:
                await asyncio.create_task(line_.read(replace(waiting.pop(), attempts=0)))

        await asyncio.gather(*(read() for _ in range(HELD)))
        await kept.take_in(WARM)
        before, cpu, thread, whole = asked(address), tree(postmaster(server)), time.thread_time(), time.process_time()
        began, taken = time.monotonic(), 0
        while rows := await kept.take_in(READINGS):
            taken += len(rows)
        took, main = time.monotonic() - began, time.thread_time() - thread
        writer, database = time.process_time() - whole - main, tree(postmaster(server)) - cpu
        after = asked(address)
    finally:
        await pool.aclose()
        ledger.close()
    line(
        "one keeper takes in",
        f"{taken / took:.0f} articles/s; an article: loop {main / taken * 1e3:.2f} + writer {writer / taken * 1e3:.2f} ms of "
        f"the keeper's CPU, {database / taken * 1e3:.2f} ms of PostgreSQL's; "
        f"WAL {(after['wal_bytes'] - before['wal_bytes']) / taken / 1e3:.1f} kB",
    )
