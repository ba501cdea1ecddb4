"""The records that travel down the line. Frozen, aware UTC datetimes, tuples; no behaviour beyond joining text.

Fields without a default are what a record cannot do without; every other field may be left out.
Names and meanings here are relied on by the database and by other programs: add, do not rename. What is watched and
what it lists stands in watched.py, who is told in routing.py; both are named from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.errors import AlertReason, Reason, SendReason
from monitor.headers import Headers
from monitor.placing import Traits as Traits
from monitor.routing import Limit as Limit
from monitor.routing import Quiet as Quiet
from monitor.routing import Route as Route
from monitor.routing import Silence as Silence
from monitor.routing import Updates as Updates
from monitor.watched import Candidate as Candidate
from monitor.watched import Candidates as Candidates
from monitor.watched import Cookie as Cookie
from monitor.watched import Entry as Entry
from monitor.watched import Feed as Feed
from monitor.watched import Keep as Keep
from monitor.watched import Link as Link
from monitor.watched import Links as Links
from monitor.watched import LinkState as LinkState
from monitor.watched import Outlet as Outlet
from monitor.watched import Selectors as Selectors
from monitor.watched import Source as Source
from monitor.watched import Standing as Standing


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it came: `body` is still packed where a content-encoding header says so."""

    url: str
    requested_url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    moved: str = ""
    """Where it was redirected to for good; "" where a redirect was for a time, or there was none."""

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no result. Travels as a value, so that one page never stops the rest."""

    reason: Reason
    detail: str = ""


class Role(StrEnum):
    """What a block is on its page; `OWN_ROLES` are the article's own words."""

    BODY = "body"
    HEADING = "heading"
    LIST = "list"
    TABLE = "table"
    QUOTE = "quote"
    CAPTION = "caption"
    TEASER = "teaser"
    NOTE = "note"


OWN_ROLES = frozenset({Role.BODY, Role.HEADING, Role.LIST, Role.TABLE, Role.QUOTE})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list, table or caption, its white space folded. `at`: the time of its live blog entry."""

    role: Role
    text: str
    at: datetime | None = None


class TextKind(StrEnum):
    """Where an article's words come from: its page, its feed entry, or a listing page."""

    FULL = "full"
    FEED = "feed"
    LISTING = "listing"


@dataclass(frozen=True, slots=True)
class Article:
    """An article as read. `language`: lower-case primary subtag ("en") or None. `reason`: why it was not read whole."""

    url: str
    title: str
    language: str | None
    blocks: tuple[Block, ...]
    canonical_url: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    section: str = ""
    outlet: str = ""
    wire: str = ""
    paywalled: bool | None = None
    standfirst: str = ""
    live: bool = False
    text: TextKind = TextKind.FULL
    reason: Reason | None = None
    content_hash: str = ""
    detail: str = ""

    @property
    def body(self) -> str:
        """The article's own blocks in order, joined by a blank line."""
        # A list: `join` makes one of what it is given, and a generator costs half as much again.
        return "\n\n".join([block.text for block in self.blocks if block.role in OWN_ROLES])


@dataclass(frozen=True, slots=True)
class Name:
    """One name of an entity. `exact`: only in this case. No `languages`: holds in all. `only_with`: only in an article
    that has one of these terms. `fold_accents`: the text may lack accents, or have others. `of`: the name that this
    one was made from by inflection or transliteration.
    """

    text: str
    exact: bool = False
    languages: tuple[str, ...] = ()
    not_at_sentence_start: bool = False
    only_with: tuple[str, ...] = ()
    fold_accents: bool = False
    inflect: bool = False
    transliterate: bool = False
    of: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody or something with names, used in a query as `@id`. `unless_near`: a name does not count where one of
    these terms stands within ten words of it, or over it.
    """

    id: str
    names: tuple[Name, ...]
    label: str = ""
    unless_near: tuple[str, ...] = ()
    wikidata: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A query under a stable id. `languages`: it holds only in articles of these; empty: in all. `mode`: live, shadow
    (hits are kept, never told) or off; `until`: when it ends. `budget`: messages a day, what is over goes to the
    digest. `spike`: it tells only when there is so many times more than usual; 0: of every story.
    """

    id: str
    query: str
    name: str = ""
    tags: tuple[str, ...] = ()
    severity: str = "normal"
    mode: str = "live"
    until: datetime | None = None
    budget: int | None = None
    languages: tuple[str, ...] = ()
    version: str = ""
    spike: float = 0.0


Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place that made a rule hit. Spans are half-open, in code points of the text they stand in:
    that of the block, or of the field where `block` is None (title, standfirst).
    """

    clause: str
    field: str
    span: Span
    block: int | None = None
    sentence: Span = (0, 0)
    surface: str = ""
    """The words as they stand in the text."""
    entity: str = ""
    name: str = ""
    """The entity's name that was seen; `surface` may be a form of it."""
    quote: str = ""
    """The sentence as it stands in the text; `mark` is the span within it."""
    mark: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that held on an article, with at least one piece of evidence."""

    rule_id: str
    evidence: tuple[Evidence, ...]
    rule_version: str = ""
    id: int = 0
    article_id: int = 0
    revision: int = 0
    found_at: datetime | None = None
    standing: Standing = Standing.LIVE
    story_id: str = ""
    gone_at: datetime | None = None
    """Since when the article no longer says it."""
    gone_revision: int = 0
    """Its first revision without it."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What an outlet's pages taught of one another, as digests of 64 bits, oldest first. `articles`: of each its
    URL's, then those of its own blocks; `titles`: of known articles. What one page adds is a Memory too.
    """

    articles: tuple[tuple[int, ...], ...] = ()
    titles: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a reader process makes of one page. `claim`: the address on
    another site that the page names as its own, not believed yet; "" for none.
    """

    article: Article
    hits: tuple[Hit, ...] = ()
    traits: Traits = field(default_factory=Traits)
    rules_version: str = ""
    gain: Memory = Memory()
    claim: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """Where messages go. `url` and `options` (what the kind needs besides, by the names of its keys in alerts.yaml) are
    secrets for every kind but the console: never shown, never logged.
    """

    id: str
    kind: str = "apprise"
    url: str = field(default="", repr=False)
    options: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, repr=False)
    once: bool = False
    """At most once: what may have arrived is not sent again."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is to be told about one story under one rule on one route; unique by these three."""

    route: str
    rule_id: str
    story_id: str
    due_at: datetime
    reason: AlertReason = AlertReason.FIRST
    id: int = 0
    revision: int = 0
    state: str = "open"
    hold: str = ""
    """The reason why it waits although it was due."""


class Kind(StrEnum):
    """What a message is."""

    ALERT = "alert"
    """The first of a story."""
    UPDATE = "update"
    """What is new in a story that was told."""
    DIGEST = "digest"
    NOTICE = "notice"
    """How outlets fare."""
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered alert. `id` is stable over retries and travels as X-Monitor-Id. `thread`: the same for all messages of
    a story, "" for none. `payload`: the message as JSON (notify/payload.py), "" where it was written before 0006.
    """

    id: str
    title: str
    text: str
    markdown: str = ""
    html: str = ""
    kind: Kind = Kind.ALERT
    thread: str = ""
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one attempt to send a message ended. `retry`: the same bytes may be sent again. `retry_after`: seconds that
    the receiver asked for. `reason` AMBIGUOUS: it may have arrived.
    """

    sent: bool
    reason: SendReason
    detail: str = ""
    retry: bool = True
    retry_after: float | None = None
