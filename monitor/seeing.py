"""How a daemon is seen from outside: its sign in the database, /healthz and /metrics, the service manager."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import wiring
from monitor.errors import StoreError
from monitor.exposition import Sample, metrics
from monitor.logs import Recent
from monitor.service import Service
from monitor.settings.record import Settings
from monitor.systemd import Manager
from monitor.vitals import PATIENCE, health
from monitor.wiring import Line
from monitor.works import Works
from monitor.zygote import memory

if TYPE_CHECKING:
    from monitor.web.serve import Beside

log = logging.getLogger("monitor")

# Seconds between two looks at how late the loop is.
LAG_EVERY = 0.2
# Of a loop that hung, what everything would have seen that fell into that time: so many looks at most.
_MISSED = 100
# Counting a database of a million articles costs a tenth of a second: not more often than this, whoever asks.
SAMPLE_EVERY = 10.0
_JSON = "application/json"

Tick = Callable[[], Awaitable[object]]


class Eye:
    """Over `works` from `open`, with the first sign and READY=1, to `close`, with the last. `seconds`: a clock that
    only goes forward, and stands while the machine is suspended: what slept did not hang.
    """

    def __init__(
        self, work: Line, works: Works, settings: Settings, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._line, self._works, self._settings, self._now = work, works, settings, seconds
        self.vitals = works.vitals
        self._manager = Manager(os.environ)
        self._fed = 0.0
        self._ticks: dict[str, float] = {}
        self._service = Service({"/healthz": self._health, "/metrics": self._metrics})
        self._page: Beside | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._recent = Recent()
        self._sample, self._sampled_at = Sample(), -SAMPLE_EVERY
        self._version = importlib.metadata.version("news-monitor")

    @property
    def patience(self) -> float:
        """Seconds that a tick may take beyond its turn."""
        return min(PATIENCE, self._manager.watchdog / 2) if self._manager.watchdog else PATIENCE

    def watched(self, ticks: Mapping[str, tuple[Tick, float]]) -> dict[str, tuple[Tick, float]]:
        """Return ticks (by name what is done, and the seconds between two) so that it is seen when each has ended."""
        self._ticks = {name: seconds for name, (_, seconds) in ticks.items()}
        return {name: (self._seen(name, tick), seconds) for name, (tick, seconds) in ticks.items()}

    def _seen(self, name: str, tick: Tick) -> Tick:
        async def run() -> None:
            try:
                await tick()
            except Exception as error:
                self._ended(name, error)
                raise
            self._ended(name)

        return run

    async def open(self, in_force: Callable[[], Settings] | None = None) -> None:
        """Begin, with the first sign. Raises StoreError where it cannot be written. `in_force`: what the page shows of
        the configuration; without it, that of the start.
        """
        logging.getLogger().addHandler(self._recent)
        self.vitals.errors = self._recent.lines
        if self._settings.listen:
            self._listen(*self._settings.listen)
        if self._settings.page.listen:
            self._show(*self._settings.page.listen, in_force or (lambda: self._settings))
        self.vitals.expect(self._ticks, self._now())
        try:
            await self._sign()
        except BaseException:
            # It was stopped while it began, or its database refuses.
            self._service.stop()
            self._unshow()
            raise
        self._manager.ready(self._status())
        self._measuring = asyncio.create_task(self._measure())

    async def close(self) -> None:
        """End, when what was in hand is done."""
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.gather(self._measuring, return_exceptions=True)
        await asyncio.to_thread(self._service.stop)
        await asyncio.to_thread(self._unshow)
        logging.getLogger().removeHandler(self._recent)
        await self._works.beat(ended=True)

    def _listen(self, host: str, port: int) -> None:
        try:
            self.vitals.address = self._service.start(host, port)
        except OSError as error:
            log.warning("/healthz and /metrics are not served: %s:%d: %s", host, port, error.strerror or error)
        else:
            log.info("http://%s/healthz and /metrics", self.vitals.address)

    def _show(self, host: str, port: int, in_force: Callable[[], Settings]) -> None:
        # Whoever has no page pays nothing for it.
        from monitor.web.beside import beside

        try:
            self._page = beside(self._settings, in_force)
            self.vitals.page = self._page.start(host, port)
        except OSError as error:
            self._page = None
            log.warning("the page is not served: %s:%d: %s", host, port, error.strerror or error)
        else:
            log.info("the page: http://%s/", self.vitals.page)

    def _unshow(self) -> None:
        if self._page is not None:
            self._page.stop()

    # ---- what the daemon tells

    async def beat(self) -> None:
        """Give a sign, unless a tick hangs: who asks for the age of the last sign is to hear of that."""
        if why := self.vitals.stuck(self._now(), self.patience):
            log.error("no sign is given: %s", why)
            return
        await self._sign()
        self._manager.say(STATUS=self._status())

    async def _sign(self) -> None:
        await self._works.beat()
        self.vitals.starved = self._line.floor.low
        self.vitals.beat_at = self._now()

    def _ended(self, name: str, error: BaseException | None = None) -> None:
        """Note that a tick ended, and feed the watchdog where it is time and no other hangs."""
        now = self._now()
        self.vitals.ended(name, now, error)
        watchdog = self._manager.watchdog
        if watchdog and now - self._fed >= watchdog / 4 and not self.vitals.stuck(now, self.patience):
            self._fed = now
            self._manager.say(WATCHDOG=1)

    def stopping(self) -> None:
        """What is in hand is brought to its end."""
        if self._page is not None:
            self._page.end()
        self._manager.say(STOPPING=1, STATUS="stopping")

    def reloading(self) -> None:
        """A reload of the configuration begins."""
        self._manager.reloading(self._now())

    def reloaded(self, failure: str = "") -> None:
        """It ended; `failure`: why the old one stays in force."""
        self.vitals.reload_failure = failure
        self._manager.ready(self._status())

    def _status(self) -> str:
        tally, orders = self._works.tally, self._line.pipeline.orders
        trouble = "; the configuration on disk cannot be used" if self.vitals.reload_failure else ""
        return (
            f"watching {len(orders.outlets)} outlets with {len(orders.rules)} rules; "
            f"{tally.articles} articles read, {tally.hits} hits, {tally.sent} messages sent{trouble}"
        )

    async def _measure(self) -> None:
        loop, lag = asyncio.get_running_loop(), self.vitals.loop_lag
        while True:
            due = loop.time() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            late = max(loop.time() - due, 0.0)
            for number in range(1 + min(int(late / LAG_EVERY), _MISSED)):
                lag.add(late - number * LAG_EVERY)

    # ---- what others ask, in the thread of the service

    def _health(self, _accept: str) -> tuple[int, str, bytes]:
        now, vitals = self._now(), self.vitals
        found = health(vitals, now, self.patience)
        said = {
            "status": found.word,
            "problems": [*found.dead, *found.degraded],
            "age": None if vitals.beat_at is None else round(now - vitals.beat_at, 1),
            "version": self._version,
            "started": vitals.started.isoformat(timespec="seconds"),
        }
        return 503 if found.dead else 200, _JSON, json.dumps(said).encode() + b"\n"

    def _metrics(self, accept: str) -> tuple[int, str, bytes]:
        now = self._now()
        if now - self._sampled_at >= SAMPLE_EVERY:
            self._sample, self._sampled_at = self._measured(), now
        age = None if self.vitals.beat_at is None else now - self.vitals.beat_at
        body, kind = metrics(self.vitals, self._sample, age, accept)
        return 200, kind, body

    def _measured(self) -> Sample:
        totals = queues = troubled = None
        place = self._settings.place
        with suppress(StoreError):
            store = wiring.onlooker(place)
            try:
                totals, queues = store.upkeep.totals(), store.upkeep.queues(self._line.clock.now())
                troubled = store.health.troubled()
            finally:
                store.close()
        pool, crews, pressure = self._line.pool, self._works.crews, self._works.pressure
        pids = {"daemon": {os.getpid()}, **pool.pids()}
        return Sample(
            totals=totals,
            queues=queues,
            troubled=troubled,
            factor=pressure.factor,
            lag=pressure.lag,
            version=self._version,
            ledger=self._line.ledger.waiting(),
            in_hand={name: len(crew.keys) for name, crew in crews.items()},
            faults={name: crew.failed for name, crew in crews.items()},
            readers=pool.stats(),
            memory={kind: sum(memory(pid)[1] for pid in found) for kind, found in pids.items()},
            share={kind: sum(map(_share, found)) for kind, found in pids.items()},
            files=wiring.sizes(place),
        )


def _share(pid: int) -> int:
    """Return a process's proportional set size in bytes; 0 where the system does not say."""
    try:
        said = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in said.splitlines() if line.startswith("Pss:"))
