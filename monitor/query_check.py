"""What a query may not be: one that holds on everything, or that can never hold."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.errors import QueryError
from monitor.query_tree import (
    And,
    AtLeast,
    Attribute,
    EntityRef,
    Leaf,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Scope,
    Term,
    Together,
    children,
    position,
    show,
)

# Fields that a term without a field looks at too.
_OWN = frozenset({"", "title", "lead", "body"})


def check(root: Node, text: str) -> None:
    """Raise QueryError where a query holds on everything, or plainly never."""
    bad = _unbounded(root)
    if bad is not None:
        message = "a rule needs something that must be there; this holds on every article that lacks something"
        raise QueryError(message, text=text, position=position(bad), hint="name something that must be there too")
    if (language := _only_language(root)) is not None:
        message = f"this holds on every article in {language.value}"
        raise QueryError(message, text=text, position=language.position, hint="name something that must be there too")
    if (never := _contradiction(root)) is not None:
        raise QueryError(f"this can never hit: {never[1]}", text=text, position=position(never[0]))


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


def _only_language(node: Node) -> Attribute | None:
    """Return the language that is all a node asks for."""
    match node:
        case Attribute(field="lang"):
            return node
        case And(parts=parts):
            found = [None if isinstance(part, Not) else _only_language(part) for part in parts]
            asked = [one for part, one in zip(parts, found, strict=True) if not isinstance(part, Not)]
            return asked[0] if asked and all(asked) else None
        case Or(parts=parts):
            return next((one for part in parts if (one := _only_language(part))), None)
        case _:
            return None


def _contradiction(node: Node) -> tuple[Node, str] | None:
    """Return where a node asks for what it forbids, and what; the plain cases, not every one."""
    match node:
        case And(parts=parts):
            return _clash(parts) or next((bad for part in parts if (bad := _contradiction(part))), None)
        case Or(parts=parts):
            found = [_contradiction(part) for part in parts]
            return found[0] if all(found) else None
        case Scope(part=part):
            return _contradiction(part)
        case _:
            return None


def _clash(parts: tuple[Node, ...]) -> tuple[Node, str] | None:
    needed = [(leaf, field) for part in parts for leaf, field in _needed(part)]
    wanted = {_key(leaf, where) for leaf, field in needed for where in (field, "" if field in _OWN else field)}
    # What must be there in this case is there in any.
    wanted |= {(pattern, "", where) for pattern, _, where in wanted}
    for part in parts:
        for leaf, field in _each_enough(part.part) if isinstance(part, Not) else ():
            if _key(leaf, field) in wanted:
                return leaf, f"{show(leaf)} must be there and must not"
    values: dict[str, str] = {}
    for leaf, _ in needed:
        if isinstance(leaf, Attribute) and leaf.field != "url":
            first = values.setdefault(leaf.field, leaf.value)
            if first != leaf.value:
                return leaf, f"{leaf.field}: must be {first} and {leaf.value}"
    return None


def _needed(node: Node, field: str = "") -> Iterator[tuple[Leaf, str]]:
    """Yield the leaves that must all be there for a node to hold, with their field."""
    match node:
        case Term() | Regex() | EntityRef() | Attribute():
            yield node, field
        case And() | Near() | Together() | AtLeast():
            for part in children(node):
                yield from _needed(part, field)
        case Scope(field=inner, part=part):
            yield from _needed(part, inner)
        case _:
            return


def _each_enough(node: Node, field: str = "") -> Iterator[tuple[Leaf, str]]:
    """Yield the leaves each of which is enough for a node to hold, with their field."""
    match node:
        case Term() | Regex() | EntityRef() | Attribute():
            yield node, field
        case Or(parts=parts):
            for part in parts:
                yield from _each_enough(part, field)
        case Scope(field=inner, part=part):
            yield from _each_enough(part, inner)
        case AtLeast(count=1, part=part):
            yield from _each_enough(part, field)
        case _:
            return


def _key(leaf: Leaf, field: str) -> tuple[object, str, str]:
    match leaf:
        case Term(pattern=pattern, exact=exact, prefix=prefix):
            return f"{pattern}{'*' * prefix}", exact, field
        case _:
            return (type(leaf), show(leaf)), "", field
