"""The page in the daemon."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from monitor import wiring
from monitor.errors import ConfigError
from monitor.settings.record import Settings
from monitor.web import tokens
from monitor.web.archive import Archive
from monitor.web.assembly import World, page
from monitor.web.configured import Configured
from monitor.web.kept import Kept
from monitor.web.serve import Beside
from monitor.web.tokens import Tokens


def beside(settings: Settings, in_force: Callable[[], Settings]) -> Beside:
    """Return what serves it as `settings` says, over the configuration that is in force at each moment."""
    storage, place, ending = settings.storage, settings.place, threading.Event()
    archive = Archive(lambda: wiring.onlooker(place, ending.is_set))
    kept = Kept(settings.page.password_file, os.urandom)
    # What is wrong with it stands in the log at once, not only when somebody comes; mended, it is taken up.
    with suppress(ConfigError):
        kept.password()
    app = page(
        archive,
        Configured(in_force, lambda: in_force().stamp),
        kept,
        Tokens(tokens.beside(storage)),
        lambda: wiring.writing(place),
        World(lambda: datetime.now(UTC), time.monotonic, os.urandom),
        ZoneInfo(settings.timezone),
        settings.page.names,
    )
    return Beside(app, settings.page.proxies, ending.set, archive.close)
