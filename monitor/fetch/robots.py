"""robots.txt by RFC 9309: where it is, what its status means, how long it holds, what it allows. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from urllib.parse import quote

from protego import Protego

from monitor.parse import urls
from monitor.views import RobotsFile

# RFC 9309 asks for 500 KiB at least; Protego takes half a second for that much.
MAX_BYTES = 512_000
# A body in another packing, which we never ask for, is no text.
PACKINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_DAY = timedelta(hours=24)
_FAILED = timedelta(hours=1)
# A file that was read once may be used on while a newer one cannot be had.
_STALE = timedelta(days=7)


class Answer(StrEnum):
    """What the status of a robots.txt says: ask the file, everything is allowed, nothing is."""

    ASK = "ask"
    ALLOW = "allow"
    REFUSE = "refuse"


def url_for(url: str) -> str:
    """Return the URL of the robots.txt that covers `url`; "" for what is no URL."""
    return urls.absolute(url, "/robots.txt") or ""


def standing(status: int) -> Answer:
    """Return what a status means. A site without the file allows; one that is in trouble is left alone.

    429 counts as trouble, as with Google: a host that asks us to slow down has not said that all is allowed.
    """
    if 200 <= status < 300:
        return Answer.ASK
    if 300 <= status < 500 and status != 429:
        return Answer.ALLOW
    return Answer.REFUSE


def expires(robots: RobotsFile) -> datetime:
    """Return until when a file holds: 24 hours, 1 hour where its status refuses everything."""
    return robots.fetched_at + (_FAILED if standing(robots.status) is Answer.REFUSE else _DAY)


def fresh(robots: RobotsFile, now: datetime) -> bool:
    """Say whether a stored file still holds. One from the future (a clock was set back) does not."""
    return robots.fetched_at <= now < expires(robots)


def usable_stale(robots: RobotsFile, now: datetime) -> bool:
    """Say whether an outdated file may stand in for one that cannot be had (RFC 9309 2.4)."""
    return standing(robots.status) is not Answer.REFUSE and now - robots.fetched_at < _STALE


def allows(body: bytes, addresses: Sequence[str], agent: str) -> tuple[bool, ...]:
    """Say for each URL whether this file lets `agent` (a product token) fetch it. `body` may still be packed.

    Runs in a reader process: a large file takes half a second.
    """
    rules = _parse(body)
    # Protego compares percent-encoded paths; a raw non-ASCII one would match no rule.
    return tuple(rules.can_fetch(quote(url, safe="%/:=&?~#+!$,;'@()*[]"), agent) for url in addresses)


@lru_cache(maxsize=2)
def _parse(body: bytes) -> Protego:
    # Two: a reader sees the pages of a host one after another, and a parsed file of 500 kB takes 10 MB.
    return Protego.parse(_unpack(body)[:MAX_BYTES].decode("utf-8-sig", "replace"))


def _unpack(body: bytes) -> bytes:
    # The store keeps no headers, so the two packings we ask for are known by their first bytes.
    if not body.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
        return body
    try:
        return zlib.decompressobj(wbits=47).decompress(body, MAX_BYTES)
    except zlib.error:
        return body
