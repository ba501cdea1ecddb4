"""A message's payload → what a chat shows, in its dialect and within its limit.

A message that is too long loses its quotes first, then the story's other outlets, later articles, changes and notes,
and says of what was left out how many and of whom; the first headline, its link and the message's id stay. A digest is
the only place where its articles are told: it comes in several messages before it loses any.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from monitor.notify import escape
from monitor.notify.dialects import Dialect
from monitor.notify.words import CHANGED

# Messages of one digest; ten of Discord's hold 100 articles.
MAX_PAGES = 10
# Characters of outlets' names after "and 7 more": some 45 outlets, in a digest of several messages 15.
NAMES = 600
PAGE_NAMES = 200
# Letters and a sign that show nothing: fillers of Hangul, a cell of Braille without dots.
_BLANK = "\u115f\u1160\u3164\uffa0\u2800"
# What a headline is cut to where nothing else is left to leave out.
SHORT = (150, 60, 20)


class _Rank(IntEnum):
    """What goes first where there is too much: the highest."""

    KEEP = 0
    NOTE = 1
    CHANGE = 2
    ITEM = 3
    OTHER = 4
    QUOTE = 5


@dataclass(frozen=True, slots=True)
class _Part:
    """`lead` stands between it and what is before it. `outlet`: whose article is not told without it."""

    lead: str
    text: str
    rank: _Rank
    outlet: str = ""


def pages(payload: str, dialect: Dialect, spare: int = 0) -> list[str]:
    """Return the messages that a payload (notify/payload.py) makes: one, or several of a digest. `spare`: room that
    something else takes in each.
    """
    said = json.loads(payload)
    parts = list(_parts(said, dialect))
    if said["kind"] == "digest":
        kept = _drop(said, parts, dialect, spare, only=_Rank.QUOTE)
        return [_page(said, kept, [], dialect)] if kept is not None else _paged(said, parts, dialect, spare)
    kept = _drop(said, parts, dialect, spare)
    return [_page(said, kept, parts, dialect) if kept is not None else _least(said, dialect, spare)]


def first_url(payload: str) -> str:
    """Return the link of the first article or change, "" for none."""
    said = json.loads(payload)
    entries = [*(item for section in said["sections"] for item in section["items"]), *said["changes"]]
    return link(entries[0]["url"]) if entries else ""


def rules(payload: str) -> str:
    """Return the names of the rules, as one line."""
    return ", ".join(escape.fold(rule["name"]) for rule in json.loads(payload)["rules"])


def worded(payload: str) -> list[str]:
    """Return the forms that a template made ("md")."""
    forms: list[str] = json.loads(payload).get("template", {}).get("forms", [])
    return forms


def link(url: str) -> str:
    """Return an URL that pings nobody either; "" for what is none."""
    return escape.link(url).replace("@", "%40")


# ---- parts


def _parts(said: dict[str, Any], dialect: Dialect) -> Iterator[_Part]:
    first = True
    for section in said["sections"]:
        for number, item in enumerate(section["items"]):
            lead = dialect.paragraph
            if section["heading"] and not number:
                lead += dialect.bold.format(dialect.text(section["heading"])) + dialect.line
            rank = _Rank.KEEP if first else _Rank.ITEM
            yield _Part(lead, _item(item, dialect), rank, item["outlet"]["name"])
            first = False
            for quote in item["quotes"]:
                yield _Part(dialect.line, _quote(quote, dialect), _Rank.QUOTE)
    for change in said["changes"]:
        rank = _Rank.KEEP if first else _Rank.CHANGE
        yield _Part(dialect.paragraph, _change(change, dialect), rank, change["outlet"]["name"])
        first = False
    for number, other in enumerate(said["others"]):
        lead = dialect.line if number else dialect.paragraph + "Also:" + dialect.line
        yield _Part(lead, _other(other, dialect), _Rank.OTHER, other["outlet"]["name"])
    for note in said["notes"]:
        rank = _Rank.KEEP if first else _Rank.NOTE
        yield _Part(dialect.paragraph, dialect.text(note), rank)
        first = False


def _linked(title: str, url: str, dialect: Dialect) -> str:
    safe = link(url)
    # A link without a text that is seen cannot be opened.
    seen = title if any(_seen(character) for character in title) else "(no headline)"
    return dialect.link(seen, safe) if safe else dialect.text(seen)


def _seen(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _item(item: dict[str, Any], dialect: Dialect) -> str:
    lines = [dialect.bold.format(_linked(item["title"], item["url"], dialect))]
    lines += [dialect.text(line) for line in (item["about"], item["note"]) if line]
    return dialect.line.join(lines)


def _quote(quote: dict[str, Any], dialect: Dialect) -> str:
    text, at, said = quote["text"], 0, ""
    for begin, end in quote["marks"]:
        # A space within the signs would make them signs that are shown.
        bare = text[begin:end].strip()
        if escape.fold(bare).strip():
            start = text.index(bare, begin)
            said += dialect.text(text[at:start]) + dialect.mark.format(dialect.text(bare))
            at = start + len(bare)
    return dialect.quote.format(said + dialect.text(text[at:]))


def _change(change: dict[str, Any], dialect: Dialect) -> str:
    title = f"{change['outlet']['name']} · {change['title']}"
    label = CHANGED.get(change["kind"], change["kind"])
    lines = [f"{dialect.bold.format(dialect.text(label))}: {_linked(title, change['url'], dialect)}"]
    told = (("before", change["before"]), ("now", change["after"]))
    lines += [f"{name}: {dialect.text(text)}" for name, text in told if text]
    return dialect.line.join(lines)


def _other(other: dict[str, Any], dialect: Dialect) -> str:
    return f"• {dialect.text(other['outlet']['name'])}: {_linked(other['title'], other['url'], dialect)}"


# ---- size


def _sizes(text: str, dialect: Dialect) -> list[int]:
    return [limit.size(text) for limit in dialect.limits]


def _fits(sizes: Iterable[int], dialect: Dialect, spare: int) -> bool:
    return all(size + spare <= limit.most for size, limit in zip(sizes, dialect.limits, strict=True))


def _drop(
    said: dict[str, Any], parts: Sequence[_Part], dialect: Dialect, spare: int, only: _Rank | None = None
) -> list[_Part] | None:
    """Return the parts that fit, without the highest ranks' last ones; None where what must stay is too much already.
    `only`: nothing but this rank may go.
    """
    sized = [_sizes(part.lead + part.text, dialect) for part in parts]
    total = [sum(column) for column in zip(_sizes(_heading(said, dialect), dialect), *sized, strict=True)]
    going = sorted((number for number, part in enumerate(parts) if part.rank), key=lambda n: (-parts[n].rank, -n))
    going = [number for number in going if only is None or parts[number].rank is only]
    gone: set[int] = set()
    for number in [None, *going]:
        if number is not None:
            gone.add(number)
            total = [size - less for size, less in zip(total, sized[number], strict=True)]
        foot = _sizes(_foot(said, [parts[one] for one in sorted(gone)], dialect), dialect)
        if _fits((size + more for size, more in zip(total, foot, strict=True)), dialect, spare):
            return [part for one, part in enumerate(parts) if one not in gone]
    return None


def _paged(said: dict[str, Any], parts: Sequence[_Part], dialect: Dialect, spare: int) -> list[str]:
    """Return a digest without quotes in several messages."""
    full: list[list[_Part]] = [[]]
    dropped: list[_Part] = []
    # Room for the last one's names; where they are escaped to more than this, they are left out.
    worst = _Part("", "", _Rank.ITEM, "n" * PAGE_NAMES)
    empty = _sizes(_heading(said, dialect, " (10/10)") + _foot(said, [worst] * 2, dialect), dialect)
    total = empty
    for part in (part for part in parts if part.rank is not _Rank.QUOTE):
        size = _sizes(part.lead + part.text, dialect)
        whole = [one + other for one, other in zip(total, size, strict=True)]
        alone = [one + other for one, other in zip(empty, size, strict=True)]
        if _fits(whole, dialect, spare):
            total = whole
        elif len(full) < MAX_PAGES and _fits(alone, dialect, spare):
            full.append([])
            total = alone
        else:
            dropped.append(part)
            continue
        full[-1].append(part)
    texts = []
    for number, page in enumerate(full, 1):
        said_here = _heading(said, dialect, f" ({number}/{len(full)})") + "".join(
            part.lead + part.text for part in page
        )
        foot = _foot(said, dropped, dialect, names=PAGE_NAMES) if number == len(full) else dialect.paragraph + _id(said)
        if not _fits(_sizes(said_here + foot, dialect), dialect, spare):
            foot = _foot(said, dropped, dialect, names=0)
        texts.append(said_here + foot)
    return texts


def _least(said: dict[str, Any], dialect: Dialect, spare: int) -> str:
    """Return the first headline, shortened, with its link, where that fits: an address may be longer than a message."""
    entries = [*(item for section in said["sections"] for item in section["items"]), *said["changes"]]
    title, url = (entries[0]["title"], entries[0]["url"]) if entries else (said["title"], "")
    text = ""
    for address, most in [(url, most) for most in SHORT] + [("", most) for most in SHORT]:
        text = dialect.bold.format(_linked(escape.one_line(title, most), address, dialect))
        text += dialect.paragraph + _id(said)
        if _fits(_sizes(text, dialect), dialect, spare):
            break
    return text


# ---- the page


def _page(said: dict[str, Any], kept: Sequence[_Part], parts: Sequence[_Part], dialect: Dialect) -> str:
    gone = [part for part in parts if not any(part is one for one in kept)]
    body = "".join(part.lead + part.text for part in kept)
    return _heading(said, dialect) + body + _foot(said, gone, dialect)


def _heading(said: dict[str, Any], dialect: Dialect, which: str = "") -> str:
    return dialect.bold.format(dialect.text(escape.one_line(said["heading"], 200) + which))


def _foot(said: dict[str, Any], gone: Sequence[_Part], dialect: Dialect, *, names: int = NAMES) -> str:
    """Say how many articles were left out, and of whom, and the message's id."""
    outlets = [part.outlet for part in gone if part.outlet]
    count = len(outlets) + said["more"]
    if not count:
        return dialect.paragraph + _id(said)
    whose = escape.one_line(", ".join(dict.fromkeys(outlets)), names) if names else ""
    return (
        dialect.paragraph
        + dialect.text(f"and {count} more" + (f": {whose}" if whose else ""))
        + dialect.paragraph
        + _id(said)
    )


def _id(said: dict[str, Any]) -> str:
    return f"X-Monitor-Id: {said['id']}"
