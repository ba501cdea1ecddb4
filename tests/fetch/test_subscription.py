"""A subscription's secrets reach its own origin, as real servers on loopback see it, and nothing else anywhere."""

from __future__ import annotations

import asyncio
import itertools
import logging
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpcore
import pytest
import trustme

from monitor import wiring
from monitor.errors import FetchError
from monitor.fetch import subscription
from monitor.fetch.client import Client
from monitor.fetch.visit import addressed
from monitor.model import Cookie, Outlet, Source
from monitor.ports import Request
from monitor.settings.load import load
from tests.fetch.origin import answer, moved, serving
from tests.newsroom import Newsroom
from tests.web import article

CANARY = "canary-4711"
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PORTS = frozenset({8080, 8443})
HOSTS = ("a.example", "b.example", "news.a.example")
# Scheme, host and port: every pair of these is one redirect of the matrix.
ORIGINS = [
    f"{scheme}://{host}{port}"
    for host in HOSTS
    for scheme, port in (("http", ""), ("http", ":8080"), ("https", ""), ("https", ":8443"))
]


class Town:
    """Names lead to one plain and one secure server on loopback, which tell what each host was asked with."""

    def __init__(self, plain, secure):
        self.plain, self.secure = plain, secure

    async def resolve(self, host):
        assert host in HOSTS
        return ["93.184.216.34"]

    async def dial(self, address, port, timeout):
        origin = {80: self.plain, 8080: self.plain, 443: self.secure, 8443: self.secure}[port]
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", origin.port, timeout=timeout)

    def redirects(self, *places):
        """Make the first place redirect to the second, and so on; the last one answers."""
        self.plain.asked.clear()
        self.secure.asked.clear()
        for number, place in enumerate(places):
            reply = answer(200, b"x")
            if number + 1 < len(places):
                reply = moved(f"{places[number + 1]}/{number + 1}")
            self._server(place).routes[f"/{number}"] = reply

    def seen(self, number, place):
        """Return what Authorization and Cookie the place was asked with at its turn."""
        (asked,) = [asked for asked in self._server(place).asked if asked.path == f"/{number}"]
        assert asked.headers["host"].split(":")[0] == place.split("/")[2].split(":")[0]
        return asked.headers.get("authorization"), asked.headers.get("cookie")

    def _server(self, place):
        return self.secure if place.startswith("https") else self.plain


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
async def town(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*HOSTS).configure_cert(context)
    async with serving() as plain, serving(context=context) as secure:
        yield Town(plain, secure)


@asynccontextmanager
async def client(town, authority):
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    opened = Client(agent="test/1", verify=trust, resolve=town.resolve, dial=town.dial)
    try:
        yield opened
    finally:
        await opened.aclose()


def asking(place):
    # The cookie is for every host there is, so that nothing but the origin keeps it back.
    cookies = tuple(Cookie("session", CANARY, host) for host in HOSTS)
    return Request(f"{place}/0", ports=PORTS, headers=(("Authorization", f"Bearer {CANARY}"),), cookies=cookies)


BOTH = (f"Bearer {CANARY}", f"session={CANARY}")
NEITHER = (None, None)


async def test_the_redirect_matrix(town, authority):
    kept = []
    async with client(town, authority) as opened:
        for first, second in itertools.permutations(ORIGINS, 2):
            town.redirects(first, second)
            assert (await opened.get(asking(first))).body == b"x"
            assert town.seen(0, first) == BOTH
            assert town.seen(1, second) in (BOTH, NEITHER)
            if town.seen(1, second) == BOTH:
                kept.append((first, second))
    assert kept == [(f"http://{host}", f"https://{host}") for host in HOSTS]


