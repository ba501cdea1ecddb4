"""The archive's threads: each closes its own connection, when what is under way has come to its end."""

from __future__ import annotations

import asyncio
import threading

import pytest

from monitor.errors import StoreError
from monitor.store.sqlite import SqliteStore
from monitor.web.archive import READERS, Archive


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Real stores, and who opened and closed them."""
    SqliteStore.open(tmp_path / "monitor.db").close()
    log: list[tuple[str, int]] = []
    close = SqliteStore.close

    def closed(store):
        # SQLite refuses another thread than that which opened it.
        log.append(("closed", threading.get_ident()))
        close(store)

    def made():
        log.append(("opened", threading.get_ident()))
        return SqliteStore.open_readonly(tmp_path / "monitor.db")

    monkeypatch.setattr(SqliteStore, "close", closed)
    return made, log


def test_each_thread_closes_its_connection_after_what_is_under_way(opened):
    made, log = opened
    archive, all_in, begun, go = Archive(made), threading.Barrier(READERS), threading.Event(), threading.Event()
    found: list[int] = []

    def slow(store):
        begun.set()
        go.wait(20)
        found.append(store.upkeep.totals().articles)
        log.append(("read", threading.get_ident()))

    async def asks():
        await asyncio.gather(*(archive.ask(lambda _: all_in.wait(20)) for _ in range(READERS)))
        under_way = asyncio.ensure_future(archive.ask(slow))
        await asyncio.to_thread(begun.wait, 20)
        closing = threading.Thread(target=archive.close)
        closing.start()
        # All others are idle: were each not to wait for the rest, one of them would take the work of the busy one too.
        await asyncio.to_thread(lambda: _emptied(archive))
        go.set()
        await asyncio.gather(under_way, asyncio.to_thread(closing.join, 20))
        assert not closing.is_alive()

    asyncio.run(asks())
    threads = {thread for what, thread in log if what == "opened"}
    assert len(threads) == READERS
    assert sorted(thread for what, thread in log if what == "closed") == sorted(threads)
    assert found == [0]
    reader = next(thread for what, thread in log if what == "read")
    assert log.index(("read", reader)) < log.index(("closed", reader))


def _emptied(archive):
    """Wait until nothing is left to do; where threads wait for each other that is never: half a second is enough."""
    for _ in range(50):
        if archive._threads._work_queue.empty():
            return
        threading.Event().wait(0.01)


def test_a_connection_that_fails_is_opened_anew(opened):
    made, log = opened
    archive = Archive(made)

    def fails(_):
        raise StoreError("the file is gone")

    async def asks():
        for _ in range(READERS * 2):
            with pytest.raises(StoreError):
                await archive.ask(fails)
        return await archive.ask(lambda store: store.upkeep.totals().articles)

    assert asyncio.run(asks()) == 0
    archive.close()
    assert [what for what, _ in log].count("opened") == [what for what, _ in log].count("closed") == READERS * 2 + 1
