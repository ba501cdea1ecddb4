"""What keeping asks of the store: what goes, and what the file itself needs. Named from ports_store.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.views import Aged


class Keeping(Protocol):
    """Taking articles out, and the upkeep of the file."""

    def aged(self, after: int, before: datetime, *, limit: int) -> list[Aged]:
        """List articles fetched before a time, by id, those above `after` only."""
        ...

    def take_out(self, article_ids: Sequence[int], *, quoted: bool = False) -> int:
        """Take articles out with all that is theirs; return how many there were. Their links stay, and are read no
        more; stories that were told stay told. `quoted`: messages that quote them lose their text too, where they tell
        of others besides.
        """
        ...

    def free(self, pages: int) -> int:
        """Give so many free pages at most back to the file system; return how many."""
        ...

    def indebted(self) -> bool:
        """Say whether the index should be written anew, for the words of articles that are gone."""
        ...

    def merge(self, pages: int, *, begin: bool) -> bool:
        """Write so many pages of the index anew; return whether there are more. `begin`: all that there is takes part,
        then and in the calls that follow.
        """
        ...

    def train(self, now: datetime) -> bool:
        """Make one dictionary for texts that is due; return whether one was."""
        ...

    def grow(self) -> None:
        """Take a megabyte and leave it free in the file. Raises FullError where there is no room for it."""
        ...

    def optimize(self) -> None:
        """Bring up to date what queries are planned by."""
        ...
