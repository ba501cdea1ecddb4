"""A page that names an address on another site as its own: believed when the page there answers and names itself."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import httpcore
import pytest

from monitor import pipeline as line
from monitor.clock import SystemClock
from monitor.configured import Orders
from monitor.errors import FetchError, Reason
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Failure, Link, Outlet, Rule, Source, TextKind
from monitor.reading import Reader
from monitor.store.ledger import StoreLedger
from monitor.views import Filter
from tests import engines, lines
from tests.fetch.origin import answer, moved, serving
from tests.newsroom import Newsroom
from tests.web import Web, article

AGENT = "news-monitor/1.0 (+desk@example.org)"
HOME, THERE = "http://courier.example", "http://gazette.example"
ADDRESSES = {
    "courier.example": "93.184.216.34",
    "gazette.example": "93.184.216.35",
    "www.gazette.example": "93.184.216.35",
}
PRIVATE = "10.20.30.40"
PARAGRAPHS = (
    "Ministers of eleven countries agreed on Tuesday to keep forty people in the port, without ships of its own.",
    "A NATO official said that the alliance would be asked for advice, but that nothing had been requested so far.",
    "Two senators left before the end of the meeting, and said that the costs had not been discussed at all.",
    "They expected them to be discussed at the next meeting, which is to be held in the same place in six weeks.",
)


def page(canonical="", title="Ministers keep a small staff", extra=""):
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return article(title, *PARAGRAPHS).replace(b"</head>", f"{link}{extra}</head>".encode())


def html(body, status=200):
    return answer(status, body, {"Content-Type": "text/html; charset=utf-8"})


class Readers:
    """What a reader process runs, without the process."""

    def __init__(self):
        self._reader = Reader([Rule("nato", "nato")], [])
        self.dies = False

    async def article(self, page, link, outlet, memory=None):
        return self._reader.article(page, link, outlet.language, outlet.selectors, memory)

    async def entry(self, link, failure, language):
        return self._reader.entry(link, failure, language)

    async def canonical(self, page, url):
        return Failure(Reason.CRASHED) if self.dies else self._reader.canonical(page, url)

    async def robots(self, body, urls, agent):
        return self._reader.robots(body, urls, agent)


class Clock(SystemClock):
    """The machine's clocks, and what a test adds to them."""

    ahead = 0.0

    def monotonic(self):
        return super().monotonic() + self.ahead


class House:
    """A pipeline over the real client, store and reader; names lead to servers on loopback by `dial`."""

    def __init__(self, folder):
        self.ports, self.dialled = {}, []
        self.addresses = dict(ADDRESSES)
        self.client = Client(agent=AGENT, resolve=self.resolve, dial=self.dial)
        self.ledger = StoreLedger(lambda: engines.opened(folder / "monitor.db"))
        self.readers, self.clock = Readers(), Clock()
        self.outlet = Outlet("courier", sources=(Source(f"{HOME}/feed.xml"),), language="en")
        self.visitor = Visitor(self.client, self.readers, self.ledger, self.clock, Gate(0.0), AGENT)
        self.source = self.stored(self.prepare)
        self.restart()

    def restart(self, outlet=None):
        self.outlet = outlet or self.outlet
        self.pipeline, _ = lines.pipeline(
            self.visitor, self.readers, self.ledger, None, self.clock,
            Orders({"courier": self.outlet}, {"nato": Rule("nato", "nato")}, {}, ()),
        )  # fmt: skip

    def prepare(self, store):
        store.outlets.sync([self.outlet], self.clock.now())
        return store.outlets.lease_due(self.clock.now(), limit=1, lease=60.0)[0]

    async def resolve(self, host):
        return [self.addresses[host]]

    async def dial(self, address, port, timeout):
        self.dialled.append((address, port))
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.ports[address], timeout=timeout)

    def stored(self, work):
        return self.ledger.submit(work).result()

    async def read(self, path):
        """Read a page as the daemon does; return how it is known."""
        listed = Link("courier", self.source.url, HOME + path, canonical=HOME + path, title=path)
        (link,) = self.stored(lambda store: store.links.add([listed], self.source.id, self.clock.now(), lease=60.0))
        done = await self.pipeline.read(link)
        assert done.text is TextKind.FULL, done
        return self.stored(lambda store: store.articles.find(HOME + path)).article.canonical_url

    def articles(self):
        return self.stored(lambda store: store.articles.rows(Filter(limit=100)))


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    async with AsyncExitStack() as stack:
        house.home = await stack.enter_async_context(serving({"/robots.txt": answer(404)}))
        house.there = await stack.enter_async_context(serving({"/robots.txt": answer(404)}))
        house.ports = {ADDRESSES["courier.example"]: house.home.port, ADDRESSES["gazette.example"]: house.there.port}
        yield house
        await house.client.aclose()
    house.ledger.close()


