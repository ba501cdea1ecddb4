"""The daemon's hold on a fork server (zygote.py): commands go out, reports resolve futures."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from monitor import orders, wire
from monitor.zygote import AMEND, BOOT, COMMAND, FORK, KILL

T = TypeVar("T")
ENDED = "the fork server ended"


@dataclass(frozen=True, slots=True)
class Child:
    """A reader as the daemon knows it. `started`: its pid, or the error. `exited`: None if the server went first."""

    number: int
    jobs: socket.socket
    started: asyncio.Future[int | str]
    exited: asyncio.Future[orders.Exited | None]

    def lose(self) -> None:
        _resolve(self.started, ENDED)
        _resolve(self.exited, None)


class ForkServer:
    """A running fork server; what it reports resolves futures of the daemon's loop. Raises OSError."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.alive = True
        # Its pid when the rules are compiled, else the error.
        self.ready: asyncio.Future[int | str] = loop.create_future()
        self._loop = loop
        self._amending: asyncio.Future[int | str] | None = None
        self._children: dict[int, Child] = {}
        self._numbers = itertools.count(1)
        self._inbox = bytearray()
        self.control, theirs = socket.socketpair()
        self.control.settimeout(0)
        # An edit goes in one send; the default is 200 kB on Linux and 8 elsewhere.
        for end in (self.control, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * orders.MAX_AMENDMENT)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * orders.MAX_AMENDMENT)
        try:
            with theirs:
                self.process = _spawn(theirs.fileno())
        except OSError:
            self.control.close()
            raise
        loop.add_reader(self.control, self._read)

    def fork(self) -> Child:
        """Ask for a reader; raises OSError where no socket can be had."""
        jobs, theirs = socket.socketpair()
        jobs.settimeout(0)
        child = Child(next(self._numbers), jobs, self._loop.create_future(), self._loop.create_future())
        with theirs:
            if self.alive:
                self._children[child.number] = child
                self._command(FORK, child.number, [theirs.fileno()])
            else:
                child.lose()
        return child

    def kill(self, number: int) -> None:
        """End a reader, which may be gone already."""
        if self.alive:
            self._command(KILL, number, [])

    def amend(self, edit: orders.Amendment) -> asyncio.Future[int | str]:
        """Put an edit of the rules in force for readers forked from now on; 0 when it is, else the error.

        One at a time. Raises FrameError where it is too large for one send.
        """
        frame = wire.pack(edit, cap=orders.MAX_AMENDMENT)
        self._amending = self._loop.create_future()
        if self.alive:
            self._command(AMEND, len(frame), [], bytes(frame))
        else:
            _resolve(self._amending, ENDED)
        return self._amending

    def hang_up(self) -> None:
        """Close the control socket: the server kills its readers, reaps them and ends."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self.control)
        self.control.close()
        _resolve(self.ready, ENDED)
        if self._amending is not None:
            _resolve(self._amending, ENDED)
        for child in self._children.values():
            child.lose()
        self._children.clear()

    def _command(self, what: bytes, number: int, fds: list[int], more: bytes = b"") -> None:
        try:
            message = COMMAND.pack(what, number) + more
            whole = socket.send_fds(self.control, [message], fds) == len(message)
        except BlockingIOError:
            whole = False
        except OSError:
            return  # it is gone, which `_read` sees
        if not whole:
            # It left thousands of commands unread: it goes with its readers, and a new one is started.
            self.process.kill()

    def _read(self) -> None:
        try:
            data = self.control.recv(orders.MAX_REPORT)
            self._inbox += data
            while report := orders.take_report(self._inbox):
                self._note(report)
        except BlockingIOError:
            return
        except (OSError, wire.FrameError):
            data = b""
        if not data:
            self.hang_up()

    def _note(self, report: orders.Report) -> None:
        match report:
            case orders.Ready():
                _resolve(self.ready, self.process.pid)
            case orders.Failed(number=0):
                _resolve(self.ready, report.error)
            case orders.Failed():
                child = self._children.pop(report.number)
                _resolve(child.started, report.error)
                _resolve(child.exited, None)
            case orders.Amended():
                if self._amending is not None:
                    _resolve(self._amending, report.error or 0)
            case orders.Started():
                _resolve(self._children[report.number].started, report.pid)
            case orders.Exited():
                _resolve(self._children.pop(report.number).exited, report)


def _resolve(future: asyncio.Future[T], outcome: T) -> None:
    # Whoever waited may have been cancelled, and the future with it.
    if not future.done():
        future.set_result(outcome)


def _spawn(control_fd: int) -> subprocess.Popen[bytes]:
    """Start a fork server, with nothing of the caller's but its import path; raises OSError."""
    path = [str(Path(entry).absolute()) for entry in sys.path]
    # A Python built as a shared library may not start without it.
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    # numpy, which extraction and the language model use, has threads that would not live on in a forked reader.
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(  # noqa: S603 - this interpreter, constant code
        [sys.executable, "-I", "-X", "utf8", "-c", BOOT, str(control_fd), *path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        pass_fds=(control_fd,),
        start_new_session=True,
    )
