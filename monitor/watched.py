"""The records of what is watched and what it lists: the line up to the page. Named from model.py; see there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Source:
    """One place where an outlet lists its articles. `kind` names a row of outlets/kinds.py. `links`: the CSS selector
    of a listing page's links; "" for the automatic choice.
    """

    url: str
    kind: str = "feed"
    links: str = ""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie of a subscription, as a Netscape file has it. `domain` without a leading dot; `subdomains`: it counts
    for those too. `expires`: Unix time; None: none.
    """

    name: str
    value: str = field(repr=False)
    domain: str = ""
    subdomains: bool = False
    path: str = "/"
    secure: bool = False
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Selectors:
    """Where an outlet's pages keep what, as CSS selectors; "" where nothing is said."""

    body: str = ""
    title: str = ""
    date: str = ""
    drop: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many seconds articles stay: those without hits, and those with; None: for good."""

    articles: float | None = None
    hits: float | None = None


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publication that is watched. `every`: seconds between two polls of one source; None: as it publishes.
    `private`: its own host and port may be dialled although the address is private. `alert_baseline`: what it lists at
    the first poll is alerted. `ignore_robots`: the reason why robots.txt is not asked; empty: it is asked.
    `headers` and `cookies`: of a subscription, secrets, sent to its own origins alone. `keep`: for how long its
    articles stay. `keep_text`: how much of their text: full, sentences (those that hits quote) or none.
    """

    id: str
    name: str = ""
    homepage: str = ""
    sources: tuple[Source, ...] = ()
    language: str | None = None
    every: float | None = None
    private: bool = False
    alert_baseline: bool = False
    ignore_robots: str = ""
    tags: tuple[str, ...] = ()
    selectors: Selectors = Selectors()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    keep: Keep = Keep()
    keep_text: str = "full"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed, as text without markup; dates aware UTC or None."""

    url: str
    title: str = ""
    published: datetime | None = None
    guid: str = ""
    summary: str = ""
    author: str = ""
    content: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed, sitemap or listing page, entries in the order of the file. `ttl` in seconds, as the feed asks.
    `quiet`: hours of the week in which it asks not to be polled, 0 to 167 from Monday 00:00 UTC. `sitemaps`: those
    that a sitemap index names, the newest first.
    """

    entries: tuple[Entry, ...] = ()
    title: str = ""
    language: str | None = None
    url: str = ""
    ttl: float | None = None
    dropped: int = 0
    """Entries left out: no usable link and no guid, or past the cap."""
    quiet: tuple[int, ...] = ()
    sitemaps: tuple[str, ...] = ()


class LinkState(StrEnum):
    """`waiting`: for a later poll to take it up · `new`: to read · `partial`: only its entry · `read` · `again`: read,
    and will be once more · `listed`: of a baseline, unread · `failed`: given up · `gone`: its article was taken out of
    the archive, and it is read no more.
    """

    WAITING = "waiting"
    NEW = "new"
    PARTIAL = "partial"
    READ = "read"
    AGAIN = "again"
    LISTED = "listed"
    FAILED = "failed"
    GONE = "gone"


class Standing(StrEnum):
    """Whether a hit may alert; only `live` and `late` do."""

    LIVE = "live"
    LATE = "late"
    BASELINE = "baseline"
    BACKFILL = "backfill"
    SHADOW = "shadow"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True)
class Link:
    """An article that a source listed. `source` is the source's URL; `canonical` the key it is known by. Of `guid` the
    store keeps a digest: what it returns has none.
    """

    outlet: str
    source: str
    url: str
    canonical: str = ""
    guid: str = ""
    title: str = ""
    summary: str = ""
    published: datetime | None = None
    first_seen: datetime | None = None
    state: LinkState = LinkState.NEW
    author: str = ""
    content: str = ""
    standing: Standing = Standing.LIVE
    id: int = 0
    attempts: int = 0
    article_id: int = 0
    """The article already made from this link; 0: none yet."""
    updated: datetime | None = None
    rereads: int = 0
    """How often its page was read again after the first time."""
    etag: str = ""
    last_modified: str = ""
    title_key: int = 0
    """By what its title is known again; 0: by nothing. See parse/digest.py."""
    abroad: bool = False
    """Its host is not one of the outlet's."""
    repeats: int = 0
    """The link whose title or guid this one has, though it is another; 0: none."""
    missing: bool = False
    """Its page was not found when it was last read again."""


@dataclass(frozen=True, slots=True)
class Links:
    """What one source held: links in its own order, newest first where it says so. `titles`: digests of theirs."""

    links: tuple[Link, ...] = ()
    title: str = ""
    language: str | None = None
    ttl: float | None = None
    dropped: int = 0
    titles: tuple[int, ...] = ()
    quiet: tuple[int, ...] = ()
    sitemaps: tuple[str, ...] = ()
    same: int = 0
    """Items that were there at the last poll, byte for byte; they are not among the links."""
    seen: bytes = b""
    """What to know them by at the next one; see outlets/thin.py."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A source that a page names, or may have. `why`: how it was found, in words for people."""

    url: str
    kind: str = "feed"
    title: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a page that may be a home page says of its outlet. `kind`: it is a source of that kind itself; "": it is a
    page. `found`: in the order in which they should be tried.
    """

    kind: str = ""
    title: str = ""
    language: str | None = None
    found: tuple[Candidate, ...] = ()
