from __future__ import annotations

import asyncio
import gzip
import ssl
from contextlib import AsyncExitStack

import httpcore
import pytest
import trustme

from monitor.errors import BlockedAddressError, FetchError, Reason
from monitor.fetch import client as room
from monitor.fetch.client import Client
from monitor.ports import Request
from tests.fetch.origin import answer, moved, serving

AGENT = "news-monitor/1.0 (+desk@example.org)"


@pytest.fixture
async def client():
    client = Client(agent=AGENT, max_bytes=100_000, deadline=5.0)
    yield client
    await client.aclose()


async def fetch(client, origin, path="/", **more):
    ports = frozenset({origin.port})
    return await client.get(Request(origin.url + path, private_origin=origin.place, ports=ports, **more))


async def failure(awaitable):
    with pytest.raises(FetchError) as caught:
        await awaitable
    return caught.value


async def test_an_answer_comes_back_as_it_came(client):
    packed = gzip.compress(b"<p>hello</p>" * 100)
    reply = answer(200, packed, {"Content-Encoding": "gzip", "ETag": '"7"', "X-Two": "a"}).replace(
        b"X-Two: a", b"X-Two: a\r\nX-Two: b"
    )
    async with serving({"/a?b=%20c": reply}) as origin:
        page = await fetch(client, origin, "/a?b=%20c#d")
    assert (page.status, page.body) == (200, packed)
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["x-two"] == "a, b"
    assert page.fetched_at.tzinfo is not None
    sent = origin.asked[0].headers
    assert sent["user-agent"] == AGENT
    assert sent["accept-encoding"] == "gzip, deflate"
    assert sent["host"] == origin.place
    assert "cookie" not in sent
    assert "if-none-match" not in sent


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
async def test_a_status_is_an_answer(client, status):
    async with serving({"/": answer(status, b"why", {"Retry-After": "9"})}) as origin:
        page = await fetch(client, origin)
    assert (page.status, page.body, page.headers["retry-after"]) == (status, b"why", "9")


async def test_conditional_requests_and_304(client):
    async with serving({"/": answer(304, headers={"ETag": '"8"'})}) as origin:
        page = await fetch(client, origin, etag='W/"7"', last_modified="Tue, 24 Nov 2026 10:00:00 GMT")
    assert (page.status, page.body, page.headers["etag"]) == (304, b"", '"8"')
    sent = origin.asked[0].headers
    assert sent["if-none-match"] == 'W/"7"'
    assert sent["if-modified-since"] == "Tue, 24 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize("etag", ['"a"\r\nX-Evil: 1', '"é"', '"\x00"', '"' + "a" * 2_000 + '"'])
async def test_a_validator_that_cannot_stand_in_a_header_is_left_out(client, etag):
    async with serving({"/": answer(200, b"x")}) as origin:
        await fetch(client, origin, etag=etag)
    assert "if-none-match" not in origin.asked[0].headers
    assert "x-evil" not in origin.asked[0].headers


async def test_two_requests_share_a_connection_and_cookies_are_not_kept(client):
    async with serving({"*": answer(200, b"x", {"Set-Cookie": "id=1"})}) as origin:
        await fetch(client, origin, "/a")
        await fetch(client, origin, "/b")
    assert [asked.connection for asked in origin.asked] == [1, 1]
    assert "cookie" not in origin.asked[1].headers


async def test_a_kept_connection_that_the_server_closed_is_replaced(client):
    async with serving({"*": answer(200, b"x", {"Connection": "close"})}) as origin:
        await fetch(client, origin, "/a")
        await fetch(client, origin, "/b")
    assert [asked.connection for asked in origin.asked] == [1, 2]


# ---- hostile servers


