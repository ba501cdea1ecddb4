"""The queue alone: jobs a second with hands that do nothing, and offers a second.

`python -m tests.bench._cluster_queue ADDRESS NAME SLOTS` is a worker: it does jobs until its stdin is closed, then prints
when it did the first (Unix time), how many it did, and its CPU seconds.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence

from monitor.queue.jobs import Jobs, Kind
from monitor.store.postgres import PostgresStore
from tests.bench._cluster_gauges import postmaster, tree
from tests.bench._service_report import line
from tests.bench._service_run import ROOT
from tests.postgres import Server
from tests.queue.place import waiting

AT_ONCE, SLOTS = 1_000, 400
WORKERS = (1, 2, 4)


def queue(server: Server, count: int, workers: Sequence[int]) -> None:
    """Measure and print."""
    print(f"queue: {count:,} jobs, hands that do nothing, {SLOTS} slots a worker", flush=True)
    for number in workers:
        asyncio.run(_measure(server, count, number, first=number == workers[0]))


async def _measure(server: Server, count: int, workers: int, *, first: bool) -> None:
    address = server.database()
    PostgresStore.open(address).close()
    jobs = Jobs(address, "bench")
    await jobs.install()
    hosts = [f"127.1.{number // 250}.{number % 250}:8080" for number in range(count)]
    if first:
        await _offers(jobs, hosts)
    else:
        await jobs.offer(Kind.HOST, hosts)
    before = tree(postmaster(server))
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench._cluster_queue", address, f"w{number}", str(SLOTS)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(workers)
    ]  # fmt: skip
    while any((await waiting(jobs)).values()):
        await asyncio.sleep(0.05)
    over = time.time()
    spent = tree(postmaster(server)) - before
    # Together, or whoever is ended first would not be there for what the others leave.
    said = [process.communicate()[0].split() for process in started]
    found = [tuple(map(float, words)) for words in said if float(words[1])]
    # Until the last is struck out.
    took = over - min(one[0] for one in found)
    cpu = sum(one[2] for one in found)
    line(
        f"{workers} workers",
        f"{count / took:,.0f} jobs/s; a job: {cpu / count * 1e3:.2f} ms of a worker's CPU, "
        f"{spent / count * 1e3:.2f} ms of PostgreSQL's; each did {', '.join(f'{one[1]:,.0f}' for one in found)}",
    )
    await jobs.aclose()


async def _offers(jobs: Jobs, hosts: Sequence[str]) -> None:
    for name in ("new", "known"):
        began, cpu = time.monotonic(), time.process_time()
        new = 0
        for start in range(0, len(hosts), AT_ONCE):
            new += await jobs.offer(Kind.HOST, hosts[start : start + AT_ONCE])
        took, spent = time.monotonic() - began, time.process_time() - cpu
        line(
            f"offers, {name}",
            f"{len(hosts) / took:,.0f} a second, {AT_ONCE:,} at once, {spent / len(hosts) * 1e6:.0f} us of CPU each; "
            f"{new:,} queued",
        )


async def _work(address: str, name: str, slots: int) -> None:
    done, began = 0, 0.0
    stop = asyncio.Event()

    async def hand(_key: str) -> None:
        nonlocal done, began
        done += 1
        began = began or time.time()

    async def ended() -> None:
        await asyncio.to_thread(sys.stdin.read)
        stop.set()

    waits = asyncio.create_task(ended())
    cpu = time.process_time()
    await Jobs(address, name).work({Kind.HOST: hand}, {Kind.HOST: slots}, stop)
    await waits
    print(began, done, time.process_time() - cpu)


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
