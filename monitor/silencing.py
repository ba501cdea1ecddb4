"""Silences as people ask for them, by a command or on the page: what is refused and in which words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, datetime, timedelta

from monitor.model import Outlet, Rule, Silence
from monitor.ports import Store
from monitor.safe import one_line
from monitor.settings.amounts import seconds

_WILD = frozenset("*?[")
# A length is a year at most.
_YEARS = 2
# Two silences that differ by less are the same: a button pressed twice, or by two people at once.
SAME = timedelta(minutes=1)

Matchers = tuple[tuple[str, str], ...]
When = Callable[[datetime], str]


class DoubtfulError(ValueError):
    """It would silence nothing, as far as anybody can tell. Who insists has it all the same."""


def unknown(matchers: Matchers, rules: Sequence[Rule], outlets: Sequence[Outlet]) -> list[str]:
    """Say which names without wildcard nothing has that is configured. Of 100,000 rules it takes a second to say which
    is near: this is not for a transaction.
    """
    known = {
        "rule": {rule.id for rule in rules},
        "tag": {tag for rule in rules for tag in rule.tags},
        "outlet": {outlet.id for outlet in outlets},
        "outlet_tag": {tag for outlet in outlets for tag in outlet.tags},
        "severity": {"low", "normal", "high"},
    }
    found = []
    for key, pattern in matchers:
        if key in known and not is_wild(pattern) and pattern not in known[key]:
            near = difflib.get_close_matches(pattern, known[key], 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            found.append(f"there is no {key.replace('_', ' ')} {pattern!r}{meant}")
    return found


def is_wild(pattern: str) -> bool:
    """Say whether a pattern may hold on more than one name."""
    return not _WILD.isdisjoint(pattern)


def length(text: str) -> timedelta:
    """Read `30m`, `4h`, `3d`. Raises ValueError."""
    try:
        found = seconds(text)
    except ValueError as error:
        raise ValueError(f"{text!r}: expected {error}") from None
    if found <= 0:
        raise ValueError("a silence lasts longer than nothing")
    return timedelta(seconds=found)


def ending(begins: datetime, lasts: timedelta, now: datetime, when: When) -> datetime:
    """Return when it ends. `when`: writes a time for people. Raises ValueError where that is over, or too far away."""
    # In a year at either end there are times that another time zone has no date for.
    if not MINYEAR < begins.year < MAXYEAR - _YEARS:
        raise ValueError("it would begin too far away")
    ends = begins + lasts
    if ends <= now:
        raise ValueError(f"it would have ended at {when(ends)}: nothing that was told is taken back")
    return ends


def comment(text: str) -> str:
    """Return why it is. Raises ValueError where nobody says."""
    if not text.strip():
        raise ValueError("the comment says why: whoever looks for a missing alert reads it")
    return text


def add(store: Store, wanted: Silence, doubts: Sequence[str] | None, now: datetime, when: When) -> Silence:
    """Write a silence and return it with its id. The same of the same author a moment ago is returned in its place.
    `doubts`: what `unknown` says of it; None for who insists. Raises DoubtfulError.
    """
    with store.transaction():
        wanted = replace(wanted, matchers=_today(store, wanted.matchers))
        alike = [one for one in store.silences.active(now) if set(one.matchers) == set(wanted.matchers)]
        for one in alike:
            if _is_twin(one, wanted):
                return one
        if doubts is not None:
            found = [*doubts, *_untold(wanted.matchers, store), *_needless(wanted, alike, when)]
            if found:
                raise DoubtfulError("; ".join(found))
        return replace(wanted, id=store.silences.add(wanted, now))


def _today(store: Store, matchers: Matchers) -> Matchers:
    """Name a story by the id that its hits have: it may have been merged into another."""
    return tuple((key, store.stories.resolve(pattern) if key == "story" else pattern) for key, pattern in matchers)


def _untold(matchers: Matchers, store: Store) -> Iterator[str]:
    for key, pattern in matchers:
        if key == "story" and not is_wild(pattern) and not store.stories.known(pattern):
            yield f"there is no story {one_line(pattern)}: `monitor story list` shows the newest"


def _needless(wanted: Silence, alike: Sequence[Silence], when: When) -> Iterator[str]:
    """Say which silences hold on the same for all of its time."""
    for one in alike:
        # Of two that come at once, the later may be written first.
        if one.starts_at <= wanted.starts_at + SAME and one.ends_at >= wanted.ends_at - SAME:
            author = f" of {one_line(one.author)}" if one.author else ""
            yield f"silence {one.id}{author} holds on the same until {when(one.ends_at)}"


def _is_twin(one: Silence, other: Silence) -> bool:
    same = (one.author, one.comment) == (other.author, other.comment)
    times = ((one.starts_at, other.starts_at), (one.ends_at, other.ends_at))
    return same and all(abs(a - b) < SAME for a, b in times)
