"""Feeds beside feedparser and fastfeedparser: do they read the same, and what does it cost."""

from __future__ import annotations

import importlib
import io
import re
import warnings
from calendar import timegm
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.errors import ReadError
from monitor.model import Page
from monitor.outlets import feed
from monitor.parse import html, urls
from monitor.reading import Reader
from monitor.views import DueSource
from tests.bench._feed_samples import samples
from tests.bench._match_data import best, over

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BASE = "http://127.0.0.1:8097/tests/feed.xml"
_COUNTED = ("entries", "title", "link", "date", "feed title")
_HEADER = re.compile(rb"^Header:\s+([^:\n]+):(.+)$", re.MULTILINE)


@dataclass
class Agreement:
    """Counts over a folder: how many there are of each, and how many agree. `others`: (file, field, theirs, ours)."""

    total: Counter[str] = field(default_factory=Counter)
    agreed: Counter[str] = field(default_factory=Counter)
    others: list[tuple[str, str, object, object]] = field(default_factory=list)

    def add(self, what: str, name: str, theirs: object, ours: object, *, same: bool) -> None:
        self.total[what] += 1
        self.agreed[what] += same
        if not same:
            self.others.append((name, what, theirs, ours))


def page_of(body: bytes) -> Page:
    """Return a test feed as its server would send it: the headers stand in a comment within it."""
    sent = {
        name.decode("latin-1").strip().lower(): value.decode("latin-1").strip()
        for name, value in _HEADER.findall(body[:2_000])
    }
    base = urls.absolute(BASE, sent.get("content-location", "")) or BASE
    return Page(base, base, 200, {"content-type": sent.get("content-type", "application/xml")}, body, NOW)


def agreement(corpus: Path) -> dict[str, Agreement]:
    """Compare every file of a corpus, by the folder that it stands in."""
    found: dict[str, Agreement] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(corpus.rglob("*")):
            if path.is_file() and path.suffix in {".xml", ".rss", ".rdf", ".atom"}:
                folder = path.parent.relative_to(corpus).as_posix()
                _compare(path, found.setdefault(folder, Agreement()))
    return found


def _compare(path: Path, tally: Agreement) -> None:
    import feedparser

    page = page_of(path.read_bytes())
    headers = {"content-type": page.headers["content-type"], "content-location": page.url}
    try:
        parsed = feedparser.parse(io.BytesIO(page.body), response_headers=headers)
    except Exception as error:
        tally.total[f"feedparser raises {type(error).__name__}"] += 1
        return
    theirs = parsed.entries
    try:
        found = feed.parse(page)
        ours = list(found.items)
    except ReadError as error:
        tally.total["refused"] += 1
        if theirs:
            tally.add("entries", path.name, len(theirs), str(error), same=False)
        return
    except Exception as error:
        tally.add("no exception", path.name, "", repr(error), same=False)
        return
    tally.total["files"] += 1
    if text := dict.get(parsed.feed, "title"):
        mine = html.plain(found.about.get("title", ""))
        tally.add("feed title", path.name, text, mine, same=mine in {html.plain(text), html.fold_space(text)})
    if theirs or ours:
        tally.add("entries", path.name, len(theirs), len(ours), same=len(theirs) == len(ours))
    if len(theirs) != len(ours):
        return
    for their, (base, fields) in zip(theirs, ours, strict=True):
        for what, one, other in _pairs(their, base, fields, page.url):
            tally.add(what, path.name, sorted(map(str, one)), str(other), same=other in one)


def _pairs(their: Any, base: str, fields: dict[str, str], url: str) -> Iterator[tuple[str, set[object], object]]:
    """Yield what feedparser has, in the ways in which it may be read, and what we have."""
    if text := dict.get(their, "title"):
        # feedparser gives markup or text, and says which only for Atom.
        yield "title", {html.plain(text), html.fold_space(text)}, feed.title(fields)
    if link := dict.get(their, "link"):
        yield "link", {urls.absolute(url, link) or "no URL"}, feed.link(base, fields) or "no URL"
    moments = {name: dict.get(their, f"{name}_parsed") for name in ("published", "updated", "created")}
    given = [
        datetime.fromtimestamp(timegm(moment), UTC) for moment in moments.values() if moment and 0 < moment[0] < 9999
    ]
    if given:
        ours = feed.published(fields, NOW)
        yield "date", set(given), ours and ours.replace(microsecond=0)


def show_agreement(corpus: Path, *, verbose: bool) -> None:
    """Print a table by folder and in all, and what disagrees."""
    found = agreement(corpus)
    together = Agreement()
    for folder, tally in found.items():
        together.total += tally.total
        together.agreed += tally.agreed
        together.others += [(f"{folder}/{name}", *rest) for name, *rest in tally.others]
        print(f"{folder:28} {_line(tally)}")
    print(f"{'all':28} {_line(together)}")
    for what, share in ((what, _share(together, what)) for what in _COUNTED):
        print(f"{what}: {share:.1%}")
    for name, what, theirs, ours in together.others if verbose else ():
        print(f"  {name}: {what}: feedparser {str(theirs)[:200]}, ours {str(ours)[:200]!r}")


def _share(tally: Agreement, what: str) -> float:
    return tally.agreed[what] / tally.total[what] if tally.total[what] else 1.0


def _line(tally: Agreement) -> str:
    counts = [f"{what} {tally.agreed[what]}/{tally.total[what]}" for what in _COUNTED if tally.total[what]]
    rest = [f"{count} {what}" for what, count in tally.total.items() if what not in _COUNTED]
    return ", ".join(counts + rest)


def installed(names: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the peers that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(name)
        except ImportError as error:
            print(f"{name}: not installed, not compared ({error})")
    return found


def show_speed(peers: dict[str, Any]) -> None:
    """Print what a feed costs, ours as a reader reads it and as links, and how many times that of ours the peers take."""
    reader, source = Reader([], []), DueSource(1, "o", BASE, "feed", NOW)
    for kind, bodies in samples().items():
        pages = [Page(BASE, BASE, 200, {"content-type": "application/xml"}, body, NOW) for body in bodies]
        runs = {
            "ours": over(feed.read, pages),
            "ours as links": over(lambda page: reader.links(page, source), pages),
            **{name: over(run, bodies) for name, run in _runs(peers).items()},
        }
        least = dict(zip(runs, best(list(runs.values()), rounds=5), strict=True))
        cells = [
            f"{name} {spent / len(bodies) * 1e3:.2f} ms ({spent / least['ours']:.1f} x)"
            for name, spent in least.items()
        ]
        print(f"{kind}, {len(bodies[0]) / 1_000:.0f} kB: {', '.join(cells)}")


def _runs(peers: dict[str, Any]) -> dict[str, Any]:
    runs: dict[str, Any] = {}
    if parser := peers.get("feedparser"):
        runs["feedparser"] = lambda body: parser.parse(io.BytesIO(body))
        runs["feedparser without cleaning"] = lambda body: parser.parse(
            io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False
        )
    if fast := peers.get("fastfeedparser"):
        runs["fastfeedparser"] = fast.parse
    return runs
