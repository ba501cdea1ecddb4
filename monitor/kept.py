"""How much of an article's text is stored: Outlet.keep_text."""

from __future__ import annotations

from monitor.model import Block, Reading, Role
from monitor.views import Kept


def kept(reading: Reading, how: str) -> Kept | None:
    """Return what to store besides the title, None for all of it. `how`: full, none, or sentences: those that hits
    quote, in the order of the article, each a block of its own.
    """
    if how == "full":
        return None
    pieces = (piece for hit in reading.hits for piece in hit.evidence) if how == "sentences" else ()
    quoted = {
        (-1 if piece.block is None else piece.block, *piece.sentence): piece.quote
        for piece in pieces
        if piece.quote and (piece.block is not None or piece.field == "standfirst")
    }
    blocks = reading.article.blocks
    return Kept(
        tuple(
            Block(blocks[place[0]].role if place[0] >= 0 else Role.BODY, quote)
            for place, quote in sorted(quoted.items())
        ),
        reading.traits.sketch,
    )
