"""The nodes of a query, how they are shown, and how they are walked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType

TEXT_FIELDS = ("title", "lead", "body", "author", "section", "caption", "teaser")
"""Fields that hold text."""
ID_FIELDS = ("outlet", "lang", "url")
"""Fields that are compared as a whole, or by how they begin."""
FIELDS = TEXT_FIELDS + ID_FIELDS
RESERVED = frozenset({"AND", "OR", "NOT", "NEAR", "ONEAR", "ATLEAST", "SENTENCE", "PARAGRAPH"})
# What needs no quotation marks when it is shown.
_BARE = re.compile(r"\w(?:[\w'.&/-]*[\w.])?|[0-9]+:[0-9]+")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase. `pattern`: folded; `exact`: its neutral form where the case counts, else empty; `prefix`: its
    last word may go on.
    """

    text: str
    pattern: str
    exact: str = ""
    prefix: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Regex:
    """`/source/`: a regular expression of RE2."""

    source: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class EntityRef:
    """`@id`."""

    id: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Attribute:
    """The field has this value (outlet, lang), or begins so (url)."""

    field: str
    value: str
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


@dataclass(frozen=True, slots=True)
class Near:
    """Both stand at most `distance` words apart in one block, not overlapping; `ordered`: the left one first."""

    left: Node
    right: Node
    distance: int
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class Together:
    """Both stand in one sentence, or in one paragraph."""

    left: Node
    right: Node
    sentence: bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The part is mentioned so many times."""

    count: int
    part: Node


Leaf = Term | Regex | EntityRef | Attribute
Node = Leaf | And | Or | Not | Scope | Near | Together | AtLeast


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts of a node, none of a leaf."""
    match node:
        case And(parts=parts) | Or(parts=parts):
            return parts
        case Not(part=part) | Scope(part=part) | AtLeast(part=part):
            return (part,)
        case Near(left=left, right=right) | Together(left=left, right=right):
            return (left, right)
        case _:
            return ()


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves in the order they were written."""
    if isinstance(node, Leaf):
        yield node
    for part in children(node):
        yield from leaves(part)


def position(node: Node) -> int:
    """Return where a node begins in the query's text, by its first leaf."""
    return min((leaf.position for leaf in leaves(node)), default=0)


def show(node: Node) -> str:  # noqa: PLR0911 - one for each kind of node
    """Return a node in the language, with the parentheses it needs."""
    match node:
        case Term(text=text, exact=exact):
            if exact:
                return f"{{{text}}}"
            # Only the mark of a wildcard may stand bare.
            core = text[:-1] if node.prefix else text
            bare = _BARE.fullmatch(core) and not _is_operator(core)
            return text if bare else f'"{text}"'
        case Regex(source=source):
            return f"/{source}/"
        case EntityRef(id=name):
            return f"@{name}"
        case Attribute(field=field, value=value):
            return f"{field}:{value}" if _BARE.fullmatch(value) and not _is_operator(value) else f'{field}:"{value}"'
        case And(parts=parts):
            return " AND ".join(f"({show(part)})" if isinstance(part, Or) else show(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(f"({show(part)})" if isinstance(part, And) else show(part) for part in parts)
        case Not(part=part):
            return f"NOT {enclosed(part, And | Or)}"
        case Scope(field=field, part=part):
            return f"{field}:{enclosed(part, And | Or | Not | Near | Together)}"
        case Near(left=left, right=right):
            operator = f"{'O' if node.ordered else ''}NEAR/{node.distance}"
            return f"{enclosed(left, Or)} {operator} {enclosed(right, Or)}"
        case Together(left=left, right=right):
            return f"{enclosed(left, Or)} {'SENTENCE' if node.sentence else 'PARAGRAPH'} {enclosed(right, Or)}"
        case AtLeast(count=count, part=part):
            return f"ATLEAST/{count} {enclosed(part, Or)}"


def enclosed(node: Node, kinds: UnionType | type) -> str:
    """Return a node as `show` does, in parentheses where it is of these kinds."""
    return f"({show(node)})" if isinstance(node, kinds) else show(node)


def _is_operator(word: str) -> bool:
    return word.split("/", maxsplit=1)[0] in RESERVED
