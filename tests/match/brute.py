"""The rule language once more, slow and obvious: what `monitor/query.py` documents, and no line of the engine.

Every position of every segment is tried for every term. Folding, sentences, capitals and RE2 are given
(`parse/words.py`, `parse/expression.py`); words, places and distances are made here from their definition.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from monitor.model import OWN_ROLES, Article, Entity, Name, Role, Rule, Span
from monitor.parse import sentences, words
from monitor.parse.expression import expression
from monitor.query import parse
from monitor.query_tree import And, AtLeast, Attribute, EntityRef, Near, Node, Not, Or, Regex, Scope, Term, Together

Place = tuple[int, int, int]
"""Number of the segment, then start and end in its folded text."""
UNLESS_NEAR = 10


@dataclass(frozen=True, slots=True)
class Segment:
    """One text that no term and no proximity leaves. `block`: its index in the article's blocks or authors."""

    field: str
    block: int | None
    text: str
    folded: words.Folded
    words: tuple[Span, ...]

    def original(self, start: int, end: int) -> Span:
        return self.folded.span(start, end)


def holds(rule: Rule, article: Article, entities: Sequence[Entity] = ()) -> bool:
    """Say whether a rule holds on an article."""
    return places(rule, article, entities) is not None


def places(
    rule: Rule, article: Article, entities: Sequence[Entity] = ()
) -> set[tuple[str, int | None, int, int]] | None:
    """Return where what makes a rule hold stands in the original texts; None: it does not hold.

    Fields are the segments' own: title, standfirst, body, caption, teaser, author, section; `lead:` gives
    standfirst or body. The block is an index into `article.blocks`, for an author into `article.authors`.
    """
    if rule.languages and article.language not in rule.languages:
        return None
    return places_of(parse(rule.query).root, article, entities)


def places_of(
    node: Node, article: Article, entities: Sequence[Entity] = ()
) -> set[tuple[str, int | None, int, int]] | None:
    """Return the same of a tree."""
    reader = Reader(article, entities)
    found = reader.evaluate(node, "")
    if found is None:
        return None
    shown = set()
    for number, start, end in found:
        segment = reader.segments[number]
        shown.add((segment.field, segment.block, *segment.original(start, end)))
    return shown


# ---- words


@cache
def script(char: str) -> str:
    """Return "unspaced", "hangul" or "spaced": words end where this changes."""
    name = unicodedata.name(char, "")
    if name.startswith("HANGUL"):
        return "hangul"
    unspaced = ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
    return "unspaced" if name.startswith(unspaced) else "spaced"


@cache
def is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def words_of(text: str) -> tuple[Span, ...]:
    """Return the words of a folded text: runs of one script, in the unspaced ones each letter; marks go with letters."""
    found = []
    at = 0
    while at < len(text):
        start = at
        at += 1
        if not words.is_word(text[start]):
            continue
        kind = script(text[start])
        while at < len(text) and words.is_word(text[at]):
            same = kind != "unspaced" and script(text[at]) == kind
            if not same and not is_mark(text[at]):
                break
            at += 1
        found.append((start, at))
    return tuple(found)


def word_over(segment: Segment, at: int) -> Span | None:
    """Return the word that a cut at this position would go through."""
    for start, end in segment.words:
        if start < at < end:
            return start, end
    return None


def whole(segment: Segment, start: int, end: int, *, prefix: bool = False) -> Span | None:
    """Return the place of what stands at [start, end) if it is whole words, with the rest of its last word where
    that may go on by a `*`; None if it is not.
    """
    if word_over(segment, start):
        return None
    cut = word_over(segment, end)
    if cut is None:
        return start, end
    if prefix:
        return start, cut[1]
    if script(segment.folded.text[end - 1]) == "hangul" and script(segment.folded.text[end]) == "hangul":
        return start, end
    return None


def numbers(segment: Segment, start: int, end: int) -> list[int]:
    """Return the numbers of the words that begin within a place."""
    return [number for number, (begin, _) in enumerate(segment.words) if start <= begin < end]


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def within(segment: Segment, one: Span, other: Span, distance: int) -> bool:
    """Say whether the closest words of two places are at most so many apart."""
    return any(abs(a - b) <= distance for a in numbers(segment, *one) for b in numbers(segment, *other))


