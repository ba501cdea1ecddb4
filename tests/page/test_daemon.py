"""The page in the daemon that serves it, in `monitor web`, and the password as somebody sets it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import StoreError
from monitor.store.sqlite import SqliteStore
from monitor.web import access, serve
from monitor.web.serve import Beside
from tests.forks import Forked
from tests.newsroom import ROOT, Newsroom
from tests.page.room import fill
from tests.page.serving import PASSWORD, Browser, waited
from tests.test_seeing import said
from tests.web import Web

BASE = "storage: {path: ../data/monitor.db}\npoliteness: {gap: 0s}\nservice: {listen: off}\n"
SERVED = BASE + "web: {listen: '127.0.0.1:0', password_file: secrets/web-password}\n"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        server.feed([])
        yield server


@pytest.fixture
def room(tmp_path: Path, web: Web) -> Newsroom:
    room = Newsroom(tmp_path)
    room.outlets(courier=web.url)
    (tmp_path / "data").mkdir()
    fill(tmp_path / "data" / "monitor.db")
    return room


def set_password(room: Newsroom, *words: str, given: str = PASSWORD + "\n") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(room.config), "web", "password", *words],
        input=given, capture_output=True, text=True, check=False, timeout=60, cwd=room.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def port_of(line: str) -> int:
    return int(line.partition("http://")[2].partition("/")[0].rpartition(":")[2])


@contextlib.contextmanager
def running(room: Newsroom, *words: str, says: str = "the page: http://") -> Iterator[int]:
    """A daemon that serves the page, and its port; stopped at the end."""
    with started(room, *(words or ("run",))) as process:
        yield port_of(said(process, says))


@contextlib.contextmanager
def started(room: Newsroom, *words: str) -> Iterator[subprocess.Popen[str] | Forked]:
    """A process that ends well when it is told to."""
    process = room.start(*words)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


# ---- in the daemon


def test_the_daemon_serves_the_page_over_what_is_in_force(room) -> None:
    room.write("monitor", SERVED)
    assert set_password(room).returncode == 0
    with running(room) as port:
        browser = Browser(port)
        assert browser.get("/rules").status == 303
        assert browser.login("wrong horse battery").status == 403
        assert browser.login(to="/rules").location == "/rules"
        assert "belgorod" in browser.get("/rules").text
        assert f"the page: http://127.0.0.1:{port}/" in room.run("status")
        # A mark is a short write beside the daemon's own.
        answer = browser.post("/hits/1/mark", token=browser.get("/").token, mark="noise")
        assert answer.location == "/hits/1#worth"
        assert [row["id"] for row in room.rows("hits", "list") if row["mark"]] == [1]
        room.write("rules", "rules:\n  grain: grain\n")
        waited(lambda: "grain" in browser.get("/rules").text)
        assert "belgorod" not in browser.get("/rules").text
        # Of what cannot be used nothing is shown: the old one is in force.
        room.write("rules", "rules:\n  flood: '\"'\n")
        waited(lambda: "could not be used" in room.run("status"))
        answer = browser.get("/rules")
        assert (answer.status, "grain" in answer.text, "flood" in answer.text) == (200, True, False)
        # A new password ends all sessions, without a restart.
        assert "all sessions have ended" in set_password(room, given="another horse entirely\n").stderr
        assert browser.get("/rules").status == 303
        assert browser.login().status == 403
        assert browser.login("another horse entirely").status == 303
    assert "the page" not in room.run("status")


def test_a_port_in_use_is_a_warning_and_no_end(room, web) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        room.write("monitor", BASE + f"web: {{listen: '127.0.0.1:{port}'}}\n")
        with started(room, "run", "-v") as process:
            line = said(process, "the page is not served")
            assert f"127.0.0.1:{port}: Address already in use" in line
            assert said(process, f"polled {web.url}/feed.xml: 0 new")


def test_what_is_no_password_lets_nobody_in_until_it_is_one(room) -> None:
    room.write("monitor", SERVED)
    (room.config / "secrets").mkdir()
    secret = room.config / "secrets" / "web-password"
    secret.touch(mode=0o600)
    secret.write_text("hunter2\n")
    process = room.start("run")
    try:
        line = said(process, "the page answers nobody")
        assert "holds no password as `monitor web password` writes it" in line
        assert "hunter2" not in line
        browser = Browser(port_of(said(process, "the page: http://")))
        assert browser.get("/login").status == 503
        assert set_password(room).returncode == 0
        assert browser.get("/login").status == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0
    finally:
        process.kill()
        process.communicate()


def test_a_daemon_without_a_page_loads_nothing_of_it(room) -> None:
    code = (
        "import sys, monitor.daemon, monitor.cli.run, monitor.settings.load\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in {'uvicorn', 'starlette', 'itsdangerous'} "
        "or m.startswith('monitor.web')))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# ---- a thread of its own


def test_whatever_hangs_in_the_page_the_other_loop_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(serve, "DRAIN", 0.2)
    begun, go, ended = threading.Event(), threading.Event(), []

    async def hangs(scope, receive, send) -> None:
        begun.set()
        go.wait(30)
        raise OSError("it goes on")

    beside = Beside(hangs, (), lambda: ended.append("ending"), lambda: ended.append("closing"))
    at = beside.start("127.0.0.1", 0)
    with socket.create_connection(("127.0.0.1", int(at.rpartition(":")[2]))) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert begun.wait(20)

        async def ticks() -> int:
            for _ in range(50):
                await asyncio.sleep(0)
            return 50

        assert asyncio.run(ticks()) == 50
        # It is given up after a while; its thread ends with the process.
        beside.stop()
        assert ended == []
        go.set()
        waited(lambda: ended == ["ending", "closing"])


def test_who_connects_and_is_silent_is_dropped(monkeypatch) -> None:
    monkeypatch.setattr(serve, "PATIENCE", 0.3)

    async def answers(scope, receive, send) -> None:
        while (message := await receive())["type"] == "http.request" and message.get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    beside = Beside(answers, (), lambda: None, lambda: None)
    port = int(beside.start("127.0.0.1", 0).rpartition(":")[2])
    try:
        for begun in (b"", b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
                client.sendall(begun)
                with contextlib.suppress(ConnectionResetError):
                    assert client.recv(100) == b""
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            assert answer.status == 200
    finally:
        beside.stop()


def test_a_search_under_way_is_ended(tmp_path) -> None:
    path, ending, began = tmp_path / "monitor.db", threading.Event(), threading.Event()
    fill(path)

    def stopped() -> bool:
        began.set()
        return ending.is_set()

    store = SqliteStore.open_readonly(path, stopped)
    threading.Thread(target=lambda: began.wait() and ending.set()).start()
    try:
        with pytest.raises(StoreError, match="interrupted"):
            store.sql.all("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")
    finally:
        store.close()


# ---- monitor web


def test_monitor_web_serves_what_monitor_yaml_says(room) -> None:
    room.write("monitor", SERVED.replace("listen: '127.0.0.1:0'", "names: [news.example.org]"))
    assert set_password(room).returncode == 0
    process = room.start("web", "--port", "0")
    try:
        port = port_of(said(process, "http://127.0.0.1:"))
        assert Browser(port, host="news.example.org").login().status == 303
        assert Browser(port, host="news.example.com").get("/login").status == 421
        assert "Address already in use" in room.run("web", "--port", str(port), code=1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (0, "")
    finally:
        process.kill()
        process.communicate()


def test_monitor_web_asks_for_a_password_beyond_this_machine(room) -> None:
    error = room.run("web", "--listen", "0.0.0.0:0", code=1)
    assert "0.0.0.0:0 can be reached from other machines, and no password is set" in error
    assert "`monitor web password`" in error
    assert "--listen: expected an address and a port" in room.run("web", "--listen", "nowhere", code=2)


@pytest.mark.parametrize("fault", ["mode", "text", "gone"])
def test_a_password_file_that_cannot_be_used_is_an_error(room, fault) -> None:
    room.write("monitor", SERVED)
    assert set_password(room).returncode == 0
    path = room.config / "secrets" / "web-password"
    if fault == "mode":
        path.chmod(0o644)
    elif fault == "text":
        path.write_text("hunter2")
    else:
        path.unlink()
    error = room.run("web", code=1)
    assert str(path) in error
    assert {"mode": "chmod 600", "text": "write it anew", "gone": "`monitor web password` makes it"}[fault] in error


# ---- monitor web password


def test_a_password_is_written_for_its_owner_alone_and_one_is_told_what_to_do(room) -> None:
    done = set_password(room)
    path = room.config / "secrets" / "web-password"
    assert done.returncode == 0
    assert (done.stdout, stat.S_IMODE(path.stat().st_mode)) == ("web:\n  password_file: secrets/web-password\n", 0o600)
    assert str(room.config / "monitor.yaml") in done.stderr
    assert PASSWORD not in path.read_text()
    kept = access.read(path.read_text())
    assert kept is not None
    assert access.matches(PASSWORD, kept)
    # What it says is what works.
    room.write("monitor", BASE + done.stdout)
    again = set_password(room)
    assert "all sessions have ended" in again.stderr
    assert access.read(path.read_text()) != kept
    assert [one.name for one in path.parent.iterdir()] == ["web-password"]


def test_a_password_may_be_written_elsewhere(room, tmp_path) -> None:
    done = set_password(room, "--file", str(tmp_path / "key"))
    assert f"password_file: {tmp_path}/key" in done.stdout


@pytest.mark.parametrize("given", ["", "short\n", "ninechars\n", "tab\tin the middle\n", "x" * 501 + "\n"])
def test_a_poor_password_is_refused(room, given) -> None:
    done = set_password(room, given=given)
    assert (done.returncode, done.stdout) == (1, "")
    assert "a password has" in done.stderr
    assert not (room.config / "secrets").exists()


def test_a_password_is_asked_for_twice_and_never_shown(room) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "--config", str(room.config), "web", "password"], start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=room.folder, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    os.close(theirs)
    heard = b""

    def hears(text: bytes) -> None:
        nonlocal heard
        ends = time.monotonic() + 30
        while text not in heard:
            assert time.monotonic() < ends
            heard += os.read(ours, 4096)
        heard = heard[heard.index(text) + len(text) :]

    whole = PASSWORD.encode() + b"\n"
    hears(b"Password: ")
    os.write(ours, whole)
    hears(b"Repeat for confirmation: ")
    os.write(ours, b"something else\n")
    hears(b"do not match")
    for prompt in (b"Password: ", b"Repeat for confirmation: "):
        hears(prompt)
        os.write(ours, whole)
    hears(b"password_file: secrets/web-password")
    assert process.wait(30) == 0
    os.close(ours)
    kept = access.read((room.config / "secrets" / "web-password").read_text())
    assert kept is not None
    assert access.matches(PASSWORD, kept)
