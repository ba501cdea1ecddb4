"""What each kind of process of a cluster takes, from /proc, and what PostgreSQL says of itself."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from monitor.store.postgres import PgSql
from tests.bench._service_gauges import PROC, below, busy, pss, spent
from tests.postgres import Server

KINDS = ("keeper", "workers", "readers", "postgres", "outlets")

_SAID = """
SELECT (SELECT sum(xact_commit) FROM pg_stat_database) AS commits, wal_bytes, wal_fpi, wal_records, wal_sync,
    pg_database_size(current_database()) AS size,
    (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM hits) AS hits,
    (SELECT count(*) FROM readings) AS readings, (SELECT count(*) FROM reports) AS reports,
    (SELECT count(*) FROM links) AS links,
    (SELECT count(*) FROM links WHERE state = 'new' AND leased = 0) AS unread
FROM pg_stat_wal
"""
# By hosts in hand: what is leased has its time moved by that, and is not waited for.
_OVERDUE = """
SELECT count(*) FROM sources WHERE active = 1 AND leased = 0
    AND next_check_at < to_char(now() - make_interval(secs => ?), 'YYYY-MM-DD"T"HH24:MI:SS')
"""
_TABLES = """
SELECT relname, pg_table_size(relid) AS heap, pg_indexes_size(relid) AS indexes, n_live_tup, n_dead_tup
FROM pg_stat_user_tables WHERE schemaname = 'monitor' ORDER BY pg_total_relation_size(relid) DESC LIMIT ?
"""
_STATEMENTS = """
SELECT calls, total_exec_time AS ms, rows, wal_bytes, left(regexp_replace(query, '\\s+', ' ', 'g'), 150) AS query
FROM public.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT ?
"""


def tree(pid: int) -> float:
    """Return CPU seconds of a process, of those it reaped and of all below it."""
    return spent(PROC / str(pid), reaped=True) + sum(spent(PROC / str(one), reaped=True) for one in below(pid))


def postmaster(server: Server) -> int:
    """Return the process of a server that all its others are below."""
    return int((server.folder / "data" / "postmaster.pid").read_text().splitlines()[0])


@dataclass
class Party:
    """Who takes part. `postgres`: 0 where there is none."""

    keeper: int
    workers: list[int] = field(default_factory=list)
    postgres: int = 0
    outlets: int = 0


@dataclass(frozen=True)
class Spent:
    """At one moment: CPU seconds so far and PSS in bytes, by kind; CPU seconds of all programs of the machine."""

    cpu: dict[str, float]
    memory: dict[str, int]
    machine: float


def look(party: Party) -> Spent:
    """Look at all of them."""
    own = [party.keeper, *party.workers]
    alone = {pid: spent(PROC / str(pid)) for pid in own}
    children = {pid: below(pid) for pid in own}
    server = [party.postgres, *below(party.postgres)] if party.postgres else []
    cpu = {
        "keeper": alone[party.keeper],
        "workers": sum(alone[pid] for pid in party.workers),
        "readers": sum(tree(pid) - alone[pid] for pid in own),
        "postgres": tree(party.postgres) if party.postgres else 0.0,
        "outlets": spent(PROC / str(party.outlets)),
    }
    memory = {
        "keeper": pss(party.keeper),
        "workers": sum(map(pss, party.workers)),
        "readers": sum(pss(one) for pid in own for one in children[pid]),
        "postgres": sum(map(pss, server)),
        "outlets": 0,
    }
    return Spent(cpu, memory, busy())


def asked(address: str) -> dict[str, int]:
    """Return what the server says of a database, so far."""
    with closing(PgSql(address, locking=False)) as sql:
        row = sql.one(_SAID)
        assert row is not None
        said = {name: int(row[name]) for name in row.keys()}  # noqa: SIM118 - a row's own
        return said | {"overdue": sql.number(_OVERDUE, 5)}


def tables(address: str, count: int = 8) -> list[tuple[str, int, int, int, int]]:
    """Return the largest tables: name, bytes, bytes of indexes, rows alive and dead."""
    with closing(PgSql(address, locking=False)) as sql:
        return [tuple(row) for row in sql.all(_TABLES, count)]  # type: ignore[misc]


def statements(address: str, count: int = 25) -> list[tuple[int, float, int, int, str]]:
    """Return the statements that took most: calls, ms, rows, bytes of WAL, text."""
    with closing(PgSql(address, locking=False)) as sql:
        return [tuple(row) for row in sql.all(_STATEMENTS, count)]  # type: ignore[misc]


def count_anew(address: str) -> None:
    """Count what statements take from now on, where they are counted."""
    with closing(PgSql(address, locking=False)) as sql:
        if sql.number("SELECT count(*) FROM pg_extension WHERE extname = 'pg_stat_statements'"):
            sql.all("SELECT public.pg_stat_statements_reset()")


def settle(server: Server, **settings: str) -> None:
    """Give a server further settings and start it again."""
    with Path(server.folder / "data" / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in settings.items())
    server.restart("fast")
    if "shared_preload_libraries" in settings:
        with closing(psycopg.connect(server.address("template1"), autocommit=True)) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
