"""A server that goes away under the one writer: what was not committed is done again, what may have been is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from monitor.errors import AwayError, BusyError, UnsureError
from monitor.ports import Store
from monitor.store import ledger as ledgers
from monitor.store.ledger import StoreLedger
from monitor.store.postgres import PostgresStore, failure
from tests import postgres
from tests.store.make import held, note

pytestmark = pytest.mark.postgres


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    if why := postgres.missing():
        pytest.skip(why)
    made = postgres.Server()
    yield made
    made.remove()


@pytest.fixture
def address(server: postgres.Server) -> str:
    made = server.database()
    PostgresStore.open(made).close()
    return made


@pytest.fixture
def ledger(address: str) -> Iterator[StoreLedger]:
    made = StoreLedger(lambda: PostgresStore.open(address, locking=False))
    yield made
    made.close()


def kinds(store: Store) -> list[str]:
    return [event.kind for event in reversed(store.upkeep.events(limit=99))]


def later(seconds: float, what: Callable[[], object]) -> None:
    timer = threading.Timer(seconds, what)
    timer.daemon = True
    timer.start()


def end_sessions(address: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'monitor'")


def test_what_is_handed_in_while_the_server_is_away_is_done_once_it_answers(
    server: postgres.Server, ledger: StoreLedger
) -> None:
    assert ledger.submit(note("before")).result(30) == "before"
    server.stop("immediate")
    later(2.0, server.start)
    began = time.monotonic()
    futures = [ledger.submit(note(str(number))) for number in range(3)]
    assert ledger.look(kinds).result(30)[0] == "before"
    assert [future.result(30) for future in futures] == ["0", "1", "2"]
    assert time.monotonic() - began > 1.0
    assert ledger.look(kinds).result(30) == ["before", "0", "1", "2"]


def test_a_group_whose_session_ends_in_its_middle_is_done_again_whole(address: str, ledger: StoreLedger) -> None:
    runs: list[str] = []

    def first(store: Store) -> str:
        runs.append("first")
        return note("first")(store)

    def second(store: Store) -> str:
        runs.append("second")
        if len(runs) == 2:
            end_sessions(address)
        return note("second")(store)

    go = held(ledger)
    futures = [ledger.submit(first), ledger.submit(second), ledger.submit(note("third"))]
    go.set()
    assert [future.result(30) for future in futures] == ["first", "second", "third"]
    assert runs == ["first", "second", "first", "second"]
    assert ledger.look(kinds).result(30) == ["first", "second", "third"]


def test_what_may_have_been_committed_is_not_done_again(address: str, ledger: StoreLedger) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION monitor.ends() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
        )
        connection.execute(
            "CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON monitor.events DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW WHEN (new.kind = 'cut') EXECUTE FUNCTION monitor.ends()"
        )
    runs: list[int] = []

    def work(store: Store) -> None:
        runs.append(1)
        note("cut")(store)

    with pytest.raises(UnsureError, match="is not known"):
        ledger.submit(work).result(30)
    assert runs == [1]
    assert ledger.submit(note("next")).result(30) == "next"


def test_after_so_long_it_fails_for_all_that_wait_and_later_goes_on(
    server: postgres.Server, ledger: StoreLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "ENDURED", 1.2)
    server.stop("fast")
    began = time.monotonic()
    futures = [ledger.submit(note("lost")), ledger.look(kinds)]
    for future in futures:
        with pytest.raises(AwayError):
            future.result(30)
    assert 0.5 < time.monotonic() - began < 2.4
    server.start()
    assert ledger.submit(note("kept")).result(30) == "kept"
    assert ledger.look(kinds).result(30) == ["kept"]


def test_who_ends_does_not_wait_for_a_server_that_is_away(server: postgres.Server, address: str) -> None:
    ledger = StoreLedger(lambda: PostgresStore.open(address, locking=False))
    server.stop("immediate")
    futures = [ledger.submit(note("a")), ledger.look(kinds)]
    began = time.monotonic()
    ledger.close()
    assert time.monotonic() - began < ledgers.ENDURED_AT_END + 1
    for future in futures:
        with pytest.raises(AwayError):
            future.result(0)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), AwayError),
        (psycopg.InterfaceError("the connection is closed"), AwayError),
        (errors.AdminShutdown("x"), AwayError),
        (errors.CrashShutdown("x"), AwayError),
        (errors.CannotConnectNow("x"), AwayError),
        (errors.ConnectionFailure("x"), AwayError),
        (errors.TooManyConnections("x"), BusyError),
        (errors.DatabaseDropped("x"), BusyError),
        (errors.LockNotAvailable("x"), BusyError),
    ],
)
def test_what_is_a_server_that_is_away(error: psycopg.Error, kind: type[BusyError]) -> None:
    assert type(failure(error, Path("news"))) is kind
