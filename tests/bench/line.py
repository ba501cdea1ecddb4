"""The line on real input: the article the product was asked for with, and sixty pages of the press.

Nothing of the data is written into the repository: pages are served from memory, dates are rewritten in the copy.
"""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from tests.newsroom import Newsroom
from tests.receivers import HttpReceiver, SmtpReceiver
from tests.web import Web, article

OLDER = article(
    "What the coalition of the willing wants",
    "The coalition of the willing met three times this summer, and each time the harbour was on the list of things.",
    "What its members want is simple enough: berths for six ships, storage for fuel, and a road that lorries can use.",
)
_DATE = re.compile(r"\b20\d\d-\d\d-\d\d(?=T\d)")


def main(data: Path) -> None:
    for check in (seed, baseline_alert, sixty):
        with tempfile.TemporaryDirectory() as folder:
            check(data, Path(folder))


def _seed_page(data: Path) -> bytes:
    text = (data / "seed" / "article.html").read_text("utf-8")
    return _DATE.sub(datetime.now(UTC).strftime("%Y-%m-%d"), text).encode()


def _once(room: Newsroom) -> dict:
    time.sleep(0.15)
    return room.rows("run", "--once")[0]


def _room(folder: Path, mail: SmtpReceiver, hook: HttpReceiver, **outlets: str) -> Newsroom:
    room = Newsroom(folder)
    room.outlets(**outlets)
    room.channels(
        mail=f"mailto://127.0.0.1:{mail.port}?from=monitor@example.org&to=desk@example.org",
        chat=f"json://127.0.0.1:{hook.port}/hook",
    )
    return room


def seed(data: Path, folder: Path) -> None:
    """A baseline, then the article: one hit a rule, none for the teaser's Belgorod, one mail, one post, once."""
    with Web() as web, SmtpReceiver() as mail, HttpReceiver() as hook:
        room = _room(folder, mail, hook, press=web.url)
        web.pages["/older.html"] = OLDER
        web.feed([("/older.html", "What the coalition wants")])
        first = _once(room)
        early = len(mail.messages) + len(hook.posts)
        web.pages["/article.html"] = _seed_page(data)
        web.feed([("/article.html", "NATO can play a key role"), ("/older.html", "What the coalition wants")])
        second = _once(room)
        after = (len(mail.messages), len(hook.posts))
        third = _once(room)
        rules = Counter(row["rule"] for row in room.rows("hits") if row["standing"] == "live")
        print(f"seed: baseline {first['baseline_articles']} stored, {first['held']} would have hit, {early} messages")
        print(f"seed: second run: hits {dict(rules)}, mails and posts {after}")
        print(f"seed: third run: {third['hits']} hits, {third['sent']} messages")
        assert (first["baseline_articles"], first["held"], early) == (1, 1, 0)
        assert rules == {"coalition": 1, "nato": 1}
        assert second["sent"] == 2
        assert after == (1, 1)
        assert (third["hits"], third["sent"]) == (0, 0)


def baseline_alert(data: Path, folder: Path) -> None:
    """`baseline: alert` on a new database: the first run alerts."""
    with Web() as web, SmtpReceiver() as mail, HttpReceiver() as hook:
        room = _room(folder, mail, hook, press=f"{web.url} baseline")
        web.pages["/article.html"] = _seed_page(data)
        web.feed([("/article.html", "NATO can play a key role")])
        done = _once(room)
        print(f"baseline: alert: {done['hits']} hits, mails and posts {len(mail.messages), len(hook.posts)}")
        assert done["hits"] == 2
        assert (len(mail.messages), len(hook.posts)) == (1, 1)


def sixty(data: Path, folder: Path) -> None:
    """Sixty pages as three outlets: each becomes an article or a named reason; none stops the pass."""
    pages = sorted((data / "extract" / "pages").glob("*.html.gz"))
    pages = pages[:: max(1, len(pages) // 60)][:60]
    with Web() as one, Web() as two, Web() as three, SmtpReceiver() as mail, HttpReceiver() as hook:
        webs = (one, two, three)
        room = _room(folder, mail, hook, one=one.url, two=two.url, three=three.url)
        for web in webs:
            web.feed([])
        _once(room)
        for index, web in enumerate(webs):
            mine = pages[index::3]
            for page in mine:
                web.pages[f"/{page.name}.html"] = gzip.decompress(page.read_bytes())
            web.feed([(f"/{page.name}.html", f"Page {page.name}") for page in mine])
        started = time.monotonic()
        done = _once(room)
        took = time.monotonic() - started - 0.15
        rows = room.rows("articles", "--limit", "200")
        kinds = Counter(row["text"] if row["text"] == "full" else f"feed: {row['reason']}" for row in rows)
        print(f"sixty: {len(rows)} articles, {done['unread']} unread, {took:.1f} s: {dict(kinds)}")
        assert len(rows) == 60
        assert all(row["text"] == "full" or row["reason"] for row in rows)
