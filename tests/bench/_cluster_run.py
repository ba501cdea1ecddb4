"""One run of a keeper and its workers on the street of the service's benchmark: started, watched, ended; what was seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench._cluster_gauges import Party, Spent, asked, count_anew, look, postmaster
from tests.bench._service_room import Steps, queries, urls, watched, write
from tests.bench._service_run import END, ROOT, START, Plan, open_street
from tests.bench._service_street import Street
from tests.postgres import Server

# Seconds of a run that are not counted: the first polls, and what compiles at first use.
WARM = 10.0
# Seconds that a server's database, and each worker, take longer than a file and its daemon until all are ready.
_READY, _EACH_WORKER = 4.0, 3.0


@dataclass
class Seen:
    """What was seen between `began` and `ended`, Unix times. `first`, `last`: at these two moments; `said`, `then`: what
    the database said; `lines`: of the keeper's watch and then of each worker's; `told`: articles of which there was a
    message meanwhile.
    """

    plan: Plan
    workers: int
    began: float = 0.0
    ended: float = 0.0
    first: Spent | None = None
    last: Spent | None = None
    said: dict[str, int] = field(default_factory=dict)
    then: dict[str, int] = field(default_factory=dict)
    lines: list[list[dict[str, Any]]] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    """Each few seconds."""
    told: int = 0
    codes: list[int | None] = field(default_factory=list)
    errors: str = ""
    address: str = ""
    steps: Steps = field(default_factory=Steps)

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def counts(self, word: str) -> int:
        """Return how many of what begins with a word were done by all of them."""
        return sum(
            count for lines in self.lines for one in lines for name, count in one["counts"].items()
            if name.split()[0] == word
        )  # fmt: skip

    def cpu(self, kind: str) -> float:
        """Return CPU seconds of a kind of process."""
        assert self.first is not None
        assert self.last is not None
        return self.last.cpu[kind] - self.first.cpu[kind]

    def grew(self, name: str) -> int:
        """Return by how much grew what the database says."""
        return self.then.get(name, 0) - self.said.get(name, 0)


def run(plan: Plan, folder: Path, workers: int, server: Server | None) -> Seen:
    """Set all up, run, tear it down. `server` None: the daemon with its file, and no workers."""
    folder.mkdir(parents=True, exist_ok=True)
    seen = Seen(plan, workers, address=server.database() if server else "")
    street = Street(
        str(plan.data), plan.outlets, plan.period, time.time(), latency=plan.latency, hits=plan.hits,
        hostile=plan.hostile,
    )  # fmt: skip
    with ExitStack() as stack:
        outlets, port, plain = stack.enter_context(open_street(street))
        config, due = _room(plan, seen, folder, street, port, plain)
        commands = [["run"], *(["work", "--log-format", "json"] for _ in range(workers))]
        processes = [
            stack.enter_context(_process(folder, f"{number}", config, words)) for number, words in enumerate(commands)
        ]
        party = Party(
            processes[0].pid, [one.pid for one in processes[1:]], postmaster(server) if server else 0, outlets.pid
        )
        _ready(folder, processes)
        _watch(seen, party, processes, due, plain)
        _end(seen, processes)
    _read(seen, folder, len(processes))
    return seen


def _room(plan: Plan, seen: Seen, folder: Path, street: Street, port: int, plain: int) -> tuple[Path, float]:
    note = ""
    if seen.address:
        (folder / "address").write_text(seen.address)
        note = str(folder / "address")
    with seen.steps.step("configuration"):
        rules = queries(plan.data, plan.rules)
        places, hook = urls(plan.outlets, port, tls=False), f"http://127.0.0.1:{plain}/hook"
        config = write(folder, places, rules, hook, plan.every, gap=plan.gap, note=note)
    more = _READY + _EACH_WORKER * seen.workers if seen.address else 0.0
    return config, watched(folder, street.calendar, plan.every, config, seen.steps, seen.address, more)


@contextmanager
def _process(folder: Path, name: str, config: Path, words: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    environment.pop("MONITOR_CONFIG", None)
    command = [sys.executable, "-m", "tests.bench._cluster_watch", str(folder / f"figures-{name}.jsonl")]
    with (folder / f"stderr-{name}.txt").open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--config", str(config), *words], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _ready(folder: Path, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    ends = time.time() + START
    for number, process in enumerate(processes):
        said = folder / f"stderr-{number}.txt"
        while b"watching" not in (text := said.read_bytes()) and b"working as" not in text:
            if process.poll() is not None or time.time() > ends:
                raise RuntimeError(f"it did not begin: {text.decode(errors='replace')[-2_000:]}")
            time.sleep(0.1)


def _watch(
    seen: Seen, party: Party, processes: Sequence[subprocess.Popen[bytes]], due: float, plain: int
) -> None:  # fmt: skip
    time.sleep(max(due - time.time(), 0.0) + WARM)
    seen.began, seen.first, told = time.time(), look(party), _told(plain)
    seen.said = asked(seen.address) if seen.address else {}
    if seen.address:
        count_anew(seen.address)
    while time.time() < seen.began + seen.plan.seconds and all(one.poll() is None for one in processes):
        time.sleep(2.0)
        if seen.address:
            seen.overdue.append(asked(seen.address)["overdue"])
    seen.then = asked(seen.address) if seen.address else {}
    seen.ended, seen.last, seen.told = time.time(), look(party), _told(plain) - told


def _told(plain: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{plain}/told") as answer:
        return len(json.loads(answer.read())["told"])


def _end(seen: Seen, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    # The keeper last: it takes in what workers hand over at their end.
    for one in reversed(processes):
        one.terminate()
    for one in processes:
        with suppress(subprocess.TimeoutExpired):
            one.wait(END)
        seen.codes.append(one.poll())


def _read(seen: Seen, folder: Path, count: int) -> None:
    for number in range(count):
        with (folder / f"figures-{number}.jsonl").open() as file:
            lines = [json.loads(line) for line in file if line.endswith("\n")]
        seen.lines.append([line for line in lines if seen.began <= line["at"] <= seen.ended])
        text = (folder / f"stderr-{number}.txt").read_text(errors="replace")
        seen.errors += "".join(row for row in text.splitlines(keepends=True) if '"warning"' in row or '"error"' in row)
