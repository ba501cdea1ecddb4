"""Settings → a running Pipeline. The only file that names concrete doors."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import socket
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TextIO

from monitor.clock import SystemClock
from monitor.configured import Orders
from monitor.errors import StoreError
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.policy import user_agent
from monitor.fetch.subscription import own
from monitor.fetch.visit import Visitor, addressed, private_origin
from monitor.keeper import Keeper
from monitor.model import Outlet, Rule
from monitor.notify import plan
from monitor.notify.channels.sender import Sender
from monitor.parse import urls
from monitor.pipeline import Pipeline
from monitor.place import Place
from monitor.placing import Member
from monitor.pool import Pool
from monitor.ports import Ledger, Request, Store
from monitor.ports_work import workers_of
from monitor.settings.orders import orders, version
from monitor.settings.paths import caches
from monitor.settings.record import Settings
from monitor.store import opening
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.story.cluster import Clusters
from monitor.together import Together, together
from monitor.upkeep import Floor, Policy, Upkeep
from monitor.vigil import Vigil

# Stories older than this gain no articles.
STORY_WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """A pipeline and what the daemon needs beside it."""

    pipeline: Pipeline
    ledger: Ledger
    clock: SystemClock
    floor: Floor
    upkeep: Upkeep
    vigil: Vigil
    pool: Pool
    client: Client
    keeper: Keeper
    lock: opening.Lock = field(default_factory=opening.Lock)
    together: Together | None = None
    """Where other machines may work on the same database."""
    followers: list[Callable[[Settings], Awaitable[None]]] = field(default_factory=list)
    """What else of this process goes by the configuration."""


def clustered(settings: Settings) -> bool:
    """Say whether the work is shared among processes by a queue in the database."""
    return bool(settings.database)


def check_parts() -> None:
    """Raise StoreError where what several processes need is not installed."""
    try:
        import monitor.queue.jobs  # noqa: F401
    except ImportError as error:
        raise opening.lacking(error) from error


def agent(settings: Settings) -> str:
    """Return the User-Agent: name, version, contact."""
    return user_agent(importlib.metadata.version("news-monitor"), settings.contact)


@asynccontextmanager
async def fetching(settings: Settings) -> AsyncIterator[tuple[Client, Pool]]:
    """A client and reader processes for lists and home pages, without a database."""
    folders = caches(settings.storage)
    pool = await Pool.start((), (), size=settings.readers, reader="monitor.reading:Lister", folders=folders)
    try:
        async with client(settings) as fetcher:
            yield fetcher, pool
    finally:
        await pool.aclose()


@dataclass(frozen=True, slots=True)
class Guest:
    """What asks outlets for a person who waits: no database is touched, what hosts said is forgotten at the end."""

    visitor: Visitor
    pool: Pool
    ledger: Ledger


@asynccontextmanager
async def visiting(settings: Settings, *, gap: float | None = None) -> AsyncIterator[Guest]:
    """A visitor without our database, for `outlets check` and `outlets discover`. `gap`: seconds between two visits to
    a host; None: as configured.
    """
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        async with fetching(settings) as (fetcher, pool):
            ledger = StoreLedger(lambda: SqliteStore.open(Path(folder) / "visits.db"))
            try:
                yield Guest(visitor(settings, SystemClock(), pool, fetcher, ledger, gap), pool, ledger)
            finally:
                await asyncio.to_thread(ledger.close)


def onlooker(place: Place, stopped: Callable[[], bool] | None = None) -> Store:
    """Open a database to look at it, beside who writes it. Raises StoreError. `stopped`: ends what it looks for."""
    return opening.open_readonly(place, stopped)


def sizes(place: Place) -> dict[str, int]:
    """Return how many bytes a database takes, part by part; 0 where that cannot be seen."""
    return opening.sizes(place)


def writing(place: Place) -> AbstractContextManager[Store]:
    """Open a database for one short change, beside the daemon. Raises StoreError."""
    return opening.writing(place)


@asynccontextmanager
async def line(settings: Settings, *, out: TextIO | None = None, once: bool = False) -> AsyncIterator[Line]:
    """Open everything in order, close it in reverse. Raises BusyError where another daemon has the database,
    DamagedError, ChannelError, PoolError. `out`: where the console channel prints; `once`: nobody else works meanwhile.
    """
    clock = SystemClock()
    check_channels(settings)
    name = f"{socket.gethostname()}:{settings.storage}"
    with opening.lock(settings.place) as lock:
        # The readers come first: they inherit nothing of our environment and no open file of ours.
        async with readers(settings) as pool, client(settings) as fetcher:
            sender = Sender(out or sys.stdout, fetcher)
            writer = await _writer(settings.place, clock, f"{name}:{os.getpid()}")
            # How full a server's disk is, it says itself.
            least = 0 if settings.database else settings.min_free
            ledger = Floor(writer, clock, settings.storage, least)
            try:
                pipeline, keeper = await _pipeline(settings, clock, pool, fetcher, ledger, sender, once=once)
                upkeep = Upkeep(ledger, clock, policy(settings), window=STORY_WINDOW)
                vigil = Vigil(ledger, clock, lambda: pipeline.orders)
                made = Line(pipeline, ledger, clock, ledger, upkeep, vigil, pool, fetcher, keeper, lock)
                if not clustered(settings):
                    yield made
                    return
                async with together(settings.database, name, settings.gap, clock, ledger, pipeline.visitor) as one:
                    yield replace(made, together=one)
            finally:
                await sender.aclose()
                # Closing waits for the last commit; the loop stays free for what that completes.
                await asyncio.to_thread(ledger.close)


async def _writer(place: Place, clock: SystemClock, name: str) -> StoreLedger:
    """Open the database for writing. A stop meanwhile undoes what brings it up to date, which may take minutes."""
    stop = threading.Event()
    opened = asyncio.ensure_future(
        asyncio.to_thread(StoreLedger, lambda: opening.open_store(place, stop.is_set, keeper=name), clock.monotonic)
    )
    try:
        return await asyncio.shield(opened)
    except asyncio.CancelledError:
        stop.set()
        # The lock of the database is ours until its file is as it was.
        with suppress(StoreError):
            await asyncio.to_thread((await opened).close)
        raise


def adjust(fetcher: Client, visitor: Visitor, settings: Settings) -> None:
    """Ask as the configuration says from now on."""
    fetcher.adjust(agent(settings), settings.page_size, settings.fetch_deadline)
    visitor.adjust(agent(settings), settings.fetch_deadline, settings.page_size, settings.gap)


async def _pipeline(
    settings: Settings, clock: SystemClock, pool: Pool, fetcher: Client, ledger: Ledger, sender: Sender, *, once: bool
) -> tuple[Pipeline, Keeper]:
    now = clock.now()

    def take_over(store: Store) -> tuple[Sequence[Member], int, dict[str, datetime], dict[str, datetime]]:
        # What others have in hand is theirs.
        if not clustered(settings) or (once and not workers_of(store)):
            store.upkeep.reclaim(now, [channel.id for channel in settings.channels if channel.once])
        since = _adopt(store, settings, settings.outlets, now)
        ordered = max((order.id for order in store.stories.orders(0)), default=0)
        return store.stories.members(now - STORY_WINDOW), ordered, store.outlets.held_hosts(now), since

    known, ordered, held, since = await asyncio.wrap_future(ledger.submit(take_over))
    visits = visitor(settings, clock, pool, fetcher, ledger)
    visits.restore(held, now)
    clusters = Clusters()
    clusters.restore(known)
    keeper = Keeper(ledger, clock, clusters, lambda: pipeline.orders, ordered)
    pipeline = Pipeline(visits, pool, ledger, sender, clock, keeper, await _orders(settings, since))
    return pipeline, keeper


async def _orders(settings: Settings, since: Mapping[str, datetime]) -> Orders:
    made = orders(settings, since)
    return replace(made, version=await asyncio.to_thread(version, settings)) if clustered(settings) else made


def _adopt(store: Store, settings: Settings, outlets: Sequence[Outlet] | None, now: datetime) -> dict[str, datetime]:
    """Make what is stored of a configuration that of today, of outlets where there are others; return since when each
    rule is in force.
    """
    if outlets is not None:
        store.outlets.sync(outlets, now)
    store.upkeep.use_zone(settings.timezone)
    return store.upkeep.rules_since({rule.id: rule.version for rule in in_force(settings, now)}, now)


def in_force(settings: Settings, now: datetime) -> list[Rule]:
    """Return the rules that have not ended."""
    return [rule for rule in settings.rules if not plan.ended(rule, now)]


async def refit(work: Line, before: Settings, settings: Settings) -> None:
    """Put another configuration in force, whole or, where this raises, not at all; what is in hand goes on. Database
    and number of readers stay as they were `before`.

    Raises ChannelError, PoolError, StoreError.
    """
    check_channels(settings)
    now = work.clock.now()

    async def adopt() -> None:
        # A hundred thousand outlets hold the writer for seconds: not for an edit of a rule.
        outlets = settings.outlets if settings.outlets != before.outlets else None
        since = await asyncio.wrap_future(work.ledger.submit(lambda store: _adopt(store, settings, outlets, now)))
        work.pipeline.orders = await _orders(settings, since)
        for follower in work.followers:
            await follower(settings)
        work.floor.least = 0 if settings.database else settings.min_free
        work.upkeep.policy = policy(settings)
        adjust(work.client, work.pipeline.visitor, settings)

    await work.pool.reload(in_force(settings, now), settings.entities, adopt)


def visitor(
    settings: Settings, clock: SystemClock, pool: Pool, fetcher: Client, ledger: Ledger, gap: float | None = None
) -> Visitor:
    """Return who asks hosts. `gap`: seconds between two visits to one; None: as configured."""
    return Visitor(
        fetcher, pool, ledger, clock, Gate(settings.gap if gap is None else gap), agent(settings),
        deadline=settings.fetch_deadline, max_bytes=settings.page_size,
    )  # fmt: skip


def policy(settings: Settings) -> Policy:
    """Return for how long articles stay."""
    return Policy({outlet.id: outlet.keep for outlet in settings.outlets}, settings.keep)


def check_channels(settings: Settings) -> None:
    """Raise ChannelError for the first channel whose address nothing here can use; nothing is sent."""
    sender = Sender(sys.stdout)
    for channel in settings.channels:
        sender.check(channel)


@asynccontextmanager
async def readers(settings: Settings) -> AsyncIterator[Pool]:
    """Reader processes with the rules in force. Raises PoolError."""
    rules, folders = in_force(settings, datetime.now(UTC)), caches(settings.storage)
    pool = await Pool.start(rules, settings.entities, size=settings.readers, folders=folders)
    try:
        yield pool
    finally:
        await pool.aclose()


@asynccontextmanager
async def client(settings: Settings) -> AsyncIterator[Client]:
    """A client alone, for `inspect`."""
    fetcher = Client(agent=agent(settings), max_bytes=settings.page_size, deadline=settings.fetch_deadline)
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


def request(settings: Settings, url: str) -> Request:
    """Return a request within the limits that are set, on whatever port who asks has written. An outlet's own page is
    asked for as that outlet's: privately, with its subscription.
    """
    base = Request(url, deadline=settings.fetch_deadline, max_bytes=settings.page_size)
    outlets = (one for one in settings.outlets if private_origin(one, url) or own(one, url))
    asked = addressed(base, next(outlets, Outlet("")), url)
    return replace(asked, ports=asked.ports | {urls.port(url)})
