"""Several processes on one PostgreSQL: the queue alone, rates by the number of workers, many outlets, and what a unit takes.

    --part queue   jobs a second with 1, 2, 4 workers whose hands do nothing, and offers a second  (--workers, --jobs)
    --part rates   more is due than can be done: polls, articles and deliveries a second of the daemon with its file, then of
                   a keeper with 0, 1, 2, 4 workers beside it                                     (--workers, --seconds)
    --part keeper  articles a second that one keeper takes in of what workers handed over           (--jobs / 10)
    --part many    --outlets every --every seconds with --workers workers beside the keeper: who is late, what it takes;
                   several --every are runs of their own, to find where lags grow                  (--minutes)
    --part costs   three steady runs (few articles, many, many with hits): what a poll, an article and a delivery take

The server is a PostgreSQL of the benchmark's own, which writes through to the disk. Outlets are those of service.py, none of
them hostile. `--statements` says which statements took most. All share the cores of one machine: rates say what a core
carries, not what several machines do.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.bench import _cluster_report as report
from tests.bench._cluster_gauges import settle, statements
from tests.bench._cluster_keeper import keeper
from tests.bench._cluster_queue import WORKERS, queue
from tests.bench._cluster_run import Plan, Seen, run
from tests.bench._service_report import line
from tests.postgres import Server

# Of rates: so many outlets so often are more than two cores can ask.
PRESSED_OUTLETS, PRESSED_EVERY = 2_000, 5.0
STEADY_OUTLETS, STEADY_EVERY = 1_000, 40.0


def add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--part", default="queue,rates,keeper,many,costs", help="with commas")
    add(
        "--workers",
        default="",
        help="how many beside the keeper, with commas; queue 1,2,4, rates 0,1,2,4, many 1, costs 1",
    )
    add("--outlets", type=int, help="how many; many 50,000")
    add("--every", default="", help="seconds between two polls of one, with commas; many 900")
    add("--minutes", type=float, default=5.0, help="of many: how long")
    add("--seconds", type=float, default=60.0, help="of rates and costs: how long")
    add("--jobs", type=int, default=20_000, help="of the queue")
    add("--rules", type=int, default=1_000, help="how many sparse rules")
    add("--share", type=float, default=0.5, help="of polls that find a new article")
    add("--hits", type=float, default=0.1, help="share of articles with the planted phrase")
    add("--latency", type=float, default=0.3, help="seconds before each answer")
    add("--gap", type=float, default=0.5, help="politeness.gap")
    add("--statements", action="store_true", help="say which statements took most")
    add("--folder", type=Path, help="where files stand meanwhile; a temporary folder without it")


def main(data: Path, options: argparse.Namespace) -> None:
    # So that what was started is ended: by default a signal ends this process at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    load = os.getloadavg()
    print(f"PostgreSQL and all else on {os.cpu_count()} cores; load before: {load[0]:.2f}, {load[1]:.2f}", flush=True)
    plan = Plan(
        data=data.resolve(), outlets=0, every=0.0, seconds=options.seconds, rules=options.rules, share=options.share,
        hits=options.hits, latency=options.latency, gap=options.gap, hostile=False,
    )  # fmt: skip
    server = Server(durable=True)
    settings = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
    if options.statements:
        settings |= {
            "shared_preload_libraries": "'pg_stat_statements'",
            "log_lock_waits": "on",
            "deadlock_timeout": "200ms",
        }
    settle(server, **settings)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        for part in options.part.split(","):
            if part == "queue":
                queue(server, options.jobs, [int(one) for one in _numbers(options.workers, [*WORKERS])])
            elif part == "keeper":
                keeper(plan, server, options.jobs // 10)
            else:
                {"rates": _rates, "many": _many, "costs": _costs}[part](plan, Path(folder), server, options)
    server.remove()


def _numbers(said: str, otherwise: list[float]) -> list[float]:
    return [float(one) for one in said.split(",") if one] or otherwise


def _run(plan: Plan, folder: Path, workers: int, server: Server | None, options: argparse.Namespace) -> Seen:
    seen = run(plan, Path(tempfile.mkdtemp(dir=folder)), workers, server)
    if options.statements and server is not None:
        for calls, ms, rows, wal, text in statements(seen.address):
            line(
                f"  {ms / 1e3:7.2f} s {calls:8,} calls",
                f"{ms / calls:7.3f} ms, {rows:,} rows, {wal / 1e6:.1f} MB WAL: {text}",
            )
    return seen


def _rates(plan: Plan, folder: Path, server: Server, options: argparse.Namespace) -> None:
    every = _numbers(options.every, [PRESSED_EVERY])[0]
    plan = replace(plan, outlets=options.outlets or PRESSED_OUTLETS, every=every)
    print(
        f"rates: {plan.outlets:,} outlets every {plan.every:g} s, {plan.rules:,} rules, {plan.seconds:g} s each",
        flush=True,
    )
    if not options.workers:
        seen = _run(plan, folder, 0, None, options)
        report.rate("a file, no workers", seen)
        report.faults(seen)
    for number in map(int, _numbers(options.workers, [0, 1, 2, 4])):
        seen = _run(plan, folder, number, server, options)
        report.rate(f"keeper and {number} workers", seen)
        if options.statements:
            report.lags(seen)
            print((server.folder / "log").read_text()[-3_000:])
        report.faults(seen)


def _many(plan: Plan, folder: Path, server: Server, options: argparse.Namespace) -> None:
    workers = int(_numbers(options.workers, [1])[0])
    for every in _numbers(options.every, [900.0]):
        one = replace(plan, outlets=options.outlets or 50_000, every=every, seconds=options.minutes * 60.0, gap=2.0)
        print(
            f"many: {one.outlets:,} outlets every {every:g} s ({one.outlets / every:.0f} polls/s), keeper and {workers} workers, "
            f"{one.share:.0%} of polls bring an article, {one.seconds:.0f} s", flush=True
        )  # fmt: skip
        seen = _run(one, folder, workers, server, options)
        for name, (wall, cpu) in seen.steps.took.items():
            line(name, f"{wall:.1f} s ({cpu:.1f} of CPU)")
        report.rate("rates", seen)
        report.lags(seen)
        report.database(seen)
        report.memory(seen)
        report.faults(seen)


def _costs(plan: Plan, folder: Path, server: Server, options: argparse.Namespace) -> None:
    workers = int(_numbers(options.workers, [1])[0])
    every = _numbers(options.every, [STEADY_EVERY])[0]
    plan = replace(plan, outlets=options.outlets or STEADY_OUTLETS, every=every)
    print(
        f"costs: {plan.outlets:,} outlets every {plan.every:g} s, keeper and {workers} workers, {plan.seconds:g} s each",
        flush=True,
    )
    runs = [
        _run(replace(plan, share=part, hits=hits), folder, workers, server, options)
        for part, hits in ((0.02, 0.0), (0.6, 0.0), (0.6, 0.5))
    ]
    for seen in runs:
        report.rate("a run", seen)
        report.faults(seen)
    report.costs(runs)
