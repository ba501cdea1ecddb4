"""Other ways to find phrases in a text, each beside the product with the same phrases as rules.

A peer gets what favours it: the text as one string, and case folded by Python where that is faster than by itself. Those that find places that overlap are asked for all; flashtext2 and `re` do not.
"""

from __future__ import annotations

import importlib
import math
import re
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.match.engine import Matcher
from monitor.model import Article, Rule
from tests.bench._match_data import Bare, best, over, say

STOP = 20.0
"""CPU seconds that a peer may take for one size."""
ROUNDS = 2
_BUDGET, _PILOT, _FEWEST, _WARM = 2.0, 3, 10, 100

Found = list[tuple[Any, ...]]
Find = Callable[[str], Found]


@dataclass(frozen=True)
class Peer:
    """`build`: phrases → what finds them, as tuples that begin with the phrase or its number."""

    name: str
    modules: tuple[str, ...]
    build: Callable[[Sequence[str]], Find]


def _spacy(phrases: Sequence[str]) -> Find:
    import spacy
    from spacy.matcher import PhraseMatcher

    language = spacy.blank("xx")
    matcher = PhraseMatcher(language.vocab, attr="LOWER")
    for phrase in phrases:
        matcher.add(phrase, [language.make_doc(phrase)])
    return lambda text: matcher(language.make_doc(text))


def _flashtext(phrases: Sequence[str]) -> Find:
    from flashtext2 import KeywordProcessor

    processor = KeywordProcessor(case_sensitive=False)
    processor.add_keywords_from_iter(phrases)
    return processor.extract_keywords_with_span


def _alternation(phrases: Sequence[str]) -> Find:
    # The longest first: the first alternative that fits is taken.
    longest = sorted(phrases, key=len, reverse=True)
    compiled = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})\b")
    return lambda text: [(match[0], *match.span()) for match in compiled.finditer(text.casefold())]


def _loop(phrases: Sequence[str]) -> Find:
    searches = [re.compile(rf"\b{re.escape(phrase)}\b").search for phrase in phrases]

    def find(text: str) -> Found:
        folded = text.casefold()
        return [(number, *match.span()) for number, search in enumerate(searches) if (match := search(folded))]

    return find


def _hyperscan(phrases: Sequence[str]) -> Find:
    import hyperscan

    patterns = [phrase.encode() for phrase in phrases]
    lengths = list(map(len, patterns))
    database = hyperscan.Database()
    database.compile(patterns, ids=list(range(len(patterns))), elements=len(patterns), literal=True)

    def find(text: str) -> Found:
        data = f" {text.casefold()} ".encode()
        ends: list[tuple[int, int]] = []
        database.scan(data, lambda number, _start, end, _flags, _context: ends.append((number, end)))
        places = [(number, end - lengths[number], end) for number, end in ends]
        return [place for place in places if not _letter_before(data, place[1]) and not _letter_at(data, place[2])]

    return find


_IS_WORD = [chr(code).isalnum() for code in range(128)]


def _letter_at(data: bytes, at: int) -> bool:
    byte = data[at]
    return _IS_WORD[byte] if byte < 128 else data[at : at + 4].decode(errors="ignore")[:1].isalnum()


def _letter_before(data: bytes, at: int) -> bool:
    byte = data[at - 1]
    return _IS_WORD[byte] if byte < 128 else data[at - 4 : at].decode(errors="ignore")[-1:].isalnum()


def _sqlite(phrases: Sequence[str]) -> Find:
    import sqlite3

    base = sqlite3.connect(":memory:", isolation_level=None)
    # One table that holds one article at a time: making it anew takes twice as long.
    base.execute('CREATE VIRTUAL TABLE t USING fts5(text, tokenize="unicode61 remove_diacritics 0")')
    asked = [(phrase, '"{}"'.format(phrase.replace('"', '""'))) for phrase in phrases]

    def find(text: str) -> Found:
        base.execute("DELETE FROM t")
        base.execute("INSERT INTO t VALUES (?)", (text,))
        ask = base.execute
        return [(phrase,) for phrase, query in asked if ask("SELECT 1 FROM t WHERE t MATCH ?", (query,)).fetchone()]

    return find


