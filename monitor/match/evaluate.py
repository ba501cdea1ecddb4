"""A program on an article: whether it holds, and the places that make it hold."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property

from monitor.match.entities import Probe
from monitor.match.nearness import close
from monitor.match.program import ASIDE_FIELDS, Op, Program
from monitor.match.segments import Source, aside_segments, own_segments, own_texts, source
from monitor.match.view import Place, View
from monitor.model import Article, Evidence, Span
from monitor.parse.expression import expression
from monitor.parse.urls import has_scheme, without_scheme

MAX_EVIDENCE = 20
_MANY = 1_000
_AND, _OR = int(Op.AND), int(Op.OR)


class Evaluation:
    """An article looked at; `main` is what a term without a field sees."""

    def __init__(
        self,
        article: Article,
        probes: Sequence[Probe],
        scanned: bytes | bytearray = b"",
        needles: dict[int, bytes] | None = None,
        own: Source | None = None,
    ) -> None:
        """`scanned` and `needles`: see View. `own`: the source of `own_texts`, where it has been read already."""
        self.article = article
        self.probes = probes
        self._scanned, self._needles = scanned, needles
        self.main = View(article, own or source(own_texts(article)), own_segments, probes, scanned, needles)

    @cached_property
    def aside(self) -> View:
        """Captions, teasers, authors, section: what only a field sees."""
        texts = [text for _, _, text in aside_segments(self.article)]
        return View(self.article, source(texts), aside_segments, self.probes, self._scanned, self._needles, self.main)

    def holds(self, program: Program, view: View, scope: frozenset[int] | None) -> list[Place] | None:  # noqa: PLR0911 - one for each kind of node
        """Return the places that make a program hold (none for NOT and attributes), None where it does not.

        `scope`: the segments of the view that count, None: all.
        """
        # The usual ones first, and without enum members: looking one up costs as much as all the rest.
        if isinstance(program, int):
            places = view.finds(program)
            return (places if scope is None else _within(view, places, scope)) or None
        operation = program[0]
        if operation == _AND:
            return self._and(program, view, scope)
        if operation == _OR:
            return self._or(program, view, scope)
        match operation:
            case Op.NOT:
                return [] if self.holds(program[1], view, scope) is None else None
            case Op.SCOPE:
                return self._scope(program)
            case Op.NEAR:
                return self._near(program, view, scope)
            case Op.TOGETHER:
                return self._together(program, view, scope)
            case Op.ATLEAST:
                counted = apart(self.places(program[2], view, scope))
                return counted if len(counted) >= program[1] else None
            case Op.ATTRIBUTE:
                return [] if self.attribute(program[1], program[2]) else None
            case _:
                return _within(view, self._regex(program, view), scope) or None

    def _and(self, program: tuple[Program, ...], view: View, scope: frozenset[int] | None) -> list[Place] | None:
        places: list[Place] = []
        for part in program[1:]:
            found = self.holds(part, view, scope)
            if found is None:
                return None
            places = _joined(places, found) if places else found
        return places

    def _or(self, program: tuple[Program, ...], view: View, scope: frozenset[int] | None) -> list[Place] | None:
        places: list[Place] = []
        holds = False
        noted = view.noted
        for part in program[1:]:
            # Written out, as a call costs more than the look: rules of many names are mostly this loop.
            if scope is None and type(part) is int:
                found = noted.get(part)
                found = view.finds(part) if found is None else found
                if not found:
                    continue
            else:
                inner = self.holds(part, view, scope)
                if inner is None:
                    continue
                found = inner
            holds = True
            places = _joined(places, found) if places else found
        return places if holds else None

    def places(self, program: Program, view: View, scope: frozenset[int] | None) -> list[Place]:
        """Return the places of an operand of proximity: a probe, or an OR of these."""
        if isinstance(program, int):
            return _within(view, view.finds(program), scope)
        return [place for part in program[1:] for place in self.places(part, view, scope)]

    def _scope(self, program: tuple[object, ...]) -> list[Place] | None:
        _, name, part = program
        view = self.aside if name in ASIDE_FIELDS else self.main
        found = self.holds(part, view, view.fields(str(name)))  # type: ignore[arg-type]
        if found and view is self.aside:
            # Numbers below zero mark places of what stands aside, for who makes them evidence.
            return [(start, end, ~number) for start, end, number in found]
        return found

    def _near(
        self, program: tuple[Program, Program, Program, int, bool], view: View, scope: frozenset[int] | None
    ) -> list[Place] | None:
        left = self.places(program[1], view, scope)
        right = self.places(program[2], view, scope) if left else []
        if not right:
            return None
        distance, ordered = program[3], program[4]
        before = close(view, _spans(left), _spans(right), distance)
        after = (set(), set()) if ordered else close(view, _spans(right), _spans(left), distance)
        firsts, seconds = before[0] | after[1], before[1] | after[0]
        found = [left[n] for n in sorted(firsts)] + [right[n] for n in sorted(seconds)]
        return list(dict.fromkeys(found)) or None

    def _together(
        self, program: tuple[object, Program, Program, bool], view: View, scope: frozenset[int] | None
    ) -> list[Place] | None:
        key: Callable[[Place], Hashable]
        key = _sentence_key(view) if program[3] else lambda place: view.segment_at(place[0])
        left = [(key(place), place) for place in self.places(program[1], view, scope)]
        right = [(key(place), place) for place in self.places(program[2], view, scope)] if left else []
        shared = {one for one, _ in left if one is not None} & {one for one, _ in right}
        found = [place for one, place in (*left, *right) if one in shared]
        return list(dict.fromkeys(found)) or None

    def attribute(self, field: str, value: str) -> str:
        """Return the article's outlet, language or address where it is this, or begins so; "" where it does not."""
        article = self.article
        if field == "outlet":
            return article.outlet if article.outlet.lower() == value else ""
        if field == "lang":
            return article.language or "" if article.language == value else ""
        bare = not has_scheme(value)
        wanted = without_scheme(value) if bare else value
        for address in (article.url, article.canonical_url):
            if address and (without_scheme(address) if bare else address).startswith(wanted):
                return address
        return ""

    def _regex(self, program: tuple[object, str, int], view: View) -> list[Place]:
        _, source, number = program
        found = view.remembered(number)
        if found is None:
            compiled, found = expression(source), []
            for begin, text in view.folded_segments():
                found += [(begin + start, begin + end, number) for start, end in compiled.find(text)]
            view.remember(number, found)
        return found

    # ---- telling

    def evidence(self, places: Sequence[Place]) -> tuple[Evidence, ...]:
        """Return the places to show, in reading order: of each clause the longest at a place, and none without one."""
        if len(places) == 1:
            return (self._piece(places[0]),)
        reach: dict[str, int] = {}
        shown: list[Place] = []
        for place in sorted(places, key=_reading_order):
            number = place[2]
            clause = self.probes[number].clause if number >= 0 else f"~{self.probes[~number].clause}"
            if reach.get(clause, -1) < place[1]:
                reach[clause] = place[1]
                shown.append(place)
        if len(shown) > MAX_EVIDENCE:
            first: dict[int, Place] = {}
            for place in shown:
                first.setdefault(place[2], place)
            chosen = list(dict.fromkeys([*first.values(), *shown]))[:MAX_EVIDENCE]
            shown = sorted(chosen, key=_reading_order)
        return tuple(map(self._piece, shown))

    def _piece(self, place: Place) -> Evidence:
        start, end, number = place
        return self.main.evidence(place) if number >= 0 else self.aside.evidence((start, end, ~number))

    def attribute_evidence(self, program: Program) -> tuple[Evidence, ...]:
        """Return what a rule without any term held on: its attributes that the article has."""
        if isinstance(program, int):
            return ()
        if program[0] == Op.ATTRIBUTE:
            field, value = program[1], program[2]
            seen = self.attribute(field, value)
            whole = (0, len(seen))
            return (Evidence(f"{field}:{value}", field, whole, surface=seen, quote=seen, mark=whole),) if seen else ()
        parts = program[1:] if program[0] in {Op.AND, Op.OR} else ()
        holding = [part for part in parts if self.holds(part, self.main, None) is not None]
        return tuple(piece for part in holding for piece in self.attribute_evidence(part))


