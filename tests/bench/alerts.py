"""From a stored hit to bytes at the receivers: the daemon as it runs, 100 channels, three of them broken.

One outlet publishes a story every half second; a route without waiting tells each on one channel, then, anew, on all 100:
half of the good ones are webhooks of ours, half Apprise's. One channel hangs, one refuses, one has a name that does not
resolve. Printed are seconds from `found_at` of the hit, which is before its commit, to the whole request at the receiver.
Limit: 2 s. At the end BURST stories come at once on all channels: so many messages a second. `--flood N`: what so many hits
in a row cost, and the digest of what was over the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sqlite3
import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from monitor.model import Limit, Route
from tests.bureau import Bureau
from tests.newsroom import Newsroom
from tests.story.newsroom import Event
from tests.web import Web, article

CHANNELS, GOOD, LIMIT = 100, 97, 2.0
HITS, BURST = 60, 6


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--flood", type=int, default=0, metavar="N", help="measure a flood of so many hits instead")


class Receivers:
    """Takes what is posted under any path, and notes when; "/hang" waits for the end."""

    def __init__(self) -> None:
        self.came: list[tuple[str, str, float]] = []
        self.ended = threading.Event()
        receivers = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                at = time.time()
                if self.path.startswith("/hang"):
                    receivers.ended.wait(60)
                receivers.came.append((self.path, body.decode(), at))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 500
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()


def channels(port: int, told: int) -> str:
    rows = [
        f'  c{number}: {{kind: webhook, url: "http://127.0.0.1:{port}/c{number}"}}'
        if number % 2
        else f'  c{number}: {{url: "json://127.0.0.1:{port}/c{number}"}}'
        for number in range(GOOD)
    ]
    rows += [
        f'  hangs: {{url: "json://127.0.0.1:{port}/hang"}}',
        '  refuses: {url: "json://127.0.0.1:1/x"}',
        '  nowhere: {url: "json://no-such-name.invalid/x"}',
    ]
    names = [row.split(":")[0].strip() for row in rows[:told]]
    return "channels:\n" + "\n".join(rows) + f"\nroutes:\n  all: {{channels: [{', '.join(names)}]}}\n"


def main(_data: Path, options: argparse.Namespace) -> None:
    if options.flood:
        flood(options.flood)
        return
    for told in (1, CHANNELS):
        measure(told)


def measure(told: int) -> None:
    receivers = Receivers()
    with tempfile.TemporaryDirectory() as folder, Web() as web:
        room = Newsroom(Path(folder))
        room.outlets(courier=web.url)
        room.write("alerts", channels(receivers.port, told))
        web.feed([])
        room.run("run", "--once")
        asked = len(web.asked)
        daemon = room.start("run")
        while len(web.asked) == asked:
            time.sleep(0.1)
        entries: list[tuple[str, str]] = []

        def publish(count: int) -> None:
            for number in range(len(entries), len(entries) + count):
                web.pages[f"/{number}.html"] = article(f"NATO item {number}", Event(number).article(0).body)
                entries.insert(0, (f"/{number}.html", f"NATO item {number}"))
            web.feed(entries[:30])

        for _ in range(HITS):
            publish(1)
            time.sleep(0.5)
        time.sleep(4)
        publish(BURST)
        time.sleep(6)
        os.kill(daemon.pid, signal.SIGTERM)
        receivers.close()
        daemon.communicate(timeout=60)
        report(Path(folder) / "data" / "monitor.db", receivers, told)


def report(path: Path, receivers: Receivers, told: int) -> None:
    raw = sqlite3.connect(path)
    found = raw.execute("SELECT a.url, h.found_at / 1e6 FROM hits h JOIN articles a ON a.id = h.article_id").fetchall()
    raw.close()
    waits: dict[bool, list[float]] = {False: [], True: []}
    for url, stored in found:
        burst = int(url.rpartition("/")[2].removesuffix(".html")) >= HITS
        waits[burst] += [at - stored for path_, body, at in receivers.came if url in body and path_ != "/hang"]
    steady, burst_ = sorted(waits[False]), sorted(waits[True])
    good = min(told, GOOD)
    whole = [HITS * good, BURST * good] == [len(steady), len(burst_)]
    print(f"each told on {told} of {CHANNELS} channels: {len(steady)} + {len(burst_)} messages of good ones arrived")
    print(
        f"  a hit every .5 s, seconds to the receiver: p50 {statistics.median(steady):.2f}  "
        f"p95 {steady[int(len(steady) * 0.95)]:.2f}  max {steady[-1]:.2f}"
    )
    print(f"  {BURST} hits at once: max {burst_[-1]:.2f} s, {len(burst_) / burst_[-1]:.0f} messages/s")
    print(f"  limit {LIMIT:.0f} s: {'met' if steady[-1] <= LIMIT and whole else 'NOT MET'}")


def flood(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = Bureau(Path(folder), (Route("desk", ("mail",), limit=Limit(20, 3600.0)),))
        desk.tick()
        for number in range(count):
            desk.hit(number % 90, f"s{number // 2}")
        worst, began = 0.0, time.perf_counter()
        for _ in range(count // 500 + 5):
            before = time.perf_counter()
            desk.tick()
            worst = max(worst, time.perf_counter() - before)
        told = time.perf_counter() - began
        began = time.perf_counter()
        digests = desk.run(24 * 3600, step=3600)
        named = sum(
            len(section["items"]) for one in [*desk.sent] for section in json.loads(one.row.message.payload)["sections"]
        )
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{count} hits: told in {told:.1f} s, the longest tick {worst:.2f} s, {len(desk.sent) - len(digests)} at once"
        )
        print(
            f"digest: {len(digests)} parts in {time.perf_counter() - began:.1f} s, {named} of {count} articles, {most} MB"
        )
        desk.close()
