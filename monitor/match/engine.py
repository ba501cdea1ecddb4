"""Article → hits. Rules are never looped over: one pass of an automaton names those that could hold.

Each rule hangs on its cheapest necessary terms (of `a AND b` the rarer-looking one); only these are in the automaton,
the rest is looked up when a rule is a candidate and remembered for the article. Hanging rules on all their terms
instead made 934 candidates an article out of 50 (November 2026, 100,000 rules).
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick

from monitor.errors import QueryError
from monitor.match.entities import Probe, probes
from monitor.match.view import Find, View
from monitor.model import Article, Entity, Evidence, Hit, Rule
from monitor.query import And, EntityRef, Node, Not, Or, Query, Scope, Term, parse

MAX_EVIDENCE = 20


class Matcher:
    """Compiled rules. Raises QueryError for a rule that cannot be used, naming it. Safe to share once built."""

    def __init__(self, rules: Iterable[Rule], entities: Iterable[Entity] = ()) -> None:
        known = list(entities)
        self._names = probes(known)
        self._rules: list[tuple[Rule, Node, str]] = []
        hanging: dict[str, list[int]] = {}
        digest = hashlib.blake2b(repr(known).encode("utf-8", "replace"), digest_size=8)
        for rule in rules:
            query = self._compiled(rule)
            version = rule.version or _version(rule)
            number = len(self._rules)
            self._rules.append((rule, query.root, version))
            for pattern in _needs(query.root, self._names):
                hanging.setdefault(pattern, []).append(number)
            digest.update(f"{rule.id}\0{version}\0".encode("utf-8", "replace"))
        self.version = digest.hexdigest()
        """16 hex digits that change with any rule or entity."""
        self._patterns = list(hanging)
        self._known = set(self._patterns)
        self._candidates = [tuple(hanging[pattern]) for pattern in self._patterns]
        self._automaton = AhoCorasick(self._patterns) if self._patterns else None

    def _compiled(self, rule: Rule) -> Query:
        try:
            return check(rule, self._names)
        except QueryError as error:
            raise QueryError(
                f"rule {rule.id}: {error.message}", text=error.text, position=error.position, hint=error.hint
            ) from error

    def match(self, article: Article) -> list[Hit]:
        """Return the rules that hold on an article, in the order they were given, with evidence in reading order."""
        view = View(article, self._known)
        if self._automaton is None or not view.text:
            return []
        numbers: set[int] = set()
        for index, start, _ in self._automaton.find_matches_as_indexes(view.text, overlapping=True):
            pattern = self._patterns[index]
            view.note(pattern, start)
            if view.places(pattern):
                numbers.update(self._candidates[index])
        if not numbers:
            return []
        hits = []
        for number in sorted(numbers):
            rule, root, version = self._rules[number]
            if rule.languages and article.language not in rule.languages:
                continue
            finds = self._holds(root, view, "")
            if finds:
                hits.append(Hit(rule.id, _evidence(finds, view), rule_version=version))
        return hits

    def _holds(self, node: Node, view: View, field: str) -> list[Find] | None:
        """Return the finds that make a node hold (none for NOT), None where it does not."""
        match node:
            case Term() | EntityRef():
                wanted = (_probe(node),) if isinstance(node, Term) else self._names[node.id]
                return [find for probe in wanted for find in view.finds(probe, field)] or None
            case Scope(field=inner, part=part):
                return self._holds(part, view, inner)
            case Not(part=part):
                return [] if self._holds(part, view, field) is None else None
            case Or(parts=parts):
                held = [found for part in parts if (found := self._holds(part, view, field)) is not None]
                return [find for found in held for find in found] if held else None
            case And(parts=parts):
                finds: list[Find] = []
                for part in parts:
                    found = self._holds(part, view, field)
                    if found is None:
                        return None
                    finds += found
                return finds


def check(rule: Rule, names: dict[str, tuple[Probe, ...]]) -> Query:
    """Parse a rule and look its entities up in `names` (entities.probes). Raises QueryError."""
    query = parse(rule.query)
    for part in _entity_refs(query.root):
        if not names.get(part.id):
            message = f"@{part.id} has no usable name" if part.id in names else f"there is no entity {part.id!r}"
            near = difflib.get_close_matches(part.id, names, 1)
            hint = f"did you mean @{near[0]}?" if near and part.id not in names else "entities stand in rules.yaml"
            raise QueryError(message, text=rule.query, position=part.position, hint=hint)
    return query


def _entity_refs(node: Node) -> list[EntityRef]:
    match node:
        case EntityRef():
            return [node]
        case And(parts=parts) | Or(parts=parts):
            return [found for part in parts for found in _entity_refs(part)]
        case Not(part=part) | Scope(part=part):
            return _entity_refs(part)
        case _:
            return []


def _probe(term: Term) -> Probe:
    return Probe(term.pattern, clause=f"{{{term.text}}}" if term.exact else term.text, exact=term.exact)


def _needs(node: Node, names: dict[str, tuple[Probe, ...]]) -> frozenset[str]:
    """Return patterns of which one must be there for the node to hold; empty where none need be (NOT)."""
    match node:
        case Term(pattern=pattern):
            return frozenset((pattern,))
        case EntityRef(id=name):
            return frozenset(probe.pattern for probe in names[name])
        case Scope(part=part):
            return _needs(part, names)
        case Or(parts=parts):
            each = [_needs(part, names) for part in parts]
            return frozenset().union(*each) if all(each) else frozenset()
        case And(parts=parts):
            # Fewest alternatives, then the longest of the shortest: long words and phrases are rare.
            choices = [needs for part in parts if (needs := _needs(part, names))]
            return min(choices, key=lambda needs: (len(needs), -min(map(len, needs))))
        case Not():
            return frozenset()


def _evidence(finds: Sequence[Find], view: View) -> tuple[Evidence, ...]:
    """Return the finds to show, in reading order: of each clause the longest at a place, and none without one."""
    reach: dict[str, tuple[int, int]] = {}
    shown: list[Find] = []
    for find in sorted(finds, key=lambda find: (find.segment, find.span[0], -find.span[1])):
        clause, end = find.probe.clause, (find.segment, find.span[1])
        if reach.get(clause, (-1, 0)) < end:
            reach[clause] = end
            shown.append(find)
    if len(shown) > MAX_EVIDENCE:
        first: dict[str, Find] = {}
        for find in shown:
            first.setdefault(find.probe.clause, find)
        chosen = dict.fromkeys([*first.values(), *shown][: MAX_EVIDENCE + len(first)])
        shown = sorted(list(chosen)[:MAX_EVIDENCE], key=lambda find: (find.segment, find.span))
    return tuple(view.evidence(find) for find in shown)


def _version(rule: Rule) -> str:
    text = f"{rule.query}\0{','.join(rule.languages)}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()
