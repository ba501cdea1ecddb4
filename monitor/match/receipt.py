"""Why a rule hit, in lines to read."""

from __future__ import annotations

from monitor.model import Evidence, Hit


def receipt(hit: Hit, *, before: str = "[", after: str = "]") -> list[str]:
    """Return two lines for each piece of evidence: what held and where, and the sentence with the words marked."""
    lines = []
    for piece in hit.evidence:
        lines += [f"{_what(piece)} in the {_where(piece)}:", f"  {marked(piece, before, after)}"]
    return lines


def marked(piece: Evidence, before: str = "[", after: str = "]") -> str:
    """Return the quoted sentence on one line with the words between the marks."""
    start, end = piece.mark
    quote = f"{piece.quote[:start]}{before}{piece.quote[start:end]}{after}{piece.quote[end:]}"
    return " ".join(quote.split())


def _what(piece: Evidence) -> str:
    if not piece.entity:
        return piece.clause
    form = f", a form of {piece.name}" if piece.name and piece.name.casefold() != piece.surface.casefold() else ""
    return f"{piece.surface}{form}, a name of {piece.clause},"


def _where(piece: Evidence) -> str:
    return piece.field if piece.block is None else f"{piece.field}, paragraph {piece.block + 1}"
