from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from monitor.errors import FetchError, Reason
from monitor.fetch.resolver import Resolver


async def test_loopback_by_its_name():
    resolver = Resolver()
    assert set(await resolver.resolve("localhost")) <= {"127.0.0.1", "::1"}
    await resolver.aclose()


async def test_an_address_needs_no_thread():
    def lookup(host):
        raise AssertionError("asked")

    resolver = Resolver(lookup=lookup)
    assert await resolver.resolve("2606:4700::1") == ["2606:4700::1"]
    await resolver.aclose()


@pytest.mark.parametrize(
    "problem", [socket.gaierror(socket.EAI_NONAME, "Name or service not known"), UnicodeError("label too long")]
)
async def test_a_name_that_is_not_known(problem):
    def lookup(host):
        raise problem

    resolver = Resolver(lookup=lookup)
    with pytest.raises(FetchError) as caught:
        await resolver.resolve("nowhere.example")
    assert caught.value.reason is Reason.DNS
    assert "nowhere.example" in caught.value.detail
    await resolver.aclose()


async def test_silent_names_delay_nobody_and_hold_one_thread_each():
    released = threading.Event()
    asked = []

    def lookup(host):
        asked.append(host)
        if host.startswith("silent"):
            released.wait(20)
        return ["8.8.8.8"]

    resolver = Resolver(lookups=10, timeout=0.2, lookup=lookup)
    silent = [resolver.resolve(f"silent{n % 3}.example") for n in range(30)]
    results = asyncio.gather(*silent, return_exceptions=True)
    assert await resolver.resolve("good.example") == ["8.8.8.8"]
    assert {error.reason for error in await results} == {Reason.DNS}
    # Those who ask again while the first look-up still hangs join it.
    with pytest.raises(FetchError):
        await resolver.resolve("silent1.example")
    assert sorted(asked) == ["good.example", "silent0.example", "silent1.example", "silent2.example"]
    released.set()
    await resolver.aclose()


async def test_when_every_thread_hangs_the_wait_still_ends():
    released = threading.Event()

    def lookup(host):
        released.wait(20)
        return ["8.8.8.8"]

    resolver = Resolver(lookups=1, timeout=0.1, lookup=lookup)
    hanging = asyncio.gather(resolver.resolve("a.example"), resolver.resolve("b.example"), return_exceptions=True)
    assert {error.reason for error in await hanging} == {Reason.DNS}
    released.set()
    while resolver._running:
        await asyncio.sleep(0.01)
    assert await resolver.resolve("b.example") == ["8.8.8.8"]
    await resolver.aclose()


async def test_one_who_stops_waiting_takes_nothing_from_the_others():
    released = threading.Event()

    def lookup(host):
        released.wait(20)
        return ["8.8.8.8"]

    resolver = Resolver(lookup=lookup)
    first = asyncio.create_task(resolver.resolve("a.example"))
    second = asyncio.create_task(resolver.resolve("a.example"))
    await asyncio.sleep(0.01)
    first.cancel()
    released.set()
    assert await second == ["8.8.8.8"]
    await resolver.aclose()


async def test_a_hundred_names_that_never_answer_delay_no_other():
    released = threading.Event()

    def lookup(host):
        if host.startswith("silent"):
            released.wait(20)
        return ["8.8.8.8"]

    resolver = Resolver(timeout=5.0, lookup=lookup)
    silent = [asyncio.create_task(resolver.resolve(f"silent{n}.example")) for n in range(100)]
    await asyncio.sleep(0)
    good = await asyncio.gather(*(resolver.resolve(f"good{n}.example") for n in range(20)))
    # Every thread of the quick ones hung, and none of them was waited for.
    assert good == [["8.8.8.8"]] * 20
    assert not any(task.done() for task in silent)
    released.set()
    await asyncio.gather(*silent)
    await resolver.aclose()


async def test_threads_are_bounded():
    released, lock = threading.Event(), threading.Lock()
    inside = most = 0

    def lookup(host):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        released.wait(20)
        with lock:
            inside -= 1
        return ["8.8.8.8"]

    resolver = Resolver(lookups=2, threads=5, timeout=1.5, lookup=lookup)
    results = await asyncio.gather(*(resolver.resolve(f"{n}.example") for n in range(12)), return_exceptions=True)
    assert {error.reason for error in results} == {Reason.DNS}
    assert most == 5
    # Those that never had a thread are not held to have failed.
    assert len(resolver._failed) == 5
    released.set()
    while resolver._running:
        await asyncio.sleep(0.01)
    await resolver.aclose()


class Names:
    """A name server whose answers a test sets, and a clock it moves."""

    def __init__(self):
        self.now, self.asked, self.answer = 1_000.0, 0, None
        self.resolver = Resolver(lookup=self.lookup, clock=lambda: self.now)

    def lookup(self, host):
        self.asked += 1
        if self.answer is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return self.answer

    async def fails(self):
        with pytest.raises(FetchError) as caught:
            await self.resolver.resolve("a.example")
        assert caught.value.reason is Reason.DNS
        return caught.value.detail


async def test_a_name_that_failed_is_left_alone_longer_each_time_up_to_a_bound():
    names = Names()
    for pause in [30, 60, 120, 240, 480, 480, 480]:
        asked = names.asked
        await names.fails()
        assert names.asked == asked + 1
        names.now += pause - 1
        assert await names.fails() == "a.example: Name or service not known; not asked again for 1 s"
        assert names.asked == asked + 1
        names.now += 1
    await names.resolver.aclose()


async def test_an_answer_makes_a_failure_forgotten():
    names = Names()
    await names.fails()
    names.now += 30
    await names.fails()
    names.now, names.answer = names.now + 60, ["8.8.8.8"]
    assert await names.resolver.resolve("a.example") == ["8.8.8.8"]
    names.answer = None
    await names.fails()
    names.now += 30
    await names.fails()
    assert names.asked == 5
    await names.resolver.aclose()


async def test_one_failure_is_counted_once_for_all_who_waited_for_it():
    names = Names()
    together = await asyncio.gather(*(names.resolver.resolve("a.example") for _ in range(9)), return_exceptions=True)
    assert {error.reason for error in together} == {Reason.DNS}
    assert (names.asked, names.resolver._failed["a.example"].times) == (1, 1)
    await names.resolver.aclose()


async def test_a_name_that_never_answered_is_not_asked_again_at_once():
    released, asked = threading.Event(), []

    def lookup(host):
        asked.append(host)
        released.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    resolver = Resolver(timeout=0.1, lookup=lookup)
    for _ in range(3):
        with pytest.raises(FetchError, match="no answer"):
            await resolver.resolve("a.example")
    released.set()
    while resolver._running:
        await asyncio.sleep(0.01)
    with pytest.raises(FetchError, match="not asked again"):
        await resolver.resolve("a.example")
    assert asked == ["a.example"]
    await resolver.aclose()


async def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("monitor.fetch.resolver._FAILED_NAMES", 3)

    def lookup(host):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    resolver = Resolver(lookup=lookup)
    await asyncio.gather(*(resolver.resolve(f"{n}.example") for n in range(9)), return_exceptions=True)
    assert len(resolver._failed) == 3
    await resolver.aclose()
