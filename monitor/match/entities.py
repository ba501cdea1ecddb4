"""Entities → probes: each name with the conditions under which it holds.

A name holds where its folded text stands as whole words, in title, standfirst or body (or in the field asked for), and

- `case: exact`: the text has this case, and does not stand in a run of capitals (`sentences.in_capitals`);
- `languages`: the article is in one of them; never in an article of unknown language;
- `not_at_sentence_start`: something else than quotes and brackets stands before it in its sentence;
- `only_with`: one of these terms stands in title, standfirst or body;
- `accents: fold`: name and text are compared without accents;
- the entity's `unless_near`: none of these terms overlaps it or stands within ten words of it in the same segment.

Where a name stands more than 5,000 times, only the first 5,000 are asked whether capitals or a sentence's start say
anything.

`inflect` and `transliterate` make further names of a name (`expand`), each under the same conditions; one so made
begins with a capital in the text where it does itself. (F1 .923 → .926 in Czech, .826 → .830 in Russian, .896 → .917
in Bulgarian: forms meet ordinary words more often than names do.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from monitor.model import Entity, Name
from monitor.parse import words
from monitor.query_tokens import QUOTES, term
from monitor.query_tree import Term

UNLESS_WORDS = 10


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a probe counts. `exact`: the neutral form that the text must have, empty: any case. `guarded`: not in a
    run of capitals. `capital`: it begins with a capital. `only_with` and `unless_near`: probes.
    """

    exact: str = ""
    prefix: bool = False
    fold_accents: bool = False
    guarded: bool = False
    capital: bool = False
    not_at_sentence_start: bool = False
    languages: tuple[str, ...] = ()
    only_with: tuple[Probe, ...] = ()
    unless_near: tuple[Probe, ...] = ()
    entity: str = ""
    name: str = ""


ALWAYS = Conditions()


@dataclass(frozen=True, slots=True)
class Probe:
    """What is looked for and when it counts. `pattern`: folded; `clause`: as the receipt calls it."""

    pattern: str
    clause: str
    conditions: Conditions = ALWAYS


def of_term(node: Term) -> Probe:
    """Return the probe of a word or phrase of a query."""
    if not node.exact and not node.prefix:
        return Probe(node.pattern, node.text)
    clause = f"{{{node.text}}}" if node.exact else node.text
    return Probe(node.pattern, clause, Conditions(exact=node.exact, prefix=node.prefix))


def side(text: str) -> Probe:
    """Return the probe of a term of `only_with` or `unless_near`: a word, a phrase, a word*, or {Exact}.

    Raises QueryError.
    """
    inner = text.strip()
    if inner[:1] in QUOTES and inner[-1:] in QUOTES:
        inner = inner[1:-1]
    exact = inner.startswith("{") and inner.endswith("}")
    return of_term(term(inner, inner[1:-1] if exact else inner, 0, exact=exact))


class Names(Mapping[str, tuple[Probe, ...]]):
    """The probes of each entity by its id, made when first asked for: a pack holds many that no rule names.

    Asking raises KeyError, and QueryError for a term of `only_with` or `unless_near` that cannot be used.
    """

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._entities = {entity.id: entity for entity in entities}
        self._probes: dict[str, tuple[Probe, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Probe, ...]:
        found = self._probes.get(name)
        if found is None:
            found = self._probes[name] = _probes(expand(self._entities[name]))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._entities)

    def __len__(self) -> int:
        return len(self._entities)


def _probes(entity: Entity) -> tuple[Probe, ...]:
    unless = tuple(map(side, entity.unless_near))
    found: dict[Probe, None] = {}
    for name in entity.names:
        neutral = words.bare(words.neutral(name.text))
        pattern = words.fold(neutral).text
        if not any(map(words.is_word, words.without_accents(pattern) if name.fold_accents else pattern)):
            continue
        conditions = Conditions(
            exact=neutral if name.exact else "",
            fold_accents=name.fold_accents,
            guarded=name.exact,
            capital=bool(name.of) and not name.exact and name.text[:1].isupper(),
            not_at_sentence_start=name.not_at_sentence_start,
            languages=name.languages,
            only_with=tuple(map(side, name.only_with)),
            unless_near=unless,
            entity=entity.id,
            name=name.of or name.text,
        )
        found[Probe(pattern, f"@{entity.id}", conditions)] = None
    return tuple(found)


def is_expanded(entity: Entity) -> bool:
    """Say whether no name of an entity has to be inflected or transliterated."""
    return not any(name.inflect or name.transliterate for name in entity.names)


def expand(entity: Entity) -> Entity:
    """Return the entity with the forms of its names as names of their own.

    The tables of forms take 3 MB and load in 30 ms; dictionaries of the languages, 20 to 300 MB, gained nothing over
    them (docs/design.md).
    """
    if is_expanded(entity):
        return entity
    names = dict.fromkeys(form for name in entity.names for form in _forms(name))
    return replace(entity, names=tuple(names))


def _forms(name: Name) -> Iterator[Name]:
    from monitor.match import forms, translit

    plain = replace(name, inflect=False, transliterate=False)
    yield plain
    spellings = [(name.text, name.languages)]
    if name.transliterate:
        for spelling, languages in translit.variants(name.text, _source(name)):
            yield replace(plain, text=spelling, languages=languages, of=name.text)
            spellings.append((spelling, languages))
    if name.inflect:
        for spelling, languages in spellings:
            for language in languages or forms.LANGUAGES:
                for form in forms.forms(spelling, language):
                    if form != spelling:
                        yield replace(plain, text=form, languages=(language,), of=name.text)


def _source(name: Name) -> str:
    """Return the language whose letters a name is written in: its own, or the one that its letters tell."""
    from monitor.match import translit

    told = "uk" if set(name.text.lower()) & set("іїєґ") else "ru"
    return next((language for language in name.languages if language in translit.LANGUAGES), told)
