"""The wall clock is set, the machine sleeps: what is seen of it, and what becomes of all that is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import SystemClock
from monitor.configured import Orders
from monitor.errors import AlertReason, FullError, Reason, SendReason
from monitor.model import Alert, Delivery, Keep, Link, Message, Outlet, Source, Standing
from monitor.steps import Moment, Step, step
from monitor.store.ledger import StoreLedger
from monitor.timekeeper import Timekeeper, spell
from monitor.upkeep import Policy, Upkeep
from monitor.views import Filter
from monitor.views_alerts import Post
from tests import engines
from tests.desk import Clock, Desk, item
from tests.fetch.origin import answer, serving
from tests.jumping import Machine
from tests.store.make import article, hit, hits_on

START = datetime(2026, 10, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 86_400.0


def look(wall: float, awake: float, real: float | None) -> Step:
    return step(Moment(0.0, 0.0, None if real is None else 0.0), Moment(wall, awake, real))


@pytest.mark.parametrize(
    ("wall", "awake", "real", "by", "slept"),
    [
        (1.0, 1.0, 1.0, 0.0, 0.0),
        (2.9, 1.0, 1.0, 0.0, 0.0),  # a leap second, a small correction
        (3601.0, 1.0, 1.0, 3600.0, 0.0),
        (-3599.0, 1.0, 1.0, -3600.0, 0.0),
        (8 * 3600.0, 1.0, 8 * 3600.0, 0.0, 8 * 3600.0 - 1),
        (2 * 3600.0, 1.0, 3601.0, 3599.0, 3600.0),  # set while it slept
        (3601.0, 1.0, None, 0.0, 3600.0),  # nobody can tell
        (-3599.0, 1.0, None, -3600.0, 0.0),
        (4000.0, 4000.0, 4000.0, 0.0, 0.0),  # a process that was stopped
    ],
)
def test_a_step_is_told_from_a_sleep_and_from_small_corrections(wall, awake, real, by, slept):
    seen = look(wall, awake, real)
    assert seen.by == pytest.approx(by)
    assert seen.slept == pytest.approx(slept)


def test_the_time_that_is_kept_goes_on_until_a_step_is_adopted():
    machine = Machine(START)
    clock = SystemClock(machine.read)
    machine.offset -= 3600
    machine.awake += 1
    assert clock.now() == START + timedelta(seconds=1)
    assert clock.wall() == START + timedelta(seconds=1) - HOUR
    machine.awake += 1
    machine.offset += 1800
    assert clock.apart() == pytest.approx(-1800)
    clock.adopt(clock.apart())
    assert (clock.now(), clock.apart()) == (clock.wall(), 0.0)


def test_a_sleep_is_time_that_passed():
    machine = Machine(START)
    clock = SystemClock(machine.read)
    before = clock.monotonic()
    machine.slept += 8 * 3600
    assert clock.now() == START + 8 * HOUR
    assert (clock.apart(), clock.slept(), clock.slept()) == (0.0, 8 * 3600, 0.0)
    assert clock.monotonic() - before == 8 * 3600


# ---- what is due


OUTLET = Outlet("a", sources=(Source("https://a.example/feed"), Source("https://a.example/two")))


def fill(store) -> None:
    """Store something of all that waits; each in half an hour, or half an hour ago."""
    now, later = START, START + HOUR / 2
    store.outlets.sync([OUTLET], now - HOUR / 2)
    (first,) = store.outlets.lease_due(now, limit=1, lease=60.0)
    store.outlets.put_off([(first.id, now)])  # in hand: not put off
    store.outlets.hold_host("a.example", later)
    links = [Link("a", "https://a.example/feed", f"https://a.example/{n}", f"https://a.example/{n}") for n in (1, 2)]
    store.links.add(links, first.id, now, lease=1800.0)
    saved = store.articles.save(article(1), fetched_at=now, standing=Standing.LIVE)
    (one,) = store.hits.add([hit(saved.article_id, "nato", story_id="s1", found_at=now)])
    store.alerts.open(Alert("desk", "nato", "s1", later, AlertReason.FIRST), one.id, now)
    night = store.alerts.open(Alert("desk", "nato", "s2", now, AlertReason.FIRST), one.id, now)
    store.alerts.hold([night], later, AlertReason.HELD_QUIET)
    told = Alert("desk", "nato", "s3", now, AlertReason.FIRST)
    told = replace(told, id=store.alerts.open(told, one.id, now))
    posts = [
        Post("desk", "mail", Message(name, "t", "x", "x", "x"), ((told.id, 0),))
        for name in ("fresh", "failed", "quiet", "gone", "in hand")
    ]
    store.alerts.tell([told], posts, [], now)
    for row in store.outbox.lease(now, owner="me", lease=1800.0, limit=9):
        if row.id == "failed":
            store.outbox.mark(row, Delivery(sent=False, reason=SendReason.UNREACHABLE), now, retry_at=later)
        elif row.id == "gone":
            store.outbox.mark(row, Delivery(sent=True, reason=SendReason.OK), now, retry_at=None)
        elif row.id != "in hand":
            store.outbox.postpone(row.id, later if row.id == "quiet" else now)
    store.upkeep.rules_since({"nato": "1"}, now - 2 * HOUR)
    store.upkeep.rules_since({"nato": "1", "war": "1"}, now)


def due(store) -> dict[str, list[str]]:
    """Return every time that something waits for, and some that must stay."""
    sql = store.upkeep._sql
    found = {
        "sources": "SELECT next_check_at FROM sources ORDER BY id",
        "hosts": "SELECT held_until FROM hosts",
        "links": "SELECT strftime('%Y-%m-%dT%H:%M:%S', next_at / 1000000, 'unixepoch') FROM links",
        "alerts": "SELECT due_at FROM alerts WHERE hold = '' AND state = 'open'",
        "held": "SELECT due_at FROM alerts WHERE hold <> ''",
        "outbox": "SELECT not_before FROM outbox WHERE id IN ('failed', 'fresh', 'in hand') ORDER BY id",
        "tried since": "SELECT created_at FROM outbox WHERE id IN ('failed', 'fresh', 'in hand') ORDER BY id",
        "lease": "SELECT lease_until FROM outbox WHERE lease_until IS NOT NULL",
        "quiet": "SELECT not_before FROM outbox WHERE id = 'quiet'",
        "gone": "SELECT created_at FROM outbox WHERE id = 'gone'",
        "rules": "SELECT first_seen FROM rules WHERE id = 'nato'",
        "new rule": "SELECT first_seen FROM rules WHERE id = 'war'",
    }
    return {name: [row[0][:19] for row in sql.all(query)] for name, query in found.items()}


STAYS = {"held", "quiet", "gone", "rules"}


class Newsdesk:
    """A store behind its ledger, the machine's clock, and who keeps the time."""

    def __init__(self, folder) -> None:
        self.machine = Machine(START)
        self.clock = SystemClock(self.machine.read)
        self.ledger = StoreLedger(lambda: engines.opened(folder / "monitor.db"))
        self.rearmed, self.moved, self.beats = 0, [], 0
        self.keeper = Timekeeper(self.clock, self.ledger, self.rearm, (self.moved.append,), self.beat)
        self.stored(fill)

    def stored(self, work):
        return self.ledger.submit(work).result()

    def events(self):
        return [(event.kind, event.at, event.detail) for event in self.stored(lambda s: s.upkeep.events())]

    def rearm(self) -> None:
        self.rearmed += 1

    async def beat(self) -> None:
        self.beats += 1


