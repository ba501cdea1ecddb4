"""Article → hits. DOOR daachorse. Rules are never looped over: one scan names those that could hold.

Measured on articles of 2 kB in November 2026 (`python -m tests.bench match`): see docs/design.md, "The matcher".
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence

from daachorse import CharwiseDoubleArrayAhoCorasick, DoubleArrayAhoCorasick

from monitor.errors import QueryError
from monitor.match import haystack
from monitor.match.entities import ALWAYS, Names, Probe
from monitor.match.evaluate import Evaluation
from monitor.match.haystack import Haystack
from monitor.match.program import Compiler, Needs, Program
from monitor.match.segments import own_texts, source
from monitor.match.view import Place, View
from monitor.model import Article, Entity, Hit, Rule
from monitor.query import parse

_MASK = (1 << 64) - 1


class Index:
    """What leads from an article to the rules that could hold on it."""

    def __init__(
        self, hanging: dict[int, list[int]], others: dict[Program, list[int]], probes: Sequence[Probe]
    ) -> None:
        """`hanging`: rules by the number of a term, `others`: by an attribute or expression."""
        needles: dict[bytes, list[int]] = {}
        phrases: dict[str, list[int]] = {}
        self._loose: list[int] = []
        for number in hanging:
            probe = probes[number]
            needle = haystack.needle(probe.pattern, prefix=probe.conditions.prefix)
            if needle:
                needles.setdefault(needle, []).append(number)
            elif probe.conditions.fold_accents:
                # The folded text has accents, and what is one byte a letter has none of these scripts.
                self._loose.append(number)
            else:
                phrases.setdefault(probe.pattern, []).append(number)
        # Numbers alone where they are alone, as nearly all are: a tuple of one takes 56 bytes.
        self._rules = {number: _packed(rules) for number, rules in hanging.items()}
        self._of_needle = [_packed(numbers) for numbers in needles.values()]
        # The number of a needle's only term, where that is a word of ASCII letters and digits; else -1.
        self._whole = [_whole(needle, numbers, probes) for needle, numbers in needles.items()]
        self._of_phrase = [tuple(numbers) for numbers in phrases.values()]
        # Texts to order its states by: words of the rules are nearly as good as articles (6 % faster, 16 with these).
        corpus = [b"".join(list(needles)[:: max(1, len(needles) // 4000)])]
        self._needles = DoubleArrayAhoCorasick(list(needles), corpus=corpus) if needles else None
        self._phrases = CharwiseDoubleArrayAhoCorasick(list(phrases)) if phrases else None
        self._others = {program: tuple(rules) for program, rules in others.items()}
        self.scanned = bytearray(len(probes))
        """1 at the number of each term whose every place the scan reports."""
        for numbers in needles.values():
            for number in numbers:
                self.scanned[number] = 1

    def scan(self, hay: Haystack) -> list[tuple[int, int, int]] | None:
        """Return start, end and number of each needle in a haystack; None where that is nothing and there is nothing
        else to look at either.
        """
        matches = self._needles.find_overlapping(hay.data) if self._needles is not None else []
        return (
            matches
            if matches or self._others or (hay.unspaced and (self._phrases is not None or self._loose))
            else None
        )

    def candidates(
        self, matches: list[tuple[int, int, int]], evaluation: Evaluation, view: View, found: set[int]
    ) -> None:
        """Add the rules of which a necessary term stands in a view; `matches`: of its haystack."""
        hay = view.haystack
        if matches:
            self._note(matches, view, found)
        if self._phrases is not None and hay.unspaced:
            for index in {match[2] for match in self._phrases.find_overlapping(view.text)}:
                for number in self._of_phrase[index]:
                    if view.finds(number):
                        found.update(_unpacked(self._rules[number]))
        for number in self._loose if hay.unspaced else ():
            if view.finds(number):
                found.update(_unpacked(self._rules[number]))
        for program, numbers in self._others.items():
            if evaluation.holds(program, view, None) is not None:
                found.update(numbers)

    def _note(self, matches: list[tuple[int, int, int]], view: View, found: set[int]) -> None:
        rules, whole, noted, ascii_only = self._rules, self._whole, view.noted, view.is_ascii
        places: dict[int, list[int]] = {}
        for start, end, index in matches:
            number = whole[index]
            if number < 0 or not ascii_only:
                places.setdefault(index, []).append(start + 1)
            elif number in noted:
                noted[number].append((start + 1, end - 1, number))
            else:
                noted[number] = [(start + 1, end - 1, number)]
                found.update(_unpacked(rules[number]))
        for index, starts in places.items():
            for number in _unpacked(self._of_needle[index]):
                if view.note(number, starts):
                    found.update(_unpacked(rules[number]))


def _packed(numbers: Sequence[int]) -> int | tuple[int, ...]:
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _unpacked(numbers: int | tuple[int, ...]) -> tuple[int, ...]:
    return numbers if isinstance(numbers, tuple) else (numbers,)


def _whole(needle: bytes, numbers: Sequence[int], probes: Sequence[Probe]) -> int:
    probe = probes[numbers[0]]
    # A phrase is looked at again: a sign between its words is a space in the haystack.
    same = len(numbers) == 1 and probe.conditions is ALWAYS and needle[1:-1].isalnum()
    same = same and needle[1:-1] == probe.pattern.encode()
    return numbers[0] if same else -1


class Matcher:
    """Compiled rules. Raises QueryError for a rule that cannot be used, naming it."""

    def __init__(self, rules: Iterable[Rule], entities: Iterable[Entity] = ()) -> None:
        known = list(entities)
        self._compiler = Compiler(Names(known))
        self._programs: list[Program | None] = []
        self._languages: dict[int, frozenset[str]] = {}
        self._digest = _digest(repr(known))
        self._edits: tuple[dict[int, list[int]], dict[Program, list[int]]] = ({}, {})
        hanging: dict[int, list[int]] = {}
        others: dict[Program, list[int]] = {}
        ids, versions = [], []
        for number, rule in enumerate(rules):
            program, needs = self._compiled(rule)
            self._programs.append(program)
            _hang(number, needs, hanging, others)
            if rule.languages:
                self._languages[number] = frozenset(rule.languages)
            # Texts of their own, so that the memory of the rules as they came can go: theirs would keep it in use.
            ids.append(f"{rule.id} "[:-1])
            versions.append(f"{rule.version or rule_version(rule)} "[:-1])
        self._ids, self._versions = ids, versions
        self._digest = (self._digest + sum(map(_digest, map("\0".join, zip(ids, versions, strict=True))))) & _MASK
        self._numbers = {name: number for number, name in enumerate(ids)}
        if len(self._numbers) < len(ids):
            twice = next(name for number, name in enumerate(ids) if self._numbers[name] != number)
            raise QueryError(f"rule {twice} is given twice", text="", position=0)
        self._compiler.forget()
        self._main = Index(hanging, others, self._compiler.probes)
        self._indexes = [self._main]
        self._scanned = self._main.scanned
        self._needles: dict[int, bytes] = {}

    @property
    def version(self) -> str:
        """16 hex digits that change with any rule or entity, whatever their order."""
        return f"{self._digest:016x}"

    def __len__(self) -> int:
        return sum(program is not None for program in self._programs)

    def _take(self, rule: Rule, hanging: dict[int, list[int]], others: dict[Program, list[int]]) -> None:
        """Put a rule beside the others, or in the place of the one of its id."""
        program, needs = self._compiled(rule)
        version = rule.version or rule_version(rule)
        number = self._numbers.get(rule.id)
        if number is None:
            number = self._numbers[rule.id] = len(self._ids)
            self._ids.append(rule.id)
            self._programs.append(program)
            self._versions.append(version)
        else:
            self._forget(number)
            self._programs[number], self._versions[number] = program, version
        self._digest = (self._digest + _digest(f"{rule.id}\0{version}")) & _MASK
        if rule.languages:
            self._languages[number] = frozenset(rule.languages)
        _hang(number, needs, hanging, others)

    def _forget(self, number: int) -> None:
        if self._programs[number] is not None:
            self._digest = (self._digest - _digest(f"{self._ids[number]}\0{self._versions[number]}")) & _MASK
        self._programs[number] = None
        self._languages.pop(number, None)

    def _compiled(self, rule: Rule) -> tuple[Program, Needs]:
        try:
            program, needs = self._compiler.compile(parse(rule.query).root, rule.query)
        except QueryError as error:
            raise QueryError(
                f"rule {rule.id}: {error.message}", text=error.text, position=error.position, hint=error.hint
            ) from error
        assert needs is not None, "a query that asks for nothing is refused by the parser"
        return program, needs

    def amend(self, changed: Iterable[Rule], removed: Iterable[str] = ()) -> None:
        """Put other versions of some rules, or new ones, in force, and take some out. Raises QueryError; then nothing
        is changed. Costs as much as all edits since the rules were compiled, not as all rules.
        """
        new = list(changed)
        asides = self._compiler.asides
        try:
            for rule in new:
                self._compiled(rule)
        except QueryError:
            self._compiler.asides = asides
            raise
        for rule in new:
            self._take(rule, *self._edits)
        for name in removed:
            if (number := self._numbers.get(name)) is not None:
                self._forget(number)
        delta = Index(*self._edits, self._compiler.probes)
        self._indexes = [self._main, delta]
        self._scanned.extend(bytes(len(delta.scanned) - len(self._scanned)))
        for number in self._edits[0]:
            self._scanned[number] = delta.scanned[number]

    def match(self, article: Article) -> list[Hit]:
        """Return the rules that hold on an article, in the order they were given, with evidence in reading order."""
        evaluation, holding = self._holding(article)
        if evaluation is None:
            return []
        ids, versions = self._ids, self._versions
        return [
            Hit(
                ids[number],
                evaluation.evidence(places) if places else evaluation.attribute_evidence(program),
                versions[number],
            )
            for number, program, places in holding
        ]

    def held(self, article: Article) -> list[str]:
        """Return the ids of the rules that hold on an article. For who asks many and quotes few: of a word that stands
        there 60,000 times forty times in a query, the places alone took 9 s.
        """
        return [self._ids[number] for number, _, _ in self._holding(article)[1]]

    def _holding(self, article: Article) -> tuple[Evaluation | None, list[tuple[int, Program, list[Place]]]]:
        own = source(own_texts(article))
        scans = [(index, matches) for index in self._indexes if (matches := index.scan(own[2])) is not None]
        if not scans and not self._compiler.asides:
            return None, []
        evaluation = Evaluation(article, self._compiler.probes, self._scanned, self._needles, own)
        main = evaluation.main
        numbers: set[int] = set()
        for index, matches in scans:
            index.candidates(matches, evaluation, main, numbers)
        if self._compiler.asides:
            for index in self._indexes:
                found = index.scan(evaluation.aside.haystack)
                if found is not None:
                    index.candidates(found, evaluation, evaluation.aside, numbers)
        holding = []
        for number in sorted(numbers):
            program = self._programs[number]
            if program is None:
                continue
            if self._languages and (languages := self._languages.get(number)) and article.language not in languages:
                continue
            places = evaluation.holds(program, main, None)
            if places is not None:
                holding.append((number, program, places))
        return evaluation, holding


def _hang(number: int, needs: Needs, hanging: dict[int, list[int]], others: dict[Program, list[int]]) -> None:
    for term in needs[0]:
        if term in hanging:
            hanging[term].append(number)
        else:
            hanging[term] = [number]
    for other in needs[1]:
        others.setdefault(other, []).append(number)


def rule_version(rule: Rule) -> str:
    """Return 12 hex digits that change with what a rule holds on."""
    text = f"{rule.query}\0{','.join(rule.languages)}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _digest(text: str) -> int:
    """Return 64 bits of a text, to tell apart what nobody forges; a cryptographic hash takes four times as long."""
    data = text.encode("utf-8", "replace")
    return zlib.crc32(data) << 32 | zlib.adler32(data)