def publish(house, claim=f"{THERE}/staff", path="/staff", **more):
    house.home.routes[path] = html(page(claim, **more))


def asked(house):
    return [path for path in house.there.paths() if path != "/robots.txt"]


async def test_a_page_that_answers_and_names_itself_is_believed(house):
    publish(house)
    house.there.routes["/staff"] = html(page(f"{THERE}/staff"))
    assert await house.read("/staff") == f"{THERE}/staff"
    assert asked(house) == ["/staff"]
    (row,) = house.articles()
    assert (row.url, row.hits) == (f"{HOME}/staff", 1)


@pytest.mark.parametrize(
    ("claim", "named"),
    [
        ("/staff", "http://gazette.example/staff/?utm_source=feed"),
        ("/staff?b=2&a=1", "/staff?a=1&b=2"),
        ("/staff", "//www.gazette.example/staff"),
    ],
)
async def test_a_page_may_spell_its_address_better_than_who_claims_it(house, claim, named):
    publish(house, THERE + claim)
    house.there.routes["*"] = html(page(named))
    known = await house.read("/staff")
    assert known.startswith(("http://gazette.example/staff", "http://www.gazette.example/staff"))
    assert "utm" not in known


@pytest.mark.parametrize(
    "reply",
    [
        html(page(f"{THERE}/other")),
        html(page(f"{HOME}/staff")),
        html(page()),
        html(page(f"{THERE}/staff"), 404),
        html(page(f"{THERE}/staff"), 410),
        html(page(f"{THERE}/staff"), 500),
        html(b""),
        answer(200, b"%PDF-1.7", {"Content-Type": "application/pdf"}),
        b"no answer of HTTP\r\n\r\n",
        moved(f"{THERE}/staff"),
        moved(f"{THERE}/elsewhere"),
        moved(f"{HOME}/naming"),
    ],
    ids=[
        "names another", "names the claimant", "names none", "404", "410", "500", "empty", "pdf", "no http", "a circle",
        "moved to a page that names another", "moved to another site that names it",
    ],
)  # fmt: skip
async def test_what_does_not_answer_or_names_another_is_not(house, reply):
    publish(house)
    house.there.routes |= {"/staff": reply, "/elsewhere": html(page(f"{THERE}/elsewhere"))}
    # An open redirect on the other site must not let this one vouch for itself.
    house.home.routes["/naming"] = html(page(f"{THERE}/staff"))
    assert await house.read("/staff") == f"{HOME}/staff"
    assert asked(house)[0] == "/staff"
    assert house.articles()[0].hits == 1


async def test_a_page_that_moved_on_its_site_and_names_the_claimed_address_is_believed(house):
    publish(house)
    house.there.routes |= {"/staff": moved("/staff-europe"), "/staff-europe": html(page(f"{THERE}/staff"))}
    assert await house.read("/staff") == f"{THERE}/staff"


async def test_a_slow_host_holds_an_article_for_a_moment_and_only_once(house, monkeypatch):
    monkeypatch.setattr(line, "PATIENCE", 0.3)

    async def silent(writer):
        await asyncio.sleep(60)

    house.there.routes["*"] = silent
    for number in range(6):
        publish(house, f"{THERE}/{number}", f"/{number}", title=f"Number {number}")
    started = time.monotonic()
    known = await asyncio.gather(*(house.read(f"/{number}") for number in range(6)))
    assert known == [f"{HOME}/{number}" for number in range(6)]
    assert time.monotonic() - started < 5
    assert len(asked(house)) == 1
    house.there.routes["*"] = html(page(f"{THERE}/late"))
    publish(house, f"{THERE}/late", "/soon")
    assert await house.read("/soon") == f"{HOME}/soon"
    house.clock.ahead += 3_601
    publish(house, f"{THERE}/late", "/late")
    assert await house.read("/late") == f"{THERE}/late"


async def test_a_private_address_is_never_dialled(house):
    house.addresses["gazette.example"] = PRIVATE
    publish(house)
    publish(house, "http://127.0.0.1/admin", "/loopback", title="Another title")
    assert await house.read("/staff") == f"{HOME}/staff"
    assert await house.read("/loopback") == f"{HOME}/loopback"
    assert {address for address, _ in house.dialled} == {ADDRESSES["courier.example"]}


async def test_the_other_sites_robots_txt_counts_whatever_the_outlet_agreed_to(house):
    house.restart(replace(house.outlet, ignore_robots="agreed by contract"))
    publish(house)
    house.there.routes |= {
        "/robots.txt": answer(200, b"User-agent: *\nDisallow: /\n"),
        "/staff": html(page(f"{THERE}/staff")),
    }
    assert await house.read("/staff") == f"{HOME}/staff"
    assert house.there.paths() == ["/robots.txt"]


