"""Good outlets beside hostile ones, or beside every fault, in one pass of `monitor run --once`: what became of them all.

Goals: every good outlet complete and told, each bad one a named error, the loop late by less than 100 ms in 99 of 100
turns, less than 100 MB of growth. The machine is shared: what the loop was held by its own CPU is shown beside.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.hostile.onepass import Pass, one_pass

LATE, GROWN = 0.1, 100_000_000


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--good", type=int, default=200, help="good outlets")
    parser.add_argument(
        "--bad", choices=("few", "all"), default="few", help="hostile outlets: 51, or 453 with every fault"
    )
    parser.add_argument("--deadline", type=float, default=5.0, help="seconds a visit may last")
    parser.add_argument("--verbose", action="store_true", help="name what is not as it must be")


def main(data: Path, options: argparse.Namespace) -> None:
    """Measure and print; `data` is not needed."""
    del data
    with tempfile.TemporaryDirectory() as alone, tempfile.TemporaryDirectory() as beside:
        quiet = one_pass(Path(alone), options.good, "", deadline=options.deadline)
        done = one_pass(Path(beside), options.good, options.bad, deadline=options.deadline)
    for line in show(done, quiet):
        print(line)
    if options.verbose:
        print("\n".join(done.wrong))


def show(done: Pass, quiet: Pass) -> list[str]:
    """Return the figures and what the goals say of them. `quiet`: the same pass without the hostile ones."""

    def verdict(good: bool) -> str:
        return "ok" if good else "short"

    named = ", ".join(f"{count} {reason}" for reason, count in done.reasons.most_common())
    late, held = ([round(value * 1_000, 1) for value in values] for values in (done.late, done.held))
    fine = done.complete == done.told == done.good
    return [
        f"{done.good} good outlets and {done.bad} hostile ones with {done.faults} faults, exit code {done.code}",
        (
            f"    good: {done.complete} complete, {done.told} told: {verdict(fine)}; the last article after {done.last:.1f} s, "
            f"without hostile ones {quiet.last:.1f} s; the pass {done.seconds:.1f} s"
        ),
        f"    not as it must be: {len(done.wrong)}: {verdict(not done.wrong and not done.code)}",
        f"    bad, by what they are told by: {named}",
        (
            f"    the loop was late by {late[0]} ms (median), {late[1]} (p99), {late[2]} (most): {verdict(done.late[1] < LATE)}; "
            f"held by its own CPU {held[0]}, {held[1]}, {held[2]}"
        ),
        (
            f"    memory: {done.before / 1e6:.0f} MB, grew by {done.grown / 1e6:.1f} MB at most: {verdict(done.grown < GROWN)}; "
            f"without hostile ones {quiet.grown / 1e6:.1f} MB; readers forked {done.readers.get('forked', 0)}"
        ),
    ]
