"""What several machines share of the work: hosts, turns, messages, and who keeps the database. On a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import BusyError, StoreError
from monitor.model import Kind, Link, Message, Outlet, Source
from monitor.store import pg_absence
from monitor.store.pg_lock import KeeperLock, Presence, keeper
from monitor.store.postgres import PostgresStore
from monitor.views_alerts import Post
from tests import postgres

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 11, 28, 2, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners here say nothing of being present: they are not taken for dead on a server that has run for a while."""
    monkeypatch.setattr(pg_absence, "UNSEEN", 1e6)


@pytest.fixture
def address() -> str:
    return postgres.fresh()


@pytest.fixture
def stores(address: str) -> Iterator[list[PostgresStore]]:
    """Two workers' stores, with two outlets on one host and one on another."""
    with ExitStack() as stack:
        made = [PostgresStore.open(address, locking=False) for _ in range(2)]
        for store in made:
            stack.callback(store.close)
        outlets = [
            Outlet(name, name, sources=(Source(f"https://{host}/{name}.xml"),))
            for name, host in (("a", "one.example"), ("b", "one.example"), ("c", "two.example:8080"))
        ]
        with made[0].transaction():
            made[0].outlets.sync(outlets, NOW)
        yield made


def host_of(store: PostgresStore, host: str, now: datetime = NOW, **most: int) -> tuple[list[str], list[str]]:
    with store.transaction():
        polls, reads = store.work.lease_host(host, now, sources=9, links=most.get("links", 9), lease=60)
    return [one.outlet_id for one in polls], [one.url for one in reads]


def listed(store: PostgresStore, *urls: str) -> list[Link]:
    links = [Link("a", "https://one.example/a.xml", url, url, url) for url in urls]
    with store.transaction():
        source = store.sql.number("SELECT id FROM sources WHERE outlet_id = 'a'")
        new = store.links.add(links, source, NOW, lease=60)
        store.links.give_back([one.id for one in new], NOW)
    return new


def test_a_job_is_a_host_with_its_sources_and_links(stores: list[PostgresStore]) -> None:
    first, second = stores
    listed(first, "https://one.example/1", "https://three.example/2", "https://ONE.example/3")
    assert sorted(first.work.due_hosts(NOW, limit=99)) == ["one.example", "three.example", "two.example:8080"]
    assert len(first.work.due_hosts(NOW, limit=2)) == 2
    assert host_of(first, "one.example", links=1) == (["a", "b"], ["https://one.example/1"])
    assert sorted(second.work.due_hosts(NOW, limit=99)) == ["one.example", "three.example", "two.example:8080"]
    assert host_of(second, "two.example:8080") == (["c"], [])
    # What a worker took and never finished is due again for who has the host's turn.
    assert host_of(second, "one.example") == (["a", "b"], ["https://ONE.example/3", "https://one.example/1"])
    assert second.work.due_hosts(NOW, limit=99) == ["three.example"]


def test_two_that_ask_at_once_neither_wait_nor_get_the_same(stores: list[PostgresStore]) -> None:
    first, second = stores
    listed(first, *(f"https://one.example/{number}" for number in range(6)))
    with first.transaction():
        _, mine = first.work.lease_host("one.example", NOW, sources=1, links=3, lease=60)
        with second.transaction():
            polls, yours = second.work.lease_host("one.example", NOW, sources=9, links=9, lease=60)
    assert len(mine) == len(yours) == 3
    assert len(polls) == 1
    assert not {one.id for one in mine} & {one.id for one in yours}


def take(store: PostgresStore, owner: str, host: str = "one.example", lease: float = 60.0) -> float:
    with store.transaction():
        return store.work.take_turn(host, owner, lease, 0.0).wait


def test_a_turn_is_one_owners_until_it_is_given_back_and_the_gap_is_over(stores: list[PostgresStore]) -> None:
    first, second = stores
    assert take(first, "a") == take(first, "a") == 0.0
    assert 59.0 < take(second, "b") <= 60.1
    assert take(second, "b", "two.example") == 0.0
    with first.transaction():
        first.work.give_turns({"one.example": 0.6, "two.example": 0.0}, "a")
    assert 0.0 < take(second, "b") <= 0.61
    # Another's turn is not given back.
    assert take(first, "a", "two.example") > 50.0
    time.sleep(0.65)
    assert take(second, "b") == 0.0


def test_a_turn_that_runs_out_is_free_after_the_hosts_gap(stores: list[PostgresStore]) -> None:
    first, second = stores
    take(first, "a", lease=0.2)
    with first.transaction():
        assert first.work.renew_turns({"one.example": 0.5, "two.example": 0.5}, "a", 0.2) == {"one.example"}
    time.sleep(0.3)
    assert 0.0 < take(second, "b") <= 0.5
    time.sleep(0.5)
    assert take(second, "b") == 0.0
    with first.transaction():
        assert first.work.renew_turns({"one.example": 0.5}, "a", 60) == set()
        first.work.forget_turns(3_600)
        assert first.sql.number("SELECT count(*) FROM turns") == 1
    with second.transaction():
        second.work.give_turns({"one.example": 0.0}, "b")
        second.work.forget_turns(0)
        assert second.sql.number("SELECT count(*) FROM turns") == 0


