"""What the store hands out and takes in besides the records of model.py: due work, outcomes, rows to list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.errors import Reason
from monitor.model import Article, Block, Hit, LinkState, Standing
from monitor.placing import Member as Member
from monitor.placing import Move as Move
from monitor.placing import Placement as Placement
from monitor.placing import PlacementReason as PlacementReason


@dataclass(frozen=True, slots=True)
class DueSource:
    """A source leased for one poll, with what the last answer left for a conditional request."""

    id: int
    outlet_id: str
    url: str
    kind: str
    due_at: datetime
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    failures: int = 0
    baseline: bool = False
    """This source has not been read yet: what it lists now is the baseline."""
    outlet_ok_at: datetime | None = None
    """When a source of the outlet was last read; None: the whole outlet is new."""
    links: str = ""
    """CSS selector of a listing's links."""
    rhythm: bytes = b""
    """How much it published by hour of week; see outlets/cadence.py."""
    pace: float = 1.0
    """What the interval is multiplied by, learnt from links that were found late or not at all."""
    trouble: float = 0.0
    """Failures in a row, each by its weight."""
    last_ok_at: datetime | None = None
    """When this source was last read."""
    rewritten_at: datetime | None = None
    """When it was last told that its list repeats its past."""
    seen: bytes = b""
    """What its last list held; see outlets/thin.py."""
    news_at: datetime | None = None
    """When it last brought something new."""
    quiet: float = 0.0
    """Its longest silence of the last weeks, in articles that are usual in such a time; see outlets/silence.py."""
    spells: float = 0.0
    """How many silences are known, old ones faded."""
    back_at: datetime | None = None
    """When it was read again after it had failed: a silence begins there at the earliest."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A source that is due. `polled_at`: when it was last asked; None: never."""

    id: int
    due_at: datetime
    polled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """How a poll ended. `reason` None: the source answered, changed or not."""

    source_id: int
    polled_at: datetime
    next_check_at: datetime
    reason: Reason | None = None
    detail: str = ""
    failures: int = 0
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    listed: int | None = None
    """Entries in the list; None where it was not parsed (unchanged, failed)."""
    rhythm: bytes = b""
    """Empty: as it was."""
    pace: float = 1.0
    trouble: float = 0.0
    plan: str = ""
    """Why it is asked next when it is, for people."""
    rewritten: bool = False
    """It was told that its list repeats its past."""
    seen: bytes | None = None
    """What its list held; None: as before."""
    news_at: datetime | None = None
    """It brought something new; None: nothing."""
    quiet: float | None = None
    spells: float | None = None
    moved: str = ""
    """Where it is redirected to for good."""


@dataclass(frozen=True, slots=True)
class Had:
    """What an outlet had of a listed link. `same`: this very link; else another one with its title, or with its guid
    in the same source. `renamed`: it had another guid.
    """

    id: int
    same: bool
    renamed: bool = False
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A known link as its source gives it now. `reread`: its page is to be read again."""

    id: int
    guid: str
    published: datetime | None
    updated: datetime | None
    reread: bool = False


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """How reading a link ended. `next_at`: when to try again, for `new`, `partial` and `again`."""

    link_id: int
    state: LinkState
    attempts: int
    reason: Reason | None = None
    detail: str = ""
    article_id: int = 0
    next_at: datetime | None = None
    rereads: int = 0
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving an article did. `created` no and `changed` no: the same article was there."""

    article_id: int
    revision: int
    created: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """An origin's robots.txt as last fetched. `status` 0: it could not be fetched."""

    origin: str
    status: int
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class RobotsVerdict:
    """What a robots.txt says to one robot: which of the URLs asked it may fetch, and its Crawl-delay in seconds."""

    allowed: tuple[bool, ...]
    delay: float | None = None


@dataclass(frozen=True, slots=True)
class OutletRow:
    """One source of one outlet, for listing and for `42 of 43 outlets read`."""

    outlet_id: str
    name: str
    url: str
    kind: str
    last_polled_at: datetime | None
    last_ok_at: datetime | None
    next_check_at: datetime
    failures: int
    reason: Reason | None
    detail: str
    articles: int
    baselined: bool = False
    plan: str = ""
    """Why it is asked next when it is."""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article in a listing."""

    id: int
    outlet_id: str
    url: str
    title: str
    language: str | None
    published: datetime | None
    fetched_at: datetime
    text: str
    reason: Reason | None
    standing: Standing
    story_id: str
    hits: int


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article with its text, as the archive holds it. `article` is its newest revision."""

    row: ArticleRow
    article: Article
    revision: int
    sketch: tuple[int, ...] | None = None
    """By what its text is known again where not all of it is kept; see Outlet.keep_text. None: all is."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is stored of a text in place of all of it: some blocks, and by what it is known again."""

    blocks: tuple[Block, ...]
    sketch: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """What an article said. `until`: when the next version was read; None: it is what the article says now."""

    revision: int
    until: datetime | None
    title: str
    standfirst: str
    blocks: tuple[Block, ...]
    text: str


@dataclass(frozen=True, slots=True)
class HitRow:
    """A hit with what a reader of it needs to know of its article."""

    hit: Hit
    article: ArticleRow


class By(StrEnum):
    """What hits are counted by."""

    DAY = "day"
    OUTLET = "outlet"
    RULE = "rule"
    STORY = "story"
    LANG = "lang"


@dataclass(frozen=True, slots=True)
class HitKey:
    """What a hit is counted by."""

    rule_id: str
    outlet_id: str
    story_id: str
    language: str | None
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    """An article in its story. `copy_of`: the article whose text it has, cut or extended; 0: none that is known.
    `wire`: the agency it names.
    """

    article: ArticleRow
    reason: PlacementReason
    copy_of: int = 0
    similarity: float = 0.0
    wire: str = ""


@dataclass(frozen=True, slots=True)
class StoryRow:
    """A story in a listing. `title`: its first article's; `last_hit`: the id of its newest hit, found `last_hit_at`."""

    id: str
    title: str
    outlets: int
    articles: int
    hits: int
    opened_at: datetime
    last_hit_at: datetime
    last_hit: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list, newest first. `before`: only ids below it, for the next page. None: no bound."""

    rule: str | None = None
    outlet: str | None = None
    story: str | None = None
    language: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50
    standing: str | None = None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something the operator should be able to look up: `kind` is a short stable word."""

    kind: str
    at: datetime
    outlet_id: str = ""
    article_id: int = 0
    reason: str = ""
    detail: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """One tick of the daemon or one `run --once`, in numbers."""

    started_at: datetime
    finished_at: datetime
    polled: int = 0
    failed: int = 0
    links: int = 0
    articles: int = 0
    hits: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts for `status`: what stands in the database and what is waiting."""

    outlets: int
    outlets_read: int
    outlets_failing: int
    articles: int
    hits: int
    links_waiting: int
    links_failed: int
    alerts_open: int
    outbox_waiting: int
    outbox_dead: int
    last_pass: Pass | None


@dataclass(frozen=True, slots=True)
class Aged:
    """An article that may have to go. `hit_at`: its newest hit; `awaited`: something of it has still to be told."""

    id: int
    outlet_id: str
    fetched_at: datetime
    hit_at: datetime | None
    awaited: bool
