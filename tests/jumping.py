"""A day in seconds: an event loop that does not wait but lets the clocks of a machine run on, and APScheduler on it."""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime

from monitor.steps import Moment


class Machine:
    """Clocks that a test lets run, sleep, and be set. `boots`: it knows how long it slept."""

    def __init__(self, start: datetime, *, boots: bool = True) -> None:
        self.base, self.awake, self.slept, self.offset, self.boots = start.timestamp(), 1_000.0, 0.0, 0.0, boots

    @property
    def real(self) -> float:
        """Seconds since the start."""
        return self.awake + self.slept - 1_000.0

    def read(self) -> Moment:
        real = self.real
        return Moment(self.base + real + self.offset, self.awake, real if self.boots else None)


class _Selector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    def __init__(self, machine: Machine) -> None:
        super().__init__()
        self._machine = machine

    def select(self, timeout=None):
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing will ever happen again"
            self._machine.awake += max(timeout, 0.0)
        return found


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, machine: Machine) -> None:
        super().__init__(_Selector(machine))
        self._machine = machine

    def time(self) -> float:
        return self._machine.awake


def run(machine: Machine, work, monkeypatch) -> None:
    """Run a coroutine on the machine's time. APScheduler asks the class `datetime` for the time and has no other door
    for a clock.
    """

    class Wall(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.fromtimestamp(machine.read().wall, UTC).astimezone(tz)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Wall)
    with asyncio.Runner(loop_factory=lambda: _Loop(machine)) as runner:
        runner.run(work)
