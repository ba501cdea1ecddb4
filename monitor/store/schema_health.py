"""Version 8: how outlets fare."""

from __future__ import annotations

from collections.abc import Callable

_HEALTH = (
    # See DueSource and Pulse. `first_ok_at`: since when its silences count. `moved`: where it is redirected for good,
    # since `moved_at`.
    "ALTER TABLE sources ADD COLUMN news_at TEXT",
    "ALTER TABLE sources ADD COLUMN quiet REAL NOT NULL DEFAULT 0",
    "ALTER TABLE sources ADD COLUMN spells REAL NOT NULL DEFAULT 0",
    "ALTER TABLE sources ADD COLUMN first_ok_at TEXT",
    "ALTER TABLE sources ADD COLUMN back_at TEXT",
    "ALTER TABLE sources ADD COLUMN moved TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sources ADD COLUMN moved_at TEXT",
    # When they brought something last was not noted: their silences begin here.
    "UPDATE sources SET news_at = last_ok_at WHERE baselined = 1",
    # What the last pages of an outlet were like: 40 of them in 1.5 kB.
    "CREATE TABLE glances (outlet_id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT",
    # What is told of and not over. `outlet_id` "": of all of them.
    """CREATE TABLE troubles (
        outlet_id TEXT NOT NULL,
        trouble TEXT NOT NULL,
        since TEXT NOT NULL,
        said TEXT NOT NULL,
        todo TEXT NOT NULL,
        cause TEXT NOT NULL,
        usual INTEGER NOT NULL,
        PRIMARY KEY (outlet_id, trouble)
    ) STRICT, WITHOUT ROWID""",
)


def health(execute: Callable[[str], object]) -> None:
    """Make room for what outlets are usually like, and for what is wrong with them."""
    for statement in _HEALTH:
        execute(statement)
