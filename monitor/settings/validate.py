"""A file's data as its model; of a long section some entries at a time, so that never all of them are models."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from monitor.settings.check import Findings
from monitor.settings.document import Document
from monitor.settings.faults import explain

File = TypeVar("File", bound=BaseModel)
# As models 100,000 outlets take 300 MB, as records 45.
_PART = 500


def parts(model: type[File], document: Document, section: str, findings: Findings) -> Iterator[File]:
    """Yield a file as several: the first has all but a long section, the others have its entries in turn. Of those the
    document keeps the names alone. What is wrong is noted as by `validate`.
    """
    entries = document.data.get(section) if isinstance(document.data, dict) else None
    if not isinstance(entries, dict) or len(entries) <= _PART:
        yield validate(model, document, findings)
        return
    yield validate(model, document, findings, {**document.data, section: {}})
    names = list(entries)
    for start in range(0, len(names), _PART):
        chosen = {name: entries[name] for name in names[start : start + _PART]}
        for name in chosen:
            entries[name] = None
        yield validate(model, document, findings, {section: chosen})


def validate(model: type[File], document: Document, findings: Findings, data: Any = None) -> File:
    """Return a file as its model, or `data`, a part of it. What is wrong is noted and left out, so that the rest can be
    checked too.
    """
    data = document.data if data is None else data
    try:
        return model.model_validate(data)
    except ValidationError as error:
        findings.errors += explain(error, model, document)
        rest = _without(data, error, whole_entry=False)
    try:
        return model.model_validate(rest)
    except ValidationError as error:  # an entry that cannot do without what was left out
        return model.model_validate(_without(rest, error, whole_entry=True))


def _without(data: Any, error: ValidationError, *, whole_entry: bool) -> dict[str, Any]:
    """Return a copy without the values that are wrong, or without the entries these stand in."""
    if not isinstance(data, dict):
        return {}
    rest: dict[str, Any] = copy.deepcopy(data)
    wrong = [[key for key in detail["loc"] if key != "[key]"] for detail in error.errors(include_url=False)]
    for keys in reversed(wrong):  # the last place of a list first
        _remove(rest, keys[:2] if whole_entry else keys)
    return rest


def _remove(place: Any, keys: list[str | int]) -> None:
    """Remove the value that `keys` lead to, if it is there: a missing key and a short form are not."""
    try:
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
    except (LookupError, TypeError):
        return
