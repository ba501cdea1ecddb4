"""The part of the Store port that knows how outlets fare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from monitor.errors import Reason, Trouble
from monitor.views_health import Ailment, Chart, Coverage, Glance


class Health(Protocol):
    """What outlets are judged by, and what was told of them."""

    def note(self, outlet_id: str, glances: Sequence[Glance], most: int) -> None:
        """Add what was read of an outlet's pages; of these and those before `most` stay."""
        ...

    def charts(self, outlet_ids: Iterable[str], read: Iterable[str] = ()) -> list[Chart]:
        """Return what these outlets are judged by; those without a source that is watched are left out. Glances only
        of those that were `read` or have a trouble.
        """
        ...

    def ailments(self) -> list[Ailment]:
        """List what is told of and not over, the oldest first."""
        ...

    def coverage(self) -> Coverage:
        """Count the outlets that are watched, those that were read when last asked, and those that were not."""
        ...

    def troubled(self) -> Mapping[Trouble, int]:
        """Count the outlets that have each trouble now, 0 where none has it; NETWORK is 1 or 0."""
        ...

    def begin(self, one: Ailment) -> bool:
        """Note a trouble; False where it was there: it is not told again."""
        ...

    def end(self, one: Ailment) -> bool:
        """Note that a trouble is over; False where it was: that is not told again."""
        ...

    def unwatch(self) -> None:
        """Leave out the troubles of outlets that are watched no more."""
        ...

    def pardon(self, after: int, reasons: Iterable[Reason], now: datetime, *, limit: int, spread: float) -> int:
        """Forget the failures of sources above an id that failed for these reasons, `limit` at most, and ask them
        within `spread` seconds; return the last id, 0 where there are no more.
        """
        ...
