"""Articles and groups of them as vectors: how alike they are, and which groups may be near an article.

Three channels (words, capitalised words, numbers) are compared apart by the cosine of tf-idf and then weighed
together. A group's row holds the sum of its members' term weights without idf, which is applied when it is compared:
so a row follows from its members alone, whatever came in between.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from monitor.story.traits import HASH_BITS, HEAD, ROOM, VERSION, WEIGHT_BITS

# As long as terms are below 2^31: with np.intp 1.5 kB an article more.
Ids = NDArray[np.int32]
Weights = NDArray[np.float32]

# Columns of a row by channel: a centroid's heaviest terms.
COLUMNS = (96, 40, 14)
WIDTH = sum(COLUMNS)
_STARTS = (0, COLUMNS[0], COLUMNS[0] + COLUMNS[1], WIDTH)
_FIRST = _STARTS[:-1]
_ONES = np.ones(len(COLUMNS), np.float32)
_NONE = np.float32(1e-9)
_SIZE = len(ROOM) << HASH_BITS


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
class Terms:
    """An article's terms. `weights`: a unit vector a channel, without idf. `cuts`: where channels begin and end."""

    language: bytes
    ids: Ids
    weights: Weights
    cuts: tuple[int, int, int, int]

    def __len__(self) -> int:
        return len(self.ids)


