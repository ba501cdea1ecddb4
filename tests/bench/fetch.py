"""Fetching beside its peers: feeds (do we read what feedparser reads, and at what cost), what a request and a poll cost.

Ratios are of CPU time within one run; the machine is shared.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.bench._clients import CLIENTS, show_clients
from tests.bench._feeds import installed, show_agreement, show_speed
from tests.bench._polls import show_polls


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--part", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    parser.add_argument(
        "--corpus", type=Path, metavar="DIR", help="a folder of test feeds: tests/ of feedparser's source"
    )
    parser.add_argument("--verbose", action="store_true", help="name what disagrees")


def main(data: Path, options: argparse.Namespace | None = None) -> None:
    """Measure and print. `options`: as `add_options` describes them, their defaults where None."""
    if options is None:
        parser = argparse.ArgumentParser()
        add_options(parser)
        options = parser.parse_args([])
    parts = options.part.split(",")
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"--part: {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    for part in parts:
        PARTS[part](data, options)


def _feeds(_data: Path, options: argparse.Namespace) -> None:
    peers = installed(("feedparser", "fastfeedparser"))
    if options.corpus is None or not options.corpus.is_dir():
        print("agreement: not run, --corpus names no folder of feeds")
    elif "feedparser" in peers:
        show_agreement(options.corpus, verbose=options.verbose)
    show_speed(peers)


def _clients(_data: Path, _options: argparse.Namespace) -> None:
    peers = installed(tuple(name for name in CLIENTS.values() if name != CLIENTS["ours"]))
    show_clients(["ours", *(name for name, library in CLIENTS.items() if library in peers)])


PARTS: dict[str, Callable[[Path, argparse.Namespace], None]] = {
    "feeds": _feeds,
    "clients": _clients,
    "polls": show_polls,
}
