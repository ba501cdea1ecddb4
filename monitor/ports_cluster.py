"""What the line asks of the store where machines share the work; named from ports_store.py. Datetimes are aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.views_service import Report, Waiting


class Readings(Protocol):
    """What workers read, until the keeper has taken it in; and what else they have to say to it."""

    def put(self, link_id: int, outlet_id: str, kind: str, version: str, data: bytes, now: datetime) -> bool:
        """Hand over what was read of a link, in place of what waits of it already; for a week nobody is given the link
        to read. False, and nothing is kept, where the link is gone.
        """
        ...

    def oldest(self, limit: int) -> list[Waiting]:
        """Return what waits longest, `limit` at most."""
        ...

    def drop(self, link_id: int, at: datetime) -> bool:
        """Take out what was handed over then; False where it is not there, or another one in its place. The link stays
        leased: who took it gives it back, or finishes it.
        """
        ...

    def count(self) -> int:
        """Count those that wait."""
        ...

    def put_reports(self, reports: Sequence[Report]) -> None:
        """Say something to the keeper."""
        ...

    def take_reports(self, limit: int) -> list[Report]:
        """Return what was said first, `limit` at most, and take it out."""
        ...


class Shared(Protocol):
    """The part of a Store that machines share their work by."""

    @property
    def readings(self) -> Readings: ...
