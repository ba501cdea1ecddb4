"""Several workers, processes of their own, and a server that goes away."""

from __future__ import annotations

import asyncio
import logging
import signal

import pytest

from monitor.errors import BusyError
from monitor.queue import jobs as door
from monitor.queue import shift
from monitor.queue.jobs import Kind
from tests import postgres
from tests.queue.place import emptied, process, queue, until, waiting, working

pytestmark = pytest.mark.postgres


async def test_two_workers_share_the_jobs(tmp_path):
    async with queue() as jobs:
        # Names that pgqueuer would take for its own.
        said = {"TRIGGER": "another", "CHANNEL": "elsewhere", "QUEUE_TABLE": "nowhere", "PGQUEUER_PREFIX": "our_"}
        with (
            process(jobs._address, tmp_path / "one", 5, 0.01) as one,
            process(jobs._address, tmp_path / "two", 5, 0.01, **said) as two,
        ):
            # Both are there before the many come.
            number = 0
            while not (one.said("did") and two.said("did")):
                await jobs.offer(Kind.HOST, [f"early {number} {turn}" for turn in range(20)])
                await emptied(jobs)
                number += 1
            keys = [f"{number}.example" for number in range(300)]
            assert await jobs.offer(Kind.HOST, keys) == 300
            await emptied(jobs)
            for worker in (one, two):
                assert worker.signal(signal.SIGTERM) == 0
            shares = [[key for key in worker.said("did") if key in keys] for worker in (one, two)]
            assert all(shares)
            assert sorted(shares[0] + shares[1]) == sorted(keys)


async def test_what_a_killed_worker_had_in_hand_another_does(tmp_path):
    """And what one holds for as long, and says so, stays with it."""
    go, begun, did = asyncio.Event(), [], []

    async def hand(key: str) -> None:
        begun.append(key)
        if key == "long":
            await go.wait()
        did.append(key)

    async with queue() as jobs, working(jobs, hand):
        await jobs.offer(Kind.HOST, ["long"])
        await until(lambda: begun == ["long"])
        with process(jobs._address, tmp_path / "killed", 40, 3600.0) as killed:
            number = 0
            while len(killed.said("began")) < 3:
                await jobs.offer(Kind.HOST, [f"{number}.example"])
                await asyncio.sleep(0.05)
                number += 1
            assert killed.signal(signal.SIGKILL) == -signal.SIGKILL
            lost = killed.said("began")
            with process(jobs._address, tmp_path / "other", 40, 0.01) as other:
                await until(lambda: set(lost) <= {*did, *other.said("did")}, seconds=60)
                go.set()
                await emptied(jobs)
                done = did + other.said("did")
    assert all(done.count(key) == 1 for key in ["long", *lost])


async def test_the_server_is_restarted_in_the_middle(caplog):
    done, cut_off = [], []

    async def hand(key: str) -> None:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            cut_off.append(key)
            raise
        done.append(key)

    keys = [str(number) for number in range(200)]
    async with queue() as jobs, working(jobs, hand, slots=10):
        with caplog.at_level(logging.INFO, "monitor"):
            assert await jobs.offer(Kind.HOST, keys) == 200
            await until(lambda: len(done) > 50)
            await asyncio.to_thread(postgres.server().stop, "immediate")
            try:
                for _ in range(2):
                    with pytest.raises(BusyError):
                        await jobs.offer(Kind.HOST, ["more"])
                    with pytest.raises(BusyError):
                        await waiting(jobs)
                # It has seen for itself, more than once.
                await until(lambda: "no jobs" in caplog.text)
                await asyncio.sleep(3 * shift.PAUSE)
            finally:
                await asyncio.to_thread(postgres.server().start)
            assert await jobs.offer(Kind.HOST, ["more"]) == 1
            # What it was given as the server went, and did not hear of, comes once that is stale.
            await until(lambda: {*done} == {*keys, "more"})
            await emptied(jobs)
            await jobs.offer(Kind.HOST, ["later"])
            await until(lambda: "later" in done)
    assert not cut_off
    # What was done while nobody could be told was told afterwards.
    assert len(done) == 202
    assert caplog.text.count("no jobs for now") == 1
    assert caplog.text.count("there are jobs again") == 1


async def test_an_idle_worker_outlives_a_restart(monkeypatch):
    """It listens again: nobody looks by himself."""
    monkeypatch.setattr(shift, "LOOK", 3600.0)
    done = []

    async def hand(key: str) -> None:
        done.append(key)

    async with queue() as jobs, working(jobs, hand):
        await jobs.offer(Kind.HOST, ["before"])
        await until(lambda: done == ["before"])
        await asyncio.to_thread(postgres.server().restart)
        assert await jobs.offer(Kind.HOST, ["after"]) == 1
        await until(lambda: done == ["before", "after"])
        await jobs.offer(Kind.HOST, ["later"])
        await until(lambda: done[-1] == "later")


async def test_after_a_long_absence_each_keeps_what_it_holds(monkeypatch):
    """All beats are old then, and whoever were first would take up what the others have in hand."""
    monkeypatch.setattr(door, "STALE", 3.0)
    for name in ("BEAT", "LOOK"):
        monkeypatch.setattr(shift, name, 0.5)
    go, begun = asyncio.Event(), []

    async def hand(key: str) -> None:
        begun.append(key)
        await go.wait()

    # One has no hand free, the other has.
    async with queue() as jobs, working(jobs, hand, slots=2):
        await jobs.offer(Kind.HOST, ["a", "b"])
        await until(lambda: len(begun) == 2)
        async with working(jobs, hand, slots=10):
            await jobs.offer(Kind.HOST, ["c"])
            await until(lambda: len(begun) == 3)
            await asyncio.to_thread(postgres.server().restart, away=3.5)
            await jobs.offer(Kind.HOST, ["d"])
            await until(lambda: "d" in begun)
            go.set()
            await emptied(jobs)
    assert begun == ["a", "b", "c", "d"]


async def test_stopped_while_the_server_is_away_it_ends():
    begun, go = [], asyncio.Event()

    async def hand(key: str) -> None:
        begun.append(key)
        await go.wait()

    async with queue() as jobs:
        await jobs.offer(Kind.HOST, ["a", "b"])
        async with working(jobs, hand) as stop:
            await until(lambda: len(begun) == 2)
            await asyncio.to_thread(postgres.server().stop, "immediate")
            stop.set()
            go.set()
        await asyncio.to_thread(postgres.server().start)
        # Nobody could be told that they were done.
        assert (await waiting(jobs))[Kind.HOST] == 2