async def _drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _slow_headers(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: b\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


async def _silent(writer):
    await asyncio.sleep(60)


@pytest.mark.parametrize("route", [_drip, _slow_headers, _silent])
async def test_a_slow_server_ends_at_the_deadline(client, route):
    async with serving({"/": route, "/good": answer(200, b"x")}) as origin:
        error = await failure(fetch(client, origin, deadline=0.3))
        assert error.reason is Reason.TIMEOUT
        assert error.retry
        assert (await fetch(client, origin, "/good")).body == b"x"


async def test_the_deadline_covers_all_redirects(client):
    def later(to):
        async def route(writer):
            await asyncio.sleep(0.15)
            writer.write(moved(to))
            await writer.drain()

        return route

    async with serving({"/": later("/1"), "/1": later("/2"), "/2": later("/3"), "/3": answer(200, b"x")}) as origin:
        assert (await failure(fetch(client, origin, deadline=0.3))).reason is Reason.TIMEOUT


async def test_cancelling_is_not_an_error_of_the_server(client):
    async with serving({"/": _silent}) as origin:
        task = asyncio.create_task(fetch(client, origin))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def _endless(writer):
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def _endless_chunk_sizes(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1;" + b"a" * 50_000 + b"\r\nx\r\n")
        await writer.drain()


async def _endless_continue(writer):
    while True:
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000)
        await writer.drain()


@pytest.mark.parametrize("route", [_endless, _endless_chunk_sizes, _endless_continue, answer(200, b"x" * 100_001)])
async def test_bytes_on_the_wire_are_capped(client, route):
    async with serving({"/": route, "/good": answer(200, b"x" * 100_000)}) as origin:
        error = await failure(fetch(client, origin))
        assert error.reason is Reason.TOO_LARGE
        assert not error.retry
        assert len((await fetch(client, origin, "/good")).body) == 100_000
    assert origin.connections == 2


async def test_a_body_in_crumbs_is_refused(client, monkeypatch):
    monkeypatch.setattr(room, "MAX_PIECES", 100)
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 101 + b"0\r\n\r\n"
    async with serving({"/": body}) as origin:
        assert (await failure(fetch(client, origin))).reason is Reason.PROTOCOL


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(1_000)) + b"Content-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 11\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00\xff\xfe" * 100,
    ],
)
async def test_answers_that_are_not_http(client, head):
    async def route(writer):
        writer.write(head)
        await writer.drain()

    async with serving({"/": route}) as origin:
        error = await failure(fetch(client, origin, deadline=2.0))
    assert error.reason is Reason.PROTOCOL, error


async def test_a_body_cut_short_is_no_page(client):
    async def route(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")
        await writer.drain()
        writer.close()

    async with serving({"/": route}) as origin:
        assert (await failure(fetch(client, origin))).reason in {Reason.PROTOCOL, Reason.CONNECT}


async def test_a_reset_connection_and_a_closed_port(client):
    async def reset(writer):
        writer.transport.abort()

    async with serving({"/": reset}) as origin:
        error = await failure(fetch(client, origin))
        assert error.reason in {Reason.CONNECT, Reason.PROTOCOL}
        assert error.retry
    assert (await failure(fetch(client, origin))).reason is Reason.CONNECT


# ---- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(client, status):
    async with serving({"/a": moved("b/c?d#e", status), "/b/c?d": answer(200, b"x")}) as origin:
        page = await fetch(client, origin, "/a")
    assert (page.url, page.requested_url) == (f"{origin.url}/b/c?d", f"{origin.url}/a")


async def test_at_most_five_redirects(client):
    routes = {f"/{n}": moved(f"/{n + 1}") for n in range(20)}
    async with serving({**routes, "/20": answer(200, b"x")}) as origin:
        assert (await fetch(client, origin, "/15")).body == b"x"
        assert (await failure(fetch(client, origin, "/14"))).reason is Reason.REDIRECTS


async def test_a_redirect_that_is_not_to_be_followed_is_the_answer_and_its_body_is_not_read(client):
    async def endless(writer):
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with serving({"/a": endless}) as origin:
        page = await fetch(client, origin, "/a#part", follow=False)
    assert (page.status, page.headers["location"], page.body, page.url) == (302, "/b", b"", f"{origin.url}/a")
    assert origin.paths() == ["/a"]


async def test_a_circle_is_seen_at_once(client):
    async with serving({"/": moved("/b"), "/b": moved("/#again")}) as origin:
        assert (await failure(fetch(client, origin))).reason is Reason.REDIRECTS
    assert origin.paths() == ["/", "/b"]


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://example.org/", "javascript:x", "http://a:b@example.org/", "http://[::1"]
)  # fmt: skip
async def test_redirects_out_of_http_end_there(client, target):
    async with serving({"/": moved(target)}) as origin:
        assert (await failure(fetch(client, origin))).reason is Reason.BAD_URL


