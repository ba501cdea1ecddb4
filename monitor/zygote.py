"""The fork server: a fresh interpreter that compiles the rules once and forks readers from it.

It is started with an environment of its own and one descriptor, a control socket, holds no secret, reads no bytes from
outside. `FORK` comes with the reader's end of a socket pair; every start and end of a reader is reported. When the
control socket closes, however the daemon ended, it kills its readers and ends; when it ends itself, Linux kills them.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import itertools
import os
import resource
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from monitor import wire
from monitor.errors import Reason
from monitor.model import Failure

if TYPE_CHECKING:
    import asyncio

    from monitor.reading import Reader

T = TypeVar("T")
# A command: what, and the number of the reader.
COMMAND = struct.Struct("!cI")
FORK, KILL = b"F", b"K"
ENDED = "the fork server ended"
PR_SET_PDEATHSIG = 1
JOB_FD = 3
BOOT = "import sys; sys.path[:] = sys.argv[2:]; from monitor.zygote import main; main(int(sys.argv[1]))"
# The daemon watches resident memory every 50 ms; the address space is the wall for what is faster than that.
ADDRESS_SPACE_FACTOR = 4
# A page of 5 MB in small paragraphs leaves 300 MB of free heap behind that malloc does not give back by itself.
TRIM_ABOVE = 16 << 20


def main(control_fd: int) -> None:
    """Serve until the control socket closes."""
    _reset_signals()
    gc.disable()
    with socket.socket(fileno=control_fd) as control:
        request = receive(control)
        if request is None:
            return
        setup = wire.unpack_setup(request[1])
        try:
            reader = _load(setup)
            reader.warm()
        except Exception as error:  # noqa: BLE001 - whatever it is, the daemon is told
            control.sendall(wire.pack(wire.Failed(0, f"{type(error).__name__}: {error}"[: wire.MAX_DETAIL])))
            return
        # Frozen objects are left alone by the collector of every reader, so their pages stay shared.
        gc.collect()
        gc.freeze()
        control.sendall(wire.pack(wire.Ready()))
        server = _Server(control, reader, setup)
        # A broken pipe is the daemon's end, like a closed socket.
        with contextlib.suppress(ConnectionError):
            server.serve()
        server.kill_all()


def _load(setup: wire.Setup) -> Reader:
    module, _, name = setup.reader.partition(":")
    reader: Callable[..., Reader] = getattr(importlib.import_module(module), name)
    return reader(setup.rules, setup.entities)


def _reset_signals() -> None:
    """Take back what the daemon blocked or handled. A terminal's or systemd's signal to the whole group is the
    daemon's to obey: it finishes the pages in hand and closes the control socket.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


