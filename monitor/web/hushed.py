"""Silences as screens show them, and the form for a new one: plain values. No HTML here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar
from urllib.parse import urlencode

from monitor import silencing
from monitor.errors import AlertReason
from monitor.model import Silence
from monitor.notify.silences import KEYS, named, parse, written
from monitor.ports import Store
from monitor.review import objects
from monitor.review.times import moment, strange
from monitor.views_alerts import Decided
from monitor.web.asked import MOST, NAMES

T = TypeVar("T")
USUAL = ("1h", "4h", "12h", "1d", "3d", "7d")
"""The lengths to choose from; any other is written."""
FIELDS = (*KEYS, "for", "other", "from", "author", "comment")
ENDED = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A silence with its matchers as they are written, and whether it waits, is active or has ended."""

    silence: Silence
    what: str
    state: str


def row(one: Silence, now: datetime) -> Row:
    """Return a silence as it stands now."""
    return Row(one, written(one.matchers), objects.state(one, now))


@dataclass(frozen=True, slots=True)
class Listed:
    """Those that have not ended, newest first, and those that ended last."""

    lasting: tuple[Row, ...]
    ended: tuple[Row, ...]


def listed(store: Store, now: datetime) -> Listed:
    """Return what is silenced, and what was lately."""
    lasting, ended = store.silences.active(now)[::-1], store.silences.ended(now, limit=ENDED)
    return Listed(tuple(row(one, now) for one in lasting), tuple(row(one, now) for one in ended))


@dataclass(frozen=True, slots=True)
class Shown:
    """A silence, and the others that last on the same: to end one of them alone changes nothing. `hits`: the query
    string of the hits it holds on; "" where the screen of hits cannot be asked for them.
    """

    row: Row
    alike: tuple[Row, ...]
    hits: str


def one(store: Store, number: int, now: datetime) -> Shown | None:
    """Return a silence; None where there is none of that number."""
    found = store.silences.get(number)
    if found is None:
        return None
    others = [other for other in store.silences.active(now) if other.id != number]
    alike = [row(other, now) for other in others if set(other.matchers) == set(found.matchers)]
    return Shown(row(found, now), tuple(alike), _hits(found))


def _hits(one: Silence) -> str:
    if any(key not in NAMES or silencing.is_wild(pattern) for key, pattern in one.matchers):
        return ""
    times = (("since", one.starts_at.isoformat()), ("until", one.ends_at.isoformat()))
    return urlencode([*dict(one.matchers).items(), *times])


def of(store: Store, decided: Iterable[Decided]) -> dict[int, Silence]:
    """Return the silences that decisions were made for, by id."""
    numbers = {named(each.detail) for each in decided if each.reason is AlertReason.SILENCED} - {0}
    found = (store.silences.get(number) for number in sorted(numbers))
    return {each.id: each for each in found if each is not None}


# ---- the form


class UnfitError(ValueError):
    """A field that cannot be used, and why."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


def asked(given: Mapping[str, str]) -> dict[str, str]:
    """Read a query string into the fields of the form."""
    return sent({name: text[:MOST] for name, text in given.items()})


def sent(given: Mapping[str, str]) -> dict[str, str]:
    """Return every field of the form, "" for what was not sent. A length that is not offered counts as written."""
    words = {name: given.get(name, "").strip() for name in FIELDS}
    if words["for"] not in USUAL:
        words["other"], words["for"] = words["other"] or words["for"], ""
    return words


def wished(words: Mapping[str, str], now: datetime, zone: tzinfo, when: silencing.When) -> Silence:
    """Return the silence that a form asks for. `zone`: of a time that names none. Raises UnfitError."""
    matchers = _read(KEYS[0], parse, written((key, words[key]) for key in KEYS if words[key]))
    field = "other" if words["other"] else "for"
    lasts = _read(field, silencing.length, words[field])
    begins = _read("from", lambda text: _begins(text, now, zone), words["from"])
    ends = _read("from" if words["from"] else field, lambda _: silencing.ending(begins, lasts, now, when), "")
    if not words["author"]:
        raise UnfitError("author", "say who you are: the page has one password and no users")
    return Silence(0, matchers, begins, ends, words["author"], _read("comment", silencing.comment, words["comment"]))


def _begins(text: str, now: datetime, zone: tzinfo) -> datetime:
    found = moment(text, now, zone) if text else now
    if found is None:
        raise ValueError(strange(text))
    return found


def _read(field: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise UnfitError(field, str(error)) from None
