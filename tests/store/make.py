"""Small records for the store's tests, and small works for its ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from monitor.model import Alert, Article, Block, Evidence, Hit, Link, Message, Outlet, Role, Source, Standing, Traits
from monitor.ports import Store
from monitor.store.ledger import StoreLedger
from monitor.views import EventRow, Placement, PlacementReason
from monitor.views_alerts import Post

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
FEED = "https://courier.example/feed"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def note(kind: str) -> Callable[[Store], str]:
    """Return work for a ledger: it writes an event and returns its kind."""

    def work(store: Store) -> str:
        store.upkeep.event(EventRow(kind, NOW))
        return kind

    return work


def held(ledger: StoreLedger) -> threading.Event:
    """Keep the writer in a transaction of its own until the event is set, so that what follows is one group."""
    go, there = threading.Event(), threading.Event()

    def work(_: Store) -> None:
        there.set()
        assert go.wait(30)

    ledger.submit(work)
    assert there.wait(30)
    return go


def outlet(name: str = "courier", *feeds: str) -> Outlet:
    return Outlet(name, name.title(), sources=tuple(Source(url) for url in feeds or (FEED,)))


def link(number: int, **fields) -> Link:
    url = f"https://courier.example/{number}"
    return Link(**{"outlet": "courier", "source": FEED, "url": url, "canonical": url, "guid": f"id-{number}", **fields})


def article(number: int = 1, **fields) -> Article:
    url = f"https://courier.example/{number}"
    blocks = (Block(Role.BODY, "The harbour froze."), Block(Role.CAPTION, "Ice."))
    return Article(**{"url": url, "title": f"Ice {number}", "language": "en", "blocks": blocks, "outlet": "courier",
                      "canonical_url": url, **fields})  # fmt: skip


def hit(article_id: int, rule: str = "ice", **fields) -> Hit:
    evidence = Evidence("ice", "body", (4, 11), block=0, sentence=(0, 18), surface="harbour", quote="The harbour froze.",
                        mark=(4, 11))  # fmt: skip
    return Hit(**{"rule_id": rule, "evidence": (evidence,), "article_id": article_id, "revision": 1, "found_at": NOW,
                  "rule_version": "v1", "story_id": "s1", **fields})  # fmt: skip


def message(number: str = "m1") -> Message:
    return Message(number, "Ice", "text", "*text*", "<p>text</p>")


def enrolled(store: Store) -> int:
    """Sync one outlet; return its source's id, leased."""
    with store.transaction():
        store.outlets.sync([outlet()], NOW)
        return store.outlets.lease_due(NOW, limit=10, lease=60)[0].id


def save(store: Store, item: Article, *, at: datetime = NOW, known: int = 0, standing: Standing = Standing.LIVE):
    with store.transaction():
        return store.articles.save(item, fetched_at=at, standing=standing, known_id=known)


def hits_on(store: Store, number: int, rules: tuple[str, ...] = ("ice",), story: str = "s1", **fields) -> list[Hit]:
    """Save article `number`, place it in `story`, and add a hit for each rule."""
    saved = save(store, article(number, outlet=fields.pop("outlet", "courier")), at=fields.get("found_at", NOW))
    with store.transaction():
        store.stories.place(
            Placement(story, PlacementReason.NEW, f"mark{number}", at=NOW, traits=Traits((1, 2))), saved.article_id, NOW
        )
        return store.hits.add([hit(saved.article_id, rule, story_id=story, **fields) for rule in rules])


def opened(store: Store, hit_id: int, *, due: datetime = NOW, route: str = "desk", rule: str = "ice"):
    with store.transaction():
        return store.alerts.open(Alert(route, rule, "s1", due), hit_id, NOW)


def tell(store: Store, alerts, messages, now: datetime = NOW) -> None:
    """Tell alerts by messages, (channel, message) each, within a transaction."""
    told = tuple((one.id, one.revision) for one in alerts)
    posts = [Post(alerts[0].route, channel, message, told) for channel, message in messages]
    store.alerts.tell(alerts, posts, (), now)
