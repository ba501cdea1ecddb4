"""Rules against articles: the whole engine beside a bare automaton, how cost grows, phases, edits, memory, peers.

All in CPU time of one thread. The machine is shared: what is compared ran in turn, and only ratios mean something.
The bare automaton folds the case and finds every term of every rule, as whole words; it knows no AND and no evidence.
"""

from __future__ import annotations

import argparse
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitor.match.engine import Matcher
from monitor.model import Article
from tests.bench._match_data import KINDS, Bare, Rules, articles, best, over, rules, say, tick, unique
from tests.bench._match_memory import NONE, used
from tests.bench._match_parts import edits, phases
from tests.bench._match_peers import compare

SIZES = (10, 1_000, 10_000, 100_000)
BASE = 1_000
_ENOUGH = 100
PARTS = ("scale", "phases", "edits", "memory", "peers")


@dataclass
class Sample:
    """What one number of rules costs, in seconds an article. `spent`, `hits`: article by article."""

    product: float
    bare: float
    spent: npt.NDArray[np.float64]
    hits: npt.NDArray[np.int64]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--articles", type=int, default=3_000, help="how many of the articles")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")


def main(data: Path, options: argparse.Namespace | None = None) -> None:
    """Measure and print. `options`: as `add_options` describes them, their defaults where None."""
    if options is None:
        parser = argparse.ArgumentParser()
        add_options(parser)
        options = parser.parse_args([])
    parts = options.only.split(",")
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"--only: {', '.join(sorted(unknown))}: there are {', '.join(PARTS)}")
    known = articles(data, options.articles)
    size = sum(len(article.body.encode()) for article in known) / len(known)
    say(f"{len(known):,} articles of {size:,.0f} bytes, {sum(len(a.blocks) for a in known) / len(known):.1f} blocks")
    # Tables are made at the first article.
    Matcher([]).match(known[0])
    names: list[str] = []
    for kind in KINDS:
        names = measure(kind, rules(data, kind), known, parts) or names
    if "memory" in parts:
        _memory(data)
    if "peers" in parts:
        say("\nPhrases of the sparse rules, each peer beside the product with the same as rules")
        compare(names, _fitting(len(names)), known)


def measure(kind: str, known: Rules, read: Sequence[Article], parts: Sequence[str]) -> list[str]:
    """Print all that is measured with one kind of rules. Return the phrases of the sparse."""
    say(f"\n{kind}: {len(known.rules):,} rules, {known.refused} refused")
    texts = [article.body for article in read]
    samples: dict[int, Sample] = {}
    matcher = Matcher([])
    for count in _fitting(len(known.rules)):
        if "scale" not in parts and (count < len(known.rules) or not {"phases", "edits"} & set(parts)):
            continue
        some = known.rules[:count]
        began = time.process_time()
        matcher = Matcher(some)
        built = time.process_time() - began
        if "scale" in parts:
            samples[count] = _sample(matcher, Bare(unique(known.terms[:count])), read, texts)
            _say_sample(f"{kind} {count:>7,} rules", samples[count], samples[min(samples)], texts)
        if count == len(known.rules):
            parsing = known.parsing
            say(f"{kind} {count:>7,} rules: parse {parsing:.2f} s, compile {built - parsing:.2f} s, both {built:.2f} s")
        if "phases" in parts and count >= BASE:
            phases(f"{kind} {count:>7,} rules", matcher, read)
    if samples:
        _say_growth(kind, samples)
    if "edits" in parts and kind == KINDS[0]:
        edits(f"{kind} {len(known.rules):,} rules", matcher, known.rules, read)
    return unique(known.names) if kind == KINDS[0] else []


def _fitting(most: int) -> list[int]:
    """Return the sizes that there are rules for, the last at least in part."""
    return sorted({min(size, most) for size in SIZES})


def _sample(matcher: Matcher, bare: Bare, read: Sequence[Article], texts: Sequence[str]) -> Sample:
    product, limit = best([over(matcher.match, read), over(bare.find, texts)])
    clock, look = time.process_time, tick()
    spent, hits = [], []
    for article in read:
        began = clock()
        found = matcher.match(article)
        spent.append(clock() - began - look)
        hits.append(len(found))
    return Sample(product / len(read), limit / len(read), np.array(spent), np.array(hits))


def _say_sample(label: str, sample: Sample, fewest: Sample, texts: Sequence[str]) -> None:
    hits = sample.hits.mean()
    line = (
        f"{label}: {sample.product * 1e6:7.1f} us an article, {1 / sample.product:7,.0f} docs/s; "
        f"{sample.bare / sample.product:5.2f} x as fast as bare ({sample.bare * 1e6:.1f} us); "
        f"{hits:.2f} hits an article"
    )
    if hits > 0.05:
        # What an article costs is its base, so much a character, and so much a hit.
        columns = np.column_stack([np.ones(len(texts)), list(map(len, texts)), sample.hits])
        slope = np.linalg.lstsq(columns, sample.spent, rcond=None)[0][2]
        line += f"; a match {slope * 1e6:.1f} us by least squares"
    if hits > 0.5 and sample is not fewest:
        line += f", {(sample.product - fewest.product) / hits * 1e6:.1f} us beyond the fewest rules"
    say(line)


def _say_growth(kind: str, samples: dict[int, Sample]) -> None:
    small, large = samples.get(BASE), samples[max(samples)]
    if small is None or small is large:
        return
    line = (
        f"{kind}: time({max(samples):,}) / time({BASE:,}): product {large.product / small.product:.2f}, "
        f"bare {large.bare / small.bare:.2f}"
    )
    if (without := large.hits == 0).sum() >= _ENOUGH:
        none, few = large.spent[without], small.spent[without]
        line += (
            f"; the {without.sum():,} articles without a match {none.sum() / few.sum():.2f} "
            f"({few.mean() * 1e6:.1f} to {none.mean() * 1e6:.1f} us)"
        )
    say(line)


def _memory(data: Path) -> None:
    say("\nResident memory of a fresh process")
    try:
        base = used(NONE, data)
        say(f"no rules: {base.kept / 1024:.1f} MB")
        for kind in KINDS:
            taken = used(kind, data)
            say(
                f"{kind}: +{(taken.kept - base.kept) / 1024:.1f} MB, at its peak "
                f"+{(taken.peak - base.peak) / 1024:.1f} MB; parsed and compiled in {taken.built:.2f} s"
            )
    except subprocess.CalledProcessError as error:
        say(f"memory could not be measured: {error.stderr[-300:]}")
