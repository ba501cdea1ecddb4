"""Templates: autoescaped, strict about what is missing. What comes from outlets is data here, never template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from monitor.model import Evidence, Span
from monitor.notify import escape
from monitor.safe import one_line
from monitor.web.charts import HEIGHT, WIDTH, bars
from monitor.web.words import explained


def environment(static: Mapping[str, str]) -> Environment:
    """Return what renders the screens; each names the `zone` in which it shows times. `static`: addresses by name."""
    made = Environment(
        loader=PackageLoader("monitor.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip

    filters: dict[str, Any] = {
        "when": _when,
        "hour": _hour,
        "iso": lambda moment: moment.isoformat(timespec="seconds"),
        # An address of an outlet becomes a link where it is one of the web, and nothing otherwise.
        "link": escape.link,
        "line": one_line,
        "sentences": sentences,
        "explained": explained,
        "bars": bars,
    }
    made.filters.update(filters)
    made.globals.update(chart_width=WIDTH, chart_height=HEIGHT, static=static)
    return made


@pass_context
def _when(context: Context, moment: datetime | None) -> str:
    return moment.astimezone(context["zone"]).strftime("%Y-%m-%d %H:%M") if moment else ""


@pass_context
def _hour(context: Context, moment: datetime) -> str:
    return moment.astimezone(context["zone"]).strftime("%H:%M")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence that made a hit, in parts, those that matched marked; the rule's `words` that stand in it; and where
    it stands, paragraphs counted from 0.
    """

    parts: tuple[tuple[str, bool], ...]
    words: tuple[str, ...]
    field: str
    block: int | None


def sentences(evidence: Sequence[Evidence]) -> tuple[Sentence, ...]:
    """Return each sentence once, in the order of its first match."""
    found: dict[tuple[str, int | None, str], list[Evidence]] = {}
    for piece in evidence:
        found.setdefault((piece.field, piece.block, piece.quote or piece.surface), []).append(piece)
    return tuple(
        Sentence(_marked(quote, sorted(map(_mark, pieces))), tuple(dict.fromkeys(map(_word, pieces))),
                 field, block)
        for (field, block, quote), pieces in found.items()
    )  # fmt: skip


def _mark(piece: Evidence) -> Span:
    return piece.mark if piece.quote else (0, len(piece.surface))


def _word(piece: Evidence) -> str:
    return f"{piece.clause} as “{piece.surface}”" if piece.entity else piece.clause


def _marked(quote: str, marks: Sequence[Span]) -> tuple[tuple[str, bool], ...]:
    parts, at = [], 0
    for start, end in marks:
        begin = max(start, at)
        if begin < end:
            parts += [(quote[at:begin], False), (quote[begin:end], True)]
            at = end
    parts.append((quote[at:], False))
    return tuple((text, marked) for text, marked in parts if text)
