"""The queue in one process: what is offered, done once, kept to its slots, given back."""

from __future__ import annotations

import asyncio
import logging

import psycopg
import pytest

from monitor.queue import shift
from monitor.queue.jobs import Jobs, Kind
from tests import postgres
from tests.queue.place import emptied, queue, until, waiting, working

pytestmark = pytest.mark.postgres


async def test_what_was_offered_once_is_done_once():
    done = []

    async def hand(key: str) -> None:
        done.append(key)

    async with queue() as jobs:
        assert await jobs.offer(Kind.HOST, ["a.example", "b.example", "a.example"]) == 2
        assert await waiting(jobs) == {Kind.HOST: 2, Kind.CHANNEL: 0}
        async with working(jobs, hand):
            await emptied(jobs)
    assert sorted(done) == ["a.example", "b.example"]


async def test_a_key_is_queued_once_until_its_job_is_done():
    go, begun, done = asyncio.Event(), [], []

    async def hand(key: str) -> None:
        begun.append(key)
        await go.wait()
        done.append(key)

    async with queue() as jobs:
        assert await jobs.offer(Kind.HOST, ["a", "b"]) == 2
        assert await jobs.offer(Kind.HOST, ["a", "b", "c"]) == 1
        # The same key of another kind is another job.
        assert await jobs.offer(Kind.CHANNEL, ["a"]) == 1
        assert await jobs.offer(Kind.HOST, []) == 0
        async with working(jobs, hand, slots=3):
            await until(lambda: len(begun) == 3)
            assert await jobs.offer(Kind.HOST, ["a", "b", "c"]) == 0
            go.set()
            await until(lambda: len(done) == 3)
            async with asyncio.timeout(30):
                while await waiting(jobs) != {Kind.HOST: 0, Kind.CHANNEL: 1}:
                    await asyncio.sleep(0.01)
            assert await jobs.offer(Kind.HOST, ["a", "b", "c"]) == 3
            await until(lambda: len(done) == 6)
    assert sorted(done) == ["a", "a", "b", "b", "c", "c"]


async def test_two_who_offer_at_once_queue_each_key_once():
    async with queue() as jobs:
        other = Jobs(jobs._address, "other")
        keys = [f"{number}.example" for number in range(2000)]
        try:
            for kind in Kind:
                one, two = await asyncio.gather(jobs.offer(kind, keys), other.offer(kind, keys[::-1]))
                assert one + two == len(keys)
        finally:
            await other.aclose()
        assert await waiting(jobs) == dict.fromkeys(Kind, len(keys))


async def test_an_offer_is_heard(monkeypatch):
    """Nobody looks by himself."""
    monkeypatch.setattr(shift, "LOOK", 3600.0)
    done = []

    async def hand(key: str) -> None:
        done.append(key)

    async with queue() as jobs, working(jobs, hand):
        for number in range(5):
            await jobs.offer(Kind.HOST, [str(number)])
            await until(lambda many=number + 1: len(done) == many)


async def test_no_more_are_in_hand_than_there_are_slots():
    busy = {Kind.HOST: 0, Kind.CHANNEL: 0}
    most = dict(busy)
    done = []

    def hand(kind):
        async def do(key: str) -> None:
            busy[kind] += 1
            most[kind] = max(most[kind], busy[kind])
            await asyncio.sleep(0.01)
            busy[kind] -= 1
            done.append(key)

        return do

    async with queue() as jobs:
        keys = [str(number) for number in range(40)]
        for kind in Kind:
            await jobs.offer(kind, keys)
        stop = asyncio.Event()
        slots = {Kind.HOST: 7, Kind.CHANNEL: 1}
        task = asyncio.create_task(jobs.work({kind: hand(kind) for kind in Kind}, slots, stop))
        await until(lambda: len(done) == 80)
        stop.set()
        await task
        # All were used too.
        assert most == slots
        assert await waiting(jobs) == dict.fromkeys(Kind, 0)


async def test_a_hand_that_raises_loses_its_job_alone(caplog):
    done = []

    async def hand(key: str) -> None:
        if key == "bad":
            raise ValueError("no such thing")
        if key == "worse":
            raise asyncio.CancelledError
        done.append(key)

    async with queue() as jobs, working(jobs, hand, slots=1):
        with caplog.at_level(logging.ERROR, "monitor"):
            assert await jobs.offer(Kind.HOST, ["bad", "good", "worse"]) == 3
            await emptied(jobs)
        assert await jobs.offer(Kind.HOST, ["later"]) == 1
        await until(lambda: done == ["good", "later"])
    first, second = caplog.records
    assert "host bad" in first.message
    assert "no such thing" in first.exc_text
    assert "host worse" in second.message


async def test_stopped_it_takes_no_more_and_lets_those_in_hand_end():
    begun, done, go = [], [], asyncio.Event()

    async def hand(key: str) -> None:
        begun.append(key)
        await go.wait()
        done.append(key)

    async with queue() as jobs:
        await jobs.offer(Kind.HOST, [str(number) for number in range(5)])
        stop = asyncio.Event()
        task = asyncio.create_task(jobs.work({Kind.HOST: hand}, {Kind.HOST: 2}, stop))
        await until(lambda: len(begun) == 2)
        stop.set()
        await asyncio.wait({task}, timeout=0.2)
        assert not task.done()
        go.set()
        await task
        assert done == begun
        assert len(done) == 2
        assert (await waiting(jobs))[Kind.HOST] == 3


async def test_cancelled_its_jobs_go_back_at_once():
    begun, ended = [], []

    async def long(key: str) -> None:
        begun.append(key)
        await asyncio.Event().wait()

    async def short(key: str) -> None:
        ended.append(key)

    async with queue() as jobs:
        await jobs.offer(Kind.HOST, ["a", "b"])
        task = asyncio.create_task(jobs.work({Kind.HOST: long}, {Kind.HOST: 2}, asyncio.Event()))
        await until(lambda: len(begun) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # Still queued, so that nobody offers them twice.
        assert await jobs.offer(Kind.HOST, ["a", "b"]) == 0
        async with working(jobs, short):
            # Long before their beat is old.
            await until(lambda: sorted(ended) == ["a", "b"], seconds=shift.STALE / 2)


async def test_two_install_at_once():
    address = postgres.empty()
    several = [Jobs(address, str(number)) for number in range(4)]
    try:
        await asyncio.gather(*(jobs.install() for jobs in several))
        await several[0].install()
        assert await several[1].offer(Kind.HOST, ["a"]) == 1
    finally:
        for jobs in several:
            await jobs.aclose()


async def test_tidying_empties_the_log_and_nothing_else():
    async def hand(key: str) -> None:
        """Do nothing."""

    async with queue() as jobs:
        async with working(jobs, hand):
            await jobs.offer(Kind.HOST, [str(number) for number in range(20)])
            await emptied(jobs)
        await jobs.offer(Kind.HOST, ["a"])
        async with await psycopg.AsyncConnection.connect(jobs._address, autocommit=True) as other:

            async def logged() -> int:
                row = await (await other.execute("SELECT count(*) FROM monitor.pgqueuer_log")).fetchone()
                assert row is not None
                return row[0]

            assert await logged() == 61
            # Somebody who reads it, as a backup does, holds nobody up.
            async with other.transaction():
                assert await logged() == 61
                await jobs.tidy()
                assert await logged() == 61
            await jobs.tidy()
            assert await logged() == 0
        assert (await waiting(jobs))[Kind.HOST] == 1