async def test_a_reader_that_dies_of_the_other_page_costs_the_claim_alone(house):
    house.readers.dies = True
    publish(house)
    house.there.routes["/staff"] = html(page(f"{THERE}/staff"))
    assert await house.read("/staff") == f"{HOME}/staff"


async def test_an_error_of_ours_costs_the_claim_alone(house, monkeypatch):
    async def refuse(*_):
        raise FetchError(Reason.PROTOCOL, "not foreseen")

    publish(house)
    monkeypatch.setattr(house.pipeline._claims, "_ask", refuse)
    assert await house.read("/staff") == f"{HOME}/staff"


@pytest.mark.parametrize("holds", [True, False])
async def test_an_outlet_that_claims_another_site_on_every_page_costs_three_requests_then_one_a_day(house, holds):
    for number in range(8):
        publish(house, f"{THERE}/{number}", f"/{number}", title=f"Number {number}")
        house.there.routes[f"/{number}"] = html(page(f"{THERE}/{number if holds else 'x'}"))
    known = [await house.read(f"/{number}") for number in range(7)]
    assert known == [f"{THERE if holds else HOME}/{number}" for number in range(7)]
    assert asked(house) == ["/0", "/1", "/2"]
    house.clock.ahead += 86_401
    assert await house.read("/7") == f"{THERE if holds else HOME}/7"
    assert asked(house) == ["/0", "/1", "/2", "/7"]


async def test_one_page_that_is_gone_says_nothing_of_the_others(house):
    house.there.routes |= {path: html(page(THERE + path)) for path in ("/0", "/2", "/4")}
    for number in range(5):
        publish(house, f"{THERE}/{number}", f"/{number}", title=f"Number {number}")
    known = [await house.read(f"/{number}") for number in range(5)]
    assert known == [f"{(THERE, HOME)[number % 2]}/{number}" for number in range(5)]


async def test_pages_that_claim_nothing_ask_nobody(house):
    for number, claim in enumerate(["", f"{HOME}/1", "//www.courier.example/2", f"{THERE}/", "mailto:a@example.org"]):
        publish(house, claim, f"/{number}", title=f"Number {number}")
        assert (await house.read(f"/{number}")).endswith(f"courier.example/{number}")
    assert house.there.paths() == []


async def test_two_pages_of_one_text_that_claim_one_address_are_one_article(house):
    house.there.routes["/staff"] = html(page(f"{THERE}/staff"))
    publish(house)
    publish(house, path="/copy")
    await house.read("/staff")
    listed = Link("courier", house.source.url, f"{HOME}/copy", canonical=f"{HOME}/copy", title="copy")
    (link,) = house.stored(lambda store: store.links.add([listed], house.source.id, house.clock.now(), lease=60.0))
    assert (await house.pipeline.read(link)).hits == 0
    assert len(house.articles()) == 1


async def test_different_articles_that_claim_one_address_stay_apart(house):
    house.there.routes["/about"] = html(page(f"{THERE}/about"))
    for name in ("ferry", "harbour"):
        text = [f"The {name} is to be repaired in spring, the council of the {name} decided after {n} hours of debate, and "
                f"nobody had asked the {name} before." for n in ("two", "four", "six")]  # fmt: skip
        link = f'<link rel="canonical" href="{THERE}/about"></head>'.encode()
        house.home.routes[f"/{name}"] = html(article(f"About the {name}", *text).replace(b"</head>", link))
        await house.read(f"/{name}")
    assert len(house.articles()) == 2


def test_the_line_believes_what_it_has_asked(tmp_path):
    """The whole line in its own processes; the other site is another name of this machine."""
    with Web() as web, Web() as other:
        there = other.url.replace("127.0.0.1", "localhost")
        room = Newsroom(tmp_path)
        feeds = f'["{web.url}/feed.xml", "{there}/feed.xml"]'
        room.write("outlets", f"outlets:\n  courier: {{feeds: {feeds}, private: true, baseline: alert}}\n")
        other.feed([])
        web.pages["/good.html"] = page(f"{there}/good.html", title="NATO meets")
        web.pages["/gone.html"] = page(f"{there}/gone.html", title="Harbour closed").replace(b"NATO", b"union")
        other.pages["/good.html"] = page(f"{there}/good.html")
        web.feed([("/good.html", "NATO meets"), ("/gone.html", "Harbour closed")])
        room.run("run", "--once")
        said = "SELECT url, coalesce(nullif(canonical, ''), url) FROM articles"
        known = dict(engines.ask(room.folder / "data" / "monitor.db", said))
    assert known == {
        f"{web.url}/good.html": f"{there}/good.html",
        f"{web.url}/gone.html": f"{web.url}/gone.html",
    }
    assert other.asked.count("/good.html") == other.asked.count("/gone.html") == 1
