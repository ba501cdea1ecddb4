"""Query → what an article must hold for it to hit, as far as a full-text index can tell.

Never narrower than the matcher: what this leaves out is no hit, what it finds is looked at again. None stands for
"anything": expressions, NOT, and the fields that the index does not have.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from monitor.match.entities import Probe
from monitor.parse.index import searchable
from monitor.query_tree import (
    And,
    AtLeast,
    EntityRef,
    Near,
    Node,
    Or,
    Scope,
    Term,
    Together,
)
from monitor.sought import AllOf, AnyOf, Phrase, Sought

# The lead is the standfirst, or the first block of the body.
_COLUMNS = {"title": ("title",), "lead": ("standfirst", "body"), "body": ("body",)}
# Of an entity with more names than this the first letters are looked for.
MAX_NAMES = 300
# FTS5's parser gives up at some 25 parentheses within each other.
MAX_DEPTH = 16
_STEM = 4


def preselect(  # noqa: PLR0911 - one for each kind of node
    node: Node, names: Mapping[str, tuple[Probe, ...]], columns: tuple[str, ...] = (), depth: int = 0
) -> Sought | None:
    """Return what must stand in title, standfirst or body; None: anything. Raises KeyError for an unknown entity.

    `depth`: how many parentheses stand around the node.
    """
    match node:
        case Term(pattern=pattern, prefix=prefix):
            return phrase(pattern, columns, prefix=prefix)
        case EntityRef(id=name):
            return _any(_of_names(names[name], columns))
        case Or(parts=parts) if depth < MAX_DEPTH:
            return _any([preselect(part, names, columns, depth + 1) for part in parts])
        case And(parts=parts) if depth < MAX_DEPTH:
            return _all([preselect(part, names, columns, depth + 1) for part in parts])
        case Near(left=left, right=right) | Together(left=left, right=right):
            return _all([preselect(part, names, columns, depth + 1) for part in (left, right)])
        case AtLeast(part=part):
            return preselect(part, names, columns, depth)
        case Scope(field=field, part=part) if field in _COLUMNS:
            return preselect(part, names, _COLUMNS[field], depth)
        case _:
            return None


def phrase(pattern: str, columns: tuple[str, ...] = (), *, prefix: bool = False) -> Phrase | None:
    """Return what a folded term is in the index; None where the index may have nothing of it."""
    words = tuple(searchable(pattern).split())
    return Phrase(words, prefix, columns) if any(map(_is_indexed, "".join(words))) else None


def union(parts: Iterable[Sought | None]) -> Sought | None:
    """Return what one of several queries at least must hold."""
    return _any(list(parts))


def _is_indexed(char: str) -> bool:
    """Say whether a tokenizer of any age takes this for a letter or digit: SQLite's tables end with Unicode 6.1."""
    return unicodedata.ucd_3_2_0.category(char)[0] in "LN"


def _any(parts: list[Sought | None]) -> Sought | None:
    found: dict[Sought, None] = {}
    for part in parts:
        if part is None:
            return None
        for one in part.parts if isinstance(part, AnyOf) else (part,):
            found[one] = None
    return next(iter(found)) if len(found) == 1 else AnyOf(tuple(found))


def _all(parts: list[Sought | None]) -> Sought | None:
    found: dict[Sought, None] = {}
    for part in parts:
        if part is not None:
            for one in part.parts if isinstance(part, AllOf) else (part,):
                found[one] = None
    if len(found) < 2:
        return next(iter(found), None)
    return AllOf(tuple(found))


def _of_names(probes: Iterable[Probe], columns: tuple[str, ...]) -> list[Sought | None]:
    """Return the names of an entity; those that another one's words stand in are found by it."""
    found = dict.fromkeys(phrase(probe.pattern, columns, prefix=probe.conditions.prefix) for probe in probes)
    if None in found:
        return [None]
    phrases = [one for one in found if one is not None]
    single = {one.words[0] for one in phrases if len(one.words) == 1 and not one.prefix and one.words[0].isalnum()}
    left = [one for one in phrases if len(one.words) == 1 or not single & set(one.words)]
    if len(left) > MAX_NAMES:
        left = list(dict.fromkeys(map(_stem, left)))
    return list(left)


def _stem(one: Phrase) -> Phrase:
    begin = one.words[0][:_STEM]
    told = len(begin) == _STEM and all(map(_is_indexed, begin))
    return Phrase((begin,), prefix=True, columns=one.columns) if told else one
