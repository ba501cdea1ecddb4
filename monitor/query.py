"""The rule language: text → tree.

What a query means, so that it can be checked by something else than the engine (`tests/match/brute.py` does):

Text. An article has the segments title, standfirst, each own block (body, heading, list, table, quote: field `body`),
each caption, each teaser, each author, the section. Without a field a term looks at title, standfirst and body.
`lead` is the standfirst, or the first block of role body that is not empty where there is none. No term and no
proximity leaves its segment. Every text is folded (`parse/words.py`): case, NFKC, quotes, dashes, spaces of every kind
and number, invisible characters; accents stay. Positions are those of the original.

Words. A run of letters, digits and marks is a word, which also ends where Korean or a script without spaces begins; in
Chinese, Japanese, Thai, Lao, Khmer, Burmese and Tibetan each letter with its marks is a word. A term holds where its
folded text stands and begins and ends where words do; a Korean word may go on after it, and so may the last word of a
term with `*`. `{…}` also wants the same case. The marks of the sentence around a term (comma, colon, full stop at its
end …) are no part of it. An expression counts in its first thousand places of a segment.

    or         and (OR and)*
    and        not ((AND)? not)*                        a space is AND
    not        (NOT | -) near | near
    near       prefix ((NEAR/n | ONEAR/n | SENTENCE | PARAGRAPH) prefix)?      not chained
    prefix     ATLEAST/n operand | field: operand | operand      each may stand before the other
    operand    ( or ) | "phrase" | {Exact} | word | word* | @entity | /regex/

    a NEAR/n b      an a and a b of one segment, not overlapping, of whose words the closest are at most n apart: side
                    by side is 1
    a ONEAR/n b     the same, a before b
    a SENTENCE b    an a and a b lie in one sentence; they may be the same words
    a PARAGRAPH b   an a and a b lie in one segment
    ATLEAST/n a     n places or more; of those that overlap the first counts, the longest of those that begin together
    NOT a           a does not hold: it says nothing of places
    outlet: lang:   the id is this · url: the address, or the canonical URL, begins so; where no scheme is written, its
                    scheme and www. do not count

Operands of the four and of ATLEAST are terms, entities, or an OR of these; their places are those of every part.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import NoReturn

from monitor.errors import QueryError
from monitor.parse import urls
from monitor.parse.expression import ExpressionError, expression
from monitor.query_check import check
from monitor.query_tokens import Kind, Token, doubt, term, tokens
from monitor.query_tree import (
    FIELDS,
    ID_FIELDS,
    And,
    AtLeast,
    Attribute,
    EntityRef,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Scope,
    Term,
    Together,
    leaves,
    show,
)

MAX_TEXT = 10_000
MAX_DEPTH = 50
MAX_TERMS = 2_000
MAX_DISTANCE = 500
MAX_COUNT = 100
_NUMBER = re.compile(r"[0-9]{1,3}")
_OUTLET = re.compile(r"[a-z0-9][a-z0-9._-]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_EXPECTED = 'a word, a "phrase", {Exact}, @entity or ('
_EARLY = {
    Kind.END: "the query ends here",
    Kind.CLOSE: "this ) comes too early",
    Kind.MINUS: "this - comes too early",
}
# What other tools call these fields.
_ELSEWHERE = {
    "site": ["url"], "domain": ["url"], "inurl": ["url"], "intitle": ["title"], "headline": ["title"],
    "byline": ["author"], "source": ["outlet"], "publication": ["outlet"], "language": ["lang"], "intext": ["body"],
}  # fmt: skip
_LINKS = ("NEAR", "ONEAR", "SENTENCE", "PARAGRAPH")


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query; `warnings` say how something that could be misread was read."""

    text: str
    root: Node
    warnings: tuple[str, ...] = ()


def parse(text: str) -> Query:
    """Parse a query. Raises QueryError with the position and what was expected."""
    if len(text) > MAX_TEXT:
        raise QueryError(f"a query of {len(text)} characters; at most {MAX_TEXT}", text=text, position=MAX_TEXT)
    parser = _Parser(text)
    root = parser.whole()
    if not isinstance(root, Term):
        check(root, text)
    return Query(text, root, tuple(parser.warnings))


