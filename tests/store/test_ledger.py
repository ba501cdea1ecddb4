"""The one writer: order, isolation, groups, closing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from monitor.errors import DamagedError, StoreError
from monitor.ports import Store
from monitor.store.ledger import GROUP, StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.views import EventRow
from tests.store.make import NOW, held, note


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[StoreLedger]:
    made = StoreLedger(lambda: SqliteStore.open(path))
    yield made
    made.close()


def kinds(path: Path) -> list[str]:
    reader = SqliteStore.open_readonly(path)
    try:
        return [event.kind for event in reversed(reader.upkeep.events(limit=10_000))]
    finally:
        reader.close()


def test_work_is_done_in_order_and_is_on_disk_when_its_future_is_done(ledger: StoreLedger, path: Path) -> None:
    assert ledger.submit(note("first")).result(30) == "first"
    assert kinds(path) == ["first"]
    futures = [ledger.submit(note(str(number))) for number in range(3 * GROUP)]
    assert [future.result(30) for future in futures] == [str(number) for number in range(3 * GROUP)]
    assert kinds(path)[1:] == [str(number) for number in range(3 * GROUP)]


def test_work_that_fails_takes_back_its_own_writes_and_no_others(ledger: StoreLedger, path: Path) -> None:
    def fails(store: Store) -> None:
        store.upkeep.event(EventRow("lost", NOW))
        raise ZeroDivisionError("mine")

    go = held(ledger)
    before, broken, after = ledger.submit(note("before")), ledger.submit(fails), ledger.submit(note("after"))
    go.set()
    assert (before.result(30), after.result(30)) == ("before", "after")
    with pytest.raises(ZeroDivisionError, match="mine"):
        broken.result(30)
    assert kinds(path) == ["before", "after"]


def test_what_is_queued_together_is_committed_together(ledger: StoreLedger, path: Path) -> None:
    seen: list[list[str]] = []

    def look(store: Store) -> None:
        store.upkeep.event(EventRow("last", NOW))
        seen.append(kinds(path))

    go = held(ledger)
    futures = [ledger.submit(note("a")), ledger.submit(note("b")), ledger.submit(look)]
    go.set()
    for future in futures:
        future.result(30)
    # Another connection saw nothing of the group while its last work ran.
    assert seen == [[]]
    assert kinds(path) == ["a", "b", "last"]


@pytest.fixture
def slow(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreLedger]:
    """A ledger whose patient work waits for longer than any test takes."""
    monkeypatch.setattr("monitor.store.ledger.PATIENCE", 600.0)
    made = StoreLedger(lambda: SqliteStore.open(path), time.monotonic)
    yield made
    made.close()


def test_what_has_time_waits_for_what_has_none_and_shares_its_commit(slow: StoreLedger, path: Path) -> None:
    futures = [slow.submit(note(str(number)), patient=True) for number in range(3)]
    assert slow.look(lambda store: kinds(path)).result(30) == []
    assert not any(future.done() for future in futures)
    assert slow.submit(note("urgent")).result(30) == "urgent"
    assert [future.result(30) for future in futures] == ["0", "1", "2"]
    assert kinds(path) == ["0", "1", "2", "urgent"]


def test_so_much_that_has_time_waits_no_longer(slow: StoreLedger) -> None:
    futures = [slow.submit(note(str(number)), patient=True) for number in range(GROUP)]
    assert [future.result(30) for future in futures] == [str(number) for number in range(GROUP)]


def test_what_has_time_is_done_by_the_end(slow: StoreLedger, path: Path) -> None:
    future = slow.submit(note("last"), patient=True)
    slow.close()
    assert (future.result(0), kinds(path)) == ("last", ["last"])


def test_what_has_time_is_done_without_company(path: Path) -> None:
    ledger = StoreLedger(lambda: SqliteStore.open(path), time.monotonic)
    assert ledger.submit(note("alone"), patient=True).result(30) == "alone"
    ledger.close()


def test_a_look_that_fails_or_writes_is_its_own_affair(ledger: StoreLedger, path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        ledger.look(lambda _: 1 // 0).result(30)
    with pytest.raises(StoreError, match="outside a transaction"):
        ledger.look(note("written")).result(30)
    assert ledger.submit(note("a")).result(30) == "a"
    assert kinds(path) == ["a"]


def test_a_commit_that_fails_is_everybodys_and_the_writer_goes_on(ledger: StoreLedger, path: Path) -> None:
    def undo(store: SqliteStore) -> None:
        store._connection.execute("ROLLBACK")  # what SQLite does by itself when the disk is full

    go = held(ledger)
    futures = [ledger.submit(note("a")), ledger.submit(undo), ledger.submit(note("b"))]  # type: ignore[arg-type]
    go.set()
    for future in futures:
        with pytest.raises(StoreError, match="undid"):
            future.result(30)
    assert ledger.submit(note("c")).result(30) == "c"
    assert kinds(path) == ["c"]


def test_close_finishes_what_was_queued_and_takes_no_more(path: Path) -> None:
    ledger = StoreLedger(lambda: SqliteStore.open(path))
    go = held(ledger)
    futures = [ledger.submit(note(str(number))) for number in range(2 * GROUP + 3)]
    closing = threading.Thread(target=ledger.close)
    closing.start()
    go.set()
    closing.join(30)
    assert all(future.done() for future in futures)
    assert len(kinds(path)) == 2 * GROUP + 3
    ledger.close()
    with pytest.raises(StoreError, match="closed"):
        ledger.submit(note("late"))


def test_a_cancelled_work_is_not_done(ledger: StoreLedger, path: Path) -> None:
    go = held(ledger)
    dropped, kept = ledger.submit(note("dropped")), ledger.submit(note("kept"))
    assert dropped.cancel()
    go.set()
    assert kept.result(30) == "kept"
    with pytest.raises(CancelledError):
        dropped.result(0)
    assert kinds(path) == ["kept"]


def test_a_store_that_cannot_be_opened_fails_the_constructor(path: Path) -> None:
    path.write_bytes(b"no database" * 500)
    with pytest.raises(DamagedError):
        StoreLedger(lambda: SqliteStore.open(path))


async def test_a_loop_can_wait_for_it(ledger: StoreLedger) -> None:
    done = await asyncio.gather(*(asyncio.wrap_future(ledger.submit(note(str(number)))) for number in range(20)))
    assert done == [str(number) for number in range(20)]
