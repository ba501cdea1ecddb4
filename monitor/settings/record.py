"""What a configuration says, once it is read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.model import Channel, Entity, Keep, Outlet, Route, Rule
from monitor.place import Place


@dataclass(frozen=True, slots=True)
class Page:
    """How the page is served. `listen` None: not by the daemon. `password_file` None: nobody is asked for a password.
    `names`: host names it is asked by. `proxies`: whose X-Forwarded headers are believed.
    """

    listen: tuple[str, int] | None = None
    password_file: Path | None = None
    names: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is in force. Durations in seconds, `page_size` and `min_free` in bytes. `keep`: of outlets not listed.

    `origins`: where a value was said ("rules.nato" → "config/rules.yaml:12", "environment …", "default"). `stamp`: by
    what a later change of the files is known.
    """

    directory: Path
    storage: Path
    database: str = field(repr=False)
    """The address of a server's database, with its secrets; "" where the database is the file `storage`."""
    keep: Keep
    min_free: int
    timezone: str
    contact: str
    gap: float
    readers: int
    fetch_deadline: float
    page_size: int
    baseline_pages: int
    listen: tuple[str, int] | None
    page: Page
    allow_commands: bool
    outlets: tuple[Outlet, ...]
    rules: tuple[Rule, ...]
    entities: tuple[Entity, ...]
    channels: tuple[Channel, ...]
    routes: tuple[Route, ...]
    notices: tuple[str, ...]
    templates: Mapping[str, Mapping[str, str]]
    warnings: tuple[str, ...]
    origins: Mapping[str, str]
    stamp: tuple[tuple[str, int, int], ...]

    @property
    def place(self) -> Place:
        """Where the database is."""
        return Place(self.storage, self.database)
