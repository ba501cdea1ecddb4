"""Which articles are one story: the same or nearly the same text, from whichever outlet, within a week.

Wrongly joined articles cost an alert, wrongly separated ones a second mail, so doubt opens a new story.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b

from monitor.model import Article
from monitor.parse.digest import mark as article_mark
from monitor.placing import Member, Placement, PlacementReason, Traits
from monitor.story.fingerprint import fingerprint as sketch_of
from monitor.story.fingerprint import overlap

NEAR = 0.6
"""Least share of the shorter text that the longer one must hold."""
# A round-up quotes whole briefs and is another article: this much of the new text must be known.
KNOWN_PART = 0.2
# Fewer grams than these (a headline) say too little to compare; only the very same ones of one outlet join.
MIN_SHARED = 8
# A gram in more stories than these is boilerplate ("subscribe to our newsletter").
COMMON = 8
WINDOW = timedelta(days=7)
# About 13 kB a story.
MAX_STORIES = 10_000
MAX_VERSIONS = 8
MAX_CANDIDATES = 20


@dataclass(slots=True)
class _Story:
    id: str
    opened: datetime | None
    last: datetime | None
    versions: list[tuple[int, ...]] = field(default_factory=list)


class Clusters:
    """The stories of the last week in memory. One owner: not thread-safe."""

    def __init__(self, known: Iterable[Member] = ()) -> None:
        self._stories: OrderedDict[str, _Story] = OrderedDict()
        self._index: dict[int, tuple[str, ...]] = {}
        for member in known:
            self.accept(
                Placement(member.story_id, PlacementReason.NEW, member.mark, at=member.at, traits=member.traits)
            )

    def __len__(self) -> int:
        return len(self._stories)

    def assign(
        self, article: Article, fingerprint: tuple[int, ...] | None = None, now: datetime | None = None
    ) -> Placement:
        """Decide where an article belongs; changes nothing. Without `now` no story is too old."""
        if fingerprint is None:
            fingerprint = sketch_of(article.title, article.body or article.standfirst)
        if len(fingerprint) < MIN_SHARED:
            return self._assign_short(article, fingerprint, now)
        story, share, same = self._nearest(fingerprint, now)
        if story is None:
            return Placement(
                story_id(article), PlacementReason.NEW, story_id(article), at=now, traits=Traits(fingerprint)
            )
        reason = PlacementReason.SAME_TEXT if same else PlacementReason.NEAR_TEXT
        return Placement(story.id, reason, story_id(article), "", round(share, 3), now, Traits(fingerprint))

    def accept(self, placement: Placement) -> None:
        """Take a decision into memory, and forget what has been idle for a week before it."""
        story = self._stories.pop(placement.story_id, None) or _Story(placement.story_id, placement.at, placement.at)
        self._stories[story.id] = story
        if placement.at is not None and (story.last is None or placement.at > story.last):
            story.last = placement.at
        if placement.traits.sketch not in story.versions and len(story.versions) < MAX_VERSIONS:
            story.versions.append(placement.traits.sketch)
            own = (story.id,)
            for gram in placement.traits.sketch:
                holders = self._index.get(gram)
                if holders is None:
                    self._index[gram] = own
                elif len(holders) <= COMMON and story.id not in holders:
                    self._index[gram] = holders + own
        self._forget(placement.at)

    def _assign_short(self, article: Article, grams: tuple[int, ...], now: datetime | None) -> Placement:
        if not grams:
            return Placement(story_id(article), PlacementReason.NEW, story_id(article), at=now)
        mark = _mark(article.outlet, grams)
        for known in self._index.get(mark, ()):
            if self._fresh(self._stories[known], now):
                return Placement(known, PlacementReason.SAME_TEXT, story_id(article), "", 1.0, now, Traits((mark,)))
        return Placement(story_id(article), PlacementReason.NEW, story_id(article), at=now, traits=Traits((mark,)))

    def _nearest(self, grams: tuple[int, ...], now: datetime | None) -> tuple[_Story | None, float, bool]:
        """Find the story with the text nearest to this one: it, the share in common, whether it is the same."""
        common = {gram for gram in grams if len(self._index.get(gram, ())) > COMMON}
        counts = Counter(known for gram in grams if gram not in common for known in self._index.get(gram, ()))
        best: tuple[float, int, str] = (0.0, 0, "")
        for known, count in counts.most_common(MAX_CANDIDATES):
            story = self._stories[known]
            if count < MIN_SHARED or not self._fresh(story, now):
                continue
            for version in story.versions:
                shared, size, other = overlap(grams, version, common)
                if shared < MIN_SHARED or shared < KNOWN_PART * size:
                    continue
                best = max(best, (shared / min(size, other), shared, known))
        share, _, known = best
        if share < NEAR:
            return None, share, False
        return self._stories[known], share, grams in self._stories[known].versions

    @staticmethod
    def _fresh(story: _Story, now: datetime | None) -> bool:
        """Say whether a story may still grow. It ends a week after it began, however often it was printed since: a
        daily report of which four fifths never change would be told once in its life.
        """
        return now is None or story.opened is None or now - story.opened <= WINDOW

    @staticmethod
    def _idle(story: _Story, now: datetime | None) -> bool:
        return now is not None and story.last is not None and now - story.last > WINDOW

    def _forget(self, now: datetime | None) -> None:
        while self._stories:
            oldest = next(iter(self._stories.values()))
            if len(self._stories) <= MAX_STORIES and not self._idle(oldest, now):
                return
            del self._stories[oldest.id]
            for version in oldest.versions:
                for gram in version:
                    holders = tuple(known for known in self._index.get(gram, ()) if known != oldest.id)
                    if holders:
                        self._index[gram] = holders
                    else:
                        self._index.pop(gram, None)


def story_id(article: Article) -> str:
    """Return the id of the story that this article opens: 16 hex digits, the same after a restart."""
    return article_mark(article.outlet, article.canonical_url or article.url)


def _mark(outlet: str, grams: tuple[int, ...]) -> int:
    """Stand for a text too short to compare: one number of its outlet and its grams."""
    text = f"{outlet}\n{' '.join(map(str, grams))}"
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1
