"""Whether this machine polls on time, judged each minute (outlets/load.py); told once, and once when it is over."""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from monitor.outlets import cadence, load
from monitor.pipeline import Pipeline
from monitor.ports import Clock, Ledger
from monitor.views import DueSource, EventRow
from monitor.vitals import Vitals

log = logging.getLogger("monitor")

MINUTE = 60
# Of so many polls it is known which outlets are slow: at 111 a second those of four seconds.
_REMEMBERED = 500


class Pressure:
    """`lag`: seconds within which 95 % of the polls of the last minute started, after their time."""

    def __init__(self, pipeline: Pipeline, ledger: Ledger, clock: Clock, vitals: Vitals) -> None:
        self.lag = 0.0
        self._pipeline, self._ledger, self._clock, self._vitals = pipeline, ledger, clock, vitals
        self._load = load.Load()
        self._lags: list[float] = []
        self._last: deque[DueSource] = deque(maxlen=_REMEMBERED)

    @property
    def factor(self) -> float:
        """By what the intervals of the slowest outlets are multiplied; 1 where none is."""
        return self._pipeline.strain.factor

    def started(self, source: DueSource) -> None:
        """Note that a poll starts now, for the next judgement and for the histogram of them all."""
        # Not below 0, as it would be where the clock was set back.
        lag = max((self._clock.now() - source.due_at).total_seconds(), 0.0)
        self._lags.append(lag)
        self._vitals.start_lag.add(lag)
        self._last.append(source)

    async def judge(self, *, full: bool) -> None:
        """Judge the minute that ends; `full`: all slots are taken. Called once a minute."""
        lags, self._lags = self._lags, []
        self.lag = load.percentile(lags)
        before, self._load = self._load.level, load.judge(self._load, lags, full=full)
        if self._load.level == before:
            return
        now = self._clock.now()
        outlets = self._pipeline.orders
        intervals = [cadence.usual(source, outlets.outlet(source.outlet_id), now) for source in self._last]
        strain = self._pipeline.strain = load.strain(self._load.level, intervals)
        log.warning("overload: level %d, %s", self._load.level, _said(strain))
        if before and self._load.level:
            return
        late = f"95 % of the polls of a minute started within {self.lag:.1f} s of their time"
        event = EventRow("overload" if self._load.level else "overload_over", now, detail=f"{late}: {_said(strain)}")
        await asyncio.wrap_future(self._ledger.submit(lambda store: store.upkeep.event(event)))


def _said(strain: load.Strain) -> str:
    if strain.factor <= 1.0:
        return "all outlets are asked for as often as usual"
    over = cadence.spell(strain.over)
    return f"outlets with an interval of {over} or more are asked {strain.factor:g} times less often"
