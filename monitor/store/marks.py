"""What people said of hits: relevant, or noise."""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.store.codec import moment, stamp
from monitor.store.rows import NUMBERS, Sql
from monitor.views_alerts import Marked

_MARK = """
INSERT INTO marks (hit_id, mark, author, at) VALUES (?, ?, ?, ?)
ON CONFLICT (hit_id) DO UPDATE SET mark = excluded.mark, author = excluded.author, at = excluded.at
"""
_OF = f"SELECT * FROM marks WHERE hit_id {NUMBERS}"  # noqa: S608
_COUNT = "SELECT m.mark, count(*) AS n FROM marks m JOIN hits h ON h.id = m.hit_id WHERE h.rule_id = ? GROUP BY 1"
# From the marks: they are few, and hits are many.
_TALLY = "SELECT h.rule_id, m.mark, count(*) AS n FROM marks m CROSS JOIN hits h ON h.id = m.hit_id GROUP BY 1, 2"


class SqlMarks:
    """The Marks port."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def put(self, hit_id: int, marked: Marked) -> None:
        """Write what somebody says of a hit; the last word counts."""
        self._sql.write(_MARK, hit_id, marked.mark, marked.author, stamp(marked.at))

    def clear(self, hit_id: int) -> bool:
        """Take it back; False where nothing was said."""
        return bool(self._sql.write("DELETE FROM marks WHERE hit_id = ?", hit_id))

    def of(self, hit_ids: Sequence[int]) -> dict[int, Marked]:
        """Return what was said of these hits."""
        rows = self._sql.all(_OF, json.dumps(list(hit_ids)))
        return {row["hit_id"]: Marked(row["mark"], row["author"], moment(row["at"])) for row in rows}

    def counts(self, rule_id: str) -> dict[str, int]:
        """Count what was said of a rule's hits."""
        return {row["mark"]: row["n"] for row in self._sql.all(_COUNT, rule_id)}

    def tally(self) -> dict[str, dict[str, int]]:
        """Count what was said of all hits, by rule and mark."""
        found: dict[str, dict[str, int]] = {}
        for row in self._sql.all(_TALLY):
            found.setdefault(row["rule_id"], {})[row["mark"]] = row["n"]
        return found
