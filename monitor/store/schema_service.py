"""Version 7: what a daemon in service has to know."""

from __future__ import annotations

from collections.abc import Callable


def service(execute: Callable[[str], object]) -> None:
    """Remember in which version each rule is in force; "" where that was not noted."""
    execute("ALTER TABLE rules ADD COLUMN version TEXT NOT NULL DEFAULT ''")
