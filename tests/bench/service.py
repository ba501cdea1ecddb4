"""The daemon in service: `monitor run` on N loopback outlets, with a steady rate of new articles, one outlet in a hundred
hostile, and a thousand rules; the issue's limits beside what was measured.

    --part run     polls, lags, CPU, memory of the daemon and its readers     (--outlets, --every, --minutes, --tls, --soak)
    --part rates   articles a second from bytes, and with fetching, beside a plain script of feedparser, httpx, trafilatura,
                   re and SQLite

The database is prepared as a day of watching leaves it (_service_room.py), polls spread over the interval. Each outlet is a
host of its own (_service_street.py) with a robots.txt; hosts are left alone for --gap seconds between two visits. Figures of
CPU are steady, those of the wall clock need an idle machine of two cores. `--soak`: ten times as often, an hour.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.bench._service_rates import rates
from tests.bench._service_report import report, report_soak
from tests.bench._service_run import Plan, run

NORMAL_EVERY = 900.0
# Of a soak: fewer outlets, as many polls and articles as ten thousand have.
SOAK_OUTLETS, SOAK_FACTOR, SOAK_MINUTES = 1_000, 10.0, 60.0


def add_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--part", default="run,rates", help="run, rates or both; a soak is a run")
    add("--outlets", type=int, help=f"how many; 10,000, of a soak {SOAK_OUTLETS:,}")
    add(
        "--every", type=float, help="seconds between two polls of one; 900, of a soak 90, or less for more days an hour"
    )
    add("--minutes", type=float, help="how long; 15, of a soak 60")
    add("--rules", type=int, default=1_000, help="how many sparse rules")
    add("--share", type=float, default=0.5, help="of polls that find a new article")
    add("--hits", type=float, help="share of articles with the planted phrase; .1, of a soak .002")
    add("--latency", type=float, default=0.3, help="seconds before each answer")
    add("--gap", type=float, default=2.0, help="politeness.gap")
    add("--tls", action="store_true", help="outlets speak TLS, and have names in place of addresses")
    add("--kind", action="store_true", help="no hostile outlets")
    add("--soak", action="store_true", help="the slope of memory over an hour at ten times the rate")
    add("--pages", type=int, default=600, help="of the rates: articles")
    add("--folder", type=Path, help="where the database stands meanwhile; a temporary folder without it")


def plan(data: Path, options: argparse.Namespace) -> Plan:
    """Return what is to be run."""
    soak = options.soak
    every = options.every or (NORMAL_EVERY / SOAK_FACTOR if soak else NORMAL_EVERY)
    return Plan(
        data=data.resolve(),
        outlets=options.outlets or (SOAK_OUTLETS if soak else 10_000),
        every=every,
        seconds=60.0 * (options.minutes or (SOAK_MINUTES if soak else 15.0)),
        rules=options.rules,
        share=options.share,
        # Stories with hits are kept for a week, up to 10,000 of them: what they take is no leak.
        hits=options.hits if options.hits is not None else 0.002 if soak else 0.1,
        latency=options.latency,
        gap=options.gap,
        tls=options.tls,
        hostile=not options.kind,
    )


def main(data: Path, options: argparse.Namespace) -> None:
    # So that what was started is ended: by default a signal ends this process at once.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        parts = ["run"] if options.soak else options.part.split(",")
        if "run" in parts:
            wanted = plan(data, options)
            done = run(wanted, Path(folder))
            report(wanted, done)
            if options.soak:
                report_soak(wanted, done, NORMAL_EVERY / wanted.every)
        if "rates" in parts:
            rates(data.resolve(), Path(folder), options.rules, options.pages)
