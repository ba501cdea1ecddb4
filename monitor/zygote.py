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
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from monitor import heap, orders, wire
from monitor.errors import Reason
from monitor.model import Failure
from monitor.parse import language

if TYPE_CHECKING:
    from monitor.reading import Reader

T = TypeVar("T")
# A command: what, and the number of the reader; of an edit, the length of its frame, which follows.
COMMAND = struct.Struct("!cI")
FORK, KILL, AMEND = b"F", b"K", b"A"
PR_SET_PDEATHSIG = 1
JOB_FD = 3
BOOT = "import sys; sys.path[:] = sys.argv[2:]; from monitor.zygote import main; main(int(sys.argv[1]))"
# The daemon watches resident memory every 50 ms, in which a parser takes 100 MB; the address space is the wall for what
# is faster than that. A reader has one thread and so one heap: it maps little that it does not fill. Less than the
# whole, for pages of the fork server that a reader first touches are resident memory and no new address space.
ADDRESS_SPACE_SHARE = 7 / 8
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
        setup = orders.unpack_setup(request[1])
        del request
        try:
            language.keep_in([Path(folder) for folder in setup.folders])
            reader = _load(setup)
            reader.warm()
            # What was compiled is all that readers need: a hundred thousand rules as they came take 60 MB.
            setup = setup.with_rules((), ())
        except Exception as error:  # noqa: BLE001 - whatever it is, the daemon is told
            with contextlib.suppress(ConnectionError):
                control.sendall(wire.pack(orders.Failed(0, f"{type(error).__name__}: {error}"[: wire.MAX_DETAIL])))
            return
        # Frozen objects are left alone by the collector of every reader, so their pages stay shared.
        gc.collect()
        heap.give_back()
        gc.freeze()
        server = _Server(control, reader, setup)
        # A broken pipe is the daemon's end, like a closed socket; also while the rules were compiled.
        with contextlib.suppress(ConnectionError):
            control.sendall(wire.pack(orders.Ready()))
            server.serve()
        server.kill_all()


def _load(setup: orders.Setup) -> Reader:
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

    def __init__(self, control: socket.socket, reader: Reader, setup: orders.Setup) -> None:
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

    def _report(self, report: orders.Report) -> None:
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
        elif what == AMEND:
            return self._amend()
        elif number in self._pids:
            # Reaped here and nowhere else, so the id is still that reader's.
            os.kill(self._pids[number], signal.SIGKILL)
        return True

    def _amend(self) -> bool:
        received = receive(self._control)
        if received is None:
            return False
        try:
            edit = orders.unpack_amendment(received[1])
            self._reader.amend(edit.rules, edit.removed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the daemon is told
            self._report(orders.Amended(f"{type(error).__name__}: {error}"[: wire.MAX_DETAIL]))
            return True
        gc.freeze()
        self._report(orders.Amended())
        return True

    def _fork(self, number: int, fd: int) -> None:
        try:
            pid = os.fork()
        except OSError as error:
            self._report(orders.Failed(number, str(error)))
            return
        if pid == 0:
            self._become_reader(fd)
        self._pids[number] = pid
        self._report(orders.Started(number, pid))

    def _reap(self) -> None:
        for number, pid in list(self._pids.items()):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                del self._pids[number]
                self._report(orders.Exited(number, os.waitstatus_to_exitcode(status)))

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
                _read_jobs(jobs, self._reader, self._setup.job_seconds)
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
        size, _ = held()
        if size:
            _limit(resource.RLIMIT_AS, size + int(ADDRESS_SPACE_SHARE * self._setup.memory_bytes))


def _limit(what: int, soft: int) -> None:
    # A hardened service may not set limits; the daemon's watch stays in force.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (soft, soft))


def memory(pid: int | str = "self") -> tuple[int, int]:
    """Return (address space, resident memory) of a process in bytes; (0, 0) where the system does not say."""
    size, resident, _ = _statm(pid)
    return size, resident


def held(pid: int | str = "self") -> tuple[int, int]:
    """Return (address space, resident memory without the pages of files), which the kernel takes back where it needs
    them: those of the language model are 9 MB, and no page's fault.
    """
    size, resident, files = _statm(pid)
    return size, resident - files


def _statm(pid: int | str) -> tuple[int, int, int]:
    try:
        # A Path would take twice the time, after each job in the daemon's loop.
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as file:  # noqa: PTH123
            size, resident, files = file.read(200).split()[:3]
    except (OSError, ValueError):
        return 0, 0, 0
    page = resource.getpagesize()
    return int(size) * page, int(resident) * page, int(files) * page


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


def _read_jobs(jobs: socket.socket, reader: Reader, seconds: float) -> None:
    _, base = held()
    while request := receive(jobs):
        serial, payload = request
        # The default action of SIGALRM ends C code too, which no exception handler can.
        signal.setitimer(signal.ITIMER_REAL, seconds)
        jobs.sendall(wire.HEADER.pack(0, serial))
        reply = _answer(reader, payload, serial)
        del request, payload
        if held()[1] > base + TRIM_ABOVE:
            gc.collect()
            heap.give_back()
            # What is left is in use: class names and words that come back, 13 MB after a thousand outlets. Measured
            # from the start, every third page was followed by this, and the next met an empty heap: 1.3 ms a page.
            base = max(base, held()[1])
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
