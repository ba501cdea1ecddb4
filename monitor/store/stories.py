"""Where an article stands; what clusters need after a restart."""

from __future__ import annotations

from datetime import datetime

from monitor.placing import Placement, PlacementReason, Traits
from monitor.store.codec import moment, pack_numbers, stamp, unpack_numbers
from monitor.store.rows import Sql

_PLACE = """
INSERT INTO placements (article_id, story_id, reason, fingerprint, similarity, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (article_id) DO UPDATE SET
    story_id = excluded.story_id, reason = excluded.reason, fingerprint = excluded.fingerprint,
    similarity = excluded.similarity, at = excluded.at
"""
_RECENT = """
SELECT story_id, reason, fingerprint, similarity, at FROM placements WHERE at >= ? ORDER BY at, article_id
"""


class SqlStories:
    """The Stories port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def place(self, placement: Placement, article_id: int, now: datetime) -> None:
        """Write an article's place; a new story is opened."""
        at = stamp(placement.at or now)
        self._sql.write(
            "INSERT INTO stories (id, opened_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", placement.story_id, at
        )
        self._sql.write(
            _PLACE, article_id, placement.story_id, placement.reason.value, pack_numbers(placement.traits.sketch),
            placement.similarity, at,
        )  # fmt: skip

    def recent(self, since: datetime) -> list[Placement]:
        """Return the placements accepted since, oldest first."""
        return [
            Placement(
                story_id=row["story_id"],
                reason=PlacementReason(row["reason"]),
                traits=Traits(unpack_numbers(row["fingerprint"])),
                similarity=row["similarity"],
                at=moment(row["at"]),
            )
            for row in self._sql.all(_RECENT, stamp(since))
        ]
