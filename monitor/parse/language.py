"""Language tags reduced to what names and rules speak of: the lower-case primary subtag."""

from __future__ import annotations

import re

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
# ISO 639-2 codes seen in feeds, to their two-letter forms.
_SHORT = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "pol": "pl",
    "ukr": "uk", "rus": "ru", "por": "pt", "nld": "nl", "dut": "nl", "ces": "cs", "cze": "cs", "slv": "sl",
    "bul": "bg", "ell": "el", "gre": "el", "tur": "tr", "ara": "ar", "zho": "zh", "chi": "zh", "jpn": "ja",
}  # fmt: skip
_NONE = {"und", "mul", "zxx", "mis"}


def primary(tag: str | None) -> str | None:
    """Return "en" for "en-GB" or "eng"; None for what is no language."""
    match = _TAG.fullmatch(tag.strip()) if tag else None
    if not match:
        return None
    code = match[1].lower()
    return None if code in _NONE else _SHORT.get(code, code)
