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
    """Return each sentence once, in the order of its first match. Of a long sentence each piece quotes what stands
    around it: what another quote shows of it is marked there.
    """
    found: list[tuple[Evidence, list[Span], list[str]]] = []
    for piece in evidence:
        for first, marks, words in found:
            if (mark := _within(piece, first)) is not None:
                marks.append(mark)
                words.append(_word(piece))
                break
        else:
            found.append((piece, [_mark(piece)], [_word(piece)]))
    return tuple(
        Sentence(_marked(_quote(first), sorted(marks)), tuple(dict.fromkeys(words)), first.field, first.block)
        for first, marks, words in found
    )


def _within(piece: Evidence, other: Evidence) -> Span | None:
    """Return where a piece stands in the quote of another."""
    if (piece.field, piece.block) != (other.field, other.block):
        return None
    (start, end), quote = _mark(piece), _quote(other)
    if _quote(piece) == quote:
        return start, end
    at = piece.span[0] - (other.span[0] - _mark(other)[0])
    length = end - start
    return (at, at + length) if at >= 0 and quote[at : at + length] == _quote(piece)[start:end] != "" else None


def _quote(piece: Evidence) -> str:
    return piece.quote or piece.surface


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
