"""A text as one byte a character, in which words end at spaces: what the automaton scans. DOOR daachorse, as engine.py.

A pattern such as b" nato " then finds whole words by itself; word ends looked at in Python cost more than the scan
(19.9 against 12.5 µs an article at 1,000 rules). The bytes are coarser than the folded text: accents are gone, letters
beyond a to z share 128 values, every sign is a space. So what is found is a candidate, looked at again in the folded
text; what is not found is not there. Scripts whose words are not bounded by spaces are spaces here: their terms have
an automaton of their own, over the folded text.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from daachorse import DoubleArrayAhoCorasick

from monitor.parse import words

GAP = " \0 "
"""Between segments: words end at the spaces, and no phrase holds two, let alone a NUL."""
_SPACE, _SIGN, _CHANGES, _ACCENT, _UNSPACED, _COMPOSES = 32, 31, 0, 1, 2, 3
# Of a code point that no text had yet.
_UNKNOWN = 4
# Below, every code point has its value in the table; of those above only Han, Hangul and emoji are common enough.
_TABLE_END = 0x3400
_TABLES = 0x20000
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7A4))
_SIGNS = ((0xD800, 0xF900), (0x1F300, 0x1FB00))
_ASCII = bytes(
    ord(chr(n).lower()) if chr(n).isalnum() else _SPACE if n == 0 or 32 <= n < 127 else _CHANGES for n in range(128)
) + bytes(128)
# Of a text that is folded: what is left of controls is a sign like any other.
_ASCII_FOLDED = _ASCII.replace(bytes([_CHANGES]), bytes([_SPACE]))
# Signs and letters without word spaces are kept apart from spaces until two spaces in a row have been looked for.
_FINISH = bytes(_SPACE if n in {_SIGN, _UNSPACED} else n for n in range(256))
# An automaton of one pattern finds it in a third of the time of `in`.
_TWO_SPACES = DoubleArrayAhoCorasick([b"  "])


class Haystack(NamedTuple):
    """`data`: the bytes. `kept`: the position in the text of each byte; None: one to one. `unspaced`: the text holds
    letters of scripts without word spaces.
    """

    data: bytes
    kept: npt.NDArray[np.int64] | None = None
    unspaced: bool = False


def read(text: str) -> tuple[Haystack, words.Folded | None]:
    """Return the haystack of an original text, and how the text was folded; None where folding is one to one."""
    if text.isascii():
        plain = text.encode()
        data = plain.translate(_ASCII)
        if _CHANGES not in data and not _TWO_SPACES.find(plain):
            return Haystack(data), None
        shape = words.fold(text)
        return Haystack(shape.text.encode().translate(_ASCII_FOLDED)), shape
    codes = _codes(text)
    values = _TABLE.values(codes)
    data = values.tobytes()
    marked = _ACCENT in data or _COMPOSES in data
    # As folded: a letter that folds to another may compose with a mark (㋕ and U+3099), over a second one too.
    unsure = _UNSPACED in data and not unicodedata.is_normalized("NFC", folded(text))
    if unsure or (marked and not _is_composed(codes, values)) or _TWO_SPACES.find(data):
        shape = words.fold(text)
    elif _CHANGES in data:
        shape = _fold_at(text, codes, values)
    else:
        return _finished(data), None
    return _of_folded(shape.text), shape


def _is_composed(codes: npt.NDArray[np.uint32], values: npt.NDArray[np.uint8]) -> bool:
    """Say whether no mark would make one character with the letter before it.

    Unicode's own check takes 60 µs on a text in Yoruba, whose marks mostly stay what they are.
    """
    marks = np.flatnonzero((values == _ACCENT) | (values == _COMPOSES))
    if (np.diff(marks) == 1).any():
        return False
    pairs = set((codes[marks - 1].astype(np.uint64) << np.uint64(32) | codes[marks]).tolist())
    return all(_stays(pair >> 32, pair & 0xFFFFFFFF) for pair in pairs)


@lru_cache(maxsize=4096)
def _stays(letter: int, mark: int) -> bool:
    # Marks of unspaced scripts are not among `marks`; what follows one may compose with the letter before both.
    if unicodedata.combining(chr(letter)):
        return False
    return words.fold(chr(letter) + chr(mark)).text == words.fold(chr(letter)).text + words.fold(chr(mark)).text


def folded(text: str) -> str:
    """Return the folded form of a text whose folding is one to one, in a sixth of the time of words.fold."""
    if text.isascii():
        return text.lower().replace("`", "'")
    codes = _codes(text)
    _TABLE.values(codes)
    return _TABLE.folded(codes)


def _fold_at(text: str, codes: npt.NDArray[np.uint32], values: npt.NDArray[np.uint8]) -> words.Folded:
    """Fold a normal text with single spaces: only its characters that become two, or none, are looked at."""
    places = np.flatnonzero(values == _CHANGES).tolist()
    # A mark is folded together with the letter before it, and so are the parts of a Korean syllable.
    if any(len(_letter(text[at])) == 1 or _marked(text, at) for at in places):
        return words.fold(text)
    even = _TABLE.folded(codes)
    parts: list[str] = []
    spots: list[tuple[int, int, int, int]] = []
    last = length = 0
    for at in places:
        letters = _letter(text[at])
        length += at - last
        parts += (even[last:at], letters)
        spots.append((length, length + len(letters), at, at + 1))
        length += len(letters)
        last = at + 1
    parts.append(even[last:])
    joined = "".join(parts)
    return words.fold(text) if "  " in joined else words.Folded(joined, tuple(spots))


def _marked(text: str, at: int) -> bool:
    return words.goes_with_base(text[at]) or words.goes_with_base(text[at + 1])


@lru_cache(maxsize=4096)
def _letter(char: str) -> str:
    return words.fold(char).text


def _of_folded(text: str) -> Haystack:
    codes = _codes(text)
    values = _TABLE.values(codes)
    # A set: np.unique loads numpy.ma, 15 ms of a command.
    for code in set(codes[values == _CHANGES].tolist()):
        values[codes == code] = _value(chr(code))
    return _finished(values.tobytes())


def needle(pattern: str, *, prefix: bool) -> bytes:
    """Return what to look for in a haystack for a folded pattern; b"" where it needs the folded text."""
    if pattern.isascii():
        data = pattern.encode().translate(_ASCII_FOLDED).strip()
    else:
        values = bytes([_value(char) for char in pattern])
        # Letters, not signs, are what makes a text one of these scripts.
        if _UNSPACED in values:
            return b""
        data = values.replace(bytes([_ACCENT]), b"").translate(_FINISH).strip()
    return b" " + data if prefix else b" " + data + b" "


def signs_before(pattern: str) -> int:
    """Return how many signs stand before a pattern's first letter or digit: they are no part of its needle."""
    return next(at for at, char in enumerate(pattern) if words.is_word(char))


