"""The reader processes and their supervision; implements the port Readers.

    Pool        who reads next; replaces what ended; feeds overtake pages, three at a time (waiting.py)
    Worker      worker.py: one reader process and its socket; one job in hand, and one behind it
    ForkServer  forkserver.py, zygote.py: compiles one version of the rules, forks, kills and reaps

A job is a page's own fault only from the moment its reader acknowledged it: what goes wrong before is tried again
on another reader, once. What was lost with the job before it is tried again by a reader of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from monitor import orders, wire
from monitor.errors import PoolError, Reason
from monitor.forkserver import ForkServer
from monitor.model import Candidates, Entity, Failure, Link, Links, Memory, Outlet, Page, Reading, Rule
from monitor.views import DueSource, RobotsVerdict
from monitor.waiting import FIRST, THEN, Waiting
from monitor.worker import FORK_SECONDS, UntouchedError, Worker, end, fork, start, told
from monitor.zygote import memory

WATCH_SECONDS = 0.05
RETRY_SECONDS = 1.0
# Jobs of a reader: with one it idles until a busy loop has heard its answer and given the next, 8 ms in which it would
# do three. At 100,000 outlets, after 25 s of standstill, 121 polls a second were got from two readers a fifth busy.
HANDS = 2
# A job behind one of five seconds waits for these, while another reader may be free: none is where few wait, nor
# behind one that has taken longer than most.
CROWD = 8
SLOW_SECONDS = 0.1
# Above so many in all, one new set is faster to match than a main one and the edits beside it.
MAX_EDITS = 1_000
CLOSED = "the readers are closed"

T = TypeVar("T")


class Pool:
    """See ports.Readers. Made by `start`; belongs to the loop it was started in."""

    def __init__(self, setup: orders.Setup, size: int) -> None:
        self._setup, self._size = setup, size
        self._rules: dict[str, Rule] = {}
        self._edits = 0  # rules edited since the present server compiled all
        self._server: ForkServer  # the present one, also in _servers
        self._servers: set[ForkServer] = set()
        self._crew: set[Worker] = set()  # the present server's, idle or busy
        self._idle: list[Worker] = []
        self._half: list[Worker] = []  # with a job in hand and none behind it
        self._busy: set[Worker] = set()  # those of older servers too
        self._waiting: Waiting[Worker] = Waiting()
        self._short, self._working = asyncio.Event(), asyncio.Event()
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
        folders: Sequence[Path] = (),
    ) -> Pool:
        """Compile the rules and start `size` readers; raises PoolError. `reader`: "module:class" to run. `folders`: of
        `language.keep_in`.
        """
        if size < 1 or job_seconds <= 0 or memory_bytes <= 0:
            raise ValueError("size, job_seconds and memory_bytes must be above 0")
        pool = cls(orders.Setup(reader, (), (), job_seconds, memory_bytes, tuple(map(str, folders))), size)
        await pool.reload(rules, entities)
        pool._duties = [asyncio.create_task(pool._keep()), asyncio.create_task(pool._watch())]
        return pool

    async def reload(
        self, rules: Sequence[Rule], entities: Sequence[Entity], before: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Put new rules in force: jobs given from now on are read by them, those in hand by the old. `before` is
        awaited when they are compiled and nothing has been read by them.

        Raises PoolError, or what `before` does, and the old rules stay in force.
        """
        async with self._reloading:
            if self._servers and tuple(entities) == self._setup.entities:
                # A hundred thousand rules take 50 ms to compare.
                edit = await asyncio.to_thread(_difference, self._rules, rules)
                if not edit.rules and not edit.removed and self._server.alive:
                    await _awaited(before)
                    return
                # Where an edit is refused, the whole is tried, which says what is wrong.
                with contextlib.suppress(PoolError):
                    if await self._amended(edit, before):
                        return
            await self._anew({rule.id: rule for rule in rules}, entities, before)

    async def amend(self, changed: Sequence[Rule], removed: Iterable[str] = ()) -> None:
        """Put an edit of some rules in force, as `reload` does for all, without compiling the rest where that can be.

        Raises PoolError, and the old rules stay in force.
        """
        async with self._reloading:
            edit = orders.Amendment(tuple(changed), tuple(removed))
            if not await self._amended(edit):
                await self._anew(_edited(self._rules, edit), self._setup.entities)

    async def _amended(self, edit: orders.Amendment, before: Callable[[], Awaitable[None]] | None = None) -> bool:
        """Hand an edit to the fork server; False where it must be started anew. Raises PoolError for a bad rule."""
        size = len(edit.rules) + len(edit.removed)
        if not self._servers or not self._server.alive or self._edits + size > MAX_EDITS:
            return False
        server = self._server
        try:
            answer = server.amend(edit)
        except wire.FrameError:
            return False
        try:
            await told(server, answer, FORK_SECONDS, "the edit is refused")
        except asyncio.CancelledError:
            # Nobody will know whether it was taken: the server goes, and the next has the rules that are known.
            server.process.kill()
            raise
        except PoolError:
            if server.alive:
                raise
            return False  # it ended, which says nothing about the edit
        try:
            await _awaited(before)
        except BaseException:
            # It has compiled what is not to be in force: the next has the rules that are known.
            server.process.kill()
            raise
        self._edits += size
        self._rules = _edited(self._rules, edit)
        self._take_over(server)
        return True

    async def _anew(
        self, rules: dict[str, Rule], entities: Sequence[Entity], before: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        setup = self._setup.with_rules((), entities)
        server = await start(setup.with_rules(rules.values(), entities))
        if self._closed:
            await end(server)
            raise PoolError(CLOSED)
        try:
            await _awaited(before)
        except BaseException:
            await end(server)
            raise
        self._setup, self._rules, self._edits = setup, rules, 0
        self._take_over(server)

    async def links(self, page: Page, source: DueSource) -> Links | Failure:
        return await self._ask(wire.LinksJob(page, source), FIRST)

    async def candidates(self, page: Page) -> Candidates | Failure:
        return await self._ask(wire.CandidatesJob(page), FIRST)

    async def article(self, page: Page, link: Link, outlet: Outlet, memory: Memory | None = None) -> Reading | Failure:
        job = wire.ArticleJob(link, outlet.language, page=page, selectors=outlet.selectors, memory=memory)
        return await self._ask(job, THEN)

    async def entry(self, link: Link, failure: Failure, language: str | None) -> Reading | Failure:
        return await self._ask(wire.EntryJob(link, language, failure=failure), THEN)

    async def canonical(self, page: Page, url: str) -> str | Failure:
        return await self._ask(wire.CanonicalJob(page, url), THEN)

    async def robots(self, body: bytes, urls: Sequence[str], agent: str) -> RobotsVerdict | Failure:
        return await self._ask(wire.RobotsJob(body, tuple(urls), agent), FIRST)

    def stats(self) -> dict[str, int]:
        """Count readers, busy, waiting; since the start jobs, forked, retried, and readers ended by reason."""
        now = {"readers": len(self._crew), "busy": len(self._busy), "waiting": len(self._waiting)}
        return {**self._counts, **now}

    def pids(self) -> dict[str, set[int]]:
        """Return the processes there are, by kind; from whatever thread."""
        return {
            "readers": {worker.pid for worker in (*self._crew, *self._busy)},
            "fork_servers": {server.process.pid for server in tuple(self._servers)},
        }

    async def weight(self) -> int:
        """Return the resident bytes of a reader that has done nothing yet; 0 where the system does not say."""
        worker = await self._take(FIRST, alone=True)
        try:
            return memory(worker.pid)[1]
        finally:
            self._give_back(worker)

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
            await asyncio.gather(*self._closing, *(end(server) for server in self._servers))

    async def _ask(self, job: wire.Task[T], rank: int) -> T | Failure:
        self._counts["jobs"] += 1
        tries, alone = 2, False
        while tries:
            try:
                worker = await self._take(rank, alone=alone)
            except PoolError as error:
                return Failure(Reason.NO_READER, str(error))
            try:
                # Not before it is its turn: a frame is a second copy of the page.
                frame = wire.pack(job, cap=wire.MAX_REQUEST)
                result = await worker.ask(frame, self._setup.job_seconds, job.result)
                if isinstance(result, Failure) and not worker.fit:
                    self._counts[result.reason.value] += 1
                return result  # noqa: TRY300 - the count belongs to the answer
            except wire.FrameError as error:
                return Failure(error.reason, str(error))
            except UntouchedError as error:
                self._counts["retried"] += 1
                tries -= not error.others
                alone = True
            finally:
                self._give_back(worker)
        return Failure(Reason.CRASHED, "two readers in a row were lost")

    async def _take(self, rank: int, *, alone: bool = False) -> Worker:
        if self._closed:
            raise PoolError(CLOSED)
        future: asyncio.Future[Worker] = asyncio.get_running_loop().create_future()
        self._waiting.add(rank, future, alone=alone)
        while self._idle and not future.done():
            self._offer(self._idle.pop())
        for worker in tuple(self._half):
            if not future.done():
                self._offer(worker)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and not future.exception():
                self._give_back(future.result())
            raise

    def _offer(self, worker: Worker) -> None:
        """Give a reader what it has hands for; keep it where nobody waits."""
        if worker.exited.done() or not worker.fit:
            if not worker.hands:
                self._drop(worker)
            return
        behind = worker.hands > 0
        spared = behind and (len(self._waiting) < CROWD or worker.working() > SLOW_SECONDS)
        future = None if spared else self._waiting.next(shared=behind)
        if future is not None:
            worker.hands += 1
            self._busy.add(worker)
            self._working.set()
            future.set_result(worker)
        self._shelve(worker)
        if future is not None and worker.hands < HANDS:
            self._offer(worker)

    def _shelve(self, worker: Worker) -> None:
        """Keep a reader among those with as many hands free."""
        for shelf in (self._idle, self._half):
            with contextlib.suppress(ValueError):
                shelf.remove(worker)
        if worker.hands < HANDS:
            (self._half if worker.hands else self._idle).append(worker)

    def _give_back(self, worker: Worker) -> None:
        worker.hands -= 1
        if not worker.hands:
            self._busy.discard(worker)
        # One that kept half of what it may grow by would make its next page pay for the last ones. Where it has another
        # in hand, what that one needs is in the figure: it is given no more, and looked at again after it.
        fit = worker.fit and worker.kept() <= self._setup.memory_bytes // 2
        if fit and worker in self._crew:
            self._offer(worker)
        elif not (worker.fit and worker.hands):
            self._drop(worker)
        self._close_old()

    def _drop(self, worker: Worker) -> None:
        self._crew.discard(worker)
        if worker in self._half:
            self._half.remove(worker)
        worker.close()
        self._short.set()

    def _on_exit(self, worker: Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            self._drop(worker)

    def _refuse_waiting(self, why: str) -> None:
        while (future := self._waiting.next()) is not None:
            future.set_exception(PoolError(why))

    def _take_over(self, server: ForkServer) -> None:
        while self._idle:
            self._idle.pop().close()
        self._half.clear()
        self._server, self._crew = server, set()
        self._servers.add(server)
        self._short.set()
        self._close_old()

    def _close_old(self) -> None:
        for server in self._servers - {self._server} - {worker.server for worker in self._busy}:
            self._servers.remove(server)
            self._closing = [task for task in self._closing if not task.done()]
            self._closing.append(asyncio.create_task(end(server)))

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
        fresh = not self._server.alive
        if fresh:
            setup, rules = self._setup, self._rules
            server = await start(setup.with_rules(rules.values(), setup.entities))
            if setup is not self._setup:  # a reload was faster
                await end(server)
                return
            self._edits = 0
            self._take_over(server)
        server = self._server
        try:
            worker = await fork(server)
        except PoolError:
            if fresh or server.alive:
                raise
            return  # it ended meanwhile: the next server may well start, and who waits for a reader waits for that
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


def _edited(rules: Mapping[str, Rule], edit: orders.Amendment) -> dict[str, Rule]:
    changed = {**rules, **{rule.id: rule for rule in edit.rules}}
    return {name: rule for name, rule in changed.items() if name not in edit.removed}


async def _awaited(before: Callable[[], Awaitable[None]] | None) -> None:
    if before is not None:
        await before()


def _difference(old: Mapping[str, Rule], new: Sequence[Rule]) -> orders.Amendment:
    """Return the rules that are new or changed, and those that are gone."""
    changed = tuple(rule for rule in new if (had := old.get(rule.id)) is not rule and had != rule)
    return orders.Amendment(changed, tuple(old.keys() - {rule.id for rule in new}))
