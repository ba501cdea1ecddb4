"""Hits: one a rule and article."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from monitor.model import Hit, Standing
from monitor.sought import Sought
from monitor.store.articles import COLUMNS, article_row
from monitor.store.bodies import SqlBodies
from monitor.store.calendar import QUARTER, SqlCalendar
from monitor.store.codec import instant, instant_or_none, micros, micros_or_none, pack_evidence, unpack_evidence
from monitor.store.rows import NUMBERS, Row, Sql, Value, narrow
from monitor.store.search import SqlSearch
from monitor.views import By, Filter, HitKey, HitRow

_ADD = """
INSERT INTO hits (
    rule_id, rule_version, article_id, revision, outlet_id, language, story_id, found_at, standing, dictionary, evidence
)
SELECT ?, ?, id, ?, outlet_id, language, ?, coalesce(?, fetched_at), ?, ?, ? FROM articles WHERE id = ?
ON CONFLICT (article_id, rule_id) DO NOTHING RETURNING id, found_at
"""
_ROWS = f"""
SELECT {COLUMNS}, h.id AS hit_id, h.rule_id, h.rule_version, h.revision, h.found_at, h.dictionary, h.evidence,
    h.standing AS hit_standing, h.story_id AS hit_story, h.gone_at, h.gone_revision
