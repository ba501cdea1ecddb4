"""The program on one page: poll, read, tell, deliver.

    poll(source)   ask a source for links, keep the new ones                              one transaction
    read(link)     fetch, extract, match; the keeper places it in a story, opens alerts   one transaction
    tell(alert)    render what is due, an outbox row a channel, payload and id included   one transaction
    deliver(row)   send with no transaction open, then mark                               one transaction

Each verb returns a record of what it did and never raises for anything an outlet or a receiver does. The store is
the queue: a process killed between two lines here finds its work again by its leases.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from monitor import intake, surges, telling
from monitor.configured import Orders
from monitor.errors import MonitorError, Reason, SendReason
from monitor.fetch import policy
from monitor.fetch.claims import PATIENCE, Claims
from monitor.fetch.visit import Refusal, Visitor
from monitor.intake import Read
from monitor.keeper import Keeping
from monitor.model import Delivery, Failure, Link, Links, LinkState, Outlet, Page, Reading, TextKind
from monitor.notify import plan
from monitor.outlets import cadence
from monitor.outlets.load import CALM, Strain
from monitor.ports import Clock, Ledger, Notifier, Readers, Store
from monitor.views import DueSource
from monitor.views_alerts import OutboxRow

# An index may name hundreds of sitemaps; the newest hold what is new.
MAX_SITEMAPS = 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll did. `links`: new ones to read now, leased. `reason` None: the source answered."""

    source: DueSource
    links: tuple[Link, ...] = ()
    reason: Reason | None = None
    detail: str = ""


