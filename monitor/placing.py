"""Where articles stand among stories: the records between story/, the pipeline and the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Articles that stories hold in memory, and read back at a restart; one in so many at least is of a story without hits,
# where there are so many. Where each is full (225 terms, 128 grams) they take 35 MB with two articles a story, 44 with
# one. At five articles a second, of which one in a hundred has hits, those are of a day, the others of ten minutes and
# more.
REMEMBERED, UNTOLD_SHARE = 8_000, 3


@dataclass(frozen=True, slots=True)
class Traits:
    """What articles are compared by, made in the reader: hashes only. `sketch`: see story/fingerprint.py. `terms`:
    packed by story/traits.py, a version in its first byte.
    """

    sketch: tuple[int, ...] = ()
    terms: bytes = b""


class PlacementReason(StrEnum):
    """Why an article stands in its story."""

    NEW = "new"
    SAME_TEXT = "same_text"
    NEAR_TEXT = "near_text"
    """A copy, cut or extended."""
    SAME_EVENT = "same_event"
    """Written anew about the same event."""
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Placement:
    """A decision of story/cluster.py. `mark`: 16 hex digits that stand for the article before it has a number; `of`:
    that of the article whose text it copies. `similarity` in [0, 1].
    """

    story_id: str
    reason: PlacementReason
    mark: str = ""
    of: str = ""
    similarity: float = 0.0
    at: datetime | None = None
    traits: Traits = Traits()


@dataclass(frozen=True, slots=True)
class Move:
    """A second look's verdict: the article of this mark leaves `old` for `new`. `whole`: it is the last of its story,
    which ends as an alias of the new one.
    """

    mark: str
    old: str
    new: str
    reason: PlacementReason
    similarity: float = 0.0
    of: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """An article as stories remember it over a restart. `kept`: its story has hits."""

    mark: str
    story_id: str
    at: datetime
    traits: Traits
    outlet: str = ""
    kept: bool = False
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class StoryOrder:
    """What a person decided: `join` all of the story `story_id` into `other`, or `move` the article of `mark` there."""

    id: int
    kind: str
    story_id: str
    other: str
    mark: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Kinship:
    """Two stories of different languages that tell the same. `score` in [0, 1]; `why`: what they share, for people."""

    a: str
    b: str
    score: float
    why: str
