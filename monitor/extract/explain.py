"""Why each piece of a page was kept or left out: what body.py decided, told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from monitor.extract import body
from monitor.extract.body import Judged
from monitor.extract.columns import Columns
from monitor.extract.features import describe
from monitor.extract.field import HEADINGS, Context, tokens
from monitor.extract.score import SECOND_NAMES, Weights, kinds, seen_twice
from monitor.extract.segment import segments
from monitor.extract.weights import WEIGHTS
from monitor.model import Role
from monitor.parse.html import Node

_BECAUSE = 4


class Why(StrEnum):
    """What decided over a segment."""

    SCORE = "score"
    CORE = "core"
    """Kept against its score, as too little of the container was kept."""
    CHOSEN = "chosen"
    """It stands where the outlet's selector says."""
    TEASER = "teaser"
    TITLE = "title"
    NO_TEXT_BELOW = "no_text_below"
    """A heading of nothing."""
    FILLER = "filler"
    """It fills several places of the page, or is the label over a box beside the text."""
    NEVER = "hidden_or_caption"
    OUTSIDE = "outside"
    """Too far from the container to be looked at."""


@dataclass(frozen=True, slots=True)
class Told:
    """A segment and what became of it. `role` None: left out. `score`: kept above 0 where it decided; `because`: the
    features that weighed most, with what each added to it.
    """

    text: str
    role: Role | None
    why: Why
    score: float = 0.0
    because: tuple[tuple[str, float], ...] = ()


def explain(root: Node, context: Context, *, weights: Weights = WEIGHTS, chosen: bool = False) -> list[Told]:
    """Return every segment below `root` in reading order, with what `body.read` makes of it and why."""
    rows = segments(root)
    judged = body.judge(rows, context, weights=weights, chosen=chosen)
    if judged is None:
        return [Told(segment.text, None, Why.OUTSIDE) for segment in rows]
    because = [()] * len(judged.kept) if chosen else _because(judged, context, weights)
    roles = {segment.order: role for segment, role in body.roles(judged)}
    told = {
        segment.order: Told(
            segment.text,
            roles.get(segment.order),
            _why(judged, index, context, chosen=chosen),
            judged.scores[index] if judged.scores else 0.0,
            because[index],
        )
        for index, segment in enumerate(judged.field.segments)
    }
    return [told.get(segment.order) or Told(segment.text, None, Why.OUTSIDE) for segment in rows]


def _why(judged: Judged, index: int, context: Context, *, chosen: bool) -> Why:
    if index in judged.teasers:
        return Why.TEASER
    if judged.rescued[index] and not judged.kept[index]:
        segment = judged.field.segments[index]
        if segment.box.tag not in HEADINGS:
            return Why.FILLER
        return Why.TITLE if tokens(segment.text) == tokens(context.title) else Why.NO_TEXT_BELOW
    if chosen:
        return Why.CHOSEN if judged.kept[index] else Why.NEVER
    return Why.CORE if judged.kept[index] and not judged.first[index] else Why.SCORE


def _because(judged: Judged, context: Context, weights: Weights) -> list[tuple[tuple[str, float], ...]]:
    """Return for each segment the features that weighed most in the second look."""
    columns = Columns(judged.field)
    rows = seen_twice(columns, describe(columns, context), weights)
    return [_most(parts) for parts in (rows * (kinds(rows) @ weights.second)).tolist()]


def _most(parts: Sequence[float]) -> tuple[tuple[str, float], ...]:
    # The bias, the first of them, is the same for all.
    named = list(zip(SECOND_NAMES, parts, strict=True))[1:]
    return tuple(sorted(named, key=lambda pair: -abs(pair[1]))[:_BECAUSE])
