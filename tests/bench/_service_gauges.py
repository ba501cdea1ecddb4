"""What the daemon and its readers take of the machine, from /proc: CPU by thread and process, memory, descriptors.

Memory is PSS: what several processes share counts once. CPU of readers that have ended is with the fork server that reaped
them.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Sample:
    """At one moment: PSS in bytes of the daemon, and of all; CPU seconds so far of its loop, its other threads, and the
    processes below it.
    """

    at: float
    daemon: int
    memory: int
    loop: float
    threads: float
    readers: float
    files: int
    thread_count: int
    database: int
    machine: float = 0.0
    """Of all programs, CPU seconds so far."""


def below(pid: int) -> list[int]:
    """Return a process's children, and theirs."""
    found = []
    with suppress(OSError):
        for task in (PROC / str(pid) / "task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *below(int(child))]
    return found


def pss(pid: int) -> int:
    """Return bytes; 0 for a process that is gone."""
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def spent(path: Path, *, reaped: bool = False) -> float:
    """Return CPU seconds of a process or thread; with those of the children that it reaped."""
    with suppress(OSError):
        fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11 : 15 if reaped else 13])) / _TICKS
    return 0.0


def busy() -> float:
    """Return the CPU seconds that all programs of this machine have taken."""
    fields = list(map(int, (PROC / "stat").read_text().splitlines()[0].split()[1:9]))
    # Without idle, waiting for disks, and what other guests of the machine took.
    return (sum(fields) - fields[3] - fields[4] - fields[7]) / _TICKS


def sample(pid: int, database: Path) -> Sample:
    """Look at a daemon and all below it."""
    children, home = below(pid), PROC / str(pid)
    main = spent(home / "task" / str(pid))
    everything = spent(home)
    whole = spent(home, reaped=True)
    mine = pss(pid)
    files = threads = 0
    with suppress(OSError):
        files, threads = len(list((home / "fd").iterdir())), len(list((home / "task").iterdir()))
    size = sum(part.stat().st_size for part in database.parent.glob(f"{database.name}*") if part.exists())
    return Sample(
        time.time(), mine, mine + sum(map(pss, children)), main, everything - main,
        whole - everything + sum(spent(PROC / str(child), reaped=True) for child in children), files, threads, size,
        busy(),
    )  # fmt: skip


@dataclass
class Gauges:
    """Samples each second while the block runs."""

    pid: int
    database: Path
    samples: list[Sample] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Gauges:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            one = sample(self.pid, self.database)
            # Nothing is there: it has ended, and somebody is about to say so.
            if one.daemon:
                self.samples.append(one)


def share(values: Iterable[float], *parts: float) -> list[float]:
    """Return the values that so much of all are at most (0.5: the median; 1: the most); 0 where there are none."""
    ranked = sorted(values) or [0.0]
    return [ranked[min(int(len(ranked) * part), len(ranked) - 1)] for part in parts]


def longest(samples: Sequence[Sample], limit: float) -> float:
    """Return for how many seconds at a stretch memory was above a limit."""
    worst, began = 0.0, None
    for one in samples:
        if one.memory <= limit:
            began = None
        elif began is None:
            began = one.at
        if began is not None:
            worst = max(worst, one.at - began + 1.0)
    return worst


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much y grows with x, by least squares; 0 for fewer than two points."""
    if len(points) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    level = sum(y for _, y in points) / len(points)
    width = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - level) for x, y in points) / width if width else 0.0


def doubt(points: Sequence[tuple[float, float]], block: float = 60.0) -> float:
    """Return the standard error of that slope, from the means of blocks of x: samples of one second follow one another too
    closely to be counted each; 0 for fewer than three blocks.
    """
    blocks: dict[int, list[tuple[float, float]]] = {}
    for x, y in points:
        blocks.setdefault(int(x // block), []).append((x, y))
    means = [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in blocks.values()]
    if len(means) < 3:
        return 0.0
    rise = slope(means)
    middle, level = (sum(column) / len(means) for column in zip(*means, strict=True))
    left = sum((y - level - rise * (x - middle)) ** 2 for x, y in means)
    return math.sqrt(left / (len(means) - 2) / sum((x - middle) ** 2 for x, _ in means))
