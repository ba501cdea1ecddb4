"""Every bomb of tests/bombs.py through a real reader: seconds, megabytes, what was answered, and a verdict.

The bounds are those of the reader under fire: 2 s, and 128 MB above what it held, measured from outside. On a busy
machine the reader's own seconds (CPU) say what an idle one would take.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from monitor.pool import Pool
from tests import bombs
from tests.blast import Blast, blast

SECONDS, BYTES = 2.0, 128 << 20


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="", help="set off those alone whose name holds this")
    parser.add_argument("--bad", action="store_true", help="show those alone that are over a bound")


def main(data: Path, options: argparse.Namespace) -> None:
    """Set all off; `data` is not needed."""
    del data
    asyncio.run(_run([bomb for bomb in bombs.ALL if options.only in bomb.name], bad_only=options.bad))


async def _run(chosen: list[bombs.Bomb], *, bad_only: bool) -> None:
    rules, entities = bombs.rules()
    pool = await Pool.start(rules, entities, size=1)
    done: list[tuple[bombs.Bomb, Blast]] = []
    try:
        for bomb in chosen:
            result = await blast(pool, bomb)
            done.append((bomb, result))
            bad = not within(result)
            if bad or not bad_only:
                mark = "BAD " if bad else ""
                print(
                    f"{result.seconds:6.3f} s {result.cpu:5.2f} CPU {result.grown / 2**20:6.1f} MB  {mark}{bomb.name}: {result.told}",
                    flush=True,
                )
    finally:
        await pool.aclose()
    slowest = max(done, key=lambda one: one[1].cpu or one[1].seconds)
    largest = max(done, key=lambda one: one[1].grown)
    bad = sum(not within(result) for _, result in done)
    ended = sum(result.told.startswith("over_memory") for _, result in done)
    print(
        f"{len(done)} bombs, {bad} over {SECONDS:g} s or {BYTES >> 20} MB or without an answer; {ended} out of memory"
    )
    print(
        f"slowest {slowest[1].seconds:.2f} s ({slowest[0].name}); largest {largest[1].grown / 2**20:.1f} MB ({largest[0].name})"
    )


def within(result: Blast) -> bool:
    """Say whether it was answered by name in time and within memory. One that runs into the wall of its memory is.

    The reader's own seconds count where it lived to tell them.
    """
    ended = result.told.startswith(("over_time", "crashed", "bad_reply", "no_reader"))
    return (result.cpu or result.seconds) < SECONDS and result.grown < BYTES and not ended
