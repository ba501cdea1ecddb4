"""Names to addresses in threads of their own, so that names that never answer delay nobody else.

The loop's default executor has six threads on two cores: six hung look-ups delayed a good one by 4.9 s. A thread in
getaddrinfo cannot be ended, so these are daemon threads, bounded in number, and one name never holds two of them.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

from monitor.errors import FetchError, Reason

# 100k outlets in 15 minutes are about 110 look-ups a second; at 50 ms each six run at a time.
LOOKUPS = 64
TIMEOUT = 10.0


def system_lookup(host: str) -> list[str]:
    """Ask the system. Blocks. Raises OSError or UnicodeError."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    # A fourth field that is not 0 is an interface; it stays with the address so that the guard sees it.
    texts = [f"{info[4][0]}%{info[4][3]}" if len(info[4]) == 4 and info[4][3] else str(info[4][0]) for info in found]
    return list(dict.fromkeys(texts))


class Resolver:
    """At most `lookups` threads; a caller waits `timeout` seconds at most, for a thread and an answer together."""

    def __init__(
        self, *, lookups: int = LOOKUPS, timeout: float = TIMEOUT, lookup: Callable[[str], list[str]] = system_lookup
    ) -> None:
        self._slots = asyncio.Semaphore(lookups)
        self._timeout = timeout
        self._lookup = lookup
        self._running: dict[str, asyncio.Task[list[str]]] = {}

    async def resolve(self, host: str) -> list[str]:
        """Return a name's addresses, without duplicates, in the system's order. Raises FetchError(DNS)."""
        if _is_address(host):
            return [host]
        task = self._running.get(host)
        if task is None:
            task = asyncio.create_task(self._ask(host))
            self._running[host] = task
            task.add_done_callback(lambda done: self._finished(host, done))
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.shield(task)
        except TimeoutError:
            raise FetchError(Reason.DNS, f"{host}: no answer in {self._timeout:g} s") from None
        except (OSError, UnicodeError) as error:
            raise FetchError(Reason.DNS, f"{host}: {getattr(error, 'strerror', None) or error}") from error

    def _finished(self, host: str, task: asyncio.Task[list[str]]) -> None:
        self._running.pop(host, None)
        if not task.cancelled():
            task.exception()  # Everybody who asked may have left by now.

    async def _ask(self, host: str) -> list[str]:
        async with self._slots:
            loop = asyncio.get_running_loop()
            answer: asyncio.Future[list[str]] = loop.create_future()
            threading.Thread(target=self._run, args=(host, loop, answer), name="resolver", daemon=True).start()
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


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
