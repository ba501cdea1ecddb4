"""A stop while everything hangs: receivers, an outlet, the readers, a reload, the terminal. It ends in time and well, what
was in hand is done by the next process, and nobody who remembers is told twice.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitor.cli import stops
from monitor.store import schema
from tests import engines
from tests.children import heard
from tests.consistent import dump
from tests.newsroom import ROOT, RULES, Newsroom
from tests.story.newsroom import Event
from tests.test_line import _alive, _descendants
from tests.web import Web, article

# As the daemon, but that it waits for a second where that waits for twelve.
HASTY = """
from monitor import daemon
daemon.DRAIN_SENDS, daemon.DRAIN_READS = 1.0, 0.5
from monitor.__main__ import main
main()
"""
BEFORE, AFTER = 12, 8
POSTS = ("chat", "hook", "careful")


class Hook:
    """Keeps what it is sent, by id, and answers when `answers` is set."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.posts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts[self.headers["X-Monitor-Id"]].append((self.path.strip("/"), body))
                hook.answers.wait(60)
                with suppress(ConnectionError):
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def on(self, channel: str) -> int:
        return sum(1 for tries in list(self.posts.values()) for place, _ in tries if place == channel)

    def close(self) -> None:
        self.answers.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """An outlet that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture
def room(tmp_path: Path, web: Web, mute: socket.socket, hook: Hook) -> Newsroom:
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    web.feed([])
    room.run("run", "--once")
    room.outlets(courier=web.url, mute=f"http://127.0.0.1:{mute.getsockname()[1]}")
    settings = (room.config / "monitor.yaml").read_text()
    room.write("monitor", f"{settings}allow_commands: true\n")
    at = f"127.0.0.1:{hook.port}"
    room.write(
        "alerts",
        f"channels:\n  chat: {{url: 'json://{at}/chat'}}\n"
        f"  hook: {{kind: webhook, url: 'http://{at}/hook'}}\n"
        f"  careful: {{url: 'json://{at}/careful', delivery: at_most_once}}\n"
        "  screen: {kind: console}\n"
        f"  program: {{kind: command, command: ['{sys.executable}', '-c', 'import time; time.sleep(99)']}}\n"
        f"routes:\n  all: {{channels: [{', '.join(POSTS)}, screen, program]}}\n",
    )
    return room


def publish(web: Web, upto: int) -> None:
    entries = []
    for number in range(upto):
        # Long enough for a few of them to fill the pipe of a terminal.
        body = f"{Event(number).article(0).body} NATO {'and the harbour ' * 40}"
        web.pages[f"/{number}.html"] = article(f"NATO item {number}", body)
        entries.insert(0, (f"/{number}.html", f"NATO item {number}"))
    web.feed(entries)


def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def rows(room: Newsroom, sql: str) -> list[tuple]:
    return engines.ask(room.folder / "data" / "monitor.db", sql)


def start(room: Newsroom, *code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    # With it there is no buffer whose lock a thread could hold when Python ends.
    environment.pop("PYTHONUNBUFFERED", None)
    return subprocess.Popen(
        [sys.executable, *code, "--config", str(room.config), "run"],
        cwd=room.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@contextmanager
def ended(daemon: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield daemon
    finally:
        daemon.kill()
        daemon.communicate()


def hang(room: Newsroom, web: Web, mute: socket.socket, hook: Hook, daemon: subprocess.Popen[str]) -> list[int]:
    """Have a daemon wait for everything it can wait for; return its processes."""
    assert daemon.stdout is not None
    fcntl.fcntl(daemon.stdout, fcntl.F_SETPIPE_SZ, 4096)
    until(lambda: all(hook.on(channel) >= 2 for channel in POSTS[:2]) and hook.on("careful"))
    assert select.select([mute], [], [], 30)[0]
    until(lambda: rows(room, "SELECT 1 FROM outbox WHERE state = 'leased' AND channel_id = 'screen'"))
    children = _descendants(daemon.pid)
    # Not the programs of the command channel: the readers, and what forks them.
    readers = [pid for pid in children if b"monitor.zygote" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(readers) >= 2
    for pid in readers:
        os.kill(pid, signal.SIGSTOP)
    room.write("rules", RULES.replace("Belgorod", "Kherson"))
    daemon.send_signal(signal.SIGHUP)
    asked = len(web.asked)
    publish(web, BEFORE + AFTER)
    # What a poll brings now waits for a reader.
    until(lambda: "/feed.xml" in web.asked[asked:])
    return children


def stopped(room: Newsroom, web: Web, mute: socket.socket, hook: Hook, *code: str) -> float:
    """Stop a daemon that waits for everything; return how long that took. What is wrong then, raises."""
    publish(web, BEFORE)
    with ended(start(room, *code)) as daemon:
        children = hang(room, web, mute, hook, daemon)
        began = time.monotonic()
        # Who is in a hurry says it again; a reload has no place any more.
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            daemon.send_signal(number)
            time.sleep(0.1)
        daemon.wait(timeout=40)
        took = time.monotonic() - began
        until(lambda: not [pid for pid in children if _alive(pid)], 5)
        _, said = daemon.communicate()
    assert daemon.returncode == 0, said
    assert "stopping" in said
    assert "Traceback" not in said
    assert "never retrieved" not in said
    return took


def resumed(room: Newsroom, web: Web, hook: Hook) -> None:
    """Let the next processes do what is left, and look that nothing is lost or said twice."""
    held = {name for (name,) in rows(room, "SELECT id FROM outbox WHERE state = 'leased' AND channel_id = 'careful'")}
    assert held
    hook.answers.set()
    room.outlets(courier=web.url)
    text = (room.config / "alerts.yaml").read_text()
    room.write("alerts", text.replace("time.sleep(99)", "pass"))
    for _ in range(8):
        rows(room, "UPDATE outbox SET not_before = created_at WHERE state = 'pending'")
        rows(room, "UPDATE links SET next_at = first_seen WHERE state IN ('new', 'partial')")
        rows(room, "UPDATE sources SET next_check_at = '2020-01-01T00:00:00.000000Z' WHERE outlet_id = 'courier'")
        room.run("run", "--once")
        counts = rows(
            room,
            "SELECT (SELECT count(*) FROM hits), (SELECT count(*) FROM outbox WHERE state IN ('pending', 'leased'))",
        )
        if counts == [(BEFORE + AFTER, 0)]:
            break
    assert counts == [(BEFORE + AFTER, 0)]
    assert rows(room, "SELECT count(*), count(DISTINCT title) FROM articles") == [(BEFORE + AFTER, BEFORE + AFTER)]
    room.run("db", "check")
    sent = rows(room, "SELECT id, channel_id, state FROM outbox")
    assert len(sent) == 5 * (BEFORE + AFTER)
    for name, channel, state in sent:
        tries = hook.posts.get(name, [])
        assert len({body for _, body in tries}) <= 1
        if channel == "careful":
            assert (state, len(tries)) == ("unknown" if name in held else "sent", 1 - (name in held and not tries))
        else:
            assert state == "sent"
            assert tries or channel not in POSTS
    assert set(hook.posts) <= {name for name, *_ in sent}


def test_a_stop_while_everything_hangs_ends_well_and_loses_nothing(room, web, mute, hook):
    stopped(room, web, mute, hook, "-c", HASTY)
    resumed(room, web, hook)


@pytest.mark.slow
def test_a_stop_while_everything_hangs_takes_less_than_twenty_seconds(room, web, mute, hook):
    assert stopped(room, web, mute, hook, "-m", "monitor") < 20
    resumed(room, web, hook)


def test_the_verb_of_a_command_line_is_found():
    assert stops.verb(["--config", "run", "-h", "status"]) == "status"
    assert stops.verb(["--config=x", "run", "--once"]) == "run"
    assert stops.verb(["articles", "--search", "run"]) == "articles"
    assert stops.verb([]) == stops.verb(["--version"]) == stops.verb(["--config"]) == ""


# An update that never ends: for its first row it counts without end.
ENDLESS = """
CREATE TRIGGER endless AFTER UPDATE ON sources BEGIN
    SELECT (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n);
