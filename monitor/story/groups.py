"""The groups of articles in memory: each a centroid with its members, under the id of its story.

A story is one group; it is several where a person merged stories that are not alike, so that what resembles any of
them still finds it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from monitor.placing import REMEMBERED, UNTOLD_SHARE
from monitor.story.due import SPARE
from monitor.story.space import Space
from monitor.story.terms import NOTHING, Terms, terms, words

WINDOW = timedelta(days=7)
# With hits, without.
MAX_KEPT, MAX_OTHERS = 10_000, 5_000
# Of all together.
MAX_ARTICLES = REMEMBERED
# So many groups without hits stay however many there are with: what comes now must find what came just before.
LEAST_OTHERS = MAX_ARTICLES // UNTOLD_SHARE
# Of one story printed by thousands the first and the newest say all that is asked of it.
MAX_MEMBERS = 256
# A group's centroid is of its first and its newest members: a story moves on, and a big one costs no more.
FIRST, NEWEST = 4, 8


@dataclass(slots=True)
class Held:
    """An article in memory. `held`: its terms; see terms.py. `number`: how many came before it. `text`: the number of
    its text; see texts.py.
    """

    mark: str
    held: bytes
    at: datetime | None
    number: int
    kept: bool
    by_hand: bool = False
    of: str = ""
    group: Group | None = None
    text: int = -1

    @property
    def terms(self) -> Terms:
        """Return its terms, made anew each time."""
        return terms(self.held)

    @property
    def words(self) -> int:
        """Return how many different words it has."""
        return words(self.held)


@dataclass(slots=True, eq=False)
class Group:
    """Articles with one centroid. `story`: the id they stand under. `row`: see space.py."""

    story: str
    row: int
    number: int
    opened: datetime | None
    language: bytes
    members: dict[str, Held] = field(default_factory=dict)
    checked: int = 0
    """How many articles it had when it was last found to be one event."""

    @property
    def kept(self) -> bool:
        """Say whether one of its articles has hits."""
        return any(one.kept for one in self.members.values())

    def basis(self, without: frozenset[str] = frozenset()) -> list[Held]:
        """Return whom its centroid is made of; copies count once."""
        own = [
            one
            for one in self.members.values()
            if one.of not in self.members and len(one.held) > len(NOTHING) and one.mark not in without
        ]
        return own if len(own) <= FIRST + NEWEST else own[:FIRST] + own[-NEWEST:]

    def spare(self) -> Held:
        """Return whom it can do without: neither of the first nor of the newest, rather a copy than another, one
        without hits than one with, and nobody that a person put there as long as there are others.
        """
        middle = list(self.members.values())[FIRST:-NEWEST]
        return min(middle, key=lambda one: (one.by_hand, one.kept, one.of not in self.members))


class Groups:
    """All groups in memory. One owner."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.stories: dict[str, list[Group]] = {}
        self.members: dict[str, Held] = {}
        self._by_row: dict[int, Group] = {}
        self._numbers: dict[int, Group] = {}
        self._ages: list[tuple[datetime, int]] = []
        self._active: tuple[OrderedDict[int, Group], OrderedDict[int, Group]] = (OrderedDict(), OrderedDict())
        self._next = 0
        self._spared: list[Held] = []

    def __len__(self) -> int:
        return len(self.stories)

    def at(self, row: int) -> Group:
        """Return the group of a row."""
        return self._by_row[row]

    def open(self, story: str, language: bytes, opened: datetime | None) -> Group:
        """Open a group under a story's id."""
        group = Group(story, self.space.take(), self._next, opened, language)
        self._next += 1
        self.stories.setdefault(story, []).append(group)
        self._by_row[group.row] = self._numbers[group.number] = group
        if opened is not None:
            heappush(self._ages, (opened, group.number))
            if len(self._ages) > 2 * len(self._numbers) + SPARE:
                self._ages = [age for age in self._ages if age[1] in self._numbers]
                heapify(self._ages)
        return group

    def add(self, group: Group, member: Held, terms: Terms) -> None:
        """Put an article with these terms in a group."""
        group.members[member.mark] = self.members[member.mark] = member
        member.group = group
        self.space.count(terms, 1)
        if len(group.members) > MAX_MEMBERS:
            self._spared.append(self._part(group.spare()))
        self._refill(group)
        self._touch(group)

    def take_out(self, member: Held) -> None:
        """Take an article out of its group; an empty group ends."""
        group = member.group
        if group is None:
            return
        self._part(member)
        if group.members:
            self._refill(group)
            if group.number not in self._active[group.kept]:
                self._touch(group)
        else:
            self._end(group)

    def rename(self, old: str, new: str) -> None:
        """Put all groups of a story under another story's id."""
        moved = self.stories.pop(old, [])
        for group in moved:
            group.story = new
        self.stories.setdefault(new, []).extend(moved)

    def ends(self, now: datetime) -> list[Held]:
        """End what began a week ago, and what was idle longest where there are too many; return who left."""
        left, self._spared = self._spared, []
        while self._ages and now - self._ages[0][0] > WINDOW:
            group = self._numbers.get(heappop(self._ages)[1])
            if group is not None:
                left += self._leave(group)
        others, kept = self._active
        while len(others) > MAX_OTHERS:
            left += self._leave(next(iter(others.values())))
        while len(kept) > MAX_KEPT:
            left += self._leave(next(iter(kept.values())))
        while len(self.members) > MAX_ARTICLES:
            first = others if len(others) > LEAST_OTHERS or not kept else kept
            left += self._leave(next(iter(first.values())))
        return left

    def _leave(self, group: Group) -> list[Held]:
        left = [self._part(member) for member in list(group.members.values())]
        self._end(group)
        return left

    def _part(self, member: Held) -> Held:
        if member.group is not None:
            del member.group.members[member.mark], self.members[member.mark]
        member.group = None
        self.space.count(member.terms, -1)
        return member

    def _refill(self, group: Group) -> None:
        basis = group.basis()
        if basis:
            self.space.fill(group.row, [one.held for one in basis])

    def _touch(self, group: Group) -> None:
        for active in self._active:
            active.pop(group.number, None)
        self._active[group.kept][group.number] = group

    def _end(self, group: Group) -> None:
        self.space.drop(group.row)
        del self._by_row[group.row], self._numbers[group.number]
        for active in self._active:
            active.pop(group.number, None)
        others = [one for one in self.stories.get(group.story, ()) if one is not group]
        if others:
            self.stories[group.story] = others
        else:
            self.stories.pop(group.story, None)
