"""Text as a full-text index holds it: the words of the rule language, so that the index finds all that rules find.

What is found here may be no hit (accents, case and signs are gone), and is looked at by the matcher; what is not found
here is none. Text and query go through the same function.
"""

from __future__ import annotations

import re

from monitor.parse import words

_BEYOND = re.compile("[^\x00-\x7f]")
# A character found and replaced takes as long as ten that are looked up; of a Latin text one in thirty is. Signs of
# ASCII stay where they would be spaces: to the tokenizer they are the same.
_SPARSE, _LONG = 8, 1_000


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
    folded = words.fold(text).text
    # SQLite's tokenizer and the rule language agree on what of ASCII is a letter.
    if folded.isascii():
        return folded
    if len(folded) >= _LONG and len(folded.encode(errors="surrogatepass")) < len(folded) + len(folded) // _SPARSE:
        return _BEYOND.sub(_sparse, folded)
    return folded.translate(_TABLE)


def _sparse(match: re.Match[str]) -> str:
    return _TABLE[ord(match[0])]


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
