"""SIGKILL at random moments from hit to delivery, with a receiver that fails: nothing is lost, nothing is said twice.

The receiver answers 503 to a tenth, 429 to a twentieth, and takes three in a hundred without an answer. What it is sent a
second time must have been unanswered before, or sent by a process that was killed, and be the same to the byte.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests.children import Children
from tests.consistent import consistent

ROUND = 20
# Of a process that has something to send: from its start to the first message, with one whole lease in between.
RESUMED = 5.0


@dataclass
class Attempt:
    """What the receiver was sent, and did. `run`: of the process that sent it."""

    run: int
    how: str
    body: bytes
    at: float


class Faulty:
    """A receiver over loopback, at its worst until `good`."""

    def __init__(self, dice: random.Random) -> None:
        self.run, self.good = 0, False
        self.attempts: dict[str, list[Attempt]] = defaultdict(list)
        self.latest = 0.0
        faulty, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # who sent it was killed in the middle
                with lock:
                    chance = 1.0 if faulty.good else dice.random()
                    how = "503" if chance < 0.1 else "429" if chance < 0.15 else "mute" if chance < 0.18 else "200"
                    faulty.attempts[self.headers["X-Monitor-Id"]].append(
                        Attempt(faulty.run, how, body, time.monotonic())
                    )
                    faulty.latest = time.monotonic()
                if how == "mute":
                    time.sleep(0.6)
                    self.close_connection = True
                    return
                self.send_response(int(how))
                if how == "429":
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: object) -> None:
                """Who is killed does not wait for the answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def taken(self) -> set[str]:
        return {name for name, tries in self.attempts.items() if any(one.how in {"200", "mute"} for one in tries)}


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children("tests.alerting")
    yield made
    made.close()


def rows(path: Path, sql: str) -> list[tuple]:
    raw = sqlite3.connect(path)
    found = raw.execute(sql).fetchall()
    raw.close()
    return found


def wrong(path: Path, receiver: Faulty, killed: set[int]) -> list[str]:
    """Return what was lost or said twice, when nothing waits any more."""
    said = consistent(path)
    sent = {name for (name,) in rows(path, "SELECT id FROM outbox WHERE state = 'sent'")}
    said += [f"not sent: {one}" for one in rows(path, "SELECT id, state FROM outbox WHERE state <> 'sent'")]
    said += [f"sent and not there: {name}" for name in sent - receiver.taken]
    # Each hit on each route: told by a message that is there, or kept with a story that was.
    said += [
        f"a hit that nobody was told of: {one}"
        for one in rows(
            path,
            """
            SELECT h.id, r.route FROM hits h CROSS JOIN (SELECT DISTINCT route FROM alerts) r
            WHERE NOT EXISTS (
                SELECT 1 FROM alert_hits j JOIN alerts l ON l.id = j.alert_id
                JOIN tellings t ON t.alert_id = l.id AND t.revision = j.told_revision JOIN outbox o ON o.id = t.outbox_id
                WHERE j.hit_id = h.id AND l.route = r.route AND o.state = 'sent')
            AND NOT EXISTS (
                SELECT 1 FROM decisions d JOIN alert_hits j ON j.hit_id = h.id AND j.alert_id = d.alert_id
                WHERE d.hit_id = h.id AND d.route = r.route AND d.reason = 'same_story')
            """,
        )
    ]
    said += [
        f"told twice: {one}"
        for one in rows(
            path,
            """
            SELECT t.alert_id, t.revision, o.channel_id FROM tellings t JOIN outbox o ON o.id = t.outbox_id
            WHERE o.kind <> 'digest' GROUP BY 1, 2, 3 HAVING count(*) > 1
            """,
        )
    ]
    for name, tries in receiver.attempts.items():
        if len({one.body for one in tries}) > 1:
            said.append(f"not the same bytes: {name}")
        for before, after in pairwise(tries):
            if before.how == "200" and not (before.run in killed and after.run > before.run):
                said.append(f"sent again though it was answered: {name}, {before.run} {after.run}")
    return said


def killed_round(children: Children, folder: Path, kills: int, dice: random.Random) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    path, receiver, resumed = folder / "monitor.db", Faulty(dice), 0
    try:
        for run in range(kills):
            receiver.run = run
            waits = path.exists() and rows(path, "SELECT count(*) FROM outbox WHERE state = 'leased'")[0][0]
            began = time.monotonic()
            number = children.start(run, 0, receiver.port, path)
            children.said("ready")
            if waits:
                while receiver.latest < began:
                    assert time.monotonic() - began < RESUMED
                    time.sleep(0.005)
                resumed += 1
            time.sleep(dice.uniform(0, 0.5))
            os.kill(number, signal.SIGKILL)
            children.ended(-signal.SIGKILL)
        receiver.good, receiver.run = True, kills
        children.start(kills, 1, receiver.port, path)
        children.said("ready")
        children.said("done")
        children.ended(0)
        assert wrong(path, receiver, set(range(kills))) == []
        tries = [one for found in receiver.attempts.values() for one in found]
        return {
            "hits": rows(path, "SELECT count(*) FROM hits")[0][0],
            "messages": len(receiver.attempts),
            "attempts": len(tries),
            "unanswered": sum(one.how == "mute" for one in tries),
            "copies": sum(one.how in {"200", "mute"} for one in tries) - len(receiver.taken),
            "resumed": resumed,
            "digests": rows(path, "SELECT count(*) FROM outbox WHERE kind = 'digest'")[0][0],
            "updates": rows(path, "SELECT count(*) FROM outbox WHERE kind = 'update'")[0][0],
        }
    finally:
        receiver.close()


def rounds(children: Children, folder: Path, kills: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice, began, all_of = random.Random(seed), time.monotonic(), defaultdict(int)
    for number in range(0, kills, ROUND):
        for key, value in killed_round(children, folder / str(number), min(ROUND, kills - number), dice).items():
            all_of[key] += value
    print(f"{kills} kills, {time.monotonic() - began:.0f} s: {dict(all_of)}")
    assert all_of["copies"] <= all_of["unanswered"] + 6 * kills
    assert min(all_of[key] for key in ("resumed", "digests", "updates", "unanswered")) > 0


def test_twenty_kills_lose_no_alert_and_double_none(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 20)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_kills_lose_no_alert_and_double_none(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 200)


@pytest.mark.thousand
@pytest.mark.timeout(6000)
def test_a_thousand_kills_lose_no_alert_and_double_none(children: Children, tmp_path: Path) -> None:
    rounds(children, tmp_path, 1_000)
