"""Which articles are one story: the same text, a copy of it, or another text on the same event, within a week.

Exact and near texts are found by their sketches (texts.py), events by centroids of words, capitalised words and
numbers (space.py). An article that came before the others of its event is looked at again when they are there.
Wrongly joined articles cost an alert, wrongly separated ones a second mail, so doubt opens a new story.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.model import Article
from monitor.parse import digest
from monitor.placing import Member, Move, Placement, PlacementReason, Traits
from monitor.story.divide import halves
from monitor.story.due import Due
from monitor.story.groups import WINDOW, Group, Groups, Held
from monitor.story.space import Query, Setting, Space
from monitor.story.terms import Terms, read
from monitor.story.texts import FORM, Copy, Sketch, Texts, cut

# Fewer articles are not two events.
FEW = 4
# The nearest may be two parts of one event.
CROWD = slice(2, 10)
# With fewer articles of a language nothing is known of what stands around, nor which words are frequent: two quakes
# told in one form came to .57, 18 words of boilerplate to .5, one event told by two papers to .78.
COLD = 60
# Half a day before a story ends, while what is decided can still be told.
LAST_LOOK = WINDOW - timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Rules:
    """When articles are one event. `join`: least likeness, above `crowd` times that of the groups next to the nearest:
    where many are about as near, it is a topic, a form or a language that they share. `alone`: what is taken for the
    likeness of each of these that is missing while a language is new. `better`: by how much another story must be
    nearer for an article to leave its own. `look`: articles after which one is looked at again. `least`: distinct
    words. `apart`: see divide.py. `grown`: by how much a group grows until it is looked at again, from FEW articles on.
    `agree`: share of its names and numbers that a copy must have in common where it shares less than FORM. `named`,
    `common`: where the rarest capitalised word that both have is less rare than `named` (1: it stands nowhere else), so
    many times what is missing is asked for besides. Quarterly results share "Inc" and "Qtr" (half of them below .6);
    of articles of one event a quarter is below .74.
    """

    join: float = 0.19
    crowd: float = 0.75
    alone: float = 0.6
    better: float = 0.02
    look: int = 200
    least: int = 12
    apart: float = 0.67
    grown: float = 1.25
    agree: float = 0.2
    named: float = 0.8
    common: float = 2.0
    space: Setting = field(default_factory=Setting)


class Clusters:
    """The stories of the last week in memory. One owner: not thread-safe."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.groups = Groups(Space(self.rules.space))
        self._space = self.groups.space
        self._texts = Texts()
        self._count = 0
        self._again = Due(self.groups.members)
        self._grown: dict[int, Group] = {}

    def __len__(self) -> int:
        return len(self.groups)

    @property
    def live(self) -> int:
        """How many stories live."""
        return len(self.groups)

    # ---- placing

    def place(self, article: Article, traits: Traits, now: datetime, *, kept: bool, story: str = "") -> Placement:
        """Decide where an article stands and take it into memory. `kept`: it has hits. `story`: it is known to stand
        there. The same mark again replaces what was there. What is told of a story that has ended is not remembered.
        """
        mark = story_id(article)
        before = self.groups.members.get(mark)
        by_hand = before is not None and before.by_hand
        opened = now
        if before is not None and before.group is not None:
            # Its story began when it did, and stands where a person put it.
            opened = before.group.opened or now
            story = before.group.story if by_hand else story
            self._forget(before)
        self._end(now)
        terms, held = read(traits.terms)
        sketch = cut(traits.sketch)
        member = Held(mark, held, now, self._count, kept, by_hand)
        self._count += 1
        copied = self._texts.find(sketch, article.outlet, self._story_of)
        placement = self._choose(member, terms, copied, traits, story)
        group = self._group_for(member, terms, placement, opened, known=before is not None)
        if group is not None:
            self._take(group, member, terms, sketch, article.outlet)
        return placement

    def new_name(self, mark: str) -> bool:
        """Say whether an article has a name, said as often as half of its most frequent one, that none of its story
        had.
        """
        member = self.groups.members.get(mark)
        if member is None or member.group is None or len(member.group.members) < 2:
            return False
        known: set[int] = set()
        for one in member.group.members.values():
            if one is not member:
                terms = one.terms
                known.update(terms.ids[slice(*terms.cuts[1:3])].tolist())
        terms = member.terms
        start, end = terms.cuts[1:3]
        weights = terms.weights[start:end]
        loud = terms.ids[start:end][weights >= weights.max(initial=0.0) / 2]
        return not known.issuperset(loud.tolist())

    def _choose(self, member: Held, terms: Terms, copied: Copy | None, traits: Traits, story: str) -> Placement:
        reason, share, of, chosen = PlacementReason.NEW, 0.0, "", member.mark
        if copied is not None:
            other = self.groups.members[copied.mark]
            there = other.group is not None and story in ("", other.group.story)
            if other.group and there and self._is_copy(copied, terms, other):
                reason = PlacementReason.SAME_TEXT if copied.same else PlacementReason.NEAR_TEXT
                share, chosen = copied.share, other.group.story
                # What copied this very article before it was read again stays its copy.
                of = member.of = "" if other.of == member.mark else self._first(other)
        if reason is PlacementReason.NEW and not story and member.words >= self.rules.least:
            found, share = self._nearest(self._space.query(terms))
            if found is not None:
                reason, chosen = PlacementReason.SAME_EVENT, found.story
        if story:
            chosen = story
            if not of:
                reason = PlacementReason.NEW if story == member.mark else PlacementReason.SAME_EVENT
        return Placement(chosen, reason, member.mark, of, round(share, 3), member.at, traits)

    def _story_of(self, mark: str) -> str:
        group = self.groups.members[mark].group
        return group.story if group else ""

    def _is_copy(self, copied: Copy, terms: Terms, other: Held) -> bool:
        return copied.share >= FORM or self._space.agreement(terms, other.terms) >= self.rules.agree

    def _first(self, member: Held) -> str:
        """Return the mark of the text that a member copied, its own where it copied none that is there."""
        return member.of if member.of in self.groups.members else member.mark

    def _nearest(self, query: Query, without: Group | None = None) -> tuple[Group | None, float]:
        """Return the group most like an article where it is like enough, and how much."""
        own = without.row if without else -1
        rows = [row for row in self._space.near(query) if row != own]
        if not rows:
            return None, 0.0
        likeness = self._space.alike(query, rows).tolist()
        best = max(range(len(rows)), key=likeness.__getitem__)
        around = sum(sorted(likeness, reverse=True)[CROWD])
        if self._space.known(query.terms.language) < COLD:
            around += self.rules.alone * (CROWD.stop - max(CROWD.start, min(len(rows), CROWD.stop)))
        around /= CROWD.stop - CROWD.start
        least = self.rules.join + self.rules.crowd * around
        if likeness[best] >= least:
            least += self.rules.common * max(0.0, self.rules.named - self._space.rarest_name(query, rows[best]))
        if likeness[best] < least:
            return None, likeness[best]
        return self.groups.at(rows[best]), likeness[best]

    def _group_for(
        self, member: Held, terms: Terms, placement: Placement, opened: datetime, *, known: bool
    ) -> Group | None:
        """Return the group of the chosen story that an article goes into; None where the story is over."""
        if placement.of in self.groups.members:
            return self.groups.members[placement.of].group
        groups = self.groups.stories.get(placement.story_id, [])
        if groups:
            return self._closest(groups, terms)
        if placement.story_id != member.mark and not known:
            return None
        return self.groups.open(placement.story_id, terms.language, opened if known else member.at)

    def _closest(self, groups: list[Group], terms: Terms) -> Group:
        if len(groups) == 1 or not len(terms):
            return groups[0]
        likeness = self._space.alike(self._space.query(terms), [group.row for group in groups])
        return groups[int(likeness.argmax())]

    def _take(self, group: Group, member: Held, terms: Terms, sketch: Sketch, outlet: str) -> None:
        member.text = self._texts.add(member.mark, sketch, outlet)
        self.groups.add(group, member, terms)
        self._note_growth(group)
        most = len(self.groups.members)
        self._again.soon(member.number + self.rules.look, member.mark, most)
        if member.at is not None:
            start = min(member.at, group.opened or member.at)
            self._again.late(start + LAST_LOOK, member.number, member.mark, most)

    def withdraw(self, mark: str) -> None:
        """Take an article out of memory again: its write failed."""
        member = self.groups.members.get(mark)
        if member is not None:
            self._forget(member)

    def _forget(self, member: Held) -> None:
        self.groups.take_out(member)
        self._texts.drop(member.text)

    def _end(self, now: datetime) -> None:
        for member in self.groups.ends(now):
            self._texts.drop(member.text)

    # ---- what others decided

    def put(self, mark: str, story_id: str, *, by_hand: bool = False) -> None:
        """Let an article stand in that story: the store knew better, or a person moved it."""
        member = self.groups.members.get(mark)
        if member is None:
            return
        member.by_hand = member.by_hand or by_hand
        if member.group is not None and member.group.story != story_id:
            self.groups.take_out(member)
            member.of = ""
            terms = member.terms
            self.groups.add(self._home(member, terms, story_id), member, terms)

    def _home(self, member: Held, terms: Terms, story: str) -> Group:
        """Return the group of a story for an article that was put there. What a person put there may be like nothing
        in it, and is then a group of its own, so that what resembles it comes to the story.
        """
        groups = self.groups.stories.get(story, [])
        if groups and len(terms):
            likeness = self._space.alike(self._space.query(terms), [group.row for group in groups])
            best = int(likeness.argmax())
            if not member.by_hand or likeness[best] >= self.rules.join:
                return groups[best]
        elif groups:
            return groups[0]
        return self.groups.open(story, terms.language, member.at)

    def join(self, old: str, new: str) -> None:
        """Merge a story into another by hand: what resembles either comes to `new` from now on."""
        if old == new:
            return
        for group in self.groups.stories.get(old, []):
            for member in group.members.values():
                member.by_hand = True
        self.groups.rename(old, new)

    def restore(self, members: Iterable[Member]) -> None:
        """Take articles back after a restart, oldest first, without choosing. First looks that were due are done."""
        for one in members:
            if one.mark in self.groups.members:
                continue
            self._end(one.at)
            terms, held = read(one.traits.terms)
            sketch = cut(one.traits.sketch)
            member = Held(one.mark, held, one.at, self._count, one.kept, one.by_hand)
            self._count += 1
            copied = None if one.by_hand else self._texts.find(sketch, one.outlet, self._story_of)
            other = self.groups.members[copied.mark] if copied else None
            if copied and other and other.group and other.group.story == one.story_id:
                if self._is_copy(copied, terms, other):
                    member.of = self._first(other)
                group = other.group
            else:
                group = self._home(member, terms, one.story_id)
            self._take(group, member, terms, sketch, one.outlet)
        self._again.skip(self._count)
        for group in self._grown.values():
            group.checked = len(group.members)
        self._grown.clear()

    # ---- looking again

    def looks(self, now: datetime, most: int = 20) -> list[Move]:
        """Look again at what is due, `most` articles at most; return what moved, in memory already."""
        moves: list[Move] = []
        while self._grown and len(moves) < most:
            moves += self._divide(self._grown.pop(next(iter(self._grown))), now)
        for _ in range(most):
            mark = self._again.next(self._count, now)
            if mark is None:
                break
            moves += self._look(self.groups.members[mark])
        return moves

    def behind(self, now: datetime) -> bool:
        """Say whether more is due."""
        return bool(self._grown) or self._again.waits(self._count, now)

    def _look(self, member: Held) -> list[Move]:
        own = member.group
        if own is None or member.by_hand or member.of in own.members or member.words < self.rules.least:
            return []
        query = self._space.query(member.terms)
        best, likeness = self._nearest(query, own)
        if best is None or best.language != own.language:
            return []
        along = [one for one in own.members.values() if member.mark in (one.mark, one.of)]
        rest = own.basis(frozenset(one.mark for one in along))
        if rest and likeness < self._like(query, rest) + self.rules.better:
            return []
        if len(along) < len(own.members):
            return self._move(along, best, likeness)
        # The whole story meets another: the one that was told keeps its id, else the older one.
        if (own.kept, -own.number) > (best.kept, -best.number):
            others = list(best.members.values())
            return [] if any(one.by_hand for one in others) else self._move(others, own, likeness)
        return self._move(along, best, likeness)

    def _like(self, query: Query, members: list[Held]) -> float:
        return self._space.alike_to(query, [one.held for one in members])

    def _note_growth(self, group: Group) -> None:
        size = len(group.members)
        if size >= max(FEW, group.checked * self.rules.grown):
            self._grown[group.number] = group

    def _divide(self, group: Group, now: datetime) -> list[Move]:
        """Take a group apart that turned out to be two events. The part with hits keeps the id, else the older one."""
        group.checked = len(group.members)
        basis = group.basis()
        if len(basis) < FEW or any(one.by_hand for one in group.members.values()):
            return []
        sides = halves(self._space, [one.terms for one in basis], self.rules.apart)
        if sides is None:
            return []
        parts = ([one for one, first in zip(basis, sides, strict=True) if first],
                 [one for one, first in zip(basis, sides, strict=True) if not first])  # fmt: skip
        side_of = {one.mark: int(one in parts[1]) for one in basis}
        for one in group.members.values():
            if one.mark not in side_of:
                query = self._space.query(one.terms)
                nearer = self._like(query, parts[0]) >= self._like(query, parts[1])
                side_of[one.mark] = side_of.get(one.of, int(not nearer))
        told = [side_of[one.mark] for one in group.members.values() if one.kept]
        leaves = 1 - told[0] if told else 1
        leaving = [one for one in group.members.values() if side_of[one.mark] == leaves]
        fresh = digest.mark(group.story, f"{leaving[0].mark}\n{now.isoformat()}")
        new = self.groups.open(fresh, group.language, leaving[0].at)
        return self._move(leaving, new, 0.0)

    def _move(self, leaving: list[Held], new: Group, likeness: float) -> list[Move]:
        moves = []
        for member in leaving:
            old = member.group.story if member.group else ""
            self.groups.take_out(member)
            self.groups.add(new, member, member.terms)
            self._note_growth(new)
            if old != new.story:
                reason = PlacementReason.NEAR_TEXT if member.of else PlacementReason.SAME_EVENT
                whole = old not in self.groups.stories
                moves.append(Move(member.mark, old, new.story, reason, round(likeness, 3), member.of, whole))
        return moves


def story_id(article: Article) -> str:
    """Return the id of the story that this article opens: 16 hex digits, the same after a restart."""
    return digest.mark(article.outlet, article.canonical_url or article.url)
