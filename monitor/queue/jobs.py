"""The cluster's queue of jobs: what is due, each thing once, for whichever machine has a hand free. DOOR of psycopg and
pgqueuer.

The tables are pgqueuer's, in our schema, and so are the statements; at least once is its promise. The keeper offers
again each second what is still due, so a job that failed is struck out and not tried again by the queue.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.errors import PgqException
from pgqueuer.domain.models import Job as QueuedJob
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel, JobId, QueueEntrypoint, QueueManagerId
from pgqueuer.ports.repository import EntrypointExecutionParameter
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from monitor.errors import StoreError
from monitor.queue.shift import STALE, Hand, Job, Kind, Shift
from monitor.store.postgres import CONNECT_TIMEOUT, LOCK_TIMEOUT, SCHEMA, failure, named

__all__ = ["Jobs", "Kind"]

T = TypeVar("T")
_CHANNEL = "monitor_jobs"
# Every name is said: pgqueuer would take those left out from variables as common as TRIGGER and CHANNEL. "Balanced":
# jobs survive a crash of the server, the log of them is not written ahead.
_SETTINGS = DBSettings(
    prefix="",
    db_schema=SCHEMA,
    channel=Channel(_CHANNEL),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.balanced,
    widen_id=True,
)
# What libpq is told besides: a server that went without a word is found out within a minute.
_ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 30_000}
# Seconds that tidying may wait: everything that would write waits behind it.
_TIDY_WAIT = 1


class Jobs:
    """The queue as one process sees it. `name`: of the process, as the server lists it among its sessions."""

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._link = _Link(address, name)

    async def install(self) -> None:
        """Make pgqueuer's tables, or bring them up to date; once is enough, several at once are one after another.

        Raises BusyError where nothing answers, StoreError.
        """

        async def bring_up(queries: Queries) -> None:
            # In a lock of pgqueuer's own: those that come second find nothing to do.
            if (await queries.apply_upgrade()).statements:
                # Rows live for seconds, and ten million of them a day: they are swept out by the thousand.
                await queries.optimize_autovacuum()

        await self._link.ask(bring_up)

    async def offer(self, kind: Kind, keys: Sequence[str]) -> int:
        """Queue a job for each key that has none queued or in hand; return how many are new.

        Raises BusyError while the database is away, StoreError.
        """
        # In one order everywhere: two who offer the same at once would otherwise each wait for the other.
        names = sorted(set(keys))
        if not names:
            return 0
        count = len(names)

        async def enqueue(queries: Queries) -> int:
            numbers = await queries.enqueue(
                [kind.value] * count,
                [name.encode() for name in names],
                [0] * count,
                dedupe_key=[f"{kind.value}:{name}" for name in names],
                on_conflict="skip",
            )
            return sum(number is not None for number in numbers)

        return await self._link.ask(enqueue)

    async def work(self, hands: Mapping[Kind, Hand], slots: Mapping[Kind, int], stop: asyncio.Event) -> None:
        """Do jobs, at most `slots` of a kind at once, until `stop` is set; then let those in hand end.

        `hands`: what a job's key is given to. What it raises is logged, and its job is gone. While the database is
        away the hands go on. Cancelled: the hands are cancelled, and their jobs are others' at once or, where the
        database cannot be told, within 15 seconds, as those of a worker that was killed.
        """
        desk = _Desk(self._address, self._name)
        try:
            await Shift(desk, hands, slots).run(stop)
        finally:
            await desk.link.aclose()

    async def resume(self) -> None:
        """Put back the jobs that a process had in hand which had this name before and has ended; without this they are
        another's within 15 seconds. Raises BusyError where nothing answers.
        """
        statement = "UPDATE pgqueuer SET heartbeat = 'epoch' WHERE status = 'picked' AND queue_manager_id = $1"

        async def put_back(queries: Queries) -> None:
            await queries.driver.execute(statement, _number(self._name))

        await self._link.ask(put_back)

    async def tidy(self) -> None:
        """Empty the log that pgqueuer keeps, three rows a job; each minute is often enough. Where another reads it (a
        backup), it is left for the next time. Raises BusyError while the database is away.
        """

        async def empty(queries: Queries) -> None:
            await queries.driver.execute(f"SET lock_timeout = '{_TIDY_WAIT}s'")
            try:
                with suppress(errors.LockNotAvailable):
                    await queries.clear_queue_log()
            finally:
                await queries.driver.execute("RESET lock_timeout")

        await self._link.ask(empty)

    async def aclose(self) -> None:
        """Close the connection; twice is once."""
        await self._link.aclose()


def _number(name: str) -> QueueManagerId:
    return QueueManagerId(uuid.uuid5(uuid.NAMESPACE_URL, f"monitor:{name}"))


async def _connect(address: str, name: str) -> psycopg.AsyncConnection[Any]:
    said = conninfo_to_dict(address)
    options = f"-c search_path={SCHEMA} -c timezone=UTC -c lock_timeout={LOCK_TIMEOUT}s {said.get('options') or ''}"
    ours: dict[str, str | int] = {"connect_timeout": CONNECT_TIMEOUT, "application_name": f"monitor {name}", **_ALIVE}
    try:
        return await psycopg.AsyncConnection.connect(
            make_conninfo(address, options=options.strip(), **{key: said.get(key) or ours[key] for key in ours}),
            autocommit=True,
        )
    except psycopg.Error as error:
        raise failure(error, named(address)) from error


class _Link:
    """A connection that is made when it is needed, and anew once it is broken."""

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._turn = asyncio.Lock()

    async def ask(self, ask: Callable[[Queries], Awaitable[T]]) -> T:
        """Return what `ask` does; it may be done twice. Raises BusyError where nothing answers, StoreError."""
        async with self._turn:
            known = self._connection is not None and not self._connection.closed
            try:
                return await self._once(ask)
            except psycopg.Error as error:
                # One that has stood may have been broken since: a server that was restarted is there again.
                if not known or not self._broken():
                    raise failure(error, named(self._address)) from error
            try:
                return await self._once(ask)
            except psycopg.Error as error:
                raise failure(error, named(self._address)) from error

    async def _once(self, ask: Callable[[Queries], Awaitable[T]]) -> T:
        if self._connection is None or self._connection.closed:
            self._connection = await _connect(self._address, self._name)
        try:
            return await ask(
                Queries(
                    PsycopgDriver(self._connection),
                    qbe=QueryBuilderEnvironment(_SETTINGS),
                    qbq=QueryQueueBuilder(_SETTINGS),
                    qbs=QuerySchedulerBuilder(_SETTINGS),
                )
            )
        except PgqException as error:
            raise StoreError(f"the database {named(self._address)}: pgqueuer refuses its tables ({error})") from error

    def _broken(self) -> bool:
        return self._connection is None or self._connection.closed

    async def aclose(self) -> None:
        """Close it; twice is once."""
        if self._connection is not None:
            await self._connection.close()


class _Desk:
    """The queue as a shift sees it."""

    def __init__(self, address: str, name: str) -> None:
        self._address, self._name = address, name
        self.link = _Link(address, name)
        self._me = _number(name)
        self._rows: dict[int, QueuedJob] = {}

    async def take(self, kind: Kind, count: int) -> list[Job]:
        point = {QueueEntrypoint(kind.value): EntrypointExecutionParameter(concurrency_limit=0)}
        rows = await self.link.ask(
            lambda queries: queries.dequeue(count, point, self._me, None, timedelta(seconds=STALE))
        )
        self._rows.update((row.id, row) for row in rows)
        return [Job(row.id, kind, (row.payload or b"").decode()) for row in rows]

    async def beat(self, numbers: Sequence[int]) -> None:
        await self.link.ask(lambda queries: queries.update_heartbeat([JobId(number) for number in numbers]))

    async def end(self, numbers: Sequence[int]) -> None:
        rows = [self._rows[number] for number in numbers]
        await self.link.ask(lambda queries: queries.log_jobs([(row, "successful", None) for row in rows]))
        for number in numbers:
            del self._rows[number]

    async def give_back(self, numbers: Sequence[int]) -> None:
        rows = [self._rows.pop(number) for number in numbers]

        async def queue_again(queries: Queries) -> None:
            for row in rows:
                await queries.retry_job(row, timedelta(), None)

        await self.link.ask(queue_again)

    async def listen(self, heard: Callable[[], None]) -> None:
        # A connection of its own: psycopg lets no statement pass while it waits for notices.
        connection = await _connect(self._address, f"{self._name} (listens)")
        try:
            await connection.execute(f"LISTEN {_CHANNEL}")
            heard()
            async for notice in connection.notifies():
                # That others have ended some leaves nothing to do.
                if '"delete"' not in notice.payload:
                    heard()
        except psycopg.Error as error:
            raise failure(error, named(self._address)) from error
        finally:
            await connection.close()
