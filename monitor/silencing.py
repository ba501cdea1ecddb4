"""Silences as people ask for them, by a command or on the page: what is refused and in which words."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Known:
    """The names there are, by the key of a matcher. Stories are in the store."""

    rules: Iterable[Rule]
    outlets: Iterable[Outlet]

    def names(self, key: str) -> set[str] | None:
        """Return those of a key; None where any name will do."""
        match key:
            case "rule":
                return {rule.id for rule in self.rules}
            case "tag":
                return {tag for rule in self.rules for tag in rule.tags}
            case "outlet":
                return {outlet.id for outlet in self.outlets}
            case "outlet_tag":
                return {tag for outlet in self.outlets for tag in outlet.tags}
            case "severity":
                return {"low", "normal", "high"}
        return None


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


def add(store: Store, wanted: Silence, known: Known | None, now: datetime, when: When) -> Silence:
    """Write a silence and return it with its id. The same of the same author a moment ago is returned in its place.
    `known`: None for who insists. Raises DoubtfulError.
    """
    with store.transaction():
        wanted = replace(wanted, matchers=_today(store, wanted.matchers))
        alike = [one for one in store.silences.active(now) if set(one.matchers) == set(wanted.matchers)]
        for one in alike:
            if _is_twin(one, wanted):
                return one
        if known is not None:
            doubts = [*_unknown(wanted.matchers, known, store), *_needless(wanted, alike, when)]
            if doubts:
                raise DoubtfulError("; ".join(doubts))
        return replace(wanted, id=store.silences.add(wanted, now))


def _today(store: Store, matchers: Matchers) -> Matchers:
    """Name a story by the id that its hits have: it may have been merged into another."""
    return tuple((key, store.stories.resolve(pattern) if key == "story" else pattern) for key, pattern in matchers)


def _unknown(matchers: Matchers, known: Known, store: Store) -> Iterator[str]:
    """Say which names without wildcard nothing has."""
    for key, pattern in matchers:
        if is_wild(pattern):
            continue
        if key == "story" and not store.stories.known(pattern):
            yield f"there is no story {one_line(pattern)}: `monitor story list` shows the newest"
        names = known.names(key)
        if names is not None and pattern not in names:
            near = difflib.get_close_matches(pattern, names, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            yield f"there is no {key.replace('_', ' ')} {pattern!r}{meant}"


def _needless(wanted: Silence, alike: Sequence[Silence], when: When) -> Iterator[str]:
    """Say which silences hold on the same for all of its time."""
    for one in alike:
        if one.starts_at <= wanted.starts_at and one.ends_at >= wanted.ends_at - SAME:
            author = f" of {one_line(one.author)}" if one.author else ""
            yield f"silence {one.id}{author} holds on the same until {when(one.ends_at)}"


def _is_twin(one: Silence, other: Silence) -> bool:
    same = (one.author, one.comment) == (other.author, other.comment)
    times = ((one.starts_at, other.starts_at), (one.ends_at, other.ends_at))
    return same and all(abs(a - b) < SAME for a, b in times)
