"""The rule language: text → tree. Recursive descent; what is reserved for later is refused by name.

or       and (OR and)*
and      not ((AND)? not)*            a space is AND
not      (NOT | -) not | operand
operand  ( or ) | field: operand | "phrase" | {Exact} | @entity | word
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from monitor.errors import QueryError
from monitor.parse import words

MAX_TEXT = 10_000
MAX_DEPTH = 50
MAX_TERMS = 2_000
FIELDS = ("title", "body")
_LATER_FIELDS = ("lead", "author", "section", "outlet", "lang", "url", "caption", "teaser")
_LATER = re.compile(r"(NEAR|ONEAR|ATLEAST)(/\S*)?|SENTENCE|PARAGRAPH")
_QUOTES = '"\u201c\u201d\u201e\u201f\u00ab\u00bb'
_SPACE = re.compile(r"\s*")
_WORD = re.compile(rf"[^\s(){{}}{_QUOTES}]+")
_FIELD = re.compile(r"([A-Za-z]+):(?!/)")
_ENTITY = re.compile(r"@([A-Za-z0-9][A-Za-z0-9._-]*)")
_TRAILING = ",;:!?\u2026"
_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_OPERATORS = {"AND", "OR", "NOT"}
# What needs no quotation marks when it is shown.
_BARE = re.compile(r"\w(?:[\w'.&/-]*[\w.])?|[0-9]+:[0-9]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. `pattern`: folded; `exact`: its neutral form where the case counts, else empty."""

    text: str
    pattern: str
    exact: str = ""
    position: int = 0