# ---- addresses. Nothing here dials but through `Dialler`, which opens no socket.


class Dialler:
    """Answers every connection with the reply for its address, and notes what was dialled."""

    def __init__(self, replies=None, resolves=None):
        self.replies = replies or {}
        self.resolves = resolves or {}
        self.dialled = []

    async def resolve(self, host):
        found = self.resolves.get(host, host)
        return found.pop(0) if isinstance(found, list) else [found] if isinstance(found, str) else found()

    async def dial(self, address, port, timeout):
        self.dialled.append(f"{address}:{port}")
        reply = self.replies[address]
        if isinstance(reply, Exception):
            raise reply
        return httpcore.AsyncMockStream([reply])

    def client(self):
        return Client(agent=AGENT, resolve=self.resolve, dial=self.dial)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0/",
        "http://017700000001/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest/meta-data",
        "http://[64:ff9b::7f00:1]/", "http://192.0.0.192/", "http://①②⑦.0.0.1/", "http://127.0.0.1./",
    ],
)  # fmt: skip
async def test_a_redirect_into_our_own_network_is_not_dialled(target):
    # The system's own resolver is asked, so that every spelling means here what it would mean in the field.
    dialler = Dialler({"93.184.215.14": moved(target)}, {"outlet.example": lambda: ["93.184.215.14"]})
    system = Client(agent=AGENT)

    async def resolve(host):
        return await (dialler.resolve(host) if host == "outlet.example" else system._resolver.resolve(host))

    client = Client(agent=AGENT, resolve=resolve, dial=dialler.dial)
    error = await failure(client.get(Request("http://outlet.example/")))
    await client.aclose()
    await system.aclose()
    # A spelling that this system's resolver does not know is as good as blocked.
    assert error.reason in {Reason.BLOCKED_ADDRESS, Reason.DNS, Reason.BAD_URL}
    assert dialler.dialled == ["93.184.215.14:80"]


async def test_a_name_that_changes_its_mind_between_two_look_ups():
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    dialler = Dialler({"93.184.215.14": answer(200, b"x", {"Connection": "close"})}, {"rebind.example": answers})
    client = dialler.client()
    assert (await client.get(Request("http://rebind.example/"))).body == b"x"
    error = await failure(client.get(Request("http://rebind.example/")))
    await client.aclose()
    assert isinstance(error, BlockedAddressError)
    assert dialler.dialled == ["93.184.215.14:80"]


async def test_the_next_address_is_tried_and_both_families_early():
    down = OSError("unreachable")
    many = [*(f"2606:4700::{n}" for n in range(1, 9)), "8.8.8.8", "127.0.0.1"]
    dialler = Dialler({**dict.fromkeys(many, down), "8.8.8.8": answer(200, b"x")}, {"a.example": lambda: many})
    client = dialler.client()
    assert (await client.get(Request("http://a.example/"))).body == b"x"
    await client.aclose()
    assert dialler.dialled == ["2606:4700::1:80", "8.8.8.8:80"]


async def test_permission_for_a_private_origin_never_leaves_it():
    dialler = Dialler(
        {"10.0.0.1": moved("http://public.example/"), "8.8.8.8": moved("http://intranet.example:8080/back")},
        {"intranet.example": lambda: ["10.0.0.1"], "public.example": lambda: ["8.8.8.8"]},
    )
    client = dialler.client()
    own, ports = "intranet.example:8080", frozenset({8080})
    for url, dialled in [
        # another port, no permission asked, from elsewhere into it, out of it and back
        ("http://intranet.example/", []),
        ("http://public.example/", ["8.8.8.8:80"]),
        ("http://intranet.example:8080/", ["10.0.0.1:8080", "8.8.8.8:80"]),
    ]:
        dialler.dialled.clear()
        error = await failure(client.get(Request(url, private_origin=own, ports=ports)))
        assert error.reason is Reason.BLOCKED_ADDRESS
        assert dialler.dialled == dialled
    dialler.dialled.clear()
    error = await failure(client.get(Request("http://intranet.example:8080/", ports=ports)))
    assert error.reason is Reason.BLOCKED_ADDRESS
    assert dialler.dialled == []
    await client.aclose()


