"""Processes that are forked out of one that has imported everything: imports cost as much as all the rest of a kill."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from tests.newsroom import ROOT


class Children:
    """Processes that a module forks, one at a time."""

    def __init__(self, module: str) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    def _listen(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            self._lines.put(line.strip())

    def _tell(self, line: str) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(f"{line}\n")
        self._server.stdin.flush()

    def start(self, *words: object) -> int:
        """Start one and return its number."""
        self._tell(" ".join(map(str, words)))
        return int(self._lines.get(timeout=60))

    def said(self, word: str) -> None:
        assert self._lines.get(timeout=120) == word

    def ended(self, code: int) -> None:
        """Wait for its end."""
        assert self.code() == code

    def code(self) -> int:
        """Wait for its end; return its exit code."""
        self._tell("gone")
        # What it said before is no matter.
        while not (line := self._lines.get(timeout=60)).startswith("gone"):
            pass
        return int(line.split()[1])

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(timeout=30)
        self._ear.join(timeout=30)
        assert self._server.stdout is not None
        self._server.stdout.close()


def heard(pid: int) -> bool:
    """Say whether a process has set a handler for SIGTERM: SigCgt of proc(5)."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        said = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        return bool(int(said["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1)
    return False
