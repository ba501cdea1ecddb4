"""A name → the forms it takes in running text: Владимир Зеленский, Владимира Зеленского, ...

Forms are generated once, when rules are loaded; matching them is then exact. The tables of declension (paradigms.py,
endings.py) need no dictionary. On Czech, Russian and Bulgarian news with labelled names, exact names have an F1 of
.739, .691, .873 over pairs of document and entity, their forms .923, .826, .896, and .926, .830, .917 where a form
must begin with a capital as the name does (`python -m tests.bench forms`, November 2026). Their recall is .947, .933,
.963; in .947, .935, .968 of the pairs any labelled mention stands in the text at all. Forms from pymorphy3 or simplemma
added nothing to these, simplemma or PyStemmer as a filter took from them.
"""

from __future__ import annotations

import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from monitor.match import endings, paradigms

MAX_FORMS = 60
LANGUAGES: frozenset[str] = (frozenset(paradigms.TABLES) | frozenset(endings.TABLES)) - {endings.ATTRIBUTES}
"""ISO 639-1 codes of the languages whose forms are known; English, French, Spanish, Italian names do not change."""

_ARTICLE_ON_FIRST = {"bg", "mk"}
_ENDING_ON_LAST = {"da", "et", "fi", "hu", "nb", "nl", "nn", "no", "sv"}
_SERBIAN = {"bs", "hr", "sr"}
_WORDS = re.compile(r"([^\W\d_]+(?:['’ʼ][^\W\d_]+)*)")
_RUSSIAN_ACRONYM = re.compile("[БВГДЖЗКЛМНПРСТФХЦЧШЩ]+[АИОУЭЯ][БВГДЖЗКЛМНПРСТФХЦЧШЩ]")
_ACRONYM_CELLS = (("а",), ("у",), ("-",), ("-",), ("е",), ("ом",))
_STAYS = "."
_DIGRAPHS = ("cs", "gy", "ly", "ny", "sz", "ty", "zs")
_LATIN = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
_LATIN |= {"љ": "lj", "њ": "nj", "џ": "dž"}
_LATIN |= {cyrillic.upper(): latin.capitalize() for cyrillic, latin in _LATIN.items()}
_CYRILLIC = dict(sorted(((latin, cyrillic) for cyrillic, latin in _LATIN.items()), key=lambda pair: -len(pair[0])))
_LATIN_LETTERS = re.compile("|".join(_CYRILLIC))

Cells = tuple[tuple[str, ...], ...]
"""For each case the forms of one word."""


class _Row(NamedTuple):
    tags: str
    ending: re.Pattern[str]
    cells: Cells


def forms(name: str, language: str) -> tuple[str, ...]:
    """Return the forms a name takes in a language, the name itself first; at most MAX_FORMS, none twice.

    The name is in the nominative, one or several words; their order stays and they agree in case. A form that does not
    exist may be among them: nobody writes it. Forms keep the capitals of the name, so that they can be asked for.
    """
    if language not in LANGUAGES:
        return (name,)
    letters = [letter for letter in name if letter.isalpha()]
    found = {name: None}
    inflected: Iterable[str]
    if language in _SERBIAN and letters and all(letter in _LATIN for letter in letters):
        latin = "".join(_LATIN.get(letter, letter) for letter in name)
        inflected = map(_in_cyrillic, _inflected(latin, language))
    else:
        inflected = _inflected(name, language)
    for form in inflected:
        found[form] = None
        # Newspapers write ё where they please.
        found[form.replace("ё", "е")] = None
        if len(found) >= MAX_FORMS:
            break
    return tuple(itertools.islice(found, MAX_FORMS))


def _in_cyrillic(latin: str) -> str:
    return _LATIN_LETTERS.sub(lambda match: _CYRILLIC[match[0]], latin)


def _inflected(name: str, language: str) -> Iterator[str]:
    """Yield the forms of a name, the likelier first."""
    # Words are at the odd places, what parts them at the even ones; the last word at the last but one.
    tokens = _WORDS.split(unicodedata.normalize("NFC", name))
    before = endings.ATTRIBUTES if language == "de" else language
    tables = [before] * (len(tokens) - 2) + [language] * 2
    words = [_analyses(token, tables[place]) if place % 2 else {} for place, token in enumerate(tokens)]
    tags = list(dict.fromkeys(tag for word in words for tag in word))
    tags.sort(key=lambda tag: -sum(tag in word for word in words))
    for window in _windows([place for place, word in enumerate(words) if word], len(tokens), language):
        for tag in tags:
            if all(tag in words[place] for place in window):
                yield from _cases(tokens, {place: words[place][tag] for place in window})
    if len(tokens) == 3 and language in paradigms.POSSESSIVE and not name.islower():
        yield from (tokens[0] + form + tokens[2] for form in _possessives(words[1].get("a", ()), language))


