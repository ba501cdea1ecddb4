"""Into our own network by any spelling, in a URL, a redirect, a DNS answer: a dialler that opens nothing is never asked."""

from __future__ import annotations

import asyncio
import ssl

import httpcore
import pytest

from monitor.errors import BlockedAddressError, FetchError, Reason
from monitor.fetch.client import Client
from monitor.fetch.resolver import system_lookup
from monitor.ports import Request
from tests.fetch.origin import answer, moved
from tests.hostile import spellings
from tests.hostile.faults import INWARD

PUBLIC = "93.184.216.34"
# Certifi's file takes 17 ms to read; nothing here comes to a handshake.
NO_TRUST = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Street:
    """Names lead where a test says; other spellings where this system takes them. Nothing is opened, all is noted."""

    def __init__(self, replies=None):
        self.names = {"outlet.example": [PUBLIC], "good.example": ["93.184.216.35"]}
        self.replies = replies or {}
        self.dialled = []

    async def resolve(self, host):
        found = self.names.get(host)
        if callable(found):
            return found()
        if found:
            return found
        if set(host) - set("0123456789abcdefx.:") and host not in {"localhost", "localhost."}:
            raise FetchError(Reason.DNS, f"{host}: not known in this test")
        try:
            return await asyncio.to_thread(system_lookup, host)
        except (OSError, UnicodeError) as error:
            raise FetchError(Reason.DNS, str(error)) from None

    async def dial(self, address, port, timeout):
        self.dialled.append((address, port))
        return httpcore.AsyncMockStream([self.replies.get(address, answer(200, b"secret"))])

    async def ask(self, url, **more):
        client = Client(agent="test/1", verify=NO_TRUST, resolve=self.resolve, dial=self.dial)
        try:
            return await client.get(Request(url, **more))
        finally:
            await client.aclose()

    async def refuses(self, url, **more):
        with pytest.raises(FetchError) as caught:
            await self.ask(url, **more)
        return caught.value


async def test_no_spelling_is_dialled_in_a_url():
    street = Street()
    for url in spellings.EVERY:
        assert (await street.refuses(url)).reason in INWARD, url
        assert street.dialled == [], url


async def test_no_spelling_is_dialled_after_a_redirect():
    for url in spellings.EVERY:
        street = Street({PUBLIC: moved(url)})
        assert (await street.refuses("http://outlet.example/")).reason in INWARD, url
        assert street.dialled == [(PUBLIC, 80)], url


async def test_what_is_an_address_is_refused_as_one():
    """That a spelling is not understood at all is luck; these must be understood and refused."""
    street = Street()
    for host in ("127.0.0.1", "2130706433", "0x7f.1", "127.1", "017700000001", "0", "[::ffff:127.0.0.1]", "localhost", "[::1]",
                 "１２７.０.０.１", "127。0。0。1", "169.254.169.254", "[fe80::a9fe:a9fe]", "[2606:4700::5efe:7f00:1]"):  # fmt: skip
        assert isinstance(await street.refuses(f"http://{host}/"), BlockedAddressError), host


async def test_no_private_address_in_a_dns_answer_is_dialled():
    street = Street()
    for host in spellings.HOSTS:
        street.names["rebind.example"] = [host.strip("[]")]
        assert isinstance(await street.refuses("http://rebind.example/"), BlockedAddressError), host
        # Beside a public one, only that is taken.
        street.names["rebind.example"] = [host.strip("[]"), PUBLIC]
        assert (await street.ask("http://rebind.example/")).body == b"secret"
        assert street.dialled == [(PUBLIC, 80)]
        street.dialled.clear()


@pytest.mark.parametrize(
    "inward", ["127.0.0.1", "::1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254", "64:ff9b::7f00:1"]
)
async def test_a_name_that_changes_between_two_look_ups_is_judged_each_time(inward):
    answers = iter([[PUBLIC], [inward], [PUBLIC], [inward]])
    street = Street({PUBLIC: answer(200, b"x", {"Connection": "close"})})
    street.names["rebind.example"] = lambda: next(answers)
    for _ in range(2):
        assert (await street.ask("http://rebind.example/")).body == b"x"
        assert isinstance(await street.refuses("http://rebind.example/"), BlockedAddressError)
    assert street.dialled == [(PUBLIC, 80)] * 2


async def test_a_redirect_to_its_own_name_is_looked_up_and_judged_again():
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    street = Street({PUBLIC: answer(302, b"", {"Location": "/again", "Connection": "close"})})
    street.names["rebind.example"] = lambda: next(answers)
    assert isinstance(await street.refuses("http://rebind.example/"), BlockedAddressError)
    assert street.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("target", ["http://good.example:8080/", "https://good.example:8443/", "http://good.example:6379/",
                                    "http://outlet.example:8080/", "http://outlet.example:1/"])  # fmt: skip
async def test_a_redirect_to_another_port_is_refused_until_the_outlet_names_it(target):
    street = Street({PUBLIC: moved(target)})
    assert (await street.refuses("http://outlet.example/")).reason is Reason.BAD_URL
    assert (await street.refuses("http://outlet.example/", ports=frozenset({9090}))).reason is Reason.BAD_URL
    assert street.dialled == [(PUBLIC, 80)] * 2


async def test_a_named_port_is_dialled():
    street = Street({PUBLIC: moved("http://good.example:8080/")})
    assert (await street.ask("http://outlet.example/", ports=frozenset({8080}))).body == b"secret"
    assert street.dialled == [(PUBLIC, 80), ("93.184.216.35", 8080)]


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://100.100.100.200/",
                                 "http://192.0.0.192/", "http://168.63.129.16/", "http://[fd00:c1::a9fe:a9fe]/"])  # fmt: skip
async def test_metadata_is_refused_to_a_private_outlet_that_names_it(url):
    street = Street()
    own = url.split("/")[2] + ":80"
    assert isinstance(await street.refuses(url, private_origin=own), BlockedAddressError)
    assert street.dialled == []


async def test_a_private_outlet_opens_its_own_place_and_loses_that_elsewhere():
    street = Street({"10.0.0.1": moved("http://outlet.example/"), PUBLIC: moved("http://intranet.example/back")})
    street.names["intranet.example"] = ["10.0.0.1"]
    error = await street.refuses("http://intranet.example/", private_origin="intranet.example:80")
    assert isinstance(error, BlockedAddressError)
    assert street.dialled == [("10.0.0.1", 80), (PUBLIC, 80)]
