r"""DOOR re2: regular expressions that answer in linear time, whatever they are and whatever they read.

Python's own engine took 8.7 s for `(a+)+$` on 27 characters; RE2 answers in 0.2 ms. Written as users write them:
`\w`, `\d` and the ends of words are those of every script, not ASCII's; a match is whole words, as everywhere.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from monitor.model import Span
from monitor.parse import words

MAX_SOURCE = 500
# RE2's own budget for the compiled program; what needs more is refused.
MAX_MEMORY = 1 << 20
MAX_FOUND = 1_000
_WORD = r"\pL\pM\pN"
# Letters after which a word cannot begin; Hangul and the scripts without spaces are looked at by `words.bounded`.
_OUTSIDE = rf"[^{_WORD}]"
_CLASSES = {"w": _WORD, "d": r"\p{Nd}", "D": r"\P{Nd}"}
_UNKNOWN = re.compile(r"perl operator|escape sequence: \\[1-9]")
_CASE = re.compile(r"\(\?[A-Za-z]*-")
_UNENCODABLE = re.compile("[\ud800-\udfff]")
_OPENING = re.compile(r"(^|\|)[(?:]*$")
_CLOSING = re.compile(r"\)*(\||$)")
# Texts that have nothing in common: what finds something in each says nothing.
_UNRELATED = ("zqx", "7", "kestrel vbn", "Жйщ", "0 0")


class ExpressionError(ValueError):
    """An expression that cannot be used; `offset` in code points into its source."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.hint = message, offset, hint


class Expression:
    """A compiled expression; case does not count."""

    __slots__ = ("_edges", "_plain", "source")

    def __init__(self, source: str) -> None:
        """Raises ExpressionError."""
        if len(source) > MAX_SOURCE:
            raise ExpressionError(f"an expression of {len(source)} characters; at most {MAX_SOURCE}", MAX_SOURCE)
        self.source = source
        rewritten = _rewrite(source)
        self._plain = _compile(f"(?i)({rewritten})", source)
        self._edges = _compile(f"(?i)(?:^|{_OUTSIDE})({rewritten})(?:$|{_OUTSIDE})", source)
        if self._plain.search("") is not None:
            raise ExpressionError("this expression holds on no text at all", hint="ask for one character or more")
        if all(self.find(text) for text in _UNRELATED):
            raise ExpressionError("this expression holds on every article", hint="name something that must be there")

    def find(self, text: str) -> list[Span]:
        """Return where it stands as whole words in a folded text; leftmost first, not overlapping."""
        found: list[Span] = []
        at = 0
        # Each search begins anew, so that two matches can share the space between them; it costs as much as the text
        # is long.
        for _ in range(MAX_FOUND):
            match = self._edges.search(text, at)
            if match is None:
                break
            start, end = match.span(1)
            if end > start and any(map(words.is_word, text[start:end])):
                found.append((start, end))
            at = max(end, match.start() + 1)
        if words.has_unspaced(text):
            whole = [match.span(1) for match in self._plain.finditer(text)]
            found += [span for span in whole if span[1] > span[0] and words.bounded(text, *span)]
            found = sorted(set(found))[:MAX_FOUND]
        return found


@lru_cache(maxsize=1024)
def expression(source: str) -> Expression:
    """Return the compiled expression; raises ExpressionError."""
    return Expression(source)


def _compile(pattern: str, source: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        message = str(error.args[0] if error.args else error)
        if isinstance(error.args[0] if error.args else "", bytes):
            message = error.args[0].decode("utf-8", "replace")
        hint = "look-around and back-references have no linear form" if _UNKNOWN.search(message) else ""
        raise ExpressionError(f"RE2 refuses /{source}/: {message}", hint=hint) from error


def _rewrite(source: str) -> str:
    """Give classes and word ends the meaning they have in every script, and typography the form texts are read in."""
    out: list[str] = []
    inside = False
    at = 0
    if flag := _CASE.search(source):
        raise ExpressionError("case does not count in an expression", flag.start(), "for one word write {NATO}")
    if not source.isascii() and (odd := _UNENCODABLE.search(source)):
        raise ExpressionError("half a character stands here", odd.start(), "type it again")
    while at < len(source):
        char = source[at]
        if char == "\\" and at + 1 < len(source):
            out.append(_escape(source, at, inside=inside))
            at += 2
            continue
        inside = (inside or char == "[") and char != "]"
        out.append(char if char.isascii() else _letter(char, at, inside=inside))
        at += 1
    return "".join(out)


def _letter(char: str, at: int, *, inside: bool) -> str:
    """Return a character beyond ASCII as texts have it: a quotation mark or dash of any kind is one there."""
    folded = words.fold(char).text
    if inside and len(folded) != 1:
        raise ExpressionError(
            f"{char} is {folded or 'nothing'} where case does not count", at, "write it outside the [ ]"
        )
    return re.escape(folded)


def _escape(source: str, at: int, *, inside: bool) -> str:
    char = source[at + 1]
    if char in _CLASSES:
        plain = _CLASSES[char]
        return plain if inside else f"[{plain}]"
    if char == "W" and not inside:
        return _OUTSIDE
    if char == "b" and not inside:
        # At either end of an alternative: a match is whole words anyway.
        if _OPENING.search(source[:at]) or _CLOSING.match(source[at + 2 :]):
            return ""
        raise ExpressionError(r"\b within an expression", at, "a match begins and ends where words do: leave it out")
    if char in "BCW":
        raise ExpressionError(f"\\{char} is not supported here", at, "name the characters you mean")
    return source[at : at + 2]
