"""Names to addresses in threads of their own, so that names that never answer delay nobody else.

The loop's default executor has six threads on two cores: six hung look-ups delayed a good one by 4.9 s. A thread in
getaddrinfo cannot be ended, so these are daemon threads, bounded in number, and one name never holds two of them. A
look-up that takes long gives up its place in the queue, not its thread. A name that failed is not asked again at once.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from monitor.errors import FetchError, Reason

# 100k outlets in 15 minutes are about 110 look-ups a second; at 50 ms each six run at a time.
LOOKUPS = 64
# So many may hang beside them; a hung thread is a stack that is not used.
THREADS = 320
# What has not answered by then hangs, or is in no hurry: the next in line takes its place.
QUICK = 0.25
TIMEOUT = 10.0
# A name that failed is asked again after so many seconds, twice as long each time, up to the last.
PAUSE, LONGEST_PAUSE = 30.0, 480.0
_FAILED_NAMES = 10_000


@dataclass(frozen=True, slots=True)
class _Failed:
    """A name that was not found `times` in a row, and why. Not asked before `until` (monotonic)."""

    why: str
    times: int
    until: float


def system_lookup(host: str) -> list[str]:
    """Ask the system. Blocks. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # A fourth field that is not 0 is an interface; it stays with the address so that the guard sees it.
    texts = [f"{info[4][0]}%{info[4][3]}" if len(info[4]) == 4 and info[4][3] else str(info[4][0]) for info in found]
    return list(dict.fromkeys(texts))


class Resolver:
    """At most `threads` threads, of which `lookups` in their first QUICK seconds; a caller waits `timeout` seconds at
    most, for a thread and an answer together. `clock`: monotonic seconds.
    """

    def __init__(
        self,
        *,
        lookups: int = LOOKUPS,
        threads: int = THREADS,
        timeout: float = TIMEOUT,
        lookup: Callable[[str], list[str]] = system_lookup,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threads = asyncio.Semaphore(threads)
        self._slots = asyncio.Semaphore(lookups)
        self._timeout = timeout
        self._lookup = lookup
        self._clock = clock
        self._running: dict[str, asyncio.Task[list[str]]] = {}
        self._asked: set[str] = set()
        self._failed: OrderedDict[str, _Failed] = OrderedDict()

    async def resolve(self, host: str) -> list[str]:
        """Return a name's addresses, without duplicates, in the system's order. Raises FetchError(DNS)."""
        if _is_address(host):
            return [host]
        failed = self._failed.get(host)
        if failed is not None and (left := failed.until - self._clock()) > 0:
            raise FetchError(Reason.DNS, f"{failed.why}; not asked again for {left:.0f} s")
        task = self._running.get(host)
        if task is None:
            task = asyncio.create_task(self._ask(host))
            self._running[host] = task
            task.add_done_callback(lambda done: self._finished(host, done))
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(task)
        except TimeoutError:
            why = f"{host}: no answer in {self._timeout:g} s"
            # That there was no thread for it says nothing about the name.
            if host in self._asked:
                self._remember(host, why)
            raise FetchError(Reason.DNS, why) from None
        except (OSError, UnicodeError, RuntimeError) as error:  # RuntimeError: the system gives no further thread
            raise FetchError(Reason.DNS, _why(host, error)) from error

    def _finished(self, host: str, task: asyncio.Task[list[str]]) -> None:
        self._running.pop(host, None)
        self._asked.discard(host)
        if task.cancelled():
            return
        error = task.exception()  # Everybody who asked may have left by now.
        if error is None:
            self._failed.pop(host, None)
        else:
            self._remember(host, _why(host, error))

    def _remember(self, host: str, why: str) -> None:
        """Note a failure, once for all who waited for it."""
        now = self._clock()
        known = self._failed.get(host, _Failed(why, 0, 0.0))
        if known.until > now:
            return
        pause = min(PAUSE * 2**known.times, LONGEST_PAUSE)
        # The count needs no more: 2^4 pauses are the longest.
        self._failed[host] = _Failed(why, min(known.times + 1, 10), now + pause)
        self._failed.move_to_end(host)
        if len(self._failed) > _FAILED_NAMES:
            self._failed.popitem(last=False)

    async def _ask(self, host: str) -> list[str]:
        async with self._threads:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[list[str]] = loop.create_future()
            async with self._slots:
                self._asked.add(host)
                threading.Thread(target=self._run, args=(host, loop, answer), name="resolver", daemon=True).start()
                await asyncio.wait([answer], timeout=QUICK)
            return await answer

    def _run(self, host: str, loop: asyncio.AbstractEventLoop, answer: asyncio.Future[list[str]]) -> None:
        try:
            found = self._lookup(host)
        except (OSError, UnicodeError) as error:
            _tell(loop, answer, error)
        else:
            _tell(loop, answer, found)

    async def aclose(self) -> None:
        """Leave what still runs; its threads end with the process."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell(
    loop: asyncio.AbstractEventLoop, answer: asyncio.Future[list[str]], outcome: list[str] | OSError | UnicodeError
) -> None:
    def put() -> None:
        if answer.done():
            return
        if isinstance(outcome, list):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)

    try:
        loop.call_soon_threadsafe(put)
    except RuntimeError:
        return  # The loop was closed while the name server was silent.


def _why(host: str, error: BaseException) -> str:
    return f"{host}: {getattr(error, 'strerror', None) or error}"


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
