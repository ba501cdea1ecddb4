"""`python -m tests.hostile.watch FIGURES TRUST COMMAND…`: monitor's own command, with a clock beside it on its loop.

Writes into FIGURES what the loop was late by and how much memory the daemon came to hold beyond what it held when all of
it was open. TRUST: certificates of the authority to trust, "" for none.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from monitor import daemon
from monitor.zygote import memory

TICK = 0.005


def peak() -> int:
    """Return the highest resident size since it was last reset, in bytes."""
    (line,) = [row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


async def _tick(late: list[float], held: list[float]) -> None:
    """Note at each turn by how many seconds it is late, and how many of this thread's CPU seconds lay between."""
    while True:
        began, cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(TICK)
        late.append(time.perf_counter() - began - TICK)
        held.append(time.thread_time() - cpu)


def watched(line: Any, figures: Path) -> Any:
    """Return `wiring.line` with a clock beside it for as long as it is open."""

    @asynccontextmanager
    async def opened(*words: Any, **options: Any) -> AsyncIterator[Any]:
        async with line(*words, **options) as work:
            late: list[float] = []
            held: list[float] = []
            Path("/proc/self/clear_refs").write_text("5")
            began, before = time.time(), memory(os.getpid())[1]
            clock = asyncio.create_task(_tick(late, held))
            try:
                yield work
            finally:
                clock.cancel()
                said = {
                    "began": began, "seconds": time.time() - began, "before": before, "grown": peak() - before,
                    "late": _shares(late), "held": _shares(held), "readers": work.pipeline.readers.stats(),
                }  # fmt: skip
                figures.write_text(json.dumps(said))

    return opened


def _shares(values: list[float]) -> list[float]:
    """Return the median, the 99th of a hundred, and the most."""
    ranked = sorted(values) or [0.0]
    return [ranked[len(ranked) // 2], ranked[len(ranked) * 99 // 100], ranked[-1]]


def main() -> None:
    figures, trust, *words = sys.argv[1:]
    if trust:
        httpx.create_ssl_context = lambda **_: ssl.create_default_context(cafile=trust)  # type: ignore[assignment]
    daemon.line = watched(daemon.line, Path(figures))
    sys.argv = ["monitor", *words]
    from monitor.__main__ import main as command

    command()


if __name__ == "__main__":
    main()
