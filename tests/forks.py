"""`monitor` in processes that are forked out of one that has loaded it: imports are two thirds of a command's cost.

All else is as in a process of its own: arguments, folder, environment, descriptors, signals, exit code.
`python -m tests.forks FD` forks as it is asked on a socket, one request, one answer; what it forked dies with that socket.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
LOADED = (
    "apscheduler.schedulers.asyncio",
    "monitor.__main__",
    "monitor.checkup",
    "monitor.cli.alerts",
    "monitor.cli.config",
    "monitor.cli.db",
    "monitor.cli.doctor",
    "monitor.cli.hits",
    "monitor.cli.init",
    "monitor.cli.main",
    "monitor.cli.run",
    "monitor.cli.status",
    "monitor.daemon",
    "monitor.exposition",
    "monitor.logs",
    "monitor.notify.channels.apprise",
    "monitor.settings.load",
    "monitor.ticks",
    "rich.live",
)
MAX_REQUEST = 1 << 17


class Forked:
    """What subprocess.Popen offers of a process, of one that another process forked."""

    def __init__(self, forker: Forker, pid: int, pipes: dict[str, IO[str]]) -> None:
        self.pid = pid
        self.stdin, self.stdout, self.stderr = (pipes.get(name) for name in ("stdin", "stdout", "stderr"))
        self.returncode: int | None = None
        self._forker, self._said = forker, dict[str, str]()
        # Its number is its own until it is asked for its exit code.
        self._ends = os.pidfd_open(pid)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._ends], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._ends], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("monitor", timeout or 0)
            self.returncode = self._forker.code(self.pid)
            os.close(self._ends)
        return self.returncode

    def communicate(self, text: str | None = None, timeout: float | None = None) -> tuple[str, str]:
        """Write to its stdin, read the pipes to their ends, and wait for its own."""
        until = None if timeout is None else time.monotonic() + timeout

        def left() -> float | None:
            return None if until is None else max(0.0, until - time.monotonic())

        readers = [
            threading.Thread(target=self._read, args=(name,), daemon=True)
            for name in ("stdout", "stderr")
            if name not in self._said
        ]
        for reader in readers:
            reader.start()
        if self.stdin and not self.stdin.closed:
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(text or "")
        for reader in readers:
            reader.join(left())
            if reader.is_alive():
                raise subprocess.TimeoutExpired("monitor", timeout or 0)
        self.wait(left())
        return self._said["stdout"], self._said["stderr"]

    def _read(self, name: str) -> None:
        pipe, said = getattr(self, name), ""
        if pipe:
            with pipe:
                said = pipe.read()
        self._said[name] = said

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Forker:
    """The process that has all loaded."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()], start_new_session=True,
            )  # fmt: skip
        self._lock = threading.Lock()

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        *,
        stdin: int = subprocess.DEVNULL,
        stdout: IO[str] | int = subprocess.PIPE,
        stderr: IO[str] | int = subprocess.PIPE,
        constants: Mapping[str, float] | None = None,
    ) -> Forked:
        """Start `monitor WORDS…`; each place is PIPE, DEVNULL or an open file. `constants`: what is another there than
        in the product, "monitor.daemon.DRAIN_SENDS": 1.0.
        """
        pipes: dict[str, IO[str]] = {}
        theirs: list[int] = []
        for name, place in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
            if place == subprocess.DEVNULL:
                theirs.append(os.open(os.devnull, os.O_RDWR))
            elif place == subprocess.PIPE:
                ends = os.pipe()
                mine, its = reversed(ends) if name == "stdin" else ends
                pipes[name] = open(mine, "w" if name == "stdin" else "r", encoding="utf-8")  # noqa: SIM115, PTH123
                theirs.append(its)
            else:
                theirs.append(os.dup(place.fileno()))
        try:
            pid = self._ask(
                {
                    "words": list(words), "folder": str(folder), "environment": environment,
                    "constants": dict(constants or {}),
                },
                theirs,
            )  # fmt: skip
        finally:
            for number in theirs:
                os.close(number)
        return Forked(self, pid, pipes)

    def code(self, pid: int) -> int:
        """Return the exit code of a process that has ended."""
        return self._ask({"ended": pid}, [])

    def _ask(self, request: dict[str, object], descriptors: list[int]) -> int:
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(request).encode()], descriptors)
            answer = self._socket.recv(MAX_REQUEST)
        assert answer, "the forker is gone"
        return json.loads(answer)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(timeout=30)


@cache
def forker() -> Forker:
    """Return this process's."""
    made = Forker()
    atexit.register(made.close)
    return made


def serve(asked: socket.socket) -> tuple[dict, list[int]]:
    """Fork until the socket closes; return in the child, with what it is to be."""
    children: set[int] = set()
    while True:
        data, descriptors, _, _ = socket.recv_fds(asked, MAX_REQUEST, 3)
        if not data:
            break
        request = json.loads(data)
        if pid := request.get("ended"):
            children.discard(pid)
            answer = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        else:
            answer = os.fork()
            if not answer:
                asked.close()
                return request, descriptors
            children.add(answer)
            for number in descriptors:
                os.close(number)
        asked.sendall(json.dumps(answer).encode())
    for pid in children:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    os._exit(0)


def become(request: dict, descriptors: list[int]) -> None:
    for place, number in enumerate(descriptors):
        os.dup2(number, place)
        os.close(number)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    # As `python -m monitor` has it; by it its readers are known as its own.
    sys.path.insert(0, request["folder"])
    sys.argv = ["monitor", *request["words"]]
    for name, value in request["constants"].items():
        module, _, constant = name.rpartition(".")
        assert hasattr(importlib.import_module(module), constant)
        setattr(sys.modules[module], constant, value)


if __name__ == "__main__":
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    become(*serve(socket.socket(fileno=int(sys.argv[1]))))
    sys.modules["monitor.__main__"].main()