@pytest.fixture
def desk(tmp_path):
    made = Newsdesk(tmp_path)
    yield made
    made.ledger.close()


@pytest.mark.parametrize("by", [HOUR, -HOUR, timedelta(days=-20_000), timedelta(days=400)])
async def test_all_that_is_due_moves_with_the_clock_and_it_is_told_once(desk, by):
    before = desk.stored(due)
    assert all(before.values())
    desk.machine.offset += by.total_seconds()
    await desk.keeper.look()
    await desk.keeper.look()
    after = desk.stored(due)
    for name, times in before.items():
        moves = name not in STAYS and (name != "new rule" or by < timedelta(0))
        if name == "rules" and by < -2 * HOUR:
            moves = True
        wanted = [(datetime.fromisoformat(at) + (by if moves else timedelta(0))).isoformat()[:19] for at in times]
        assert after[name] == wanted, name
    ((kind, at, detail),) = desk.events()
    assert (kind, at) == ("clock", START + by)
    assert ("forward" if by > timedelta(0) else "back") in detail
    assert (desk.rearmed, desk.moved, desk.beats) == (1, [by], 1)
    assert desk.clock.now() == START + by


async def test_a_step_that_cannot_be_stored_is_not_taken_over_and_comes_again(desk):
    before = desk.stored(due)
    full = desk.ledger.submit

    def refuses(_work):
        return full(lambda _store: (_ for _ in ()).throw(FullError("disk full")))

    desk.ledger.submit = refuses
    desk.machine.offset -= 3600
    with pytest.raises(FullError):
        await desk.keeper.look()
    assert (desk.clock.now(), sum(desk.moved, timedelta())) == (START, timedelta())
    desk.ledger.submit = full
    assert desk.stored(due) == before
    await desk.keeper.look()
    assert desk.clock.now() == START - HOUR
    assert desk.stored(due)["hosts"] == ["2026-10-24T11:30:00"]