# ---- terms and names


def all_starts(text: str, pattern: str) -> Iterator[int]:
    start = text.find(pattern)
    while start >= 0:
        yield start
        start = text.find(pattern, start + 1)


def find_term(segment: Segment, term: Term) -> list[Span]:
    """Return every place of a word or phrase in one segment."""
    found = []
    for start in all_starts(segment.folded.text, term.pattern):
        place = whole(segment, start, start + len(term.pattern), prefix=term.prefix)
        if place is None:
            continue
        begin, end = segment.original(*place)
        seen = words.neutral(segment.text[begin:end])
        if not term.exact or seen == term.exact or (term.prefix and seen.startswith(term.exact)):
            found.append(place)
    return found


@cache
def condition(text: str) -> Term:
    """Return a term of `only_with` or `unless_near`: a word or phrase, `word*`, or `{Exact}`."""
    exact = text.startswith("{") and text.endswith("}")
    inner = text[1:-1] if exact else text
    prefix = inner.endswith("*")
    plain = words.bare(words.neutral(inner[:-1] if prefix else inner))
    return Term(text, words.fold(plain).text, plain if exact else "", prefix)


STROKES = str.maketrans("łøđħŧŁØĐĦŦ", "lodhtLODHT")


@cache
def unaccented(char: str) -> str:
    parts = [part for part in unicodedata.normalize("NFD", char) if not unicodedata.combining(part)]
    # Letters with a stroke have no decomposition.
    return unicodedata.normalize("NFC", "".join(parts)).translate(STROKES)


def without_accents(text: str) -> str:
    return "".join(map(unaccented, text))


def find_unaccented(segment: Segment, name: str) -> list[Span]:
    """Return every place of a name where neither it nor the text has accents."""
    kept = ""
    came_from = []
    for at, char in enumerate(segment.folded.text):
        for letter in unaccented(char):
            kept += letter
            came_from.append(at)
    came_from.append(len(segment.folded.text))
    pattern = without_accents(name)
    found = []
    for start in all_starts(kept, pattern):
        # The marks after the last letter belong to it.
        place = whole(segment, came_from[start], came_from[start + len(pattern)])
        if place:
            found.append(place)
    return found