FROM hits h JOIN articles a ON a.id = h.article_id LEFT JOIN placements p ON p.article_id = a.id
"""  # noqa: S608 - constants
_FILTERS = {
    "rule": "rule_id = ?",
    "outlet": "outlet_id = ?",
    "story": "story_id = ?",
    "language": "language = ?",
    "since": "found_at >= ?",
    "until": "found_at <= ?",
    "before": "id < ?",
    "standing": "standing = ?",
}
_KEYS = f"SELECT rule_id, outlet_id, story_id, language, found_at FROM hits WHERE id {NUMBERS}"  # noqa: S608
_PER_DAY = "SELECT day, sum(n) AS n FROM hit_days WHERE day BETWEEN ? AND ?{} GROUP BY day"
_PER_QUARTER = "SELECT found_at / ? AS quarter, count(*) AS n FROM hits WHERE {} GROUP BY 1"
_COMMON = {By.OUTLET: "outlet_id", By.RULE: "rule_id", By.STORY: "story_id", By.LANG: "language"}


class SqlHits:
    """The Hits port."""

    def __init__(self, sql: Sql, bodies: SqlBodies, calendar: SqlCalendar, search: SqlSearch) -> None:
        self._sql = sql
        self._bodies = bodies
        self._calendar = calendar
        self._search = search

    def add(self, hits: Sequence[Hit]) -> list[Hit]:
        """Insert those whose rule did not hit that article yet; return them with ids."""
        new = []
        for hit in hits:
            packed = self._bodies.pack(pack_evidence(hit.evidence), None)
            row = self._sql.insert_row(
                _ADD, hit.rule_id, hit.rule_version, hit.revision, hit.story_id, micros_or_none(hit.found_at),
                hit.standing.value, *packed, hit.article_id,
            )  # fmt: skip
            if row is not None:
                self._calendar.hit(row["id"], hit.rule_id, row["found_at"])
                new.append(replace(hit, id=row["id"]))
        return new

    def settle(
        self, article_id: int, held: Collection[str], asked: Collection[str], revision: int, now: datetime
    ) -> list[Hit]:
        """Note of an article's hits which its newest revision bears out (`held`: rules that hold on it) and which are
        gone, of the rules that were `asked`; return those that are newly gone.
        """
        gone = set()
        for row in self._sql.all("SELECT id, rule_id, gone_at FROM hits WHERE article_id = ?", article_id):
            if row["rule_id"] in held and row["gone_at"] is not None:
                self._sql.write("UPDATE hits SET gone_at = NULL, gone_revision = NULL WHERE id = ?", row["id"])
            elif row["rule_id"] in asked and row["rule_id"] not in held and row["gone_at"] is None:
                self._sql.write(
                    "UPDATE hits SET gone_at = ?, gone_revision = ? WHERE id = ?", micros(now), revision, row["id"]
                )
                gone.add(row["id"])
        return [hit for hit in self.of(article_id) if hit.id in gone] if gone else []

    def of(self, article_id: int) -> list[Hit]:
        """Return the hits of an article, oldest first."""
        return [row.hit for row in self.select("WHERE h.article_id = ? ORDER BY h.id", article_id)]

    def get(self, hit_id: int) -> HitRow | None:
        """Return one."""
        found = self.select("WHERE h.id = ?", hit_id)
        return found[0] if found else None

    def rows(self, wanted: Filter) -> list[HitRow]:
        """List, newest first (by id)."""
        condition, values = narrow(wanted, _FILTERS, self._calendar.hits)
        chosen = f"WHERE h.id IN (SELECT id FROM hits WHERE {condition} ORDER BY id DESC LIMIT ?)"  # noqa: S608
        return self.select(chosen + " ORDER BY h.id DESC", *values, wanted.limit)

    def many(self, hit_ids: Sequence[int]) -> dict[int, HitRow]:
        """Return these, by id."""
        rows = self.select(f"WHERE h.id {NUMBERS}", json.dumps([*hit_ids]))
        return {row.hit.id: row for row in rows}

    def sift(self, sought: Sought | None, wanted: Filter) -> Iterator[tuple[int, int]]:
        """Yield the ids of hits, and of their articles, that full text says hold what is sought, newest first."""
        return ((row[0], row[1]) for row in self._search.sift(sought, wanted, self._numbers))

    def about(self, sought: Sought | None, wanted: Filter) -> Iterator[tuple[int, int]]:
        """Yield the same, those of the newest articles first, in any order where that is faster."""
        narrowed = wanted.rule or wanted.outlet or wanted.story or wanted.until
        if sought is None or narrowed:
            return self.sift(sought, wanted)
        return ((row[0], row[1]) for row in self._search.by_article(sought, wanted, self._numbers))

    def _numbers(self, wanted: Filter, also: str) -> tuple[str, list[Value]]:
        condition, bound = narrow(wanted, _FILTERS, self._calendar.hits)
        # Within a rule and a time SQLite would go through all the rule's hits of that time, for a few articles too.
        source, named = ("hits INDEXED BY hits_article", f" AND {also.format('article_id')}") if also else ("hits", "")
        # Without the other columns it takes a third of the time.
        chosen = f"SELECT id, article_id AS article FROM {source} WHERE {condition}{named} ORDER BY id DESC LIMIT ?"  # noqa: S608
        return chosen, bound

    def keys(self, hit_ids: Sequence[int]) -> list[HitKey]:
        """Return what these hits are counted by."""
        return [
            HitKey(row["rule_id"], row["outlet_id"], row["story_id"], row["language"], instant(row["found_at"]))
            for row in self._sql.all(_KEYS, json.dumps([*hit_ids]))
        ]

    def per_day(self, wanted: Filter, zone: tzinfo) -> dict[str, int]:
        """Count hits by day in a zone: by the counts that are kept where these tell, else hit by hit."""
        days = self._calendar.days(wanted, zone)
        if days is not None:
            rule = "" if wanted.rule is None else " AND rule_id = ?"
            values = (*days, *([] if wanted.rule is None else [wanted.rule]))
            rows = self._sql.all(_PER_DAY.format(rule), *values)
            return {row["day"]: row["n"] for row in rows}
        condition, bound = narrow(wanted, _FILTERS, self._calendar.hits)
        found: Counter[str] = Counter()
        for row in self._sql.all(_PER_QUARTER.format(condition), QUARTER, *bound):
            found[instant(row["quarter"] * QUARTER).astimezone(zone).date().isoformat()] += row["n"]
        return dict(found)

    def tally(self, by: By, wanted: Filter) -> dict[str, int]:
        """Count hits by what they have in common, but the day."""
        condition, bound = narrow(wanted, _FILTERS, self._calendar.hits)
        column = _COMMON[by]
        rows = self._sql.all(f"SELECT {column} AS of, count(*) AS n FROM hits WHERE {condition} GROUP BY 1", *bound)  # noqa: S608
        return {row["of"] or "": row["n"] for row in rows}

    def select(self, tail: str, *values: Value) -> list[HitRow]:
        """Return hits with their articles; `tail` is what follows FROM, with h for hits and a for articles."""
        return [self._hit_row(row) for row in self._sql.all(_ROWS + tail, *values)]

    def _hit_row(self, row: Row) -> HitRow:
        hit = Hit(
            rule_id=row["rule_id"],
            evidence=unpack_evidence(self._bodies.unpack(row["dictionary"], row["evidence"])),
            rule_version=row["rule_version"],
            id=row["hit_id"],
            article_id=row["id"],
            revision=row["revision"],
            found_at=instant(row["found_at"]),
            standing=Standing(row["hit_standing"]),
            story_id=row["hit_story"],
            gone_at=instant_or_none(row["gone_at"]),
            gone_revision=row["gone_revision"] or 0,
        )
        return HitRow(hit, article_row(row))
