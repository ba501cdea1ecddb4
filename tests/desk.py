"""An outlet over days, in a moment: the real client, store, readers' code and pipeline, with a clock that a test sets."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape

import httpcore

from monitor.configured import Orders
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Channel, LinkState, Outlet, Route, Rule, Source
from monitor.reading import Reader
from monitor.store.ledger import StoreLedger
from monitor.views import Filter
from tests import engines, lines
from tests.fetch.origin import answer

HOME = "http://courier.example"
AGENT = "news-monitor/1.0 (+desk@example.org)"
START = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SYLLABLES = "ba ro ti ne lu ka mi so ve do ra pe li fu na go he ju wa zo".split()


def words(number: int, seed: int, count: int) -> str:
    """Return so many words that no other article has in this order: repeated blocks would be taken for boilerplate."""
    chance = random.Random(f"{number}/{seed}")
    made = ("".join(chance.choices(SYLLABLES, k=chance.randint(2, 3))) for _ in range(count))
    return " ".join(made).capitalize()


class Readers:
    """What a reader process runs, without the process. Pages are as old as the desk's clock says: what a feed dates far
    ahead of it has no date.
    """

    def __init__(self, rules, clock):
        self._reader, self._clock = Reader(rules, []), clock

    def _now(self, page):
        return replace(page, fetched_at=self._clock.now())

    async def links(self, page, source):
        return self._reader.links(self._now(page), source)

    async def article(self, page, link, outlet, memory=None):
        return self._reader.article(self._now(page), link, outlet.language, outlet.selectors, memory)

    async def entry(self, link, failure, language):
        return self._reader.entry(link, failure, language)

    async def canonical(self, page, url):
        return self._reader.canonical(page, url)

    async def robots(self, body, urls, agent):
        return self._reader.robots(body, urls, agent)


class Clock:
    """Stands still but for what a test, or a wait, adds."""

    def __init__(self):
        self.at, self.seconds = START, 0.0

    def now(self):
        return self.at

    def monotonic(self):
        return self.seconds

    async def sleep(self, seconds):
        self.forward(max(seconds, 0.0))

    def forward(self, seconds):
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


def item(number: int, said: str = "", *, path: str = "", guid: str = "", title: str = "", at: datetime | None = START,
         date: str = "") -> dict[str, str]:  # fmt: skip
    """Return an entry of a feed. `said` is a sentence of its page; `date` is written as it is, `at` as RFC 822."""
    return {
        "path": path or f"/news/{number}",
        "guid": guid or f"id-{number}",
        "title": title or words(number, -1, 6),
        "date": date or (format_datetime(at) if at else ""),
        "said": said,
        "number": str(number),
    }


def page(entry: dict[str, str], *, paragraphs: int = 12, live: bool = False, extra: str = "") -> bytes:
    """Return the page of an entry, its text its own."""
    number, said = int(entry["number"]), entry["said"]
    body = [f"{words(number, seed, 18)}." for seed in range(paragraphs)]
    if said:
        body.insert(min(3, len(body)), f"{words(number, 999, 5)} and {said}")
    text = "".join(f"<p>{escape(line)}</p>" for line in body)
    kind = "LiveBlogPosting" if live else "NewsArticle"
    data = f'{{"@context": "https://schema.org", "@type": "{kind}", "headline": "{escape(entry["title"])}"}}'
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(entry["title"])}</title>'
        f'<script type="application/ld+json">{data}</script></head><body><main><article>'
        f"<h1>{escape(entry['title'])}</h1>{text}{extra}</article></main></body></html>"
    ).encode()


def feed(entries: Sequence[dict[str, str]], head: str = "") -> bytes:
    """Return an RSS feed."""
    items = "".join(
        f"<item><title>{escape(one['title'])}</title><link>{HOME}{one['path']}</link>"
        f"<guid isPermaLink='false'>{escape(one['guid'])}</guid>"
        + (f"<pubDate>{one['date']}</pubDate>" if one["date"] else "")
        + "</item>"
        for one in entries
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>Courier</title>{head}{items}</channel></rss>'.encode()
    )


class Desk:
    """One outlet with one feed, watched for NATO. Use within `serving()`: its routes are the outlet's pages."""

    def __init__(self, folder, origin, **outlet):
        self.origin, self.clock = origin, Clock()
        rules = [Rule("nato", "nato")]
        self.outlet = Outlet("courier", homepage=f"{HOME}/", sources=(Source(f"{HOME}/feed.xml"),), **outlet)
        self.client = Client(agent=AGENT, resolve=self.resolve, dial=self.dial)
        self.ledger = StoreLedger(lambda: engines.opened(folder / "monitor.db"))
        readers = Readers(rules, self.clock)
        visitor = Visitor(self.client, readers, self.ledger, self.clock, Gate(0.0), AGENT)
        routes = (Route("all", ("here",)),)
        orders = Orders({"courier": self.outlet}, {"nato": rules[0]}, {"here": Channel("here", "console")}, routes)
        self.pipeline, self.keeper = lines.pipeline(visitor, readers, self.ledger, None, self.clock, orders)
        self.stored(lambda store: store.outlets.sync([self.outlet], self.clock.now()))

    async def resolve(self, host):
        return ["93.184.216.34"]

    async def dial(self, address, port, timeout):
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", self.origin.port, timeout=timeout)

    def stored(self, work):
        return self.ledger.submit(work).result()

    def publish(self, entries: Sequence[dict[str, str]], head: str = "") -> None:
        """List these, and publish the pages of those that have none yet."""
        self.origin.routes["/feed.xml"] = answer(200, feed(entries, head), {"Content-Type": "application/rss+xml"})
        for entry in entries:
            if entry["path"] not in self.origin.routes:
                self.show(entry["path"], page(entry))

    def show(self, path: str, body: bytes) -> None:
        """Publish a page."""
        self.origin.routes[path] = answer(200, body, {"Content-Type": "text/html; charset=utf-8"})

    async def poll(self, *, after: float = 86_400.0, read: bool = True):
        """Let `after` seconds pass, do what is due, and read what is to be read; return what the poll did."""
        self.clock.forward(after)
        due = self.stored(lambda store: store.outlets.lease_due(self.clock.now(), limit=9, lease=60.0))
        (source,) = due
        done = await self.pipeline.poll(source)
        if read:
            for link in done.links:
                await self.pipeline.read(link)
            await self.read_due()
        return done

    async def read_due(self):
        """Read what is due, and return it."""
        due = self.stored(lambda store: store.links.lease_due(self.clock.now(), limit=999, lease=60.0))
        for link in due:
            await self.pipeline.read(link)
        return due

    def alerts(self):
        """Return the alerts there are, oldest first."""
        return self.stored(lambda store: store.alerts.rows(Filter(limit=999)))[::-1]

    def events(self, kind=""):
        """Return the details of the events of a kind, oldest first."""
        return [event.detail for event in self.stored(lambda store: store.upkeep.events(kind=kind, limit=999))][::-1]

    def hits(self):
        """Return the hits there are, oldest first."""
        return self.stored(lambda store: store.hits.rows(Filter(limit=999)))[::-1]

    def articles(self):
        """Return the articles there are, oldest first."""
        return self.stored(lambda store: store.articles.rows(Filter(limit=9999)))[::-1]

    def asked(self, path):
        """Return how often a page was asked for."""
        return self.origin.paths().count(path)

    def waiting(self):
        """Return how many links wait for a later poll."""
        again = self.stored(lambda store: store.links.take_up(1, self.clock.now(), limit=9999, abroad=9999, lease=60.0))
        return len([link for link in again if link.state is LinkState.NEW])

    async def aclose(self):
        await self.client.aclose()
        self.ledger.close()
