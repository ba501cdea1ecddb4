"""Who goes by which configuration, and who keeps the database: real processes of several machines, each with files of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from monitor.place import Place
from monitor.store import pg_absence
from monitor.store.opening import open_store
from tests import engines, postgres
from tests.forks import Forked, forker
from tests.newsroom import ROOT, RULES, Newsroom
from tests.receivers import HttpReceiver
from tests.web import Web, article

pytestmark = [pytest.mark.postgres, pytest.mark.skipif(bool(postgres.missing()), reason=postgres.missing())]

# Who has ended is known at once, and what it had in hand is another's soon.
CONSTANTS = {
    "monitor.store.pg_absence.UNSEEN": 0.0, "monitor.queue.jobs.STALE": 3.0, "monitor.queue.shift.BEAT": 1.0,
    "monitor.queue.shift.LOOK": 0.5, "monitor.cluster.APPEAR": 0.3, "monitor.hands._JOB": 0.1,
}  # fmt: skip
OTHERS = RULES.replace('  nato: "@nato"', '  alliance: "@nato"')


class Machines:
    """Machines by name, each with a folder, on one database."""

    def __init__(self, folder: Path, web: Web, receiver: HttpReceiver, address: str) -> None:
        self._folder, self.web, self.receiver, self._address = folder, web, receiver, address
        self._rooms: dict[str, Newsroom] = {}
        self.alive: dict[str, Forked] = {}
        self._entries: list[tuple[str, str]] = []
        web.feed([])

    def room(self, name: str) -> Newsroom:
        if name not in self._rooms:
            address = engines.note(self._folder / name / "data" / "monitor.db")
            address.parent.mkdir(parents=True)
            address.write_text(self._address)
            made = self._rooms[name] = Newsroom(self._folder / name)
            made.outlets(paper=self.web.url)
            made.channels(chat=f"json://127.0.0.1:{self.receiver.port}/chat")
        return self._rooms[name]

    def start(self, name: str, word: str) -> None:
        room = self.room(name)
        with self._said(name).open("a") as said:
            self.alive[name] = forker().start(
                ["--config", str(room.config), word], room.folder, {**os.environ, "PYTHONPATH": str(ROOT)},
                stdout=subprocess.DEVNULL, stderr=said, constants=CONSTANTS,
            )  # fmt: skip

    def _said(self, name: str) -> Path:
        return self._folder / name / "said"

    def log(self, name: str) -> str:
        return self._said(name).read_text()

    def publish(self) -> str:
        """Publish an article that rules of both configurations match; return its title."""
        title = f"NATO item {len(self._entries)}"
        path = f"/{len(self._entries)}.html"
        self.web.pages[path] = article(title, f"{title}: ministers of the alliance met today and said so. " * 9)
        self._entries.insert(0, (path, title))
        self.web.feed(self._entries)
        return title

    def rows(self, sql: str, *values: object) -> list[tuple]:
        return [tuple(row) for row in engines.ask(self._folder / "one" / "data" / "monitor.db", sql, *values)]

    def rules_of(self, title: str) -> set[str]:
        return {
            rule
            for rule, found in self.rows("SELECT h.rule_id, a.title FROM hits h JOIN articles a ON a.id = h.article_id")
            if found == title
        }

    def polls(self, name: str) -> int:
        """Return how many polls the worker on a machine has told of."""
        pid = f":{self.alive[name].pid}:"
        return sum(
            int(done)
            for worker, done in self.rows("SELECT id, data::json ->> 'polls' FROM workers")
            if pid in worker and not worker.endswith(":own")
        )

    def close(self) -> None:
        for process in self.alive.values():
            process.kill()


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    made = postgres.Server()
    yield made
    made.remove()


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: postgres.Server) -> Iterator[Machines]:
    monkeypatch.setenv(engines.VARIABLE, "postgres")
    with ExitStack() as stack:
        web, receiver = stack.enter_context(Web()), stack.enter_context(HttpReceiver())
        address = server.database()
        open_store(Place(tmp_path, address)).close()
        made = Machines(tmp_path, web, receiver, address)
        stack.callback(made.close)
        made.room("one")
        yield made


def until(holds: Callable[[], object], machines: Machines, seconds: float = 40.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, {name: machines.log(name)[-2000:] for name in machines.alive}
        time.sleep(0.02)


def test_a_worker_before_any_keeper_waits_and_goes_on_with_it(machines: Machines) -> None:
    machines.start("two", "work")
    until(lambda: "waiting: no `monitor run` has kept this database yet" in machines.log("two"), machines)
    assert machines.web.asked == []
    machines.start("one", "run")
    until(lambda: "going on" in machines.log("two"), machines)
    until(lambda: machines.polls("two") > 0, machines)


def test_a_worker_of_other_files_does_nothing_until_they_agree(machines: Machines) -> None:
    machines.room("two").write("rules", OTHERS)
    machines.start("one", "run")
    until(lambda: "watching" in machines.log("one"), machines)
    machines.start("two", "work")
    until(lambda: "waiting: the keeper goes by the configuration" in machines.log("two"), machines)
    title = machines.publish()
    until(lambda: machines.rules_of(title), machines)
    until(lambda: machines.rows("SELECT 1 FROM workers WHERE id NOT LIKE '%:own'"), machines)
    assert machines.rules_of(title) == {"nato"}
    assert machines.polls("two") == 0
    assert machines.log("two").count("waiting: the keeper goes by") == 1
    machines.room("two").write("rules", RULES)
    until(lambda: "going on" in machines.log("two"), machines)
    until(lambda: machines.polls("two") > 0, machines)
    # The keeper reloads: the worker waits, and not one page is matched by the rules of before.
    machines.room("one").write("rules", OTHERS)
    machines.alive["one"].send_signal(signal.SIGHUP)
    until(lambda: machines.log("two").count("waiting: the keeper goes by") == 2, machines)
    before, title = machines.polls("two"), machines.publish()
    until(lambda: machines.rules_of(title), machines)
    assert machines.rules_of(title) == {"alliance"}
    # Back again: it says so, although its files did not change.
    machines.room("one").write("rules", RULES)
    machines.alive["one"].send_signal(signal.SIGHUP)
    until(lambda: machines.log("two").count("going on") == 2, machines)
    until(lambda: machines.polls("two") > before, machines)
    machines.room("one").write("rules", OTHERS)
    machines.alive["one"].send_signal(signal.SIGHUP)
    until(lambda: machines.log("two").count("waiting: the keeper goes by") == 3, machines)


def test_articles_that_are_read_while_the_keeper_reloads_are_matched_by_one_configuration(machines: Machines) -> None:
    machines.start("one", "run")
    until(lambda: "watching" in machines.log("one"), machines)
    for name in ("two", "three"):
        machines.start(name, "work")
    until(lambda: all(machines.polls(name) for name in ("two", "three")), machines)
    titles = []
    for number in range(40):
        titles.append(machines.publish())
        if number == 15:
            for name in ("two", "one", "three"):
                machines.room(name).write("rules", OTHERS)
                if name == "one":
                    machines.alive["one"].send_signal(signal.SIGHUP)
                time.sleep(0.3)
        time.sleep(0.05)
    until(lambda: all(machines.rules_of(title) for title in titles), machines, 90)
    found = [machines.rules_of(title) for title in titles]
    assert all(rules in ({"nato"}, {"alliance"}) for rules in found)
    assert found[0] == {"nato"}
    assert found[-1] == {"alliance"}
    assert not [name for name in machines.alive if "Traceback" in machines.log(name)]


def test_a_second_keeper_is_refused_and_hears_who_keeps_the_database(machines: Machines) -> None:
    machines.start("one", "run")
    until(lambda: "watching" in machines.log("one"), machines)
    machines.start("two", "run")
    assert machines.alive["two"].wait(40) == 1
    last = machines.log("two").strip().rpartition("\n")[2]
    assert f":{machines.alive['one'].pid})" in last
    assert "another daemon (monitor keeper " in last
    assert last.endswith("stop it first")
    assert machines.alive["one"].poll() is None


def test_a_message_is_one_processes_while_it_lives_and_anothers_soon_after(machines: Machines) -> None:
    """Also while its keeper's own worker sends it: each is present under the name by which it takes messages."""
    machines.receiver.hold, machines.receiver.patience = Event(), 12.0
    machines.start("one", "run")
    until(lambda: "watching" in machines.log("one"), machines)
    for name in ("two", "three"):
        machines.start(name, "work")
    until(lambda: all(machines.polls(name) for name in ("two", "three")), machines)
    machines.publish()
    until(lambda: machines.receiver.posts, machines)
    # Every second the keeper looks for messages whose sender has gone.
    time.sleep(3.0)
    assert len(machines.receiver.posts) == 1
    owner = machines.rows("SELECT owner FROM outbox WHERE state = 'leased'")[0][0]
    for table in ("outbox", "turns"):
        gone = f"SELECT owner FROM {table} WHERE owner <> '' AND NOT {pg_absence.present('owner')}"
        assert machines.rows(gone, pg_absence.PRESENT) == []
    # The keeper's own is named after it.
    name = next((name for name in ("two", "three") if f":{machines.alive[name].pid}:" in owner), "one")
    assert (name == "one") == owner.endswith(":own")
    machines.alive[name].kill()
    machines.alive[name].wait(40)
    if name == "one":
        machines.start("one", "run")
    machines.receiver.hold.set()
    began = time.monotonic()
    until(lambda: machines.rows("SELECT 1 FROM outbox WHERE state = 'sent'"), machines, 20)
    print(f"{owner} was killed, and {time.monotonic() - began:.1f} s later its message was sent")
    assert len(machines.receiver.posts) == 2


def test_who_is_stopped_while_the_database_is_away_ends_in_time(machines: Machines, server: postgres.Server) -> None:
    machines.start("one", "run")
    machines.start("two", "work")
    until(lambda: "watching" in machines.log("one") and machines.polls("two"), machines)
    server.stop("immediate")
    until(lambda: all("what is to be stored waits" in machines.log(name) for name in machines.alive), machines)
    began = time.monotonic()
    for process in machines.alive.values():
        process.send_signal(signal.SIGTERM)
    for name, process in machines.alive.items():
        assert process.wait(20) in {0, 1}, machines.log(name)[-3000:]
        print(f"{name} ended with {process.returncode} after {time.monotonic() - began:.1f} s")
        assert "Traceback" not in machines.log(name)
