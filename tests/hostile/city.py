"""Names for the hostile server's listeners, and a dialler that opens nothing but these. For tests of the client."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpcore

from monitor.errors import FetchError, Reason
from monitor.fetch.client import Client
from monitor.fetch.connection import dial_tcp
from monitor.fetch.resolver import system_lookup

ROOT = Path(__file__).parents[2]
AGENT = "news-monitor/1.0 (+desk@example.org)"
# Public addresses, which lead to loopback by the dialler alone.
PLAIN, GOOD = "93.184.216.34", "93.184.216.35"
_INWARD = {"intranet": "10.0.0.5", "router": "192.168.1.1", "metadata.google.internal": "169.254.169.254"}
# Spellings of an address, and this machine's name: the system answers them without asking anybody.
_NO_LOOK_UP = re.compile(r"[0-9a-fx.:]+|localhost\.?")


class City:
    """The hostile server, run in a process of its own, so that memory and loop are the client's alone."""

    def __init__(self, lines: list[str], trust: Path) -> None:
        rows = [line.split("\t") for line in lines]
        ports = [int(url.split("/")[2].rsplit(":", 1)[1]) for url, *_ in rows]
        self.names = {"hostile.example": PLAIN, "good.example": GOOD, **_INWARD}
        self.ports = {(PLAIN, 80): ports[0], (GOOD, 80): ports[0]}
        self.kinds: dict[str, str] = {}
        for number, (row, port) in enumerate(zip(rows, ports, strict=True)):
            if len(row) == 3:
                kind, address = row[2], f"93.184.217.{number % 200}"
                self.names[f"{kind}.tls.example"] = address
                self.ports[address, 443] = port
                self.kinds[kind] = f"https://{kind}.tls.example"
        self.trust = trust
        self.dialled: set[tuple[str, int]] = set()

    async def resolve(self, host: str) -> list[str]:
        # Every fault has a host of its own: one host gets two connections, and eight of them say nothing.
        found = self.names.get(re.sub(r"^\d+\.", "", host))
        if found:
            return [found]
        if not _NO_LOOK_UP.fullmatch(host):
            raise FetchError(Reason.DNS, f"{host}: not known in this test")
        try:
            return await asyncio.to_thread(system_lookup, host)
        except (OSError, UnicodeError) as error:
            raise FetchError(Reason.DNS, str(error)) from None

    async def dial(self, address: str, port: int, timeout: float) -> httpcore.AsyncNetworkStream:
        self.dialled.add((address, port))
        if (address, port) not in self.ports:
            raise OSError("this must never be dialled")
        return await dial_tcp("127.0.0.1", self.ports[address, port], timeout)

    @property
    def strange(self) -> set[tuple[str, int]]:
        """What was dialled and is no listener of this server."""
        return self.dialled - set(self.ports)

    def client(self, **limits: float) -> Client:
        context = ssl.create_default_context(cafile=str(self.trust))
        return Client(agent=AGENT, verify=context, resolve=self.resolve, dial=self.dial, **limits)  # type: ignore[arg-type]


@contextmanager
def city(folder: Path) -> Iterator[City]:
    """Run the server in a process of its own while the block lasts."""
    trust = folder / "trust.pem"
    words = ["--port", "0", "--trust", str(trust), "--name", "hostile.example", "--name", "*.tls.example"]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        lines = list(iter(lambda: process.stdout.readline().rstrip("\n"), "end it with Ctrl-C"))
        yield City(lines, trust)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
