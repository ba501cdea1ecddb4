"""One run of the daemon on the street: everything is started, watched and ended; what was seen is returned."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench._service_gauges import Gauges, Sample
from tests.bench._service_room import Steps, queries, urls, watched, write
from tests.bench._service_street import Street

ROOT = Path(__file__).parents[2]
# What the daemon does before its first tick is no measure of the ticks.
WARM = 15.0
START, END = 300.0, 40.0


@dataclass(frozen=True)
class Plan:
    """What is to be run; see service.py. Seconds throughout."""

    data: Path
    outlets: int
    every: float
    seconds: float
    rules: int = 1_000
    share: float = 0.5
    hits: float = 0.1
    latency: float = 0.3
    gap: float = 2.0
    tls: bool = False
    hostile: bool = True

    @property
    def period(self) -> float:
        """How often an outlet publishes."""
        return self.every / self.share


@dataclass
class Done:
    """What was seen. `ready`: seconds to the first tick; `first`: when polls begin to be due; `lines`: of the watch, those after the warm-up; `told`: "host:port/path" → Unix time; `articles`: URL,
    kind of text, Unix times of first_seen and fetched_at, whether it has a hit that may be told.
    """

    first: float = 0.0
    ready: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    lines: list[dict[str, Any]] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    told: dict[str, float] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    articles: list[tuple[str, str, float, float, bool]] = field(default_factory=list)
    overdue: int = 0
    before: int = 0
    """Hits of stories that were told for their rules before."""
    steps: Steps = field(default_factory=Steps)
    code: int | None = None
    stopping: float = 0.0
    died: bool = False
    errors: str = ""
    street: Street | None = None
    server: float = 0.0
    """CPU seconds of who serves the outlets."""


@contextmanager
def open_street(street: Street) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Serve outlets in a process of their own: it, their port, and that of messages."""
    command = [sys.executable, "-m", "tests.bench._service_street", street.said()]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port, plain = map(int, process.stdout.readline().split())
            yield process, port, plain
        finally:
            process.stdin.close()
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()


def run(plan: Plan, folder: Path) -> Done:
    """Set all up, run, and tear it down."""
    trust = str(folder / "trust.pem") if plan.tls else ""
    street = Street(
        str(plan.data), plan.outlets, plan.period, time.time(), latency=plan.latency, hits=plan.hits,
        hostile=plan.hostile, trust=trust,
    )  # fmt: skip
    done = Done(street=street)
    with open_street(street) as (server, port, plain):
        config = _room(plan, done, folder, port, plain)
        with _daemon(config, folder, trust) as daemon:
            before = _cpu(server.pid)
            _watch(plan, done, folder, daemon)
            done.server = _cpu(server.pid) - before
            _ask(done, plain)
            _end(done, daemon)
        done.errors = (folder / "stderr.txt").read_text(errors="replace")
    _read_figures(done, folder / "figures.jsonl")
    if not done.died:
        _read_database(done, folder / "monitor.db")
    return done


def _room(plan: Plan, done: Done, folder: Path, port: int, plain: int) -> Path:
    steps = done.steps
    with steps.step("choosing rules"):
        rules = queries(plan.data, plan.rules)
    with steps.step("writing the configuration"):
        places = urls(plan.outlets, port, tls=plan.tls)
        config = write(folder, places, rules, f"http://127.0.0.1:{plain}/hook", plan.every, gap=plan.gap)
    assert done.street is not None
    done.first = watched(folder, done.street.calendar, plan.every, config, steps)
    return config


@contextmanager
def _daemon(config: Path, folder: Path, trust: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.bench._service_watch", str(folder / "figures.jsonl"), trust]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    environment.pop("MONITOR_CONFIG", None)
    with (folder / "stderr.txt").open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--config", str(config), "run"], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _watch(plan: Plan, done: Done, folder: Path, daemon: subprocess.Popen[bytes]) -> None:
    figures, started = folder / "figures.jsonl", time.time()
    with Gauges(daemon.pid, folder / "monitor.db") as gauges:
        while daemon.poll() is None and not (figures.exists() and figures.stat().st_size):
            if time.time() - started > START:
                break
            time.sleep(0.05)
        done.ready = time.time() - started
        done.began = max(time.time(), done.first)
        while daemon.poll() is None and time.time() < done.began + plan.seconds:
            time.sleep(0.2)
        done.ended = time.time()
        done.died = daemon.poll() is not None
    done.samples = gauges.samples


def _ask(done: Done, plain: int) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{plain}/told") as answer:
        said = json.loads(answer.read())
    done.told, done.asked = said["told"], said["asked"]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _end(done: Done, daemon: subprocess.Popen[bytes]) -> None:
    if done.died:
        done.code = daemon.returncode
        return
    began = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    try:
        done.code = daemon.wait(END)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
    done.stopping = time.monotonic() - began


def _read_figures(done: Done, path: Path) -> None:
    with path.open() as file:
        lines = [json.loads(line) for line in file if line.endswith("\n")]
    done.lines = [line for line in lines if done.began + WARM <= line["at"] <= done.ended] or lines


def _read_database(done: Done, path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        query = """
            SELECT coalesce(nullif(l.url, ''), a.url), a.text, l.first_seen / 1e6, a.fetched_at / 1e6,
                (SELECT group_concat(EXISTS (SELECT 1 FROM decisions d WHERE d.hit_id = h.id AND d.reason = 'same_story'))
                    FROM hits h WHERE h.article_id = a.id AND h.standing IN ('live', 'late'))
            FROM links l JOIN articles a ON a.id = l.article_id
        """
        # What was told of the story before is not told again.
        done.articles = [(*row, "0" in (said or "")) for *row, said in database.execute(query)]
        query = "SELECT count(DISTINCT hit_id) FROM decisions WHERE reason = 'same_story'"
        (done.before,) = database.execute(query).fetchone()
        at = f"{done.ended - 5:.0f}"
        query = "SELECT count(*) FROM sources WHERE next_check_at < strftime('%Y-%m-%dT%H:%M:%S', ?, 'unixepoch') AND NOT leased"
        (done.overdue,) = database.execute(query, (at,)).fetchone()
