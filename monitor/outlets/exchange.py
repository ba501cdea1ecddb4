"""Lists of outlets from elsewhere: rows of a file become outlets, those that are watched already left out. Pure.

opml.py and table.py read files into rows and write outlets. A file from outside says what to watch and what to call
it; it opens no private network, excuses from no robots.txt and brings no subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monitor.model import Outlet, Source
from monitor.outlets import naming
from monitor.outlets.kinds import KINDS
from monitor.parse import bytes as raw
from monitor.parse import html, language, urls

MAX_ROWS = 20_000
MAX_TAG, MAX_NAME = 100, 200
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Row:
    """One source as a file has it, unchecked. `line` counts from 1. `links`: the selector of a listing."""

    line: int
    url: str
    kind: str = "feed"
    id: str = ""
    name: str = ""
    homepage: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    links: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """What cannot be taken over, and why, in words."""

    line: int
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Import:
    """What a file comes to. `known`: rows whose source is watched already or stood there before."""

    outlets: tuple[Outlet, ...] = ()
    known: int = 0
    refused: tuple[Refused, ...] = ()


@dataclass(slots=True)
class _Group:
    """Rows of one outlet."""

    first: Row
    sources: list[Source] = field(default_factory=list)
    tags: dict[str, None] = field(default_factory=dict)


def imported(rows: Iterable[Row], outlets: Sequence[Outlet]) -> Import:
    """Group rows into outlets: those of one id, or without one those that share a home page.

    `outlets`: those configured. An id of the file that is taken there refuses its row; one that we make is another.
    """
    seen = set(naming.watched(outlets))
    taken = {outlet.id for outlet in outlets}
    groups: dict[str, _Group] = {}
    refused: list[Refused] = []
    by_source: dict[str, _Group] = {}
    known = 0
    for row in rows:
        checked = _checked(row)
        if isinstance(checked, Refused):
            refused.append(checked)
            continue
        mark = naming.key(checked.url)
        if mark in by_source:  # readers put a feed into several folders
            by_source[mark].tags.update(dict.fromkeys(checked.tags))
        if mark in seen:
            known += 1
            continue
        if checked.id in taken:
            # One that is watched already is a duplicate, whatever its id.
            why = f"there is an outlet {checked.id!r} already, with other sources"
            refused.append(_refused(checked, checked.url, why))
            continue
        seen.add(mark)
        group = groups.setdefault(_group_key(checked), _Group(checked))
        group.sources.append(Source(checked.url, checked.kind, checked.links))
        group.tags.update(dict.fromkeys(checked.tags))
        by_source[mark] = group
    stated = {group.first.id for group in groups.values()}
    return Import(tuple(_outlets(groups.values(), taken | stated)), known, tuple(refused))


def _group_key(row: Row) -> str:
    home = naming.key(row.homepage) if row.homepage else ""
    return f"id {row.id}" if row.id else f"home {home}" if home else f"source {row.url}"


def _outlets(groups: Iterable[_Group], taken: set[str]) -> Iterator[Outlet]:
    for group in groups:
        row = group.first
        chosen = row.id or naming.new_id(row.name, row.homepage or row.url, taken)
        taken.add(chosen)
        yield Outlet(
            chosen, row.name or chosen, row.homepage, tuple(group.sources), language.primary(row.language),
            tags=tuple(group.tags),
        )  # fmt: skip


def _checked(row: Row) -> Row | Refused:
    """Return a row cleaned, or why it cannot be used."""
    url = address(row.url)
    home = address(row.homepage)
    tags = (html.fold_space(tag)[:MAX_TAG] for tag in row.tags)
    clean = replace(
        row, url=url, homepage=home, name=html.fold_space(row.name)[:MAX_NAME], tags=tuple(filter(None, tags)),
        id=row.id if _ID.fullmatch(row.id) else "",
    )  # fmt: skip
    why = ""
    if not row.url.strip():
        why = "it has no address"
    elif not url:
        why = "its address is none of http or https"
    elif "@" in url.split("/", 3)[2]:
        why = "its address holds a user name or password"
    elif row.kind not in KINDS:
        why = f"{row.kind[:40]!r} is no kind of source; known are {', '.join(KINDS)}"
    return _refused(clean, row.url, why) if why else clean


def _refused(row: Row, url: str, why: str) -> Refused:
    return Refused(row.line, row.name or html.fold_space(url)[:200] or "a row without name and address", why)


def decoded(body: bytes) -> str:
    """Return a file's text. UTF-8 is taken at its word: a name may look as if it had been encoded twice."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode(body)


def address(text: str) -> str:
    """Return an address as it can be fetched, "" for what is none; "feed:" is how some readers wrote them."""
    bare = text.strip()
    if bare[:5].lower() == "feed:":
        rest = bare[5:].removeprefix("//")
        bare = rest if urls.has_scheme(rest) else f"http://{rest}"
    whole = urls.absolute("", bare) or ""
    # Its own spelling, where that can stand in a file.
    return bare if whole and bare.isprintable() and " " not in bare else whole
