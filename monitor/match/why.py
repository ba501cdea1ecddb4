"""Why a rule holds on an article or does not: the tree of its clauses, each with what was found or how near it came.

Slow beside the engine and meant for one rule and one article: each clause is evaluated by itself, by the engine's own
evaluation, so that this page cannot say otherwise than a hit does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.match.entities import UNLESS_WORDS, Conditions, Names, Probe
from monitor.match.evaluate import Evaluation, apart
from monitor.match.nearness import close, overlapping
from monitor.match.program import ASIDE_FIELDS, Compiler
from monitor.match.receipt import marked, where
from monitor.match.view import Place, View
from monitor.model import Article, Entity, Evidence, Role, Rule
from monitor.parse import sentences, words
from monitor.query import parse
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
    children,
    show,
)

MAX_PLACES = 3


class ClauseReason(StrEnum):
    """Why a clause holds or does not."""

    FOUND = "found"
    PARTS = "parts"
    """As its parts say."""
    NOT_THERE = "not_there"
    ELSEWHERE = "elsewhere"
    """It stands in another field, or in what is no part of the article."""
    OTHER_CASE = "other_case"
    WITHIN_WORD = "within_word"
    NOT_IN_A_ROW = "not_in_a_row"
    CONDITIONS = "conditions"
    """An entity's name stands there, but not as its conditions ask."""
    TOO_FAR = "too_far"
    WRONG_ORDER = "wrong_order"
    OTHER_SENTENCE = "other_sentence"
    OTHER_PARAGRAPH = "other_paragraph"
    TOO_FEW = "too_few"
    OTHER_VALUE = "other_value"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    """What must not be there is not."""
    LANGUAGE = "language"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a query on an article. `detail`: a sentence for people."""

    text: str
    held: bool
    reason: ClauseReason
    detail: str = ""
    evidence: tuple[Evidence, ...] = ()
    parts: tuple[Clause, ...] = ()


def why(article: Article, rule: Rule, entities: Iterable[Entity] = ()) -> Clause:
    """Return the clauses of a rule on an article. Raises QueryError."""
    root = parse(rule.query).root
    told = _Told(article, Compiler(Names(entities)), rule.query).clause(root, "")
    if rule.languages and article.language not in rule.languages:
        languages = ", ".join(rule.languages)
        detail = f"the rule is bound to {languages}; the article is in {article.language or 'an unknown language'}"
        return Clause(told.text, held=False, reason=ClauseReason.LANGUAGE, detail=detail, parts=(told,))
    return told


def first_failure(clause: Clause) -> Clause | None:
    """Return the clause to look at first where a query does not hold: the deepest first one that failed."""
    if clause.held:
        return None
    for part in clause.parts:
        if (found := first_failure(part)) is not None and clause.reason is not ClauseReason.FORBIDDEN:
            return found
    return clause


def lines(clause: Clause, depth: int = 0) -> Iterator[str]:
    """Yield the tree, a clause a line, with the sentences that make it hold."""
    detail = f": {clause.detail}" if clause.detail else ""
    yield f"{'  ' * depth}{'yes' if clause.held else 'no '} {clause.text}{detail}"
    for piece in clause.evidence[:MAX_PLACES]:
        yield f"{'  ' * depth}      {where(piece)}: {marked(piece)}"
    for part in clause.parts:
        yield from lines(part, depth + 1)


class _Told:
    def __init__(self, article: Article, compiler: Compiler, query: str) -> None:
        self.article = article
        self.compiler = compiler
        self.query = query

    def evaluation(self) -> Evaluation:
        return Evaluation(self.article, self.compiler.probes)

    def looked_at(self, field: str) -> tuple[Evaluation, View, frozenset[int] | None]:
        """Return the view that holds a field, and the segments that are it; None: all."""
        evaluation = Evaluation(self.article, self.compiler.probes)
        view = evaluation.aside if field in ASIDE_FIELDS else evaluation.main
        return evaluation, view, view.fields(field) if field else None

    def places(self, node: Node, field: str) -> tuple[Evaluation, list[Place] | None]:
        """Return the places that make a node hold in a field, None where it does not."""
        program, _ = self.compiler.compile(Scope(field, node) if field else node, self.query)
        evaluation = self.evaluation()
        return evaluation, evaluation.holds(program, evaluation.main, None)

    def clause(self, node: Node, field: str) -> Clause:
        if isinstance(node, Scope):
            inner = self.clause(node.part, node.field)
            return inner if inner.parts else _renamed(inner, show(node))
        evaluation, places = self.places(node, field)
        held = places is not None
        text = show(node)
        match node:
            case And() | Or():
                parts = tuple(self.clause(part, field) for part in children(node))
                return Clause(text, held, ClauseReason.PARTS, parts=parts)
            case Not(part=part):
                inner = self.clause(part, field)
                reason = ClauseReason.ABSENT if held else ClauseReason.FORBIDDEN
                return Clause(
                    text,
                    held,
                    reason,
                    "" if held else "it must not be there",
                    inner.evidence if inner.held else (),
                    () if held else inner.parts,
                )
            case _ if places:
                return Clause(text, held=True, reason=ClauseReason.FOUND, evidence=evaluation.evidence(places))
            case Attribute():
                return self.attribute(node, held=held)
        return self.failed(node, field)

    def attribute(self, node: Attribute, *, held: bool) -> Clause:
        seen = {"outlet": self.article.outlet, "lang": self.article.language or "unknown"}.get(
            node.field, self.article.url
        )
        reason = ClauseReason.FOUND if held else ClauseReason.OTHER_VALUE
        return Clause(show(node), held, reason, f"it is {seen or 'unknown'}")

    def failed(self, node: Node, field: str) -> Clause:
        text = show(node)
        match node:
            case Term():
                reason, detail = self.missing_term(node, field)
            case EntityRef():
                reason, detail = self.missing_entity(node, field)
            case Near() | Together():
                return self.missing_pair(node, field)
            case AtLeast(count=count, part=part):
                places = self.places(part, field)[1]
                found = len(apart(places or []))
                parts = () if found else (self.clause(part, field),)
                return _no(text, ClauseReason.TOO_FEW, f"{found} of {count} mentions", parts)
            case Regex():
                reason, detail = ClauseReason.NOT_THERE, "it finds nothing"
            case _:
                reason, detail = ClauseReason.NOT_THERE, ""
        return _no(text, reason, detail)

    # ---- a term

    def missing_term(self, node: Term, field: str) -> tuple[ClauseReason, str]:
        if (elsewhere := self.elsewhere(node, field)) is not None:
            return ClauseReason.ELSEWHERE, elsewhere
        if node.exact:
            loose = Term(node.text, node.pattern, prefix=node.prefix)
            evaluation, places = self.places(loose, field)
            if places:
                seen = sorted({piece.surface for piece in evaluation.evidence(places)})
                return ClauseReason.OTHER_CASE, f"it stands there as {', '.join(seen[:MAX_PLACES])}"
        if within := self.within_words(node.pattern, field):
            return ClauseReason.WITHIN_WORD, f"only within {', '.join(within[:MAX_PLACES])}"
        parts = node.pattern.split()
        if len(parts) > 1:
            there = [part for part in parts if self.places(Term(part, part), field)[1]]
            if len(there) == len(parts):
                return ClauseReason.NOT_IN_A_ROW, "all its words are there, but not in a row"
            return ClauseReason.NOT_THERE, f"{len(there)} of its {len(parts)} words are there"
        return ClauseReason.NOT_THERE, "it is not there"

    def elsewhere(self, node: Term | EntityRef, field: str) -> str | None:
        for other in ("title", "lead", "body", "caption", "teaser", "author", "section"):
            if other == field or (not field and other not in ASIDE_FIELDS):
                continue
            evaluation, places = self.places(node, other)
            if places:
                piece = evaluation.evidence(places)[0]
                why_not = (
                    "not part of the article"
                    if other in {"caption", "teaser"} and not field
                    else f"not in {field or 'title, standfirst or body'}"
                )
                return f"only in the {where(piece)} ({piece.surface!r}), {why_not}"
        notes = [block.text for block in self.article.blocks if block.role is Role.NOTE]
        if isinstance(node, Term) and any(_stands(words.fold(text).text, node.pattern) for text in notes):
            return "only in a note, not part of the article"
        return None

    def within_words(self, pattern: str, field: str) -> list[str]:
        """Return the words that hold a pattern and go on before or after it."""
        _, view, scope = self.looked_at(field)
        text = view.text
        found: dict[str, None] = {}
        at = text.find(pattern)
        while at >= 0 and len(found) < MAX_PLACES:
            start = at
            while start and words.is_word(text[start - 1]):
                start -= 1
            end = words.word_end(text, at + len(pattern))
            inside = scope is None or view.segment_at(at) in scope
            if inside and not words.bounded(text, at, at + len(pattern)):
                found[text[start:end]] = None
            at = text.find(pattern, end)
        return list(found)

    # ---- an entity

    def missing_entity(self, node: EntityRef, field: str) -> tuple[ClauseReason, str]:
        names = self.compiler.names[node.id]
        _, view, scope = self.looked_at(field)
        near: dict[str, None] = {}
        for probe in names:
            conditions = probe.conditions
            spans = view.look(probe.pattern, prefix=conditions.prefix, fold_accents=conditions.fold_accents)
            spans = [span for span in spans if scope is None or view.segment_at(span[0]) in scope]
            for start, end in spans[:MAX_PLACES]:
                near[f"{self.surface(view, start, end)!r} {self.against(view, probe, (start, end))}"] = None
        if near:
            return ClauseReason.CONDITIONS, "; ".join(list(near)[:MAX_PLACES])
        if (elsewhere := self.elsewhere(node, field)) is not None:
            return ClauseReason.ELSEWHERE, elsewhere
        return ClauseReason.NOT_THERE, f"none of its {len(names)} names and forms is there"

    @staticmethod
    def surface(view: View, start: int, end: int) -> str:
        segment, span = view.original(start, end)
        return view.segments[segment][2][slice(*span)]

    def against(self, view: View, probe: Probe, span: tuple[int, int]) -> str:  # noqa: PLR0911 - one a condition
        """Say why a place of a name's letters is none of the name."""
        conditions: Conditions = probe.conditions
        language = self.article.language
        if conditions.languages and language not in conditions.languages:
            languages = ", ".join(conditions.languages)
            return f"is a name in {languages} only; the article is in {language or 'an unknown language'}"
        segment, original = view.original(*span)
        text = view.segments[segment][2]
        seen = words.neutral(text[slice(*original)])
        if conditions.exact and words.without_accents(seen) != words.without_accents(conditions.exact):
            return f"is not in the case of {conditions.exact}"
        if conditions.capital and not seen[0].isupper():
            return "has no capital"
        if conditions.guarded and sentences.in_capitals(text, original):
            return "stands in a run of capitals"
        if conditions.not_at_sentence_start and sentences.starts_sentence(text, original):
            return "begins a sentence"
        main = self.looked_at("")[1]
        if conditions.only_with and not any(map(main.holding, conditions.only_with)):
            return f"counts only with {' or '.join(one.clause for one in conditions.only_with)}"
        for other in conditions.unless_near:
            spans = view.holding(other)
            beside = close(view, [span], spans, UNLESS_WORDS)[0] or close(view, spans, [span], UNLESS_WORDS)[1]
            if beside or overlapping([span], spans):
                return f"stands near {other.clause}"
        return "does not count in this field"

    # ---- two places

    def missing_pair(self, node: Near | Together, field: str) -> Clause:
        text = show(node)
        sides = (self.clause(node.left, field), self.clause(node.right, field))
        if not all(side.held for side in sides):
            return _no(text, ClauseReason.PARTS, "one side is not there", parts=sides)
        program, _ = self.compiler.compile(node, self.query)
        assert isinstance(program, tuple)
        evaluation, view, scope = self.looked_at(field)
        left, right = evaluation.places(program[1], view, scope), evaluation.places(program[2], view, scope)
        if isinstance(node, Together):
            if node.sentence and _share(view, left, right):
                return _no(text, ClauseReason.OTHER_SENTENCE, "in one paragraph, but in no one sentence", parts=sides)
            return _no(text, ClauseReason.OTHER_PARAGRAPH, "in no one paragraph", parts=sides)
        best = _closest(view, left, right)
        if best is None:
            return _no(text, ClauseReason.OTHER_PARAGRAPH, "in no one paragraph", parts=sides)
        distance, in_order = best
        if distance <= node.distance and not in_order:
            return _no(text, ClauseReason.WRONG_ORDER, f"{distance} apart, but the other way round", parts=sides)
        return _no(text, ClauseReason.TOO_FAR, f"the closest are {distance} words apart", parts=sides)