def _finished(data: bytes) -> Haystack:
    unspaced = _UNSPACED in data
    data = data.translate(_FINISH)
    if _ACCENT not in data:
        return Haystack(data, None, unspaced)
    values = np.frombuffer(data, np.uint8)
    kept = np.flatnonzero(values != _ACCENT)
    return Haystack(values[kept].tobytes(), kept, unspaced)


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@lru_cache(maxsize=1 << 14)
def _value(char: str) -> int:
    """Return the byte of a character of a folded text."""
    if not words.is_word(char):
        return _SPACE if char == " " else _SIGN
    if words.has_unspaced(char):
        return _UNSPACED
    base = words.base(char)
    if not base:
        return _ACCENT
    if base.isascii():
        return ord(base)
    # One byte for marks that make one character with the letter before them, in needles as in texts.
    return _COMPOSES if char in _composing() else 0x80 | (ord(base[0]) & 0x7F)


def _original_value(char: str) -> int:
    """Return the byte of a character of an original text, `_CHANGES` where its folded form is not one character."""
    if char < " ":
        return _SIGN if char == "\0" else _CHANGES
    folded = words.fold(char).text
    # The iota below is ordered among marks, and folded to a letter.
    if len(folded) != 1 or char == "\u0345" or "\u1100" <= char <= "\u11ff":
        return _CHANGES
    return _value(folded)


@lru_cache(maxsize=1)
def _composing() -> frozenset[str]:
    """Return the marks beyond accents that compose: the second halves of canonical decompositions."""
    parts = (unicodedata.decomposition(chr(code)).split() for code in range(0x370, _TABLE_END))
    return frozenset(chr(int(part[1], 16)) for part in parts if len(part) == 2 and not part[0].startswith("<"))


class _Tables:
    """Of each code point its byte, and its folded form where that is one character. Filled as texts need them: all at
    once take 75 ms, of 420 that `monitor hits QUERY` took as a whole.
    """

    def __init__(self) -> None:
        self.bytes = np.full(_TABLES + 1, _UNKNOWN, np.uint8)
        self.letters = np.arange(_TABLES + 1, dtype=np.uint32)
        self.bytes[_TABLE_END:] = 0
        for start, end in _HAN:
            self.bytes[start:end] = _UNSPACED
        for start, end in _SIGNS:
            self.bytes[start:end] = _SIGN
        self.letters[0xD800:0xE000] = 0xFFFD

    def values(self, codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint8]:
        """Return the bytes of an original text; beyond the table all are as its last."""
        values = self.bytes.take(codes, mode="clip")
        if _UNKNOWN not in values.tobytes():
            return values
        for code in set(codes[values == _UNKNOWN].tolist()):
            self.bytes[code] = _original_value(chr(code))
            letters = words.fold(chr(code)).text
            if len(letters) == 1:
                self.letters[code] = ord(letters)
        return self.bytes.take(codes, mode="clip")

    def folded(self, codes: npt.NDArray[np.uint32]) -> str:
        """Return the folded form of a text whose bytes were asked for."""
        return self.letters.take(codes, mode="clip").tobytes().decode("utf-32-le")


_TABLE = _Tables()
