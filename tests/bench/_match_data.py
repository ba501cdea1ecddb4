"""Articles, rules and phrases of the benchmark of matching, the bare automaton, and a clock of CPU time."""

from __future__ import annotations

import gc
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import QueryError
from monitor.model import Article, Block, Role, Rule
from monitor.query import parse
from monitor.query_tree import And, Near, Node, Term, leaves

ROUNDS = 3
KINDS = ("sparse", "dense")
_CHUNK = 1_000

Place = tuple[int, int, int]


@dataclass
class Rules:
    """Rules in the order of their file. `terms`: the patterns of each. `names`: of each those that it cannot do
    without. `parsing`: CPU seconds for all. `refused`: how many the language does not read.
    """

    rules: list[Rule]
    terms: list[tuple[str, ...]]
    names: list[tuple[str, ...]]
    parsing: float
    refused: int


def articles(data: Path, count: int) -> list[Article]:
    """Return the first so many articles: a block for each line, no title."""
    found = []
    for row in _lines(data / "match" / "articles.jsonl.gz", count):
        blocks = tuple(Block(Role.BODY, " ".join(part.split())) for part in row["text"].split("\n") if part.strip())
        found.append(Article("https://a.example/", "", row.get("lang"), blocks))
    return found


def queries(data: Path, kind: str) -> list[Rule]:
    """Return the rules as they are written, read by nobody yet."""
    return [Rule(row["id"], row["query"]) for row in _lines(data / "match" / f"rules-{kind}.jsonl.gz")]


def rules(data: Path, kind: str) -> Rules:
    """Return the rules that the language reads, parsed at a time that is measured."""
    found = Rules([], [], [], 0.0, 0)
    written = queries(data, kind)
    for first in range(0, len(written), _CHUNK):
        chunk = written[first : first + _CHUNK]
        began = time.process_time()
        roots = list(map(_root, chunk))
        found.parsing += time.process_time() - began
        for rule, root in zip(chunk, roots, strict=True):
            if root is None:
                found.refused += 1
                continue
            found.rules.append(rule)
            found.terms.append(_patterns(root))
            found.names.append(_patterns(_necessary(root)))
    return found


def unique(patterns: Sequence[tuple[str, ...]]) -> list[str]:
    """Return all patterns, each once, in order."""
    return list(dict.fromkeys(pattern for some in patterns for pattern in some))


class Bare:
    """What matching costs at the least: case folded, every place of every pattern, kept where words begin and end."""

    def __init__(self, patterns: Sequence[str]) -> None:
        from ahocorasick_rs import AhoCorasick

        self._automaton = AhoCorasick(patterns)

    def find(self, text: str) -> list[Place]:
        """Return each place as (index of the pattern, start, end) in the folded text between two spaces."""
        folded = f" {text.casefold()} "
        return [
            (index, start, end)
            for index, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            if not folded[start - 1].isalnum() and not folded[end].isalnum()
        ]


def best(
    runs: Sequence[Callable[[], object]], rounds: int = ROUNDS, warm: Callable[[], object] | None = None
) -> list[float]:
    """Run all of them in turn, so many times, and return the least CPU seconds of each. `warm`: run before each, at
    nobody's cost, where a run is so short that it would be measured with cold caches.
    """
    least = [float("inf")] * len(runs)
    for _ in range(rounds):
        for number, run in enumerate(runs):
            gc.collect()
            if warm is not None:
                warm()
            began = time.process_time()
            run()
            least[number] = min(least[number], time.process_time() - began)
    return least


def over(run: Callable[[Any], object], inputs: Sequence[Any]) -> Callable[[], None]:
    """Return a run over all inputs."""

    def every() -> None:
        for one in inputs:
            run(one)

    return every


def tick() -> float:
    """Return what one look at the clock of CPU time costs, in seconds."""
    clock = time.process_time
    spent = []
    for _ in range(20_000):
        began = clock()
        spent.append(clock() - began)
    return sorted(spent)[len(spent) // 2]


def say(*parts: object) -> None:
    """Print a line that whoever waits sees at once."""
    print(*parts, flush=True)


def _root(rule: Rule) -> Node | None:
    try:
        return parse(rule.query).root
    except QueryError:
        return None


def _patterns(node: Node) -> tuple[str, ...]:
    return tuple(leaf.pattern for leaf in leaves(node) if isinstance(leaf, Term))


def _necessary(node: Node) -> Node:
    """Return the part that names something: of AND and NEAR the first, the others hold common words."""
    while isinstance(node, And | Near):
        node = node.parts[0] if isinstance(node, And) else node.left
    return node


def _lines(path: Path, count: int | None = None) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number == count:
                break
            yield json.loads(line)
