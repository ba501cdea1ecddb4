"""Ticks over a simulated day: as many as there are intervals in it, whatever happens to the wall clock."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import Future
from datetime import UTC, datetime, time, timedelta

import pytest

from monitor import daemon, works
from monitor.clock import SystemClock
from monitor.model import Kind, Route
from monitor.ticks import Every, Ticks
from monitor.timekeeper import LOOK, Timekeeper
from tests.bureau import Bureau
from tests.jumping import Machine, run

BERLIN = "Europe/Berlin"
HOUR, DAY = 3_600.0, 86_400.0
SPRING, AUTUMN = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)


class Direct:
    """A ledger that carries out at once."""

    def __init__(self, store) -> None:
        self._store = store

    def submit(self, work):
        done: Future = Future()
        with self._store.transaction():
            done.set_result(work(self._store))
        return done


class Day:
    """The daemon's clock, ticks and timekeeper over a newsroom's alerts. `came`: name → real seconds of each tick."""

    def __init__(self, folder, start: datetime, table: dict[str, float], *, look: float) -> None:
        self.machine = Machine(start)
        self.clock = SystemClock(self.machine.read)
        self.desk = Bureau(
            folder, (Route("desk", ("mail",), digest=(time(2, 30), time(7)), timezone=BERLIN),), now=start
        )
        self.came: dict[str, list[float]] = defaultdict(list)
        self.ticks = Ticks({name: (self._tick(name), seconds) for name, seconds in table.items()}, self.clock)
        self.keeper = Timekeeper(self.clock, Direct(self.desk.store), self.ticks.rearm, every=look)

    def _tick(self, name: str):
        async def tick() -> None:
            self.came[name].append(self.machine.real)
            if name == "messages":
                self.desk.now = self.clock.now()
                self.desk.tick()

        return tick

    async def live(self, seconds: float, happens: dict[float, tuple[str, float]]) -> None:
        """Run so many real seconds; at each of the times in `happens` an attribute of the machine grows."""
        with self.desk.store.transaction():
            self.desk.store.outlets.hold_host("slow.example", self.clock.now() + timedelta(hours=48))
        self.ticks.start()
        watching = asyncio.create_task(self.keeper.watch())
        for at, (what, by) in sorted(happens.items()):
            await asyncio.sleep(at - self.machine.real)
            setattr(self.machine, what, getattr(self.machine, what) + by)
        await asyncio.sleep(seconds + 0.01 - self.machine.real)
        watching.cancel()
        self.ticks.stop()
        assert not watching.done() or watching.cancelled()


def check(day: Day, table: dict[str, float], seconds: float, late: float) -> None:
    for name, every in table.items():
        grid = [every * number for number in range(1, int(seconds // every) + 1)]
        assert len(day.came[name]) == len(grid), name
        lags = [at - due for at, due in zip(day.came[name], grid, strict=True)]
        assert all(-0.05 <= lag <= late for lag in lags), name
        # Where the guard came after its time, and nowhere else.
        assert sum(lag > 0.05 for lag in lags) <= 1, name


STEPS = {
    "no step": {},
    "forward": {50_007.3: ("offset", HOUR)},
    "back": {50_007.3: ("offset", -HOUR)},
    "forward and back": {50_007.3: ("offset", HOUR), 60_000.0: ("offset", -HOUR)},
    "from 1970": {7.3: ("offset", 56 * 365 * DAY), 70_000.0: ("offset", -56 * 365 * DAY)},
}


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("steps", STEPS)
def test_ticks_digests_and_what_is_due_over_a_day_with_a_change_of_time(tmp_path, monkeypatch, start, steps):
    # The daemon's intervals times ten to three hundred, and so the guard's second.
    table = {"messages": 300.0, "heartbeat": 300.0, "spikes": 600.0, "upkeep": 600.0, "rare": 7_000.0}
    day = Day(tmp_path, start, table, look=30.0)
    run(day.machine, day.live(DAY, STEPS[steps]), monkeypatch)
    check(day, table, DAY, late=30.0)
    told = [one.row.message.title[7:23] for one in day.desk.sent if one.row.message.kind is Kind.DIGEST]
    tomorrow = (start + timedelta(days=1)).date().isoformat()
    if steps != "from 1970":
        assert told == [f"{tomorrow} 02:30", f"{tomorrow} 07:00"]
    assert len(told) == len(set(told))
    held = day.desk.store.outlets.held_hosts(start)
    moved = timedelta(seconds=day.machine.offset)
    assert abs(held["slow.example"] - (start + timedelta(hours=48) + moved)) < timedelta(seconds=0.01)
    events = [event.kind for event in day.desk.store.upkeep.events()]
    assert events == ["clock"] * len(STEPS[steps])
    day.desk.close()


def test_after_a_night_asleep_each_tick_comes_once_for_all_that_it_missed(tmp_path, monkeypatch):
    table = {"messages": 300.0, "heartbeat": 300.0, "upkeep": 600.0}
    day = Day(tmp_path, datetime(2026, 11, 24, 20, tzinfo=UTC), table, look=30.0)
    run(day.machine, day.live(16 * HOUR, {HOUR + 1: ("slept", 10 * HOUR)}), monkeypatch)
    woke = 11 * HOUR + 1
    for name, every in table.items():
        assert len(day.came[name]) == HOUR // every + 1 + 5 * HOUR // every, name
        assert sum(woke <= at < woke + 31 for at in day.came[name]) == 1, name
    # From 21:00 to 7:00 UTC it slept through both digests of Berlin's morning; the newer one tells it all.
    assert [one.row.message.title[7:23] for one in day.desk.sent] == ["2026-11-25 07:00"]
    assert [event.kind for event in day.desk.store.upkeep.events()] == ["asleep"]
    day.desk.close()


def test_without_the_guard_a_step_back_stalls_apscheduler(tmp_path, monkeypatch):
    """What the guard is for: this must fail the day that APScheduler has a clock of its own."""
    day = Day(tmp_path, SPRING, {"heartbeat": 300.0}, look=DAY)
    run(day.machine, day.live(4 * HOUR, {HOUR + 1: ("offset", -HOUR)}), monkeypatch)
    assert len(day.came["heartbeat"]) < 4 * HOUR // 300
    day.desk.close()


def test_a_tick_that_fails_runs_again(monkeypatch, caplog):
    machine = Machine(SPRING)
    came = []

    async def fails() -> None:
        came.append(machine.real)
        raise RuntimeError("a fault of ours")

    async def live() -> None:
        ticks = Ticks({"fails": (fails, 60.0)}, SystemClock(machine.read))
        ticks.start()
        await asyncio.sleep(181)
        ticks.stop()

    run(machine, live(), monkeypatch)
    assert len(came) == 3
    assert "the tick 'fails' failed" in caplog.text


def test_what_was_missed_is_left_out_at_once():
    every = Every(60.0)
    assert every.get_next_fire_time(None, SPRING) == SPRING + timedelta(minutes=1)
    assert every.get_next_fire_time(SPRING, SPRING) == SPRING + timedelta(minutes=1)
    late = SPRING + timedelta(days=20_000, seconds=5)
    assert every.get_next_fire_time(SPRING, late) == late + timedelta(seconds=55)


@pytest.mark.slow
@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_the_daemons_own_intervals_over_a_day(tmp_path, monkeypatch, by):
    """A minute each: `pytest -m slow -k own_intervals`."""
    table = {
        "polls": 1.0, "reads": works.READ_TICK, "messages_tick": 1.0, "stories": daemon.STORY_TICK,
        "spikes": daemon.SPIKE_TICK, "heartbeat": daemon.HEARTBEAT, "upkeep": daemon.TICK,
    }  # fmt: skip
    day = Day(tmp_path, SPRING, table, look=LOOK)
    run(day.machine, day.live(DAY, {43_200.5: ("offset", by)}), monkeypatch)
    for name, every in table.items():
        assert DAY // every - len(day.came[name]) in ({0} if every > 1 else {0, 1}), name
    day.desk.close()
