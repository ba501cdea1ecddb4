"""What several machines share of the work (store/pg_work.py)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol, cast

from monitor.model import Link
from monitor.ports_store import Store
from monitor.views import DueSource
from monitor.views_alerts import OutboxRow
from monitor.views_cluster import Granted

PRESENT = 35.0
"""Seconds for which a worker is listed after it said that it is there."""


class Work(Protocol):
    """Hosts and channels that have something due, and whose turn it is to ask a host."""

    def due_hosts(self, now: datetime, *, limit: int) -> list[str]:
        """Return hosts of which a source or a link is due: each is a job."""
        ...

    def lease_host(
        self, host: str, now: datetime, *, sources: int, links: int, lease: float
    ) -> tuple[list[DueSource], list[Link]]:
        """Take what is due of a host, the longest due first, for `lease` seconds; and what others have leased: who asks
        has the host's turn, so that they are gone.
        """
        ...

    def due_channels(self, now: datetime) -> list[str]:
        """Return the channels that have messages which may be sent now, or whose sender has gone."""
        ...

    def lease_messages(
        self, channel: str, now: datetime, *, owner: str, lease: float, limit: int, once: bool
    ) -> list[OutboxRow]:
        """Take messages of a channel for `lease` seconds. `once`: of one that must get none twice, those are put aside
        that a process was sending when it ended.
        """
        ...

    def take_turn(self, host: str, owner: str, lease: float, gap: float) -> Granted:
        """Take a host's turn for so many seconds, or say how long to wait for it. `gap`: as for `renew_turns`."""
        ...

    def renew_turns(self, gaps: Mapping[str, float], owner: str, lease: float) -> set[str]:
        """Hold turns for so many seconds more; return those that are still the owner's. `gaps`: by host, the seconds
        that must lie between a visit and the next, should the owner end without a word.
        """
        ...

    def give_turns(self, gaps: Mapping[str, float], owner: str) -> None:
        """Give turns back; the next may ask a host once its gap, in seconds, is over."""
        ...

    def end(self, owner: str, now: datetime) -> None:
        """Give back what a process held, turns and messages, that had this name before and has ended."""
        ...

    def forget_turns(self, age: float) -> None:
        """Forget turns that nobody has had for so many seconds."""
        ...

    def fact(self, key: str) -> str:
        """Return what the keeper says to all, "" for nothing."""
        ...

    def say(self, key: str, value: str) -> None:
        """Say something to all."""
        ...

    def appear(self, name: str, data: str) -> None:
        """Say that a worker is there, and what it does (JSON)."""
        ...

    def leave(self, name: str) -> None:
        """Take a worker off the list."""
        ...

    def workers(self, within: float) -> Mapping[str, str]:
        """Return what those said who are there, in the last so many seconds, by name."""
        ...


class SharedStore(Store, Protocol):
    """A store that several machines work on."""

    work: Work


def shared(store: Store) -> SharedStore:
    """Return the store of a database that several work on as such."""
    return cast("SharedStore", store)


def workers_of(store: Store) -> Mapping[str, str]:
    """Return the workers of a database and what they say (JSON), by name; none where it is one process's alone."""
    return shared(store).work.workers(PRESENT) if hasattr(store, "work") else {}
