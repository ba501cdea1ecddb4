"""What articles said, version by version."""

from __future__ import annotations

from monitor.store.bodies import SqlBodies
from monitor.store.codec import instant_or_none, unpack_body
from monitor.store.rows import Row, Sql
from monitor.views import Version

_VERSIONS = """
SELECT revision, at, title, text, dictionary, data FROM revisions WHERE article_id = ?
UNION ALL
SELECT a.revision, NULL, a.title, a.text, b.dictionary, b.data
FROM articles a JOIN bodies b ON b.article_id = a.id WHERE a.id = ?
ORDER BY revision
"""


class SqlRevisions:
    """Reads revisions; articles.py writes them."""

    def __init__(self, sql: Sql, bodies: SqlBodies) -> None:
        self._sql = sql
        self._bodies = bodies

    def of(self, article_id: int) -> list[Version]:
        """Return all versions of an article, oldest first."""
        return [self._version(row) for row in self._sql.all(_VERSIONS, article_id, article_id)]

    def _version(self, row: Row) -> Version:
        standfirst, blocks = unpack_body(self._bodies.unpack(row["dictionary"], row["data"]))
        return Version(row["revision"], instant_or_none(row["at"]), row["title"], standfirst, blocks, row["text"])
