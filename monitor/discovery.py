"""From a home page to what can be watched: every place that may list its articles is asked, politely, and ranked.

A visit obeys robots.txt, keeps the gap of its host and takes its turn there, as the daemon's do (fetch/visit.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.errors import Reason
from monitor.fetch import robots
from monitor.fetch.visit import Refusal, Visitor
from monitor.model import Candidate, Candidates, Failure, Link, Links, Outlet, Page
from monitor.outlets import discover as places
from monitor.outlets.discover import Tier
from monitor.outlets.kinds import KINDS
from monitor.parse import urls
from monitor.ports import Ledger, Readers
from monitor.views import DueSource, RobotsFile

# Visits; the robots.txt of each origin comes on top. A site with nothing costs all of them.
MAX_VISITS = 18
ENOUGH = 3
# Feeds that nobody keeps any more answer for years.
STALE = timedelta(days=60)
# So much of the shorter list in the other makes them one: an Atom beside an RSS, a section's feed in the outlet's.
SAME = 0.8
_LEAST_LISTED = 5
_MAX_DIRECTORIES = 2
# There is no site, or it wants to be left alone: nothing further is asked.
_NO_SITE = {
    Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.PROTOCOL, Reason.BAD_URL, Reason.BLOCKED_ADDRESS,
    Reason.RATE_LIMITED, Reason.ROBOTS_UNREACHABLE, Reason.SERVER_ERROR,
}  # fmt: skip
_ORDER = {"feed": 0, "sitemap": 1, "listing": 2}
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A candidate and what it holds now. `titled`, `dated`: shares of its entries. `same_as`: a better one that lists
    the same. `reason`: why it could not be read. `verdict`: all this in words; `good`: it can be watched. `listed`: its
    entries.
    """

    url: str
    kind: str
    why: str = ""
    title: str = ""
    entries: int = 0
    newest: datetime | None = None
    titled: float = 0.0
    dated: float = 0.0
    same_as: str = ""
    good: bool = False
    verdict: str = ""
    reason: Reason | None = None
    detail: str = ""
    tier: Tier = Tier.DECLARED
    listed: tuple[Link, ...] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a site has to watch, the best first. `url`: its home page. `reason`: why that could not be read, which says
    nothing about `found`. `visits`: requests but for robots.txt.
    """

    url: str
    title: str = ""
    language: str | None = None
    found: tuple[Found, ...] = ()
    visits: int = 0
    reason: Reason | None = None
    detail: str = ""

    @property
    def best(self) -> Found | None:
        """What should be watched; None where nothing can be."""
        return self.found[0] if self.found and self.found[0].good else None


async def discover(
    visitor: Visitor, readers: Readers, ledger: Ledger, url: str, *, private: bool = False, told: Told | None = None
) -> Discovery:
    """Ask a site what it has to watch. `url` may lack its scheme, and may be a feed. `private`: its own host and port
    may stand in our network. `told` is called with each address before it is asked. Never raises for what a site does.
    """
    whole = "://" in url
    for address in (url,) if whole else (f"https://{url}", f"http://{url}"):
        outlet = Outlet("new", homepage=address, private=private)
        search = _Search(visitor, readers, ledger, outlet, told or (lambda _: None))
        found = await search.run(address)
        if whole or not (found.reason in {Reason.CONNECT, Reason.TIMEOUT} or _is_tls(found.reason)):
            break
    return found


class _Search:
    """One discovery: what was asked, and what it held."""

    def __init__(self, visitor: Visitor, readers: Readers, ledger: Ledger, outlet: Outlet, told: Told) -> None:
        self._visitor, self._readers, self._ledger = visitor, readers, ledger
        self._outlet, self._told = outlet, told
        self._visits = self._directories = 0
        self._tried: set[str] = set()
        self._found: list[Found] = []
        self._held: dict[str, frozenset[str]] = {}
        self._queue: deque[tuple[Tier, Candidate]] = deque()
        self._over = False

    async def run(self, url: str) -> Discovery:
        page = await self._visit(url)
        if isinstance(page, Refusal):
            said: Candidates | Failure | Refusal = page
        else:
            said = await self._readers.candidates(page)
        home = page.url if isinstance(page, Page) and isinstance(said, Candidates) else url
        if isinstance(said, Candidates) and said.kind in KINDS and isinstance(page, Page):
            await self._keep(page, Candidate(page.url, said.kind, said.title, "the address itself"), Tier.DECLARED)
            home = urls.absolute(home, "/") or home
        elif not (isinstance(said, Refusal) and (said.reason in _NO_SITE or _is_tls(said.reason))):
            self._tried |= {urls.canonical(url), urls.canonical(home)}
            await self._look(home, said.found if isinstance(said, Candidates) else ())
            if isinstance(page, Page) and isinstance(said, Candidates) and not self._good():
                await self._keep(page, Candidate(home, "listing", said.title, "the page itself"), Tier.GUESSED)
        ranked = tuple(rank(self._found, self._held))
        if isinstance(said, Candidates):
            return Discovery(home, said.title, said.language, ranked, self._visits)
        return Discovery(home, "", None, ranked, self._visits, said.reason, said.detail)

    async def _look(self, home: str, named: Iterable[Candidate]) -> None:
        """Try candidates until enough is known: what the page names, what robots.txt does, what may be there."""
        by_tier = sorted(((places.tier(one, home), one) for one in named), key=lambda pair: pair[0])
        aside = [pair for pair in by_tier if pair[0] is Tier.ASIDE]
        await self._try_all(pair for pair in by_tier if pair[0] is not Tier.ASIDE)
        if not self._done():
            await self._try_all((Tier.ROBOTS, one) for one in await self._sitemaps(home))
        await self._try_all((Tier.GUESSED, one) for one in places.well_known(home))
        await self._try_all(aside)

    async def _try_all(self, pairs: Iterable[tuple[Tier, Candidate]]) -> None:
        self._queue.extend(pairs)
        while self._queue:
            tier, candidate = self._queue.popleft()
            if self._worth(tier, candidate):
                await self._try(tier, candidate)

    def _good(self) -> int:
        return sum(one.good for one in self._found)

    def _done(self) -> bool:
        return self._over or self._visits >= MAX_VISITS or self._good() >= ENOUGH

    def _worth(self, tier: Tier, candidate: Candidate) -> bool:
        """Say whether a candidate may still tell something new. Beside a good one only a sitemap of news does."""
        if self._done() or candidate.kind not in KINDS or urls.canonical(candidate.url) in self._tried:
            return False
        return not self._good() or tier < Tier.ROBOTS or (tier is Tier.ROBOTS and places.of_news(candidate.url))

    async def _sitemaps(self, home: str) -> tuple[Candidate, ...]:
        """Return what the robots.txt of the home page's origin names."""
        file = await self._robots(home)
        if file is None:  # the home page was reached from another origin
            await self._visit(robots.url_for(home))
            file = await self._robots(home)
        if file is None or not file.body:
            return ()
        # The store keeps no headers: a packed file is known by its first bytes.
        packing = {b"\x1f\x8b": "gzip", b"\x78\x9c": "deflate"}.get(file.body[:2], "")
        place = robots.url_for(home)
        headers = {"content-type": "text/plain", "content-encoding": packing}
        said = await self._readers.candidates(Page(place, place, 200, headers, file.body, file.fetched_at))
        return said.found if isinstance(said, Candidates) else ()

    async def _robots(self, home: str) -> RobotsFile | None:
        origin = urls.origin(home)
        return await asyncio.wrap_future(self._ledger.submit(lambda store: store.outlets.robots(origin)))

    async def _visit(self, url: str) -> Page | Refusal:
        self._visits += 1
        self._told(url)
        found = await self._visitor.get(url, self._outlet)
        if isinstance(found, Refusal) and found.reason in {Reason.RATE_LIMITED, Reason.ROBOTS_UNREACHABLE}:
            self._over = True
        return found

    async def _try(self, tier: Tier, candidate: Candidate) -> None:
        self._tried.add(urls.canonical(candidate.url))
        page = await self._visit(candidate.url)
        if isinstance(page, Refusal):
            self._note(candidate, tier, Failure(page.reason, page.detail))
            return
        final = urls.canonical(page.url)
        if final != urls.canonical(candidate.url):
            if final in self._tried:
                self._found.append(Found(candidate.url, candidate.kind, candidate.why, same_as=page.url, tier=tier))
                return
            self._tried.add(final)
            # Where a site sends its readers to its own other address, that one lasts; a service may be changed.
            if places.same_site(page.url, candidate.url):
                candidate = replace(candidate, url=page.url)
        await self._keep(page, candidate, tier)

    async def _keep(self, page: Page, candidate: Candidate, tier: Tier) -> None:
        """Read a candidate's answer as its kind, or as what it turns out to be, and keep what it holds."""
        links = await self._links(page, candidate.kind)
        if isinstance(links, Failure):
            said = await self._readers.candidates(page)
            if isinstance(said, Candidates) and said.kind in KINDS and said.kind != candidate.kind:
                candidate = replace(candidate, kind=said.kind)
                links = await self._links(page, said.kind)
            elif isinstance(said, Candidates) and tier < Tier.ROBOTS and self._directories < _MAX_DIRECTORIES:
                # A page about the outlet's feeds; before anything else that waits.
                self._directories += 1
                more = [replace(one, why=f"named by {page.url}") for one in said.found]
                self._queue.extendleft((places.tier(one, page.url), one) for one in reversed(more))
        if isinstance(links, Failure):
            self._note(candidate, tier, links)
            return
        if not links.links and links.sitemaps and self._visits < MAX_VISITS:
            # What an index holds is what the newest of its sitemaps does.
            child = await self._visit(links.sitemaps[0])
            inner = await self._links(child, candidate.kind) if isinstance(child, Page) else None
            links = replace(inner, title=links.title) if isinstance(inner, Links) else links
        self._held[candidate.url] = frozenset(link.canonical for link in links.links)
        self._found.append(judged(candidate, links, tier, page.fetched_at))

    async def _links(self, page: Page, kind: str) -> Links | Failure:
        return await self._readers.links(page, DueSource(0, self._outlet.id, page.url, kind, page.fetched_at))

    def _note(self, candidate: Candidate, tier: Tier, why: Failure) -> None:
        verdict = f"{why.reason}: {why.detail}" if why.detail else str(why.reason)
        self._found.append(
            Found(candidate.url, candidate.kind, candidate.why, candidate.title, verdict=verdict, reason=why.reason,
                  detail=why.detail, tier=tier)
        )  # fmt: skip