def _stands(text: str, pattern: str) -> bool:
    at = text.find(pattern)
    return at >= 0 and words.bounded(text, at, at + len(pattern))


def _no(text: str, reason: ClauseReason, detail: str, parts: tuple[Clause, ...] = ()) -> Clause:
    return Clause(text, held=False, reason=reason, detail=detail, parts=parts)


def _share(view: View, left: Sequence[Place], right: Sequence[Place]) -> bool:
    return bool({view.segment_at(place[0]) for place in left} & {view.segment_at(place[0]) for place in right})


def _closest(view: View, left: Sequence[Place], right: Sequence[Place]) -> tuple[int, bool] | None:
    """Return the least distance in words of two places of one segment, and whether the left one is first."""
    best: tuple[int, bool] | None = None
    for first in left[:200]:
        for second in right[:200]:
            overlap = first[0] < second[1] and second[0] < first[1]
            if overlap or view.segment_at(first[0]) != view.segment_at(second[0]):
                continue
            in_order = first[0] < second[0]
            one, other = (first, second) if in_order else (second, first)
            distance = view.word_range(other[0], other[1])[0] - view.word_range(one[0], one[1])[1]
            if best is None or distance < best[0]:
                best = distance, in_order
    return best


def _renamed(clause: Clause, text: str) -> Clause:
    return Clause(text, clause.held, clause.reason, clause.detail, clause.evidence, clause.parts)
