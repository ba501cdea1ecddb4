"""The reader processes and their supervision; implements the port Readers.

    Pool        who reads next; replaces what ended; feeds overtake pages
    Worker      one reader process and its socket; one job at a time
    ForkServer  zygote.py: compiles one version of the rules, forks, kills and reaps

A job is a page's own fault only from the moment its reader acknowledged it: what goes wrong before is tried again
on another reader, once.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import math
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from monitor import wire
from monitor.errors import PoolError, Reason
from monitor.model import Entity, Failure, Link, Links, Memory, Outlet, Page, Reading, Rule
from monitor.views import DueSource
from monitor.zygote import Child, ForkServer, memory

# A hundred thousand rules take seconds to compile; a fork, or the report of an end, some milliseconds.
START_SECONDS, FORK_SECONDS, EXIT_SECONDS = 120.0, 30.0, 3.0
# The reader's own timer ends a job first; the daemon's deadline is for a reader whose timer cannot.
DEADLINE_SLACK = 1.0
WATCH_SECONDS = 0.05
RETRY_SECONDS = 1.0
FIRST, THEN = 0, 1  # ranks: feeds and robots.txt, then articles
BROKEN, CLOSED = "reader processes cannot be started", "the readers are closed"

T = TypeVar("T")


class _UntouchedError(Exception):
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


async def _start(setup: wire.Setup) -> ForkServer:
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
        await _told(server, server.ready, START_SECONDS)
    except BaseException:
        await _end(server)
        raise
    return server


async def _fork(server: ForkServer) -> Worker:
    """Start a reader; raises PoolError."""
    try:
        child = server.fork()
    except OSError as error:
        raise PoolError(f"{BROKEN}: {error}") from error
    try:
        return Worker(server, child, await _told(server, child.started, FORK_SECONDS))
    except BaseException:
        server.kill(child.number)
        child.jobs.close()
        raise


async def _told(server: ForkServer, answer: asyncio.Future[int | str], seconds: float) -> int:
    """Wait for a number or an error; a fork server that says nothing is killed. Raises PoolError."""
    await asyncio.wait([answer], timeout=seconds)
    if not answer.done():
        server.process.kill()
    told = answer.result() if answer.done() else f"no answer in {seconds:g} s"
    if isinstance(told, str):
        raise PoolError(f"{BROKEN}: {told}")
    return told


async def _end(server: ForkServer) -> None:
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
        self._start = memory(pid)[1]

    def grown(self) -> int:
        """Return the bytes of resident memory above the start; 0 or less where the system does not say."""
        return memory(self.pid)[1] - self._start

    async def ask(self, frame: bytearray, seconds: float, read: Callable[[bytearray], T]) -> T | Failure:
        """Have one job done; raises _UntouchedError where it was not begun."""
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
            raise _UntouchedError from error
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
        report = self.exited.result() if self.exited.done() else wire.Exited(0, 0)
        if report is None:
            raise _UntouchedError  # the fork server is gone, and its readers with it
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


class Pool:
    """See ports.Readers. Made by `start`; belongs to the loop it was started in."""

    def __init__(self, setup: wire.Setup, size: int) -> None:
        self._setup, self._size = setup, size
        self._server: ForkServer  # the present one, also in _servers
        self._servers: set[ForkServer] = set()
        self._crew: set[Worker] = set()  # the present server's, idle or busy
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()  # those of older servers too
        self._waiting: list[tuple[int, int, asyncio.Future[Worker]]] = []
        self._order, self._short, self._working = itertools.count(), asyncio.Event(), asyncio.Event()
        self._duties: list[asyncio.Task[None]] = []
        self._closing: list[asyncio.Task[None]] = []
        self._reloading = asyncio.Lock()
        self._counts: Counter[str] = Counter()
        self._closed = False

    @classmethod
    async def start(
        cls,
        rules: Sequence[Rule],
        entities: Sequence[Entity],
        *,
        size: int,
        job_seconds: float = 5.0,
        memory_bytes: int = 128 << 20,
        reader: str = "monitor.reading:Reader",
    ) -> Pool:
        """Compile the rules and start `size` readers; raises PoolError. `reader`: "module:class" to run."""
        if size < 1 or job_seconds <= 0 or memory_bytes <= 0:
            raise ValueError("size, job_seconds and memory_bytes must be above 0")
        pool = cls(wire.Setup(reader, (), (), job_seconds, memory_bytes), size)
        await pool.reload(rules, entities)
        pool._duties = [asyncio.create_task(pool._keep()), asyncio.create_task(pool._watch())]
        return pool

    async def reload(self, rules: Sequence[Rule], entities: Sequence[Entity]) -> None:
        """Put new rules in force: jobs given from now on are read by them, those in hand by the old.

        Raises PoolError, and the old rules stay in force.
        """
        async with self._reloading:
            setup = self._setup.with_rules(rules, entities)
            server = await _start(setup)
            if self._closed:
                await _end(server)
                raise PoolError(CLOSED)
            self._setup = setup
            self._take_over(server)

    async def links(self, page: Page, source: DueSource) -> Links | Failure:
        return await self._ask(wire.LinksJob(page, source), FIRST)

    async def article(self, page: Page, link: Link, outlet: Outlet, memory: Memory | None = None) -> Reading | Failure:
        job = wire.ArticleJob(link, outlet.language, page=page, selectors=outlet.selectors, memory=memory)
        return await self._ask(job, THEN)

    async def entry(self, link: Link, failure: Failure, language: str | None) -> Reading | Failure:
        return await self._ask(wire.EntryJob(link, language, failure=failure), THEN)

    async def canonical(self, page: Page, url: str) -> str | Failure:
        return await self._ask(wire.CanonicalJob(page, url), THEN)

    async def robots(self, body: bytes, urls: Sequence[str], agent: str) -> tuple[bool, ...] | Failure:
        return await self._ask(wire.RobotsJob(body, tuple(urls), agent), FIRST)

    def stats(self) -> dict[str, int]:
        """Count readers, busy, waiting; since the start jobs, forked, retried, and readers ended by reason."""
        now = {"readers": len(self._crew), "busy": len(self._busy), "waiting": len(self._waiting)}
        return {**self._counts, **now}

    async def aclose(self) -> None:
        self._closed = True
        self._crew.clear()
        self._refuse_waiting(CLOSED)
        for worker in self._busy:
            worker.end(Failure(Reason.NO_READER, CLOSED))
        while self._idle:
            self._idle.pop().close()
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, return_exceptions=True)
        while self._busy:  # noqa: ASYNC110 - their callers have yet to be told
            await asyncio.sleep(0.001)
        async with self._reloading:
            await asyncio.gather(*self._closing, *(_end(server) for server in self._servers))

    async def _ask(self, job: wire.Task[T], rank: int) -> T | Failure:
        self._counts["jobs"] += 1
        try:
            frame = wire.pack(job, cap=wire.MAX_REQUEST)
        except wire.FrameError as error:
            return Failure(error.reason, str(error))
        for _ in range(2):
            try:
                worker = await self._take(rank)
            except PoolError as error:
                return Failure(Reason.NO_READER, str(error))
            try:
                result = await worker.ask(frame, self._setup.job_seconds, job.result)
                if isinstance(result, Failure) and not worker.fit:
                    self._counts[result.reason.value] += 1
                return result  # noqa: TRY300 - the count belongs to the answer
            except _UntouchedError:
                self._counts["retried"] += 1
            finally:
                self._give_back(worker)
        return Failure(Reason.CRASHED, "two readers in a row were lost")

    async def _take(self, rank: int) -> Worker:
        if self._closed:
            raise PoolError(CLOSED)
        future: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), future))
        while self._idle and not future.done():
            self._offer(self._idle.pop())
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self._give_back(future.result())
            raise

    def _offer(self, worker: Worker) -> None:
        if worker.exited.done():
            self._drop(worker)
            return
        while self._waiting:
            future = heapq.heappop(self._waiting)[2]
            if not future.done():
                self._busy.add(worker)
                self._working.set()
                future.set_result(worker)
                return
        self._idle.append(worker)

    def _give_back(self, worker: Worker) -> None:
        self._busy.discard(worker)
        # One that kept half of what it may grow by would make its next page pay for the last ones.
        if worker.fit and worker in self._crew and worker.grown() <= self._setup.memory_bytes // 2:
            self._offer(worker)
        else:
            self._drop(worker)
        self._close_old()

    def _drop(self, worker: Worker) -> None:
        self._crew.discard(worker)
        worker.close()
        self._short.set()

    def _on_exit(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            self._drop(worker)

    def _refuse_waiting(self, why: str) -> None:
        while self._waiting:
            future = self._waiting.pop()[2]
            if not future.done():
                future.set_exception(PoolError(why))

    def _take_over(self, server: ForkServer) -> None:
        while self._idle:
            self._idle.pop().close()
        self._server, self._crew = server, set()
        self._servers.add(server)
        self._short.set()
        self._close_old()

    def _close_old(self) -> None:
        for server in self._servers - {self._server} - {worker.server for worker in self._busy}:
            self._servers.remove(server)
            self._closing = [task for task in self._closing if not task.done()]
            self._closing.append(asyncio.create_task(_end(server)))

    async def _keep(self) -> None:
        """Keep the crew complete."""
        while True:
            await self._short.wait()
            try:
                while len(self._crew) < self._size:
                    await self._hire()
                self._short.clear()
            except PoolError as error:
                if not self._crew:
                    self._refuse_waiting(str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _hire(self) -> None:
        if not self._server.alive:
            setup = self._setup
            server = await _start(setup)
            if setup is not self._setup:  # a reload was faster
                await _end(server)
                return
            self._take_over(server)
        server = self._server
        worker = await _fork(server)
        if server is self._server:
            self._crew.add(worker)
            self._counts["forked"] += 1
            worker.exited.add_done_callback(lambda _: self._on_exit(worker))
            self._offer(worker)
        else:
            worker.close()

    async def _watch(self) -> None:
        """End readers that are over their time or memory."""
        while True:
            await self._working.wait()
            await asyncio.sleep(WATCH_SECONDS)
            for worker in self._busy:
                if asyncio.get_running_loop().time() > worker.deadline:
                    worker.end(Failure(Reason.OVER_TIME, "ended by the daemon"))
                elif (grown := worker.grown()) > self._setup.memory_bytes:
                    worker.end(Failure(Reason.OVER_MEMORY, f"grew by {grown >> 20} MB"))
            if not self._busy:
                self._working.clear()
