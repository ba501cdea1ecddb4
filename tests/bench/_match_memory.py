"""What compiled rules keep resident: `python -m tests.bench._match_memory KIND DATA` prints kB, the peak, and seconds.

KIND is none, sparse or dense. Each stands in a process of its own, since what one leaves behind hides in the next.
"""

from __future__ import annotations

import ctypes
import gc
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from monitor.match.engine import Matcher
from monitor.model import Article, Block, Role, Rule

NONE = "none"


@dataclass(frozen=True)
class Used:
    """Resident kB: `kept` once all that is not needed was given back, `peak` at any time. `built`: CPU seconds."""

    kept: int
    peak: int
    built: float


def used(kind: str, data: Path) -> Used:
    """Measure in a fresh process. Raises CalledProcessError where that fails."""
    command = [sys.executable, "-m", "tests.bench._match_memory", kind, str(data.resolve())]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    kept, peak, built = done.stdout.split()
    return Used(int(kept), int(peak), float(built))


def _measure(kind: str, data: Path) -> Used:
    # The tables of folding are made at the first article, whatever the rules.
    Matcher([Rule("r", "word")]).match(Article("https://a.example/", "", None, (Block(Role.BODY, "Ein Wört"),)))
    built = 0.0
    matcher: Matcher | None = None
    if kind != NONE:
        from tests.bench._match_data import queries

        written = queries(data, kind)
        gc.collect()
        began = time.process_time()
        matcher = Matcher(written)
        built = time.process_time() - began
        del written
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    kept = _status("VmRSS")
    assert matcher is None or len(matcher)
    return Used(kept, _status("VmHWM"), built)


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


if __name__ == "__main__":
    result = _measure(sys.argv[1], Path(sys.argv[2]))
    print(result.kept, result.peak, result.built)
