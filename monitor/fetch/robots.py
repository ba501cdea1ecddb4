"""robots.txt by RFC 9309: where it is, what its status means, how long it holds, what it allows. Pure.

Protego finds the rule that decides. It is handed our group alone, and paths in a spelling of our own: it takes
"news" for our name, ends a group at lines it does not know, and counts a "?" as three octets, so that the shorter of
two rules may win.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from protego import Protego

from monitor.parse import urls
from monitor.views import RobotsFile, RobotsVerdict

# RFC 9309 asks for 500 KiB at least. In 4,231 files of large sites (Protego's own) three were longer.
MAX_BYTES = 512_000
# A longer Crawl-delay is taken for this: at an hour a page, no outlet would ever be read.
MAX_DELAY = 60.0
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
    """Return until when a file holds: 24 hours, 1 hour where its status refuses everything.

    Cache-Control is not asked: most of what it says of a robots.txt is a server's default of minutes or hours, and
    asking more often is no kindness.
    """
    return robots.fetched_at + (_FAILED if standing(robots.status) is Answer.REFUSE else _DAY)


def fresh(robots: RobotsFile, now: datetime) -> bool:
    """Say whether a stored file still holds. One from the future (a clock was set back) does not."""
    return robots.fetched_at <= now < expires(robots)


def usable_stale(robots: RobotsFile, now: datetime) -> bool:
    """Say whether an outdated file may stand in for one that cannot be had (RFC 9309 2.4)."""
    return standing(robots.status) is not Answer.REFUSE and now - robots.fetched_at < _STALE


def judge(body: bytes, addresses: Sequence[str], agent: str) -> RobotsVerdict:
    """Say for each URL whether this file lets `agent` (a product token) fetch it, and how far apart visits are to be.

    `body` may still be packed. Runs in a reader process: a large file takes a tenth of a second.
    """
    rules = _parse(body, _token(agent))
    delay = rules.crawl_delay(_ANY)
    return RobotsVerdict(tuple(_allows(rules, url) for url in addresses), min(delay, MAX_DELAY) if delay else None)


def _allows(rules: Protego, url: str) -> bool:
    path = _AUTHORITY.sub("", url.partition("#")[0], count=1)
    path = path if path.startswith("/") else f"/{path}"
    # RFC 9309 2.2.2: the file itself is always allowed.
    return path.partition("?")[0] == "/robots.txt" or rules.can_fetch(f"/{_spell(path)}{_END}", _ANY)


@lru_cache(maxsize=2)
def _parse(body: bytes, token: str) -> Protego:
    # Two: a reader sees the pages of a host one after another.
    text = _text(_unpack(body))
    return Protego.parse("\n".join([f"user-agent: {_ANY}", *_group(text, token)]))


# ---- the file


def _unpack(body: bytes) -> bytes:
    # The store keeps no headers, so the two packings we ask for are known by their first bytes.
    if not body.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
        return body
    try:
        return zlib.decompressobj(wbits=47).decompress(body, MAX_BYTES)
    except zlib.error:
        return body


def _text(data: bytes) -> str:
    """Return the text, whose octets survive where they are no UTF-8; what is too long ends with a whole line."""
    data = data[:MAX_BYTES]
    if len(data) == MAX_BYTES:
        data = data[: max(data.rfind(b"\n"), data.rfind(b"\r")) + 1]
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        data = data.removeprefix(mark)
    # Without its NULs, UTF-16 of ASCII letters reads as what it is.
    return data.replace(b"\0", b"").decode("utf-8", "surrogateescape")


_ANY = "*"
_LINE_END = re.compile(r"\r\n?|\n")
# Misspellings and missing colons are forgiven as Google's parser does.
_LINE = re.compile(
    r"\s*(user[- ]?agent|allow|disallow|dissallow|dissalow|disalow|diasllow|disallaw|crawl[- ]?delay)"
    r"(?:\s*:|\s)([^#]*)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[a-z0-9_-]+|\*(?!\S)")


def _token(agent: str) -> str:
    """Return the product token that a user-agent line or a User-Agent begins with, in lower case; "" for none."""
    match = _TOKEN.match(agent.lower())
    return match[0] if match else ""


def _group(text: str, token: str) -> list[str]:
    """Return the rules for `token` as Protego reads them: of all groups that name it, else of all for "*".

    Crawl-delay ends the list of a group's agents as a rule does. By the RFC's letter it would not, but where a "*"
    has nothing else and a banned robot is named next, that would close the site to all.
    """
    found: dict[str, list[str]] = {}
    group: dict[str, list[str]] = {}
    naming = False
    for line in _LINE_END.split(text):
        match = _LINE.match(line)
        if match is None:
            continue
        field, value = match[1].lower(), match[2].strip()
        if not field.startswith("user"):
            naming = False
            rule = _rule(field, value)
            for rules in group.values() if rule else ():
                rules.append(rule)
            continue
        if not naming:
            naming, group = True, {}
        name = _token(value)
        if name and name in {token, _ANY}:
            group[name] = found.setdefault(name, [])
    return found.get(token, found.get(_ANY, []))


def _rule(field: str, value: str) -> str:
    if field.startswith("crawl"):
        return f"crawl-delay: {value}"
    return f"{'allow' if field == 'allow' else 'disallow'}: {_pattern(value)}" if value else ""


# ---- paths. Two letters an octet, the first never a second one, so that no match begins between two; none of them is
# one that Protego would decode or encode. The end of a path is a sign of its own instead of "$", which Protego would
# count for half.

_END = "=="
_LETTERS = {octet: f"{'ghijklmnopqrstuv'[octet >> 4]}{octet & 15:x}" for octet in range(128)}
_AUTHORITY = re.compile(r"[a-z][a-z0-9+.-]*://[^/?]*", re.IGNORECASE)
_ODD = re.compile(rb"%[0-9A-Fa-f]{2}|[^!-~]|%")


def _pattern(value: str) -> str:
    pieces, query = [], False
    for piece in value.removesuffix("$").split("*"):
        pieces.append(_spell(piece, query=query))
        query = query or "?" in piece
    return f"/{'**'.join(pieces)}{_END if value.endswith('$') else ''}"


def _spell(path: str, *, query: bool = False) -> str:
    """Return a path in the letters above. An octet and its escape are the same one, but for what parts a path."""
    head, mark, tail = ("", "", path) if query else path.partition("?")
    return f"{_plain(head, b'/?')}{mark}{_plain(tail, b'')}".translate(_LETTERS)


def _plain(text: str, parting: bytes) -> str:
    """Decode what is visible ASCII, encode what is not (RFC 9309 2.2.2); an escaped `parting` octet stays escaped."""

    def plain(match: re.Match[bytes]) -> bytes:
        octet = int(match[0][1:], 16) if len(match[0]) == 3 else match[0][0]
        return bytes([octet]) if 0x21 <= octet <= 0x7E and octet != 0x25 and octet not in parting else b"%%%02X" % octet

    return _ODD.sub(plain, text.encode("utf-8", "surrogateescape")).decode("ascii")
