"""What an extractor costs: CPU time beside its peers on the same pages, and the memory a reader of many pages keeps.

`python -m tests.bench._cost TOOL DATA` prints how far the resident set of a fresh process grows, in kB.
"""

from __future__ import annotations

import gc
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tests.bench._tools import PEERS, Tool, choose
from tests.bench._truth import load

WARM_UP = 30
MEASURED = 300


class Stopwatch:
    """CPU seconds of this thread by tool, and within it by page."""

    def __init__(self, *, collect: bool) -> None:
        self.spent: dict[str, dict[str, float]] = defaultdict(dict)
        self._collect = collect

    def time(self, tool: Tool, page: str, argument: Any) -> Any:
        """Run a tool on what it takes. What the tool before left behind is collected first, at nobody's cost, where
        the times matter.
        """
        if self._collect:
            gc.collect()
        began = time.thread_time()
        result = tool.run(argument)
        self.spent[tool.name][page] = time.thread_time() - began
        return result

    def compare(self, peer: str, ours: str, pages: Sequence[str]) -> Ratio | None:
        """Return how many times as long the peer takes on those of the pages that both read; None where on none."""
        both = [(self.spent[peer][page], self.spent[ours][page]) for page in pages if page in self.spent[peer]]
        if not both:
            return None
        theirs, mine = (sum(times) for times in zip(*both, strict=True))
        single = statistics.median(their / (my or 1e-9) for their, my in both)
        return Ratio(len(both), theirs / len(both) * 1000, theirs / mine, single)


@dataclass(frozen=True)
class Ratio:
    """`total`: of the summed times; `median`: of the pages' own ratios; `milliseconds`: the peer's mean for a page."""

    pages: int
    milliseconds: float
    total: float
    median: float


def warm_up(tools: Sequence[Tool], data: Path) -> None:
    """Run every tool over pages from all sets: imports, tables and caches are built here, and then left alone."""
    for truth in islice(load(data), 0, None, 60):
        for tool in tools:
            tool.found(tool.run(tool.prepare(truth)))
    gc.collect()
    gc.freeze()


@dataclass(frozen=True)
class Memory:
    """Resident kB of a process: after WARM_UP pages, and what MEASURED more added."""

    base: int
    growth: int


def memory(tool: str, data: Path) -> Memory:
    """Measure one tool in a fresh process. Raises CalledProcessError where that fails."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench._cost", tool, str(data)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    base, growth = done.stdout.split()[-2:]
    return Memory(int(base), int(growth))


def _resident() -> int:
    """Return the resident set in kB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


def _grow(tool: Tool, data: Path) -> None:
    base = 0
    # Every third page: the sets stand one after the other in the file.
    for count, truth in enumerate(islice(load(data), 0, 3 * (WARM_UP + MEASURED), 3)):
        if count == WARM_UP:
            base = _resident()
        tool.run(tool.prepare(truth))
    print(base, _resident() - base)


if __name__ == "__main__":
    _grow(next(tool for tool in choose(PEERS)[0] if tool.name == sys.argv[1]), Path(sys.argv[2]).resolve())