@dataclass(slots=True)
class Pipeline:
    """The verbs over their ports. `keeper` takes what was read."""

    visitor: Visitor
    readers: Readers
    ledger: Ledger
    notifier: Notifier
    clock: Clock
    keeper: Keeping
    orders: Orders
    strain: Strain = CALM
    """How late polls start, and who is asked less often for that."""
    _told: dict[str, str] = field(default_factory=dict)
    """The newest digest time of each route that is known to have been told."""
    _claims: Claims = field(init=False)

    def __post_init__(self) -> None:
        self._claims = Claims(self.visitor, self.readers, self.clock)

    async def _write(self, work: Callable[[Store], T], *, patient: bool = False) -> T:
        return await asyncio.wrap_future(self.ledger.submit(work, patient=patient))

    def shift(self, by: timedelta) -> None:
        """Move what is held in memory, as the wall clock was set `by`."""
        self.visitor.shift(by)
        self.orders = self.orders.shifted(by, self.clock.now())

    # ---- poll

    async def poll(self, source: DueSource) -> Polled:
        """Ask one source; keep its new links and when to ask next."""
        outlet = self.orders.outlet(source.outlet_id)
        answer = await self.visitor.get(
            source.url, outlet, etag=source.etag, last_modified=source.last_modified, urgent=True
        )
        if isinstance(answer, Refusal):
            return await self._poll_failed(source, outlet, answer.reason, answer.detail, answer.retry_after)
        digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
        found: Links | Failure | None = None
        if answer.status != 304 and digest != source.body_hash:
            found = await self.readers.links(answer, source)
        if isinstance(found, Failure):
            return await self._poll_failed(source, outlet, found.reason, found.detail, None)
        now = self.clock.now()
        etag, last_modified = policy.validators(answer.headers)
        if found and found.sitemaps:
            found = await self._children(source, outlet, found)
            # The index may stay as it is while its sitemaps change: it is asked for whole each time.
            etag = last_modified = digest = ""
        given = cadence.Answer(
            digest,
            found,
            answer.status == 304,
            etag,
            last_modified,
            policy.freshness(answer.headers, now),
            answer.moved,
            self.strain,
        )
        links = await self._write(
            lambda store: intake.take_list(store, self.orders, source, outlet, given, now), patient=True
        )
        return Polled(source, tuple(links))

    async def _poll_failed(
        self, source: DueSource, outlet: Outlet, reason: Reason, detail: str, retry_after: float | None
    ) -> Polled:
        outcome = cadence.failed(source, outlet, reason, detail, self.clock.now(), retry_after)
        await self._write(lambda store: store.outlets.record(outcome), patient=True)
        return Polled(source, (), reason, detail)

    async def _children(self, source: DueSource, outlet: Outlet, found: Links) -> Links:
        """Add what the newest sitemaps of an index list."""
        links = {link.canonical: link for link in found.links}
        for url in found.sitemaps[:MAX_SITEMAPS]:
            page = await self.visitor.get(url, outlet, urgent=True)
            listed = await self.readers.links(page, source) if isinstance(page, Page) else None
            if isinstance(listed, Links):
                links |= {link.canonical: link for link in listed.links}
        return replace(found, links=tuple(links.values()))

    # ---- read

    async def read(self, link: Link) -> Read:
        """Make a link an article, from its page or else from its feed entry; place and announce its hits. One that was
        read before is read again.
        """
        outlet, version = self.orders.outlet(link.outlet), self.orders.version
        answer = await self.visitor.get(link.url, outlet, etag=link.etag, last_modified=link.last_modified)
        if link.state is LinkState.AGAIN and (isinstance(answer, Refusal) or answer.status == 304):
            return await self.keeper.as_before(link, answer if isinstance(answer, Refusal) else None)
        known, story = await asyncio.wrap_future(self.ledger.look(lambda store: intake.known_of(store, link)))
        result: Reading | Failure
        if isinstance(answer, Refusal):
            result = Failure(answer.reason, answer.detail)
        else:
            result = await self.readers.article(answer, link, outlet, known)
        if isinstance(result, Failure):
            # Where the reader died of this page, its feed entry is harmless.
            result = await self.readers.entry(link, result, outlet.language)
        elif result.claim:
            address = await self._address(result, outlet)
            result = replace(result, article=replace(result.article, canonical_url=address))
        if link.state is LinkState.AGAIN and (isinstance(result, Failure) or result.article.text is not TextKind.FULL):
            return await self.keeper.as_before(link, None)
        return await self.keeper.keep(link, result, answer, story, version)

    async def _address(self, reading: Reading, outlet: Outlet) -> str:
        """Return the address of an article whose page claims another site: its own where that is not proved."""
        own = reading.article.canonical_url
        # Whatever goes wrong there, the article is here.
        with suppress(TimeoutError, MonitorError):
            async with asyncio.timeout(PATIENCE):
                return await self._claims.settle(own, reading.claim, outlet)
        return own

    # ---- tell

    async def tell(self, *, flush: bool = False, limit: int = 500) -> int:
        """Turn alerts whose time has come into outbox rows; return how many. `flush`: those too that still collect."""
        now = self.clock.now()
        return await self._write(lambda store: telling.tell_due(store, self.orders, now, limit=limit, flush=flush))

    async def digest(self) -> int:
        """Make the digests whose time has come; return how many messages."""
        now = self.clock.now()
        due = telling.due_digests(self.orders, self._told, now)
        if not due:
            return 0
        made = await self._write(lambda store: telling.tell_digests(store, self.orders, due, now))
        self._told |= {route.id: slot.day + slot.slot for route, slot in due}
        return made

    async def look_for_spikes(self) -> int:
        """Open alerts of rules that tell of spikes; return how many begin."""
        if not any(rule.spike for rule in self.orders.rules.values()):
            return 0
        now = self.clock.now()
        return await self._write(lambda store: surges.tell_spikes(store, self.orders, now))

    # ---- deliver

    async def deliver(self, row: OutboxRow) -> Delivery | None:
        """Send one leased message once and write how that ended; None: quiet hours came, it waits for their end."""
        now = self.clock.now()
        if until := plan.held_until(row, self.orders.by_route.get(row.route), now):
            await self._write(lambda store: store.outbox.postpone(row.id, until))
            return None
        channel = self.orders.channels.get(row.channel_id)
        if channel is None:
            detail = f"no channel {row.channel_id!r} is configured"
            delivery = Delivery(sent=False, reason=SendReason.BAD_CHANNEL, detail=detail)
        else:
            delivery = await self.notifier.send(channel, row.message)
        now = self.clock.now()
        again = None
        doubtful = delivery.reason is SendReason.AMBIGUOUS and channel is not None and channel.once
        if not delivery.sent and delivery.retry and not doubtful:
            again = plan.retry_at(row.attempts + 1, row.created_at, now, row.id, delivery.retry_after)
        await self._write(lambda store: store.outbox.mark(row, delivery, now, retry_at=again))
        return delivery
