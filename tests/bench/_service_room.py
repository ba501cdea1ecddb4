"""The folder of the service's benchmark: a configuration, and a database as a day of watching leaves it.

Without the latter a run would measure nothing but first polls: with 100,000 outlets every 15 minutes, each is polled once in
ten. So every source has a baseline, a validator, a body that is known by its hash and its items, a rhythm, and a robots.txt
that was read this hour; and the polls that come are spread over the interval.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.errors import QueryError
from monitor.model import Outlet
from monitor.outlets import rhythm
from monitor.outlets.thin import thin
from monitor.place import Place
from monitor.ports import Store
from monitor.query import parse
from monitor.settings.load import load
from monitor.store.opening import open_store
from monitor.views import PollOutcome, RobotsFile
from tests.bench._service_places import host
from tests.bench._service_press import PHRASE, ROBOTS, Calendar, tag

# At a time in one transaction.
_PART = 5_000
# Seconds that filling takes for an outlet.
_EACH = 3e-4


class Steps:
    """Seconds by step, wall and CPU."""

    def __init__(self) -> None:
        self.took: dict[str, tuple[float, float]] = {}

    @property
    def wall(self) -> float:
        """Return the seconds of all of them so far."""
        return sum(wall for wall, _ in self.took.values())

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began, cpu = time.monotonic(), time.process_time()
        yield
        self.took[name] = (time.monotonic() - began, time.process_time() - cpu)


def queries(data: Path, count: int) -> list[str]:
    """Return so many sparse rules that the language reads, one of them the planted phrase."""
    found = [f'"{PHRASE}"']
    with gzip.open(data / "match" / "rules-sparse.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in file:
            if len(found) >= count:
                break
            query = json.loads(row)["query"]
            try:
                parse(query)
            except QueryError:
                continue
            found.append(query)
    return found


def write(
    folder: Path, urls: Sequence[str], rules: Sequence[str], hook: str, every: float, *, gap: float, note: str = ""
) -> Path:
    """Write a configuration and return its folder. `note`: the file that holds the address of a server's database."""
    config = folder / "config"
    config.mkdir()
    storage = f"{{path: ../monitor.db, url_file: {note}}}" if note else "{path: ../monitor.db}"
    (config / "monitor.yaml").write_text(
        f"storage: {storage}\npoliteness: {{gap: {gap:g}s, contact: desk@example.org}}\n"
    )
    rows = (
        f"  o{number}: {{homepage: '{url}/', feeds: ['{url}/feed.xml'], every: {every:g}s, private: true}}\n"
        for number, url in enumerate(urls)
    )
    (config / "outlets.yaml").write_text("outlets:\n" + "".join(rows))
    lines = (f"  r{number}: {json.dumps(query, ensure_ascii=False)}\n" for number, query in enumerate(rules))
    (config / "rules.yaml").write_text("rules:\n" + "".join(lines))
    (config / "alerts.yaml").write_text(
        f"channels:\n  desk: {{kind: webhook, url: '{hook}'}}\nroutes:\n  all: {{channels: [desk], wait: 0s}}\n"
    )
    return config


def watched(
    folder: Path, calendar: Calendar, every: float, config: Path, steps: Steps, address: str = "", more: float = 0.0
) -> float:
    """Fill the database; return when the first polls are due, a Unix time; the last are an interval later. `address`:
    of a server's; `more`: seconds that it takes longer to be ready.
    """
    with steps.step("settings load, once beside the daemon"):
        settings = load(config, {})
    store = open_store(Place(folder / "monitor.db", address))
    with steps.step("outlets into an empty store"), store.transaction():
        store.outlets.sync(settings.outlets, datetime.now(UTC))
    with steps.step("filling the store"):
        # What the daemon does until its first tick: it reads the same files, takes up the store, compiles the rules.
        # Were polls due by then, all would be late by the rest of it.
        there = 1.5 * (steps.wall + _EACH * len(settings.outlets)) + 5.0 + more
        first = time.time() + there
        _fill(store, settings.outlets, calendar, every, first)
    store.close()
    return first


def _fill(store: Store, outlets: Sequence[Outlet], calendar: Calendar, every: float, first: float) -> None:
    now = datetime.now(UTC)
    with store.transaction():
        due = store.outlets.lease_due(now + timedelta(days=1), limit=len(outlets), lease=60.0)
    learnt: dict[int, bytes] = {}
    for start in range(0, len(due), _PART):
        with store.transaction():
            for source in due[start : start + _PART]:
                number = int(source.outlet_id[1:])
                # By the golden ratio neighbours are far apart, and any part of them is spread evenly.
                wait = (number * 0.618034 % 1.0) * every
                # What came since the poll that would have been the last is there to be found.
                polled = first + wait - every
                group, newest = calendar.group(number), calendar.newest(number, polled)
                body = calendar.feed(group, newest)
                known = (calendar.hostile(number) or 1) % 2 == 1
                if group not in learnt:
                    times = [calendar.published(group, newest - back) for back in range(10)]
                    moments = [datetime.fromtimestamp(one, UTC) for one in times]
                    learnt[group] = rhythm.pack(rhythm.learn(None, moments, now))
                store.outlets.record(
                    PollOutcome(
                        source.id, min(datetime.fromtimestamp(polled, UTC), now), datetime.fromtimestamp(first + wait, UTC),
                        etag=tag(newest) if number % 2 and known else "",
                        body_hash=hashlib.blake2b(body, digest_size=16).hexdigest() if known else "",
                        listed=30, rhythm=learnt[group], plan="every 15m, as set",
                        seen=thin(body, b"", source.url).seen if known else b"",
                    )
                )  # fmt: skip
                origin = source.url.removesuffix("/feed.xml")
                store.outlets.put_robots(RobotsFile(origin, 200, ROBOTS, now))


def urls(count: int, port: int, *, tls: bool) -> list[str]:
    """Return where the outlets stand."""
    return [f"http{'s' if tls else ''}://{host(number, named=tls)}:{port}" for number in range(count)]
