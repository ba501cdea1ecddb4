"""Ingest as the daemon's writer does it, in processes that may be killed.

`python -m tests.ingest` forks one for each line "RUN UPTO DATABASE" of its input. That prints the number of its
process, "ready" when it begins and "done" at its end. A line "gone" waits for it and prints how it ended. Imports cost
as much as all the rest of a kill.

Articles are numbers; what is read of a number is the same in every run. RUN: how often it was started, which sets the
clock. UPTO 0: go on until killed; else until that many are read, every fourth a second time.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import traceback
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from monitor.configured import Orders
from monitor.errors import SendReason
from monitor.intake import Item, take_article
from monitor.model import (
    Article,
    Block,
    Channel,
    Delivery,
    Evidence,
    Hit,
    Link,
    Memory,
    Message,
    Outlet,
    Reading,
    Role,
    Route,
    Rule,
    Source,
    Traits,
)
from monitor.parse import digest
from monitor.placing import Placement, PlacementReason
from monitor.ports import Store
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from monitor.store.tables import SqlStore
from monitor.story.fingerprint import fingerprint
from monitor.views_alerts import Post
from tests import engines

BATCH = 150
START = datetime(2026, 11, 24, 23, 55, tzinfo=UTC)
OUTLETS = tuple(Outlet(name, sources=(Source(f"https://{name}.example/feed"),)) for name in ("courier", "gazette"))
RULES = ("nato", "ice", "late")
ORDERS = Orders(
    {one.id: one for one in OUTLETS},
    {name: Rule(name, name) for name in RULES},
    {"here": Channel("here", "console")},
    (Route("all", ("here",)),),
)
WORDS = "harbour crane quay ferry rope anchor gull tide mast buoy wharf lantern compass sail hull deck".split()


def twice(number: int) -> bool:
    """Say whether an article is changed later."""
    return number % 4 == 0


def rules_of(number: int, revision: int) -> set[str]:
    """Return the rules that hit this article in this revision or an earlier one."""
    found = {"nato"} if number % 2 == 0 else set()
    return found | ({"ice"} if number % 6 == 0 else set()) | ({"late"} if revision > 1 else set())


def url_of(number: int) -> str:
    return f"https://{OUTLETS[number % 2].id}.example/{number}"


def number_of(url: str) -> int:
    return int(url.rpartition("/")[2])


def link_of(number: int) -> Link:
    outlet, url = OUTLETS[number % 2], url_of(number)
    return Link(outlet.id, outlet.sources[0].url, url, url, guid=f"g{number}", title=f"Item {number}")


def reading_of(number: int, revision: int) -> Reading:
    dice = random.Random(number)
    texts = [" ".join(dice.choices(WORDS, k=32)) + f" w{number}x{part}." for part in range(5)]
    texts += [f"Later w{number} froze."] if revision > 1 else []
    article = Article(
        url_of(number), f"Item {number}", ("en", "de", None)[number % 3], tuple(Block(Role.BODY, text) for text in texts),
        url_of(number), outlet=OUTLETS[number % 2].id, standfirst=f"Stand {number}",
    )  # fmt: skip
    evidence = (Evidence("it", "body", (0, 3), block=0, quote=texts[0]),)
    hits = tuple(Hit(rule, evidence, "v1") for rule in sorted(rules_of(number, revision)))
    gain = Memory(((number, number + 1),), (number,))
    return Reading(article, hits, Traits(fingerprint(article.title, article.body)), gain=gain)


def place(number: int, reading: Reading, now: datetime) -> Placement:
    """Put five neighbours into one story."""
    mark = digest.mark(reading.article.outlet, reading.article.canonical_url)
    return Placement(f"{number // 5:016x}", PlacementReason.SAME_EVENT, mark, "", 0.5, now, reading.traits)


def enrol(store: Store, now: datetime) -> list[int]:
    """Return the sources' ids, in the order of OUTLETS."""
    store.outlets.sync(OUTLETS, now)
    return [row.id for row in sorted(store.outlets.lease_due(now, limit=9, lease=60.0), key=lambda row: row.outlet_id)]


