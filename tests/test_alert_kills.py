"""SIGKILL at random moments from hit to delivery, with a receiver that fails: nothing is lost, nothing is said twice.

The receiver answers 503 to a tenth, 429 to a twentieth, and takes three in a hundred without an answer. What it is sent a
second time must have been unanswered, or held by a process when that was killed, and be the same to the byte.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from tests import engines
from tests.alerting import CAREFUL, DIGESTS, ROUTES, SPEED, START
from tests.children import Children
from tests.consistent import consistent

ROUND = 20
# From the start of a process to the last of what the one before it had on the wire.
RESUMED = 5.0
# Quiet hours may hold what this one had in hand.
NIGHT = "by-night"
LATER = 7_200.0
# 0.4 s of the fast clock: some ten turns of a process at work.
ENOUGH = timedelta(seconds=0.4 * SPEED)
TAKEN = {"200", "mute"}


@dataclass
class Attempt:
    """What the receiver was sent, and did. `run`: of the process that sent it."""

    run: int
    how: str
    body: bytes


class Faulty:
    """A receiver over loopback, at its worst until `good`."""

    def __init__(self, dice: random.Random) -> None:
        self.good = False
        self.attempts: dict[str, list[Attempt]] = defaultdict(list)
        faulty, self._lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # who sent it was killed in the middle
                run = int(self.path.split("/")[1])
                with faulty._lock:
                    chance = 1.0 if faulty.good else dice.random()
                    how = "503" if chance < 0.1 else "429" if chance < 0.15 else "mute" if chance < 0.18 else "200"
                    faulty.attempts[self.headers["X-Monitor-Id"]].append(Attempt(run, how, body))
                if how == "mute":
                    time.sleep(0.4)
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

    def sent_by(self, run: int) -> set[str]:
        with self._lock:
            return {name for name, tries in self.attempts.items() if tries[-1].run == run}

    @property
    def taken(self) -> set[str]:
        return {name for name, tries in self.attempts.items() if any(one.how in TAKEN for one in tries)}


@pytest.fixture
def children() -> Iterator[Children]:
    made = Children("tests.alerting")
    yield made
    made.close()


def rows(path: Path, sql: str) -> list[tuple]:
    return engines.ask(path, sql)


def names(path: Path, sql: str) -> set[str]:
    return {name for (name,) in rows(path, sql)}


@dataclass
class Deaths:
    """What stood in the database when each process was killed."""

    held: dict[int, set[str]] = field(default_factory=dict)
    """Run → messages it had leased, or had not yet taken back."""
    settled: dict[str, int] = field(default_factory=dict)
    """Message → the first run at whose end it was marked as sent."""
    hits: set[int] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    lives: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when to when each process was at work, by its clock."""

    def lived(self, since: datetime, until: datetime) -> bool:
        """Tell whether a process was at work then for as long as a digest takes to be made."""
        return any(min(end, until) - max(began, since) > ENOUGH for began, end in self.lives)

    def note(self, path: Path, run: int) -> None:
        self.held[run] = names(path, "SELECT id FROM outbox WHERE state = 'leased'")
        for name in names(path, "SELECT id FROM outbox WHERE state = 'sent'"):
            self.settled.setdefault(name, run)
        self.hits |= {number for (number,) in rows(path, "SELECT id FROM hits")}
        self.messages |= names(path, "SELECT id FROM outbox")


# ---- what must not be, when nothing waits any more

