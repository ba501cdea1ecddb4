"""An archive as years of running leave it: texts recombined sentence by sentence, hits, stories, links.

Recombination repeats sentences, which makes words denser and texts easier to compress than news are: times come out
pessimistic, sizes of bodies optimistic. Everything is written through the Store port, as the line writes it.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from monitor.model import Article, Block, Evidence, Hit, Link, LinkState, Outlet, Role, Source, Standing, Traits
from monitor.parse.digest import mark, title_key
from monitor.store.sqlite import SqliteStore
from monitor.views import LinkOutcome, Placement, PlacementReason

END = datetime(2026, 11, 1, tzinfo=UTC)
DAYS, OUTLETS, RULES = 365, 200, 220
MEAN_BYTES = 3_100
GROUP = 20
WINDOW = timedelta(days=7)
_SENTENCE_END = re.compile(r"(?<=[.!?።])\s+|\n+")


@dataclass
class Texts:
    """Sentences by language, and how often each language comes."""

    pools: dict[str, list[str]]
    weights: list[int]

    @classmethod
    def load(cls, data: Path) -> Texts:
        pools: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        with gzip.open(data / "match" / "articles.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                language = {"eng": "en"}.get(row["lang"], row["lang"])
                sentences = [one.strip() for one in _SENTENCE_END.split(row["text"]) if len(one.strip()) > 20]
                pools.setdefault(language, []).extend(sentences)
                counts[language] = counts.get(language, 0) + 1
        return cls(pools, list(accumulate(counts.values())))


def articles(texts: Texts, count: int, seed: int = 1) -> Iterator[tuple[Article, datetime]]:
    """Yield articles with when they were fetched, evenly over the year before END."""
    rng = random.Random(seed)
    languages = list(texts.pools)
    step = timedelta(days=DAYS) / count
    for number in range(count):
        language = rng.choices(languages, cum_weights=texts.weights)[0]
        pool = texts.pools[language]
        size, wanted, paragraphs = 0, max(400.0, rng.gauss(MEAN_BYTES - 260, 900)), []
        while size < wanted:
            start = rng.randrange(len(pool))
            paragraph = " ".join(pool[start : start + rng.randint(1, 3)])
            paragraphs.append(paragraph)
            size += len(paragraph.encode())
        outlet = f"outlet-{rng.randrange(OUTLETS)}"
        title = rng.choice(pool)[:80]
        at = END - timedelta(days=DAYS) + step * number
        url = f"https://www.{outlet}.example/news/{at:%Y/%m/%d}/{_slug(title)}-{number}"
        blocks = tuple(Block(Role.BODY, text) for text in paragraphs)
        article = Article(
            url, title, language, blocks, canonical_url=url, authors=("A. Reporter",), outlet=outlet,
            published=at - timedelta(minutes=rng.randint(1, 90)), section="world", content_hash=mark(outlet, url),
        )  # fmt: skip
        yield article, at


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower())[:50].strip("-") or "article"


@dataclass
class Built:
    """How building went: seconds spent in transactions, and of the last tenth of the articles."""

    articles: int = 0
    hits: int = 0
    text_bytes: int = 0
    seconds: float = 0.0
    last: float = 0.0


class Writer:
    """Writes articles through the Store port, as the line does: a transaction a group."""

    def __init__(self, path: Path) -> None:
        self.store = SqliteStore.open(path)
        self._rng = random.Random(2)
        self._stories: list[str] = []
        feeds = {f"outlet-{n}": Source(f"https://www.outlet-{n}.example/feed") for n in range(OUTLETS)}
        with self.store.transaction():
            self.store.outlets.sync([Outlet(name, sources=(feed,)) for name, feed in feeds.items()], END)
        with closing(sqlite3.connect(path)) as raw:
            self._sources: dict[str, int] = dict(raw.execute("SELECT outlet_id, id FROM sources"))

    def write(self, group: Sequence[tuple[Article, datetime]]) -> int:
        """Write a group; return how many hits it had."""
        with self.store.transaction():
            return sum(_write(self.store, one, at, self._rng, self._stories, self._sources) for one, at in group)

    def close(self) -> None:
        self.store.close()


def build(path: Path, texts: Texts, count: int) -> Built:
    """Write an archive of `count` articles and half as many hits."""
    writer, built = Writer(path), Built()
    group: list[tuple[Article, datetime]] = []
    day = END - timedelta(days=DAYS)
    for article, at in articles(texts, count):
        group.append((article, at))
        built.text_bytes += len((article.title + article.body).encode())
        if len(group) < GROUP and built.articles + len(group) < count:
            continue
        begun = time.perf_counter()
        built.hits += writer.write(group)
        if at - day >= timedelta(days=1):
            day = at
            _tend(writer.store, at)
        spent = time.perf_counter() - begun
        built.articles += len(group)
        built.seconds += spent
        built.last += spent * (built.articles > 0.9 * count)
        group.clear()
    writer.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("ANALYZE")
        raw.commit()
    return built


def _tend(store: SqliteStore, at: datetime) -> None:
    """What the daemon does now and then: dictionaries, and what ended stories were compared by."""
    for language in store.bodies.untrained():
        with store.transaction():
            store.bodies.train(language, at)
    with store.transaction():
        store.stories.forget_traits(at - WINDOW, limit=1_000_000)


def _write(
    store: SqliteStore, article: Article, at: datetime, rng: random.Random, stories: list[str], sources: dict[str, int]
) -> int:
    link = Link(
        article.outlet, f"https://www.{article.outlet}.example/feed", article.url, article.url, guid=article.url,
        title=article.title, published=article.published, title_key=title_key(article.title),
    )  # fmt: skip
    (added,) = store.links.add([link], sources[article.outlet], at, lease=600)
    saved = store.articles.save(article, fetched_at=at, standing=Standing.LIVE)
    own = mark(article.outlet, article.url)
    joins = bool(stories) and rng.random() < 0.4
    story = rng.choice(stories) if joins else own
    if not joins:
        stories.append(own)
        del stories[:-2_000]
    traits = Traits(tuple(sorted(rng.getrandbits(63) for _ in range(128))), rng.randbytes(1_300))
    reason = PlacementReason.SAME_EVENT if joins else PlacementReason.NEW
    store.stories.place(Placement(story, reason, own, at=at, traits=traits), saved.article_id, at)
    chance = rng.random()
    wanted = 0 if chance > 0.4 else 1 if chance > 0.12 else 2
    rules = {f"rule-{min(int(rng.paretovariate(0.6)), RULES)}" for _ in range(wanted)}
    hits = [_hit(article, rule, saved.article_id, story, at, rng) for rule in sorted(rules)]
    store.hits.add(hits)
    store.links.finish(LinkOutcome(added.id, LinkState.READ, 1, article_id=saved.article_id))
    return len(hits)


def _hit(article: Article, rule: str, number: int, story: str, at: datetime, rng: random.Random) -> Hit:
    block = rng.randrange(len(article.blocks))
    quote = article.blocks[block].text[:300]
    word = rng.choice(quote.split())
    start = quote.index(word)
    span = (start, start + len(word))
    evidence = Evidence(word, "body", span, block, (0, len(quote)), word, quote=quote, mark=span)
    return Hit(rule, (evidence,), "0123456789ab", article_id=number, revision=1, found_at=at, story_id=story)
