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
from monitor.fetch.turn import Turn
from monitor.model import Failure, Outlet, Page
from monitor.parse import urls
from monitor.ports import Clock, Fetcher, Ledger, Readers, Request, Store
from monitor.views import RobotsFile

T = TypeVar("T")
_Key = tuple[str, str]

# A visit waits this long for its host; a longer pause is the answer, so that no worker sleeps through it.
MAX_WAIT = 30.0
# robots.txt held in memory: 1,000 origins of at most 16 kB. Longer ones are read from the store for each visit.
_ORIGINS = 1_000
_KEPT_BYTES = 16_384
# A host without any answer is asked again after a minute; one with an outdated robots.txt goes by that for an hour.
_SILENT = timedelta(minutes=1)
_STALE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no page. `retry`: it may be there later. `retry_after`: seconds the host is to be left alone."""

    reason: Reason
    detail: str = ""
    retry: bool = True
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an origin's robots.txt until then; a refusal where it could not be had."""

    until: datetime
    file: RobotsFile | None = None
    refusal: Refusal | None = None


def private_origin(outlet: Outlet, url: str) -> str:
    """Return "host:port" of `url` where it is the private outlet's own, else "": what may be dialled privately."""
    if not outlet.private:
        return ""
    own = {_host_port(place) for place in (outlet.homepage, *(source.url for source in outlet.sources))}
    mine = _host_port(url)
    return mine if mine in own else ""


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


