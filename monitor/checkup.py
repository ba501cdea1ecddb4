"""Is it well: one question to each outlet, one test message to each channel. The database's own state: condition.py."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TextIO

from monitor import enrol, wiring
from monitor.discovery import Discovery, discover
from monitor.enrol import Trial
from monitor.errors import Reason
from monitor.model import (
    Article,
    Channel,
    Delivery,
    Entity,
    Failure,
    Hit,
    Kind,
    Link,
    Message,
    Outlet,
    Page,
    Reading,
    Rule,
)
from monitor.notify.channels.sender import Sender
from monitor.pool import Pool
from monitor.reading import Reader
from monitor.settings.load import Settings

# Seconds between two visits while somebody waits for what a site has: twenty of them are all there are.
MAX_GAP = 1.0


async def ask_outlets(settings: Settings, outlets: Sequence[Outlet], told: Callable[[Trial], None]) -> int:
    """Ask every source of these outlets once, tell of each answer as it comes; return how many cannot be read."""
    failed = 0
    async with wiring.visiting(settings) as guest:
        jobs = [
            enrol.check(guest.visitor, guest.pool, outlet, source) for outlet in outlets for source in outlet.sources
        ]
        for job in asyncio.as_completed(jobs):
            found = await job
            failed += found.reason is not None
            told(found)
    return failed


async def look_around(settings: Settings, url: str, told: Callable[[str], None], *, private: bool) -> Discovery:
    """Find what a site has to watch; `told` is called with each address before it is asked."""
    async with wiring.visiting(settings, gap=min(settings.gap, MAX_GAP)) as guest:
        return await discover(guest.visitor, guest.pool, guest.ledger, url, private=private, told=told)


def would_hit(
    rules: Sequence[Rule], entities: Sequence[Entity], outlet: Outlet, listed: Iterable[Link]
) -> list[tuple[Article, Hit]]:
    """Return what rules hold on of what an outlet lists, by headlines and summaries alone. Raises QueryError."""
    reader = Reader(rules, entities)
    unread = Failure(Reason.NO_BODY, "only its headline was looked at")
    seen = (reader.entry(replace(link, outlet=outlet.id), unread, outlet.language) for link in listed)
    return [(one.article, one.hits[0]) for one in seen if isinstance(one, Reading) and one.hits]


async def try_channels(
    settings: Settings,
    channels: Sequence[Channel],
    now: datetime,
    out: TextIO,
    told: Callable[[Channel, Delivery], None],
) -> int:
    """Send one test message to each channel, tell how each fared; return how many did not take it."""
    failed = 0
    async with wiring.client(settings) as poster:
        sender = Sender(out, poster)
        try:
            for channel in channels:
                done = await sender.send(channel, _sample(channel, now))
                failed += not done.sent
                told(channel, done)
        finally:
            await sender.aclose()
    return failed


def _sample(channel: Channel, now: datetime) -> Message:
    number = hashlib.sha256(f"test|{channel.id}|{now.isoformat()}".encode()).hexdigest()[:32]
    text = f"A test message from monitor to the channel {channel.id!r}, sent {now:%Y-%m-%d %H:%M} UTC."
    return Message(number, "monitor: test message", text, text, f"<p>{text}</p>", Kind.TEST)


async def fetch(settings: Settings, url: str) -> Page:
    """Fetch one page as the daemon would. Raises FetchError."""
    async with wiring.client(settings) as client:
        return await client.get(wiring.request(settings, url))


async def weigh(rules: Sequence[Rule], entities: Sequence[Entity]) -> tuple[int, int]:
    """Return the resident bytes of a reader without these rules and with them; 0 where the system does not say."""
    found = []
    for some, named in (((), ()), (tuple(rules), tuple(entities))):
        pool = await Pool.start(some, named, size=1)
        try:
            found.append(await pool.weight())
        finally:
            await pool.aclose()
    return found[0], found[1]
