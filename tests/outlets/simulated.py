"""Fifty outlets as they publish, polled and read in a simulated week; everything by seed, no clock, no store.

What is judged is what the product learns: rhythms and silences by cadence.answered, pages as health.glance has them.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from monitor.errors import Reason, Trouble
from monitor.model import Links, Outlet
from monitor.outlets import cadence, health, rhythm, silence
from monitor.outlets.novelty import News
from monitor.views import DueSource
from monitor.views_health import Ailment, Chart, Glance, Pulse

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
LEARNT = timedelta(weeks=6)
HOUR = timedelta(hours=1)
# Thursday, and for small outlets the day after it too.
HOLIDAY = 3

Rate = Callable[[datetime], float]
Spoil = Callable[[str, datetime, list[datetime]], tuple[Reason | None, list[Glance]] | None]


def _office(a_day: float, zone: int, *, weekend: float = 0.0) -> Rate:
    """Articles from 8 to 18 of a zone."""

    def rate(at: datetime) -> float:
        there = at + zone * HOUR
        share = 1.0 if there.weekday() < 5 else weekend
        return a_day / 10 * share if 8 <= there.hour < 18 else 0.0

    return rate


def _daily(a_day: float, zone: int, *, night: float, weekend: float) -> Rate:
    def rate(at: datetime) -> float:
        there = at + zone * HOUR
        share = 1.0 if there.weekday() < 5 else weekend
        return a_day / 16 * share * (night if there.hour < 7 else 1.0)

    return rate


def _print(a_day: float, zone: int) -> Rate:
    """Most of it at six in the morning, when the paper's pages go up."""

    def rate(at: datetime) -> float:
        there = at + zone * HOUR
        if there.weekday() == 6:
            return 0.0
        return a_day * 0.7 if there.hour == 6 else a_day * 0.3 / 12 if 8 <= there.hour < 20 else 0.0

    return rate


def _even(a_week: float) -> Rate:
    return lambda _: a_week / 168