END
"""


@engines.own
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_the_database_is_brought_up_to_date_leaves_it_as_it_was(tmp_path, web, monkeypatch, number):
    room, path = Newsroom(tmp_path), tmp_path / "data" / "monitor.db"
    room.outlets(courier=web.url)
    web.feed([])
    room.write("rules", "rules: {nato: NATO}\n")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:7])
        engines.opened(path).close()
    rows(room, "INSERT INTO outlets (id, name) VALUES ('courier', 'Courier')")
    rows(room, "INSERT INTO sources (outlet_id, url, kind, next_check_at, baselined)"
               " VALUES ('courier', 'https://a.example/feed', 'feed', '2026-11-27T00:00:00.000000+00:00', 1)")  # fmt: skip
    rows(room, ENDLESS)
    before = dump(path)
    with ended(room.start("run")) as daemon:
        assert daemon.stderr is not None
        while "up to date" not in (line := daemon.stderr.readline()):
            assert line, "it ended by itself"
        children = _descendants(daemon.pid)
        assert children
        daemon.send_signal(number)
        out, said = daemon.communicate(timeout=30)
    assert (daemon.returncode, out) == (0, "")
    assert "Traceback" not in said
    until(lambda: not [pid for pid in children if _alive(pid)], 5)
    assert dump(path) == before
    rows(room, "DROP TRIGGER endless")
    room.run("run", "--once")
    assert rows(room, "SELECT count(*) FROM _sqlite_migrations") == [(len(schema.MIGRATIONS),)]


def test_a_stop_before_anything_is_loaded_ends_well(tmp_path):
    """From the first moment that it is heard, 20 ms after its start, to the last."""
    room = Newsroom(tmp_path)
    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGTERM, 1)):
        process = room.start("run", *(["--once"] if code else []))
        until(partial(heard, process.pid))
        process.send_signal(number)
        out, said = process.communicate(timeout=20)
        assert (process.returncode, out, said) == (code, "", "")
