"""The configuration as pages need it: read when it is first asked for, and again when its files have changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from monitor import heap
from monitor.errors import MonitorError
from monitor.model import Entity, Outlet, Rule
from monitor.settings.record import Settings


@dataclass
class Configured:
    """What `load` gives. `stamp`: another value whenever the files have changed. Of a faulty configuration the last
    sound one stays in force, as in the daemon.
    """

    load: Callable[[], Settings]
    stamp: Callable[[], object]
    _known: Settings | None = None
    _stamp: object = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def settings(self) -> Settings:
        """Return all of it. Raises ConfigErrors."""
        with self._lock:
            stamp = self.stamp()
            if self._known is None or stamp != self._stamp:
                try:
                    self._known = self.load()
                except MonitorError:
                    if self._known is None:
                        raise
                self._stamp = stamp
            return self._known

    def read(self) -> None:
        """Read it before somebody asks; a fault is told to who does. 10,000 outlets take two seconds, and leave memory
        behind that is given back.
        """
        with suppress(MonitorError):
            self.settings()
        heap.give_back()

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules. Raises ConfigErrors."""
        return self.settings().rules

    def outlets(self) -> tuple[Outlet, ...]:
        """Return the outlets. Raises ConfigErrors."""
        return self.settings().outlets

    def entities(self) -> tuple[Entity, ...]:
        """Return the entities. Raises ConfigErrors."""
        return self.settings().entities