@dataclass(frozen=True, slots=True)
class EntityRef:
    """`@id`."""

    id: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold. `written`: in parentheses, so that nothing about it can be misread."""

    parts: tuple[Node, ...]
    written: bool = False


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Node


@dataclass(frozen=True, slots=True)
class Scope:
    """The part holds within one field."""

    field: str
    part: Node


Leaf = Term | EntityRef
Node = Leaf | And | Or | Not | Scope


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
    _check(root, text)
    return Query(text, root, tuple(parser.warnings))


def entities_in(query: Query) -> set[str]:
    """Return the ids of the entities that a query names."""
    return {node.id for node in _leaves(query.root) if isinstance(node, EntityRef)}


def _leaves(node: Node) -> list[Leaf]:
    match node:
        case Term() | EntityRef():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [leaf for part in parts for leaf in _leaves(part)]
        case Not(part=part) | Scope(part=part):
            return _leaves(part)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.terms = 0
        self.field = ""
        self.warnings: list[str] = []

    def fail(self, message: str, position: int | None = None, hint: str = "") -> NoReturn:
        raise QueryError(message, text=self.text, position=self.at if position is None else position, hint=hint)

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def peek(self) -> str:
        """Return the next character, "" at the end; an operator word as a whole."""
        self.skip()
        match = _WORD.match(self.text, self.at)
        if match and match.group() in _OPERATORS:
            return match.group()
        return self.text[self.at : self.at + 1]

    def whole(self) -> Node:
        if not self.text.strip():
            self.fail("the query is empty", 0, 'write a word, a "phrase" or an @entity')
        node = self.alternatives()
        if self.peek() == ")":
            self.fail("this ) closes nothing")
        return node

    def alternatives(self) -> Node:
        start = self.at
        parts = [self.conjunction()]
        while self.peek() == "OR":
            self.at += 2
            parts.append(self.conjunction())
        if len(parts) == 1:
            return parts[0]
        if any(isinstance(part, And) and not part.written for part in parts):
            self.warn_mixed(start, parts)
        return Or(tuple(parts))

    def warn_mixed(self, start: int, parts: list[Node]) -> None:
        source = self.text[start : self.at].strip()
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
            following = self.peek()
            if following == "AND":
                self.at += 3
                parts.append(self.negation())
            elif following in {"", ")", "OR"}:
                return parts[0] if len(parts) == 1 else And(tuple(parts))
            else:
                parts.append(self.negation())

    def negation(self) -> Node:
        following = self.peek()
        if following != "NOT" and not self.minus():
            return self.operand()
        start = self.at
        self.at += 3 if following == "NOT" else 1
        if following != "NOT" and self.text[self.at : self.at + 1].isspace():
            self.fail("this - stands alone", start, "write it right before what must not be there: -sport")
        if self.peek() == "NOT" or self.minus():
            self.fail("NOT of NOT", hint="leave both out")
        self.depth += 1
        part = self.operand()
        self.depth -= 1
        return Not(part)

    def minus(self) -> bool:
        """Say whether a NOT in the form of a dash stands here: not in `"NATO"-led`."""
        before = self.text[self.at - 1 : self.at]
        return self.text[self.at : self.at + 1] in set(_DASHES) and (not before or before in "(-:" or before.isspace())

    def operand(self) -> Node:
        following = self.peek()
        self.terms += 1
        if self.terms > MAX_TERMS:
            self.fail(f"more than {MAX_TERMS} terms", hint="cut the query into several rules")
        if following in {"", ")", "AND", "OR"}:
            what = {"": "the query ends here", ")": "this ) comes too early"}.get(following, f"{following} stands here")
            self.fail(f'{what}; expected a word, a "phrase", {{Exact}}, @entity or (')
        if following == "(":
            return self.group()
        if following in _QUOTES:
            return self.phrase()
        if following == "{":
            return self.exact()
        if following == "@":
            return self.entity()
        if following == "/":
            self.fail("/regex/ is not supported yet", hint='write words, "phrases" and OR instead')
        if following == "}":
            self.fail("this } closes nothing")
        return self.word()

    def group(self) -> Node:
        opened = self.at
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"more than {MAX_DEPTH} parentheses within each other")
        if self.peek() == ")":
            self.fail("there is nothing between these parentheses", opened)
        node = self.alternatives()
        if self.peek() != ")":
            self.fail("this ( is never closed", opened)
        self.at += 1
        self.depth -= 1
        return And(node.parts, written=True) if isinstance(node, And) else node

    def phrase(self) -> Node:
        opened = self.at
        end = next((i for i in range(opened + 1, len(self.text)) if self.text[i] in _QUOTES), None)
        if end is None:
            self.fail("this quotation mark is never closed", opened)
        self.at = end + 1
        return self.term(self.text[opened + 1 : end], opened, exact=False)

    def exact(self) -> Node:
        opened = self.at
        end = self.text.find("}", opened)
        if end < 0:
            self.fail("this { is never closed", opened)
        self.at = end + 1
        return self.term(self.text[opened + 1 : end].strip().strip(_QUOTES), opened, exact=True)

    def entity(self) -> Node:
        match = _ENTITY.match(self.text, self.at)
        if not match:
            self.fail("expected the id of an entity after @", hint="such as @nato")
        start, self.at = self.at, match.end()
        return EntityRef(match[1].rstrip("."), start)

    def word(self) -> Node:
        start = self.at
        match = _WORD.match(self.text, start)
        assert match is not None, "every other character has been dealt with"
        if field := _FIELD.match(self.text, start):
            return self.scope(field)
        word = match.group()
        self.at = match.end()
        if _LATER.fullmatch(word):
            self.fail(f"{word.split('/')[0]} is not supported yet", start, "in lower case it is a word")
        if word in {"and", "or", "not"}:
            self.warnings.append(f"{word!r} is looked for as a word; the operator is {word.upper()}")
        return self.term(word, start, exact=False)

    def scope(self, field: re.Match[str]) -> Node:
        name = field[1].lower()
        if name in _LATER_FIELDS:
            self.fail(f"{name}: is not supported yet", hint=f"fields: {', '.join(f + ':' for f in FIELDS)}")
        if name not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS + _LATER_FIELDS, 1)
            hint = f"did you mean {near[0]}:? " if near else ""
            self.fail(f"there is no field {name!r}", hint=f'{hint}for a word with a colon write "{field[1]}:..."')
        if self.field:
            self.fail(f"{name}: within {self.field}:; fields cannot be nested")
        self.at = field.end()
        if self.text[self.at : self.at + 1].isspace() or self.peek() in {"", "NOT"} or self.minus():
            self.fail(f'expected a word, "phrase" or ( right after {name}:')
        self.field = name
        part = self.operand()
        self.field = ""
        return Scope(name, part)

    def term(self, source: str, position: int, *, exact: bool) -> Term:
        if "*" in source:
            self.fail("the wildcard * is not supported yet", self.text.index("*", position), "write the forms with OR")
        neutral = words.bare(words.neutral(source))
        pattern = words.fold(neutral).text
        if not any(map(words.is_word, pattern)):
            self.fail("there is no letter or digit to look for here", position)
        return Term(source.strip().rstrip(_TRAILING), pattern, neutral if exact else "", position)


def show(node: Node) -> str:
    """Return a node in the language, with the parentheses it needs."""
    match node:
        case Term(text=text, exact=exact):
            bare = _BARE.fullmatch(text) and not _LATER.fullmatch(text) and text not in _OPERATORS
            return f"{{{text}}}" if exact else text if bare else f'"{text}"'
        case EntityRef(id=name):
            return f"@{name}"
        case And(parts=parts):
            return " AND ".join(f"({show(part)})" if isinstance(part, Or) else show(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(f"({show(part)})" if isinstance(part, And) else show(part) for part in parts)
        case Not(part=part):
            return f"NOT {_enclosed(part)}"
        case Scope(field=field, part=part):
            return f"{field}:{_enclosed(part)}"


def _enclosed(node: Node) -> str:
    return f"({show(node)})" if isinstance(node, And | Or) else show(node)


def _check(root: Node, text: str) -> None:
    bad = _unbounded(root)
    if bad is not None:
        message = "a rule needs something that must be there; this holds on every article that lacks something"
        raise QueryError(message, text=text, position=_position(bad), hint="name something that must be there too")
    if (never := _contradiction(root)) is not None:
        message = f"this can never hit: {show(never)} must be there and must not"
        raise QueryError(message, text=text, position=_position(never))


def _unbounded(node: Node) -> Node | None:
    """Return the NOT by which a node asks for nothing to be there, None where all is well."""
    match node:
        case Not():
            return node
        case And(parts=parts):
            found = [_unbounded(part) for part in parts]
            return found[0] if all(found) else None
        case Or(parts=parts):
            return next((bad for part in parts if (bad := _unbounded(part))), None)
        case Scope(part=part):
            return _unbounded(part)
        case _:
            return None


def _contradiction(node: Node) -> Node | None:
    """Return what a node asks for and forbids; the plain cases, not every one."""
    match node:
        case And(parts=parts):
            wanted = {_key(leaf, where) for leaf, field in _within(node, And) for where in {field, ""}}
            wanted |= {(pattern, "", where) for pattern, _, where in wanted}
            for part in parts:
                for leaf, field in _within(part.part, Or) if isinstance(part, Not) else ():
                    if _key(leaf, field) in wanted:
                        return leaf
            return next((bad for part in parts if (bad := _contradiction(part))), None)
        case Or(parts=parts):
            found = [_contradiction(part) for part in parts]
            return found[0] if all(found) else None
        case Scope(part=part):
            return _contradiction(part)
        case _:
            return None


def _within(node: Node, through: type[And | Or], field: str = "") -> Iterator[tuple[Leaf, str]]:
    """Yield the leaves reached through nothing but AND (all must be there) or OR (each is enough), and their field."""
    match node:
        case Term() | EntityRef():
            yield node, field
        case And(parts=parts) | Or(parts=parts) if isinstance(node, through):
            for part in parts:
                yield from _within(part, through, field)
        case Scope(field=inner, part=part):
            yield from _within(part, through, inner)


def _key(leaf: Leaf, field: str) -> tuple[str, str, str]:
    return (leaf.pattern, leaf.exact, field) if isinstance(leaf, Term) else (f"@{leaf.id}", "", field)


def _position(node: Node) -> int:
    return min((leaf.position for leaf in _leaves(node)), default=0)
