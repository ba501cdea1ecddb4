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

# As numbers to look up by, and with their weights in the lower bits.
Ids = NDArray[np.intp]
Packed = NDArray[np.uint32]
Weights = NDArray[np.float32]

# How many terms there are.
SIZE = len(ROOM) << HASH_BITS
# What is held: lengths of the channels as packed, language, terms of each channel; then 32 bits a term.
_HELD = struct.Struct("<3f8s3H")
_WEIGHT = np.uint32((1 << WEIGHT_BITS) - 1)
_SHIFT, _LAST = np.uint32(WEIGHT_BITS), np.uint32(SIZE - 1)


@dataclass(frozen=True, slots=True)
class Terms:
    """An article's terms. `weights`: a unit vector a channel, without idf. `cuts`: where channels begin and end."""

    language: bytes
    ids: Ids
    weights: Weights
    cuts: tuple[int, int, int, int]

    def __len__(self) -> int:
        return len(self.ids)


# An article without terms, and what is held of one.
_NO_TERMS = Terms(b"", np.zeros(0, np.intp), np.zeros(0, np.float32), (0, 0, 0, 0))
NOTHING = _HELD.pack(1.0, 1.0, 1.0, b"", 0, 0, 0)


def read(packed: bytes) -> tuple[Terms, bytes]:
    """Read what traits.pack wrote: return the terms, and what is to be held of them. None and NOTHING where it is of
    another version or damaged.
    """
    if len(packed) < HEAD.size or packed[0] != VERSION:
        return _NO_TERMS, NOTHING
    _, code, words, capitals, numbers = HEAD.unpack_from(packed)
    raw = np.frombuffer(packed, "<u4", offset=HEAD.size, count=(len(packed) - HEAD.size) // 4)
    end = len(raw)
    cuts = (0, min(words, end), min(words + capitals, end), min(words + capitals + numbers, end))
    raw = raw[: cuts[3]]
    language = code.rstrip(b"\0")
    # Each language has terms of its own: how rare a word is differs, and no two languages meet by accident.
    ids = np.minimum(raw >> _SHIFT ^ np.uint32(salt(language)), _LAST)
    raw = raw & _WEIGHT
    weights = raw.astype(np.float32)
    lengths = []
    for start, end in pairwise(cuts):
        length = sqrt(np.dot(weights[start:end], weights[start:end])) or 1.0
        weights[start:end] /= length
        lengths.append(length)
    held = _HELD.pack(*lengths, code, *(end - start for start, end in pairwise(cuts)))
    return Terms(language, ids.astype(np.intp), weights, cuts), held + (ids << _SHIFT | raw).tobytes()


def terms(held: bytes) -> Terms:
    """Return the terms of an article that is held."""
    ids, weights, counts = _read([held])
    words, capitals, numbers = counts[0]
    return Terms(language(held), ids, weights, (0, words, words + capitals, words + capitals + numbers))


def unpack(packed: bytes) -> Terms:
    """Read what traits.pack wrote."""
    return read(packed)[0]


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
    return (raw >> _SHIFT).astype(np.intp), weights, counts


def salt(language: bytes) -> int:
    """Return what is mixed into the terms of a language."""
    return int.from_bytes(language[:3], "little") * 0x9E3779B1 >> 12 & ((1 << HASH_BITS) - 1)
