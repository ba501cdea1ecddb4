"""Rules and entities → what is likely to hit too much, or never. Pure; says nothing of what only an article can show.

Only entities that a rule names, or that are the reader's own, are looked at: a pack holds many that nobody uses.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.match import ordinary
from monitor.model import Entity, Name, Rule
from monitor.parse import words
from monitor.query import entities_in, parse


class Kind(StrEnum):
    """What is odd."""

    CHARACTER = "character"
    """One character of a script without spaces: it stands inside other words."""
    ORDINARY = "ordinary"
    """An ordinary word of a language in which the name holds."""
    SHORT = "short"
    """One or two letters in any case."""
    CAPITALS = "capitals"
    """An acronym in any case."""
    SHARED = "shared"
    """Two entities have this name."""
    INSIDE = "inside"
    """It stands inside a name of another entity."""
    LANGUAGES = "languages"
    """The rules' languages never include those of the name."""
    UNUSED = "unused"
    """No rule names this entity."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is odd. `name`: the first name of which it is so; `rule`: the first rule that uses the entity.
    `information`: it may well be meant.
    """

    kind: Kind
    entity: str
    name: str
    rule: str
    message: str
    hint: str = ""
    information: bool = False


@dataclass(slots=True)
class _Use:
    """An entity and the rules that name it. `own`: written by the reader, not from a pack."""

    entity: Entity
    own: bool
    rules: list[Rule] = field(default_factory=list)

    @property
    def rule(self) -> str:
        return self.rules[0].id if self.rules else ""

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of its rules together; None where one of them holds in all, or there is none."""
        if not self.rules or not all(rule.languages for rule in self.rules):
            return None
        return frozenset(language for rule in self.rules for language in rule.languages)

    def find(self, kind: Kind, name: Name | None, message: str, hint: str, *, information: bool = False) -> Finding:
        return Finding(kind, self.entity.id, name.text if name else "", self.rule, message, hint, information)


def lint(rules: Sequence[Rule], entities: Sequence[Entity], own: Collection[str] = ()) -> list[Finding]:
    """Return what is odd, by entity in their order. `own`: ids of entities that the reader wrote, whether used or not.

    Raises QueryError for a rule that cannot be parsed.
    """
    uses = {entity.id: _Use(entity, entity.id in own) for entity in entities}
    for rule in rules:
        for entity_id in sorted(entities_in(parse(rule.query))):
            if entity_id in uses:
                uses[entity_id].rules.append(rule)
    looked_at = [use for use in uses.values() if use.rules or use.own]
    found = [*itertools.chain(*map(_alone, looked_at)), *_shared(looked_at), *_inside(looked_at)]
    places = {entity_id: number for number, entity_id in enumerate(uses)}
    # The sort keeps what was found of one entity in its order.
    return sorted(found, key=lambda finding: places[finding.entity])


# ---- one entity by itself


def _alone(use: _Use) -> Iterator[Finding]:
    if not use.rules:
        hint = f"Name it in a query as @{use.entity.id}, or take it out"
        yield use.find(Kind.UNUSED, None, "no rule names this entity", hint)
    for name in dict.fromkeys(use.entity.names):
        for look in (_character, _ordinary, _short, _capitals):
            # The first says most; the others would ask for the same change.
            if finding := look(use, name):
                yield finding
                break
    yield from _out_of_reach(use)


def _letters(text: str) -> int:
    return sum(map(words.is_word, text))


def _character(use: _Use, name: Name) -> Finding | None:
    if name.only_with or _letters(name.text) != 1 or not words.has_unspaced(name.text):
        return None
    message = f"{name.text!r} is one character of a script without spaces, and stands inside other words"
    return use.find(Kind.CHARACTER, name, message, "Write a longer name, or give it `only_with`")


def _ordinary(use: _Use, name: Name) -> Finding | None:
    languages = [language for language in _where(use, name) if _is_met(name, language)]
    if not languages:
        return None
    message = f"{name.text!r} is an ordinary word in {', '.join(languages)}"
    capital = [language for language in languages if ordinary.has_capital(name.text.capitalize(), language)]
    if not name.exact and name.text.isupper():
        advice = "`case: exact`"
    elif capital or name.text.islower():
        message += f", in {', '.join(capital)} with a capital" if capital else ""
        advice = "`only_with`"
    elif name.exact:
        message += ", which has a capital at the start of a sentence"
        advice = "`not_at_sentence_start: true`"
    else:
        advice = "`case: exact` and `not_at_sentence_start: true`"
    return use.find(Kind.ORDINARY, name, message, f"Give it {advice}, or `languages` without these")


def _where(use: _Use, name: Name) -> list[str]:
    """Return the languages of the table in which a name can hold."""
    reached = use.languages
    return [
        language
        for language in sorted(ordinary.LANGUAGES)
        if (not name.languages or language in name.languages) and (reached is None or language in reached)
    ]


def _is_met(name: Name, language: str) -> bool:
    """Say whether a name holds where an article says the ordinary word."""
    if not ordinary.is_word(name.text, language):
        return False
    if not name.exact:
        return True
    # {WHO}: such capitals are its own, and runs of capitals do not count.
    if name.only_with or (name.text.isupper() and len(name.text) > 1):
        return False
    if ordinary.has_capital(name.text, language):
        return True
    return name.text.islower() or not name.not_at_sentence_start


def _short(use: _Use, name: Name) -> Finding | None:
    if name.exact or _letters(name.text) > 2 or words.has_unspaced(name.text):
        return None
    message = f"{name.text!r} has one or two letters, and holds in any case"
    return use.find(Kind.SHORT, name, message, "Give it `case: exact`")


def _capitals(use: _Use, name: Name) -> Finding | None:
    if name.exact or not name.text.isupper() or not 2 <= _letters(name.text) <= 6 or " " in name.text:
        return None
    message = f"{name.text!r} is all capitals, and holds in any case"
    return use.find(Kind.CAPITALS, name, message, "Give it `case: exact`")


def _out_of_reach(use: _Use) -> Iterator[Finding]:
    """Yield the rules in which no name can hold, or the names that none of the rules reaches."""
    names = use.entity.names
    barred = [
        rule for rule in use.rules if rule.languages and not any(_meet(n.languages, rule.languages) for n in names)
    ]
    for rule in barred:
        message = f"no name holds in the languages of rule {rule.id!r} ({', '.join(rule.languages)})"
        hint = "Add a name in one of them, or take the entity out of the rule"
        yield Finding(Kind.LANGUAGES, use.entity.id, names[0].text if names else "", rule.id, message, hint)
    reached = use.languages
    if reached is None or barred:
        return
    idle = [name for name in names if not _meet(name.languages, reached)]
    if idle:
        shown = ", ".join(f"{name.text!r} ({' '.join(name.languages)})" for name in idle[:3])
        more = f" and {len(idle) - 3} more names" if len(idle) > 3 else ""
        message = f"{shown}{more}: no rule that names this entity holds in these languages"
        # A pack has the names of many languages, and that is no fault of the rule.
        hint = f"Its rules hold in {', '.join(sorted(reached))} alone"
        yield use.find(Kind.LANGUAGES, idle[0], message, hint, information=not use.own)


def _meet(left: Collection[str], right: Collection[str]) -> bool:
    """Say whether two lists of languages share one; an empty one is all of them."""
    return not left or not right or any(language in right for language in left)


# ---- entities beside one another


@dataclass(frozen=True, slots=True)
class _Place:
    """A name, what it looks like folded, and whose it is."""

    use: _Use
    name: Name
    pattern: str
    neutral: str


def _places(uses: Iterable[_Use]) -> Iterator[_Place]:
    for use in uses:
        for name in dict.fromkeys(use.entity.names):
            neutral = words.bare(words.neutral(name.text))
            pattern = words.fold(neutral).text
            if any(map(words.is_word, pattern)):
                yield _Place(use, name, pattern, neutral)


def _shared(uses: Sequence[_Use]) -> Iterator[Finding]:
    """Yield the entities that have a name in common, once for each two."""
    met: dict[tuple[str, str], dict[str, _Place]] = {}
    for group in _grouped(uses).values():
        for first, second in itertools.combinations(group, 2):
            if first.use is not second.use and _both_hold(first, second):
                pair = (first.use.entity.id, second.use.entity.id)
                met.setdefault(pair, {}).setdefault(first.pattern, first)
    for (_, other), places in met.items():
        first = next(iter(places.values()))
        message = f"{first.name.text!r} is a name of @{other} too{_and_more(len(places))}"
        hint = "Both hit: take it out of one, or say with `only_with` or `unless_near` which is meant"
        yield first.use.find(Kind.SHARED, first.name, message, hint)


def _and_more(count: int) -> str:
    return f", and {count - 1} more names" if count > 2 else ", and 1 more name" if count == 2 else ""


def _both_hold(first: _Place, second: _Place) -> bool:
    """Say whether two names of one look can hold in the same place, and nothing tells them apart."""
    if first.name.exact and second.name.exact and first.neutral != second.neutral:
        return False
    # Who says of both what must stand beside them has told them apart.
    apart = bool(first.name.only_with and second.name.only_with)
    return not apart and _meet(first.name.languages, second.name.languages)


def _inside(uses: Sequence[_Use]) -> Iterator[Finding]:
    """Yield the entities of which a name stands inside another's, once for each two entities."""
    by_pattern = _grouped(use for use in uses if use.rules)
    longest = max((len(pattern) for pattern in by_pattern), default=0)
    met: dict[tuple[str, str], list[tuple[_Place, _Place]]] = {}
    for outer in itertools.chain(*by_pattern.values()):
        for start, end in _parts(outer.pattern, longest):
            for inner in by_pattern.get(outer.pattern[start:end], ()):
                if inner.use is not outer.use and _hits_within(inner, outer, start, end):
                    met.setdefault((inner.use.entity.id, outer.use.entity.id), []).append((inner, outer))
    for (_, other), pairs in met.items():
        inner, outer = pairs[0]
        message = f"{inner.name.text!r} stands inside {outer.name.text!r} of @{other}: both hit{_and_more(len(pairs))}"
        hint = "If only the longer one is meant there, name it in `unless_near`"
        yield inner.use.find(Kind.INSIDE, inner.name, message, hint, information=True)


