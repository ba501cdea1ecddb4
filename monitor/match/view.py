"""An article as the matcher sees it: its segments folded and joined, with a way back to each of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice

from monitor.match import haystack
from monitor.match.entities import ALWAYS, UNLESS_WORDS, Conditions, Probe
from monitor.match.haystack import GAP
from monitor.match.nearness import close, overlapping
from monitor.match.segments import Segment, Source
from monitor.model import Article, Evidence, Role, Span
from monitor.parse import sentences, words

MAX_QUOTE = 400
# Whether capitals or a sentence's start say anything takes 50 µs a place to tell.
MAX_EXAMINED = 5_000
_BODY = Role.BODY
_MANY_SENTENCES, _MANY_SEARCHES = 10, 20
_SHORT = 100

Place = tuple[int, int, int]
"""Where something stands in the joined text, [start, end), and the number of its probe. Made by the thousand."""


_NONE: list[Place] = []


class View:
    """Segments folded and joined. Look-ups are remembered, so that rules that share a term share its cost."""

    def __init__(
        self,
        article: Article,
        source: Source,
        segments: Callable[[Article], list[Segment]],
        probes: Sequence[Probe],
        scanned: bytes | bytearray = b"",
        needles: dict[int, bytes] | None = None,
        own: View | None = None,
    ) -> None:
        """`segments`: those of the source, asked for when something was found. `scanned`: 1 at the number of each
        probe that stands nowhere but where `note` was told. `needles`: of other probes, kept from article to article.
        `own`: the view of title, standfirst and body, where this is another.
        """
        self._own = own or self
        self._scanned = scanned
        self._needles = {} if needles is None else needles
        self.article = article
        self._segments = segments
        self._probes = probes
        self._originals, self._original, self.haystack, self._folded = source
        self._places: dict[tuple[str, bool, bool], list[Span]] = {}
        self._against: dict[tuple[Probe, ...], list[Span]] = {}
        self._noted_here: set[int] = set()
        self._finds: dict[int, list[Place]] = {}
        self.noted = self._finds
        """Where terms without conditions stand, for who scans the haystack."""
        self.is_ascii = self._folded is None and self._original.isascii()
        self._searches = 0
        self._asked: dict[int, int] = {}
        self._sentences: dict[int, tuple[list[int], Sequence[Span]]] = {}

    @cached_property
    def segments(self) -> list[Segment]:
        """The segments, in reading order."""
        return self._segments(self.article)

    @cached_property
    def text(self) -> str:
        """The folded text, joined; one to one with the original but for the spots of `_folded`."""
        return haystack.folded(self._original) if self._folded is None else self._folded.text

    @cached_property
    def starts(self) -> list[int]:
        """Where each segment begins in the joined text."""
        if self._folded is None:
            return self._original_starts
        return [self._folded.folded_at(start) for start in self._original_starts]

    @cached_property
    def _original_starts(self) -> list[int]:
        starts, at = [], 1
        for text in self._originals:
            starts.append(at)
            at += len(text) + len(GAP)
        return starts

    @cached_property
    def word_starts(self) -> list[int]:
        """Where each word begins in the joined text."""
        return words.word_starts(self.text)

    def segment_at(self, start: int) -> int:
        """Return the number of the segment that holds a place of the joined text."""
        return bisect_right(self.starts, start) - 1

    def word_range(self, start: int, end: int) -> Span:
        """Return the numbers of the first and last word that begin within [start, end)."""
        first = bisect_left(self.word_starts, start)
        return first, max(first, bisect_left(self.word_starts, end) - 1)

    def fields(self, field: str) -> frozenset[int]:
        """Return the numbers of a field's segments."""
        if field == "lead":
            blocks = self.article.blocks
            leads = (
                number
                for number, (name, block, _) in enumerate(self.segments)
                if name == "standfirst" or (block is not None and blocks[block].role is _BODY)
            )
            return frozenset(islice(leads, 1))
        return frozenset(number for number, segment in enumerate(self.segments) if segment[0] == field)

    # ---- looking

    def look(self, pattern: str, *, prefix: bool = False, fold_accents: bool = False) -> list[Span]:
        """Return where a pattern stands as whole words in the joined text."""
        key = (pattern, prefix, fold_accents)
        found = self._places.get(key)
        if found is None:
            if fold_accents:
                found = self._search_bare(pattern, prefix=prefix)
            else:
                found = _whole_words(self.text, pattern, prefix=prefix)
            self._places[key] = found
        return found

    def _search_bare(self, pattern: str, *, prefix: bool) -> list[Span]:
        bare, kept = self._bare
        found = _whole_words(bare, words.without_accents(pattern), prefix=prefix)
        # Marks that were left out belong to the letter before them.
        return [(kept[start], words.marks_end(self.text, kept[end - 1] + 1)) for start, end in found]

    @cached_property
    def _bare(self) -> tuple[str, Sequence[int]]:
        """The text without accents, and where each of its characters stands."""
        pairs = [(at, base) for at, char in enumerate(self.text) if (base := words.without_accents(char))]
        return "".join(base for _, base in pairs), [at for at, _ in pairs]

    def note(self, number: int, starts: Sequence[int]) -> list[Place]:
        """Take where in the haystack a probe's needle begins, and return where the probe holds."""
        probe = self._probes[number]
        conditions = probe.conditions
        if not conditions.fold_accents:
            spans = self._verified(probe, starts)
            if conditions is ALWAYS:
                found = self._finds[number] = [(start, end, number) for start, end in spans]
                return found
            if conditions.prefix:
                spans = [(start, words.word_end(self.text, end)) for start, end in spans]
            self._places[probe.pattern, conditions.prefix, False] = spans
        self._noted_here.add(number)
        return self.finds(number)

    def _verified(self, probe: Probe, starts: Sequence[int]) -> list[Span]:
        """Return where a pattern stands of the places where its needle does, which knows no accents and signs."""
        pattern, original, kept = probe.pattern, self._original, self.haystack.kept
        length = len(pattern)
        if kept is not None:
            starts = [int(kept[start]) for start in starts]
        if not pattern[0].isalnum():
            skipped = haystack.signs_before(pattern)
            starts = [start - skipped for start in starts]
        if self.is_ascii:
            # A few letters at a time: most articles hold too few candidates to fold all of them.
            fold = haystack.folded
            spans = [(at, at + length) for at in starts if fold(original[at : at + length]) == pattern]
        else:
            text = self.text
            spans = [(at, at + length) for at in starts if text.startswith(pattern, at)]
        # Between letters and digits the spaces of the haystack are the ends of words, unless marks were left
        # out, or belong to another script.
        whole = probe.conditions.prefix or (pattern[0].isalnum() and pattern[-1].isalnum())
        if whole and kept is None and not self.haystack.unspaced:
            return spans
        text, prefix = self.text, probe.conditions.prefix
        return [(at, end) for at, end in spans if words.bounded(text, at, words.word_end(text, end) if prefix else end)]

    def finds(self, number: int) -> list[Place]:
        """Return where a probe holds, in reading order."""
        found = self._finds.get(number)
        if found is None:
            if number < len(self._scanned) and self._scanned[number] and number not in self._noted_here:
                return _NONE
            probe = self._probes[number]
            if probe.conditions is not ALWAYS:
                spans = self.holding(probe)
            else:
                # Most of what is asked for is not there, which the haystack tells in less time than the text: a search
                # takes 1.5 µs, a look into the set of words .1, making the set 25. Without the space behind it a needle
                # ends in a rarer letter, which makes the search a third faster.
                needle = self._needles.get(number)
                if needle is None:
                    needle = self._needles[number] = haystack.needle(probe.pattern, prefix=True)
                self._searches += 1
                if self._searches > _MANY_SEARCHES and needle and b" " not in (word := needle[1:]):
                    absent = word not in self._words
                else:
                    absent = needle not in self.haystack.data
                if absent:
                    self._finds[number] = _NONE
                    return _NONE
                spans = _whole_words(self.text, probe.pattern, prefix=False)
            found = self._finds[number] = [(start, end, number) for start, end in spans]
        return found

    @cached_property
    def _words(self) -> frozenset[bytes]:
        return frozenset(self.haystack.data.split())

    def remembered(self, number: int) -> list[Place] | None:
        """Return the places of a probe that were found before."""
        return self._finds.get(number)

    def remember(self, number: int, places: list[Place]) -> None:
        """Keep the places of a probe that something else looked for."""
        self._finds[number] = places

    def folded_segments(self) -> Iterator[tuple[int, str]]:
        """Yield each segment's folded text and where it begins in the joined text."""
        ends = [*(start - len(GAP) for start in self.starts[1:]), len(self.text) - 1][: len(self.starts)]
        for start, end in zip(self.starts, ends, strict=True):
            yield start, self.text[start:end]

    def holding(self, probe: Probe) -> list[Span]:
        """Return where a probe holds in the joined text, in reading order."""
        conditions = probe.conditions
        if conditions.languages and self.article.language not in conditions.languages:
            return []
        places = self.look(probe.pattern, prefix=conditions.prefix, fold_accents=conditions.fold_accents)
        if not places:
            return places
        if conditions.only_with and not any(map(self._own.holding, conditions.only_with)):
            return []
        found = self._counted(conditions, probe, places)
        if conditions.unless_near and found:
            against = self._against.get(conditions.unless_near)
            if against is None:
                against = [span for other in conditions.unless_near for span in self.holding(other)]
                self._against[conditions.unless_near] = against
            spoilt = overlapping(found, against)
            spoilt |= close(self, found, against, UNLESS_WORDS)[0] | close(self, against, found, UNLESS_WORDS)[1]
            found = [span for number, span in enumerate(found) if number not in spoilt]
        return found

    def _counted(self, conditions: Conditions, probe: Probe, places: list[Span]) -> list[Span]:
        """Return the places that are in the case asked for, and where capitals say something."""
        if conditions.exact or conditions.capital:
            places = [place for place in places if self._in_case(conditions, probe, *place)]
        if conditions.guarded or conditions.not_at_sentence_start:
            places = [place for place in places[:MAX_EXAMINED] if self._tells(conditions, *place)]
        return places

    def _in_case(self, conditions: Conditions, probe: Probe, start: int, end: int) -> bool:
        segment, span = self.original(start, end)
        text = self._originals[segment]
        if conditions.capital and not text[span[0]].isupper():
            return False
        if not conditions.exact:
            return True
        last = start + len(probe.pattern) if conditions.prefix else end
        neutral = _neutral(text[slice(*self.original(start, last)[1])])
        if conditions.fold_accents:
            return words.without_accents(neutral) == words.without_accents(conditions.exact)
        return neutral == conditions.exact

    def _tells(self, conditions: Conditions, start: int, end: int) -> bool:
        segment, span = self.original(start, end)
        text = self._originals[segment]
        if conditions.guarded and sentences.in_capitals(text, span):
            return False
        return not (conditions.not_at_sentence_start and sentences.starts_sentence(text, span))

    # ---- telling

    def original(self, start: int, end: int) -> tuple[int, Span]:
        """Return the segment that holds [start, end) of the joined text, and where in its original."""
        number = bisect_right(self.starts, start) - 1
        begin = self.starts[number]
        if self._folded is None:
            return number, (start - begin, end - begin)
        first, last = self._folded.span(start, end)
        begin = self._original_starts[number]
        return number, (first - begin, last - begin)

    def sentences(self, segment: int) -> tuple[list[int], Sequence[Span]]:
        """Return the sentences of a segment's original, and where each begins."""
        found = self._sentences.get(segment)
        if found is None:
            spans = sentences.sentences(self._originals[segment])
            found = self._sentences[segment] = ([start for start, _ in spans], spans)
        return found

    def sentence_of(self, segment: int, span: Span) -> int | None:
        """Return the number of the sentence that holds all of a span of a segment's original; None: more than one."""
        starts, spans = self.sentences(segment)
        number = bisect_right(starts, span[0]) - 1
        return number if number >= 0 and span[1] <= spans[number][1] else None

    def _sentence(self, number: int, text: str, span: Span) -> Span:
        # Looking around a place takes 4 µs, cutting a long segment into sentences 50.
        if number not in self._sentences:
            self._asked[number] = self._asked.get(number, 0) + 1
            if self._asked[number] < _MANY_SENTENCES:
                return sentences.sentence_at(text, *span)
        starts, spans = self._sentences.get(number) or self.sentences(number)
        within = bisect_right(starts, span[0]) - 1
        if within >= 0 and span[1] <= spans[within][1]:
            return spans[within]
        return sentences.sentence_at(text, *span)

    def evidence(self, place: Place) -> Evidence:
        """Return a place as evidence, with the sentence it stands in."""
        start, end, probe_number = place
        number = bisect_right(self.starts, start) - 1
        if self._folded is None:
            begin = self.starts[number]
        else:
            start, end = self._folded.span(start, end)
            begin = self._original_starts[number]
        start, end = start - begin, end - begin
        field, block, text = self.segments[number]
        sentence = first, last = self._sentence(number, text, (start, end))
        if last - first > MAX_QUOTE:
            first = max(first, start - MAX_QUOTE // 2)
            last = min(last, max(first + MAX_QUOTE, end))
        probe = self._probes[probe_number]
        conditions = probe.conditions
        return Evidence(
            probe.clause,
            field,
            (start, end),
            block,
            sentence,
            text[start:end],
            conditions.entity,
            conditions.name,
            text[first:last],
            (start - first, end - first),
        )


def _neutral(surface: str) -> str:
    return _short_neutral(surface) if len(surface) < _SHORT else words.neutral(surface)


# One name in mathematical letters, 110,000 times on a page, took 4 s.
_short_neutral = lru_cache(maxsize=1024)(words.neutral)


def _whole_words(text: str, pattern: str, *, prefix: bool) -> list[Span]:
    found = []
    length = len(pattern)
    at = text.find(pattern)
    while at >= 0:
        # The left edge first: a word is followed to its end once, not from each place within it.
        if words.begins(text, at):
            end = words.word_end(text, at + length) if prefix else at + length
            if words.bounded(text, at, end):
                found.append((at, end))
        at = text.find(pattern, at + 1)
    return found
