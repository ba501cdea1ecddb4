"""Why a rule hit, in lines to read."""

from __future__ import annotations

from monitor.model import Evidence, Hit


def receipt(hit: Hit) -> list[str]:
    """Return two lines for each piece of evidence: what held and where, and the sentence with the words marked."""
    lines = []
    for piece in hit.evidence:
        lines += [f"{_what(piece)} in the {where(piece)}:", f"  {marked(piece)}"]
    return lines


def marked(piece: Evidence) -> str:
    """Return the quoted sentence on one line with the words in brackets."""
    start, end = piece.mark
    return " ".join(f"{piece.quote[:start]}[{piece.quote[start:end]}]{piece.quote[end:]}".split())


def where(piece: Evidence) -> str:
    """Return the field of a piece of evidence, with its paragraph from 1."""
    return piece.field if piece.block is None else f"{piece.field}, paragraph {piece.block + 1}"


def _what(piece: Evidence) -> str:
    if not piece.entity:
        return piece.clause
    form = f", a form of {piece.name}" if piece.name and piece.name.casefold() != piece.surface.casefold() else ""
    return f"{piece.surface}{form}, a name of {piece.clause},"
