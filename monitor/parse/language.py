"""Languages: tags reduced to what names and rules speak of, and a page's claim held against its text.

The one door to py3langid. `load` loads its model where readers are forked from; `unpacked.py` says from what.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

    from monitor.parse import unpacked

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")
# ISO 639-2 codes seen in feeds, to their two-letter forms.
_SHORT = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "pol": "pl",
    "ukr": "uk", "rus": "ru", "por": "pt", "nld": "nl", "dut": "nl", "ces": "cs", "cze": "cs", "slv": "sl",
    "bul": "bg", "ell": "el", "gre": "el", "tur": "tr", "ara": "ar", "zho": "zh", "chi": "zh", "jpn": "ja",
}  # fmt: skip
_NONE = {"und", "mul", "zxx", "mis"}
# Forms of one written language, or of several that a few sentences do not tell apart.
_SAME = {
    "nb": "no", "nn": "no", "arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh", "cmn": "zh", "hbo": "he", "iw": "he",
    "hr": "sh", "sr": "sh", "bs": "sh", "cnr": "sh", "me": "sh", "fil": "tl", "prs": "fa", "ms": "id", "pcm": "en",
}  # fmt: skip
_SHOWN = {"arz": "ar", "ary": "ar", "yue": "zh", "wuu": "zh", "hbo": "he", "pcm": "en"}
# Of 2,770 news texts in 20 languages, none was taken for another at this confidence and 2,514 were recognised; 1,000
# characters recognise 1 % more and cost three times the .3 ms.
_SURE = 0.9
_SAMPLE = 150
_LEAST_BYTES = 120
# A third of the sample is enough where it speaks for the claim, as on 962 of 973 pages; on none of them did the whole
# sample say otherwise. Of 3,000 texts in 23 languages, 2 would keep a claim that the whole sample refutes, if theirs
# were the one wrong language that the glance takes them for.
_GLANCE = 50
_LIKELY = 0.2


def primary(tag: str | None) -> str | None:
    """Return "en" for "en-GB" or "eng"; None for what is no language."""
    match = _TAG.fullmatch(tag.strip()) if tag else None
    if not match:
        return None
    code = match[1].lower()
    return None if code in _NONE else _SHORT.get(code, code)


def checked(claim: str | None, text: str) -> str | None:
    """Return the claimed primary subtag, or the text's own language where the text is surely in another."""
    sample = _sample(text, _SAMPLE)
    if len(sample) < _LEAST_BYTES or (claim and claim not in _known()):
        return claim
    found: str
    if claim:
        found, confidence = load().classify(_sample(text, _GLANCE))
        if confidence >= _LIKELY and _same(claim, found):
            return claim
    found, confidence = load().classify(sample)
    if confidence < _SURE or found in _NONE or (claim and _same(claim, found)):
        return claim
    return _SHOWN.get(found, found)


def _sample(text: str, size: int) -> bytes:
    # The beginning alone may be a quotation.
    middle = max(len(text) // 2, size)
    return " ".join(f"{text[:size]} {text[middle : middle + size]}".split()).encode("utf-8", "replace")


def _same(claim: str, found: str) -> bool:
    return _SAME.get(claim, claim) == _SAME.get(found, found)


class _Kept:
    folders: ClassVar[tuple[Path, ...]] = ()


def keep_in(folders: Sequence[Path]) -> None:
    """Keep the model unpacked in the first of these folders that can be written, once for all processes."""
    _Kept.folders = tuple(folders)


@cache
def load() -> LanguageIdentifier:
    """Load the model, once a process: 30 ms where it was kept, a second where it has to be unpacked."""
    from py3langid import langid

    packed = langid.MODEL_DIR / langid.MODEL_FILE
    if not _Kept.folders:
        return langid.LanguageIdentifier.from_model_file(packed, norm_probs=True)
    from monitor.parse import unpacked

    paths = [folder / unpacked.name(packed) for folder in _Kept.folders]
    for path in paths:
        if (arrays := unpacked.read(path)) is not None:
            return _made(arrays)
    fresh = langid.LanguageIdentifier.from_model_file(packed, norm_probs=True)
    if (arrays := _taken(fresh)) is not None:
        for path in paths:
            if unpacked.write(path, arrays) and (kept := unpacked.read(path)) is not None:
                return _made(kept)
    return fresh


def kept(folders: Sequence[Path]) -> bool:
    """Say whether the model is kept in one of these folders, whole."""
    from py3langid import langid

    from monitor.parse import unpacked

    name = unpacked.name(langid.MODEL_DIR / langid.MODEL_FILE)
    return any(unpacked.read(folder / name) is not None for folder in folders)


def _taken(model: LanguageIdentifier) -> list[Any] | None:
    from monitor.parse import grams

    arrays = grams.reduced(model.nb_ptc, model.tk_nextmove, model.tk_row, model.tk_output)
    return None if arrays is None else [model.nb_pc, model.nb_classes, *arrays]


def _made(arrays: unpacked.Arrays) -> LanguageIdentifier:
    from py3langid.langid import LanguageIdentifier

    from monitor.parse import grams

    base, names, output, letters, starts, suffixes, *weights = arrays
    return LanguageIdentifier(
        grams.Weights(*weights),
        base,
        names.tolist(),
        grams.Moves(letters, starts, suffixes),
        # Plain numbers come of it, as of the lists and arrays that py3langid makes; numpy's own take thrice as long.
        output.data,
        tk_row=range(len(output)),
        norm_probs=True,
    )


@cache
def _known() -> frozenset[str]:
    """The codes a claim may have for the model to know better: those of its own and their near kin."""
    return frozenset((*load().labels, *_SAME))