@pytest.mark.parametrize(
    ("places", "sent"),
    [
        (["http://a.example", "http://a.example"], [BOTH, BOTH]),
        (["http://a.example", "https://a.example", "https://a.example"], [BOTH, BOTH, BOTH]),
        # the way back from https is a downgrade, and from elsewhere there is none
        (["http://a.example", "https://a.example", "http://a.example"], [BOTH, BOTH, NEITHER]),
        (["http://a.example", "http://b.example", "http://a.example"], [BOTH, NEITHER, NEITHER]),
        (["https://a.example", "https://news.a.example", "https://a.example"], [BOTH, NEITHER, NEITHER]),
    ],
)
async def test_chains_of_redirects(town, authority, places, sent):
    town.redirects(*places)
    async with client(town, authority) as opened:
        await opened.get(asking(places[0]))
    assert [town.seen(number, place) for number, place in enumerate(places)] == sent


async def test_what_cannot_stand_in_a_header_is_left_out_and_not_told(town, authority):
    town.redirects("http://a.example")
    bad = (("Authorization", f"{CANARY}\r\nX-Evil: 1"), ("X-Key", f"{CANARY}\x00"), ("X-Other", "é"))
    async with client(town, authority) as opened:
        await opened.get(Request("http://a.example/0", headers=bad, cookies=(Cookie("a", "b\n", "a.example"),)))
    assert not {"authorization", "x-key", "x-other", "x-evil", "cookie"} & set(town.plain.asked[0].headers)


async def test_a_header_of_the_outlet_stands_in_for_ours(town, authority):
    town.redirects("http://a.example")
    async with client(town, authority) as opened:
        await opened.get(Request("http://a.example/0", headers=(("accept", "text/html"),)))
    assert town.plain.asked[0].headers["accept"] == "text/html"


async def test_no_log_and_no_error_holds_a_secret(town, authority, caplog):
    caplog.set_level(logging.DEBUG)
    request = asking("http://a.example")
    assert CANARY not in repr(request)
    # The server sends the secret back wherever it can.
    echo = {"Set-Cookie": f"session={CANARY}", "X-Echo": f"Bearer {CANARY}"}
    broken = b"HTTP/1.1 200 OK\r\nX: %s\r\nContent-Length: 99\r\n\r\nshort" % CANARY.encode()
    quoted = (
        b"HTTP/1.1 200 OK\r\nX: %s\x00\r\n\r\n", b"%s\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s\r\n",
        b"HTTP/1.1 302 X\r\nLocation: ftp://x/%s\r\n\r\n", b"HTTP/1.1 302 X\r\nLocation: http://%s@a.example/\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1/%s\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
        b"HTTP/1.1 302 X\r\nLocation: /0?%s\r\n\r\n",
    )  # fmt: skip
    replies = [line % CANARY.encode() for line in quoted]
    async with client(town, authority) as opened:
        for reply in (answer(403, CANARY.encode(), echo), broken, *replies):

            async def once(writer, reply=reply):
                writer.write(reply)
                await writer.drain()

            town.plain.routes["/0"] = once
            try:
                await opened.get(request)
            except FetchError as error:
                assert CANARY not in f"{error} {error!r} {error.detail}"  # noqa: PT017
        assert town.plain.asked
    assert all(asked.headers["authorization"] == f"Bearer {CANARY}" for asked in town.plain.asked)
    assert CANARY not in caplog.text


# ---- where they may go


def test_an_outlets_own_origins_and_their_upgrade():
    outlet = Outlet("a", homepage="http://a.example/", sources=(Source("https://feeds.a.example:8443/x"),))
    for url in ("http://a.example:80/x", "http://A.example", "https://a.example/y", "https://feeds.a.example:8443/"):
        assert subscription.own(outlet, url), url
    for url in (
        "http://feeds.a.example:8443/", "https://feeds.a.example/", "https://a.example:8443/", "http://a.example:8080/",
        "http://www.a.example/", "https://xa.example/", "http://a.example.evil.example/", "ftp://a.example/", "a.example",
        "http://a.example@evil.example/", "",
    ):  # fmt: skip
        assert not subscription.own(outlet, url), url
    assert not subscription.own(Outlet("b"), "http://a.example/")