def _parts(pattern: str, longest: int) -> Iterator[tuple[int, int]]:
    """Yield every run of whole words in a folded text that is shorter than itself."""
    # No name is an essay; one that is would cost its square.
    starts = words.word_starts(pattern)[:40]
    ends = [words.word_end(pattern, at + 1) for at in starts]
    # "U.N." has a full stop of its own.
    ends += [end + 1 for end in ends if pattern.startswith(".", end)]
    for start in starts:
        for end in ends:
            if start < end <= start + longest and (start, end) != (0, len(pattern)):
                yield start, end


def _hits_within(inner: _Place, outer: _Place, start: int, end: int) -> bool:
    if not _meet(inner.name.languages, outer.name.languages) or not words.bounded(outer.pattern, start, end):
        return False
    # Folding may move places; where it did, the case is not looked at.
    aligned = len(outer.neutral) == len(outer.pattern)
    if inner.name.exact and aligned and outer.neutral[start:end] != inner.neutral:
        return False
    if inner.name.only_with and not any(words.fold(term).text in outer.pattern for term in inner.name.only_with):
        return False
    unless = (words.fold(term.strip("{}*")).text for term in inner.use.entity.unless_near)
    return not any(term in outer.pattern for term in unless if term)


def _grouped(uses: Iterable[_Use]) -> dict[str, list[_Place]]:
    """Return the names of some entities by what they look like folded."""
    groups: dict[str, list[_Place]] = {}
    for place in _places(uses):
        groups.setdefault(place.pattern, []).append(place)
    return groups
