"""What the commands share that change something beside a running daemon."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.cli.app import App

if TYPE_CHECKING:
    from monitor.ports import Store


@contextmanager
def writing(app: App) -> Iterator[Store]:
    """Open the database for one short change; the daemon learns of it at its next tick."""
    from monitor.store import opening

    with opening.writing(app.place()) as store:
        yield store


def login_name() -> str:
    """Return who sits at the terminal, "" where nobody knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