# Each hit on each route: told, kept with a story that was told, or silenced.
_UNTOLD = """
SELECT h.id FROM hits h
WHERE NOT EXISTS (
    SELECT 1 FROM alert_hits j JOIN alerts l ON l.id = j.alert_id
    JOIN tellings t ON t.alert_id = l.id AND t.revision = j.told_revision
    WHERE j.hit_id = h.id AND l.route = '{route}')
AND NOT EXISTS (
    SELECT 1 FROM decisions d JOIN alert_hits j ON j.hit_id = h.id AND j.alert_id = d.alert_id
    JOIN alerts l ON l.id = d.alert_id
    WHERE d.hit_id = h.id AND d.route = '{route}' AND d.reason = 'same_story' AND l.revision > 0)
AND NOT EXISTS (
    SELECT 1 FROM decisions d WHERE d.hit_id = h.id AND d.route IN ('', '{route}') AND d.reason = 'silenced')
"""
_BY_WHAT = """
SELECT j.hit_id, t.outbox_id FROM alert_hits j JOIN tellings t ON t.alert_id = j.alert_id AND t.revision = j.told_revision
JOIN outbox o ON o.id = t.outbox_id
"""
# The parts of a digest are made at one moment; an alert may stand in several of them.
_NEVER = {
    "told twice at once": """
        SELECT t.alert_id, t.revision, o.channel_id FROM tellings t JOIN outbox o ON o.id = t.outbox_id
        WHERE o.kind <> 'digest' GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "told twice": """
        SELECT t.alert_id, t.revision, o.channel_id FROM tellings t JOIN outbox o ON o.id = t.outbox_id
        GROUP BY 1, 2, 3 HAVING count(DISTINCT o.created_at) > 1""",
    "a correction that nobody was told of": """
        SELECT c.id FROM corrections c WHERE NOT EXISTS (
            SELECT 1 FROM tellings t WHERE t.alert_id = c.alert_id AND t.revision = c.told_revision)""",
    # An hour of the fast clock is 36 s for what was begun before ten.
    "sent in quiet hours": """
        SELECT id, sent_at FROM outbox
        WHERE channel_id = 'by-night' AND (substr(sent_at, 12, 2) < '07' OR substr(sent_at, 12, 2) >= '23')""",
    "left out of its digest": "SELECT alert_id, revision FROM digest_items WHERE digest = ''",
}


def wrong(path: Path, receiver: Faulty, deaths: Deaths) -> list[str]:
    """Return what was lost or said twice."""
    said = consistent(path)
    said += [f"not sent: {one}" for one in rows(path, "SELECT id, state FROM outbox WHERE state <> 'sent'")]
    said += [f"sent and not there: {name}" for name in names(path, "SELECT id FROM outbox") - receiver.taken]
    said += [f"there and not sent: {name}" for name in receiver.taken - names(path, "SELECT id FROM outbox")]
    said += [f"a hit that is gone: {one}" for one in deaths.hits - {n for (n,) in rows(path, "SELECT id FROM hits")}]
    said += [f"a message that is gone: {one}" for one in deaths.messages - names(path, "SELECT id FROM outbox")]
    for route in ROUTES:
        untold = rows(path, _UNTOLD.format(route=route.id))
        said += [f"a hit that {route.id} told nobody of: {one}" for one in untold]
    for what, sql in _NEVER.items():
        said += [f"{what}: {one}" for one in rows(path, sql)]
    return said + unnamed(path, receiver) + digests(path, deaths) + repeated(path, receiver, deaths)


def unnamed(path: Path, receiver: Faulty) -> list[str]:
    """Return the hits that no message names that is said to."""
    named = {
        name: {int(number) for number in re.findall(rb"hit (\d+)", tries[0].body)}
        for name, tries in receiver.attempts.items()
    }
    channels = dict(rows(path, "SELECT id, channel_id FROM outbox"))
    by: dict[tuple[int, str], set[int]] = defaultdict(set)
    for number, message in rows(path, _BY_WHAT):
        by[number, channels[message]] |= named.get(message, set())
    return [f"a hit that no message names: {key}" for key, found in by.items() if key[0] not in found]


def digests(path: Path, deaths: Deaths) -> list[str]:
    """Return what is wrong with the row of digests: each time of the day once, none left out that a process lived to
    see, a message for each.
    """
    found = rows(path, "SELECT day, slot, at FROM digests WHERE route = 'digest' ORDER BY day, slot")
    times = [datetime.fromisoformat(f"{day} {slot}") for day, slot, _ in found]
    step = timedelta(hours=24 // len(DIGESTS))
    said = [f"{b} again" for a, b in pairwise(times) if b <= a]
    for a, b in pairwise(times):
        left_out = [a + step * number for number in range(1, int((b - a) / step))]
        said += [f"no digest at {one}" for one in left_out if deaths.lived(one, one + step)]
    sql = "SELECT title, count(DISTINCT created_at) FROM outbox WHERE kind = 'digest' AND route = 'digest' GROUP BY 1"
    titles = [(title.partition(":00:")[0], moments) for title, moments in rows(path, sql)]
    # Where it is noted for the first time nothing is told.
    told = [f"Digest {day} {slot}".removesuffix(":00") for day, slot, _ in found[1:]]
    said += [f"digests of {title}: {moments}" for title, moments in titles if moments > 1]
    return said + [f"no message of {title}" for title in told if title not in {one for one, _ in titles}]


def repeated(path: Path, receiver: Faulty, deaths: Deaths) -> list[str]:
    """Return what was sent again without cause."""
    said = []
    doubts = dict(rows(path, "SELECT id, ambiguous FROM outbox"))
    careful = names(path, f"SELECT id FROM outbox WHERE channel_id = '{CAREFUL}'")
    for name, tries in receiver.attempts.items():
        if len({one.body for one in tries}) > 1:
            said.append(f"not the same bytes: {name}")
        if name in deaths.settled and tries[-1].run > deaths.settled[name]:
            said.append(f"sent again though it was marked: {name}")
        mute = sum(one.how == "mute" and name not in deaths.held.get(one.run, ()) for one in tries)
        again = sum(
            before.how == "200" and not (name in deaths.held.get(before.run, ()) and after.run > before.run)
            for before, after in pairwise(tries)
        )
        # On a busy machine an answer may come too late for who asked.
        if name not in careful and not again <= doubts.get(name, 0) - mute:
            said.append(f"sent again though it was answered, or in doubt and not noted: {name}")
    return said


def in_doubt(path: Path, receiver: Faulty, deaths: Deaths) -> list[str]:
    """Return what of a channel at most once was sent again by itself, or does not stand as unknown."""
    careful = names(path, f"SELECT id FROM outbox WHERE channel_id = '{CAREFUL}'")
    unknown = names(path, "SELECT id FROM outbox WHERE state = 'unknown'")
    tries = {name: receiver.attempts[name] for name in careful if name in receiver.attempts}
    said = [f"again: {name}" for name, found in tries.items() if any(one.how in TAKEN for one in found[:-1])]
    open_ = {name for held in deaths.held.values() for name in held & careful}
    open_ |= {name for name, found in tries.items() if found[-1].how == "mute"}
    return said + [f"not unknown: {name}" for name in open_ - unknown] + [f"unknown: {n}" for n in unknown - careful]


# ---- the kills


def killed_round(children: Children, folder: Path, kills: int, dice: random.Random) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    path, receiver, deaths = folder / "monitor.db", Faulty(dice), Deaths()
    # A server that a child started would be nobody's once it is killed.
    engines.place(path)
    at, counts = 0.0, defaultdict(int)
    try:
        for run in range(kills):
            began = time.monotonic()
            ready = None
            number = children.start(run, at, 0, receiver.port, path)
            if run and dice.random() < 0.1:
                time.sleep(dice.uniform(0, 0.03))
                counts["early"] += 1
            else:
                children.said("ready")
                ready = time.monotonic()
                waits = expected(path, deaths.held.get(run - 1, set()))
                while missing := waits - receiver.sent_by(run):
                    assert time.monotonic() - began < RESUMED, missing
                    time.sleep(0.005)
                counts["resumed"] += bool(waits)
                time.sleep(dice.uniform(0, 0.5))
            os.kill(number, signal.SIGKILL)
            children.ended(-signal.SIGKILL)
            if ready is not None:
                deaths.lives.append((moment(at, ready - began), moment(at, time.monotonic() - began)))
            # Where the next begins at once only what was taken back is due; later also what had to be tried again.
            at += (time.monotonic() - began) * SPEED + (LATER if dice.random() < 0.5 else 0.0)
            deaths.note(path, run)
            counts["in_a_send"] += bool(deaths.held[run])
            counts["held"] += len(deaths.held[run])
            counts["untold"] += bool(rows(path, "SELECT 1 FROM alerts WHERE state = 'open' LIMIT 1"))
        receiver.good = True
        finish(children, path, receiver, kills, at + LATER)
        assert in_doubt(path, receiver, deaths) == []
        counts["unknown"] = decided(path, START + timedelta(seconds=at + 2 * LATER))
        finish(children, path, receiver, kills + 1, at + 3 * LATER)
        assert wrong(path, receiver, deaths) == []
        return counts | count(path, receiver)
    finally:
        receiver.close()


def moment(at: float, seconds: float) -> datetime:
    """Return what the clock of a process that began at `at` says after so many seconds of ours."""
    return (START + timedelta(seconds=at + seconds * SPEED)).replace(tzinfo=None)


def expected(path: Path, held: set[str]) -> set[str]:
    """Return what a process that begins has to send of what the last one held."""
    waits = f"SELECT id FROM outbox WHERE channel_id NOT IN ('{NIGHT}', '{CAREFUL}')"
    return held & names(path, waits)


def finish(children: Children, path: Path, receiver: Faulty, run: int, at: float) -> None:
    children.start(run, at, 1, receiver.port, path)
    children.said("ready")
    children.said("done")
    children.ended(0)


def decided(path: Path, now: datetime) -> int:
    """Have a person send again what may have arrived."""
    store = engines.opened(path)
    try:
        with store.transaction():
            return store.outbox.retry((), CAREFUL, now)
    finally:
        store.close()


def count(path: Path, receiver: Faulty) -> dict[str, int]:
    tries = [one for found in receiver.attempts.values() for one in found]
    sql = "SELECT (SELECT count(*) FROM hits), (SELECT count(*) FROM corrections), count(*), sum(ambiguous) FROM outbox"
    ((hits, corrections, messages, doubts),) = rows(path, sql)
    of_kind = dict(rows(path, "SELECT kind, count(*) FROM outbox GROUP BY 1"))
    silenced = rows(path, "SELECT count(*) FROM hits WHERE standing = 'silenced'")[0][0]
    return {
        "hits": hits, "silenced": silenced, "corrections": corrections, "messages": messages,
        "digests": of_kind.get("digest", 0), "updates": of_kind.get("update", 0), "attempts": len(tries),
        "unanswered": sum(one.how == "mute" for one in tries), "ambiguous": doubts,
        "copies": sum(one.how in TAKEN for one in tries) - len(receiver.taken),
    }  # fmt: skip


def rounds(children: Children, folder: Path, kills: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    dice, began, all_of = random.Random(seed), time.monotonic(), defaultdict(int)
    for number in range(0, kills, ROUND):
        for key, value in killed_round(children, folder / str(number), min(ROUND, kills - number), dice).items():
            all_of[key] += value
    print(f"{kills} kills, {time.monotonic() - began:.0f} s: {dict(all_of)}")
    assert all_of["copies"] <= all_of["ambiguous"] + all_of["held"]
    assert min(all_of[key] for key in ("resumed", "in_a_send", "untold", "unanswered", "unknown")) > 0
    assert min(all_of[key] for key in ("digests", "updates", "corrections", "silenced")) > 0


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
