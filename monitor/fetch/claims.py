"""Whether a page that names an address on another site as its own stands there: the other page is asked.

Nobody configured the other host, so it is asked little: what was found for two hosts is remembered for a while, and an
outlet that claims another site on its every page costs that site three requests, then one a day.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from monitor.errors import Reason
from monitor.fetch.turn import Turn
from monitor.fetch.visit import Refusal, Visitor
from monitor.model import Failure, Outlet
from monitor.parse import urls
from monitor.ports import Clock, Readers

_Pair = tuple[str, str]

# What a page waits for the other one, with the turns of both; a caller of `settle` keeps to it.
PATIENCE = 10.0
# So many answers alike in a row hold for a day: one page that is gone says little of the others.
_ALIKE = 3
_DAY = 86_400.0
# A host that gave no answer, or may not be asked, is left alone for an hour.
_HOUR = 3_600.0
_PAIRS = 1_000
# Refusals that are one page's alone; all others meet the next page as well.
_OF_THE_PAGE = frozenset({
    Reason.BAD_URL, Reason.CLIENT_ERROR, Reason.EMPTY, Reason.NOT_FOUND, Reason.PAYWALL, Reason.REDIRECTS,
    Reason.ROBOTS, Reason.TOO_LARGE, Reason.UNAUTHORIZED,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    """What the other site said of the last claims, `count` times in a row. Asked again from `until` (monotonic)."""

    holds: bool
    count: int = 0
    until: float = 0.0


class Claims:
    """What the pages of one host claim of another, and what came of it; one a process."""

    def __init__(self, visitor: Visitor, readers: Readers, clock: Clock) -> None:
        self._visitor = visitor
        self._readers = readers
        self._clock = clock
        self._found: OrderedDict[_Pair, _Found] = OrderedDict()
        # Weak: a turn lives as long as somebody holds or awaits it.
        self._turns: WeakValueDictionary[_Pair, Turn] = WeakValueDictionary()

    async def settle(self, own: str, claim: str, outlet: Outlet) -> str:
        """Return the canonical URL of `outlet`'s page at `own`: `claim` where the page there answers and names itself,
        else `own`. Claims of one host on another are settled one by one; one that is cancelled leaves word that
        the other host is slow.
        """
        pair = (urls.origin(own), urls.origin(claim))
        turn = self._turns.setdefault(pair, Turn())
        await turn.acquire(urgent=False)
        try:
            now = self._clock.monotonic()
            known = self._found.get(pair, _Found(holds=False))
            if now < known.until:
                return claim if known.holds else own
            self._remember(pair, _Found(holds=False, until=now + _HOUR))
            named = await self._ask(claim, outlet)
            if named is None:
                return own
            count = known.count + 1 if known.holds is bool(named) else 1
            until = self._clock.monotonic() + _DAY if count >= _ALIKE else 0.0
            self._remember(pair, _Found(bool(named), count, until))
            return named or own
        finally:
            turn.release()

    async def _ask(self, claim: str, outlet: Outlet) -> str | None:
        """Return what the page at `claim` names where that is itself, "" where it is not; None for no answer."""
        # That robots.txt is not asked is the operator's word for the outlet, not for whom its pages name.
        page = await self._visitor.get(claim, replace(outlet, ignore_robots=""))
        if isinstance(page, Refusal):
            return "" if page.reason in _OF_THE_PAGE else None
        named = await self._readers.canonical(page, claim)
        # It may have cost a reader its life.
        return None if isinstance(named, Failure) else named

    def _remember(self, pair: _Pair, found: _Found) -> None:
        self._found[pair] = found
        self._found.move_to_end(pair)
        if len(self._found) > _PAIRS:
            self._found.popitem(last=False)
