"""What the pipeline asks of the world: one Protocol a door, with its contract in words.

All datetimes are aware UTC. Nothing here assumes one process, local files or SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from monitor.model import (
    Candidates,
    Channel,
    Cookie,
    Delivery,
    Failure,
    Link,
    Links,
    Memory,
    Message,
    Outlet,
    Page,
    Reading,
)
from monitor.ports_store import Store as Store
from monitor.views import DueSource, RobotsVerdict

T = TypeVar("T")


class Ledger(Protocol):
    """The one writer. Every piece of work is a transaction of its own, in the order it was handed in."""

    def submit(self, work: Callable[[Store], T], *, patient: bool = False) -> Future[T]:
        """Run `work` in the writer's thread inside a transaction; done after the commit. What it raises is
        the future's, rolls back its own writes and no other's. `patient`: it may wait a moment for more to share its
        commit with.
        """
        ...

    def look(self, work: Callable[[Store], T]) -> Future[T]:
        """Run `work`, which only reads, in the writer's thread. It sees what is committed, and may run before what was
        handed in earlier is.
        """
        ...

    def waiting(self) -> int:
        """Return how many pieces of work are queued, from whatever thread."""
        ...

    def hasten(self) -> None:
        """Wait no more than a few seconds for a database that is away: this process ends."""
        ...

    def close(self) -> None:
        """Finish what was handed in, then close."""
        ...


class Clock(Protocol):
    """Time, so that tests and simulations can hand in their own."""

    def now(self) -> datetime:
        """Return the wall clock."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never step."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; 0 or less yields once."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """A GET. `private_origin`: "host:port" that may be dialled although its address is private, else empty. `ports`:
    what may be dialled beside 80 and 443, on every hop. `headers` and `cookies` are secrets for the origin of `url`;
    a redirect to another origin loses them, but for its own upgrade to https.
    `follow`: go where redirects lead; otherwise a redirect is the answer, without its body.
    """

    url: str
    etag: str = ""
    last_modified: str = ""
    private_origin: str = ""
    deadline: float = 30.0
    max_bytes: int = 5_000_000
    ports: frozenset[int] = frozenset()
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[Cookie, ...] = field(default=(), repr=False)
    follow: bool = True


class Fetcher(Protocol):
    """GET over HTTP(S). Never inflates, decodes or parses a body."""

    async def get(self, request: Request) -> Page:
        """Return the final answer, whatever its status (304 and 4xx are answers).

        Raises FetchError (and nothing else, cancellation apart) where there is none. Bytes on the wire are
        capped by `max_bytes`, the whole visit with its redirects by `deadline` seconds.
        """
        ...

    async def aclose(self) -> None:
        """Close every connection."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST was answered. `text`: how its body begins, decoded, "" for a packed one; `retry_after`: seconds."""

    status: int
    text: str = ""
    retry_after: float | None = None


class Poster(Protocol):
    """POST over HTTP(S), for channels."""

    async def post(
        self, url: str, body: bytes, headers: Sequence[tuple[str, str]], *, deadline: float, private: bool = False
    ) -> Answer:
        """Send once, over a connection of its own, and return the answer whatever its status; a redirect is one.

        `url` may have any port that other protocols do not own; `private`: its address may be private, never one of
        cloud metadata. `deadline`: seconds until the answer's head. Raises FetchError (and nothing else, cancellation
        apart), whose `sent` says whether the body may have arrived.
        """
        ...


class Readers(Protocol):
    """The reader processes. No call raises for anything a page does: a dead reader is a Failure."""

    async def links(self, page: Page, source: DueSource) -> Links | Failure:
        """Parse a feed (or another list) into links, canonical URLs included."""
        ...

    async def candidates(self, page: Page) -> Candidates | Failure:
        """Say what a page names as sources: a home page its feeds, a robots.txt its sitemaps; or that it is one itself.
        A wall in the place of a home page (consent, login, challenge, an error) is a Failure.
        """
        ...

    async def article(self, page: Page, link: Link, outlet: Outlet, memory: Memory | None = None) -> Reading | Failure:
        """Make a page an article and match it. A page without an article is read from `link`, with the
        reason. The outlet's language is used where the page names none, its selectors where they match.
        `memory`: what its other pages taught; the reading says what this one adds.
        """
        ...

    async def entry(self, link: Link, failure: Failure, language: str | None) -> Reading | Failure:
        """Make the article from the feed entry alone: text="feed", with the failure's reason."""
        ...

    async def canonical(self, page: Page, url: str) -> str | Failure:
        """Return the canonical URL of a page that answered for `url` and names itself so; "" where it names another
        or none. The two may differ in scheme and in what only names a form of the site ("www.").
        """
        ...

    async def robots(self, body: bytes, urls: Sequence[str], agent: str) -> RobotsVerdict | Failure:
        """Say for each URL whether this robots.txt lets `agent` (a product token) fetch it, and its Crawl-delay."""
        ...

    async def aclose(self) -> None:
        """End every reader; none is left behind."""
        ...


class Notifier(Protocol):
    """Sends one message to one channel. Never raises: how it ended is the Delivery."""

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Send once, without retries of its own; blocks no loop."""
        ...
