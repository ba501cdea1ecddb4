"""One reader process as the daemon holds it, and the starting and ending of fork servers and readers."""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
from collections.abc import Callable
from typing import TypeVar

from monitor import orders, wire
from monitor.errors import PoolError, Reason
from monitor.forkserver import Child, ForkServer
from monitor.model import Failure
from monitor.zygote import held

# A hundred thousand rules take seconds to compile; a fork, an edit, or the report of an end, some milliseconds.
START_SECONDS, FORK_SECONDS, EXIT_SECONDS = 120.0, 30.0, 3.0
# The reader's own timer ends a job first; the daemon's deadline is for a reader whose timer cannot.
DEADLINE_SLACK = 1.0
BROKEN = "reader processes cannot be started"

T = TypeVar("T")


class UntouchedError(Exception):
    """The reader ended, through no fault of this job. `others`: through that of the one before it, or behind it."""

    def __init__(self, *, others: bool) -> None:
        super().__init__()
        self.others = others


async def _receive(sock: socket.socket, serial: int, cap: int) -> bytearray:
    """Read one frame; raises FrameError, EOFError and OSError."""
    header = await _exactly(sock, wire.HEADER.size)
    return await _exactly(sock, wire.payload_size(header, serial, cap))


async def _exactly(sock: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = await asyncio.get_running_loop().sock_recv_into(sock, view)
        if not count:
            raise EOFError
        view = view[count:]
    return data


async def start(setup: orders.Setup) -> ForkServer:
    """Start a fork server and wait until it has compiled the rules; raises PoolError."""
    loop = asyncio.get_running_loop()
    try:
        orders = wire.pack(setup)
        server = ForkServer(loop)
    except (wire.FrameError, OSError) as error:
        raise PoolError(f"{BROKEN}: {error}") from error
    try:
        # It ended, or takes no orders: `ready` says so, or says nothing either.
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(FORK_SECONDS):
                await loop.sock_sendall(server.control, orders)
        await told(server, server.ready, START_SECONDS)
    except BaseException:
        await end(server)
        raise
    return server


async def fork(server: ForkServer) -> Worker:
    """Start a reader; raises PoolError."""
    try:
        child = server.fork()
    except OSError as error:
        raise PoolError(f"{BROKEN}: {error}") from error
    try:
        return Worker(server, child, await told(server, child.started, FORK_SECONDS))
    except BaseException:
        server.kill(child.number)
        child.jobs.close()
        raise


async def told(server: ForkServer, answer: asyncio.Future[int | str], seconds: float, failing: str = BROKEN) -> int:
    """Wait for a number or an error; a fork server that says nothing is killed. Raises PoolError."""
    await asyncio.wait([answer], timeout=seconds)
    if not answer.done():
        server.process.kill()
    told = answer.result() if answer.done() else f"no answer in {seconds:g} s"
    if isinstance(told, str):
        raise PoolError(f"{failing}: {told}")
    return told


async def end(server: ForkServer) -> None:
    """End a fork server; it and its readers are reaped when this returns."""
    server.hang_up()
    for _ in range(600):  # 3 s; it takes 10 ms
        if server.process.poll() is not None:
            return
        await asyncio.sleep(0.005)
    server.process.kill()
    server.process.wait()


class Worker:
    """A reader: a job in hand, and one behind it whose bytes are on their way. `hands`: how many it has. `fit`: they
    left it as it was.
    """

    def __init__(self, server: ForkServer, child: Child, pid: int) -> None:
        self.server, self.pid, self.exited = server, pid, child.exited
        self.deadline = math.inf
        self.fit = True
        self.hands = 0
        self._number, self._sock, self._serial = child.number, child.jobs, 0
        self._start = held(pid)
        # Both are had in the order in which they are asked for.
        self._sending, self._turn = asyncio.Lock(), asyncio.Lock()
        self._in_hand = 0
        self._began = math.inf
        self._ended: Failure | None = None
        self._ended_job = 0
        self._closed = False

    def grown(self) -> int:
        """Return the bytes of resident memory above the start; 0 or less where the system does not say."""
        return held(self.pid)[1] - self._start[1]

    def kept(self) -> int:
        """Return the bytes above the start, resident or only mapped: both have a limit that the next page meets."""
        return max(now - start for now, start in zip(held(self.pid), self._start, strict=True))

    def working(self) -> float:
        """Return for how many seconds the job in hand has been."""
        return max(asyncio.get_running_loop().time() - self._began, 0.0)

    async def ask(self, frame: bytearray, seconds: float, read: Callable[[bytearray], T]) -> T | Failure:
        """Have one job done; raises UntouchedError where it was not begun, or the reader ended by another's."""
        behind = self._sending.locked() or self._turn.locked()
        try:
            serial = await self._give(frame, seconds)
            try:
                return await self._done(serial, behind, read)
            finally:
                self._next(seconds)
        except OSError as error:
            await self._lost()
            raise UntouchedError(others=behind or self._closed) from error
        except BaseException:
            # Somebody's answer is on its way that nobody will take.
            self.fit = False
            raise

    async def _give(self, frame: bytearray, seconds: float) -> int:
        """Send a job and wait until it is the one in hand; return its number."""
        async with self._sending:
            self._serial += 1
            serial = self._serial
            wire.stamp(frame, serial)
            if not self._turn.locked():
                self._start_clock(seconds)
            await asyncio.get_running_loop().sock_sendall(self._sock, frame)
            await self._turn.acquire()
        self._start_clock(seconds)
        self._in_hand = serial
        return serial

    def _start_clock(self, seconds: float) -> None:
        self._began = asyncio.get_running_loop().time()
        self.deadline = self._began + seconds + DEADLINE_SLACK

    def _next(self, seconds: float) -> None:
        """Let the job behind come to hand."""
        self._turn.release()
        self.deadline = self._began = math.inf
        if self._sending.locked():
            self._start_clock(seconds)

    async def _done(self, serial: int, behind: bool, read: Callable[[bytearray], T]) -> T | Failure:  # noqa: FBT001
        if self._closed:
            # What it may have answered yet comes from a reader that was given up.
            await self._lost()
            raise UntouchedError(others=True)
        try:
            await _receive(self._sock, serial, cap=0)
        except (OSError, EOFError, wire.FrameError) as error:
            await self._lost()
            raise UntouchedError(others=behind or self._closed) from error
        try:
            result = read(await _receive(self._sock, serial, wire.MAX_REPLY))
        except wire.FrameError as error:
            self.fit = False
            return Failure(Reason.BAD_REPLY, str(error))
        except (OSError, EOFError):
            self.fit = False
            return await self._why(serial)
        if isinstance(result, Failure) and result.reason is Reason.OVER_MEMORY:
            # After a MemoryError anything may be half done in there; what is behind does not pay for it.
            if self._closed:
                raise UntouchedError(others=True)
            self.fit = False
        return result

    async def _lost(self) -> None:
        """End it. If its fork server ended, the other readers are dead too: known before the next is taken."""
        self.fit = False
        self.server.kill(self._number)
        await asyncio.wait([self.exited], timeout=EXIT_SECONDS)

    async def _why(self, serial: int) -> Failure:
        if self._ended and self._ended_job == serial:
            return self._ended
        if self._closed or self._ended:
            raise UntouchedError(others=True)
        await asyncio.wait([self.exited], timeout=EXIT_SECONDS)
        report = self.exited.result() if self.exited.done() else orders.Exited(0, 0)
        if report is None:
            raise UntouchedError(others=False)  # the fork server is gone, and its readers with it
        return report.failure()

    def end(self, failure: Failure) -> None:
        """Kill it; who waits for the reply to the job in hand gets `failure` at once."""
        if not self._ended:
            self._ended, self._ended_job = failure, self._in_hand
        self.fit = False
        self._hang_up()

    def close(self) -> None:
        """Kill it, and close the socket when nobody waits at it any more: of a closed one they would never hear."""
        self._closed = True
        if self.hands:
            self._hang_up()
        else:
            self.server.kill(self._number)
            self._sock.close()

    def _hang_up(self) -> None:
        self.server.kill(self._number)
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
