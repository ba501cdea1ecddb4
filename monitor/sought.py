"""What a full-text index is asked for: words in a row, all or any of them. Neutral between the rule language, which
makes it (match/preselect.py), and the store, which answers it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row within one of these columns (title, standfirst, body; none named: any). `prefix`: the last word
    may go on.
    """

    words: tuple[str, ...]
    prefix: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each part stands in the article."""

    parts: tuple[Sought, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of the parts stands in the article."""

    parts: tuple[Sought, ...]


Sought = Phrase | AllOf | AnyOf
