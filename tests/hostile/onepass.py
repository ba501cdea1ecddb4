"""Good outlets and hostile ones in one pass of the product, `monitor run --once`, and what came of each."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.street import ARTICLES, House
from tests.newsroom import ROOT, Newsroom
from tests.receivers import HttpReceiver


@dataclass
class Pass:
    """What one pass came to. `complete`, `told`: good outlets of which all is stored, and whose hit was sent. `late`, `held`: seconds (median, p99, most) the loop was late by, and of CPU it was held.
    `last`: seconds after which the last article of a good outlet was stored. `wrong`: what is not as it must be, a line
    each; `reasons`: how often bad ones were told by each.
    """

    good: int
    bad: int
    faults: int = 0
    code: int = 0
    err: str = ""
    complete: int = 0
    last: float = 0.0
    told: int = 0
    seconds: float = 0.0
    late: list[float] = field(default_factory=list)
    held: list[float] = field(default_factory=list)
    before: int = 0
    grown: int = 0
    readers: dict[str, int] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@contextmanager
def street(*words: str) -> Iterator[list[House]]:
    """Run outlets in a process of their own while the block lasts."""
    command = [sys.executable, "-m", "tests.hostile.street", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield [House(**json.loads(line)) for line in iter(lambda: process.stdout.readline().strip(), "")]
        finally:
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def one_pass(folder: Path, good: int, hostile: str, *, deadline: float) -> Pass:
    """Run `good` outlets beside hostile ones: `hostile` is "few", "all", or "" for none. `deadline`: seconds a visit."""
    room = Newsroom(folder)
    with HttpReceiver() as hook, street("good", str(good)) as fine:
        if not hostile:
            return _run(room, hook, fine, [], deadline)
        with street("bad", hostile) as foul, street("bombs", hostile) as bombs:
            return _run(room, hook, fine, [*foul, *bombs], deadline)


def _run(room: Newsroom, hook: HttpReceiver, fine: list[House], foul: list[House], deadline: float) -> Pass:
    room.write(
        "monitor",
        f"storage: {{path: ../data/monitor.db}}\npoliteness: {{gap: 0s}}\nlimits: {{fetch_deadline: {deadline}s}}\n",
    )
    rows = [
        f"  {house.id}: {{homepage: '{house.url}/', language: en, feeds: ['{house.url}{house.source}'], private: true, "
        "baseline: alert}\n"
        for house in (*foul, *fine)
    ]
    room.write("outlets", "outlets:\n" + "".join(rows))
    room.channels(desk=hook.url())
    figures, trust = room.folder / "figures.json", next((house.trust for house in foul if house.trust), "")
    command = [sys.executable, "-m", "tests.hostile.watch", str(figures), trust]
    done = subprocess.run(
        [*command, "--config", str(room.config), "run", "--once", "--json"],
        cwd=room.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    result = Pass(len(fine), len(foul), sum(len(house.wants) for house in foul), done.returncode, done.stderr)
    if not figures.exists():
        result.wrong.append("the daemon died")
        return result
    said = json.loads(figures.read_text())
    result.seconds, result.late, result.held = said["seconds"], said["late"], said["held"]
    result.before, result.grown, result.readers = said["before"], said["grown"], said["readers"]
    with closing(sqlite3.connect(room.folder / "data" / "monitor.db")) as database:
        _judge_good(result, fine, database, said["began"])
        _judge_bad(result, foul, room.rows("outlets", "list"), database)
    posts = "".join(body.decode() for _, _, body in hook.posts)
    untold = [house.id for house in fine if house.title not in posts]
    result.told = len(fine) - len(untold)
    result.wrong += [f"{name}: its hit was not told" for name in untold]
    return result


def _judge_good(result: Pass, fine: list[House], database: sqlite3.Connection, began: float) -> None:
    query = "SELECT outlet_id, count(*), max(fetched_at) FROM articles WHERE text = 'full' GROUP BY outlet_id"
    stored = {name: (count, last) for name, count, last in database.execute(query)}
    for house in fine:
        count, last = stored.get(house.id, (0, ""))
        if count == ARTICLES:
            result.complete += 1
        else:
            result.wrong.append(f"{house.id}: {count} of {ARTICLES} articles; {_troubles(database, house)}")
        if last:
            result.last = max(result.last, last / 1e6 - began)


def _troubles(database: sqlite3.Connection, house: House) -> str:
    """Return what the database says of an outlet's pages that are not there as they should be."""
    query = (
        "SELECT url, state, reason, detail FROM links WHERE outlet_id = ? AND (state <> 'read' OR reason IS NOT NULL)"
    )
    return "; ".join(" ".join(map(str, row)) for row in database.execute(query, (house.id,)))


def _judge_bad(result: Pass, foul: list[House], rows: list[dict[str, Any]], database: sqlite3.Connection) -> None:
    sources = {row["source"]: (row["reason"] or "", row["detail"]) for row in rows}
    query = """
        SELECT coalesce(nullif(l.url, ''), a.url), coalesce(l.reason, ''), l.detail, l.attempts > 0
        FROM links l LEFT JOIN articles a ON a.id = l.article_id
    """
    links = {url: (reason, detail, asked) for url, reason, detail, asked in database.execute(query)}
    for house in foul:
        for path, reasons in house.wants.items():
            url = house.url + path
            if path == house.source:
                reason, detail = sources[url]
                asked = True
            else:
                reason, detail, asked = links.get(url, ("", "no such link", False))
            fine = reason in reasons if reasons else bool(reason) or (house.harmless and asked)
            result.reasons[reason or "read"] += 1
            if not fine:
                result.wrong.append(
                    f"{house.id} {path[:60]}: {reason} ({detail[:80]}), not {' or '.join(reasons) or 'named'}"
                )
