"""What the pipeline asks of the store, by noun; named from ports.py. All datetimes are aware UTC."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, tzinfo
from typing import Protocol, TypeVar

from monitor.model import Article, Hit, Link, Memory, Outlet, Standing
from monitor.ports_alerts import Alerts, Digests, Marks, Outbox, Silences, Spikes
from monitor.ports_cluster import Shared
from monitor.ports_health import Health
from monitor.ports_keeping import Keeping
from monitor.ports_stories import Stories
from monitor.sought import Sought
from monitor.views import (
    ArticleRow,
    By,
    DueSource,
    EventRow,
    Filter,
    Had,
    HitKey,
    HitRow,
    Kept,
    LinkOutcome,
    Moved,
    OutletRow,
    Overdue,
    Pass,
    PollOutcome,
    RobotsFile,
    Saved,
    StoredArticle,
    Totals,
    Version,
)
from monitor.views_service import Daemon, Queues

T = TypeVar("T")


class Outlets(Protocol):
    """Outlets, their sources, when each is due, and what hosts asked of us."""

    def sync(self, outlets: Sequence[Outlet], now: datetime) -> None:
        """Make the stored set the configured one. New sources are due now; those gone are kept, inactive."""
        ...

    def lease_due(self, now: datetime, *, limit: int, lease: float) -> list[DueSource]:
        """Take sources due by `now`, earliest first, and push each `lease` seconds ahead: a killed process
        loses a lease, not an interval.
        """
        ...

    def overdue(self, now: datetime) -> list[Overdue]:
        """List sources due by `now` that nobody holds."""
        ...

    def put_off(self, times: Sequence[tuple[int, datetime]]) -> None:
        """Set when sources (by id) are due that nobody holds."""
        ...

    def record(self, outcome: PollOutcome) -> None:
        """Write how a poll ended; a success ends the source's baseline. Empty etag, last_modified and
        body_hash of a failed poll leave the stored ones alone.
        """
        ...

    def hold_host(self, host: str, until: datetime) -> None:
        """Remember that a host asked for a pause (Retry-After); a shorter one never replaces a longer."""
        ...

    def held_hosts(self, now: datetime) -> dict[str, datetime]:
        """Return the pauses still running."""
        ...

    def robots(self, origin: str) -> RobotsFile | None:
        """Return the stored robots.txt of an origin ("https://host:port")."""
        ...

    def put_robots(self, robots: RobotsFile) -> None:
        """Store or replace it."""
        ...

    def forget_hosts(self, now: datetime, before: datetime, after: int, *, limit: int) -> int:
        """Forget the pauses that are over, and of the next `limit` robots.txt above `after` those fetched before then;
        return up to which one was looked, 0 at the end.
        """
        ...

    def memory(self, outlet_id: str) -> Memory:
        """Return what the outlet's pages taught; an empty one where it is not known."""
        ...

    def learn(self, outlet_id: str, change: Callable[[Memory], Memory]) -> None:
        """Replace it by what `change` makes of it; nothing is written where that is the same."""
        ...

    def rows(self, outlet_ids: Collection[str] | None = None, *, counted: bool = True) -> list[OutletRow]:
        """List the active sources, of these outlets or of all, by outlet id; `counted`: with how many articles."""
        ...

    def volume(self, outlet_ids: Collection[str], moments: Sequence[datetime]) -> Mapping[str, tuple[int, ...]]:
        """Count their articles read from each of these moments, oldest first, to the next; to the hour it lies in."""
        ...


