"""Articles and groups of them as vectors: how alike they are, and which groups may be near an article.

Three channels (words, capitalised words, numbers) are compared apart by the cosine of tf-idf and then weighed
together. A group's row holds the sum of its members' term weights without idf, which is applied when it is compared:
so a row follows from its members alone, whatever came in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from monitor.story.index import Index
from monitor.story.terms import SIZE, Ids, Packed, Terms, Weights, every, language, salt, terms, weigh
from monitor.story.traits import HASH_BITS

# Columns of a row by channel: a centroid's heaviest terms.
COLUMNS = (96, 40, 14)
WIDTH = sum(COLUMNS)
_STARTS = (0, COLUMNS[0], COLUMNS[0] + COLUMNS[1], WIDTH)
_FIRST = _STARTS[:-1]
_ONES = np.ones(len(COLUMNS), np.float32)
_NONE, _HALF = np.float32(1e-9), np.float32(0.5)
# A term of a row is a number of 32 bits, half of what it takes apart: 20 of its id, 12 of its weight. Of one article
# that is what it was packed with; of several it is to within 1/8190 of the channel's heaviest.
_SHIFT, _HEAVIEST = np.uint32(12), np.uint32((1 << 12) - 1)
_CHANNELS = np.arange(1, len(COLUMNS)) << HASH_BITS


@dataclass(frozen=True, slots=True)
class Setting:
    """How alike articles are. `channels`: weight of words, capitalised words and numbers. `unseen`, `given`: articles
    taken for granted, and in how many of them each term stood: the name that an event's ten articles share must not
    weigh less than a word that stands in one.
    """

    channels: tuple[float, float, float] = (1.2, 1.2, 0.6)
    unseen: float = 200.0
    given: float = 10.0
    # Heaviest terms of a group by which it is found; of an article by which it looks; groups compared in full.
    posted: int = 24
    asked: int = 24
    candidates: int = 10
    # A term by which more groups would be found says nothing.
    crowded: int = 100


@dataclass(frozen=True, slots=True)
class Query:
    """An article ready to be compared: unit vectors by channel, idf in them; `mass`: weight of the channels it has."""

    terms: Terms
    weights: Weights
    mass: float


class Space:
    """The rows of groups and in how many articles each term stands. One owner."""

    def __init__(self, setting: Setting | None = None) -> None:
        self.setting = setting or Setting()
        # Logarithms of in how many articles each term stands, those taken for granted among them: each comparison asks
        # for hundreds. The numbers themselves are had back from them: a third less room.
        self._logs = np.full(SIZE, log(self.setting.given), np.float32)
        self._shares = np.asarray(self.setting.channels, np.float32)
        self._articles: dict[bytes, int] = {}
        self._scratch = np.zeros(SIZE, np.float32)
        self._rows = np.zeros((256, WIDTH), np.uint32)
        self._free: list[int] = []
        self._used = 0
        self._posted = Index()

    # ---- how rare terms are

    def count(self, terms: Terms, change: int) -> None:
        """Take an article into the count of terms (1), or out of it (-1)."""
        # A float's logarithm of a number below 65,536 is told from that of the next.
        held = np.rint(np.exp(self._logs[terms.ids]) - self.setting.given) + change
        self._logs[terms.ids] = np.log(held + np.float64(self.setting.given))
        self._articles[terms.language] = self._articles.get(terms.language, 0) + change

    def known(self, language: bytes) -> int:
        """Return how many live articles a language has."""
        return self._articles.get(language, 0)

    def rarity(self, ids: Ids, language: bytes) -> Weights:
        """Return the idf of terms in a language."""
        total = self._articles.get(language, 0) + self.setting.unseen
        rarity: Weights = np.float32(log(total)) - self._logs.take(ids)
        return np.maximum(rarity, 0.0, out=rarity)

    def query(self, terms: Terms) -> Query:
        """Make an article ready to be compared."""
        weights = terms.weights * self.rarity(terms.ids, terms.language)
        mass = 0.0
        for share, start, end in zip(self.setting.channels, terms.cuts, terms.cuts[1:], strict=False):
            length = sqrt(np.dot(weights[start:end], weights[start:end]))
            if length:
                weights[start:end] *= share / length
                mass += share
        return Query(terms, weights, mass)

    # ---- rows

    def take(self) -> int:
        """Return the number of a free row."""
        if self._free:
            return self._free.pop()
        if self._used == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros((self._used // 8, WIDTH), np.uint32)])
        self._used += 1
        return self._used - 1

    def drop(self, row: int) -> None:
        """Give a row back."""
        self._posted.drop(row)
        self._rows[row] = 0
        self._free.append(row)

    def fill(self, row: int, members: Sequence[bytes]) -> None:
        """Make a row the sum of these articles that are held."""
        ids, weights = self.summed(members)
        heavy = weights * self.rarity(ids, language(members[0]))
        lengths = np.sqrt(np.add.reduceat(heavy * heavy, _FIRST))
        heavy *= np.repeat(self._shares / np.maximum(lengths, _NONE), COLUMNS)
        if len(members) == 1:
            # They come out as they were packed.
            scales: Weights = np.array(weigh(members[0]), np.float32)
        else:
            scales = np.asarray(_HEAVIEST / np.maximum(np.maximum.reduceat(weights, _FIRST), _NONE), np.float32)
        whole = (weights * np.repeat(scales, COLUMNS) + _HALF).astype(np.uint32)
        self._rows[row] = ids.astype(np.uint32) << _SHIFT | np.maximum(whole, weights > 0)
        top = heavy.argpartition(-self.setting.posted)[-self.setting.posted :]
        self._posted.drop(row)
        self._posted.put(row, ids[top[heavy[top] > 0]].tolist())

    def summed(self, members: Sequence[bytes]) -> tuple[Ids, Weights]:
        """Return the sum of articles that are held as a row: each channel's heaviest terms in a place of its own."""
        ids, weights = np.zeros(WIDTH, np.intp), np.zeros(WIDTH, np.float32)
        if len(members) == 1:
            one = terms(members[0])
            found, sums, cuts = one.ids, one.weights, one.cuts
        else:
            each, weight = every(members)
            found, where = np.unique(each, return_inverse=True)
            sums = np.bincount(where, weight).astype(np.float32)
            cuts = (0, *found.searchsorted(_CHANNELS).tolist(), len(found))
        for start, end, at, room in zip(cuts, cuts[1:], _FIRST, COLUMNS, strict=False):
            some, weight = found[start:end], sums[start:end]
            if len(some) > room:
                rare = weight * self.rarity(some, language(members[0]))
                best = rare.argpartition(-room)[-room:]
                some, weight = some[best], weight[best]
            ids[at : at + len(some)] = some
            weights[at : at + len(some)] = weight
        return ids, weights

    def names(self, row: int, own: bytes, language: bytes) -> Terms:
        """Return a row's capitalised words and numbers as an article of another language would have them."""
        ids, weights = _apart(self._rows[row, _STARTS[1] :])
        there = weights > 0
        capitals = int(there[: COLUMNS[1]].sum())
        renamed = ids[there] ^ (salt(own) ^ salt(language))
        return Terms(language, renamed, weights[there], (0, 0, capitals, len(renamed)))

    def languages(self) -> list[bytes]:
        """Return the languages of live articles."""
        return sorted(language for language, count in self._articles.items() if language and count > 0)

    # ---- comparing

    def near(self, query: Query) -> list[int]:
        """Return the rows that share an article's heaviest terms, the most promising first."""
        setting, ids, weights = self.setting, query.terms.ids, query.weights
        top = weights.argpartition(-setting.asked)[-setting.asked :] if len(weights) > setting.asked else slice(None)
        places, rows, _ = self._posted.find(ids[top].astype(np.uint32), setting.crowded)
        if not len(rows):
            return []
        scores = np.bincount(rows, (weights[top] ** 2).astype(np.float64)[places])
        lists = 1 + int(np.count_nonzero(places[1:] != places[:-1]))
        best = rows[(-scores[rows]).argsort(kind="stable")[: lists * setting.candidates]]
        return list(islice(dict.fromkeys(best.tolist()), setting.candidates))

    def alike(self, query: Query, rows: Sequence[int]) -> Weights:
        """Return how alike an article is to each of these rows, in [0, 1]."""
        return self._compare(query, *_apart(self._rows.take(rows, axis=0)))

    def rarest_name(self, query: Query, row: int) -> float:
        """Return how rare the rarest capitalised word is that an article and a row have both: 1 where it stands in one
        article of the language, 0 where it stands in all, or where there is none.
        """
        names = slice(_STARTS[1], _STARTS[2])
        start, end = query.terms.cuts[1:3]
        ids, weights = _apart(self._rows[row, names])
        shared = ids[self._among(ids, query.terms.ids[start:end]) & (weights > 0)]
        if not len(shared):
            return 0.0
        most = log((self.known(query.terms.language) + self.setting.unseen) / (self.setting.given + 1))
        return float(self.rarity(shared, query.terms.language).max()) / most

    def alike_to(self, query: Query, members: Sequence[bytes]) -> float:
        """Return how alike an article is to the sum of these that are held."""
        ids, weights = self.summed(members)
        return float(self._compare(query, ids[None], weights[None])[0])

    def agreement(self, a: Terms, b: Terms) -> float:
        """Return what share of the terms of one article, by rarity, stands in the other: in the channel where it is
        least, of the article that has fewer; 1 where neither has two terms or they are of different languages.
        """
        least = 1.0
        if a.language == b.language:
            for channel in range(len(COLUMNS)):
                this = a.ids[a.cuts[channel] : a.cuts[channel + 1]]
                other = b.ids[b.cuts[channel] : b.cuts[channel + 1]]
                worth = self.rarity(this, a.language)
                whole = min(float(worth.sum()), float(self.rarity(other, a.language).sum()))
                if min(len(this), len(other)) >= 2 and whole > 0:
                    least = min(least, float(worth[self._among(this, other)].sum()) / whole)
        return least

    def _among(self, ids: Ids, others: Ids) -> NDArray[np.bool_]:
        """Say which ids are among others; numpy's isin takes five times as long."""
        self._scratch[others] = 1.0
        there: NDArray[np.bool_] = self._scratch.take(ids) > 0
        self._scratch[others] = 0.0
        return there

    def _compare(self, query: Query, ids: Ids, weights: Weights) -> Weights:
        self._scratch[query.terms.ids] = query.weights
        rare = self.rarity(ids, query.terms.language)
        rare *= weights
        shared = self._scratch.take(ids)
        shared *= rare
        self._scratch[query.terms.ids] = 0.0
        rare *= rare
        products = np.add.reduceat(shared, _FIRST, axis=1)
        lengths = np.sqrt(np.add.reduceat(rare, _FIRST, axis=1))
        mass = np.sign(lengths).dot(self._shares) * np.float32(query.mass)
        total = (products / np.maximum(lengths, _NONE)).dot(_ONES)
        return np.asarray(total / np.sqrt(np.maximum(mass, _NONE)), np.float32)


def _apart(row: Packed) -> tuple[Ids, Weights]:
    """Return the ids and the weights of a row, or of several."""
    return (row >> _SHIFT).astype(np.intp), (row & _HEAVIEST).astype(np.float32)