def test_a_turn_that_another_is_just_asking_for_is_waited_for_by_nobody(stores: list[PostgresStore]) -> None:
    first, second = stores
    take(first, "a")
    with second.transaction():
        assert second.work.take_turn("one.example", "b", 60, 0.0).wait > 50.0
        # Whoever has it goes on while the other's transaction is open, and so does whoever wants it next.
        with first.transaction():
            first.sql.run("SET LOCAL lock_timeout = 200")
            assert first.work.renew_turns({"one.example": 0.0}, "a", 60) == {"one.example"}
            first.work.give_turns({"one.example": 0.0}, "a")
    with first.transaction():
        assert first.work.take_turn("one.example", "a", 60, 0.0).wait == 0.0
        with second.transaction():
            second.sql.run("SET LOCAL lock_timeout = 200")
            assert 0.0 < second.work.take_turn("one.example", "b", 60, 0.0).wait < 0.1


def test_with_its_turn_a_host_says_for_how_long_it_wants_to_be_left_alone(stores: list[PostgresStore]) -> None:
    first, second = stores
    with first.transaction():
        first.outlets.hold_host("one.example", LATER)
    with second.transaction():
        assert second.work.take_turn("one.example", "b", 60, 0.0).held_until == LATER
        assert second.work.take_turn("two.example", "b", 60, 0.0).held_until is None


