"""What runs of a cluster came to, as tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tests.bench._cluster_gauges import KINDS, tables
from tests.bench._cluster_run import Seen
from tests.bench._service_gauges import share
from tests.bench._service_report import line

MB = 1e6


def _articles(seen: Seen) -> float:
    """Return how many were stored."""
    return seen.grew("articles") if seen.address else seen.counts("read")


def rate(name: str, seen: Seen) -> None:
    """Print one run's rates and cores."""
    seconds = seen.seconds
    assert seen.first is not None
    assert seen.last is not None
    machine = (seen.last.machine - seen.first.machine) / seconds
    ours = {kind: seen.cpu(kind) / seconds for kind in KINDS}
    line(
        name,
        f"{seen.counts('poll') / seconds:6.1f} polls/s, {_articles(seen) / seconds:6.1f} articles/s, "
        f"{seen.told / seconds:5.1f} deliveries/s; cores: "
        + ", ".join(f"{kind} {value:.2f}" for kind, value in ours.items())
        + f"; others {max(machine - sum(ours.values()), 0.0):.2f}",
    )
    kinds = Counter[str]()
    for lines in seen.lines:
        for one in lines:
            kinds.update({key: count for key, count in one["counts"].items() if key.split()[0] in {"poll", "read"}})
    left = f"; left at the end: {seen.then['readings']} readings, {seen.then['reports']} reports" if seen.then else ""
    line("", f"{dict(kinds)}{left}; exit {seen.codes}")


def lags(seen: Seen) -> None:
    """Print how late polls began, and what held whom up."""
    starts = [value / 1e6 for lines in seen.lines for one in lines for value in one["starts"]]
    middle, most, all_of = share(starts, 0.5, 0.95, 1.0)
    counted = seen.then.get("overdue", 0)
    line("polls began late by", f"p50 {middle:.2f} s, p95 {most:.2f} s, max {all_of:.2f} s of {len(starts):,}")
    halves = [
        share(
            (
                value / 1e6
                for lines in seen.lines
                for one in lines
                if low <= one["at"] < high
                for value in one["starts"]
            ),
            0.95,
        )[0]
        for low, high in _parts(seen)
    ]
    line("p95, quarter by quarter", ", ".join(f"{value:.2f} s" for value in halves))
    line("overdue by 5 s and more", f"{counted} at the end, at most {max(seen.overdue, default=0)}")
    for number, lines in enumerate(seen.lines):
        late = [value / 1e3 for one in lines for value in one["late"]]
        p50, p99, top = share(late, 0.5, 0.99, 1.0)
        line(
            "keeper's loop" if not number else f"worker {number}'s loop",
            f"late by p50 {p50:.1f}, p99 {p99:.0f}, max {top:.0f} ms",
        )
    ticks: dict[str, list[float]] = {}
    for one in seen.lines[0]:
        for name, values in one["ticks"].items():
            ticks.setdefault(name, []).extend(value / 1e3 for value in values)
    for name, values in ticks.items():
        p50, p95, top = share(values, 0.5, 0.95, 1.0)
        line(f"  {name}", f"{len(values)} times, p50 {p50:.1f}, p95 {p95:.1f}, max {top:.0f} ms")


def _parts(seen: Seen) -> list[tuple[float, float]]:
    step = seen.seconds / 4
    return [(seen.began + number * step, seen.began + (number + 1) * step) for number in range(4)]


def database(seen: Seen) -> None:
    """Print what the database took."""
    polls, articles = max(seen.counts("poll"), 1), max(seen.grew("articles"), 1)
    line(
        "database",
        f"{seen.said['size'] / MB:.0f} MB, then {seen.then['size'] / MB:.0f} MB; WAL {seen.grew('wal_bytes') / seen.seconds / MB:.2f} "
        f"MB/s ({seen.grew('wal_fpi'):,} full pages of {seen.grew('wal_records'):,} records), "
        f"{seen.grew('commits') / seen.seconds:.0f} commits/s, {seen.grew('wal_sync') / seen.seconds:.0f} syncs/s, "
        f"{seen.grew('commits') / polls:.1f} commits a poll, {seen.grew('wal_bytes') / polls / 1e3:.1f} kB of WAL a poll "
        f"(with its articles, {articles / polls:.2f})",
    )
    for name, heap, indexes, alive, dead in tables(seen.address):
        line(f"  {name}", f"{heap / MB:.1f} MB, indexes {indexes / MB:.1f} MB, {alive:,} rows, {dead:,} dead")


def memory(seen: Seen) -> None:
    """Print who holds how much."""
    assert seen.last is not None
    line("memory (PSS)", ", ".join(f"{kind} {value / MB:.0f} MB" for kind, value in seen.last.memory.items() if value))


def faults(seen: Seen) -> None:
    """Print what was said that should not be."""
    rows = Counter(re.sub(r'.*"event": ("[^"]{0,90}).*', r"\1", row).strip() for row in seen.errors.splitlines())
    for text, count in rows.most_common(6):
        if "holds its address" not in text:
            line("said", f"{count} times {text}")


def costs(runs: Sequence[Seen]) -> None:
    """Print what a unit takes, from three runs: few articles, many, many with hits. One more of a kind is what two runs
    differ by.
    """
    few, many, told = runs
    polls = [one.counts("poll") for one in runs]
    rows = [(f"{kind}, ms", *_solved(runs, polls, [one.cpu(kind) * 1e3 for one in runs])) for kind in KINDS]
    rows.append(("WAL, kB", *_solved(runs, polls, [one.grew("wal_bytes") / 1e3 for one in runs])))
    rows.append(("commits", *_solved(runs, polls, [one.grew("commits") for one in runs])))
    rows.append(("database, kB", *_solved(runs, polls, [one.grew("size") / 1e3 for one in runs])))
    line("polls, articles, deliveries", "; ".join(
        f"{one.counts('poll'):,}, {one.grew('articles'):,}, {one.told:,}" for one in (few, many, told)))  # fmt: skip
    for name, poll, article, delivery in rows:
        line(f"  {name}", f"a poll {poll:6.2f}   an article {article:6.2f}   a delivery {delivery:6.2f}")


def _solved(runs: Sequence[Seen], polls: Sequence[int], values: Sequence[float]) -> tuple[float, float, float]:
    """Return what a poll, an article and a delivery take, by Cramer's rule of three runs."""
    rows = [(polls[n], runs[n].grew("articles"), runs[n].told) for n in range(3)]

    def det(m: Sequence[Sequence[float]]) -> float:
        (a, b, c), (d, e, f), (g, h, i) = m
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)

    whole = det(rows)
    if not whole:
        return 0.0, 0.0, 0.0
    found = [
        det([[values[n] if place == column else row[place] for place in range(3)] for n, row in enumerate(rows)])
        / whole
        for column in range(3)
    ]
    return found[0], found[1], found[2]