def _windows(places: Sequence[int], size: int, language: str) -> Iterable[Sequence[int]]:
    """Yield which words change together: all of them, those up to the head of the name, those at its end.

    A name does not say where its head ends: in Rada Evropy the first word changes, in The Guardian the last.
    """
    if not places:
        return
    if language in _ARTICLE_ON_FIRST:
        if places[0] == 1:
            yield places[:1]
    elif language in _ENDING_ON_LAST:
        if places[-1] == size - 2:
            yield places[-1:]
    else:
        if len(places) <= 3:
            yield places
        for length in range(1, min(len(places), 5)):
            yield places[:length]
            if length < 3:
                yield places[-length:]


def _cases(tokens: Sequence[str], changing: Mapping[int, Cells]) -> Iterator[str]:
    """Yield the name in each case; where words have several forms of a case, in all their combinations."""
    for case in range(min(len(cells) for cells in changing.values())):
        slots = [changing[place][case] if place in changing else (token,) for place, token in enumerate(tokens)]
        yield from map("".join, itertools.islice(itertools.product(*slots), MAX_FORMS))


def _possessives(cells: Cells, language: str) -> Iterator[str]:
    ending, suffixes = paradigms.POSSESSIVE[language]
    for form in itertools.chain(*cells[:2]):
        if form.endswith(ending):
            stem = form.removesuffix(ending)
            # After a soft consonant the South Slavic languages have -ev: Plenkovićev.
            soft = ending == "a" and stem.endswith(("č", "ć", "ž", "š", "đ", "j", "c"))
            yield from (stem + ("e" + suffix[1:] if soft else suffix) for suffix in suffixes.split("/"))


@functools.lru_cache(maxsize=65_536)
def _analyses(word: str, language: str) -> Mapping[str, Cells]:
    """Return the cells of a word for each tag it may have; none for acronyms and words too short to be declined."""
    lower = word.lower()
    if word.isupper() and len(word) > 1:
        if language == "ru" and _RUSSIAN_ACRONYM.fullmatch(word):
            cells = _written(word, word, _ACRONYM_CELLS, language)
            return {"a": cells, "i": cells}
        return {}
    found: dict[str, Cells] = {}
    if len(word) < 3 or len(lower) != len(word):
        return found
    for row in _table(language):
        match = row.ending.search(lower)
        if match and match.start():
            if row.tags == _STAYS:
                return found
            for tag in row.tags:
                if tag not in found:
                    found[tag] = _written(word, word[: match.start()], row.cells, language)
    return found


def _written(word: str, stem: str, cells: Cells, language: str) -> Cells:
    return tuple(tuple(dict.fromkeys(_form(word, stem, ending, language) for ending in cell)) for cell in cells)


def _form(word: str, stem: str, ending: str, language: str) -> str:
    if ending == "-":
        return word
    mark, rest = ending[0], ending[1:]
    if mark == "0":
        return stem
    if mark == "^":
        hard, soft = next((pair for pair in _softened(language) if stem.endswith(pair[0])), ("", ""))
        return stem.removesuffix(hard) + soft + rest
    if mark == "=":
        # Of two letters for one sound Hungarian doubles the first: Párizs, Párizzsal.
        doubled = stem[-2:] if language == "hu" and stem.endswith(_DIGRAPHS) else stem[-1]
        return stem.removesuffix(doubled) + doubled[0] + doubled + rest
    if mark == "*":
        return stem[:-1] + "e" + stem[-1] + rest.removeprefix("0")
    return stem + ending


@functools.cache
def _softened(language: str) -> tuple[tuple[str, str], ...]:
    pairs = [pair.split(":") for pair in paradigms.SOFT[language].split(" ")]
    return tuple((hard, soft) for hard, soft in pairs)


@functools.cache
def _table(language: str) -> tuple[_Row, ...]:
    rows = []
    text = paradigms.TABLES.get(language) or endings.TABLES[language]
    for line in text.strip().splitlines():
        head, _, tail = line.partition(": ")
        tags, _, ending = head.partition(" ")
        cells = tuple(tuple(cell.split("/")) for cell in tail.split())
        rows.append(_Row(tags, re.compile(f"(?:{ending})$"), cells))
    return tuple(rows)
