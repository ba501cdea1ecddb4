"""What is stored of how an outlet fares, and what is found of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import Reason, Trouble

ALL = ""
"""In place of an outlet's id: all of them together."""


@dataclass(frozen=True, slots=True)
class Glance:
    """What the first reading of a page found. `length`: characters of its own text; `body`, `title`: 32 bits by which
    they are known again, 0 for none. `reason` None: it was read whole.
    """

    at: datetime
    reason: Reason | None = None
    length: int = 0
    body: int = 0
    title: int = 0


@dataclass(frozen=True, slots=True)
class Pulse:
    """A source as its last polls left it. `rhythm`, `quiet`, `spells`, `back_at`: see outlets/cadence.py, silence.py;
    `waiting`: new links that no poll had room for, counted up to a bound; `moved_at`: since when it is redirected for
    good.
    """

    url: str
    reason: Reason | None = None
    detail: str = ""
    failures: int = 0
    last_ok_at: datetime | None = None
    first_ok_at: datetime | None = None
    news_at: datetime | None = None
    back_at: datetime | None = None
    quiet: float = 0.0
    spells: float = 0.0
    rhythm: bytes = b""
    waiting: int = 0
    moved: str = ""
    moved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ailment:
    """A trouble that was told. `said`: the evidence; `todo`: what to try; `cause`: polls, pages or "": what showed it,
    and so shows its end; `usual`: characters of a page before it, 0 where that says nothing.
    """

    outlet_id: str
    trouble: Trouble
    since: datetime
    said: str
    todo: str = ""
    cause: str = ""
    usual: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """All that an outlet is judged by. `glances`: the last pages, oldest first."""

    outlet_id: str
    pulses: tuple[Pulse, ...]
    glances: tuple[Glance, ...] = ()
    ailments: tuple[Ailment, ...] = ()

    def has(self, troubles: Iterable[Trouble]) -> Ailment | None:
        """Return the first ailment of these."""
        return next((one for one in self.ailments if one.trouble in troubles), None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many outlets are watched, had a source that was read when last asked, had one that was not."""

    outlets: int
    read: int
    failing: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is another now: what began, and what ended, its `said` telling how it is now."""

    begun: tuple[Ailment, ...] = ()
    ended: tuple[Ailment, ...] = ()
