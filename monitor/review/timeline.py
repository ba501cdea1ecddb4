"""How a story went: who had it first, who copied whom, who wrote anew, which agency, what tells the same elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.placing import PlacementReason
from monitor.ports import Store
from monitor.views import ArticleRow, Placed

_COPIES = frozenset({PlacementReason.SAME_TEXT, PlacementReason.NEAR_TEXT})


class Part(StrEnum):
    """What an article is in its story."""

    FIRST = "first"
    COPY = "copy"
    ANEW = "anew"
    """Another text on the same event."""
    BY_HAND = "by_hand"
    """A person put it there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of a story. `at`: when it appeared; `copy_of`: the first article with its text, 0 where it is that."""

    at: datetime
    part: Part
    article: ArticleRow
    copy_of: int = 0
    similarity: float = 0.0
    wire: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """A story of another language that tells the same. `first`: its first article; None: it has none any more."""

    story_id: str
    score: float
    why: str
    first: ArticleRow | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A story's articles, oldest first. `id`: what it is called today, whatever it was asked for as."""

    id: str
    entries: tuple[Entry, ...]
    related: tuple[Related, ...] = ()

    @property
    def agencies(self) -> tuple[str, ...]:
        """The agencies that its articles name, the most frequent first."""
        named = Counter(one.wire for one in self.entries if one.wire)
        return tuple(name for name, _ in named.most_common())


def timeline(store: Store, story_id: str) -> Timeline | None:
    """Return the timeline of a story by any id it ever had; None where there never was such a story."""
    if not store.stories.known(story_id):
        return None
    today = store.stories.resolve(story_id)
    related = []
    for kin in store.stories.kin(today):
        other = kin.b if kin.a == today else kin.a
        articles = store.stories.timeline(other)
        related.append(Related(other, kin.score, kin.why, articles[0].article if articles else None))
    return Timeline(today, _entries(store.stories.timeline(today)), tuple(related))


def _entries(placed: list[Placed]) -> tuple[Entry, ...]:
    """Say of each article what it is. The first with a text is its original: a copy may have been read before it."""
    firsts: dict[int, int] = {}
    entries: list[Entry] = []
    for one in placed:
        article = one.article
        first = firsts.setdefault(original(article.id, one, placed[0].article.id), article.id)
        if first != article.id:
            part = Part.COPY
        elif not entries:
            part = Part.FIRST
        else:
            part = Part.BY_HAND if one.reason is PlacementReason.BY_HAND else Part.ANEW
        copied = first if part is Part.COPY else 0
        entries.append(Entry(came(article), part, article, copied, one.similarity if copied else 0.0, one.wire))
    return tuple(entries)


def original(article_id: int, place: Placed | None, first: int) -> int:
    """Return the article whose text this one has: itself, or what it copies. Of a copy of an unknown one that is the
    first of the story.
    """
    if place is None or place.reason not in _COPIES:
        return article_id
    return place.copy_of or first


def came(article: ArticleRow) -> datetime:
    """Return when an article appeared; what is dated ahead did by the time it was read."""
    return min(article.published or article.fetched_at, article.fetched_at)
