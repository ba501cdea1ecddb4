"""Names in their inflected forms against exact names, over the documents of labelled Czech, Russian, Bulgarian news.

An entity counts that is seen in 8 documents of a language or more; its names are all lemmas that the labels give it
twice or more. Predicted: a form stands in the text as whole words, case folded; true: the document has a mention of the
entity. Precision, recall and F1 are over all pairs of document and entity. The tables were made on half A.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from monitor.match.forms import forms

MIN_DOCUMENTS, MIN_SEEN = 8, 2
GOALS = {"cs": 0.90, "ru": 0.83, "bg": 0.885}


def main(data: Path) -> None:
    path = data / "match" / "inflected-entities.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    for language, goal in GOALS.items():
        news = News([row for row in rows if row["lang"] == language])
        names = {name for known in news.names.values() for name in known}
        started = time.process_time()
        expanded = {name: forms(name, language) for name in names}
        cost = (time.process_time() - started) / len(names)
        print(
            f"{language}: {len(news.texts)} documents, {len(news.names)} entities, {len(names)} names, "
            f"{sum(map(len, expanded.values())) / len(names):.1f} forms a name in {cost * 1e6:.0f} us"
        )
        for label, names_of, cased in (
            ("exact names", lambda name: (name,), False),
            ("exact names, capitals asked for", lambda name: (name,), True),
            ("forms", expanded.__getitem__, False),
            ("forms, capitals asked for", expanded.__getitem__, True),
        ):
            scores = [
                "P {:.3f} R {:.3f} F1 {:.3f}".format(*news.score(names_of, half, cased=cased))
                for half in ("AB", "A", "B")
            ]
            print(f"  {label:<32} {scores[0]}   half A {scores[1]}   half B {scores[2]}")
        print(f"  goal: F1 {goal}")


@dataclass
class News:
    """The documents of one language. `rows`: with text and mentions."""

    rows: list[dict[str, Any]]

    @cached_property
    def texts(self) -> list[str]:
        return [_words(row["text"]) for row in self.rows]

    @cached_property
    def folded(self) -> list[str]:
        return [text.casefold() for text in self.texts]

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """The names of each entity that counts."""
        documents: Counter[str] = Counter()
        lemmas: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for row in self.rows:
            documents.update({mention["entity"] for mention in row["mentions"]})
            for mention in row["mentions"]:
                lemmas[mention["entity"]][mention["lemma"]] += 1
        return {
            entity: [lemma for lemma, seen in lemmas[entity].items() if seen >= MIN_SEEN]
            for entity, count in documents.items()
            if count >= MIN_DOCUMENTS
        }

    @cached_property
    def truth(self) -> dict[str, set[int]]:
        found: defaultdict[str, set[int]] = defaultdict(set)
        for number, row in enumerate(self.rows):
            for mention in row["mentions"]:
                found[mention["entity"]].add(number)
        return found

    def score(
        self, names_of: Callable[[str], Iterable[str]], halves: str, *, cased: bool
    ) -> tuple[float, float, float]:
        """Return precision, recall and F1; `halves`: of entities whose hash falls there."""
        right = predicted = wanted = 0
        for entity, known in self.names.items():
            if "AB"[zlib.crc32(entity.encode()) & 1] not in halves:
                continue
            found: set[int] = set()
            for form in {form for name in known for form in names_of(name)}:
                found |= self._documents(form, cased=cased)
            right += len(found & self.truth[entity])
            predicted += len(found)
            wanted += len(self.truth[entity])
        precision, recall = right / predicted, right / wanted
        return precision, recall, 2 * precision * recall / (precision + recall)

    def _documents(self, form: str, *, cased: bool) -> set[int]:
        pattern = _words(form).casefold()
        if not pattern.strip():
            return set()
        numbers = {number for number, text in enumerate(self.folded) if pattern in text}
        if not (cased and form[:1].isupper()):
            return numbers
        return {number for number in numbers if self._has_capital(number, pattern)}

    def _has_capital(self, number: int, pattern: str) -> bool:
        text, folded = self.texts[number], self.folded[number]
        # Where folding changes the length, places do not agree.
        return len(text) != len(folded) or any(
            text[match.end()].isupper() for match in re.finditer(f" (?={re.escape(pattern[1:])})", folded)
        )


def _words(text: str) -> str:
    return " ".join(["", *re.findall(r"\w+", text), ""])
