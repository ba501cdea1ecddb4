"""`monitor run` as people run it, killed and stopped at any moment from its first: nothing is lost, nothing said twice.

Three outlets publish all the time, and add to what they published. Of what is posted a tenth is refused, a twentieth taken
without an answer. One in four daemons is started as people do it, the others are forked out of a loaded process.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from monitor.views import Filter
from tests import engines
from tests.children import heard
from tests.consistent import consistent
from tests.forks import Forked, forker
from tests.newsroom import ROOT, Newsroom
from tests.receivers import Unreliable
from tests.story.newsroom import Event
from tests.web import Web, article

OUTLETS = ("courier", "gazette", "herald")
CHANNELS = ("chat", "hook", "careful")
# Seconds between two articles, and for how long at most a daemon lives after it serves, or has asked an outlet.
PUBLISHED, LIFE = 0.15, 0.8
# So many articles may be ahead of what was told: on a busy machine there would be thousands.
AHEAD = 60
# So many articles later an article has another paragraph, and another date in its feed.
CHANGED = 12
# One start in so many is a real one.
REAL = 4


def outlets() -> Iterator[str]:
    """Yield names of outlets, as many as are asked for."""
    yield from OUTLETS
    yield from (f"outlet{number}" for number in count())


@dataclass
class Life:
    """A daemon's. `heard`: it had come so far that it hears a stop; `opened`: the database was its own; `said`: on stderr."""

    code: int
    took: float
    heard: bool
    opened: bool
    said: str


