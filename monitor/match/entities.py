"""Entities → probes: each name with the conditions under which it holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.model import Entity
from monitor.parse import words


@dataclass(frozen=True, slots=True)
class Probe:
    """What is looked for and when it counts. `pattern`: folded; `exact`: the neutral form that the text must have,
    empty: any case. `guarded`: not in a run of capitals. `languages`: only in articles of these.
    """

    pattern: str
    clause: str
    exact: str = ""
    entity: str = ""
    languages: tuple[str, ...] = ()
    guarded: bool = False
    not_at_sentence_start: bool = False


def probes(entities: Iterable[Entity]) -> dict[str, tuple[Probe, ...]]:
    """Return the probes of each entity by its id. A name without a letter or digit is left out."""
    found = {}
    for entity in entities:
        names = []
        for name in entity.names:
            neutral = words.bare(words.neutral(name.text))
            pattern = words.fold(neutral).text
            if any(map(words.is_word, pattern)):
                names.append(
                    Probe(
                        pattern,
                        clause=f"@{entity.id}",
                        exact=neutral if name.exact else "",
                        entity=entity.id,
                        languages=name.languages,
                        guarded=name.exact,
                        not_at_sentence_start=name.not_at_sentence_start,
                    )
                )
        found[entity.id] = tuple(dict.fromkeys(names))
    return found