def entities_in(query: Query) -> set[str]:
    """Return the ids of the entities that a query names."""
    return {node.id for node in leaves(query.root) if isinstance(node, EntityRef)}


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.depth = 0
        self.terms = 0
        self.field = ""
        self.counting = False
        self.warnings: list[str] = []

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def stands(self, kind: Kind) -> bool:
        """Say whether a token of this kind stands next."""
        return self.tokens[self.index].kind is kind

    def take(self) -> Token:
        self.index += 1
        return self.tokens[self.index - 1]

    def fail(self, message: str, position: int | None = None, hint: str = "") -> NoReturn:
        raise QueryError(
            message, text=self.text, position=self.next.position if position is None else position, hint=hint
        )

    def operator(self) -> str:
        """Return the operator that stands next, without its number, "" for none."""
        token = self.tokens[self.index]
        return token.text.split("/", 1)[0] if token.kind is Kind.OPERATOR else ""

    def whole(self) -> Node:
        if self.next.kind is Kind.END:
            self.fail("the query is empty", 0, 'write a word, a "phrase" or an @entity')
        node = self.alternatives()
        if self.next.kind is Kind.CLOSE:
            self.fail("this ) closes nothing")
        return node

    def alternatives(self) -> Node:
        start = self.next.position
        parts = [self.conjunction()]
        while self.operator() == "OR":
            self.index += 1
            parts.append(self.conjunction())
        if len(parts) == 1:
            return parts[0]
        if any(isinstance(part, And) and not part.written for part in parts):
            self.warn_mixed(start, parts)
        return Or(tuple(parts))

    def warn_mixed(self, start: int, parts: list[Node]) -> None:
        source = self.text[start : self.next.position].strip()
        # Read as if OR bound tighter: it joins the last operand of one part to the first of the next.
        groups: list[list[Node]] = []
        for part in parts:
            first, *rest = part.parts if isinstance(part, And) and not part.written else (part,)
            groups = [*groups[:-1], [*groups[-1], first]] if groups else [[first]]
            groups += [[node] for node in rest]
        ours = show(Or(tuple(parts)))
        other = " ".join(f"({show(Or(tuple(group)))})" if len(group) > 1 else show(group[0]) for group in groups)
        self.warnings.append(f"{source!r} is read as {ours}; if you mean {other}, write the parentheses")

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while True:
            operator = self.operator()
            if operator == "AND":
                self.index += 1
            elif operator == "OR" or self.next.kind in {Kind.END, Kind.CLOSE}:
                return parts[0] if len(parts) == 1 else And(tuple(parts))
            parts.append(self.negation())

    def negation(self) -> Node:
        if not self.negated():
            return self.linked()
        token = self.take()
        if token.kind is Kind.MINUS and token.spaced:
            self.fail("this - stands alone", token.position, "write it right before what must not be there: -sport")
        if self.negated():
            self.fail("NOT of NOT", hint="leave both out")
        return Not(self.linked())

    def negated(self) -> bool:
        return self.next.kind is Kind.MINUS or self.operator() == "NOT"

    def linked(self) -> Node:
        start = self.next
        left = self.prefixed()
        operator = self.operator()
        if operator not in _LINKS:
            return left
        token = self.take()
        right_start = self.next
        right = self.prefixed()
        self.require_simple(left, start, token.text)
        self.require_simple(right, right_start, token.text)
        if (again := self.operator()) in _LINKS:
            hint = f"one {operator} joins two operands: write (a {token.text} b) AND (b {self.next.text} c)"
            self.fail(f"{again} after {operator}", hint=hint)
        if operator in {"SENTENCE", "PARAGRAPH"}:
            return Together(left, right, operator == "SENTENCE")
        return Near(left, right, self.number(token, MAX_DISTANCE), operator == "ONEAR")

    def number(self, token: Token, highest: int) -> int:
        name, _, digits = token.text.partition("/")
        if not _NUMBER.fullmatch(digits) or not 1 <= int(digits) <= highest:
            self.fail(f"expected {name}/ with a number from 1 to {highest}", token.position, f"such as {name}/5")
        return int(digits)

    def require_simple(self, node: Node, start: Token, operator: str) -> None:
        parts = node.parts if isinstance(node, Or) else (node,)
        for part in parts:
            if isinstance(part, Or):
                self.require_simple(part, start, operator)
            elif isinstance(part, Scope):
                hint = f"put the field before all of it: {part.field}:(a {operator} b)"
                self.fail(f"{part.field}: within {operator}", start.position, hint)
            elif not isinstance(part, Term | EntityRef):
                expected = 'a word, a "phrase", {Exact}, @entity, or an OR of these in parentheses'
                self.fail(f"{show(part)} cannot stand beside {operator}; expected {expected}", start.position)

    def prefixed(self) -> Node:
        if self.operator() == "ATLEAST":
            return self.at_least()
        if self.next.kind is Kind.FIELD:
            return self.scope()
        return self.operand()

    def at_least(self) -> Node:
        token = self.take()
        count = self.number(token, MAX_COUNT)
        if self.counting:
            self.fail("ATLEAST within ATLEAST", token.position)
        self.counting, start = True, self.next
        part = self.prefixed()
        self.counting = False
        if isinstance(part, Scope):
            self.require_simple(part.part, start, token.text)
            return Scope(part.field, AtLeast(count, part.part))
        self.require_simple(part, start, token.text)
        return AtLeast(count, part)

    def scope(self) -> Node:
        token = self.take()
        name = token.text.lower()
        if name not in FIELDS:
            near = _ELSEWHERE.get(name) or difflib.get_close_matches(name, FIELDS, 1)
            hint = f"did you mean {near[0]}:? " if near else f"fields: {', '.join(f + ':' for f in FIELDS)}. "
            self.fail(
                f"there is no field {name!r}", token.position, f'{hint}for a word with a colon write "{token.text}:..."'
            )
        if self.field:
            self.fail(f"{name}: within {self.field}:; fields cannot be nested", token.position)
        if token.spaced or self.next.kind in {Kind.END, Kind.CLOSE} or self.negated():
            after = token.position + len(token.text) + 1
            self.fail(f'expected a word, "phrase" or ( right after {name}:', after)
        self.field = name
        part = self.prefixed()
        self.field = ""
        return part if name in ID_FIELDS else Scope(name, part)

    def operand(self) -> Node:  # noqa: PLR0911 - one for each kind of token
        token = self.take()
        self.terms += 1
        if self.terms > MAX_TERMS:
            self.fail(f"more than {MAX_TERMS} terms", token.position, "cut the query into several rules")
        match token.kind:
            case Kind.OPEN:
                return self.group(token)
            case _ if self.field in ID_FIELDS:
                return self.attribute(token)
            case Kind.WORD:
                followed = "(" if self.stands(Kind.OPEN) and not token.spaced else ""
                if warning := doubt(token.text, followed=followed):
                    self.warnings.append(warning)
                return term(self.text, token.text, token.position, exact=False)
            case Kind.PHRASE:
                return term(self.text, token.text, token.position, exact=False)
            case Kind.EXACT:
                return term(self.text, token.text.strip().strip('"'), token.position, exact=True)
            case Kind.ENTITY:
                return EntityRef(token.text, token.position)
            case Kind.REGEX:
                return self.regex(token)
            case _:
                return self.unexpected(token)

    def unexpected(self, token: Token) -> NoReturn:
        said = _EARLY.get(token.kind, f"{token.text} stands here")
        self.fail(f"{said}; expected {_EXPECTED}", token.position)

    def group(self, opened: Token) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} parentheses within each other", opened.position)
        if self.stands(Kind.CLOSE):
            self.fail("there is nothing between these parentheses", opened.position)
        node = self.alternatives()
        if not self.stands(Kind.CLOSE):
            self.fail("this ( is never closed", opened.position)
        self.index += 1
        self.depth -= 1
        return And(node.parts, written=True) if isinstance(node, And) else node

    def regex(self, token: Token) -> Node:
        try:
            expression(token.text)
        except ExpressionError as error:
            self.fail(error.message, token.position + 1 + error.offset, error.hint)
        return Regex(token.text, token.position)

    def attribute(self, token: Token) -> Node:
        value = token.text.strip()
        if token.kind not in {Kind.WORD, Kind.PHRASE}:
            self.fail(f'expected a plain value for {self.field}:, such as {self.field}:"..."', token.position)
        if self.field == "url":
            value = urls.with_lower_host(value)
            if "." not in urls.without_scheme(value):
                hint = 'such as url:"www.example.org/news/"'
                self.fail("expected how an address begins, its host at least", token.position, hint)
            return Attribute("url", value, token.position)
        value = value.lower()
        if not (_OUTLET if self.field == "outlet" else _LANGUAGE).fullmatch(value):
            what = "an outlet's id" if self.field == "outlet" else "the two or three letters of a language, such as en"
            self.fail(f"expected {what}", token.position)
        return Attribute(self.field, value, token.position)
