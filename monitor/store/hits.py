"""Hits: one a rule and article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.model import Hit, Standing
from monitor.store.articles import COLUMNS, article_row
from monitor.store.codec import moment, pack_evidence, stamp, unpack_evidence
from monitor.store.rows import Row, Sql, Value, narrow
from monitor.views import Filter, HitRow

_ADD = """
INSERT INTO hits (rule_id, rule_version, article_id, revision, outlet_id, story_id, found_at, standing, evidence)
SELECT ?, ?, id, ?, outlet_id, ?, coalesce(?, fetched_at), ?, ? FROM articles WHERE id = ?
ON CONFLICT (rule_id, article_id) DO NOTHING RETURNING id
"""
_ROWS = f"""
SELECT {COLUMNS}, h.id AS hit_id, h.rule_id, h.rule_version, h.revision, h.found_at, h.evidence,
    h.standing AS hit_standing, h.story_id AS hit_story
FROM hits h JOIN articles a ON a.id = h.article_id LEFT JOIN placements p ON p.article_id = a.id
"""  # noqa: S608 - constants
_FILTERS = {
    "rule": "rule_id = ?",
    "outlet": "outlet_id = ?",
    "story": "story_id = ?",
    "since": "found_at >= ?",
    "until": "found_at <= ?",
    "before": "id < ?",
}


class SqlHits:
    """The Hits port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def add(self, hits: Sequence[Hit]) -> list[Hit]:
        """Insert those whose rule did not hit that article yet; return them with ids."""
        new = []
        for hit in hits:
            number = self._sql.insert(
                _ADD, hit.rule_id, hit.rule_version, hit.revision, hit.story_id,
                stamp(hit.found_at) if hit.found_at else None, hit.standing.value, pack_evidence(hit.evidence),
                hit.article_id,
            )  # fmt: skip
            if number is not None:
                new.append(replace(hit, id=number))
        return new

    def get(self, hit_id: int) -> HitRow | None:
        """Return one."""
        found = select(self._sql, "WHERE h.id = ?", hit_id)
        return found[0] if found else None

    def rows(self, wanted: Filter) -> list[HitRow]:
        """List, newest first (by id)."""
        condition, values = narrow(wanted, _FILTERS)
        chosen = f"WHERE h.id IN (SELECT id FROM hits WHERE {condition} ORDER BY id DESC LIMIT ?)"  # noqa: S608
        return select(self._sql, chosen + " ORDER BY h.id DESC", *values, wanted.limit)


def select(sql: Sql, tail: str, *values: Value) -> list[HitRow]:
    """Return hits with their articles; `tail` is what follows FROM, with h for hits and a for articles."""
    return [_hit_row(row) for row in sql.all(_ROWS + tail, *values)]


def _hit_row(row: Row) -> HitRow:
    hit = Hit(
        rule_id=row["rule_id"],
        evidence=unpack_evidence(row["evidence"]),
        rule_version=row["rule_version"],
        id=row["hit_id"],
        article_id=row["id"],
        revision=row["revision"],
        found_at=moment(row["found_at"]),
        standing=Standing(row["hit_standing"]),
        story_id=row["hit_story"],
    )
    return HitRow(hit, article_row(row))
