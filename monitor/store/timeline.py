"""Stories to read: their articles as they came, and which are the newest."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.placing import PlacementReason
from monitor.store.articles import COLUMNS, article_row
from monitor.store.codec import instant, moment
from monitor.store.rows import Row, Sql, Value
from monitor.views import Placed, StoryRow

_PLACED = f"""
SELECT {COLUMNS}, a.wire, p.reason AS why, p.copy_of, p.similarity
FROM placements p JOIN articles a ON a.id = p.article_id
"""  # noqa: S608 - constants
# A page may be dated ahead: what was read counts as published by then.
_TIMELINE = "WHERE p.story_id = ? ORDER BY min(coalesce(a.published, a.fetched_at), a.fetched_at), a.id"
_NEWEST = """
SELECT story_id, max(id) AS newest FROM (SELECT id, story_id FROM hits WHERE id < ?1 ORDER BY id DESC LIMIT ?3) n
WHERE NOT EXISTS (SELECT 1 FROM hits h WHERE h.story_id = n.story_id AND h.id BETWEEN ?1 AND ?2)
GROUP BY story_id ORDER BY newest DESC LIMIT ?4
"""
_MOST = (1 << 63) - 1
_STORY = """
SELECT s.opened_at,
    (SELECT count(*) FROM placements p WHERE p.story_id = s.id) AS articles,
    (SELECT count(DISTINCT a.outlet_id) FROM placements p JOIN articles a ON a.id = p.article_id
        WHERE p.story_id = s.id) AS outlets,
    (SELECT count(*) FROM hits h WHERE h.story_id = s.id) AS hits,
    (SELECT found_at FROM hits h WHERE h.id = ?) AS last_hit_at,
    (SELECT a.title FROM placements p JOIN articles a ON a.id = p.article_id WHERE p.story_id = s.id
        ORDER BY a.id LIMIT 1) AS title
FROM stories s WHERE s.id = ?
"""
_PAGE = 500


class SqlTimeline:
    """Reads what stories.py writes."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def story(self, story_id: str) -> list[Placed]:
        """Return a story's articles, oldest first."""
        return self._rows(_TIMELINE, story_id)

    def placed(self, article_ids: Sequence[int]) -> list[Placed]:
        """Return where articles stand, by id."""
        found: list[Placed] = []
        for at in range(0, len(article_ids), _PAGE):
            page = article_ids[at : at + _PAGE]
            marks = ", ".join("?" * len(page))
            found += self._rows(f"WHERE p.article_id IN ({marks})", *page)
        return sorted(found, key=lambda one: one.article.id)

    def newest(self, limit: int, *, top: int | None = None, before: int | None = None) -> list[StoryRow]:
        """Return the stories of the newest hits. The newest hits are looked at in growing numbers: a story of many
        hits fills a page alone.
        """
        last = _MOST - 1 if top is None else top
        first = last + 1 if before is None else min(before, last + 1)
        looked, rows = 4 * limit, self._sql.all(_NEWEST, first, last, 4 * limit, limit)
        while len(rows) < limit and looked <= self._sql.number("SELECT max(id) FROM hits"):
            looked *= 4
            rows = self._sql.all(_NEWEST, first, last, looked, limit)
        found = ((row, self._sql.one(_STORY, row["newest"], row["story_id"])) for row in rows)
        return [_story(newest, row) for newest, row in found if row is not None]

    def _rows(self, tail: str, *values: Value) -> list[Placed]:
        return [
            Placed(article_row(row), PlacementReason(row["why"]), row["copy_of"] or 0, row["similarity"], row["wire"])
            for row in self._sql.all(_PLACED + tail, *values)
        ]


def _story(newest: Row, row: Row) -> StoryRow:
    return StoryRow(
        newest["story_id"], row["title"] or "", row["outlets"], row["articles"], row["hits"], moment(row["opened_at"]),
        instant(row["last_hit_at"]), newest["newest"],
    )  # fmt: skip
