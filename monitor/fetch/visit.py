"""A visit as a good guest makes it: robots.txt, one host at a time, gaps and pauses, then the answer judged."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

from monitor.errors import FetchError, Reason
from monitor.fetch import guard, policy, robots, subscription
from monitor.fetch.gate import Gate
from monitor.fetch.trail import PERMANENT, Trail, target
from monitor.fetch.turn import Turn
from monitor.fetch.turns import Alone, Turns
from monitor.model import Failure, Outlet, Page
from monitor.parse import urls
from monitor.ports import Clock, Fetcher, Ledger, Readers, Request, Store
from monitor.views import RobotsFile

T = TypeVar("T")
_Key = tuple[str, str]

# A visit waits this long for its host; a longer pause is the answer, so that no worker sleeps through it.
MAX_WAIT = 30.0
# robots.txt held in memory: 1,000 origins of at most 16 kB. Of longer ones only that the store has them.
_ORIGINS = 1_000
_KEPT_BYTES = 16_384
# Addresses of sources that a robots.txt lets us ask, each with the time until which: 15 MB for 100,000.
_LET = 250_000
# A host without any answer is asked again after a minute, one whose answer is of no use after an hour; one with an
# outdated robots.txt goes by that for an hour.
_SILENT = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no page. `retry`: it may be there later. `retry_after`: seconds the host is to be left alone."""

    reason: Reason
    detail: str = ""
    retry: bool = True
    retry_after: float | None = None

    @classmethod
    def of(cls, error: FetchError) -> Refusal:
        """Return what an error says."""
        return cls(error.reason, error.detail, error.retry, error.retry_after)

    def error(self) -> FetchError:
        """Return it as one that can be raised."""
        return FetchError(self.reason, self.detail, retry=self.retry, retry_after=self.retry_after)


@dataclass(frozen=True, slots=True)
class _Known:
    """An origin's robots.txt until then: the file, why it could not be had, or neither where the store has it."""

    until: datetime
    file: RobotsFile | None = None
    refusal: Refusal | None = None


def private_origin(outlet: Outlet, url: str) -> str:
    """Return "host:port" of `url` where it is the private outlet's own, else "": what may be dialled privately."""
    if not outlet.private:
        return ""
    mine = _host_port(url)
    return mine if mine in {_host_port(place) for place in _places(outlet)} else ""


def excused(outlet: Outlet, url: str) -> bool:
    """Say whether the operator's word not to ask robots.txt covers `url`: on the hosts the outlet is watched on."""
    if not outlet.ignore_robots:
        return False
    if outlet.private:
        return bool(private_origin(outlet, url))
    return _site(url) in {_site(place) for place in _places(outlet)} - {""}


def _places(outlet: Outlet) -> tuple[str, ...]:
    return (outlet.homepage, *(source.url for source in outlet.sources))


def _site(url: str) -> str:
    return urls.host(url).removeprefix("www.")


def addressed(base: Request, outlet: Outlet, url: str) -> Request:
    """Return `base` as a request for `url`, with what the outlet allows there: its ports, its private origin, and its
    subscription on origins of its own.
    """
    ours = subscription.own(outlet, url)
    return replace(
        base,
        url=url,
        private_origin=private_origin(outlet, url),
        ports=subscription.ports(outlet),
        headers=outlet.headers if ours else (),
        cookies=outlet.cookies if ours else (),
    )


def _host_port(url: str) -> str:
    return urls.origin(url).split("://", 1)[-1]


def _gate_key(request: Request) -> str:
    # Private outlets often share an address and differ by port; they are separate services.
    return request.private_origin or urls.host(request.url)


