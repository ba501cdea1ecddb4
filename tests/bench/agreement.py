"""3,000 rules on 200 articles: the engine beside the brute-force evaluator of tests/match/brute.py, pair by pair."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from monitor.match.engine import Matcher
from monitor.model import Article, Rule
from tests.bench._match_data import articles, rules
from tests.match import brute

RULES, ARTICLES = 3_000, 200


def main(data: Path) -> None:
    """Compare, and print every pair on which the two differ."""
    started = time.perf_counter()
    known = articles(data, ARTICLES)
    for kind in ("dense", "sparse"):
        chosen = rules(data, kind).rules[:RULES]
        pairs = hits = 0
        wrong: list[str] = []
        with ProcessPoolExecutor(2) as pool:
            for found, bad in pool.map(partial(_compare, chosen), known):
                pairs += len(chosen)
                hits += found
                wrong += bad
        print(
            f"{kind}: {pairs:,} pairs, {hits} hits, {len(wrong)} differ, {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        for line in wrong[:20]:
            print(f"  {line}", flush=True)


def _compare(chosen: list[Rule], article: Article) -> tuple[int, list[str]]:
    found = {hit.rule_id for hit in Matcher(chosen).match(article)}
    wanted = {rule.id for rule in chosen if brute.holds(rule, article)}
    return len(wanted), [f"{name} on {article.title or article.body[:40]!r}" for name in found ^ wanted]
