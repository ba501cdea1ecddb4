"""The text of a query cut into tokens, and terms made of what stands in quotes, braces or alone."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple, NoReturn

from monitor.errors import QueryError
from monitor.parse import words
from monitor.query_tree import Term

QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
MIN_PREFIX = 3
_TRAILING = ",;:!?\u2026"


class Kind(Enum):
    """What a token is."""

    OPEN = auto()
    CLOSE = auto()
    PHRASE = auto()
    EXACT = auto()
    ENTITY = auto()
    REGEX = auto()
    FIELD = auto()
    OPERATOR = auto()
    MINUS = auto()
    WORD = auto()
    END = auto()


class Token(NamedTuple):
    """`text`: without quotes, braces, @, slashes or colon. `spaced`: white space follows."""

    kind: Kind
    text: str
    position: int
    spaced: bool = False


# The numbers of the groups are the order of _KINDS.
_TOKEN = re.compile(
    rf"""
    (\() | (\))
  | [{QUOTES}]([^{QUOTES}]*)[{QUOTES}]
  | \{{([^{{}}]*)\}}
  | @([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)
  | /((?:[^/\\\n]|\\.)+)/(?=[\s)]|$)
  | (?:(?<=[\s(:])|^)([{DASHES}])
  | ([A-Za-z]+):(?!//)
  | ([^\s(){{}}{QUOTES}]+)
    """,
    re.VERBOSE,
)
_KINDS = (Kind.OPEN, Kind.CLOSE, Kind.PHRASE, Kind.EXACT, Kind.ENTITY, Kind.REGEX, Kind.MINUS, Kind.FIELD, Kind.WORD)
_OPERATOR = re.compile(r"AND|OR|NOT|SENTENCE|PARAGRAPH|(?:NEAR|ONEAR|ATLEAST)(?:/.*)?")


def tokens(text: str) -> list[Token]:
    """Cut a query. Raises QueryError for what opens and never closes."""
    found: list[Token] = []
    at = len(text) - len(text.lstrip())
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastindex is None:
            _fail_unclosed(text, at)
        kind, value = _KINDS[match.lastindex - 1], match[match.lastindex]
        if kind is Kind.WORD:
            if value[0] in "@/" and not value[1:2].isspace():
                _fail_unclosed(text, at)
            # Most words begin with no capital: look before matching.
            if value[0] in "AONSP" and _OPERATOR.fullmatch(value):
                kind = Kind.OPERATOR
        end = match.end()
        start, at = at, end
        while at < len(text) and text[at].isspace():
            at += 1
        found.append(Token(kind, value, start, at > end))
    found.append(Token(Kind.END, "", len(text)))
    return found


def _fail_unclosed(text: str, at: int) -> NoReturn:
    char = text[at]
    if char in QUOTES:
        message, hint = "this quotation mark is never closed", ""
    elif char == "{":
        message, hint = "this { is never closed", ""
    elif char == "}":
        message, hint = "this } closes nothing", ""
    elif char == "@":
        message, hint = "expected the id of an entity after @", "such as @nato"
    else:
        message, hint = "this / opens an expression that is never closed", f'for a word with a slash write "{char}..."'
    raise QueryError(message, text=text, position=at, hint=hint)


def term(query: str, source: str, position: int, *, exact: bool) -> Term:
    """Make a term of what was written at a position of a query. Raises QueryError."""
    if words.is_plain(source):
        # Nothing to fold but case: nine of ten terms.
        return Term(source, source.casefold(), source if exact else "", position=position)
    text = source.strip().rstrip(_TRAILING).rstrip()
    prefix = text.endswith("*")
    if "*" in text[:-1]:
        place = query.index("*", position)
        hint = "only the last word of a phrase can go on" if " " in text else "write the forms with OR"
        raise QueryError("* stands at the end of a term only", text=query, position=place, hint=hint)
    neutral = words.bare(words.neutral(text[:-1] if prefix else source))
    pattern = words.fold(neutral).text
    if not any(map(words.is_word, pattern)):
        hint = "the operators are AND, OR and NOT" if set(source) <= set("|&!+") else ""
        raise QueryError("there is no letter or digit to look for here", text=query, position=position, hint=hint)
    if not pattern.isprintable():
        raise QueryError("there is a control character here", text=query, position=position, hint="type it again")
    if prefix:
        _check_prefix(query, pattern, position)
    return Term(text, pattern, neutral if exact else "", prefix, position)


def _check_prefix(query: str, pattern: str, position: int) -> None:
    last = words.last_word(pattern)
    place = query.index("*", position)
    if words.has_unspaced(last):
        hint = "this script is written without spaces and matches anywhere: leave the * out"
        raise QueryError("a * does nothing here", text=query, position=place, hint=hint)
    if sum(map(str.isalnum, last)) < MIN_PREFIX:
        hint = f"{MIN_PREFIX} letters at least must stand before it"
        raise QueryError("this * would find too much", text=query, position=place, hint=hint)


_PROXIMITY = re.compile(r"(?:w|pre|adj|near|onear|around)(?:/?\d{1,3}|/|$)|~\d{1,3}", re.IGNORECASE)
_COUNT = re.compile(r"at_?least/?\d*", re.IGNORECASE)
_CASE = re.compile(r"(?:all)?caps|cs|nocaps", re.IGNORECASE)
_PLAIN_OPERATORS = frozenset({"near", "onear", "sentence", "paragraph", "w", "pre", "adj", "around"})


def doubt(word: str, *, followed: str = "") -> str:
    """Return what to say of a word that looks like an operator of this or another language; "" for nothing.

    `followed`: what follows it, "(" where it is written as a function.
    """
    upper = word.upper()
    advice = ""
    if upper in {"AND", "OR", "NOT"}:
        advice = f"; the operator is {upper}"
    elif word[-1] == "!" and len(word) > MIN_PREFIX:
        advice = f" without its !; for words that begin so write {word[:-1]}*"
    elif "?" in word[:-1]:
        advice = " with a question mark in it; write its forms with OR"
    elif followed == "(" and _CASE.fullmatch(word):
        advice = "; for exactly this case write {NATO}"
    elif _COUNT.fullmatch(word) and (followed == "(" or word[-1].isdigit()):
        advice = "; for mentions write ATLEAST/3 a"
    elif _PROXIMITY.fullmatch(word) and (followed == "(" or word.lower() not in _PLAIN_OPERATORS):
        advice = "; for words close to each other write a NEAR/5 b"
    return f"{word!r} is looked for as a word{advice}" if advice else ""