class Visitor:
    """Fetches for the pipeline. `agent` is the User-Agent; its product token is what robots.txt is asked about.

    `deadline` (seconds) and `max_bytes` bound one request.
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
        self._readers = readers
        self._ledger = ledger
        self._clock = clock
        self._gate = gate
        self._product = policy.product(agent)
        self._request = Request("", deadline=deadline, max_bytes=max_bytes)
        # Weak: a lock lives as long as somebody holds or awaits it.
        self._turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()
        self._asking: WeakValueDictionary[_Key, asyncio.Lock] = WeakValueDictionary()
        self._known: OrderedDict[_Key, _Known] = OrderedDict()

    def restore(self, held: Mapping[str, datetime], now: datetime) -> None:
        """Take over the pauses that hosts asked for before a restart."""
        for host, until in held.items():
            self._gate.hold(host, self._clock.monotonic() + (until - now).total_seconds())

    async def get(
        self, url: str, outlet: Outlet, *, etag: str = "", last_modified: str = "", urgent: bool = False
    ) -> Page | Refusal:
        """Return a page (2xx with a body; 304 where a validator was given), or why there is none.

        `urgent`: before others that wait for the same host.
        """
        request = replace(addressed(self._request, outlet, url), etag=etag, last_modified=last_modified)
        private = request.private_origin
        # Private outlets often share an address and differ by port; they are separate services.
        host = private or urls.host(url)
        try:
            # Before robots.txt is asked for on the same port.
            guard.check_url(url, request.ports)
        except FetchError as error:
            return Refusal(error.reason, error.detail, error.retry)
        if not outlet.ignore_robots:
            refusal = await self._robots_refusal(url, host, private, urgent=urgent)
            if refusal is not None:
                return refusal
        try:
            page, verdict = await self._fetch(request, host, urgent=urgent)
        except FetchError as error:
            return Refusal(error.reason, error.detail, error.retry, error.retry_after)
        if verdict is not None:
            return Refusal(verdict.reason, verdict.detail, verdict.retry, verdict.retry_after)
        if page.status == 304 and not (etag or last_modified):
            return Refusal(Reason.EMPTY, "HTTP 304 to a request without a validator")
        return page

    # ---- one host at a time

    async def _fetch(self, request: Request, host: str, *, urgent: bool) -> tuple[Page, policy.Verdict | None]:
        """Fetch in the host's turn and note the pause it asks for. Raises FetchError."""
        async with self._turn(host, urgent=urgent):
            page = await self._fetcher.get(request)
            verdict = policy.judge(page)
            pause = verdict.retry_after if verdict else None
            if pause:
                # Before the turn ends: the next in line must see it.
                self._gate.hold(host, self._clock.monotonic() + pause)
        if pause:
            until = self._clock.now() + timedelta(seconds=pause)
            await self._write(lambda store: store.outlets.hold_host(host, until))
        return page, verdict

    @asynccontextmanager
    async def _turn(self, host: str, *, urgent: bool) -> AsyncIterator[None]:
        turn = self._turns.setdefault(host, Turn())
        await turn.acquire(urgent=urgent)
        try:
            now = self._clock.monotonic()
            pause = self._gate.pause(host, now)
            if pause > MAX_WAIT:
                raise FetchError(Reason.RATE_LIMITED, f"{host} asked for a pause", retry_after=pause)
            slot = self._gate.next_slot(host, now)
            try:
                await self._clock.sleep(slot - now)
                yield
            finally:
                self._gate.release(host, self._clock.monotonic())
        finally:
            turn.release()

    async def _write(self, work: Callable[[Store], T]) -> T:
        return await asyncio.wrap_future(self._ledger.submit(work))

    # ---- robots.txt

    async def _robots_refusal(self, url: str, host: str, private: str, *, urgent: bool) -> Refusal | None:
        """Return why robots.txt keeps us from `url`; None where it does not."""
        known = await self._robots(url, host, private, urgent=urgent)
        if known.file is None:
            return known.refusal
        answer = robots.standing(known.file.status)
        if answer is robots.Answer.REFUSE:
            return Refusal(Reason.ROBOTS_UNREACHABLE, f"robots.txt: HTTP {known.file.status}")
        if answer is robots.Answer.ALLOW or not known.file.body:
            return None
        address = urls.absolute(url, url) or url
        said = await self._readers.robots(known.file.body, [address], self._product)
        if isinstance(said, Failure):
            refusal = Refusal(Reason.ROBOTS_UNREACHABLE, f"robots.txt cannot be read: {said.reason}: {said.detail}")
            # It may have cost a reader its life: not once for every page of the host.
            self._remember((urls.origin(url), private), _Known(self._clock.now() + _STALE, refusal=refusal))
            return refusal
        return None if said == (True,) else Refusal(Reason.ROBOTS, f"robots.txt keeps {self._product} away")

    async def _robots(self, url: str, host: str, private: str, *, urgent: bool) -> _Known:
        """Return what holds for the origin: from memory, else the store, else the origin, which is asked once."""
        # The permission is part of the key: what the guard refuses one outlet is no answer to the origin's own.
        key = (urls.origin(url), private)
        async with self._asking.setdefault(key, asyncio.Lock()):
            now = self._clock.now()
            known = self._known.get(key)
            if known is None or now >= known.until:
                known = await self._recall(key, known, host, now, urgent=urgent)
                self._remember(key, known)
            else:
                self._known.move_to_end(key)
            return known

    async def _recall(self, key: _Key, known: _Known | None, host: str, now: datetime, *, urgent: bool) -> _Known:
        stored = known.file if known else None
        if stored is None:
            stored = await self._write(lambda store: store.outlets.robots(key[0]))
        if stored is not None and robots.fresh(stored, now):
            return _Known(robots.expires(stored), stored)
        fetched = await self._ask_robots(key, host, now, urgent=urgent)
        if isinstance(fetched, RobotsFile) and robots.standing(fetched.status) is not robots.Answer.REFUSE:
            await self._write(lambda store: store.outlets.put_robots(fetched))
            return _Known(robots.expires(fetched), fetched)
        if stored is not None and robots.usable_stale(stored, now):
            return _Known(now + _STALE, stored)
        if isinstance(fetched, Refusal):
            return _Known(now + _SILENT, refusal=fetched)
        await self._write(lambda store: store.outlets.put_robots(fetched))
        return _Known(robots.expires(fetched), fetched)

    async def _ask_robots(self, key: _Key, host: str, now: datetime, *, urgent: bool) -> RobotsFile | Refusal:
        origin, private = key
        ports = frozenset({urls.port(origin)})
        request = replace(self._request, url=robots.url_for(origin), private_origin=private, ports=ports)
        try:
            page, _ = await self._fetch(request, host, urgent=urgent)
        except FetchError as error:
            if error.reason is Reason.REDIRECTS:
                # RFC 9309 2.3.1.2: more than five redirects count as no robots.txt.
                return RobotsFile(origin, 300, b"", now)
            return Refusal(error.reason, f"robots.txt: {error.detail}", error.retry, error.retry_after)
        packing = page.headers.get("content-encoding", "").strip().lower()
        if packing not in robots.PACKINGS:
            return Refusal(Reason.ROBOTS_UNREACHABLE, f"robots.txt: content-encoding {packing[:60]!r}")
        body = page.body[: robots.MAX_BYTES] if 200 <= page.status < 300 else b""
        return RobotsFile(origin, page.status, body, now)

    def _remember(self, key: _Key, known: _Known) -> None:
        if known.file is not None and len(known.file.body) > _KEPT_BYTES:
            self._known.pop(key, None)
            return
        self._known[key] = known
        self._known.move_to_end(key)
        if len(self._known) > _ORIGINS:
            self._known.popitem(last=False)