PEERS = (
    Peer("bare ahocorasick_rs", ("ahocorasick_rs",), lambda phrases: Bare(phrases).find),
    Peer("spaCy PhraseMatcher", ("spacy",), _spacy),
    Peer("flashtext2", ("flashtext2",), _flashtext),
    Peer("one re alternation", (), _alternation),
    Peer("a loop of re", (), _loop),
    Peer("hyperscan literals", ("hyperscan",), _hyperscan),
    Peer("SQLite FTS5", ("sqlite3",), _sqlite),
)


@dataclass
class Size:
    """The product with so many phrases as rules, and the articles to match: as they are and as one string."""

    phrases: Sequence[str]
    matcher: Matcher
    articles: Sequence[Article]
    texts: Sequence[str]


def compare(phrases: Sequence[str], sizes: Sequence[int], articles: Sequence[Article]) -> None:
    """Print every peer beside the product at every size that it can bear."""
    texts = [article.body for article in articles]
    running = _installed()
    taken: dict[str, dict[int, float]] = {peer.name: {} for peer in running}
    for count in sizes:
        some = phrases[:count]
        matcher = Matcher(Rule(str(number), f'"{phrase}"') for number, phrase in enumerate(some))
        size = Size(some, matcher, articles, texts)
        for peer in list(running):
            expected = _expected(taken[peer.name], count)
            if expected > STOP:
                say(f"{count:>7,} phrases  {peer.name:20} stopped: would take {expected:.0f} s")
                running.remove(peer)
                continue
            taken[peer.name][count] = _beside(peer, size)


def _expected(taken: dict[int, float], count: int) -> float:
    """Return how many seconds a size will take, by how they grew with the last two."""
    if len(taken) < 2:
        return 0.0
    small, large = list(taken)[-2:]
    power = math.log(taken[large] / taken[small]) / math.log(large / small)
    return taken[large] * (count / large) ** min(1.0, max(0.0, power))


def _installed() -> list[Peer]:
    found = []
    for peer in PEERS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for module in peer.modules:
                    importlib.import_module(module)
        except ImportError as error:
            say(f"{peer.name}: not installed, not compared ({error})")
        else:
            found.append(peer)
    return found


def _beside(peer: Peer, size: Size) -> float:
    """Print a peer beside the product, on as many articles as it reads in a few seconds. Return what it would take
    with the fewest articles, in seconds.
    """
    count = len(size.phrases)
    began = time.process_time()
    find = peer.build(size.phrases)
    find("")
    built = time.process_time() - began
    some = size.texts[:: max(1, len(size.texts) // _PILOT)]
    (pilot,) = best([over(find, some)], rounds=1)
    # By characters: three articles may well be short ones.
    each = pilot * (sum(map(len, size.texts)) / len(size.texts)) / max(1, sum(map(len, some)))
    fewest = built + each * (_PILOT + ROUNDS * _FEWEST)
    if fewest > STOP:
        say(f"{count:>7,} phrases  {peer.name:20} stopped: would take {fewest:.0f} s")
        return fewest
    step = max(1, len(size.texts) // max(_FEWEST, int(_BUDGET / each)))
    texts, articles = size.texts[::step], size.articles[::step]
    runs = [over(find, texts), over(size.matcher.match, articles)]
    theirs, ours = (
        spent / len(texts) * 1e6 for spent in best(runs, ROUNDS, warm=over(size.matcher.match, size.articles[:_WARM]))
    )
    finds = sum(len({found[0] for found in find(text)}) for text in texts) / len(texts)
    hits = sum(len(size.matcher.match(article)) for article in articles) / len(texts)
    say(
        f"{count:>7,} phrases  {peer.name:20} built in {built:5.2f} s, {theirs:9.1f} us an article, "
        f"{1e6 / theirs:9,.0f} docs/s; product {ours:6.1f} us, {theirs / ours:8.2f} x as fast; "
        f"phrases found {finds:.2f}, product {hits:.2f} an article ({len(texts):,} articles)"
    )
    return built + theirs / 1e6 * (_PILOT + ROUNDS * _FEWEST)
