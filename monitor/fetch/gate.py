"""How often one host is asked: a gap after each visit, longer where it wishes or is in trouble; a pause it asks for.

Pure. Times are monotonic seconds. One visit at a time is the caller's: it takes its turn, visits, releases.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Hosts that are not waited for are forgotten when this many are known, then at each doubling.
_SWEEP = 1_024
# A host in trouble: its gap counts from a second up and is doubled each time, up to two minutes.
_LEAST, _MOST = 1.0, 120.0
# After so many good answers in a row the gap is halved again. A host in trouble is remembered for a day.
_GOOD = 5
_DAY = 86_400.0


@dataclass(slots=True)
class _Host:
    """`left`: when the last visit ended, or the last slot taken began. `slowed`: how often the gap is doubled now."""

    left: float = -math.inf
    held: float = -math.inf
    delay: float = 0.0
    slowed: int = 0
    good: int = 0


class Gate:
    """`usual`: seconds between the end of one visit to a host and the start of the next."""

    def __init__(self, usual: float) -> None:
        self.usual = usual
        self._hosts: dict[str, _Host] = {}
        self._sweep_at = _SWEEP

    def next_slot(self, host: str, now: float) -> float:
        """Reserve the host's next slot and return when it begins, never before `now`."""
        known = self._host(host)
        known.left = max(now, known.left + self._between(known), known.held)
        if len(self._hosts) >= self._sweep_at:
            self._forget(now)
        return known.left

    def pause(self, host: str, now: float) -> float:
        """Return for how many seconds more the host asked to be left alone; 0 for none."""
        known = self._hosts.get(host)
        return max(known.held - now, 0.0) if known else 0.0

    def gap(self, host: str) -> float:
        """Return the seconds that are kept between two visits to a host now."""
        return self._between(self._hosts.get(host, _Host()))

    def release(self, host: str, now: float) -> None:
        """End a visit: the gap counts from here."""
        self._host(host).left = now

    def hold(self, host: str, until: float) -> None:
        """Pause a host. A shorter pause never replaces a longer one."""
        known = self._host(host)
        known.held = max(until, known.held)

    def pace(self, host: str, delay: float | None) -> None:
        """Note the gap that a host's robots.txt wishes (Crawl-delay, seconds), where that is the longer one. Said again
        before each slot, as idle hosts are forgotten.
        """
        self._host(host).delay = delay or 0.0

    def slow(self, host: str) -> None:
        """Double the gap of a host that is in trouble."""
        known = self._host(host)
        known.good = 0
        if self._between(known) < _MOST:
            known.slowed += 1

    def ease(self, host: str) -> None:
        """Note an answer without trouble."""
        known = self._host(host)
        known.good += 1
        if known.good >= _GOOD:
            known.slowed, known.good = max(known.slowed - 1, 0), 0

    def __len__(self) -> int:
        return len(self._hosts)

    def _host(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())

    def _between(self, known: _Host) -> float:
        usual = max(self.usual, known.delay)
        if not known.slowed:
            return usual
        return max(usual, min(max(usual, _LEAST) * 2.0**known.slowed, _MOST))

    def _forget(self, now: float) -> None:
        self._hosts = {host: known for host, known in self._hosts.items() if self._waited_for(known, now)}
        self._sweep_at = max(_SWEEP, 2 * len(self._hosts))

    def _waited_for(self, known: _Host, now: float) -> bool:
        after = _DAY if known.slowed else self._between(known)
        return known.held > now or known.left + after > now
