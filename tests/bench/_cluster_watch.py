"""`python -m tests.bench._cluster_watch FIGURES COMMAND…`: monitor's own command, looked at from inside.

Writes a line of JSON a second into FIGURES: by how many microseconds polls began late, how polls, readings and messages
ended, what the keeper took in, how long its ticks took, by how much the loop was late.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO

from monitor.cluster import Offers, Worker
from monitor.keeper import Keeper
from monitor.pipeline import Pipeline

TICK = 0.05


class Watch:
    """What was seen since the last line."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._parent = file, os.getppid()
        self.loop: asyncio.AbstractEventLoop | None = None
        self._fresh()

    def _fresh(self) -> None:
        self.starts: list[int] = []
        self.late: list[int] = []
        self.counts: Counter[str] = Counter()
        self.ticks: dict[str, list[int]] = {}

    def run(self) -> None:
        """Write a line a second; a thread of its own, so that a loop that is held up is seen to be so."""
        told = time.monotonic()
        while True:
            time.sleep(TICK)
            if self.loop is not None and not self.loop.is_closed():
                asked = time.monotonic()
                # It ends with the loop, and nobody is left to be told.
                try:
                    self.loop.call_soon_threadsafe(
                        lambda at=asked: self.late.append(round((time.monotonic() - at) * 1e6))
                    )
                except RuntimeError:
                    self.loop = None
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                self._tell()
                if os.getppid() != self._parent:
                    # Who started us was killed, and nobody else would end us.
                    os.kill(os.getpid(), signal.SIGTERM)

    def _tell(self) -> None:
        said: dict[str, Any] = {"at": time.time(), "starts": self.starts, "late": self.late, "ticks": self.ticks}
        self._file.write(json.dumps(said | {"counts": self.counts}) + "\n")
        self._file.flush()
        self._fresh()

    def timed(self, kind: type, name: str) -> None:
        """Note how long each call of a method takes, and what it returns."""
        before: Callable[..., Awaitable[Any]] = getattr(kind, name)

        async def call(one: Any, *words: Any, **options: Any) -> Any:
            self.loop = asyncio.get_running_loop()
            began = time.monotonic()
            done = await before(one, *words, **options)
            self.ticks.setdefault(name, []).append(round((time.monotonic() - began) * 1e6))
            count = done if isinstance(done, int) else len(done) if isinstance(done, list) else 0
            self.counts[name] += count
            return done

        setattr(kind, name, call)


def install(watch: Watch) -> None:
    """Put the watch around the verbs and the ticks."""
    poll, read, deliver = Pipeline.poll, Pipeline.read, Pipeline.deliver

    async def polled(self: Pipeline, source: Any) -> Any:
        watch.loop = asyncio.get_running_loop()
        watch.starts.append(round((self.clock.now() - source.due_at).total_seconds() * 1e6))
        done = await poll(self, source)
        watch.counts[f"poll {done.reason.value if done.reason else ''}".strip()] += 1
        return done

    async def done(self: Pipeline, link: Any) -> Any:
        result = await read(self, link)
        watch.counts[f"read {result.text.value if result.text else 'none'}"] += 1
        return result

    async def delivered(self: Pipeline, row: Any) -> Any:
        sent = await deliver(self, row)
        watch.counts["sent" if sent is not None and sent.sent else "unsent"] += 1
        return sent

    Pipeline.poll, Pipeline.read, Pipeline.deliver = polled, done, delivered  # type: ignore[method-assign]
    for name in ("lease_polls", "lease_reads", "lease_sends"):
        watch.timed(Offers, name)
    for name in ("take_in", "take_reports", "look_again"):
        watch.timed(Keeper, name)
    watch.timed(Worker, "_say")


def main() -> None:
    figures, *words = sys.argv[1:]
    with Path(figures).open("w") as file:
        watch = Watch(file)
        install(watch)
        threading.Thread(target=watch.run, daemon=True).start()
        sys.argv = ["monitor", *words]
        from monitor.__main__ import main as command

        command()


if __name__ == "__main__":
    main()
