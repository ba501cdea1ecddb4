"""`monitor run` as people run it, killed and stopped at any moment from its first: nothing is lost, nothing said twice.

Three outlets publish all the time. Of what is posted a tenth is refused, a twentieth taken without an answer.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.consistent import consistent
from tests.newsroom import Newsroom
from tests.story.newsroom import Event
from tests.test_line import _alive, _descendants
from tests.web import Web, article

OUTLETS = ("courier", "gazette", "herald")
CHANNELS = ("chat", "hook", "careful")
# Seconds between two articles, and for how long at most a daemon lives after its start.
PUBLISHED, LIFE = 0.15, 0.8
# Seconds that the receiver takes for a message at most.
SLOW = 0.1
# Exit codes of a process that is stopped before it has come to `run`: Python's own start.
BEFORE = {0, -signal.SIGTERM}


class Receiver:
    """Posts by id; faulty until `good`."""

    def __init__(self, dice: random.Random) -> None:
        self.good = False
        self.posts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        receiver, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return
                with lock:
                    chance = 1.0 if receiver.good else dice.random()
                    if chance >= 0.1:
                        receiver.posts[self.headers["X-Monitor-Id"]].append((self.path.strip("/"), body))
                time.sleep(SLOW * chance)
                if chance < 0.15:
                    self.close_connection = True
                if 0.1 <= chance < 0.15:
                    return
                self.send_response(503 if chance < 0.1 else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

            def handle(self) -> None:
                with suppress(ConnectionError):  # who asked was killed
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class World:
    """Outlets that publish, a receiver, and a configuration for both."""

    def __init__(self, folder: Path, webs: list[Web], receiver: Receiver, dice: random.Random) -> None:
        self.webs, self.receiver, self.dice = webs, receiver, dice
        self.room = Newsroom(folder)
        self.path = folder / "data" / "monitor.db"
        self.published = 0
        self._entries: list[list[tuple[str, str]]] = [[] for _ in webs]
        self._stop = threading.Event()
        for web in webs:
            web.feed([])
        self.room.outlets(**dict(zip(OUTLETS, (web.url for web in webs), strict=True)))
        at = f"127.0.0.1:{receiver.port}"
        self.room.write(
            "alerts",
            f"channels:\n  chat: {{url: 'json://{at}/chat'}}\n"
            f"  hook: {{kind: webhook, url: 'http://{at}/hook'}}\n"
            f"  careful: {{url: 'json://{at}/careful', delivery: at_most_once}}\n"
            f"routes:\n  all: {{channels: [{', '.join(CHANNELS)}]}}\n",
        )
        self.room.run("run", "--once")

    @contextmanager
    def publishing(self) -> Iterator[None]:
        thread = threading.Thread(target=self._publish)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def _publish(self) -> None:
        while not self._stop.wait(PUBLISHED):
            number, place = self.published, self.published % len(self.webs)
            self.webs[place].pages[f"/{number}.html"] = article(f"NATO item {number}", Event(number).article(0).body)
            self._entries[place].insert(0, (f"/{number}.html", f"NATO item {number}"))
            self.webs[place].feed(self._entries[place][:90])
            self.published += 1

    def rows(self, sql: str) -> list[tuple]:
        raw = sqlite3.connect(self.path)
        try:
            found = raw.execute(sql).fetchall()
            raw.commit()
        finally:
            raw.close()
        return found

    def phase(self, said: str) -> set[str]:
        """Return what a process that is dead had in hand."""
        if "watching" not in said:
            return {"start"}
        found = {"serving"}
        for name in ("links", "sources"):
            found |= {name} if self.rows(f"SELECT 1 FROM {name} WHERE leased = 1 LIMIT 1") else set()
        return found | ({"sends"} if self.rows("SELECT 1 FROM outbox WHERE state = 'leased' LIMIT 1") else set())

    def life(self, number: signal.Signals, moment: float) -> tuple[int, str, float]:
        """Let a daemon live for so many seconds and send it a signal; return how it ended, what it said, and how long it
        took.
        """
        process = self.room.start("run")
        time.sleep(moment)
        children = _descendants(process.pid)
        asked = time.monotonic()
        os.kill(process.pid, number)
        _, said = process.communicate(timeout=60)
        took = time.monotonic() - asked
        while any(_alive(child) for child in children):
            assert time.monotonic() - asked < 60, "its readers live on"
            time.sleep(0.005)
        return process.returncode, said, took

    def start_seconds(self) -> float:
        began = time.monotonic()
        process = self.room.start("run")
        assert process.stderr is not None
        assert any("watching" in line for line in process.stderr)
        took = time.monotonic() - began
        process.terminate()
        process.communicate(timeout=30)
        return took

    def pass_time(self) -> None:
        """Have come due what was to be sent again later."""
        self.rows("UPDATE outbox SET not_before = created_at WHERE state = 'pending'")

    def finish(self) -> None:
        """Do what is left, as if the time for it had come."""
        self.receiver.good = True
        for _ in range(20):
            self.pass_time()
            self.rows("UPDATE links SET next_at = 0 WHERE next_at IS NOT NULL AND state <> 'again'")
            self.room.run("run", "--once")
            done = self.rows("SELECT count(*) FROM hits")[0][0]
            if done == self.published and not self.rows("SELECT 1 FROM outbox WHERE state = 'pending'"):
                return
        raise AssertionError("it does not come to an end")

    def wrong(self) -> list[str]:
        """Return what was lost or said twice."""
        self.room.run("db", "check")
        said = consistent(self.path)
        titles = Counter(title for (title,) in self.rows("SELECT title FROM articles"))
        wanted = Counter(f"NATO item {number}" for number in range(self.published))
        said += [f"articles: {titles[one]} of {one}" for one in titles | wanted if titles[one] != wanted[one]]
        hits = Counter(
            title for (title,) in self.rows("SELECT a.title FROM hits h JOIN articles a ON a.id = h.article_id")
        )
        said += [f"hits: {hits[one]} of {one}" for one in hits | wanted if hits[one] != wanted[one]]
        states = {
            name: (channel, state) for name, channel, state in self.rows("SELECT id, channel_id, state FROM outbox")
        }
        for channel in CHANNELS:
            rows = sum(1 for place, _ in states.values() if place == channel)
            said += [f"{rows} messages of {self.published} on {channel}"] if rows != self.published else []
        for name, (channel, state) in states.items():
            posts = self.receiver.posts.get(name, [])
            if len({body for _, body in posts}) > 1 or any(place != channel for place, _ in posts):
                said.append(f"not the same: {name}")
            if channel == "careful":
                said += [f"sent again: {name}"] * (len(posts) > 1) + [f"{state}: {name}"] * (
                    state not in {"sent", "unknown"}
                )
            elif not posts or state != "sent":
                said.append(f"{state}, {len(posts)} posts: {name}")
        return said + [f"of nobody: {name}" for name in self.receiver.posts.keys() - states.keys()]


@pytest.fixture
def dice() -> random.Random:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def world(tmp_path: Path, dice: random.Random) -> Iterator[World]:
    with ExitStack() as stack:
        webs = [stack.enter_context(Web()) for _ in OUTLETS]
        yield World(tmp_path, webs, stack.enter_context(Receiver(dice)), dice)


def killed(world: World, kills: int) -> None:
    """Kill so many, half of them before they have begun to work."""
    phases: Counter[str] = Counter()
    whole = world.start_seconds()
    began = time.monotonic()
    with world.publishing():
        for _ in range(kills):
            early = world.dice.random() < 0.3
            moment = world.dice.uniform(0.0, whole) if early else whole + world.dice.uniform(0.0, LIFE)
            code, said, _ = world.life(signal.SIGKILL, moment)
            assert code == -signal.SIGKILL
            phases.update(world.phase(said))
            if world.dice.random() < 0.5:
                world.pass_time()
    world.finish()
    posts = sum(map(len, world.receiver.posts.values()))
    copies = posts - len(world.receiver.posts)
    print(
        f"{kills} kills, {time.monotonic() - began:.0f} s: {world.published} articles, {posts} posts, {copies} of them "
        f"copies, {dict(phases)}"
    )
    assert world.wrong() == []
    assert copies
    assert min(phases[name] for name in ("start", "serving", "links", "sources", "sends")) > 0, phases


@pytest.mark.timeout(300)
def test_twenty_kills_of_the_daemon_lose_nothing_and_double_nothing(world: World) -> None:
    killed(world, 20)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_two_hundred_kills_of_the_daemon_lose_nothing_and_double_nothing(world: World) -> None:
    killed(world, 200)


def stopped(world: World, stops: int) -> None:
    whole = world.start_seconds()
    slowest, codes = 0.0, Counter[int]()
    with world.publishing():
        for turn in range(stops):
            moment = world.dice.uniform(0.0, whole + LIFE)
            number = signal.SIGTERM if turn % 4 else signal.SIGINT
            if number == signal.SIGINT:
                moment = whole + world.dice.uniform(0.1, LIFE)
            code, said, took = world.life(number, moment)
            codes[code] += 1
            slowest = max(slowest, took)
            assert code in (BEFORE if moment < 0.4 * whole else {0}), (code, moment, whole, said)
    assert slowest < 20
    world.finish()
    print(f"{stops} stops, slowest {slowest:.1f} s, exit codes {dict(codes)}, {world.published} articles")
    assert world.wrong() == []


@pytest.mark.timeout(200)
def test_a_stop_at_any_moment_ends_well_and_loses_nothing(world: World) -> None:
    stopped(world, 8)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_hundred_stops_at_any_moment_end_well_and_lose_nothing(world: World) -> None:
    stopped(world, 100)
