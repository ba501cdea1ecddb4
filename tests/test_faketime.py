"""The daemon, a real process, while its machine's wall clock is set (libfaketime, where this machine has it)."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest

from tests import engines
from tests.newsroom import Newsroom
from tests.web import Web

# What Debian, Fedora, Arch and a build from source call its place.
PLACES = ("lib/*/faketime", "lib64/faketime", "lib/faketime", "local/lib/faketime")
LIBRARY = next((found for place in PLACES for found in Path("/usr").glob(f"{place}/libfaketime.so.1")), None)

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed (apt-get install libfaketime)")


def wait_for(what, process) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def set_clock(file: Path, text: str) -> None:
    """Put the wall clock of the process elsewhere, at once for all who read it."""
    (file.parent / "next").write_text(f"{text}\n")
    (file.parent / "next").replace(file)


def told(room: Newsroom) -> list[str]:
    said = "SELECT detail FROM events WHERE kind IN ('clock', 'asleep') ORDER BY id"
    rows = engines.ask(room.folder / "data" / "monitor.db", said)
    return [re.sub(r"\d+ s\b.*", "", detail) for (detail,) in rows]


@engines.own
def test_polls_go_on_when_the_clock_is_set_back_an_hour_and_forward_again(tmp_path, monkeypatch):
    clock = tmp_path / "clock"
    set_clock(clock, "+0")
    with Web() as web:
        web.feed([])
        room = Newsroom(tmp_path / "room", real=True)
        room.outlets(courier=web.url)
        room.write("alerts", "channels:\n  screen: {kind: console}\nroutes:\n  all: {channels: [screen]}\n")
        with monkeypatch.context() as patched:
            patched.setenv("LD_PRELOAD", str(LIBRARY))
            patched.setenv("FAKETIME_TIMESTAMP_FILE", str(clock))
            patched.setenv("FAKETIME_NO_CACHE", "1")
            patched.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            daemon = room.start("run")
        try:
            polls = lambda: web.asked.count("/feed.xml")  # noqa: E731
            wait_for(lambda: polls() >= 1, daemon)
            for text, events in (("-3600", 1), ("+0", 2)):
                set_clock(clock, text)
                wait_for(lambda: len(told(room)) == events, daemon)  # noqa: B023 - called before it changes
                before = polls()
                wait_for(lambda: polls() >= before + 2, daemon)  # noqa: B023
        finally:
            daemon.send_signal(signal.SIGTERM)
            _, err = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, err
    assert "Traceback" not in err
    back, forward = told(room)
    assert back.startswith(("set back by 1 h", "set back by 59 min"))
    assert forward.startswith(("set forward by 1 h", "set forward by 59 min"))
