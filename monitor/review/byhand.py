"""Stories merged and split by a person: what may be done, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import StoreError
from monitor.ports import Store


@dataclass(frozen=True, slots=True)
class Done:
    """Articles that went from one story to another. `old` goes on as an alias of `new` where it was merged."""

    old: str
    new: str
    articles: tuple[int, ...]


def merge(store: Store, old: str, new: str, now: datetime) -> Done:
    """Merge story `old` into `new`, named by any id they ever had. Raises StoreError where that cannot be."""
    with store.transaction():
        source, target = _story(store, old), _story(store, new)
        if source == target:
            raise StoreError(f"{old} and {new} are one story already: {target}")
        articles = tuple(sorted(one.article.id for one in store.stories.timeline(source)))
        store.stories.join(source, target, now)
    return Done(source, target, articles)


def split(store: Store, article_ids: Sequence[int], now: datetime) -> Done:
    """Make articles of one story a story of their own. Raises StoreError where that cannot be."""
    wanted = tuple(dict.fromkeys(article_ids))
    with store.transaction():
        placed = {one.article.id: one.article.story_id for one in store.stories.placed(wanted)}
        for number in wanted:
            if number not in placed:
                raise StoreError(f"there is no article {number} in any story: `monitor story show` lists a story's")
        stories = sorted(set(placed.values()))
        if len(stories) > 1:
            raise StoreError(
                f"these are articles of {len(stories)} stories ({', '.join(stories)}): split one at a time"
            )
        if len(store.stories.timeline(stories[0])) == len(wanted):
            raise StoreError(f"these are all articles of story {stories[0]}: there is nothing to split them from")
        new = store.stories.split(wanted, now)
    return Done(stories[0], new, wanted)


def _story(store: Store, story_id: str) -> str:
    if not store.stories.known(story_id):
        raise StoreError(f"there is no story {story_id}: `monitor story list` shows the newest")
    return store.stories.resolve(story_id)
