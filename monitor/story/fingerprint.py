"""The same text, whoever prints it: a small sketch of an article's word sequences.

A sketch holds the smallest hashes of all runs of four words, so that two sketches hold the same share of what
their texts share: boilerplate, cuts and an edited sentence leave it high, another text on the same event does not.
"""

from __future__ import annotations

import sys
import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

# 128 of the grams of a 600-word article give the shared part to within 4 points (one standard deviation).
SIZE = 128
RUN = 4
# 30,000 words are a long read; a page of a million characters must not cost a second.
MAX_TEXT = 200_000
_MASK = 2**63 - 1
# In scripts without spaces between words every character counts as a word:
# Thai and Lao, Burmese, Khmer, kana, Han.
_ALONE = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
_PLANE = 0x10000
_CODES = "utf-32-le" if sys.byteorder == "little" else "utf-32-be"
# Odd numbers with as many ones as zeros: those of splitmix64 and xxHash64 (github.com/Cyan4973/xxHash).
_STEP, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_OF_RUN = np.array([0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5], np.uint64)
_HALF, _SIGN = np.uint64(32), np.uint64(1)
# What each letter counts for by its place in its word; those of longer words are no names.
_LONGEST = 64
_PLACES: Numbers = np.cumprod(np.full(_LONGEST, _STEP), dtype=np.uint64)


@cache
def tables() -> tuple[NDArray[np.uint8], Numbers]:
    """Return of each character of the basic plane whether it ends a word (0), is part of one (1) or is one by itself
    (2), and what it is compared as: a small letter of usual width. Made once a process, in 25 ms.
    """
    plain = "".join(map(chr, range(_PLANE)))
    kinds = np.fromiter(map(str.isalnum, plain), np.uint8, _PLANE)
    for first, last in _ALONE[:-1]:
        kinds[first : last + 1] = 2
    usual = [one if len(one := unicodedata.normalize("NFKC", char)) == 1 else char for char in plain]
    # The only one that would become two is taken as it stands.
    text = "".join(usual).replace("\u0130", "i").lower()
    return kinds, np.frombuffer(text.encode(_CODES, "surrogatepass"), np.uint32).astype(np.uint64)


def fingerprint(title: str, body: str) -> tuple[int, ...]:
    """Sketch a text: at most SIZE numbers in [0, 2**63), ascending; all its grams where it has fewer.

    The same on every machine and in every process. No words, no numbers. Column by column, .4 ms for 8,000 characters;
    a hash a gram took 1.7.
    """
    grams = np.concatenate([_grams(title), _grams(body)])
    if len(grams) > 3 * SIZE:
        # Grams that stand thrice in a text are rare; where many do, all are looked at.
        least = _distinct(np.partition(grams, 2 * SIZE)[: 2 * SIZE])
        if len(least) >= SIZE:
            return tuple(least[:SIZE].tolist())
    return tuple(_distinct(grams)[:SIZE].tolist())


def _distinct(numbers: Numbers) -> Numbers:
    """Return each number once, ascending: numpy's own takes twice as long for so few."""
    ordered = np.sort(numbers)
    return np.concatenate([ordered[:1], ordered[1:][ordered[1:] != ordered[:-1]]])


def similarity(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Share of the smaller text that is found in the other, in [0, 1]; 0 where one is empty."""
    shared, size_a, size_b = overlap(a, b)
    return shared / min(size_a, size_b) if size_a and size_b else 0.0


def overlap(
    a: tuple[int, ...], b: tuple[int, ...], ignored: frozenset[int] | set[int] = frozenset()
) -> tuple[int, int, int]:
    """Count the grams of both, of `a` and of `b`, within the range that both sketches cover in full."""
    limit = min(_reach(a), _reach(b))
    in_a = {gram for gram in a if gram <= limit} - ignored
    in_b = {gram for gram in b if gram <= limit} - ignored
    return len(in_a & in_b), len(in_a), len(in_b)


def _reach(sketch: tuple[int, ...]) -> int:
    """A full sketch says nothing about hashes above its largest."""
    return sketch[-1] if len(sketch) >= SIZE else _MASK


def _grams(text: str) -> Numbers:
    """Return a hash of each run of words of a text."""
    words = _words(text[:MAX_TEXT])
    if len(words) < RUN:
        # Fewer are one run; a word more would be another.
        words = np.concatenate([words, np.zeros(RUN - len(words), np.uint64)]) if len(words) else words
    count = max(0, len(words) - RUN + 1)
    runs = sum((words[at : at + count] * _OF_RUN[at] for at in range(RUN)), np.zeros(count, np.uint64))
    return _mixed(runs) >> _SIGN


def _words(text: str) -> Numbers:
    """Return a hash of each word, whatever its case."""
    # NFKC, which a single "…" asks for, took half of the time.
    if not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    # A lone surrogate (from a broken page) has no UTF-8 form, but a number.
    codes = np.frombuffer(text.replace("\u00ad", "").encode(_CODES, "surrogatepass"), np.uint32)
    kind_of, small = tables()
    # Places of numpy's own width: any other is made one at each look.
    plain = np.minimum(codes, _PLANE - 1).astype(np.intp)
    kinds = kind_of[plain]
    beyond = np.flatnonzero(codes >= _PLANE)
    for at in beyond:
        kinds[at] = 2 if _ALONE[-1][0] <= codes[at] <= _ALONE[-1][1] else chr(codes[at]).isalnum()
    inside = np.flatnonzero(kinds)
    if not len(inside):
        return np.zeros(0, np.uint64)
    letters = small[plain[inside]]
    if len(beyond):
        letters = np.where(codes[inside] >= _PLANE, codes[inside], letters)
    # A word begins at a letter behind none, and at whatever stands alone and behind it.
    alone = kinds[inside] == 2
    begins = np.ones(len(inside), np.bool_)
    begins[1:] = (inside[1:] != inside[:-1] + 1) | alone[1:] | alone[:-1]
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.concatenate([starts, [len(letters)]]))
    places = np.minimum(np.arange(len(letters)) - np.repeat(starts, lengths), _LONGEST - 1)
    return _mixed(np.add.reduceat(letters * _PLACES[places], starts))


def _mixed(numbers: Numbers) -> Numbers:
    """Return numbers all of whose bits depend on all of theirs."""
    numbers = (numbers ^ (numbers >> _HALF)) * _MIX
    numbers = (numbers ^ (numbers >> _HALF)) * _MIX
    return numbers ^ (numbers >> _HALF)
