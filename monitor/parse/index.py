"""Text as a full-text index holds it: the words of the rule language, so that the index finds all that rules find.

What is found here may be no hit (accents, case and signs are gone), and is looked at by the matcher; what is not found
here is none. Text and query go through the same function.
"""

from __future__ import annotations

import re
from functools import lru_cache

from monitor.parse import words

# Of a Latin text one character in thirty is beyond ASCII: where no more are, they are looked for as bytes. SQLite's
# tokenizer and the rule language agree on what of ASCII is a letter, so its signs and spaces may stay.
# A long run is no letter with its accents, and is not remembered.
_BEYOND, _SPARSE, _SHORT = re.compile(b"[\x80-\xff]+"), 8, 32


class _Table(dict[int, str]):
    """Each character of a folded text → what the index has for it."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _indexed(chr(code))
        return found


_TABLE = _Table()


def searchable(text: str) -> str:
    """Return a text as words between spaces: folded, without accents, each letter of a script without word spaces, and
    of Korean, which writes particles onto words, a word of its own.
    """
    if text.isascii():
        return text.lower()
    data = text.encode(errors="replace")
    if len(data) > len(text) + len(text) // _SPARSE:
        return _whole(text)
    return _BEYOND.sub(_run, data).lower().decode()


def _run(match: re.Match[bytes]) -> bytes:
    return _part(match[0]) if len(match[0]) <= _SHORT else _whole(match[0].decode()).encode()


@lru_cache(maxsize=4096)
def _part(data: bytes) -> bytes:
    return _whole(data.decode()).encode()


def _whole(text: str) -> str:
    return words.fold(text).text.translate(_TABLE)


def _indexed(char: str) -> str:
    if not words.is_word(char):
        return " "
    base = words.base(char)
    if not base and words.has_unspaced(char):
        # A tone mark behind a Latin letter ends its word.
        return " "
    if not base or base.isascii():
        return base
    # The tokenizer's tables end with Unicode 6.1.
    if ord(base[0]) > 0xFFFF:
        return "".join(f" u{ord(letter):x} " for letter in base)
    return f" {base} " if words.has_unspaced(char) else base