def read(store: Store, link: Link, revision: int, now: datetime) -> None:
    """Write what reading this link gave; what was written before is not written twice."""
    number = number_of(link.url)
    reading = reading_of(number, revision if twice(number) else 1)
    take_article(store, ORDERS, Item(link, reading, retry=True, placement=place(number, reading, now)), now)


def again(store: Store, link_id: int, now: datetime) -> None:
    link = store.links.get(link_id)
    assert link is not None
    read(store, link, 2, now)


def finish(store: Store, number: int, source: int, now: datetime) -> None:
    """Read an article the second time where a kill came between."""
    (had,) = store.links.known([link_of(number)], source)
    assert had is not None
    again(store, had.id, now)


def tell(store: Store, now: datetime) -> None:
    """Tell what is due, and send half of what was told."""
    for one in store.alerts.due(now, limit=500):
        name = f"{one.alert.id}-{one.alert.revision}"
        post = Post("all", "here", Message(name, "Title", "text"), ((one.alert.id, one.alert.revision),))
        store.alerts.tell([one.alert], [post], (), now)
    for row in store.outbox.lease(now, owner="me", lease=60.0, limit=20):
        store.outbox.mark(row, Delivery(sent=True, reason=SendReason.OK), now, retry_at=None)


def train(store: Store, now: datetime) -> None:
    for language in store.bodies.untrained():
        store.bodies.train(language, now)


def opened(path: Path, *, narrow: bool) -> SqlStore:
    """Open the store; a narrow one keeps 20 pages in memory, so that kills meet transactions that are half in the file."""
    store = engines.opened(path)
    if narrow and isinstance(store, SqliteStore):
        store._connection.execute("PRAGMA cache_size = 20")
    return store


def ingest(path: Path, run: int, upto: int) -> None:
    clock = (START + timedelta(seconds=62 * run + second) for second in count())
    ledger = StoreLedger(lambda: opened(path, narrow=run % 2 == 1))
    now = next(clock)
    sources = ledger.submit(lambda store: enrol(store, now)).result()
    print("ready", flush=True)
    listed = 0
    while True:
        now = next(clock)
        more = range(listed, min(listed + BATCH, upto or sys.maxsize))
        listed = more.stop

        def batch(store: Store, now=now, more=more) -> list[Link]:
            for side, source in enumerate(sources):
                store.links.add([link_of(number) for number in more if number % 2 == side], source, now, lease=0.0)
            return store.links.lease_due(now, limit=BATCH, lease=60.0)

        links = ledger.submit(batch).result()
        done = []
        for link in links:
            done.append(
                ledger.submit(lambda store, link=link, now=now: read(store, link, 1 + bool(link.article_id), now))
            )
            if twice(number_of(link.url)):
                done.append(ledger.submit(lambda store, link=link, now=now: again(store, link.id, now)))
        done.append(ledger.submit(lambda store, now=now: tell(store, now)))
        done.append(ledger.submit(lambda store, now=now: train(store, now)))
        if upto:
            for future in done:
                future.result()
        if upto and not more and not links:
            break
    for number in range(0, upto, 4):
        ledger.submit(lambda store, number=number: finish(store, number, sources[number % 2], now)).result()
    ledger.close()


def serve() -> None:
    child = 0
    for line in sys.stdin:
        if line == "gone\n":
            child = 0
            # Until it is waited for, its number is nobody else's.
            print("gone", os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
            continue
        run, upto, path = line.rstrip("\n").split(" ", 2)
        if child := os.fork():
            continue
        try:
            # Said by itself, so that it stands before all else that it says.
            print(os.getpid(), flush=True)
            ingest(Path(path), int(run), int(upto))
            print("done", flush=True)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    serve()