def test_a_turn_of_one_who_has_ended_is_free_after_the_gap(
    address: str, stores: list[PostgresStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stores
    with first.transaction():
        for host in ("one.example", "two.example"):
            assert first.work.take_turn(host, "a", 60, 0.3).wait == 0.0
    with Presence(address, "a"):
        monkeypatch.setattr(pg_absence, "UNSEEN", 0.0)
        assert take(second, "b") > 50.0
    monkeypatch.setattr(pg_absence, "UNSEEN", 3_600.0)
    assert take(second, "b") > 50.0, "the server is young: those who live may not be seen yet"
    monkeypatch.setattr(pg_absence, "UNSEEN", 0.0)
    assert 0.0 < take(second, "b") <= 0.31
    # Who starts again under the same name does not wait for its own lease.
    with first.transaction():
        first.work.end("a", NOW)
    assert 0.0 < take(first, "a", "two.example") <= 0.31
    time.sleep(0.35)
    assert take(second, "b") == take(first, "a", "two.example") == 0.0


def test_many_that_want_one_turn_get_it_one_by_one(address: str) -> None:
    """Each adds to a number that only one at a time may touch."""
    inside, most, lock = [0], [0], threading.Lock()

    def work(name: str) -> None:
        store = PostgresStore.open(address, locking=False)
        for _ in range(15):
            while wait := take(store, name):
                time.sleep(min(wait, 0.005))
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.001)
            with lock:
                inside[0] -= 1
            with store.transaction():
                store.work.give_turns({"one.example": 0.0}, name)
        store.close()

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_messages_are_taken_by_channel_and_those_of_a_dead_sender_again(stores: list[PostgresStore]) -> None:
    first, second = stores
    with first.transaction():
        for number, channel in enumerate(("chat", "chat", "mail")):
            first.outbox.post([Post("all", channel, Message(f"m{number}", "title", "text", kind=Kind.NOTICE), ())], NOW)
    assert sorted(first.work.due_channels(NOW)) == ["chat", "mail"]

    def lease(store: PostgresStore, channel: str, now: datetime, *, once: bool = False) -> list[str]:
        with store.transaction():
            rows = store.work.lease_messages(channel, now, owner="w", lease=60, limit=9, once=once)
        return [row.id for row in rows]

    assert lease(first, "chat", NOW) == ["m0", "m1"]
    assert lease(second, "chat", NOW) == []
    assert lease(second, "mail", NOW) == ["m2"]
    after = NOW + timedelta(seconds=61)
    assert sorted(second.work.due_channels(after)) == ["chat", "mail"]
    assert lease(second, "chat", after) == ["m0", "m1"]
    assert lease(second, "mail", after, once=True) == []
    assert second.sql.all("SELECT state FROM outbox WHERE id = 'm2'")[0][0] == "unknown"


def posted(store: PostgresStore, *channels: str) -> None:
    with store.transaction():
        for number, channel in enumerate(channels):
            store.outbox.post([Post("all", channel, Message(f"m{number}", "title", "text", kind=Kind.NOTICE), ())], NOW)


def sent_by(store: PostgresStore, owner: str, channel: str, *, once: bool = False, limit: int = 9) -> list[str]:
    with store.transaction():
        rows = store.work.lease_messages(channel, NOW, owner=owner, lease=90, limit=limit, once=once)
    return [row.id for row in rows]


def test_messages_of_one_who_has_ended_are_others_at_once(
    address: str, stores: list[PostgresStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stores
    posted(first, "chat", "mail", "chat")
    monkeypatch.setattr(pg_absence, "UNSEEN", 0.0)
    with Presence(address, "a"), Presence(address, "b"):
        assert sent_by(first, "a", "chat", limit=1) == ["m0"]
        assert sent_by(first, "a", "mail", once=True) == ["m1"]
        # While its sender lives a message is nobody else's, nor put aside.
        assert second.work.due_channels(NOW) == ["chat"]
        assert sent_by(second, "b", "chat") == ["m2"]
        assert second.work.due_channels(NOW) == []
        assert sent_by(second, "b", "mail", once=True) == []
        assert second.sql.all("SELECT state FROM outbox WHERE id = 'm1'")[0][0] == "leased"
    with Presence(address, "b"):
        monkeypatch.setattr(pg_absence, "UNSEEN", 3_600.0)
        assert second.work.due_channels(NOW) == [], "the server is young: those who live may not be seen yet"
        assert sent_by(second, "b", "mail", once=True) == sent_by(second, "b", "chat") == []
        monkeypatch.setattr(pg_absence, "UNSEEN", 0.0)
        # The server's process of a session ends a moment after it.
        ends = time.monotonic() + 10
        while sorted(second.work.due_channels(NOW)) != ["chat", "mail"]:
            assert time.monotonic() < ends
        assert sent_by(second, "b", "chat") == ["m0"]
        # To one that must get none twice it is not sent: a person decides.
        assert sent_by(second, "b", "mail", once=True) == []
    row = second.sql.all("SELECT state, reason, owner, attempts FROM outbox WHERE id = 'm1'")[0]
    assert tuple(row) == ("unknown", "ambiguous", "", 1)


def test_one_of_the_same_name_in_another_database_is_not_there(
    address: str, stores: list[PostgresStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    posted(stores[0], "chat")
    assert sent_by(stores[0], "a", "chat") == ["m0"]
    monkeypatch.setattr(pg_absence, "UNSEEN", 0.0)
    with Presence(postgres.fresh(), "a"):
        assert stores[1].work.due_channels(NOW) == ["chat"]
    with Presence(address, "a"):
        assert stores[1].work.due_channels(NOW) == []


def test_workers_and_what_the_keeper_says_are_known_to_all(address: str, stores: list[PostgresStore]) -> None:
    first, second = stores
    assert second.work.fact("configuration") == ""
    with first.transaction():
        first.work.say("configuration", "1")
        first.work.say("configuration", "2")
        first.work.appear("w1", "{}")
        first.work.appear("w2", '{"polls": 1}')
        first.work.leave("w1")
    assert second.work.fact("configuration") == "2"
    assert second.work.workers(60) == {}, "it has ended without a word"
    with Presence(address, "w2"):
        assert second.work.workers(60) == {"w2": '{"polls": 1}'}
        time.sleep(0.01)
        assert second.work.workers(0.001) == {}


def test_one_keeps_a_database_until_it_ends(address: str) -> None:
    with KeeperLock(address) as lock:
        assert keeper(address) > 0
        lock.keep()
        with pytest.raises(BusyError, match=r"monitor keeper .*:\d+\) keeps the database"), KeeperLock(address):
            pass
    # The server's process of a session ends a moment after it.
    ends = time.monotonic() + 10
    while keeper(address) and time.monotonic() < ends:
        time.sleep(0.01)
    assert keeper(address) == 0
    with KeeperLock(address):
        pass


def test_a_keeper_whose_server_was_restarted_takes_its_lock_again_or_says_that_another_has_it() -> None:
    server = postgres.Server()
    try:
        address = server.database()
        with KeeperLock(address) as lock:
            server.restart()
            # The first word after a restart finds the connection gone.
            with pytest.raises(BusyError):
                lock.keep()
            lock.keep()
            assert keeper(address) > 0
            server.restart()
            with KeeperLock(address):
                for _ in range(2):
                    with pytest.raises(BusyError):
                        lock.keep()
    finally:
        server.remove()


def test_who_was_the_keeper_before_writes_no_more(address: str) -> None:
    with ExitStack() as stack:
        old, new, person = (PostgresStore.open(address) for _ in range(3))
        for store in (old, new, person):
            stack.callback(store.close)
        old.command("old")
        with old.transaction():
            old.work.say("told", "by the old one")
        new.command("new")
        with pytest.raises(StoreError, match="another daemon keeps the database"), old.transaction():
            raise AssertionError("it began")
        for store, name in ((new, "new"), (person, "person")):
            with store.transaction():
                store.work.say("told", name)
        assert old.work.fact("told") == "person"