class Visitor:
    """Fetches for the pipeline. `agent` is the User-Agent; its product token is what robots.txt is asked about.

    `deadline` (seconds) bounds a visit with its redirects, `max_bytes` each answer.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        readers: Readers,
        ledger: Ledger,
        clock: Clock,
        gate: Gate,
        agent: str,
        *,
        deadline: float = 30.0,
        max_bytes: int = 5_000_000,
    ) -> None:
        self._fetcher = fetcher
        self.turns: Turns = Alone()
        """Of those that ask hosts beside this process."""
        self._readers = readers
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self.adjust(agent, deadline, max_bytes)
        # Weak: a lock lives as long as somebody holds or awaits it.
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self._let: dict[int, float] = {}

    def adjust(self, agent: str, deadline: float, max_bytes: int, gap: float | None = None) -> None:
        """Set what is asked with from now on. `gap`: seconds between two visits to a host; None: as it is."""
        self._product = policy.product(agent)
        self._request = Request("", deadline=deadline, max_bytes=max_bytes, follow=False)
        if gap is not None:
            self._gate.usual = gap

    def restore(self, held: Mapping[str, datetime], now: datetime) -> None:
        """Take over the pauses that hosts asked for before a restart."""
        for host, until in held.items():
            self._gate.hold(host, self._clock.monotonic() + (until - now).total_seconds())

    def shift(self, by: timedelta) -> None:
        """Keep robots.txt as old as it is when the wall clock was set. Pauses go by one that is never set."""
        for key, known in self._known.items():
            file = known.file and replace(known.file, fetched_at=known.file.fetched_at + by)
            self._known[key] = replace(known, until=known.until + by, file=file)
        self._let = {key: until + by.total_seconds() for key, until in self._let.items()}

    @staticmethod
    def host(url: str, outlet: Outlet) -> str:
        """Return whose turn a visit waits for: of those with one answer, one is made at a time."""
        return private_origin(outlet, url) or urls.host(url)

    def gap(self, host: str) -> float:
        """Return the seconds between two visits to a host, as far as is known."""
        return self._gate.gap(host)

    async def get(
        self, url: str, outlet: Outlet, *, etag: str = "", last_modified: str = "", urgent: bool = False
    ) -> Page | Refusal:
        """Return a page (2xx with a body; 304 where a validator was given), or why there is none.

        `urgent`: before others that wait for the same host.
        """
        request = replace(addressed(self._request, outlet, url), etag=etag, last_modified=last_modified)
        try:
            page = replace(await self._journey(request, outlet, urgent=urgent), requested_url=url)
            if page.moved:
                page = replace(page, moved=subscription.masked(page.moved[:500], outlet.headers, outlet.cookies))
        except FetchError as error:
            refusal = Refusal.of(error)
            # Where it leads elsewhere, a server may send back what it was told.
            return replace(refusal, detail=subscription.masked(refusal.detail, outlet.headers, outlet.cookies))
        verdict = policy.judge(page)
        if verdict is not None:
            return Refusal(verdict.reason, verdict.detail, verdict.retry, verdict.retry_after)
        if page.status == 304 and not (etag or last_modified):
            return Refusal(Reason.EMPTY, "HTTP 304 to a request without a validator")
        return page

    async def _journey(self, request: Request, outlet: Outlet | None, *, urgent: bool) -> Page:
        """Return what stands at the end of all redirects, each followed in its host's turn. Raises FetchError.

        Each address is asked for by the robots.txt of its own origin; without an outlet, of none: it is one itself.
        """
        trail, lasting = Trail(), ""
        while True:
            # Before robots.txt is asked for on the same port.
            guard.check_url(request.url, request.ports)
            request = subscription.onward(request, trail.enter(request.url))
            delay = None
            if outlet is not None and not excused(outlet, request.url):
                delay = await self._admission(request, urgent=urgent)
            page, took = await self._fetch(request, delay, urgent=urgent)
            further = target(page)
            if further is None:
                return replace(page, moved=lasting) if lasting else page
            # One for a time makes the whole way one for a time.
            lasting = further if page.status in PERMANENT and (lasting or not trail.hops) else ""
            trail.hops += 1
            # The deadline is for all hops together; waiting for turns is not the servers' time.
            request = replace(subscription.onward(request, further), deadline=max(request.deadline - took, 0.0))

    # ---- one host at a time

    async def _fetch(self, request: Request, delay: float | None, *, urgent: bool) -> tuple[Page, float]:
        """Fetch in the host's turn and note the pause it asks for; return how long it took. Raises FetchError.

        `delay`: its Crawl-delay, 0 for none; None: not asked for.
        """
        host = _gate_key(request)
        async with self._turn(host, delay, urgent=urgent):
            began = self._clock.monotonic()
            page = await self._fetcher.get(request)
            took = self._clock.monotonic() - began
            # Before the turn ends: the next in line must see it.
            pause = self._heed(host, page)
        if pause:
            until = self._clock.now() + timedelta(seconds=pause)
            await self._write(lambda store: store.outlets.hold_host(host, until))
        return page, took

    def _heed(self, host: str, page: Page) -> float:
        """Slow down where a host says so; return the seconds of pause it asks for."""
        if page.status in policy.STRAINED:
            self._gate.slow(host)
        else:
            self._gate.ease(host)
        verdict = policy.judge(page)
        pause = (verdict.retry_after if verdict else None) or 0.0
        if pause:
            self._gate.hold(host, self._clock.monotonic() + pause)
        return pause

    @asynccontextmanager
    async def _turn(self, host: str, delay: float | None, *, urgent: bool) -> AsyncIterator[None]:
        turn = self._turns.setdefault(host, Turn())
        await turn.acquire(urgent=urgent)
        try:
            now = self._clock.monotonic()
            if delay is not None:
                self._gate.pace(host, delay)
            self._check_pause(host, now)
            told = await self.turns.enter(host, MAX_WAIT)
            try:
                now = self._clock.monotonic()
                if told > 0:
                    self._gate.hold(host, now + told)
                    self._check_pause(host, now)
                slot = self._gate.next_slot(host, now)
                try:
                    await self._clock.sleep(slot - now)
                    yield
                finally:
                    self._gate.release(host, self._clock.monotonic())
            finally:
                self.turns.leave(host, self._gate.gap(host))
        finally:
            turn.release()

    def _check_pause(self, host: str, now: float) -> None:
        pause = self._gate.pause(host, now)
        if pause > MAX_WAIT:
            raise FetchError(Reason.RATE_LIMITED, f"{host} asked for a pause", retry_after=pause)

    async def _write(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(self._ledger.submit(work))

    # ---- robots.txt

    async def _admission(self, request: Request, *, urgent: bool) -> float:
        """Return the Crawl-delay of an origin that lets us fetch, 0 for none; FetchError where it does not.

        What lets us poll a source does so for as long as it holds: the store and a reader are not asked at each poll,
        which of 100,000 outlets all but a few would be that memory has no room for.
        """
        url = request.url
        address = hash((url, request.private_origin))
        if urgent and 0.0 < self._let.get(address, 0.0) - self._clock.now().timestamp() <= _DAY:
            return 0.0
        known = await self._robots(url, request.private_origin, urgent=urgent)
        if known.file is None:
            raise (known.refusal or Refusal(Reason.ROBOTS_UNREACHABLE)).error()
        answer = robots.standing(known.file.status)
        if answer is robots.Answer.REFUSE:
            raise FetchError(Reason.ROBOTS_UNREACHABLE, f"robots.txt: HTTP {known.file.status}")
        if answer is robots.Answer.ALLOW or not known.file.body:
            return 0.0
        said = await self._readers.robots(known.file.body, [url], self._product)
        if isinstance(said, Failure):
            refusal = Refusal(Reason.ROBOTS_UNREACHABLE, f"robots.txt cannot be read: {said.reason}: {said.detail}")
            # It may have cost a reader its life: not once for every page of the host.
            key = (urls.origin(url), request.private_origin)
            self._remember(key, _Known(self._clock.now() + _HOUR, refusal=refusal))
            raise refusal.error()
        if said.allowed != (True,):
            raise FetchError(Reason.ROBOTS, f"robots.txt of {urls.host(url)} keeps {self._product} away")
        if urgent and not said.delay:
            if len(self._let) >= _LET:
                self._let.clear()
            self._let[address] = known.until.timestamp()
        return said.delay or 0.0

    async def _robots(self, url: str, private: str, *, urgent: bool) -> _Known:
        """Return what holds for the origin: from memory, else the store, else the origin, which is asked once."""
        # The permission is part of the key: what the guard refuses one outlet is no answer to the origin's own.
        key = (urls.origin(url), private)
        async with self._asking.setdefault(key, asyncio.Lock()):
            now = self._clock.now()
            known = self._known.get(key)
            if known is not None and now < known.until:
                self._known.move_to_end(key)
                if known.file is not None or known.refusal is not None:
                    return known
                stored = await self._stored(key)
                if stored is not None:
                    return replace(known, file=stored)
            known = await self._recall(key, known, now, urgent=urgent)
            self._remember(key, known)
            return known

    async def _stored(self, key: _Key) -> RobotsFile | None:
        return await asyncio.wrap_future(self._ledger.look(lambda store: store.outlets.robots(key[0])))

    async def _recall(self, key: _Key, known: _Known | None, now: datetime, *, urgent: bool) -> _Known:
        stored = known.file if known else None
        if stored is None:
            stored = await self._stored(key)
        if stored is not None and robots.fresh(stored, now):
            return _Known(robots.expires(stored), stored)
        fetched = await self._ask_robots(key, now, urgent=urgent)
        if isinstance(fetched, RobotsFile) and robots.standing(fetched.status) is not robots.Answer.REFUSE:
            await self._write(lambda store: store.outlets.put_robots(fetched))
            return _Known(robots.expires(fetched), fetched)
        if stored is not None and robots.usable_stale(stored, now):
            return _Known(now + _HOUR, stored)
        if isinstance(fetched, Refusal):
            return _Known(now + (_SILENT if fetched.retry else _HOUR), refusal=fetched)
        await self._write(lambda store: store.outlets.put_robots(fetched))
        return _Known(robots.expires(fetched), fetched)

    async def _ask_robots(self, key: _Key, now: datetime, *, urgent: bool) -> RobotsFile | Refusal:
        origin, private = key
        ports = frozenset({urls.port(origin)})
        request = replace(self._request, url=robots.url_for(origin), private_origin=private, ports=ports)
        try:
            page = await self._journey(request, None, urgent=urgent)
        except FetchError as error:
            if error.reason is Reason.REDIRECTS:
                # RFC 9309 2.3.1.2: more than five redirects count as no robots.txt.
                return RobotsFile(origin, 300, b"", now)
            return replace(Refusal.of(error), detail=f"robots.txt: {error.detail}")
        packing = page.headers.get("content-encoding", "").strip().lower()
        if packing not in robots.PACKINGS:
            return Refusal(Reason.ROBOTS_UNREACHABLE, f"robots.txt: content-encoding {packing[:60]!r}")
        body = page.body[: robots.MAX_BYTES] if 200 <= page.status < 300 else b""
        return RobotsFile(origin, page.status, body, now)

    def _remember(self, key: _Key, known: _Known) -> None:
        if known.file is not None and len(known.file.body) > _KEPT_BYTES:
            known = replace(known, file=None)
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > _ORIGINS:
            self._known.popitem(last=False)