async def test_a_kept_private_connection_is_not_lent_to_others(client):
    async with serving({"*": answer(200, b"secret")}) as origin:
        assert (await fetch(client, origin)).body == b"secret"
        error = await failure(client.get(Request(origin.url, ports=frozenset({origin.port}))))
    assert error.reason is Reason.BLOCKED_ADDRESS
    assert len(origin.asked) == 1


async def test_names_without_an_answer_are_dns():
    async def resolve(host):
        raise FetchError(Reason.DNS, "no such name")

    client = Client(agent=AGENT, resolve=resolve)
    assert (await failure(client.get(Request("http://nowhere.example/")))).reason is Reason.DNS
    await client.aclose()


# ---- TLS


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def server_context(authority, *names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def test_tls_by_a_known_authority(authority):
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    client = Client(agent=AGENT, verify=trust)
    async with serving({"*": answer(200, b"x")}, context=server_context(authority, "127.0.0.1")) as origin:
        assert (await fetch(client, origin)).body == b"x"
        await fetch(client, origin, "/again")
        assert origin.connections == 1
    await client.aclose()


@pytest.mark.parametrize(("greeting", "reason"), [(b"HTTP/1.1 400 Bad\r\n\r\n", Reason.TLS), (b"", Reason.TIMEOUT)])
async def test_a_server_that_speaks_no_tls_or_nothing(greeting, reason):
    async with serving(greeting=greeting) as origin:
        origin.scheme = "https"
        client = Client(agent=AGENT)
        assert (await failure(fetch(client, origin, deadline=0.3))).reason is reason
        await client.aclose()


async def test_idle_transports_are_closed(client, monkeypatch):
    monkeypatch.setattr(room, "MAX_ORIGINS", 3)
    async with serving({"*": answer(200, b"x")}) as one, serving({"*": answer(200, b"x")}) as two:
        for origin in (one, two):
            await fetch(client, origin)
        assert len(client._origins) == 2
        for number in range(5):
            await failure(client.get(Request(f"http://127.0.0.{number + 2}/")))
        assert len(client._origins) == 3
        monkeypatch.setattr(room, "KEEPALIVE", -1.0)
        await fetch(client, one)
        assert len(client._origins) == 0


async def test_so_many_tasks_at_once_hold_a_large_body_and_the_others_wait_until_one_ends():
    client, large = Client(agent=AGENT), answer(200, b"x" * (room.LARGE + 100_000))
    ends = [asyncio.Event() for _ in range(room.LARGE_AT_ONCE + 2)]
    brought, held = [], set()

    async def work(number, origin):
        page = await fetch(client, origin)
        # A second one in the same task takes the place of the first.
        page = await fetch(client, origin)
        brought.append(len(page.body))
        held.add(number)
        await ends[number].wait()
        held.discard(number)

    async with AsyncExitStack() as stack:
        origins = [await stack.enter_async_context(serving({"/": large})) for _ in ends]
        small = await stack.enter_async_context(serving({"/": answer(200, b"x" * 1_000)}))
        tasks = [asyncio.create_task(work(number, origin)) for number, origin in enumerate(origins)]
        async with asyncio.timeout(10):
            while len(held) < room.LARGE_AT_ONCE:
                await asyncio.sleep(0.01)
            assert len((await fetch(client, small)).body) == 1_000
            assert len(held) == room.LARGE_AT_ONCE
            while not all(task.done() for task in tasks):
                for number in tuple(held):
                    ends[number].set()
                await asyncio.sleep(0.01)
                assert len(held) <= room.LARGE_AT_ONCE
        await asyncio.gather(*tasks)
    assert brought == [room.LARGE + 100_000] * len(ends)
    await client.aclose()


async def test_a_kept_connection_that_its_server_closes_is_replaced_and_a_new_one_is_not(client):
    broken = []

    async def hang_up(writer):
        broken.append(writer)
        writer.transport.abort()

    async with serving({"/": answer(200, b"x")}) as origin:
        await fetch(client, origin)
        # What comes over the kept connection is hung up on, once; then all of it is.
        origin.routes["/"] = hang_up
        error = await failure(fetch(client, origin))
        assert error.reason in {Reason.CONNECT, Reason.PROTOCOL}
        assert origin.connections == 2, "the kept one and one more"
        await failure(fetch(client, origin))
        assert len(broken) == origin.connections == 3, "a new connection that is lost is not tried again"
