"""A keeper and workers on one database, killed at any moment, the database too: nothing is lost, nothing said twice, and no
host is asked by two at once or faster than its gap.

Outlets publish all the time, each on a host of its own; every other has its list on the host of another, so that jobs meet.
What is asked is timed where it is answered. The processes are `monitor run` and `monitor work` as people run them, forked out of a loaded one.
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from monitor.store.opening import open_readonly
from tests import engines, postgres
from tests.forks import Forked, forker
from tests.newsroom import ROOT
from tests.receivers import Unreliable
from tests.test_daemon_kills import CHANNELS, World, wait_for
from tests.web import Web

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing())]

GAP = 0.3
# Seconds an answer takes: two that ask at once would be seen to.
LATENCY = 0.06
HOSTS = 9
MOVED = "moved"
# How long a visit takes here is known: after a restart of the server those who live are seen within two beats.
CONSTANTS = {"monitor.store.pg_absence.UNSEEN": 6.0}
# Seconds between two kills.
BETWEEN = (0.2, 2.5)
SETTLES = 240


class Timed(Web):
    """`visits`: when each request came, and when it had its answer or was given up, by a clock that never steps."""

    def __init__(self) -> None:
        super().__init__()
        self.visits: list[tuple[float, float, str]] = []
        visits, plain = self.visits, self._server.RequestHandlerClass

        class Handler(plain):  # type: ignore[misc,valid-type]
            def do_GET(self) -> None:
                began = seen = time.monotonic()
                # The end is noted before the answer is written, or as of the last look at which the other was there: so
                # never later than whoever asked sees it, and what is compared below is strict.
                while time.monotonic() < began + LATENCY:
                    if select.select([self.connection], [], [], 0.005)[0]:
                        visits.append((began, seen, self.path))
                        self.close_connection = True
                        return
                    seen = time.monotonic()
                visits.append((began, time.monotonic(), self.path))
                super().do_GET()

        self._server.RequestHandlerClass = Handler

    def rude(self) -> list[str]:
        """Return the visits that came before the gap after the one before was over."""
        found = sorted(self.visits)
        return [
            f"{self.url}{after[2]} {after[0] - before[1]:.3f} s after {before[2]} ended"
            for before, after in pairwise(found)
            if after[0] - before[1] < GAP
        ]


class Fleet(World):
    """A keeper and workers. `kinds`: what was killed."""

    def __init__(self, folder: Path, webs: list[Web], receiver: Unreliable, dice: random.Random, workers: int) -> None:
        super().__init__(folder, webs, receiver, dice)
        self.kinds: Counter[str] = Counter()
        self._alive: dict[str, Forked] = {}
        self._count = workers
        self._logs = folder / "logs"
        self._logs.mkdir()

    def configure(self) -> None:
        """Have hosts asked politely, and the list of every other outlet on the host of the next."""
        text = (self.room.config / "monitor.yaml").read_text()
        self.room.write("monitor", text.replace("gap: 0s", f"gap: {GAP}s"))
        text = (self.room.config / "outlets.yaml").read_text()
        for web, other in self.pairs():
            text = text.replace(f"{web.url}/feed.xml", f"{other.url}/elsewhere.xml")
        self.room.write("outlets", text)
        self.spread()

    def pairs(self) -> Iterator[tuple[Web, Web]]:
        return zip(self.webs[::2], self.webs[1::2], strict=False)

    def spread(self) -> None:
        for web, other in self.pairs():
            other.pages["/elsewhere.xml"] = web.pages["/feed.xml"]

    def _page(self, number: int, *more: str) -> None:
        """Publish one in seven at an address that leads to another."""
        super()._page(number, *more)
        if number % 7 == 0:
            web, path = self.webs[number % len(self.webs)], f"/{number}.html"
            web.pages[f"/{MOVED}{path}"] = web.pages[path]
            web.moves[path] = f"{web.url}/{MOVED}{path}"

    def names(self) -> list[str]:
        return ["run", *(f"work{number}" for number in range(self._count))]

    def begin(self, name: str) -> None:
        words = ["--config", str(self.room.config), name.rstrip("0123456789")]
        with (self._logs / name).open("a") as said:
            self._alive[name] = forker().start(
                words, self.room.folder, {**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, stderr=said,
                constants=CONSTANTS,
            )  # fmt: skip

    def kill(self) -> None:
        """Kill one, and begin it again."""
        self.watch()
        name = self.dice.choice(self.names())
        self.kinds[name.rstrip("0123456789")] += 1
        self._alive[name].kill()
        self._alive[name].wait(60)
        self.begin(name)

    def watch(self) -> None:
        """See that all live. One that finds no database at its start ends, and is begun again, as a supervisor does."""
        for name, process in list(self._alive.items()):
            if process.poll() is not None:
                last = self.log(name).strip().rpartition("\n")[2]
                assert process.returncode == 1, self.log(name)[-3000:]
                assert "does not answer" in last, self.log(name)[-3000:]
                self.kinds["no database at its start"] += 1
                self.begin(name)

    def log(self, name: str) -> str:
        return (self._logs / name).read_text()

    def settled(self) -> bool:
        """Say whether all that was published was told; let time pass."""
        self.watch()
        self.pass_time()
        done = self.rows("SELECT count(*) FROM hits")[0][0] == self.published
        return done and not any(
            self.rows(f"SELECT 1 FROM {what} LIMIT 1")
            for what in (
                "outbox WHERE state IN ('pending', 'leased')", "readings", "links WHERE state IN ('new', 'partial')",
                "alerts WHERE state = 'open'", "links WHERE state = 'again' AND (leased = 1 OR next_at = 0)",
            )
        )  # fmt: skip

    def settle(self) -> None:
        """Wait until all that was published was told, and what was changed while a reader had it is read again."""
        ends = time.monotonic() + SETTLES
        for again in (False, True):
            if again:
                self.rows("UPDATE links SET next_at = 0 WHERE state = 'again'")
            while not self.settled():
                assert time.monotonic() < ends, f"{self.published} articles: {where(self)}"
                time.sleep(0.5)

    def faults(self) -> list[str]:
        """Return the errors of ours that were logged: a database or a process that goes is none."""
        return [
            f"{name}: {self.log(name).partition('Traceback')[2][:3000]}"
            for name in self.names()
            if "Traceback" in self.log(name)
        ]

    def stop(self) -> None:
        """End all, as people do."""
        for process in self._alive.values():
            process.send_signal(signal.SIGTERM)
        for name, process in self._alive.items():
            assert process.wait(25) == 0, self.log(name)[-3000:]

    def close(self) -> None:
        for process in self._alive.values():
            process.kill()


@pytest.fixture
def dice() -> random.Random:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    made = postgres.Server(durable=True)
    yield made
    made.remove()


def fleet(stack: ExitStack, folder: Path, server: postgres.Server, dice: random.Random, workers: int) -> Fleet:
    address = engines.note(folder / "data" / "monitor.db")
    address.parent.mkdir()
    address.write_text(server.database())
    webs = [stack.enter_context(Timed()) for _ in range(HOSTS)]
    made = Fleet(folder, webs, stack.enter_context(Unreliable(dice)), dice, workers)
    stack.callback(made.close)
    made.configure()
    made.room.run("run", "--once")
    for web in webs:
        web.visits.clear()
    for name in made.names():
        made.begin(name)
    return made


def killed(folder: Path, server: postgres.Server, dice: random.Random, kills: int, workers: int, restarts: int) -> None:
    with ExitStack() as stack:
        all_of_it = fleet(stack, folder, server, dice, workers)
        wait_for(lambda: "watching" in all_of_it.log("run"))
        began = time.monotonic()
        away = {kills * (one + 1) // (restarts + 1): one for one in range(restarts)}
        with all_of_it.publishing():
            for number in range(kills):
                time.sleep(dice.uniform(*BETWEEN))
                all_of_it.kill()
                if number in away:
                    server.restart("immediate" if away[number] % 2 == 0 else "fast", 2.0 + 3.0 * (restarts > 1))
        took = time.monotonic() - began
        all_of_it.receiver.good = True
        all_of_it.settle()
        settling = time.monotonic() - began - took
        all_of_it.stop()
        visits = sum(len(web.visits) for web in all_of_it.webs if isinstance(web, Timed))
        posts = sum(map(len, all_of_it.receiver.posts.values()))
        print(
            f"{dict(all_of_it.kinds)} kills, {restarts} restarts, {took:.0f} s and {settling:.0f} s to settle: "
            f"{all_of_it.published} articles, {visits} visits, {posts} posts, "
            f"{posts - len(all_of_it.receiver.posts)} of them copies"
        )
        assert all_of_it.faults() == []
        assert [one for web in all_of_it.webs if isinstance(web, Timed) for one in web.rude()] == []
        assert any(MOVED in path for web in all_of_it.webs for path in web.asked)
        assert all_of_it.wrong() == []
        doubled = "SELECT alert_id, channel_id, t.revision FROM tellings t JOIN outbox o ON o.id = t.outbox_id "
        assert all_of_it.rows(f"{doubled} GROUP BY 1, 2, 3 HAVING count(*) > 1") == []
        assert all_of_it.rows("SELECT count(*) FROM readings")[0][0] == 0
        # Everyone ended with a word: no turn and no lease is left behind.
        assert all_of_it.rows("SELECT host FROM turns WHERE owner <> ''") == []
        assert len(CHANNELS) * all_of_it.published <= posts


def where(fleet: Fleet) -> dict[str, object]:
    store = open_readonly(engines.place(fleet.path))
    try:
        counts = {
            what: store.sql.number(f"SELECT count(*) FROM {what}")
            for what in (
                "hits", "readings", "outbox WHERE state IN ('pending', 'leased')", "links WHERE state = 'new'",
                "links WHERE leased = 1", "pgqueuer", "pgqueuer WHERE status = 'picked'", "turns WHERE owner <> ''",
            )
        }  # fmt: skip
    finally:
        store.close()
    return counts | {name: fleet.log(name)[-1500:] for name in fleet.names()}


@pytest.fixture(autouse=True)
def on_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(engines.VARIABLE, "postgres")


@pytest.mark.timeout(400)
def test_kills_of_workers_keeper_and_database_lose_nothing_and_hosts_are_asked_politely(
    tmp_path: Path, server: postgres.Server, dice: random.Random
) -> None:
    killed(tmp_path, server, dice, 12, 2, 1)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_two_hundred_kills_of_four_workers_and_two_restarts_lose_nothing(
    tmp_path: Path, server: postgres.Server, dice: random.Random
) -> None:
    killed(tmp_path, server, dice, 200, 4, 2)
