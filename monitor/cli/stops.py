"""Signals to `monitor run` before its daemon listens and after it has ended: exit code 0, whatever the moment.

python starts    the system's default: 15 ms to `early`
early            nothing is open yet: it leaves at once
daemon._signals  it drains, within 20 s
leave            all is closed: it leaves without Python's own end
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

STOPS = (signal.SIGINT, signal.SIGTERM)


def verb(words: Sequence[str]) -> str:
    """Return the verb of a command line, "" where it has none."""
    rest = iter(words)
    for word in rest:
        if word == "--config":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def early(words: Sequence[str]) -> None:
    """Have a signal end this process at once, before anything is loaded. A pass that did nothing ends with 1."""
    code = int("--once" in words)
    for number in STOPS:
        # Not by an exception: one that is raised while a module loads may be lost in a callback of the import system.
        signal.signal(number, lambda *_: os._exit(code))


def leave(code: int) -> None:
    """End this process now. Python would take its handlers away first, and abort where a thread that hangs in writing
    holds what it wants to flush.
    """
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)