def _is_tls(reason: Reason | None) -> bool:
    return reason is not None and reason.startswith("tls")


def judged(candidate: Candidate, links: Links, tier: Tier, now: datetime) -> Found:
    """Return what a candidate holds, and whether it can be watched. Sitemaps of pages have no titles, and need none."""
    every = links.links
    dates = [date for link in every if (date := link.published or link.updated)]
    newest = max(dates, default=None)
    titled = sum(bool(link.title) for link in every) / max(len(every), 1)
    if not every:
        verdict = "lists nothing now"
    elif newest and now - newest > STALE:
        verdict = f"nothing new since {newest:%Y-%m-%d}"
    elif tier is Tier.ASIDE:
        verdict = "comments, or the feed of one article"
    elif candidate.kind == "feed" and titled < 0.5:
        verdict = "most entries have no title"
    elif candidate.kind == "listing" and len(every) < _LEAST_LISTED:
        verdict = "too few links to articles"
    else:
        verdict = ""
    return Found(
        candidate.url, candidate.kind, candidate.why, candidate.title or links.title, len(every), newest, titled,
        len(dates) / max(len(every), 1), good=not verdict, verdict=verdict or "good", tier=tier,
        listed=every,
    )  # fmt: skip


def rank(found: Iterable[Found], held: dict[str, frozenset[str]]) -> list[Found]:
    """Return candidates the best first. Of those of one kind that list the same, the one that says more is kept."""
    kept: list[Found] = []
    rest: list[Found] = []
    for one in sorted(found, key=_place):
        twin = next((k for k in kept if one.good and k.kind == one.kind and _same(held[k.url], held[one.url])), None)
        if twin is None:
            (kept if one.good else rest).append(one)
        elif _says(one) > _says(twin):
            kept[kept.index(twin)] = one
            rest.append(twin)
        else:
            rest.append(one)
    return [*kept, *sorted((_told_of(one, kept, held) for one in rest), key=_place)]


def _told_of(one: Found, kept: Iterable[Found], held: dict[str, frozenset[str]]) -> Found:
    better = one.same_as
    if one.good:
        better = next((k.url for k in kept if k.kind == one.kind and _same(held[k.url], held[one.url])), "")
    return replace(one, same_as=better, good=False, verdict=f"the same as {better}") if better else one


def _place(one: Found) -> tuple[bool, bool, int, int]:
    """Return what candidates are sorted by; of equals the first that was tried stays first."""
    return not one.good, one.reason is not None, _ORDER.get(one.kind, 9), one.tier


def _says(one: Found) -> tuple[bool, bool, int]:
    return one.dated >= SAME, one.titled >= SAME, one.entries


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME * min(len(one), len(other)) > 0
