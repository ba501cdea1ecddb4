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
    """The reader ended, through no fault of this job."""


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
    """A reader. `fit`: its last job left it as it was. `ended`: why we ended it."""

    def __init__(self, server: ForkServer, child: Child, pid: int) -> None:
        self.server, self.pid, self.exited = server, pid, child.exited
        self.ended: Failure | None = None
        self.deadline = math.inf
        self.fit = True
        self._number, self._sock, self._serial = child.number, child.jobs, 0
        self._start = held(pid)

    def grown(self) -> int:
        """Return the bytes of resident memory above the start; 0 or less where the system does not say."""
        return held(self.pid)[1] - self._start[1]

    def kept(self) -> int:
        """Return the bytes above the start, resident or only mapped: both have a limit that the next page meets."""
        return max(now - start for now, start in zip(held(self.pid), self._start, strict=True))

    async def ask(self, frame: bytearray, seconds: float, read: Callable[[bytearray], T]) -> T | Failure:
        """Have one job done; raises UntouchedError where it was not begun."""
        loop = asyncio.get_running_loop()
        self.fit = False
        self._serial += 1
        wire.stamp(frame, self._serial)
        self.deadline = loop.time() + seconds + DEADLINE_SLACK
        try:
            await loop.sock_sendall(self._sock, frame)
            await _receive(self._sock, self._serial, cap=0)
        except (OSError, EOFError, wire.FrameError) as error:
            # If its fork server ended, the other readers are dead too: known before the next is taken.
            self.server.kill(self._number)
            await asyncio.wait([self.exited], timeout=EXIT_SECONDS)
            raise UntouchedError from error
        try:
            result = read(await _receive(self._sock, self._serial, wire.MAX_REPLY))
        except wire.FrameError as error:
            return Failure(Reason.BAD_REPLY, str(error))
        except (OSError, EOFError):
            return await self._why()
        self.deadline = math.inf
        # After a MemoryError anything may be half done in there.
        self.fit = not (isinstance(result, Failure) and result.reason is Reason.OVER_MEMORY)
        return result

    async def _why(self) -> Failure:
        if self.ended:
            return self.ended
        await asyncio.wait([self.exited], timeout=EXIT_SECONDS)
        report = self.exited.result() if self.exited.done() else orders.Exited(0, 0)
        if report is None:
            raise UntouchedError  # the fork server is gone, and its readers with it
        return report.failure()

    def end(self, failure: Failure) -> None:
        """Kill it; whoever waits for its reply gets `failure` at once."""
        self.ended = self.ended or failure
        self.server.kill(self._number)
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Kill it and close the socket."""
        self.server.kill(self._number)
        self._sock.close()