@dataclass
class Paper:
    """One outlet. `walls`, `bare`: shares of pages behind a paywall and without text. `burst`: articles at once."""

    name: str
    rate: Rate
    walls: float = 0.0
    bare: float = 0.02
    burst: int = 1
    weekly: bool = False
    small: bool = False
    source: DueSource = field(init=False)
    first_ok_at: datetime = MONDAY - LEARNT
    failures: int = 0
    reason: Reason | None = None
    glances: list[Glance] = field(default_factory=list)
    ailments: tuple[Ailment, ...] = ()
    serial: int = 0

    def __post_init__(self) -> None:
        self.source = DueSource(1, self.name, f"https://{self.name}.example/feed", "feed", MONDAY - LEARNT)

    def comes(self, at: datetime, dice: random.Random, *, holiday: bool) -> list[datetime]:
        """Return what is published in the hour from `at`."""
        if self.weekly:
            fits = at.weekday() == 4 and at.hour == 10 and not holiday
            return [at + timedelta(minutes=dice.uniform(0, 50))] if fits else []
        shown = at + timedelta(days=6 - at.weekday()) if holiday else at
        mean = self.rate(shown) / self.burst
        found = []
        for _ in range(_poisson(mean, dice)):
            begin = at + timedelta(minutes=dice.uniform(0, 59))
            found += [begin] * (1 if self.burst == 1 else dice.randint(self.burst // 2, 2 * self.burst))
        return sorted(found)

    def page(self, at: datetime, dice: random.Random) -> Glance:
        self.serial += 1
        chance = dice.random()
        if chance < self.walls:
            return Glance(at, Reason.PAYWALL, 400, self.serial, self.serial)
        if chance < self.walls + self.bare:
            return Glance(at, dice.choice([Reason.NO_BODY, Reason.LIST_PAGE, Reason.NOT_FOUND]), title=self.serial)
        return Glance(at, None, int(dice.lognormvariate(8.0, 0.6)), self.serial, self.serial)

    def hear(self, moments: list[datetime], now: datetime) -> None:
        """A poll that was answered."""
        answer = cadence.Answer(f"{now}", Links(()))
        outcome = cadence.answered(self.source, Outlet(self.name), answer, News(moments=tuple(moments)), now)
        self.source = replace(
            self.source,
            rhythm=outcome.rhythm or self.source.rhythm,
            last_ok_at=now,
            back_at=now if self.failures >= 3 else self.source.back_at,
            news_at=outcome.news_at or self.source.news_at,
            quiet=self.source.quiet if outcome.quiet is None else outcome.quiet,
            spells=self.source.spells if outcome.spells is None else outcome.spells,
        )
        self.failures, self.reason = 0, None

    def fail(self, reason: Reason) -> None:
        self.failures, self.reason = self.failures + 1, reason

    def chart(self) -> Chart:
        source = self.source
        pulse = Pulse(
            source.url, self.reason, "", self.failures, source.last_ok_at, self.first_ok_at, source.news_at,
            source.back_at, source.quiet, source.spells, source.rhythm,
        )  # fmt: skip
        return Chart(self.name, (pulse,), tuple(self.glances), self.ailments)

    def examine(self, now: datetime) -> tuple[tuple[Ailment, ...], tuple[Ailment, ...]]:
        said = health.examine(self.chart(), "", now)
        over = {one.trouble for one in said.ended}
        self.ailments = (*(one for one in self.ailments if one.trouble not in over), *said.begun)
        return said.begun, said.ended


def _poisson(mean: float, dice: random.Random) -> int:
    bound, count, product = math.exp(-mean), 0, dice.random()
    while product > bound:
        count += 1
        product *= dice.random()
    return count


def papers(dice: random.Random) -> list[Paper]:
    """Fifty outlets of all sorts."""
    zones = (-8, -5, 0, 1, 2, 5, 9)
    found = [Paper(f"agency{n}", _daily(dice.uniform(70, 250), 0, night=0.4, weekend=0.6)) for n in range(6)]
    found += [
        Paper(f"daily{n}", _daily(dice.uniform(20, 90), dice.choice(zones), night=0.05, weekend=dice.uniform(0.3, 0.9)))
        for n in range(14)
    ]
    found += [Paper(f"office{n}", _office(dice.uniform(2, 50), dice.choice(zones))) for n in range(10)]
    found += [Paper(f"press{n}", _print(dice.uniform(20, 60), dice.choice(zones))) for n in range(4)]
    found += [Paper(f"seldom{n}", _even(dice.uniform(1, 5)), small=True) for n in range(5)]
    found += [Paper(f"weekly{n}", _even(1), weekly=True) for n in range(3)]
    found += [Paper(f"bursts{n}", _even(30), burst=10) for n in range(2)]
    found += [Paper(f"walled{n}", _daily(40, 1, night=0.1, weekend=0.5), walls=0.6) for n in range(2)]
    found += [Paper(f"films{n}", _daily(40, 1, night=0.1, weekend=0.5), bare=0.3) for n in range(2)]
    found += [Paper(f"parish{n}", _office(dice.uniform(2, 9), 1), small=True) for n in range(2)]
    return found


def learn(paper: Paper, dice: random.Random) -> None:
    """Live through six usual weeks, polled at the end of each hour in which something came, and each night."""
    at, known = MONDAY - LEARNT, rhythm.learn(None, [], MONDAY - LEARNT)
    while at < MONDAY:
        new = paper.comes(at, dice, holiday=False)
        at += HOUR
        if not new and at.hour:
            continue
        learnt = rhythm.learn(known, new, at)
        # Of the polls that found nothing only this is left.
        paper.source = replace(paper.source, last_ok_at=at - timedelta(minutes=20))
        if heard := silence.heard(paper.source, known, learnt, new, at):
            paper.source = replace(paper.source, news_at=heard.news_at, quiet=heard.quiet, spells=heard.spells)
        known = learnt
        paper.glances = [*paper.glances, *(paper.page(one, dice) for one in new)][-health.GLANCES :]
    paper.source = replace(paper.source, rhythm=rhythm.pack(known))


@dataclass
class Told:
    """What was told in a week: (outlet, trouble, when)."""

    begun: list[tuple[str, Trouble, datetime]] = field(default_factory=list)
    ended: list[tuple[str, Trouble, datetime]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    polls: Counter[str] = field(default_factory=Counter)
    """Polls of an outlet since it was spoiled, till it was told."""


def week(found: list[Paper], dice: random.Random, spoil: Spoil | None = None, days: int = 7) -> Told:
    """Live through a week with a holiday. `spoil`: makes of what an outlet published what we see of it."""
    told = Told()
    for paper in found:
        held: list[datetime] = []
        for now, new in _polls(paper, dice, days):
            spoiled = spoil(paper.name, now, new) if spoil else None
            if spoiled is not None:
                told.polls[paper.name] += not any(name == paper.name for name, _, _ in told.begun)
                reason, pages = spoiled
                moments = [one.at for one in pages]
            else:
                reason = Reason.TIMEOUT if dice.random() < 0.004 else None
                held += new
                pages = [] if reason else [paper.page(one, dice) for one in held]
                moments = [] if reason else held
                held = [] if reason is None else held
            if reason:
                paper.fail(reason)
            else:
                paper.hear(moments, now)
                paper.glances = [*paper.glances, *(replace(one, at=now) for one in pages)][-health.GLANCES :]
            begun, ended = paper.examine(now)
            told.begun += [(paper.name, one.trouble, now) for one in begun]
            told.ended += [(paper.name, one.trouble, now) for one in ended]
            told.said += [f"{now:%a %H:%M} {paper.name}: {one.said}" for one in (*begun, *ended)]
    return told


def _polls(paper: Paper, dice: random.Random, days: int) -> Iterator[tuple[datetime, list[datetime]]]:
    """Yield polls some 30 minutes apart, with what came since the last."""
    at, waiting = MONDAY, []
    last = MONDAY
    while at < MONDAY + timedelta(days=days):
        day = (at - MONDAY).days
        holiday = day == HOLIDAY or (day == HOLIDAY + 1 and paper.small)
        waiting += paper.comes(at, dice, holiday=holiday)
        at += HOUR
        while last + timedelta(minutes=40) < at:
            last += timedelta(minutes=dice.uniform(20, 40))
            new = [one for one in waiting if one <= last]
            waiting = [one for one in waiting if one > last]
            yield last, new
