"""What the pipeline asks of the store about stories; named from ports_store.py. All datetimes are aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.placing import REMEMBERED, Kinship, Member, Move, Placement, StoryOrder
from monitor.views import Placed, StoryRow


class Stories(Protocol):
    """Where articles stand, what moves them; what stories need after a restart."""

    def place(self, placement: Placement, article_id: int, now: datetime) -> None:
        """Write an article's place and what it is compared by; a new story is opened."""
        ...

    def members(self, since: datetime, *, newest: int = REMEMBERED) -> list[Member]:
        """Return the newest articles placed since, oldest first, with what they are compared by: so many at most, those
        whose stories have hits first, but a third of them from other stories where there are such.
        """
        ...

    def forget_traits(self, before: datetime, *, limit: int) -> int:
        """Drop what articles placed before are compared by; return how many."""
        ...

    def move(self, moves: Sequence[Move], now: datetime) -> None:
        """Carry out second looks: articles, hits and alerts go to the new story, which counts as told where the
        article's hit was. A story that ended stays as an alias.
        """
        ...

    def outlets(self, story_id: str) -> int:
        """Count the outlets that tell a story."""
        ...

    def resolve(self, story_id: str) -> str:
        """Return the story that an id stands for today."""
        ...

    def known(self, story_id: str) -> bool:
        """Say whether there is or was such a story."""
        ...

    def join(self, old: str, new: str, now: datetime) -> int:
        """Merge a story into another by order of a person; return the number of the order."""
        ...

    def split(self, article_ids: Sequence[int], now: datetime) -> str:
        """Make these articles, all of one story, a story of their own by order of a person; return its id."""
        ...

    def orders(self, after: int) -> list[StoryOrder]:
        """Return what persons decided since that order, oldest first."""
        ...

    def relate(self, kin: Sequence[Kinship]) -> None:
        """Link stories of different languages."""
        ...

    def kin(self, story_id: str) -> list[Kinship]:
        """Return the links of a story, the surest first."""
        ...

    def timeline(self, story_id: str) -> list[Placed]:
        """Return the articles of a story as they appeared, oldest first; one dated ahead did when it was read."""
        ...

    def placed(self, article_ids: Sequence[int]) -> list[Placed]:
        """Return where these articles stand, by id; those in no story are left out."""
        ...

    def newest(self, limit: int, *, top: int | None = None, before: int | None = None) -> list[StoryRow]:
        """Return the stories of the newest hits, newest first. `top`: as if no hit above this id had come yet, so that
        a walk has no gap where hits come meanwhile; `before`: only those whose newest hit has a lower id.
        """
        ...
