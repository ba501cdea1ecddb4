"""Rules against articles: how the cost grows from 100 to 100,000 rules, and against a loop of compiled regexes."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.model import Article, Block, Role, Rule
from monitor.query import Term, parse

SIZES = (100, 1_000, 10_000, 100_000)


def main(data: Path) -> None:
    articles = _articles(data / "match" / "articles.jsonl.gz")
    for kind in ("sparse", "dense"):
        rules = _rules(data / "match" / f"rules-{kind}.jsonl.gz")
        base = 0.0
        for size in SIZES:
            started = time.process_time()
            matcher = Matcher(rules[:size])
            compiled = time.process_time() - started
            cost, hits = _cost(articles, lambda article, m=matcher: len(m.match(article)))
            base = base or cost
            print(
                f"{kind} {size:>7} rules: compiled in {compiled:5.1f} s, {cost * 1e6:7.0f} us an article "
                f"({cost / base:4.1f} x 100 rules), {hits / len(articles):.2f} hits an article"
            )
    roots = [parse(rule.query).root for rule in rules]
    phrases = [root.text for root in roots if isinstance(root, Term)][:1_000]
    loop = [re.compile(rf"\b{re.escape(phrase)}\b", re.IGNORECASE) for phrase in phrases]
    peer, _ = _cost(articles[:100], lambda article: sum(1 for one in loop if one.search(article.body)))
    ours = Matcher(Rule(str(number), f'"{phrase}"') for number, phrase in enumerate(phrases))
    cost, _ = _cost(articles[:100], lambda article: len(ours.match(article)))
    print(f"{len(phrases)} phrases: {peer / cost:.0f} times as fast as a loop of compiled regexes")


def _cost(articles: list[Article], run: Callable[[Article], int]) -> tuple[float, int]:
    started = time.process_time()
    hits = sum(run(article) for article in articles)
    return (time.process_time() - started) / len(articles), hits


def _articles(path: Path) -> list[Article]:
    found = []
    for row in map(json.loads, gzip.decompress(path.read_bytes()).splitlines()):
        text = row.get("text") or row.get("body") or ""
        blocks = tuple(Block(Role.BODY, " ".join(part.split())) for part in text.split("\n") if part.strip())
        found.append(Article("https://a.example/", row.get("title") or "", row.get("lang"), blocks))
    return found


def _rules(path: Path) -> list[Rule]:
    """Return the rules whose query this version can read; the rest is counted by nobody."""
    rules, refused = [], 0
    for row in map(json.loads, gzip.decompress(path.read_bytes()).splitlines()):
        try:
            parse(row["query"])
        except QueryError:
            refused += 1
            continue
        rules.append(Rule(str(row.get("id", len(rules))), row["query"]))
    print(f"{path.name}: {len(rules)} rules, {refused} use what the language does not have yet")
    return rules
