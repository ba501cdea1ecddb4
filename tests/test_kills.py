"""Hundreds of kills: whatever the moment, nothing is lost and nobody who remembers is told twice."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests import engines
from tests.consistent import consistent
from tests.newsroom import Newsroom
from tests.receivers import HttpReceiver
from tests.story.newsroom import Event
from tests.web import Web, article

KILLS = 150


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_kills_at_any_moment_lose_nothing(tmp_path):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    with Web() as web, HttpReceiver() as hook:
        room = Newsroom(tmp_path, real=True)
        room.outlets(courier=web.url)
        room.channels(chat=f"json://127.0.0.1:{hook.port}/hook")
        web.feed([])
        room.run("run", "--once")
        # The moments are shares of a whole run, so that kills fall into the work on any machine: half of it is starting.
        began = time.monotonic()
        room.run("run", "--once")
        whole = time.monotonic() - began
        entries = []
        for number in range(KILLS):
            # Events of their own: no two are one story.
            web.pages[f"/{number}.html"] = article(f"NATO item {number}", Event(number).article(0).body)
            entries.insert(0, (f"/{number}.html", f"NATO item {number}"))
            web.feed(entries[:30])
            process = room.start("run", "--once")
            time.sleep(dice.uniform(0.3, 1.1) * whole)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        for _ in range(3):
            time.sleep(0.2)
            room.run("run", "--once")
        names = {headers["x-monitor-id"] for _, headers, _ in hook.posts}
        counts = [
            engines.ask(tmp_path / "data" / "monitor.db", query)[0][0]
            for query in (
                "select count(*) from articles",
                "select count(*) from hits",
                "select count(*) from alerts where state = 'told'",
                "select count(*) from outbox where state = 'sent'",
            )
        ]
        print(f"{KILLS} kills, {len(hook.posts)} posts, {len(names)} names")
        assert consistent(tmp_path / "data" / "monitor.db") == []
        assert counts == [KILLS] * 4
        assert len(names) == KILLS
