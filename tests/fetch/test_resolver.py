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
