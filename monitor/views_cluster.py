"""What several machines ask their database about each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """A host's turn. `wait`: seconds until it may be free; 0: it is ours. `held_until`: the host asked for a pause."""

    wait: float = 0.0
    held_until: datetime | None = None