class LinksTable(Protocol):
    """Links: each known once within an outlet by canonical URL, and by guid and title within its source."""

    def known(self, links: Sequence[Link], source_id: int) -> list[Had | None]:
        """Return of each link of one outlet what is known: itself by canonical URL, or by guid and title within the
        source; else another one of the outlet with its title, or of the source with its guid.
        """
        ...

    def add(self, links: Sequence[Link], source_id: int, now: datetime, *, lease: float) -> list[Link]:
        """Keep those not known yet, first_seen = now, with the standing and state they have. The `new` ones come back
        leased, with ids.
        """
        ...

    def take_up(self, source_id: int, now: datetime, *, limit: int, abroad: int, lease: float) -> list[Link]:
        """Make `waiting` links of a source `new`, and return them leased, the longest waiting first: `limit` at most,
        `abroad` of them at most on hosts that are not the outlet's.
        """
        ...

    def move(self, moved: Sequence[Moved], now: datetime) -> None:
        """Note the ids and dates that known links have now; those to be read again are due now."""
        ...

    def get(self, link_id: int) -> Link | None:
        """Return one."""
        ...

    def lease_due(self, now: datetime, *, limit: int, lease: float) -> list[Link]:
        """Take `new`, `partial` and `again` links due by `now`, oldest first, pushed `lease` seconds ahead."""
        ...

    def give_back(self, link_ids: Sequence[int], at: datetime) -> None:
        """End these leases: the links are due then, for whoever has room."""
        ...

    def finish(self, outcome: LinkOutcome) -> None:
        """Write how reading ended."""
        ...


class Articles(Protocol):
    """Articles by id in fetch order; known within an outlet by canonical URL, and by their text where it is long enough
    and the title or the date is the same too.
    """

    def save(
        self,
        article: Article,
        *,
        fetched_at: datetime,
        standing: Standing,
        known_id: int = 0,
        listed_as: str = "",
        kept: Kept | None = None,
    ) -> Saved:
        """Insert, or complete and revise the one there (by `known_id`, else outlet and canonical URL). A
        changed title or text adds a revision that keeps the old one; the same content changes nothing. A
        feed text never replaces a full one. The standing of an article that is there stays.

        `listed_as`: the canonical URL that its feed gave. It counts where the page's own names quite another article
        that is known: some templates call a section front the canonical URL of all they print.

        `kept`: what is stored and indexed of the text; by the whole it is known again. None: all of it.
        """
        ...

    def get(self, article_id: int) -> StoredArticle | None:
        """Return one with its text."""
        ...

    def row(self, article_id: int) -> ArticleRow | None:
        """Return one without its text."""
        ...

    def find(self, url: str) -> StoredArticle | None:
        """Return the newest known by this URL or canonical URL."""
        ...

    def rows(self, wanted: Filter) -> list[ArticleRow]:
        """List, newest first (by id)."""
        ...

    def many(self, article_ids: Sequence[int]) -> dict[int, StoredArticle]:
        """Return these with their texts, by id, in one look; those that are not there are left out."""
        ...

    def count(self, wanted: Filter) -> int:
        """Count, whatever the limit."""
        ...

    def sift(self, sought: Sought | None, wanted: Filter) -> Iterator[int]:
        """Yield the ids of articles that full text says hold what is sought, newest first, whatever the limit."""
        ...

    def scores(self, sought: Sought, article_ids: Sequence[int]) -> dict[int, float]:
        """Return how much articles, ids from high to low, are about what is sought: the lower, the more. Only those
        close enough to the first are ranked.
        """
        ...

    def versions(self, article_id: int) -> list[Version]:
        """Return all that an article said, oldest first; the last is what it says now."""
        ...