def _reading_order(place: Place) -> tuple[bool, int, int]:
    return place[2] < 0, place[0], -place[1]


def _joined(places: list[Place], found: list[Place]) -> list[Place]:
    """Return the places of both; of many each once. 200 clauses of one word, in 400 kB that say nothing else, held 20
    million: 35 s and 2.5 GB.
    """
    if found is places or not found:
        return places
    both = places + found
    return both if len(both) < _MANY else list(dict.fromkeys(both))


def _within(view: View, places: list[Place], scope: frozenset[int] | None) -> list[Place]:
    if scope is None or not places:
        return places
    return [place for place in places if view.segment_at(place[0]) in scope]


def _spans(places: Sequence[Place]) -> list[Span]:
    return [(start, end) for start, end, _ in places]


def apart(places: Sequence[Place]) -> list[Place]:
    """Return the places that do not overlap, from left to right: of those that begin together the longest."""
    found: list[Place] = []
    reach = -1
    for place in sorted(places, key=lambda place: (place[0], -place[1])):
        if place[0] >= reach:
            found.append(place)
            reach = place[1]
    return found


def _sentence_key(view: View) -> Callable[[Place], Hashable]:
    def key(place: Place) -> Hashable:
        segment, span = view.original(place[0], place[1])
        sentence = view.sentence_of(segment, span)
        return None if sentence is None else (segment, sentence)

    return key