class Reader:
    """One article as a rule sees it."""

    def __init__(self, article: Article, entities: Sequence[Entity]) -> None:
        self.article = article
        self.entities = {entity.id: entity for entity in entities}
        self.segments = tuple(_segments(article))

    def fields(self, field: str) -> list[int]:
        """Return the numbers of a field's segments; "" is title, standfirst and body."""
        wanted = {field} if field else {"title", "standfirst", "body"}
        if field == "lead" and self.article.standfirst:
            wanted = {"standfirst"}
        elif field == "lead":
            first = [at for at, block in enumerate(self.article.blocks) if block.role == Role.BODY and block.text][:1]
            return [n for n, s in enumerate(self.segments) if s.field == "body" and s.block in first]
        return [number for number, segment in enumerate(self.segments) if segment.field in wanted]

    def evaluate(self, node: Node, field: str) -> set[Place] | None:
        """Return the places that make a node hold, None where it does not."""
        match node:
            case And(parts=parts):
                each = [self.evaluate(part, field) for part in parts]
                return None if None in each else {place for found in each if found for place in found}
            case Or(parts=parts):
                each = [self.evaluate(part, field) for part in parts]
                held = [found for found in each if found is not None]
                return {place for found in held for place in found} if held else None
            case Not(part=part):
                return set() if self.evaluate(part, field) is None else None
            case Scope(field=inner, part=part):
                return self.evaluate(part, inner)
            case Attribute():
                return set() if self._has(node) else None
            case Near(left=left, right=right) | Together(left=left, right=right):
                lefts = self.evaluate(left, field) or set()
                rights = self.evaluate(right, field) or set()
                pairs = [(a, b) for a in lefts for b in rights if self._pair(node, a, b)]
                return {place for pair in pairs for place in pair} or None
            case AtLeast(count=count, part=part):
                counted = self._counted(self.evaluate(part, field) or set())
                return counted if len(counted) >= count else None
            case Term() | Regex() | EntityRef():
                return {(n, *span) for n in self.fields(field) for span in self._leaf(node, self.segments[n])} or None

    def _has(self, node: Attribute) -> bool:
        if node.field == "outlet":
            return self.article.outlet == node.value
        if node.field == "lang":
            return self.article.language == node.value
        addresses = [address for address in (self.article.url, self.article.canonical_url) if address]
        if node.value.startswith(("http://", "https://")):
            return any(address.startswith(node.value) for address in addresses)
        bare = [address.partition("://")[2].removeprefix("www.") for address in addresses]
        return any(address.startswith(node.value.removeprefix("www.")) for address in bare)

    def _pair(self, node: Near | Together, a: Place, b: Place) -> bool:
        if a[0] != b[0]:
            return False
        segment, one, other = self.segments[a[0]], a[1:], b[1:]
        if isinstance(node, Near):
            ordered = one[1] <= other[0] or not node.ordered
            return ordered and not overlap(one, other) and within(segment, one, other, node.distance)
        if not node.sentence:
            return True
        first, second = segment.original(*one), segment.original(*other)
        return any(
            start <= first[0] and first[1] <= end and start <= second[0] and second[1] <= end
            for start, end in sentences.sentences(segment.text)
        )

    def _counted(self, found: set[Place]) -> set[Place]:
        counted: list[Place] = []
        for place in sorted(found, key=lambda place: (place[0], place[1], -place[2])):
            if not any(place[0] == other[0] and overlap(place[1:], other[1:]) for other in counted):
                counted.append(place)
        return set(counted)

    def _leaf(self, node: Term | Regex | EntityRef, segment: Segment) -> list[Span]:
        if isinstance(node, Term):
            return find_term(segment, node)
        if isinstance(node, Regex):
            return expression(node.source).find(segment.folded.text)
        entity = self.entities[node.id]
        found = [place for name in entity.names for place in self._name(name, segment)]
        return [place for place in found if not self._spoilt(entity, segment, place)]

    def _name(self, name: Name, segment: Segment) -> list[Span]:
        if name.languages and self.article.language not in name.languages:
            return []
        if name.only_with and not any(
            find_term(self.segments[n], condition(text)) for text in name.only_with for n in self.fields("")
        ):
            return []
        folded = words.fold(name.text).text
        found = find_unaccented(segment, folded) if name.fold_accents else find_term(segment, Term(name.text, folded))
        return [place for place in found if self._counts(name, segment, segment.original(*place))]

    def _counts(self, name: Name, segment: Segment, span: Span) -> bool:
        if name.not_at_sentence_start and sentences.starts_sentence(segment.text, span):
            return False
        if not name.exact:
            return True
        seen, asked = words.neutral(segment.text[span[0] : span[1]]), words.neutral(name.text)
        if name.fold_accents:
            seen, asked = without_accents(seen), without_accents(asked)
        return seen == asked and not sentences.in_capitals(segment.text, span)

    def _spoilt(self, entity: Entity, segment: Segment, place: Span) -> bool:
        return any(
            overlap(place, other) or within(segment, place, other, UNLESS_NEAR)
            for text in entity.unless_near
            for other in find_term(segment, condition(text))
        )


def _segments(article: Article) -> Iterator[Segment]:
    texts: list[tuple[str, int | None, str]] = [
        ("title", None, article.title),
        ("standfirst", None, article.standfirst),
    ]
    for at, block in enumerate(article.blocks):
        if block.role in OWN_ROLES:
            texts.append(("body", at, block.text))
        elif block.role in {Role.CAPTION, Role.TEASER}:
            texts.append((str(block.role), at, block.text))
    texts += [("author", at, author) for at, author in enumerate(article.authors)]
    texts.append(("section", None, article.section))
    for field, number, text in texts:
        folded = words.fold(text)
        yield Segment(field, number, text, folded, words_of(folded.text))