class Hits(Protocol):
    """Hits: one a rule and article."""

    def add(self, hits: Sequence[Hit]) -> list[Hit]:
        """Insert those whose rule did not hit that article yet; return them with ids."""
        ...

    def settle(
        self, article_id: int, held: Collection[str], asked: Collection[str], revision: int, now: datetime
    ) -> list[Hit]:
        """Note which hits of an article its newest revision bears out (`held`: the rules that hold on it), and since
        when those of the other rules that were `asked` are gone; return those that are newly gone.
        """
        ...

    def of(self, article_id: int) -> list[Hit]:
        """Return the hits of an article, oldest first, those that are gone too."""
        ...

    def get(self, hit_id: int) -> HitRow | None:
        """Return one."""
        ...

    def rows(self, wanted: Filter) -> list[HitRow]:
        """List, newest first (by id)."""
        ...

    def many(self, hit_ids: Sequence[int]) -> dict[int, HitRow]:
        """Return these, by id."""
        ...

    def sift(self, sought: Sought | None, wanted: Filter) -> Iterator[tuple[int, int]]:
        """Yield the ids of hits, and of their articles, that full text says hold what is sought, newest first,
        whatever the limit.
        """
        ...

    def about(self, sought: Sought | None, wanted: Filter) -> Iterator[tuple[int, int]]:
        """Yield the same, roughly those of the newest articles first, whichever way is fastest."""
        ...

    def keys(self, hit_ids: Sequence[int]) -> list[HitKey]:
        """Return what these hits are counted by."""
        ...

    def per_day(self, wanted: Filter, zone: tzinfo) -> dict[str, int]:
        """Count hits by day (YYYY-MM-DD) in a zone; days without hits are left out."""
        ...

    def tally(self, by: By, wanted: Filter) -> dict[str, int]:
        """Count hits by what they have in common, but the day; "" for a language that is not known."""
        ...


class Upkeep(Protocol):
    """Events, passes, totals."""

    def event(self, event: EventRow) -> None:
        """Note something for the operator."""
        ...

    def events(self, *, kind: str = "", outlet: str = "", limit: int = 50) -> list[EventRow]:
        """List, newest first; of one kind, of one outlet."""
        ...

    def forget_events(self, before: datetime, *, limit: int) -> int:
        """Take out those from before a time, the newest of each kind apart, so many at most; return how many."""
        ...

    def record_pass(self, done: Pass) -> None:
        """Write the newest pass (the HEALTHCHECK asks its age)."""
        ...

    def introduce(self, daemon: Daemon) -> None:
        """Write what the process is that works on the database; who did before is forgotten."""
        ...

    def daemon(self) -> Daemon | None:
        """Return the last that introduced itself."""
        ...

    def queues(self, now: datetime) -> Queues:
        """Count what waits."""
        ...

    def totals(self) -> Totals:
        """Count."""
        ...

    def began(self) -> datetime | None:
        """Return when the oldest article that is still there was read; None: there is none."""
        ...

    def rules_since(self, versions: Mapping[str, str], now: datetime) -> dict[str, datetime]:
        """Note the rules that are in force, by id their version, all others being out of it; return since when each
        has been in force in this version without a break.
        """
        ...

    def use_zone(self, name: str) -> bool:
        """Count days in this IANA zone from now on; return whether it was another one before."""
        ...

    def shift(self, by: timedelta, now: datetime) -> int:
        """Move all that is due, as the wall clock was set `by` at `now` (before it was); return how many rows. What is
        meant by the wall clock stays: digests, silences, what is held for quiet hours.
        """
        ...

    def reclaim(self, now: datetime, once: Collection[str] = ()) -> int:
        """Give back what a dead process had leased: outbox rows pending again (unknown on the channels `once`), links
        and sources due now. Called once under the daemon's lock; returns how many rows.
        """
        ...


class Store(Shared, Protocol):
    """The database. Not thread-safe: one thread a store. Outside `transaction`, reads only.

    Raises StoreError (BusyError where waiting helps, DamagedError where it does not).
    """

    @property
    def outlets(self) -> Outlets: ...
    @property
    def links(self) -> LinksTable: ...
    @property
    def articles(self) -> Articles: ...
    @property
    def hits(self) -> Hits: ...
    @property
    def stories(self) -> Stories: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def silences(self) -> Silences: ...
    @property
    def spikes(self) -> Spikes: ...
    @property
    def marks(self) -> Marks: ...
    @property
    def health(self) -> Health: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def keeping(self) -> Keeping: ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing, written through when it ends; nested ones are savepoints."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...
