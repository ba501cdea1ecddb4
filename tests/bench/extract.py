"""Measure the extractor against hand-made truth and beside its peers, page by page in one process.

Body: F1 of 4-gram shingles as the public article-extraction benchmark defines it (`Score`), with a paired bootstrap of
the difference to trafilatura. Then snippets, metadata, names that a rule would see (`alert_view`), teaser pages, pages
refused with a reason, CPU time and memory. Goals are those of issue "Extraction"; the exit code does not depend on them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from monitor.extract.score import Weights
from monitor.parse.urls import host
from tests.bench import _tally
from tests.bench._cost import Memory, Ratio, Stopwatch, memory, warm_up
from tests.bench._folds import held_out, using
from tests.bench._tally import GOALS, Goal, Leak, Tally, leaks, together
from tests.bench._tools import DEFAULT, LIMIT, OURS, PEERS, WITH_METADATA, Tool, choose
from tests.bench._truth import NOW, Interval, Score, Truth, bootstrap, load, shingles

__all__ = ["NOW", "Score", "Truth", "load", "main", "shingles"]

SETS = ("web", "press", "article")
_SEEN = "seen"


@dataclass
class Report:
    """All that was measured; `held_out`: ours read each page with weights that were not trained on its host."""

    held_out: bool
    missing: list[str]
    tallies: dict[str, dict[str, Tally]] = field(default_factory=dict)
    intervals: dict[tuple[str, str, str], Interval] = field(default_factory=dict)
    leaks: list[Leak] = field(default_factory=list)
    ratios: dict[tuple[str, str], Ratio] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--peers", default="all", help=f"all, none, or some of {','.join(PEERS)}")
    parser.add_argument("--folds", action="store_true", help="five-fold by host: train, and read pages held out")
    parser.add_argument("--every-page", action="store_true", help="slow peers read every page, not a sample of them")
    parser.add_argument("--quick", action="store_true", help="no time and no memory")
    parser.add_argument("--verbose", action="store_true", help="name the pages that ended without a body")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")


def main(data: Path, options: argparse.Namespace | None = None) -> None:
    """Measure and print. `options`: as `add_options` describes them, their defaults where None."""
    if options is None:
        parser = argparse.ArgumentParser()
        add_options(parser)
        options = parser.parse_args([])
    names = {"all": list(PEERS), "none": []}.get(options.peers, options.peers.split(","))
    if unknown := set(names) - set(PEERS):
        raise SystemExit(f"--peers: {', '.join(sorted(unknown))}: no such peer; there are {', '.join(PEERS)}")
    with warnings.catch_warnings():
        # Peers warn of their own dependencies, page by page.
        warnings.simplefilter("ignore")
        weights = held_out(data) if options.folds else {}
        report = measure_all(data, names, weights, every_page=options.every_page, quick=options.quick)
    show(report, verbose=options.verbose)
    if options.json:
        options.json.write_text(json.dumps(plain(report), indent=1, ensure_ascii=False), encoding="utf-8")


def measure_all(
    data: Path, peers: Sequence[str], weights: Mapping[str, Weights], *, every_page: bool, quick: bool
) -> Report:
    """Run every tool over every page, in an order that rotates from page to page. `weights`: ours by host, where the
    shipped ones are not to be used.
    """
    tools, missing = choose(peers)
    report = Report(held_out=bool(weights), missing=missing)
    watch = Stopwatch(collect=not quick)
    if not quick:
        warm_up(tools, data)
    ids: dict[str, list[str]] = {name: [] for name in (*SETS, "all")}
    tallies: dict[str, dict[str, Tally]] = {tool.name: {name: Tally() for name in SETS} for tool in tools}
    for index, truth in enumerate(load(data)):
        ids[truth.set].append(truth.id)
        ids["all"].append(truth.id)
        first = index % len(tools)
        for tool in tools[first:] + tools[:first]:
            if index % tool.every == 0 or every_page:
                with using(weights.get(host(truth.url))):
                    result = watch.time(tool, truth.id, tool.prepare(truth))
                tallies[tool.name][truth.set].add(tool.found(result), truth, fields=tool.fields)
                del result
    for tool in tools:
        if tool.name != LIMIT:
            report.tallies[tool.name] = {**tallies[tool.name], "all": together(tallies[tool.name].values())}
    report.intervals = _intervals(report.tallies)
    report.leaks = leaks(data)
    if not quick:
        for tool in tools:
            for name, pages in ids.items():
                if ratio := watch.compare(tool.name, OURS, pages):
                    report.ratios[tool.name, name] = ratio
        report.memory = _memories(tools, data)
    return report


def _intervals(tallies: dict[str, dict[str, Tally]]) -> dict[tuple[str, str, str], Interval]:
    """Return the F1 difference to trafilatura by peer, set and what is resampled."""
    found = {}
    for peer in (DEFAULT, WITH_METADATA):
        if peer not in tallies:
            continue
        for name in (*SETS, "all"):
            mine, theirs = tallies[OURS][name], tallies[peer][name]
            if mine.body.rows:
                pages = [str(index) for index in range(mine.body.pages)]
                for unit, units in (("page", pages), ("host", mine.hosts)):
                    found[peer, name, unit] = bootstrap(mine.body.rows, theirs.body.rows, units)
    return found


def _memories(tools: Sequence[Tool], data: Path) -> dict[str, Memory]:
    found = {}
    for tool in tools:
        if tool.name in {OURS, DEFAULT}:
            try:
                found[tool.name] = memory(tool.name, data.resolve())
            except subprocess.CalledProcessError as error:
                print(f"{tool.name}: its memory could not be measured: {error.stderr[-300:]}")
    return found


def goals(report: Report) -> list[tuple[str, float, Goal, str]]:
    """Return what is measured, its figure, the goal, and a mark where the figure is of pages that were trained on."""
    rows: list[tuple[str, float, Goal, str]] = []
    for (name, figure), goal in GOALS.items():
        value = report.tallies[OURS][name].figures()[figure]
        if value is not None:
            mark = _SEEN if figure in _tally.OF_THE_BODY and not report.held_out else ""
            rows.append((f"{name} {figure}", value, goal, mark))
    for peer in (DEFAULT, WITH_METADATA):
        for unit in ("page", "host"):
            if interval := report.intervals.get((peer, "all", unit)):
                label = f"all F1 - {peer}, lower bound by {unit}"
                rows.append((label, interval.lower, _tally.BETTER_THAN_PEER, "" if report.held_out else _SEEN))
    clean = sum(leak.clean for leak in report.leaks) / len(report.leaks)
    rows.append(("teaser pages clean and whole", clean, _tally.TEASERS, ""))
    for peer, goal in ((DEFAULT, _tally.SPEED_DEFAULT), (WITH_METADATA, _tally.SPEED_METADATA)):
        if ratio := report.ratios.get((peer, "all")):
            rows.append((f"times as fast as {peer}", ratio.total, goal, ""))
    if OURS in report.memory:
        rows.append(("memory growth, MB", report.memory[OURS].growth / 1024, _tally.GROWTH_MB, ""))
    return rows


def show(report: Report, *, verbose: bool) -> None:
    """Print the report."""
    if report.missing:
        print("not installed, not compared (extra bench):", ", ".join(report.missing))
    weights = "of folds by host" if report.held_out else "as shipped: they were trained on these pages (seen)"
    print(f"\nQuality; ours with weights {weights}; slow peers read a sample")
    print("Features, rules and cuts were chosen on these pages, whatever the weights were trained on.")
    columns = list(Tally().figures())
    print(f"{'':8} {'':17}" + "".join(f"{column:>8}" for column in columns))
    for name in (*SETS, "all"):
        for tool, sets in report.tallies.items():
            cells = "".join(_cell(value) for value in sets[name].figures().values())
            print(f"{name:8} {tool:17}{cells}")
    if report.intervals:
        print("\nF1 of ours - theirs, 95 % of 2,000 paired resamples")
    for (peer, name, unit), interval in report.intervals.items():
        bounds = f"[{interval.lower:+.4f}, {interval.upper:+.4f}]"
        print(f"{name:8} {peer:17} by {unit}  {interval.difference:+.4f} {bounds}")
    print("\nPages with a true body that came back without one (ours)")
    for name in SETS:
        for reason, ids in sorted(report.tallies[OURS][name].reasons.items()):
            print(f"{name:8} {reason:17} {len(ids)}{': ' + ' '.join(ids) if verbose else ''}")
    print("\nTeaser pages (ours)")
    for leak in report.leaks:
        faults = [f"missing: {part[:50]}" for part in leak.missing] + [f"let in: {part}" for part in leak.strangers]
        print(f"{leak.name:26} {'; '.join(faults) or 'clean'}")
    _show_cost(report)
    print("\nGoals: floor (goal beyond)")
    for label, value, goal, mark in goals(report):
        print(f"{label:52} {value:8.4f}  {goal!s:16} {goal.verdict(value)}{f' ({mark})' if mark else ''}")


def _show_cost(report: Report) -> None:
    if report.ratios:
        print("\nCPU time of a page, and as a multiple of ours: of the sums, and the median of the pages' own")
    for (tool, name), ratio in report.ratios.items():
        pace = f"{ratio.milliseconds:9.2f} ms  {1000 / ratio.milliseconds:7.0f} pages/s"
        print(f"{name:8} {tool:17} {ratio.pages:5} pages {pace}  {ratio.total:7.2f} x  {ratio.median:7.2f} x")
    if report.memory:
        print("\nResident memory of a fresh process after 30 pages, and what 300 more add")
    for tool, used in report.memory.items():
        print(f"{'':8} {tool:17} {used.base / 1024:6.1f} MB  +{used.growth / 1024:.1f} MB")


def _cell(value: float | None) -> str:
    if value is None:
        return f"{'-':>8}"
    return f"{value:8d}" if isinstance(value, int) else f"{value:8.4f}"


def plain(report: Report) -> dict[str, Any]:
    """Return the report as what JSON can hold."""
    mine = report.tallies[OURS]
    return {
        "held_out": report.held_out,
        "missing": report.missing,
        "quality": {tool: {name: t.figures() for name, t in sets.items()} for tool, sets in report.tallies.items()},
        "f1_difference": [
            {"peer": peer, "set": name, "by": unit, **asdict(interval)}
            for (peer, name, unit), interval in report.intervals.items()
        ],
        "no_body": {name: mine[name].reasons for name in SETS},
        "teasers": [asdict(leak) for leak in report.leaks],
        "speed": [{"tool": tool, "set": name, **asdict(ratio)} for (tool, name), ratio in report.ratios.items()],
        "memory_kb": {tool: asdict(used) for tool, used in report.memory.items()},
        "goals": [
            {"what": label, "value": value, "goal": str(goal), "verdict": goal.verdict(value), "mark": mark}
            for label, value, goal, mark in goals(report)
        ],
    }