class World:
    """Outlets that publish, a receiver, and a configuration for both."""

    def __init__(self, folder: Path, webs: list[Web], receiver: Unreliable, dice: random.Random) -> None:
        self.webs, self.receiver, self.dice = webs, receiver, dice
        self.room = Newsroom(folder)
        self.path, self.said = folder / "data" / "monitor.db", folder / "said"
        self.whole: dict[bool, float] = {}
        self.published = self.changed = self.lives = 0
        self._entries: list[list[tuple[str, str]]] = [[] for _ in webs]
        self._dates: dict[str, datetime] = {}
        self._stop = threading.Event()
        for web in webs:
            web.feed([])
        self.room.outlets(**{name: web.url for name, web in zip(outlets(), webs, strict=False)})
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
            if len(CHANNELS) * (self.published - AHEAD) > len(self.receiver.posts):
                continue
            number = self.published
            self._page(number)
            # Dates to come are no dates.
            self._dates[f"/{number}.html"] = datetime.now(UTC) - timedelta(hours=1)
            self._entries[number % len(self.webs)].insert(0, (f"/{number}.html", f"NATO item {number}"))
            old = number - CHANGED
            if old >= 0 and old % 5 == 0:
                self._page(old, added(old))
                self._dates[f"/{old}.html"] += timedelta(minutes=5)
                self.changed += 1
            for place, web in enumerate(self.webs):
                web.feed(self._entries[place][:90], dates=self._dates)
            self.spread()
            self.published += 1

    def spread(self) -> None:
        """Publish elsewhere what was published now."""

    def _page(self, number: int, *more: str) -> None:
        page = article(f"NATO item {number}", Event(number).article(0).body, *more)
        self.webs[number % len(self.webs)].pages[f"/{number}.html"] = page

    def rows(self, sql: str) -> list[tuple]:
        return engines.ask(self.path, sql)

    def phase(self, life: Life) -> set[str]:
        """Return what a process that is dead had in hand."""
        if "watching" not in life.said:
            return {"opening" if life.opened else "loading"}
        found = {"serving"}
        for name in ("links", "sources"):
            found |= {name} if self.rows(f"SELECT 1 FROM {name} WHERE leased = 1 LIMIT 1") else set()
        found |= {"sends"} if self.rows("SELECT 1 FROM outbox WHERE state = 'leased' LIMIT 1") else set()
        return found | ({"untold"} if self.rows("SELECT 1 FROM alerts WHERE state = 'open' LIMIT 1") else set())

    def _begin(self, *, real: bool) -> subprocess.Popen[bytes] | Forked:
        words = ["--config", str(self.room.config), "run"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with self.said.open("w") as said:
            if not real:
                return forker().start(words, self.room.folder, environment, stdout=subprocess.DEVNULL, stderr=said)
            return subprocess.Popen(
                [sys.executable, "-m", "monitor", *words], cwd=self.room.folder, env=environment,
                stdout=subprocess.DEVNULL, stderr=said,
            )  # fmt: skip

    def _done(self) -> tuple[int, int]:
        """Return how often outlets were asked, and how much was told."""
        return sum(len(web.asked) for web in self.webs), sum(map(len, list(self.receiver.posts.values())))

    def life(self, number: signal.Signals, until: str, *, real: bool) -> Life:
        """Let a daemon live until a random moment before it serves ("start"), after it does ("serves"), after it has
        asked an outlet ("works") or told somebody ("tells"), and send it a signal.
        """
        asked, told = self._done()
        process = self._begin(real=real)
        pid = process.pid
        try:
            if until != "start":
                wait_for(lambda: "watching" in self.said.read_text())
            if until == "works":
                wait_for(lambda: self._done()[0] > asked)
            if until == "tells":
                wait_for(lambda: self._done()[1] > told)
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            process.wait(timeout=60)
            raise
        most = {"start": self.whole[real], "tells": self.receiver.SLOW}.get(until, LIFE)
        time.sleep(self.dice.uniform(0.0, most))
        was_heard, began = heard(pid), time.monotonic()
        os.kill(pid, number)
        code = process.wait(timeout=60)
        took = time.monotonic() - began
        wait_for(lambda: not self.processes())
        lock = self.path.with_name(f"{self.path.name}.lock").read_text().strip()
        return Life(code, took, was_heard, lock == str(pid), self.said.read_text())

    def processes(self) -> list[int]:
        """Return the fork servers and readers of this folder's daemons."""
        mine, found = os.fsencode(self.room.folder), []
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = place.read_bytes()
                if b"monitor.zygote" in words and mine in words:
                    found.append(int(place.parent.name))
        return found

    def lived(self, number: signal.Signals, early: float) -> Life:
        """Let one live to a random moment, `early` of them to one before it serves."""
        self.lives += 1
        chance = self.dice.random()
        until = "start" if chance < early else self.dice.choice(("works", "works", "tells", "tells", "serves"))
        return self.life(number, until, real=self.lives % REAL == 0)

    def measure(self) -> None:
        """Learn how long a daemon takes until it serves."""
        for real in (False, True):
            began = time.monotonic()
            process = self._begin(real=real)
            wait_for(lambda: "watching" in self.said.read_text())
            self.whole[real] = time.monotonic() - began
            os.kill(process.pid, signal.SIGTERM)
            assert process.wait(timeout=60) == 0

    def pass_time(self) -> None:
        """Have come due what was to be sent again later."""
        self.rows("UPDATE outbox SET not_before = created_at WHERE state = 'pending'")

    def finish(self) -> None:
        """Do what is left, as if the time for it had come."""
        self.receiver.good = True
        # What was changed while a reader had it is found when its next time comes.
        self.rows("UPDATE links SET next_at = 0 WHERE state = 'again'")
        for _ in range(8):
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
        said += self._unchanged()
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
                said += [f"sent again: {name}"] * (len(posts) > 1)
                said += [f"{state}, {len(posts)} posts: {name}"] * (
                    state != "unknown" and (state, len(posts)) != ("sent", 1)
                )
            elif not posts or state != "sent":
                said.append(f"{state}, {len(posts)} posts: {name}")
        return said + [f"of nobody: {name}" for name in self.receiver.posts.keys() - states.keys()]

    def _unchanged(self) -> list[str]:
        """Return the articles that are not there as they were published last."""
        store, said = engines.readonly(self.path), []
        for row in store.articles.rows(Filter(limit=10**6)):
            stored = store.articles.get(row.id)
            assert stored is not None
            number = int(stored.article.title.rsplit(" ", 1)[1])
            wanted = number % 5 == 0 and number < self.published - CHANGED
            if (added(number) in stored.article.body) != wanted:
                said.append(f"not as it was published last: {number}")
        store.close()
        return said


@pytest.fixture
def dice() -> random.Random:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def world(tmp_path: Path, dice: random.Random) -> Iterator[World]:
    with ExitStack() as stack:
        webs = [stack.enter_context(Web()) for _ in OUTLETS]
        yield World(tmp_path, webs, stack.enter_context(Unreliable(dice)), dice)


def wait_for(true: Callable[[], object]) -> None:
    ends = time.monotonic() + 60
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.005)


