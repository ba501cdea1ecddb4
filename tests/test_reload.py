"""A changed configuration is put in force while the daemon runs, whole or not at all."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.errors import PoolError, StoreError
from monitor.model import Rule
from monitor.pool import Pool
from monitor.reload import changes
from monitor.settings.load import load
from tests import engines
from tests.newsroom import ROOT, RULES, Newsroom
from tests.receivers import HttpReceiver
from tests.web import Web, article


def until(seen: Callable[[], object], seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < ends, "it did not come"
        time.sleep(0.05)


class Room(Newsroom):
    """A newsroom with a daemon."""

    def events(self, kind: str) -> list[str]:
        path = self.folder / "data" / "monitor.db"
        if not engines.there(path):
            return []
        rows = engines.ask(path, "SELECT detail FROM events WHERE kind = ? ORDER BY id", kind)
        return [detail for (detail,) in rows]

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[str]]:
        process = self.start("run")
        try:
            lines = iter(process.stderr.readline, "")
            assert any("watching" in line for line in lines)
            yield process
        finally:
            process.terminate()
            out, err = process.communicate(timeout=30)
            print(out, err)
            assert process.returncode == 0, (out, err)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as one, Web() as other:
        one.other = other
        for web in (one, other):
            web.feed([])
        yield one


def publish(web: Web, *titles: str) -> None:
    for number, title in enumerate(titles):
        web.pages[f"/{number}.html"] = article(title, f"{title}. The ministers of both countries met on Tuesday.")
    web.feed([(f"/{number}.html", title) for number, title in enumerate(titles)][::-1])


def test_outlets_rules_and_channels_change_under_a_running_daemon(tmp_path: Path, web: Web) -> None:
    with HttpReceiver() as old, HttpReceiver() as new:
        room = Room(tmp_path)
        room.outlets(courier=web.url)
        room.channels(chat=f"json://127.0.0.1:{old.port}/")
        room.run("run", "--once")
        with room.daemon() as daemon:
            room.write("rules", RULES + "  # nothing but a comment\n")
            room.write(
                "alerts",
                f"channels: {{desk: {{url: 'json://127.0.0.1:{new.port}/'}}}}\nroutes: {{desk: {{channels: [desk]}}}}\n",
            )
            room.write("rules", RULES.replace("  belgorod: Belgorod\n", "  harbour: Harbour\n"))
            room.outlets(courier=web.url, gazette=web.other.url)
            until(lambda: room.events("reload"))
            os.kill(daemon.pid, signal.SIGHUP)
            until(lambda: room.events("reload")[-1] == "nothing changed")
            assert set("; ".join(room.events("reload")).split("; ")) == {
                "outlet gazette added", "rule harbour added", "rule belgorod removed", "channel desk added",
                "channel chat removed", "routes changed", "nothing changed",
            }  # fmt: skip
            until(lambda: "/feed.xml" in web.other.asked)
            publish(web.other, "Harbour opens again", "Fire in Belgorod")
            until(lambda: new.posts)
            assert room.run("reload") == "nothing changed\n"
        assert [(row["rule"], row["outlet"]) for row in room.rows("hits")] == [("harbour", "gazette")]
        assert not old.posts
        assert len(new.posts) == 1


def test_a_faulty_configuration_leaves_the_old_one_in_force_and_is_told_once(tmp_path: Path, web: Web) -> None:
    with HttpReceiver() as hook:
        room = Room(tmp_path)
        room.outlets(courier=web.url)
        room.channels(chat=f"json://127.0.0.1:{hook.port}/")
        room.run("run", "--once")
        rules = room.config / "rules.yaml"
        with room.daemon():
            for count, spoil in enumerate(
                (
                    lambda: rules.write_text(RULES[: RULES.index("willing")], encoding="utf-8"),
                    lambda: rules.write_text("", encoding="utf-8"),
                    lambda: rules.write_bytes(b"rules: \xff\xfe\x00"),
                    lambda: (rules.unlink(), rules.mkdir()),
                    lambda: (rules.rmdir(), room.write("rules", "rules:\n  nato: '@nobody'\n")),
                ),
                1,
            ):
                spoil()
                until(lambda count=count: len(room.events("reload_failed")) == count)
            assert "rules.yaml" in room.run("reload", code=1)
            # Written once more, with the same fault in it: that is known.
            room.write("rules", "rules:\n  nato: '@nobody'\n\n")
            publish(web, "Talks in Belgorod")
            until(lambda: hook.posts)
            assert not room.events("reload")
            room.write("rules", RULES.replace("Belgorod", "Kursk"))
            until(lambda: room.events("reload") == ["rule belgorod changed"])
        said = room.events("reload_failed")
        assert len(said) == 5
        assert all("rules.yaml" in one for one in said)
        assert "line 3" in said[0] or ":3:" in said[0], said[0]
        assert "rules: {}" in said[1]
    assert [row["rule"] for row in room.rows("hits")] == ["belgorod"]


def test_reload_says_where_no_daemon_is(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.outlets()
    assert "no daemon runs" in room.run("reload", code=1)
    room.run("run", "--once")
    assert "no daemon runs" in room.run("reload", code=1)


def test_a_closed_terminal_ends_the_daemon_and_a_hangup_on_an_open_one_does_not(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.outlets()
    number, terminal = pty.fork()
    if not number:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        os.execve(sys.executable, [sys.executable, "-m", "monitor", "--config", str(room.config), "run"], environment)
    try:
        said = b""
        while b"watching" not in said:
            said += os.read(terminal, 1_000)
        os.kill(number, signal.SIGHUP)
        until(lambda: room.events("reload") == ["nothing changed"])
    finally:
        os.close(terminal)
        _, status = os.waitpid(number, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_a_change_is_told_in_words(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    room.outlets(courier="http://127.0.0.1:1")
    before = load(room.config, {})
    assert changes(before, load(room.config, {})) == ""
    room.write("rules", RULES.replace("case: exact", "case: exact, languages: [en]"))
    room.write("monitor", "storage: {path: elsewhere.db}\npoliteness: {gap: 2s}\nweb: {names: [news.example.org]}\n")
    said = changes(before, load(room.config, {}))
    assert "entity nato changed" in said
    # Another entity is in it, so it is another rule.
    assert "rule nato changed" in said
    assert "coalition" not in said
    assert "storage.path takes effect at the next start" in said
    assert "web takes effect at the next start" in said
    room.write("rules", "rules: {a: aaa, b: bbb, c: ccc, d: ddd}\n")
    assert "4 rules added; rule coalition, nato, belgorod removed" in changes(before, load(room.config, {}))


@pytest.mark.parametrize("fails", [StoreError("disk full"), PoolError("no")])
def test_rules_that_are_not_adopted_are_not_read_by(fails: Exception) -> None:
    """Compiled as an edit and anew: where what must come before fails, the old rules read on."""

    async def scene() -> None:
        pool = await Pool.start([Rule("ice", "ice")], (), size=1)

        async def before() -> None:
            raise fails

        try:
            for rules in ([Rule("ice", "fire")], [Rule(f"r{number}", f"w{number}") for number in range(1_001)]):
                with pytest.raises(type(fails)):
                    await pool.reload(rules, (), before)
                assert pool._rules == {"ice": Rule("ice", "ice")}
            await pool.reload([Rule("ice", "snow")], ())
            assert pool._rules == {"ice": Rule("ice", "snow")}
        finally:
            await pool.aclose()

    asyncio.run(scene())
