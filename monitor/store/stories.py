"""Where articles stand among stories, what moves them, and what stories need after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.parse.digest import mark
from monitor.placing import (
    REMEMBERED,
    UNTOLD_SHARE,
    Kinship,
    Member,
    Move,
    Placement,
    PlacementReason,
    StoryOrder,
    Traits,
)
from monitor.store.codec import instant, micros, pack_numbers, stamp, unpack_numbers
from monitor.store.moves import SqlMoves
from monitor.store.rows import Sql
from monitor.store.timeline import SqlTimeline
from monitor.views import Placed, StoryRow

_OPEN = "INSERT INTO stories (id, opened_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"
_PLACE = """
INSERT INTO placements (article_id, story_id, reason, copy_of, similarity)
VALUES (?, ?, ?, (SELECT article_id FROM traits WHERE mark = ? AND mark <> '' LIMIT 1), ?)
ON CONFLICT (article_id) DO UPDATE SET
    story_id = excluded.story_id, copy_of = excluded.copy_of, similarity = excluded.similarity,
    -- What a person decided stays so.
    reason = CASE placements.reason WHEN 'by_hand' THEN placements.reason ELSE excluded.reason END
"""
_TRAITS = """
INSERT INTO traits (article_id, mark, at, sketch, terms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (article_id) DO UPDATE SET
    mark = excluded.mark, at = excluded.at, sketch = excluded.sketch, terms = excluded.terms
"""
_MEMBERS = """
SELECT t.mark, t.at, t.article_id, t.sketch, t.terms, p.story_id, p.reason, a.outlet_id
FROM traits t JOIN placements p ON p.article_id = t.article_id JOIN articles a ON a.id = t.article_id
WHERE t.at >= ?1 AND CASE WHEN EXISTS (SELECT 1 FROM hits h WHERE h.story_id = p.story_id) THEN 1 ELSE 0 END = ?2
ORDER BY t.at DESC, t.article_id DESC LIMIT ?3
"""
_ORDER = "INSERT INTO story_orders (kind, story_id, other, article_id, at) VALUES (?, ?, ?, ?, ?) RETURNING id"
_RELATE = """
INSERT INTO kinships (a, b, score, why)
SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM stories WHERE id IN (?1, ?2)) = 2
ON CONFLICT (a, b) DO UPDATE SET score = excluded.score, why = excluded.why
"""
_KIN = "SELECT * FROM kinships WHERE a = ? UNION ALL SELECT * FROM kinships WHERE b = ? ORDER BY score DESC, a, b"


class SqlStories:
    """The Stories port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._moves = SqlMoves(sql)

    def place(self, placement: Placement, article_id: int, now: datetime) -> None:
        """Write an article's place and what it is compared by; a new story is opened."""
        at = placement.at or now
        self._sql.write(_OPEN, placement.story_id, stamp(at))
        self._sql.write(
            _PLACE, article_id, placement.story_id, placement.reason.value, placement.of, placement.similarity
        )  # fmt: skip
        traits = placement.traits
        self._sql.write(_TRAITS, article_id, placement.mark, micros(at), pack_numbers(traits.sketch), traits.terms)

    def members(self, since: datetime, *, newest: int = REMEMBERED) -> list[Member]:
        """Return the newest articles placed since, oldest first, with what they are compared by: so many at most, those
        whose stories have hits first, but a third of them from other stories where there are such.
        """
        kept = self._members(since, newest - newest // UNTOLD_SHARE, kept=True)
        found = kept + self._members(since, newest - len(kept), kept=False)
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    def _members(self, since: datetime, most: int, *, kept: bool) -> list[tuple[tuple[int, int], Member]]:
        return [
            (
                (row["at"], row["article_id"]),
                Member(
                    mark=row["mark"],
                    story_id=row["story_id"],
                    at=instant(row["at"]),
                    traits=Traits(unpack_numbers(row["sketch"]), row["terms"]),
                    outlet=row["outlet_id"],
                    kept=kept,
                    by_hand=row["reason"] == PlacementReason.BY_HAND,
                ),
            )
            for row in self._sql.all(_MEMBERS, micros(since), int(kept), most)
        ]

    def forget_traits(self, before: datetime, *, limit: int) -> int:
        """Drop what articles placed before are compared by: their stories have ended. Return how many."""
        return self._sql.write(
            "DELETE FROM traits WHERE article_id IN (SELECT article_id FROM traits WHERE at < ? ORDER BY at LIMIT ?)",
            micros(before), limit,
        )  # fmt: skip

    def move(self, moves: Sequence[Move], now: datetime) -> None:
        """Carry out second looks: articles, their hits and their alerts go to the new story; see moves.py."""
        for one in moves:
            row = self._sql.one("SELECT article_id FROM traits WHERE mark = ?", one.mark)
            if row is not None:
                self._sql.write(_OPEN, one.new, stamp(now))
                self._moves.article(row["article_id"], one.old, one.new)
                self._sql.write(
                    _PLACE, row["article_id"], one.new, one.reason.value, one.of, one.similarity
                )  # fmt: skip
            if one.whole:
                self._moves.end(one.old, one.new)

    def outlets(self, story_id: str) -> int:
        """Count the outlets that tell a story."""
        return self._sql.number(
            "SELECT count(DISTINCT a.outlet_id) FROM placements p JOIN articles a ON a.id = p.article_id "
            "WHERE p.story_id = ?",
            story_id,
        )

    def resolve(self, story_id: str) -> str:
        """Return the story that an id stands for today: its own, or that of the story it ended in."""
        seen = {story_id}
        while (row := self._sql.one("SELECT alias_of FROM stories WHERE id = ?", story_id)) and row["alias_of"]:
            story_id = row["alias_of"]
            if story_id in seen:
                break
            seen.add(story_id)
        return story_id

    def known(self, story_id: str) -> bool:
        """Say whether there is or was such a story."""
        return self._sql.one("SELECT 1 FROM stories WHERE id = ?", story_id) is not None

    def join(self, old: str, new: str, now: datetime) -> int:
        """Merge a story into another by order of a person; return the number of the order."""
        self._moves.all(old, new)
        return self._order("join", old, new, None, now)

    def split(self, article_ids: Sequence[int], now: datetime) -> str:
        """Make these articles, all of one story, a story of their own by order of a person; return its id."""
        first = self._sql.one(
            "SELECT p.story_id, a.outlet_id, coalesce(nullif(a.canonical, ''), a.url) AS address "
            "FROM placements p JOIN articles a ON a.id = p.article_id WHERE a.id = ?",
            article_ids[0],
        )  # fmt: skip
        assert first is not None
        # What opened the story gives another id the second time.
        new = mark(first["outlet_id"], first["address"])
        while self.known(new):
            new = mark(new, "split")
        self._sql.write(_OPEN, new, stamp(now))
        for number in article_ids:
            self._moves.article(number, first["story_id"], new)
            self._sql.write(_PLACE, number, new, PlacementReason.BY_HAND.value, "", 1.0)
            self._order("move", first["story_id"], new, number, now)
        return new

    def orders(self, after: int) -> list[StoryOrder]:
        """Return what persons decided since, oldest first."""
        rows = self._sql.all(
            "SELECT o.*, coalesce(t.mark, '') AS mark FROM story_orders o "
            "LEFT JOIN traits t ON t.article_id = o.article_id WHERE o.id > ? ORDER BY o.id",
            after,
        )  # fmt: skip
        return [
            StoryOrder(row["id"], row["kind"], row["story_id"], row["other"], row["mark"], instant(row["at"]))
            for row in rows
        ]

    def relate(self, kin: Sequence[Kinship]) -> None:
        """Link stories of different languages, those that are written."""
        for one in kin:
            a, b = sorted((one.a, one.b))
            self._sql.write(_RELATE, a, b, one.score, one.why)

    def kin(self, story_id: str) -> list[Kinship]:
        """Return the links of a story, the surest first."""
        rows = self._sql.all(_KIN, story_id, story_id)
        return [Kinship(row["a"], row["b"], row["score"], row["why"]) for row in rows]

    def timeline(self, story_id: str) -> list[Placed]:
        """Return the articles of a story as they came, oldest first."""
        return SqlTimeline(self._sql).story(story_id)

    def placed(self, article_ids: Sequence[int]) -> list[Placed]:
        """Return where these articles stand, by id."""
        return SqlTimeline(self._sql).placed(article_ids)

    def newest(self, limit: int, *, top: int | None = None, before: int | None = None) -> list[StoryRow]:
        """Return the stories of the newest hits up to `top`, newest first, whose newest one is below `before`."""
        return SqlTimeline(self._sql).newest(limit, top=top, before=before)

    def _order(self, kind: str, story_id: str, other: str, article_id: int | None, now: datetime) -> int:
        number = self._sql.insert(_ORDER, kind, story_id, other, article_id, micros(now))
        assert number is not None
        return number