def unpack(packed: bytes) -> Terms:
    """Read what traits.pack wrote; nothing where it is of another version or damaged."""
    if len(packed) < HEAD.size or packed[0] != VERSION:
        return Terms(b"", np.zeros(0, np.int32), np.zeros(0, np.float32), (0, 0, 0, 0))
    _, code, words, capitals, numbers = HEAD.unpack_from(packed)
    language = code.rstrip(b"\0")
    raw = np.frombuffer(packed, "<u4", offset=HEAD.size, count=(len(packed) - HEAD.size) // 4)
    cuts = (0, words, words + capitals, min(words + capitals + numbers, len(raw)))
    # Each language has terms of its own: how rare a word is differs, and no two languages meet by accident.
    ids = ((raw >> np.uint32(WEIGHT_BITS)) ^ np.uint32(_salt(language))).astype(np.int32)
    weights = (raw & np.uint32((1 << WEIGHT_BITS) - 1)).astype(np.float32)
    for start, end in pairwise(cuts):
        length = sqrt(np.dot(weights[start:end], weights[start:end]))
        if length:
            weights[start:end] /= length
    return Terms(language, np.minimum(ids, _SIZE - 1), weights, cuts)


def _salt(language: bytes) -> int:
    return int.from_bytes(language[:3], "little") * 0x9E3779B1 >> 12 & ((1 << HASH_BITS) - 1)


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
        self._holders = np.zeros(_SIZE, np.int32)
        # Logarithms of the above, those taken for granted among them: each comparison asks for hundreds.
        self._logs = np.full(_SIZE, np.log(self.setting.given), np.float32)
        self._shares = np.asarray(self.setting.channels, np.float32)
        self._articles: dict[bytes, int] = {}
        self._scratch = np.zeros(_SIZE, np.float32)
        self._ids = np.zeros((256, WIDTH), np.int32)
        self._weights = np.zeros((256, WIDTH), np.float32)
        self._free: list[int] = []
        self._used = 0
        self._posted: dict[int, array[int]] = {}
        self._terms_of: dict[int, list[int]] = {}

    # ---- how rare terms are

    def count(self, terms: Terms, change: int) -> None:
        """Take an article into the count of terms (1), or out of it (-1)."""
        held = self._holders[terms.ids] + change
        self._holders[terms.ids] = held
        self._logs[terms.ids] = np.log(held + np.float32(self.setting.given))
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
        if self._used == len(self._ids):
            more = self._used // 2
            self._ids = np.concatenate([self._ids, np.zeros((more, WIDTH), np.int32)])
            self._weights = np.concatenate([self._weights, np.zeros((more, WIDTH), np.float32)])
        self._used += 1
        return self._used - 1

    def drop(self, row: int) -> None:
        """Give a row back."""
        self._unpost(row)
        self._ids[row] = 0
        self._weights[row] = 0
        self._free.append(row)

    def fill(self, row: int, members: Sequence[Terms]) -> None:
        """Make a row the sum of these."""
        ids, weights = self.summed(members)
        self._ids[row], self._weights[row] = ids, weights
        self._unpost(row)
        heavy = weights * self.rarity(ids, members[0].language)
        for channel, share in enumerate(self.setting.channels):
            part = heavy[_STARTS[channel] : _STARTS[channel + 1]]
            length = sqrt(np.dot(part, part))
            if length:
                part *= share / length
        top = heavy.argpartition(-self.setting.posted)[-self.setting.posted :]
        own: list[int] = ids[top[heavy[top] > 0]].tolist()
        for term in own:
            self._posted.setdefault(term, array("i")).append(row)
        self._terms_of[row] = own

    def _unpost(self, row: int) -> None:
        for term in self._terms_of.pop(row, ()):
            holders = self._posted[term]
            holders.remove(row)
            if not holders:
                del self._posted[term]

    def summed(self, members: Sequence[Terms]) -> tuple[Ids, Weights]:
        """Return the sum of articles as a row: the heaviest terms of each channel, in a place of its own."""
        ids, weights = np.zeros(WIDTH, np.int32), np.zeros(WIDTH, np.float32)
        for channel, room in enumerate(COLUMNS):
            at = _STARTS[channel]
            parts = [(one.cuts[channel], one.cuts[channel + 1], one) for one in members]
            if len(parts) == 1:
                start, end, one = parts[0]
                found, sums = one.ids[start:end], one.weights[start:end]
            else:
                found, where = np.unique(
                    np.concatenate([one.ids[start:end] for start, end, one in parts]), return_inverse=True
                )
                every = np.concatenate([one.weights[start:end] for start, end, one in parts])
                sums = np.bincount(where, every).astype(np.float32)
            if len(found) > room:
                rare = sums * self.rarity(found, members[0].language)
                best = rare.argpartition(-room)[-room:]
                found, sums = found[best], sums[best]
            ids[at : at + len(found)] = found
            weights[at : at + len(found)] = sums
        return ids, weights

    def names(self, row: int, own: bytes, language: bytes) -> Terms:
        """Return a row's capitalised words and numbers as an article of another language would have them."""
        ids, weights = self._ids[row, _STARTS[1] :], self._weights[row, _STARTS[1] :]
        there = weights > 0
        capitals = int(there[: COLUMNS[1]].sum())
        renamed = ids[there] ^ _salt(own) ^ _salt(language)
        return Terms(language, renamed, weights[there], (0, 0, capitals, len(renamed)))

    def languages(self) -> list[bytes]:
        """Return the languages of live articles."""
        return sorted(language for language, count in self._articles.items() if language and count > 0)

    # ---- comparing

    def near(self, query: Query) -> list[int]:
        """Return the rows that share an article's heaviest terms, the most promising first."""
        setting, ids, weights = self.setting, query.terms.ids, query.weights
        top = weights.argpartition(-setting.asked)[-setting.asked :] if len(weights) > setting.asked else slice(None)
        lists: list[array[int]] = []
        worth: list[float] = []
        for term, weight in zip(ids[top].tolist(), (weights[top] ** 2).tolist(), strict=True):
            holders = self._posted.get(term)
            if holders is not None and len(holders) <= setting.crowded:
                lists.append(holders)
                worth.append(weight)
        if not lists:
            return []
        rows = np.frombuffer(b"".join(lists), np.int32)
        scores = np.bincount(rows, np.repeat(worth, [len(one) for one in lists]))
        # No row stands in more lists than there are.
        best = rows[(-scores[rows]).argsort(kind="stable")[: len(lists) * setting.candidates]]
        return list(islice(dict.fromkeys(best.tolist()), setting.candidates))

    def alike(self, query: Query, rows: Sequence[int]) -> Weights:
        """Return how alike an article is to each of these rows, in [0, 1]."""
        return self._compare(query, self._ids.take(rows, axis=0), self._weights.take(rows, axis=0))

    def rarest_name(self, query: Query, row: int) -> float:
        """Return how rare the rarest capitalised word is that an article and a row have both: 1 where it stands in one
        article of the language, 0 where it stands in all, or where there is none.
        """
        names = slice(_STARTS[1], _STARTS[2])
        ids, start, end = self._ids[row, names], query.terms.cuts[1], query.terms.cuts[2]
        shared = ids[np.isin(ids, query.terms.ids[start:end]) & (self._weights[row, names] > 0)]
        if not len(shared):
            return 0.0
        most = log((self.known(query.terms.language) + self.setting.unseen) / (self.setting.given + 1))
        return float(self.rarity(shared, query.terms.language).max()) / most

    def alike_to(self, query: Query, members: Sequence[Terms]) -> float:
        """Return how alike an article is to the sum of these."""
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
                    least = min(least, float(worth[np.isin(this, other)].sum()) / whole)
        return least

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
