"""The engine and a brute-force evaluator, written from the documented semantics alone, say the same."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest

from monitor.errors import QueryError
from monitor.match.engine import Matcher
from monitor.model import Article, Entity, Rule
from tests.match import brute, generate

SEED = 20261126


def pair(number: int, seed: int = SEED) -> tuple[str, tuple[Entity, ...], Article]:
    """Return a query, its entities and an article on which it holds or nearly does."""
    rng = random.Random(seed * 1_000_003 + number)
    while True:
        try:
            query, entities = generate.rule(rng)
        except QueryError:
            continue
        article = generate.article(rng, query, entities)
        # The engine has a way of its own for texts of ASCII alone.
        return query, tuple(entities), ascii_only(article) if number % 10 == 0 else article


def ascii_only(article: Article) -> Article:
    """Return the article without any other character."""

    def bare(text: str) -> str:
        return text.encode("ascii", "ignore").decode()

    blocks = tuple(replace(block, text=bare(block.text)) for block in article.blocks)
    return replace(article, title=bare(article.title), standfirst=bare(article.standfirst), blocks=blocks)


def differs(query: str, entities: tuple[Entity, ...], article: Article) -> str:
    """Return how engine and brute force differ, "" where they do not, with the verdict before it."""
    rule = Rule("r", query)
    wanted = brute.places(rule, article, entities)
    hits = Matcher([rule], entities).match(article)
    if (wanted is not None) != bool(hits):
        return f"brute {wanted is not None}, engine {bool(hits)}"
    seen = {
        (e.field, e.block, *e.span) for hit in hits for e in hit.evidence if e.field not in {"outlet", "lang", "url"}
    }
    # Authors have no block, and evidence is what is worth showing of all places.
    known = {(field, None if field == "author" else block, *span) for field, block, *span in wanted or ()}
    return "" if seen <= known else f"places {sorted(map(str, seen - known))}"


@pytest.mark.parametrize("start", range(0, 2_000, 500))
def test_they_agree(start):
    hits = 0
    for number in range(start, start + 500):
        query, entities, article = pair(number)
        assert differs(query, entities, article) == "", (number, query)
        hits += brute.holds(Rule("r", query), article, entities)
    assert 0.25 < hits / 500 < 0.45


def test_many_rules_at_once_say_what_each_says_alone():
    pairs = [pair(number, seed=7) for number in range(150)]
    rules, entities = [], {}
    for number, (query, named, _) in enumerate(pairs):
        # Every pair has entities of its own.
        names = {entity.id: f"{entity.id}-{number}" for entity in named}
        own = query
        for old, new in names.items():
            own = own.replace(f"@{old}", f"@{new}")
        entities |= {
            names[entity.id]: Entity(names[entity.id], entity.names, unless_near=entity.unless_near) for entity in named
        }
        rules.append(Rule(f"r{number}", own))
    everything = Matcher(rules, entities.values())
    edited = Matcher(rules[:50], entities.values())
    edited.amend(rules[50:])
    each = [Matcher([rule], entities.values()) for rule in rules]
    for _, _, article in pairs[::3]:
        alone = [hit for matcher in each for hit in matcher.match(article)]
        assert everything.match(article) == alone
        assert edited.match(article) == alone
        assert everything.held(article) == [hit.rule_id for hit in alone]


def _chunk(start: int) -> tuple[Counter[str], list[str]]:
    counts: Counter[str] = Counter()
    wrong = []
    for number in range(start, start + 500):
        query, entities, article = pair(number)
        if told := differs(query, entities, article):
            wrong.append(f"{number}: {told}: {query}")
        counts["hits"] += brute.holds(Rule("r", query), article, entities)
        counts.update(generate.decides(query, article, entities))
    return counts, wrong


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_they_agree_on_a_hundred_thousand_pairs():
    """A third hit, and each operator decides in 5,000 or more; 15 minutes on two cores."""
    counts: Counter[str] = Counter()
    wrong = []
    with ProcessPoolExecutor(2) as pool:
        for found, bad in pool.map(_chunk, range(0, 100_000, 500)):
            counts += found
            wrong += bad
    print(dict(counts))
    assert wrong == []
    assert 30_000 < counts.pop("hits") < 40_000
    assert min(counts.values()) >= 5_000, counts.most_common()[-5:]
