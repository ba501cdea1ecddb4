"""Rows and values of PostgreSQL's as SQLite's are. DOOR of psycopg."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg.adapt import Loader


class Integral(Loader):
    """Sums of whole numbers are `numeric`; they come as int, as SQLite's do."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text or "e" in text.lower() else int(text)


class Flag(Loader):
    """A comparison is 1 or 0, as in SQLite."""

    def load(self, data: Any) -> int:
        return int(bytes(data) == b"t")


class PgRow(tuple[Any, ...]):
    """What sqlite3.Row is: values by place and by name. `names`: of a shape of rows, place by name."""

    names: dict[str, int] = {}  # noqa: RUF012 - each shape's own
    __slots__ = ()

    def __getitem__(self, key: Any) -> Any:
        return tuple.__getitem__(self, self.names[key] if isinstance(key, str) else key)

    def keys(self) -> list[str]:
        return list(self.names)


@lru_cache(maxsize=512)
def _shape(names: tuple[str, ...]) -> type[PgRow]:
    # The first of two columns of one name, as in sqlite3.
    places = {name: place for place, name in reversed(list(enumerate(names)))}
    return type("Row", (PgRow,), {"names": dict(sorted(places.items(), key=lambda pair: pair[1])), "__slots__": ()})


def as_rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], PgRow]:
    """Return what makes rows of a cursor's values."""
    return _shape(tuple(column.name for column in cursor.description or ()))
