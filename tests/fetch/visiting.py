"""A visitor over the real client and store, and a clock that a test moves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from monitor.fetch import robots
from monitor.fetch.client import Client
from monitor.fetch.gate import Gate
from monitor.fetch.visit import Visitor
from monitor.model import Outlet
from monitor.store.ledger import StoreLedger
from monitor.store.sqlite import SqliteStore
from tests.fetch.origin import answer

AGENT = "news-monitor/1.0 (+desk@example.org)"
KEEP_OUT = answer(200, b"User-agent: *\nDisallow: /private\n")


class HandClock:
    """A clock that only moves when somebody sleeps or the test says so."""

    def __init__(self):
        self.at = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.slept = []

    def now(self):
        return self.at

    def monotonic(self):
        return self.at.timestamp() - 1_000_000.0

    async def sleep(self, seconds):
        if seconds > 0:
            self.slept.append(round(seconds, 3))
            self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


class Reader:
    """What a reader process runs, without the process."""

    failure = None
    asked = 0

    async def robots(self, body, urls, agent):
        self.asked += 1
        assert agent == "news-monitor"
        return self.failure or robots.judge(body, urls, agent)


class House:
    """A visitor over the real client and store."""

    def __init__(self, folder, gap=0.0):
        self.clock = HandClock()
        self.reader = Reader()
        self.ledger = StoreLedger(lambda: SqliteStore.open(folder / "monitor.db"))
        self.client = Client(agent=AGENT)
        self.start(gap)

    def start(self, gap=0.0):
        self.visitor = Visitor(self.client, self.reader, self.ledger, self.clock, Gate(gap), AGENT)

    def stored(self, work):
        return self.ledger.submit(work).result()


def outlet(origin, **more):
    return Outlet("a", homepage=f"{origin.url}/", private=True, **more)
