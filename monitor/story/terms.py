"""An article's terms: as traits.py packed them, as they are held in memory (4 bytes each), and as they are compared."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from monitor.story.traits import HASH_BITS, HEAD, ROOM, VERSION, WEIGHT_BITS

Ids = NDArray[np.uint32]
Weights = NDArray[np.float32]

# How many terms there are.
SIZE = len(ROOM) << HASH_BITS
# What is held: lengths of the channels as packed, language, terms of each channel; then 32 bits a term.
_HELD = struct.Struct("<3f8s3H")
_WEIGHT = np.uint32((1 << WEIGHT_BITS) - 1)
_SHIFT = np.uint32(WEIGHT_BITS)


@dataclass(frozen=True, slots=True)
class Terms:
    """An article's terms. `weights`: a unit vector a channel, without idf. `cuts`: where channels begin and end."""

    language: bytes
    ids: Ids
    weights: Weights
    cuts: tuple[int, int, int, int]

    def __len__(self) -> int:
        return len(self.ids)


NOTHING = _HELD.pack(1.0, 1.0, 1.0, b"", 0, 0, 0)


def hold(packed: bytes) -> bytes:
    """Make what traits.pack wrote ready to be held; NOTHING where it is of another version or damaged."""
    if len(packed) < HEAD.size or packed[0] != VERSION:
        return NOTHING
    _, code, words, capitals, numbers = HEAD.unpack_from(packed)
    raw = np.frombuffer(packed, "<u4", offset=HEAD.size, count=(len(packed) - HEAD.size) // 4)
    cuts = [min(end, len(raw)) for end in (0, words, words + capitals, words + capitals + numbers)]
    raw = raw[: cuts[-1]]
    weights = (raw & _WEIGHT).astype(np.float32)
    lengths = [sqrt(np.dot(weights[a:b], weights[a:b])) or 1.0 for a, b in pairwise(cuts)]
    # Each language has terms of its own: how rare a word is differs, and no two languages meet by accident.
    ids = np.minimum(raw >> _SHIFT ^ np.uint32(salt(code.rstrip(b"\0"))), np.uint32(SIZE - 1))
    raw = ids << _SHIFT | raw & _WEIGHT
    held: bytes = _HELD.pack(*lengths, code, *(b - a for a, b in pairwise(cuts))) + raw.tobytes()
    return held


def terms(held: bytes) -> Terms:
    """Return the terms of an article that is held."""
    ids, weights, counts = _read([held])
    words, capitals, numbers = counts[0]
    return Terms(language(held), ids, weights, (0, words, words + capitals, words + capitals + numbers))


def unpack(packed: bytes) -> Terms:
    """Read what traits.pack wrote."""
    return terms(hold(packed))


def language(held: bytes) -> bytes:
    """Return the language of an article that is held."""
    return held[12:20].rstrip(b"\0")


def words(held: bytes) -> int:
    """Return how many words an article that is held has."""
    return int.from_bytes(held[20:22], "little")


def every(articles: Sequence[bytes]) -> tuple[Ids, Weights]:
    """Return the terms of all these articles that are held, one after another."""
    return _read(articles)[:2]


def weigh(held: bytes) -> tuple[float, float, float]:
    """Return by what an article's weights are to be multiplied to be whole numbers below 2^WEIGHT_BITS, by channel."""
    return struct.unpack_from("<3f", held)


def _read(articles: Sequence[bytes]) -> tuple[Ids, Weights, list[tuple[int, int, int]]]:
    heads = [_HELD.unpack_from(one) for one in articles]
    counts = [head[4:] for head in heads]
    raw = np.frombuffer(b"".join([one[_HELD.size :] for one in articles]), np.uint32)
    lengths = np.array([head[:3] for head in heads], np.float32).ravel()
    weights = (raw & _WEIGHT).astype(np.float32)
    weights /= np.repeat(lengths, [count for three in counts for count in three])
    return raw >> _SHIFT, weights, counts


def salt(language: bytes) -> int:
    """Return what is mixed into the terms of a language."""
    return int.from_bytes(language[:3], "little") * 0x9E3779B1 >> 12 & ((1 << HASH_BITS) - 1)
