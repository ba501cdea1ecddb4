"""`python -m tests.bench._service_watch FIGURES TRUST COMMAND…`: monitor's own command, looked at from inside.

Writes a line of JSON a second into FIGURES: what the loop was late by, how late each poll began after it was due, what is in
hand and waits, what became of the readers. TRUST: the authority to trust, "" for none; then names below NAMES lead to loopback.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import ssl
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TextIO

import httpx

from monitor import daemon, works
from monitor.fetch.resolver import Resolver
from monitor.pipeline import Pipeline
from tests.bench._service_places import NAMES

TICK = 0.01


class Watch:
    """What was seen since the last line, and who has it in hand."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.loop: list[int] = []
        self.starts: list[int] = []
        self.polled: Counter[str] = Counter()
        self.read: Counter[str] = Counter()
        self.works: works.Works | None = None
        self.line: Any = None

    async def tick(self) -> None:
        """Note by how many microseconds each turn of the loop is late; write a line a second."""
        told, parent = time.monotonic(), os.getppid()
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            self.loop.append(round((time.perf_counter() - began - TICK) * 1e6))
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                self.tell()
                if os.getppid() != parent:
                    # Who started us was killed, and nobody else would end us.
                    os.kill(os.getpid(), signal.SIGTERM)

    def tell(self) -> None:
        said: dict[str, Any] = {"at": time.time(), "loop": self.loop, "starts": self.starts}
        said |= {"polled": self.polled, "read": self.read, "readers": self.line.pipeline.readers.stats()}
        # The queue of the writer, within the floor that hears of full disks.
        said["queued"] = self.line.ledger._ledger._jobs.qsize()
        said["stories"] = len(self.line.keeper.clusters.groups.members)
        said["frozen"] = gc.get_freeze_count()
        if self.works is not None:
            said["polls"], said["reads"] = len(self.works.polls.keys), len(self.works.reads.keys)
        self._file.write(json.dumps(said) + "\n")
        self._file.flush()
        self.loop, self.starts, self.polled, self.read = [], [], Counter(), Counter()


def install(watch: Watch) -> None:
    """Put the watch beside the daemon's line and around its verbs."""
    opened, poll, read, start = daemon.line, Pipeline.poll, Pipeline.read, works.Works.__init__

    @asynccontextmanager
    async def line(*words: Any, **options: Any) -> AsyncIterator[Any]:
        async with opened(*words, **options) as work:
            watch.line = work
            clock = asyncio.create_task(watch.tick())
            try:
                yield work
            finally:
                clock.cancel()
                watch.tell()

    async def polled(self: Pipeline, source: Any) -> Any:
        watch.starts.append(round((self.clock.now() - source.due_at).total_seconds() * 1e6))
        done = await poll(self, source)
        watch.polled[done.reason.value if done.reason else ""] += 1
        return done

    async def done(self: Pipeline, link: Any) -> Any:
        result = await read(self, link)
        kind = result.text.value if result.text else "none"
        watch.read[f"{kind} {result.reason.value if result.reason else ''}".strip()] += 1
        return result

    def made(self: works.Works, *words: Any, **options: Any) -> None:
        start(self, *words, **options)
        watch.works = self

    daemon.line = line  # type: ignore[assignment]
    Pipeline.poll, Pipeline.read = polled, done  # type: ignore[method-assign]
    works.Works.__init__ = made  # type: ignore[method-assign]


def lead(trust: str) -> None:
    """Trust one authority alone, and lead the names of the benchmark to loopback."""
    asked = Resolver.resolve

    async def resolve(self: Resolver, host: str) -> list[str]:
        return ["127.0.0.1"] if host.endswith(NAMES) else await asked(self, host)

    httpx.create_ssl_context = lambda **_: ssl.create_default_context(cafile=trust)  # type: ignore[assignment]
    Resolver.resolve = resolve  # type: ignore[method-assign]


def main() -> None:
    figures, trust, *words = sys.argv[1:]
    if trust:
        lead(trust)
    with Path(figures).open("w") as file:
        install(Watch(file))
        sys.argv = ["monitor", *words]
        from monitor.__main__ import main as command

        command()


if __name__ == "__main__":
    main()
