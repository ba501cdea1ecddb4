"""The same text, whoever prints it: a small sketch of an article's word sequences.

A sketch holds the smallest hashes of all runs of four words, so that two sketches hold the same share of what
their texts share: boilerplate, cuts and an edited sentence leave it high, another text on the same event does not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b

# 128 of the grams of a 600-word article give the shared part to within 4 points (one standard deviation).
SIZE = 128
RUN = 4
# 30,000 words are a long read; a page of a million characters must not cost a second.
MAX_TEXT = 200_000
_MASK = 2**63 - 1
# In scripts without spaces between words every character counts as a word:
# Thai and Lao, Burmese, Khmer, kana, Han.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W_\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    r"\U00020000-\U0003ffff]+"
)


def fingerprint(title: str, body: str) -> tuple[int, ...]:
    """Sketch a text: at most SIZE numbers in [0, 2**63), ascending; all its grams where it has fewer.

    The same on every machine and in every process. No words, no numbers.
    """
    grams = {_hash(gram) for text in (title, body) for gram in _grams(text)}
    return tuple(sorted(grams)[:SIZE])


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


def _grams(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT]).replace("\u00ad", "").casefold()
    words = _WORD.findall(plain)
    if 0 < len(words) < RUN:
        yield " ".join(words)
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN])


def _hash(gram: str) -> int:
    # A lone surrogate (from a broken page) has no UTF-8 form.
    digest = blake2b(gram.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _MASK
