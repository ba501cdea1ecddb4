"""The one writer: a thread with a store of its own that commits what is queued in groups.

A commit takes the writer 0.7 ms, of which full text has most: it writes what came since the last one into a tree of its
own. So what has time waits for company; what only reads waits for no commit.

Where the store's server is away, a group is done again until it answers: a restart of it takes seconds, and all that
was leased would else stay with who leased it until its lease ends. A group whose COMMIT had no answer is not
(UnsureError): it may have been committed, and twice it would count an attempt or a report twice, and not find again the
messages that it took. Who handed it in does as ever where a write failed: looks anew at what is stored.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from monitor.errors import AwayError, CollisionError, StoreError
from monitor.ports import Store

T = TypeVar("T")
log = logging.getLogger("monitor")

# Works a commit: 20 of them made writing through to the disk free (2.5 times the rate of one each).
GROUP = 64
# Seconds that work which has time waits for more: at 120 articles a second twelve share a commit. With six, as in half
# the time, a commit takes 0.12 ms an article more, and full text must put twice as many trees together.
PATIENCE = 0.1
# Seconds for which a server may be away before what was handed in fails, and once the process ends; and between two
# attempts. A restart takes one to ten; after much more the turns of hosts (75) run out while their visits' writes wait.
ENDURED, ENDURED_AT_END, PAUSE = 20.0, 4.0, 0.5


class _Job(NamedTuple):
    work: Callable[[Store], Any]
    future: Future[Any]
    patient: bool = False
    reads: bool = False


@dataclass(slots=True)
class _Done:
    """What came of each. `away`: nothing was committed, as the server is away."""

    values: dict[Future[Any], Any] = field(default_factory=dict)
    errors: dict[Future[Any], BaseException] = field(default_factory=dict)
    away: AwayError | None = None


class StoreLedger:
    """The Ledger port over any Store. `open_store` is called in the writer's thread; what it raises, so does this.
    `monotonic`: by which patient work waits; without it none does.
    """

    def __init__(self, open_store: Callable[[], Store], monotonic: Callable[[], float] | None = None) -> None:
        self._monotonic = monotonic
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        # By time.monotonic: since when the server is away, until when it may be.
        self._gone: float | None = None
        self._until = math.inf
        opened: Future[None] = Future()
        # A daemon thread: a program that dies without `close` is not kept alive, and a cut commit is undone.
        self._thread = threading.Thread(target=self._run, args=(open_store, opened), name="ledger", daemon=True)
        self._thread.start()
        opened.result()

    def submit(self, work: Callable[[Store], T], *, patient: bool = False) -> Future[T]:
        """Queue `work`; see the port. Raises StoreError after `close`."""
        return self._put(_Job(work, Future(), patient=patient))

    def look(self, work: Callable[[Store], T]) -> Future[T]:
        """Queue `work` that only reads; see the port. Raises StoreError after `close`."""
        return self._put(_Job(work, Future(), reads=True))

    def _put(self, job: _Job) -> Future[Any]:
        with self._gate:
            if self._closed:
                raise StoreError("the ledger is closed")
            self._jobs.put(job)
        return job.future

    def waiting(self) -> int:
        """Return how many are queued; those of the commit under way are not."""
        return self._jobs.qsize()

    def hasten(self) -> None:
        """Wait no more than a few seconds for a database that is away; see the port."""
        self._until = min(self._until, time.monotonic() + ENDURED_AT_END)

    def close(self) -> None:
        """Finish what was queued, then close the store; twice is once."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self.hasten()
                self._jobs.put(None)
        self._thread.join()

    def _run(self, open_store: Callable[[], Store], opened: Future[None]) -> None:
        try:
            store = open_store()
        except BaseException as error:  # noqa: BLE001 - the constructor raises it
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            while group := self._next_group(store):
                self._commit(store, group)
        finally:
            store.close()

    def _next_group(self, store: Store) -> list[_Job]:
        """Wait for work; return all that is queued up to GROUP, nothing at the end. Do meanwhile what only reads."""
        group: list[_Job] = []
        ends = 0.0
        try:
            job = self._jobs.get()
            while job is not None:
                if job.reads:
                    self._answer(store, job)
                else:
                    if not group and self._monotonic:
                        ends = self._monotonic() + PATIENCE
                    group.append(job)
                if len(group) == GROUP:
                    return group
                job = self._further(group, ends)
            if group:
                # The end was met behind this group: meet it again.
                self._jobs.put(None)
        except queue.Empty:
            pass
        return group

    def _further(self, group: list[_Job], ends: float) -> _Job | None:
        """Return what is queued next. Raises queue.Empty where a group waits for no more."""
        if not group:
            return self._jobs.get()
        if self._monotonic is None or not all(job.patient for job in group):
            return self._jobs.get_nowait()
        return self._jobs.get(timeout=max(ends - self._monotonic(), 0.0))

    def _answer(self, store: Store, job: _Job) -> None:
        """Read, with no transaction open."""
        if job.future.set_running_or_notify_cancel():
            _tell([job], self._endured(lambda: _alone(store, job)))

    def _commit(self, store: Store, group: list[_Job]) -> None:
        """Run a group in one transaction, a savepoint each; its futures are done after the commit."""
        group = [job for job in group if job.future.set_running_or_notify_cancel()]
        if not group:
            return
        done = self._endured(lambda: _together(store, group))
        if any(isinstance(error, CollisionError) for error in done.errors.values()):
            # Another machine's group had the same rows in another order. One by one they are in nobody's way for long.
            done = _Done()
            for job in group:
                one = self._endured(lambda job=job: _together(store, [job]))  # type: ignore[misc]
                done.values |= one.values
                done.errors |= one.errors
        _tell(group, done)

    def _endured(self, attempt: Callable[[], _Done]) -> _Done:
        """Do it until the server answers, or has been away for too long."""
        while (done := attempt()).away is not None:
            now = time.monotonic()
            if self._gone is None:
                self._gone = now
                log.warning("what is to be stored waits: %s", done.away)
            if now + PAUSE > min(self._gone + ENDURED, self._until):
                return done
            time.sleep(PAUSE)
        self._gone = None
        return done


def _tell(group: list[_Job], done: _Done) -> None:
    for future in (job.future for job in group):
        if future in done.errors:
            future.set_exception(done.errors[future])
        else:
            future.set_result(done.values[future])


def _alone(store: Store, job: _Job) -> _Done:
    try:
        return _Done({job.future: job.work(store)})
    except BaseException as error:  # noqa: BLE001 - it is the future's
        return _Done({}, {job.future: error}, error if isinstance(error, AwayError) else None)


def _together(store: Store, group: list[_Job]) -> _Done:
    """Return what came of each, all in one transaction."""
    done = _Done()
    try:
        with store.transaction():
            for job in group:
                try:
                    with store.transaction():
                        done.values[job.future] = job.work(store)
                except BaseException as error:
                    done.errors[job.future] = error
                    if isinstance(error, AwayError):
                        # The others would only hear that their transaction is gone.
                        raise
    except AwayError as error:
        return _Done({}, {job.future: error for job in group}, error)
    except Exception as error:  # noqa: BLE001 - nothing reached the disk; the writer goes on with the next group
        done.errors = {job.future: done.errors.get(job.future, error) for job in group}
    return done
