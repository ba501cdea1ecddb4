"""An article as the matcher sees it: its fields folded and joined, with a way back to each block."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Set
from dataclasses import dataclass

from monitor.match.entities import Probe
from monitor.model import OWN_ROLES, Article, Evidence, Span
from monitor.parse import words

# Two characters that no pattern holds, so that nothing matches across a block's end.
_GAP = "\n\n"
MAX_QUOTE = 400
# A page that says one word 100,000 times says nothing more after the first thousand.
MAX_FINDS = 1_000


@dataclass(frozen=True, slots=True)
class Segment:
    """One field or block: where its folded text begins in the joined text, and its original."""

    field: str
    block: int | None
    start: int
    original: str
    folded: words.Folded


@dataclass(frozen=True, slots=True)
class Find:
    """One place where a probe holds: spans in the original text of the segment."""

    probe: Probe
    segment: int
    span: Span


class View:
    """The folded article. Look-ups are remembered, so that rules that share a term share its cost."""

    def __init__(self, article: Article, reported: Set[str] = frozenset()) -> None:
        """`reported`: patterns whose every place an automaton notes before anything is looked up."""
        self._reported = reported
        self.language = article.language
        self.segments: list[Segment] = []
        texts: list[tuple[str, int | None, str]] = [
            ("title", None, article.title),
            ("standfirst", None, article.standfirst),
        ]
        texts += [("body", n, block.text) for n, block in enumerate(article.blocks) if block.role in OWN_ROLES]
        at, parts = 0, []
        for field, block, text in texts:
            if text:
                folded = words.fold(text)
                self.segments.append(Segment(field, block, at, text, folded))
                parts.append(folded.text)
                at += len(folded.text) + len(_GAP)
        self.text = _GAP.join(parts)
        self._starts = [segment.start for segment in self.segments]
        self._places: dict[str, list[int]] = {}
        self._finds: dict[Probe, list[Find]] = {}

    def note(self, pattern: str, start: int) -> None:
        """Take what the automaton found: the pattern begins at `start`, word ends not yet looked at."""
        places = self._places.setdefault(pattern, [])
        if words.bounded(self.text, start, start + len(pattern)):
            places.append(start)

    def places(self, pattern: str) -> list[int]:
        """Return where a pattern stands as whole words."""
        found = self._places.get(pattern)
        if found is None:
            found = []
            at = -1 if pattern in self._reported else self.text.find(pattern)
            while at >= 0:
                if words.bounded(self.text, at, at + len(pattern)):
                    found.append(at)
                at = self.text.find(pattern, at + 1)
            self._places[pattern] = found
        return found

    def finds(self, probe: Probe, field: str = "") -> list[Find]:
        """Return where a probe holds, in reading order; `field` "" is every field."""
        found = self._finds.get(probe)
        if found is None:
            found = self._finds[probe] = self._look(probe)
        if not field:
            return found
        return [find for find in found if self.segments[find.segment].field == field]

    def _look(self, probe: Probe) -> list[Find]:
        if probe.languages and self.language not in probe.languages:
            return []
        found = []
        for start in self.places(probe.pattern)[:MAX_FINDS]:
            number = bisect_right(self._starts, start) - 1
            segment = self.segments[number]
            begin = start - segment.start
            span = segment.folded.span(begin, begin + len(probe.pattern))
            if self._counts(probe, segment.original, span):
                found.append(Find(probe, number, span))
        return found

    @staticmethod
    def _counts(probe: Probe, text: str, span: Span) -> bool:
        if probe.exact and words.neutral(text[slice(*span)]) != probe.exact:
            return False
        if probe.guarded and words.in_capitals(text, span):
            return False
        return not (probe.not_at_sentence_start and words.starts_sentence(text, span))

    def evidence(self, find: Find) -> Evidence:
        """Return a find as evidence, with the sentence it stands in."""
        segment = self.segments[find.segment]
        start, end = find.span
        sentence = words.sentence_at(segment.original, start, end)
        first, last = _cut(sentence, find.span)
        return Evidence(
            clause=find.probe.clause,
            field=segment.field,
            span=find.span,
            block=segment.block,
            sentence=sentence,
            surface=segment.original[start:end],
            entity=find.probe.entity,
            quote=segment.original[first:last],
            mark=(start - first, end - first),
        )


def _cut(sentence: Span, span: Span) -> Span:
    """Return the part of a sentence that is quoted: all of it, or MAX_QUOTE characters around the span."""
    first, last = sentence
    if last - first > MAX_QUOTE:
        first = max(first, span[0] - MAX_QUOTE // 2)
        last = min(last, max(first + MAX_QUOTE, span[1]))
    return first, last
