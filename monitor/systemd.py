"""sd_notify(3): what a daemon tells the service manager that started it, if one did. No library: one datagram each."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


class Manager:
    """Says nothing where nobody listens. `watchdog`: seconds within which it wants to be fed; None: it does not."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        path = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the abstract namespace; what is neither (vsock) is of other machines.
        self._address = f"\0{path[1:]}" if path.startswith("@") else path if path.startswith("/") else ""
        self.watchdog = _watchdog(environ) if self._address else None

    def say(self, **fields: object) -> None:
        """Send fields such as READY=1. A manager that does not take them is no reason to stop."""
        if not self._address:
            return
        text = "\n".join(f"{key}={' '.join(str(value).split())}" for key, value in fields.items())
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as to:
            to.sendto(text.encode("utf-8", "replace"), self._address)

    def ready(self, status: str) -> None:
        """What was to be started is at work, or what was to be reloaded is."""
        self.say(READY=1, STATUS=status)

    def reloading(self, monotonic: float) -> None:
        """A reload begins; `ready` says that it is over. `monotonic`: seconds of CLOCK_MONOTONIC."""
        self.say(RELOADING=1, MONOTONIC_USEC=int(monotonic * 1_000_000))


def _watchdog(environ: Mapping[str, str]) -> float | None:
    try:
        seconds = int(environ.get("WATCHDOG_USEC", "")) / 1_000_000
        mine = int(environ.get("WATCHDOG_PID", os.getpid())) == os.getpid()
    except ValueError:
        return None
    return seconds if mine and seconds > 0 else None
