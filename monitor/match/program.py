"""Queries → programs: nested tuples of numbers, a tenth of the memory of trees, and the terms a rule hangs on.

    program   number of a probe | (operation, …)

A rule is a candidate on an article only if one of its necessary terms stands there: of `a AND b` those of the cheaper
part. Hanging rules on all their terms made 934 candidates an article out of 50 (November 2026, 100,000 rules).
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from monitor.errors import QueryError
from monitor.match.entities import Probe, of_term
from monitor.query_tree import (
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
)

ASIDE_FIELDS = frozenset({"author", "section", "caption", "teaser"})
"""Fields that a term without a field does not look at."""


class Op(IntEnum):
    """What a tuple asks for; the rest of the tuple is in the order named here."""

    OR = 0  # programs
    AND = 1  # programs
    NOT = 2  # program
    SCOPE = 3  # field, program
    NEAR = 4  # left, right, distance, ordered
    TOGETHER = 5  # left, right, sentence
    ATLEAST = 6  # count, program
    ATTRIBUTE = 7  # field, value
    REGEX = 8  # source, number of its probe


_OR = int(Op.OR)
# mypy has no recursive tuple of mixed length.
Program = int | tuple[Any, ...]


Needs = tuple[tuple[int, ...], tuple[Program, ...], tuple[int, int, int]]
"""Of these one must be there: numbers of probes, programs of attributes and expressions. Last what looking for them
costs: what kind they are, how many, how short. A plain tuple, as there is one for every term of every rule.
"""


@dataclass(slots=True)
class Compiler:
    """Probes by number, and programs over them. `names`: the probes of each entity."""

    names: Mapping[str, tuple[Probe, ...]]
    probes: list[Probe] = field(default_factory=list)
    asides: bool = False
    """Some rule asks for a field that stands aside."""
    _numbers: dict[Probe, int] = field(default_factory=dict)
    _plain: dict[str | tuple[str, str], int] = field(default_factory=dict)
    _entities: dict[str, tuple[Program, Needs]] = field(default_factory=dict)

    def forget(self) -> None:
        """Give the memory of the numbering back; later probes get numbers of their own."""
        self._numbers, self._plain = {}, {}

    def compile(self, node: Node, query: str) -> tuple[Program, Needs | None]:  # noqa: PLR0911 - one for each kind of node
        """Return a node's program and what it needs, None where nothing need be there. Raises QueryError."""
        match node:
            case Term():
                return self._term(node)
            case EntityRef():
                return self._entity(node, query)
            case Or(parts=parts) if all(type(part) is Term for part in parts):
                numbers = [self._term_number(part) for part in parts]  # type: ignore[arg-type]
                shortest = min([len(part.pattern) for part in parts])  # type: ignore[union-attr]
                different = tuple(dict.fromkeys(numbers))
                return (_OR, *different), (different, (), (0, len(numbers), -shortest))
            case Or(parts=parts):
                compiled = [self.compile(part, query) for part in parts]
                return (int(Op.OR), *dict.fromkeys(program for program, _ in compiled)), _any(
                    [needs for _, needs in compiled]
                )
            case And(parts=parts):
                compiled = [self.compile(part, query) for part in parts]
                # What asks for something comes before what forbids it, the rarer-looking first.
                compiled.sort(key=_cost)
                return (int(Op.AND), *_different(compiled)), compiled[0][1]
            case Not(part=part):
                return (int(Op.NOT), self.compile(part, query)[0]), None
            case Scope(field=name, part=part):
                self.asides = self.asides or name in ASIDE_FIELDS
                program, needs = self.compile(part, query)
                return (int(Op.SCOPE), name, program), needs
            case Near() | Together():
                return self._pair(node, query)
            case AtLeast(count=count, part=part):
                program, needs = self.compile(part, query)
                return (int(Op.ATLEAST), count, program), needs
            case Regex(source=source):
                number = self._number(Probe("", f"/{source}/"))
                regex: Program = (int(Op.REGEX), source, number)
                return regex, ((), (regex,), (1, 1, 0))
            case Attribute(field=name, value=value):
                attribute: Program = (int(Op.ATTRIBUTE), name, value)
                return attribute, ((), (attribute,), (2, 1, 0))

    def _pair(self, node: Near | Together, query: str) -> tuple[Program, Needs | None]:
        left, needs = self.compile(node.left, query)
        right, others = self.compile(node.right, query)
        if needs is None or (others is not None and others[2] < needs[2]):
            needs = others
        if isinstance(node, Near):
            return (int(Op.NEAR), left, right, node.distance, node.ordered), needs
        return (int(Op.TOGETHER), left, right, node.sentence), needs

    def _term(self, node: Term) -> tuple[Program, Needs]:
        number = self._term_number(node)
        return number, ((number,), (), (0, 1, -len(node.pattern)))

    def _term_number(self, node: Term) -> int:
        if node.exact or node.prefix:
            return self._number(of_term(node))
        pattern, text = node.pattern, node.text
        # Most are written as they are looked for.
        key = pattern if pattern == text else (pattern, text)
        number = self._plain.get(key)
        if number is None:
            self.probes.append(Probe(pattern, pattern if key is pattern else text))
            number = self._plain[key] = len(self.probes) - 1
        return number

    def _entity(self, node: EntityRef, query: str) -> tuple[Program, Needs]:
        found = self._entities.get(node.id)
        if found is None:
            names = self.names.get(node.id)
            if not names:
                raise _no_entity(node, query, self.names)
            numbers = tuple(self._number(probe) for probe in names)
            needs: Needs = (numbers, (), (0, len(numbers), -min(len(probe.pattern) for probe in names)))
            found = self._entities[node.id] = (numbers[0] if len(numbers) == 1 else (int(Op.OR), *numbers), needs)
        return found

    def _number(self, probe: Probe) -> int:
        number = self._numbers.get(probe)
        if number is None:
            number = self._numbers[probe] = self._add(probe)
        return number

    def _add(self, probe: Probe) -> int:
        self.probes.append(probe)
        return len(self.probes) - 1


def _different(compiled: list[tuple[Program, Needs | None]]) -> tuple[Program, ...]:
    """Return each part once: a word that is said 200 times would be found 200 times, of a text that says nothing else
    for minutes.
    """
    return tuple(dict.fromkeys(program for program, _ in compiled))


def _any(needs: list[Needs | None]) -> Needs | None:
    terms: list[int] = []
    others: list[Program] = []
    kind, shortest = 0, -1000
    for one in needs:
        if one is None:
            return None
        terms += one[0]
        others += one[1]
        kind, shortest = max(kind, one[2][0]), max(shortest, one[2][2])
    return tuple(dict.fromkeys(terms)), tuple(others), (kind, len(terms) + len(others), shortest)


def _cost(compiled: tuple[Program, Needs | None]) -> tuple[int, int, int]:
    return (9, 0, 0) if compiled[1] is None else compiled[1][2]


def _no_entity(node: EntityRef, query: str, names: Mapping[str, tuple[Probe, ...]]) -> QueryError:
    known = node.id in names
    near = difflib.get_close_matches(node.id, names, 1)
    message = f"@{node.id} has no usable name" if known else f"there is no entity {node.id!r}"
    hint = f"did you mean @{near[0]}?" if near and not known else "entities stand in rules.yaml"
    return QueryError(message, text=query, position=node.position, hint=hint)
