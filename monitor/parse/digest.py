"""A text in a number: by what titles and bodies are known again."""

from __future__ import annotations

import hashlib

_NOT_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
# A shorter title ("Live", "Opinion") is no sign of the same article.
_LEAST_TITLE = 8


def digest(text: str) -> int:
    """Return the 64 bits by which a text is remembered: of its lower case without ASCII signs and spaces."""
    # Runs of \w found by a regular expression would take 15 us a paragraph instead of 5.
    letters = text.lower().encode("utf-8", "replace").translate(None, _NOT_LETTERS)
    return int.from_bytes(hashlib.blake2b(letters, digest_size=8).digest(), "little")


def key(text: str) -> int:
    """Return a digest of 63 bits, which a database's signed integer holds."""
    return digest(text) >> 1


def exact(text: str) -> int:
    """Return 63 bits by which this very text is known again, and no other that is written otherwise; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little") >> 1 or 1


def title_key(title: str) -> int:
    """Return by what a title is known again; 0 for one that is too short to tell."""
    return key(title) if len(title) >= _LEAST_TITLE else 0


def mark(outlet: str, address: str) -> str:
    """Return 16 hex digits that stand for the article which an outlet has under a canonical URL."""
    return hashlib.blake2b(f"{outlet}\n{address}".encode("utf-8", "replace"), digest_size=8).hexdigest()