class _Server:
    """The readers that live, by number."""

    def __init__(self, control: socket.socket, reader: Reader, setup: wire.Setup) -> None:
        self._control = control
        self._reader = reader
        self._setup = setup
        self._pids: dict[int, int] = {}
        self._pid = os.getpid()
        self._libc = ctypes.CDLL(None)
        # Written by the signal handler of the interpreter; wakes select when a reader ends.
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def serve(self) -> None:
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._wake_in], [], [])
            if self._wake_in in ready:
                os.read(self._wake_in, 4096)
                self._reap()
            if control in ready and not self._obey():
                return

    def _report(self, report: wire.Report) -> None:
        self._control.sendall(wire.pack(report))

    def _obey(self) -> bool:
        command, fds, _, _ = socket.recv_fds(self._control, COMMAND.size, 1)
        if len(command) < COMMAND.size:
            return False
        what, number = COMMAND.unpack(command)
        if what == FORK:
            try:
                self._fork(number, fds[0])
            finally:
                os.close(fds[0])
        elif number in self._pids:
            # Reaped here and nowhere else, so the id is still that reader's.
            os.kill(self._pids[number], signal.SIGKILL)
        return True

    def _fork(self, number: int, fd: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._report(wire.Failed(number, str(error)))
            return
        if pid == 0:
            self._become_reader(fd)
        self._pids[number] = pid
        self._report(wire.Started(number, pid))

    def _reap(self) -> None:
        for number, pid in list(self._pids.items()):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                del self._pids[number]
                self._report(wire.Exited(number, os.waitstatus_to_exitcode(status)))

    def kill_all(self) -> None:
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        for pid in self._pids.values():
            os.waitpid(pid, 0)

    def _become_reader(self, fd: int) -> NoReturn:
        """Run a reader in this forked process; never return into the server's code."""
        code = 1
        try:
            self._seal_off(fd)
            with socket.socket(fileno=JOB_FD) as jobs:
                _read_jobs(jobs, self._reader, self._setup.job_seconds, self._libc)
            code = 0
        finally:
            os._exit(code)

    def _seal_off(self, fd: int) -> None:
        if sys.platform == "linux":
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self._pid:
                os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        # The job socket may itself have a low number: copied above all that is overwritten.
        jobs = os.dup2(fd, max(fd, null, JOB_FD) + 1)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        os.dup2(jobs, JOB_FD, inheritable=False)
        # The server was started with low descriptors alone; containers may allow a billion.
        os.closerange(JOB_FD + 1, min(os.sysconf("SC_OPEN_MAX"), 1 << 16))
        gc.enable()
        _limit(resource.RLIMIT_CORE, 0)
        size, _ = memory()
        if size:
            _limit(resource.RLIMIT_AS, size + ADDRESS_SPACE_FACTOR * self._setup.memory_bytes)


def _limit(what: int, soft: int) -> None:
    # A hardened service may not set limits; the daemon's watch stays in force.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (soft, soft))


def memory(pid: int | str = "self") -> tuple[int, int]:
    """Return (address space, resident memory) of a process in bytes; (0, 0) where the system does not say."""
    try:
        size, resident, *_ = Path(f"/proc/{pid}/statm").read_bytes().split()
    except (OSError, ValueError):
        return 0, 0
    page = resource.getpagesize()
    return int(size) * page, int(resident) * page


def receive(sock: socket.socket) -> tuple[int, bytearray] | None:
    """Read one frame from the daemon, blocking: its serial and payload; None at the end."""
    header = _exactly(sock, wire.HEADER.size)
    if header is None:
        return None
    size, serial = wire.HEADER.unpack(header)
    payload = _exactly(sock, size)
    return None if payload is None else (serial, payload)


def _exactly(sock: socket.socket, size: int) -> bytearray | None:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = sock.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return data


def _read_jobs(jobs: socket.socket, reader: Reader, seconds: float, libc: ctypes.CDLL) -> None:
    _, base = memory()
    while request := receive(jobs):
        serial, payload = request
        # The default action of SIGALRM ends C code too, which no exception handler can.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        jobs.sendall(wire.HEADER.pack(0, serial))
        reply = _answer(reader, payload, serial)
        del request, payload
        if memory()[1] > base + TRIM_ABOVE:
            gc.collect()
            # Absent in musl and on macOS.
            with contextlib.suppress(AttributeError):
                libc.malloc_trim(0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        jobs.sendall(reply)
        del reply


def _answer(reader: Reader, payload: bytearray, serial: int) -> bytearray:
    try:
        return wire.pack_reply(wire.unpack_job(payload).run(reader), serial)
    except MemoryError:
        failure = Failure(Reason.OVER_MEMORY, "MemoryError")
    except Exception as error:  # noqa: BLE001 - a page may break a parser in any way
        failure = Failure(Reason.CRASHED, type(error).__name__)
    return wire.pack_reply(failure, serial)


# ---- the daemon's side


@dataclass(frozen=True, slots=True)
class Child:
    """A reader as the daemon knows it. `started`: its pid, or the error. `exited`: None if the server went first."""

    number: int
    jobs: socket.socket
    started: asyncio.Future[int | str]
    exited: asyncio.Future[wire.Exited | None]

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
        self._children: dict[int, Child] = {}
        self._numbers = itertools.count(1)
        self._inbox = bytearray()
        self.control, theirs = socket.socketpair()
        self.control.settimeout(0)
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

    def hang_up(self) -> None:
        """Close the control socket: the server kills its readers, reaps them and ends."""
        if not self.alive:
            return
        self.alive = False
        self._loop.remove_reader(self.control)
        self.control.close()
        _resolve(self.ready, ENDED)
        for child in self._children.values():
            child.lose()
        self._children.clear()

    def _command(self, what: bytes, number: int, fds: list[int]) -> None:
        try:
            socket.send_fds(self.control, [COMMAND.pack(what, number)], fds)
        except BlockingIOError:
            # It left thousands of commands unread: it goes with its readers, and a new one is started.
            self.process.kill()
        except OSError:
            pass  # it is gone, which `_read` sees

    def _read(self) -> None:
        try:
            data = self.control.recv(wire.MAX_REPORT)
            self._inbox += data
            while report := wire.take_report(self._inbox):
                self._note(report)
        except BlockingIOError:
            return
        except (OSError, wire.FrameError):
            data = b""
        if not data:
            self.hang_up()

    def _note(self, report: wire.Report) -> None:
        match report:
            case wire.Ready():
                _resolve(self.ready, self.process.pid)
            case wire.Failed(number=0):
                _resolve(self.ready, report.error)
            case wire.Failed():
                child = self._children.pop(report.number)
                _resolve(child.started, report.error)
                _resolve(child.exited, None)
            case wire.Started():
                _resolve(self._children[report.number].started, report.pid)
            case wire.Exited():
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