def added(number: int) -> str:
    """Return what is added to an article: words of its own, as what many pages say is taken for boilerplate."""
    return Event(number).article(1).body


def killed(world: World, kills: int) -> None:
    """Kill so many, a third of them before they have begun to work, and on until all that a daemon does was cut: of twenty
    random moments none may fall into the reading of a page.
    """
    phases: Counter[str] = Counter()
    done = held = 0
    # Where there are many, each of what a daemon does from its first moment is among it.
    rare = ("loading", "opening", "sources", "untold") if kills >= 100 else ()
    wanted = ("start", "serving", "links", "sends", *rare)
    world.measure()
    began = time.monotonic()
    with world.publishing():
        while done < kills or (done < 2 * kills and not all(phases[name] for name in wanted)):
            done += 1
            life = world.lived(signal.SIGKILL, 0.3)
            assert life.code == -signal.SIGKILL
            phases.update(world.phase(life))
            phases["start"] = phases["loading"] + phases["opening"]
            held += world.rows("SELECT count(*) FROM outbox WHERE state = 'leased'")[0][0]
            if world.dice.random() < 0.5:
                world.pass_time()
    took = time.monotonic() - began
    world.finish()
    posts = sum(map(len, world.receiver.posts.values()))
    copies = posts - len(world.receiver.posts)
    print(
        f"{done} kills, {took:.0f} s: {world.published} articles, {world.changed} of them changed, {posts} posts, {copies} "
        f"of them copies, {dict(phases)}"
    )
    assert world.wrong() == []
    # Sent again is what was on the wire, and what was not answered.
    assert 0 < copies <= held + world.rows("SELECT sum(ambiguous) FROM outbox")[0][0]
    assert world.changed
    assert all(phases[name] for name in wanted), phases


@pytest.mark.timeout(300)
def test_twenty_kills_of_the_daemon_lose_nothing_and_double_nothing(world: World) -> None:
    killed(world, 20)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_two_hundred_kills_of_the_daemon_lose_nothing_and_double_nothing(world: World) -> None:
    killed(world, 200)


def stopped(world: World, stops: int) -> None:
    """Stop so many, half of them before they have begun to work. What has not come to `main` ends as Python does."""
    slowest, codes = 0.0, Counter[int]()
    world.measure()
    with world.publishing():
        for turn in range(stops):
            number = signal.SIGTERM if turn % 4 else signal.SIGINT
            life = world.lived(number, 0.5)
            codes[life.code] += 1
            slowest = max(slowest, life.took)
            assert life.code == 0 or not life.heard, life
            assert "Traceback" not in life.said or not life.heard, life.said
    assert slowest < 20
    world.finish()
    print(f"{stops} stops, slowest {slowest:.1f} s, exit codes {dict(codes)}, {world.published} articles")
    assert world.wrong() == []


@pytest.mark.timeout(200)
def test_a_stop_at_any_moment_ends_well_and_loses_nothing(world: World) -> None:
    stopped(world, 4)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_a_hundred_stops_at_any_moment_end_well_and_lose_nothing(world: World) -> None:
    stopped(world, 100)
