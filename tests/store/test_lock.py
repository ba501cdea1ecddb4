"""One writing process a database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import BusyError, StoreError
from monitor.store.lock import DatabaseLock

ROOT = Path(__file__).parents[2]
_HOLD = """
import sys
from pathlib import Path
from monitor.store.lock import DatabaseLock
with DatabaseLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(database: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_process_is_refused_by_name_until_the_first_ends(tmp_path: Path) -> None:
    database = tmp_path / "monitor.db"
    holder = hold(database)
    with pytest.raises(BusyError, match=rf"another process \({holder.pid}\) holds .*monitor\.db"):
        DatabaseLock(database).acquire()
    holder.communicate(timeout=30)
    with DatabaseLock(database) as mine:
        assert mine.path.read_text() == f"{os.getpid()}\n"


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    holder = hold(tmp_path / "monitor.db")
    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate(timeout=30)
    with DatabaseLock(tmp_path / "monitor.db"):
        pass


def test_it_is_released_and_taken_again_in_one_process(tmp_path: Path) -> None:
    first, second = DatabaseLock(tmp_path / "monitor.db"), DatabaseLock(tmp_path / "monitor.db")
    with first:
        with pytest.raises(BusyError):
            second.acquire()
        second.release()
    second.acquire()
    second.release()
    second.release()


def test_a_place_that_cannot_hold_a_lock_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        DatabaseLock(tmp_path / "file" / "monitor.db").acquire()