def test_no_downgrade():
    assert not subscription.own(Outlet("a", homepage="https://a.example/"), "http://a.example/")
    assert not subscription.reaches("https://a.example/", "http://a.example/")
    # https on port 80, http on port 443
    assert not subscription.reaches("https://a.example:80/", "https://a.example/")
    assert not subscription.reaches("http://a.example:443/", "https://a.example/")


def test_a_request_is_filled_from_its_outlet():
    outlet = Outlet(
        "a", homepage="https://a.example:8443/", sources=(Source("http://f.example/x"), Source("http://[::1]:8080/")),
        private=True, headers=(("X-Key", CANARY),), cookies=(Cookie("a", CANARY, "a.example"),),
    )  # fmt: skip
    asked = addressed(Request("", max_bytes=7), outlet, "https://a.example:8443/story")
    assert (asked.url, asked.private_origin, asked.max_bytes) == ("https://a.example:8443/story", "a.example:8443", 7)
    assert asked.ports == {8443, 80, 8080}
    assert (asked.headers, asked.cookies) == (outlet.headers, outlet.cookies)
    elsewhere = addressed(asked, outlet, "https://b.example:8443/story")
    assert (elsewhere.private_origin, elsewhere.headers, elsewhere.cookies) == ("", (), ())
    assert CANARY not in repr(outlet)


def test_what_a_redirect_leaves_of_a_request():
    first = Request(
        "http://a.example/", etag="x", private_origin="a.example:80", ports=frozenset({8080}), headers=(("X-Key", CANARY),),
        cookies=(Cookie("a", CANARY, "a.example"),),
    )  # fmt: skip
    same = subscription.onward(first, "http://a.example/b")
    assert (same.url, same.private_origin, same.headers, same.cookies) == (
        "http://a.example/b", "a.example:80", first.headers, first.cookies,
    )  # fmt: skip
    secure = subscription.onward(same, "https://a.example/")
    assert (secure.private_origin, secure.headers, secure.cookies) == ("", first.headers, first.cookies)
    for gone in (subscription.onward(secure, "http://a.example/"), subscription.onward(first, "http://b.example/")):
        back = subscription.onward(gone, "http://a.example/")
        assert back.headers == back.cookies == gone.headers == gone.cookies == ()
        assert back.ports == first.ports
        assert back.etag == "x"


def test_a_text_is_masked():
    headers, cookies = [("Authorization", "Bearer abcdef"), ("X-Key", "k")], [Cookie("a", "secret"), Cookie("b", "1")]
    assert subscription.masked("1 k: Bearer abcdef, abcdef, secret", headers, cookies) == "1 k: ***, ***, ***"


# ---- cookies


def test_cookies_by_domain_path_secure_and_time():
    def sent(url, **fields):
        return subscription.cookie_header([Cookie("n", "v", **{"domain": "a.example", **fields})], url, NOW) == "n=v"

    for url in ("http://a.example", "https://A.example:8443/x?y", "http://a.example/#x"):
        assert sent(url), url
    assert not sent("http://news.a.example/")
    assert sent("http://news.a.example/", subdomains=True)
    for host in ("xa.example", "example", "a.example.evil.example", "b.example"):
        assert not sent(f"http://{host}/", subdomains=True)
    for path, url in [("/a", "/a"), ("/a", "/a/b"), ("/a/", "/a/b"), ("/a", "/a?b"), ("/", ""), ("/a", "/a#b")]:
        assert sent(f"http://a.example{url}", path=path), (path, url)
    for path, url in [("/a", "/ab"), ("/a/", "/a"), ("/a", "/"), ("/a", "/x/a"), ("/a", "/?/a"), ("/a", "/A")]:
        assert not sent(f"http://a.example{url}", path=path), (path, url)
    assert sent("https://a.example/", secure=True)
    assert not sent("http://a.example/", secure=True)
    assert sent("http://a.example/", expires=NOW.timestamp() + 1)
    assert not sent("http://a.example/", expires=NOW.timestamp())
    assert not sent("no url")


