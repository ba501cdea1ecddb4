"""Sets a bomb off in a real reader and measures it from outside: the answer, its time, the reader's growth."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.model import Failure, Link, Outlet, Page, Reading
from monitor.pool import Pool
from monitor.views import DueSource
from monitor.zygote import memory
from tests.bombs import Bomb

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://a.example/story"
LINK = Link("a", "https://a.example/feed", URL, title="Quay")
SOURCE = DueSource(1, "a", "https://a.example/feed", "feed", NOW)


@dataclass(frozen=True)
class Blast:
    """What a bomb did. `grown`: bytes above what the reader held before, at the most; `cpu`: seconds of the reader's own,
    0 where it ended.
    """

    answer: Any
    seconds: float
    grown: int
    cpu: float = 0.0

    @property
    def told(self) -> str:
        """The answer in a few words; of an article made from its feed entry why its page was not read."""
        answer = self.answer
        if isinstance(answer, Reading) and answer.article.reason:
            return f"{answer.article.reason.value}: {answer.article.detail[:60]}"
        if isinstance(answer, Failure):
            return f"{answer.reason.value}: {answer.detail[:60]}"
        return type(answer).__name__


def page(bomb: Bomb, body: bytes) -> Page:
    """Return the answer of a server that sends it."""
    return Page(URL, URL, 200, {"content-type": bomb.kind, **bomb.headers}, body, NOW)


async def ask(pool: Pool, bomb: Bomb, body: bytes) -> Any:
    """Have a body read through the door it is for."""
    match bomb.door:
        case "links":
            return await pool.links(page(bomb, body), SOURCE)
        case "robots":
            return await pool.robots(body, bomb.urls, "monitor")
        case _:
            return await pool.article(page(bomb, body), LINK, Outlet("a", language="en", selectors=bomb.selectors))


async def blast(pool: Pool, bomb: Bomb) -> Blast:
    """Set one off; the pool has one reader, which may be another after it."""
    body = bomb.make()
    while not pool._idle:
        await asyncio.sleep(0.002)
    pid = pool._idle[0].pid
    before, highest = memory(pid)[1], 0
    busy = _cpu(pid)
    # From here on VmHWM is the most this reader holds during the job.
    Path(f"/proc/{pid}/clear_refs").write_text("5")

    async def watch() -> None:
        nonlocal highest
        while True:
            highest = max(highest, _peak(pid))
            await asyncio.sleep(0.005)

    watcher = asyncio.create_task(watch())
    started = time.perf_counter()
    answer = await ask(pool, bomb, body)
    seconds = time.perf_counter() - started
    watcher.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watcher
    return Blast(answer, seconds, max(0, max(highest, _peak(pid)) - before), max(0.0, _cpu(pid) - busy))


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, ValueError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak(pid: int) -> int:
    try:
        rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (OSError, ValueError):
        return 0
    return next((int(row.split()[1]) << 10 for row in rows if row.startswith("VmHWM")), 0)
