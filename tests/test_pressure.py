"""An overloaded machine says so once, asks the slowest outlets less often, and says when that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.model import Outlet, Source
from monitor.pressure import Pressure
from monitor.upkeep import Floor
from monitor.views import DueSource
from monitor.vitals import Vitals
from monitor.wiring import Line
from monitor.works import Works
from tests.desk import HOME, Desk, item
from tests.fetch.origin import serving


async def test_late_polls_are_told_once_and_make_the_next_ones_rarer_until_they_start_in_time(tmp_path):
    async with serving() as origin:
        desk = Desk(tmp_path, origin, every=900.0)
        try:
            vitals = Vitals(desk.clock.now())
            pressure = Pressure(desk.pipeline, desk.ledger, desk.clock, vitals)
            desk.publish([item(1)])
            usual = await waits(desk)
            await minutes(pressure, desk, 3, late=30.0)
            assert (pressure.factor, pressure.lag) == (1.5, 30.0)
            assert (vitals.start_lag.total, sum(vitals.start_lag.counts)) == (90 * 30.0, 90)
            assert await waits(desk) == 1.5 * usual
            await minutes(pressure, desk, 3, late=30.0)
            assert pressure.factor == 2.0
            await minutes(pressure, desk, 10, late=0.5)
            assert pressure.factor == 1.0
            assert await waits(desk) == usual
            began, over = desk.events("overload") + desk.events("overload_over")
            assert began == (
                "95 % of the polls of a minute started within 30.0 s of their time: "
                "outlets with an interval of 15m or more are asked 1.5 times less often"
            )
            assert over.endswith("within 0.5 s of their time: all outlets are asked for as often as usual")
        finally:
            await desk.aclose()


@pytest.mark.parametrize("once", [False, True])
async def test_what_is_due_at_a_start_goes_out_a_part_each_second_but_not_in_a_pass(tmp_path, once):
    async with serving() as origin:
        desk = Desk(tmp_path, origin)
        try:
            outlets = [Outlet(f"o{number}", sources=(Source(f"{HOME}/{number}.xml"),)) for number in range(60)]
            desk.stored(lambda store: store.outlets.sync(outlets, desk.clock.now()))
            desk.clock.forward(3600)
            floor = Floor(desk.ledger, desk.clock, tmp_path / "monitor.db", 0)
            works = Works(
                Line(desk.pipeline, desk.ledger, desk.clock, floor, None, None, None, desk.client, desk.keeper),
                once=once,
            )
            assert await works.lease_polls() == (60 if once else 26)
            await works.polls.drained()
            assert len(desk.origin.paths()) == 1 + (60 if once else 26)
            if once:
                await works.weigh()
                assert works.pressure.lag >= 3600
                assert works.vitals.start_lag.total >= 60 * 3600
        finally:
            await desk.aclose()


async def waits(desk: Desk) -> float:
    """Poll; return the seconds until the next one."""
    await desk.poll(read=False)
    (row,) = desk.stored(lambda store: store.outlets.rows())
    return (row.next_check_at - desk.clock.now()).total_seconds()


async def minutes(pressure: Pressure, desk: Desk, count: int, late: float) -> None:
    for _ in range(count):
        due = desk.clock.now() - timedelta(seconds=late)
        for number in range(30):
            pressure.started(DueSource(number, "courier", "https://a.example/feed", "feed", due))
        await pressure.judge(full=False)
