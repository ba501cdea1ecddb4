"""How much of an article's text is stored: Outlet.keep_text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.model import Block, Evidence, Hit, Reading, Role, Span
from monitor.views import Kept


def kept(reading: Reading, how: str) -> Kept | None:
    """Return what to store besides the title, None for all of it. `how`: full, none, or sentences: those that hits
    quote, in the order of the article, each a block of its own.
    """
    if how == "full":
        return None
    blocks = reading.article.blocks
    quoted = _quoted(reading) if how == "sentences" else {}
    return Kept(
        tuple(
            Block(blocks[place[0]].role if place[0] >= 0 else Role.BODY, quote)
            for place, quote in sorted(quoted.items())
        ),
        reading.traits.sketch,
    )


def requoted(hits: Sequence[Hit], reading: Reading, how: str) -> Sequence[Hit]:
    """Return a reading's hits, their evidence in blocks and spans of what `kept` stores; where that is all, or nothing,
    of the text as it was read.
    """
    if how != "sentences":
        return hits
    numbers = {place: number for number, place in enumerate(sorted(_quoted(reading)))}
    return tuple(replace(hit, evidence=tuple(_moved(piece, numbers) for piece in hit.evidence)) for hit in hits)


def _moved(piece: Evidence, numbers: dict[tuple[int, Span], int]) -> Evidence:
    place = _place(piece)
    if place is None or not piece.quote:
        return piece
    return replace(piece, block=numbers[place], span=piece.mark, sentence=(0, len(piece.quote)))


def _quoted(reading: Reading) -> dict[tuple[int, Span], str]:
    """Return the sentences that hits quote, by block (-1: the standfirst) and span."""
    pieces = (piece for hit in reading.hits for piece in hit.evidence)
    places = ((_place(piece), piece.quote) for piece in pieces if piece.quote)
    return {place: quote for place, quote in places if place is not None}


def _place(piece: Evidence) -> tuple[int, Span] | None:
    """Return where a sentence stands; None in the title and in what is no text, such as a section."""
    if piece.block is not None:
        return piece.block, piece.sentence
    return (-1, piece.sentence) if piece.field == "standfirst" else None