async def test_what_is_written_while_a_step_is_carried_out_belongs_to_one_time(desk):
    """What was asked of the ledger before moves with the rest; what comes after is in the new time already."""
    desk.machine.offset += 3600
    wrote = [desk.ledger.submit(lambda s: s.outlets.hold_host("before.example", START + HOUR))]
    submit = desk.ledger.submit

    def spy(work):
        future = submit(work)
        if len(wrote) == 1:
            wrote.append(submit(lambda s: s.outlets.hold_host("after.example", desk.clock.now() + HOUR)))
        return future

    desk.ledger.submit = spy
    await desk.keeper.look()
    desk.ledger.submit = submit
    held = desk.stored(lambda s: s.outlets.held_hosts(START))
    assert held["before.example"] == START + 2 * HOUR
    assert abs(held["after.example"] - (START + 2 * HOUR)) < timedelta(seconds=1)


async def test_after_a_sleep_what_is_due_is_due_and_it_is_told(desk):
    before = desk.stored(due)
    desk.machine.slept += 8 * 3600
    await desk.keeper.look()
    await desk.keeper.look()
    assert desk.stored(due) == before
    ((kind, at, detail),) = desk.events()
    assert (kind, at) == ("asleep", START + 8 * HOUR)
    assert "8 h 0 min 0 s" in detail
    assert desk.rearmed == 1


def test_no_rule_is_in_force_from_a_time_to_come():
    orders = Orders({}, {}, {}, (), rules_since={"new": START, "old": START - 3 * HOUR})
    assert orders.shifted(-HOUR, START - HOUR).rules_since == {"new": START - HOUR, "old": START - 3 * HOUR}
    assert orders.shifted(HOUR, START + HOUR).rules_since == orders.rules_since


def test_durations_are_for_people():
    assert [spell(at) for at in (3.21, 3605, 90, 2 * DAY + 3 * 3600)] == [
        "3.2 s", "1 h 0 min 5 s", "1 min 30 s", "2 d 3 h 0 min 0 s",
    ]  # fmt: skip


async def test_what_the_pipeline_holds_in_memory_moves_too(tmp_path):
    async with serving() as origin:
        desk = Desk(tmp_path, origin)
        try:
            desk.publish([item(1)])
            desk.origin.routes["/robots.txt"] = answer(503, b"")
            assert (await desk.poll()).reason is Reason.ROBOTS_UNREACHABLE
            desk.pipeline.orders = replace(desk.pipeline.orders, rules_since={"nato": desk.clock.now()})
            desk.clock.at -= HOUR
            desk.pipeline.shift(-HOUR)
            desk.stored(lambda store: store.upkeep.shift(-HOUR, desk.clock.now() + HOUR))
            assert desk.pipeline.orders.rules_since == {"nato": desk.clock.now()}
            # What it said of robots.txt holds for an hour, not for two.
            desk.origin.routes["/robots.txt"] = answer(404, b"")
            desk.stored(lambda store: store.outlets.put_off([(1, desk.clock.now())]))
            assert (await desk.poll(after=61 * 60.0)).reason is None
        finally:
            await desk.aclose()


async def test_the_hours_of_housework_are_not_the_wall_clocks(tmp_path):
    clock = Clock()
    ledger = StoreLedger(lambda: engines.opened(tmp_path / "monitor.db"))
    try:
        house = Upkeep(ledger, clock, Policy({}, Keep(1.0, 1.0)), window=HOUR)
        await house.tick()
        ledger.submit(lambda store: hits_on(store, 1)).result()
        for seconds, left in ((3_599.0, 1), (2.0, 0)):
            clock.forward(seconds)
            # To and fro: neither puts the next look off nor brings it forward.
            clock.at += timedelta(days=99) if left else timedelta(days=-9)
            await house.tick()
            assert len(ledger.submit(lambda store: store.articles.rows(Filter())).result()) == left
    finally:
        ledger.close()
