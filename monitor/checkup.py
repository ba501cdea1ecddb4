"""Is it well: the machine, the database, one question to each outlet, one test message to each channel. What is made of
it: diagnosis.py; how the daemon fares: condition.py.
"""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

from monitor import condition, enrol, wiring
from monitor.diagnosis import Sign, State
from monitor.discovery import Discovery, discover
from monitor.enrol import Trial
from monitor.errors import ChannelError, Reason
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
from monitor.parse import language
from monitor.pool import Pool
from monitor.ports import Store
from monitor.reading import Reader
from monitor.settings.paths import caches
from monitor.settings.record import Settings
from monitor.store.check import glance
from monitor.store.opening import holding, open_readonly, there, title
from monitor.views import Filter

# Seconds between two visits while somebody waits for what a site has: twenty of them are all there are.
MAX_GAP = 1.0
# What py3langid's model takes in a temporary file.
UNPACKED = 70_000_000
# A daemon gives a sign every 30 seconds.
MAX_SILENCE = 150.0


def database(settings: Settings, now: datetime) -> tuple[list[Sign], datetime | None]:
    """Look at the database, its disk and its daemon; return also when anything in it was last written."""
    path, place = title(settings.place), settings.place
    signs, newest = [_disk(settings.storage, settings.min_free)], None
    if not there(place):
        return [*signs, Sign("database", path, State.NOTE, "there is none yet", "`monitor run` makes it")], None
    faults = list(glance(place))
    signs += [
        Sign("database", path, State.WRONG, fault, "`monitor db check` says more; `monitor db backup` keeps copies")
        for fault in faults
    ]
    if not faults:
        with closing(open_readonly(place)) as store:
            size = f"{store.sql.size() / 1e6:,.0f} MB, whole at a glance"
            signs.append(Sign("database", path, State.FINE, size))
            signs.append(_daemon(condition.examine(store, now), holding(place)))
            newest = _newest(store)
    return signs, newest


def languages(settings: Settings, unpacked_in: Path = Path("/tmp")) -> list[Sign]:  # noqa: S108 - py3langid's
    """Look whether the language model can be had: kept, or unpacked by a fork server, which knows no $TMPDIR."""
    if language.kept(caches(settings.storage)) or not unpacked_in.is_dir():
        return []
    seen = os.statvfs(unpacked_in)
    free = seen.f_bavail * seen.f_frsize
    if free >= UNPACKED:
        return []
    said = f"{free / 1e6:,.0f} MB are free, and the language model unpacks to {UNPACKED / 1e6:,.0f}: no reader starts"
    return [Sign("disk", str(unpacked_in), State.WRONG, said, "Make room")]


def _newest(store: Store) -> datetime | None:
    last = store.upkeep.totals().last_pass
    moments = [row.fetched_at for row in store.articles.rows(Filter(limit=1))] + ([last.finished_at] if last else [])
    return max(moments, default=None)


def _daemon(report: condition.Report, process: int) -> Sign:
    dead = report.totals.outbox_dead
    if report.starved:
        return Sign("daemon", "", State.WRONG, report.starved.detail, "Make room, or see storage.min_free")
    if process and (why := condition.verdict(report, MAX_SILENCE)):
        return Sign("daemon", "", State.WRONG, f"process {process}: {why}", "See its log; stop it and start it again")
    if dead:
        said = f"{dead} messages were given up"
        return Sign("daemon", "", State.WRONG, said, "`monitor alerts list --state dead`, then `monitor alerts retry`")
    if not process:
        return Sign("daemon", "", State.NOTE, "none runs on this database", "`monitor run` starts it")
    return Sign("daemon", "", State.FINE, f"process {process} runs")


def _disk(path: Path, least: int) -> Sign:
    folder = next(one for one in path.parents if one.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        return Sign(
            "disk", str(folder), State.WRONG, "nothing may be written there", "Change storage.path, or its rights"
        )
    seen = os.statvfs(folder)
    free = seen.f_bavail * seen.f_frsize
    said = f"{free / 1e6:,.0f} MB are free"
    if free < least:
        todo = "Make room: `monitor db prune`, or see storage.keep"
        return Sign(
            "disk", str(folder), State.WRONG, f"{said}, less than storage.min_free ({least / 1e6:,.0f} MB)", todo
        )
    low = free < 2 * least
    return Sign(
        "disk", str(folder), State.NOTE if low else State.FINE, said, "Nearly too few: make room" if low else ""
    )


def channels(settings: Settings) -> list[Sign]:
    """Say of each channel whether its address can be used; nothing is sent."""
    sender = Sender(sys.stdout)
    signs = []
    for channel in settings.channels:
        try:
            sender.check(channel)
        except ChannelError as error:
            signs.append(Sign("channels", channel.id, State.WRONG, str(error), "Look at its address in alerts.yaml"))
        else:
            signs.append(Sign("channels", channel.id, State.FINE, "can be used"))
    return signs or [Sign("channels", "", State.NOTE, "there is none: nobody is told", "Write one in alerts.yaml")]


def clock_kept() -> bool | None:
    """Ask the kernel whether a time service keeps the clock; None where it does not say."""
    # struct timex is 208 bytes on 64-bit Linux; `modes` 0, its first field, changes nothing.
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (AttributeError, OSError, TypeError):
        return None
    # TIME_ERROR: the clock is not synchronised; -1: we may not ask.
    return None if answer < 0 else answer != 5


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