def test_cookies_of_the_longest_path_come_first():
    cookies = [Cookie("a", "1", "a.example"), Cookie("b", "2", "a.example", path="/x"), Cookie("c", "3", "a.example")]
    assert subscription.cookie_header(cookies, "http://a.example/x", NOW) == "b=2; a=1; c=3"
    assert subscription.cookie_header([], "http://a.example/x", NOW) == ""


def test_a_cookie_that_cannot_be_sent_takes_no_other_with_it():
    cookies = [
        Cookie("a", "1", "a.example"), Cookie("b", "2\r\nX: y", "a.example"), Cookie("c", "é", "a.example"),
        Cookie("d", "x" * 8_000, "a.example"), Cookie("e", "5", "a.example"),
    ]  # fmt: skip
    assert subscription.cookie_header(cookies, "http://a.example/", NOW) == "a=1; e=5"


# ---- the whole line, in its own processes


async def test_the_line_asks_with_a_subscription_and_keeps_it_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("GAZETTE", f"Bearer {CANARY}")
    room = Newsroom(tmp_path)
    (room.config / "cookies.txt").write_text(f"127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\t{CANARY}\n")
    (room.config / "cookies.txt").chmod(0o600)
    async with serving() as origin, serving({"*": answer(200, b"x")}) as other:
        feed = (
            f"<rss version='2.0'><channel><title>T</title><item><title>A</title><link>{origin.url}/a</link></item>"
            f"<item><title>B</title><link>{origin.url}/b</link></item></channel></rss>"
        )
        origin.routes |= {
            "/feed.xml": answer(200, feed.encode(), {"Set-Cookie": "id=1"}),
            "/a": answer(200, article("NATO meets", "The NATO met in a harbour. " * 30)),
            "/b": moved(f"{other.url}/b"),
        }
        room.write(
            "outlets",
            f"outlets:\n  gazette:\n    feeds: ['{origin.url}/feed.xml', '{other.url.replace('127.0.0.1', 'localhost')}/']\n"
            "    private: true\n    headers_env: {Authorization: GAZETTE}\n    cookies_file: cookies.txt\n",
        )
        process = room.start("run", "--once")
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
    by_path = {asked.path: asked.headers for asked in origin.asked}
    for path in ("/feed.xml", "/a", "/b"):
        assert by_path[path]["authorization"] == f"Bearer {CANARY}"
        assert by_path[path]["cookie"] == f"session={CANARY}"
    assert "authorization" not in by_path["/robots.txt"]
    assert all(asked.headers.get("cookie") is None for asked in other.asked if asked.path == "/b")
    assert CANARY not in out + err
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert not any(CANARY.encode() in path.read_bytes() for path in files)


def test_who_asks_by_hand_names_the_port_and_asks_as_the_outlet_whose_page_it_is(tmp_path):
    (tmp_path / "outlets.yaml").write_text(
        "outlets:\n"
        "  a: {feeds: ['https://a.example/rss'], headers_env: {X-Key: KEY}}\n"
        "  b: {feeds: ['http://b.example:8080/rss'], private: true}\n"
    )
    settings = load(tmp_path, {"KEY": CANARY}, addresses=False)
    own = wiring.request(settings, "https://a.example/story")
    assert (own.headers, own.private_origin) == ((("X-Key", CANARY),), "")
    private = wiring.request(settings, "http://b.example:8080/story")
    assert (private.headers, private.private_origin, private.ports) == ((), "b.example:8080", {8080})
    foreign = wiring.request(settings, "http://c.example:9090/story")
    assert (foreign.headers, foreign.private_origin, foreign.ports) == ((), "", {9090})
