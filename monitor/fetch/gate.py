"""How often one host is asked: a gap after each visit, a pause where the host asked for one.

Pure. Times are monotonic seconds. One visit at a time is the caller's: it takes its turn, visits, releases.
"""

from __future__ import annotations

# Hosts whose gap and pause are over are forgotten when this many are known, then at each doubling.
_SWEEP = 1_024


class Gate:
    """`gap`: seconds between the end of one visit to a host and the start of the next."""

    def __init__(self, gap: float) -> None:
        self._gap = gap
        self._free: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._sweep_at = _SWEEP

    def next_slot(self, host: str, now: float) -> float:
        """Reserve the host's next slot and return when it begins, never before `now`."""
        slot = max(now, self._free.get(host, now), self._held.get(host, now))
        self._free[host] = slot + self._gap
        if len(self._free) >= self._sweep_at:
            self._forget(now)
        return slot

    def pause(self, host: str, now: float) -> float:
        """Return for how many seconds more the host asked to be left alone; 0 for none."""
        return max(self._held.get(host, now) - now, 0.0)

    def release(self, host: str, now: float) -> None:
        """End a visit: the gap counts from here."""
        self._free[host] = now + self._gap

    def hold(self, host: str, until: float) -> None:
        """Pause a host. A shorter pause never replaces a longer one."""
        self._held[host] = max(until, self._held.get(host, until))

    def __len__(self) -> int:
        return len(self._free.keys() | self._held.keys())

    def _forget(self, now: float) -> None:
        self._free = {host: at for host, at in self._free.items() if at > now}
        self._held = {host: at for host, at in self._held.items() if at > now}
        self._sweep_at = max(_SWEEP, 2 * len(self._free))
