"""The full-text index. It keeps no text: to take an article out, what was put in is handed in again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitor.model import OWN_ROLES, Block
from monitor.parse.index import searchable
from monitor.store.rows import Sql

_PUT = "INSERT INTO articles_fts (rowid, title, standfirst, body) VALUES (?, ?, ?, ?)"
_TAKE = "INSERT INTO articles_fts (articles_fts, rowid, title, standfirst, body) VALUES ('delete', ?, ?, ?, ?)"


class Words(NamedTuple):
    """What the index holds of an article."""

    title: str
    standfirst: str
    body: str


def words(title: str, standfirst: str, blocks: tuple[Block, ...]) -> Words:
    """Return an article as the index holds it: its own words, as rules see them."""
    return Words(searchable(title), searchable(standfirst), searchable(own_text(blocks)))


def own_text(blocks: tuple[Block, ...]) -> str:
    """Return the article's own blocks, apart by what no phrase can cross unseen."""
    return "\n".join([block.text for block in blocks if block.role in OWN_ROLES])


class SqlFulltext:
    """The index of one connection."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    def put(self, article_id: int, held: Words) -> None:
        """Index a new article."""
        self._sql.defer(_PUT, article_id, *held)

    def fill(self, articles: Iterable[tuple[int, Words]]) -> None:
        """Index many articles that are not in it."""
        for article_id, held in articles:
            self.put(article_id, held)

    def change(self, article_id: int, old: Words, new: Words) -> None:
        """Index an article that reads otherwise now."""
        if old != new:
            self.take(article_id, old)
            self.put(article_id, new)

    def take(self, article_id: int, held: Words) -> None:
        """Take an article out. `held`: what it was put in with."""
        self._sql.defer(_TAKE, article_id, *held)
