"""What pydantic finds wrong, in words: what was found, what was expected, where, and what was probably meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from monitor.errors import ConfigError
from monitor.settings.document import Document

# pydantic's error types, and what would have been right. {…} are filled from the error's context.
_EXPECTED = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "list_type": "a list, as in [a, b]",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "literal_error": "{expected}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "too_short": "at least {min_length} entry",
    "string_too_long": "at most {max_length} characters",
    "value_error": "{error}",
}


def nearest(word: str, known: Iterable[str], *, plural: str) -> str:
    """Return a hint: the known word that is meant, or else a list of all that are known."""
    words = sorted(known)
    if near := get_close_matches(word.lower(), words, n=1, cutoff=0.6):
        return f"Did you mean {near[0]}?"
    if not words:
        return f"There are no {plural}"
    more = f" and {len(words) - 12} more" if len(words) > 12 else ""
    return f"Known {plural}: {', '.join(words[:12])}{more}"


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> list[ConfigError]:
    """Turn each fault pydantic found in a document into a ConfigError."""
    return [_explain(detail, model, document) for detail in error.errors(include_url=False)]


def _explain(detail: Any, model: type[BaseModel], document: Document) -> ConfigError:
    keys: list[str | int] = list(detail["loc"])
    kind, value = detail["type"], detail["input"]
    expected = _EXPECTED.get(kind, detail["msg"]).format(**detail.get("ctx", {}))
    in_headers = "headers_env" in keys[2:]
    if keys and keys[-1] == "[key]" and in_headers:
        return document.error(keys[:-1], f"{_dotted(keys[:-2])}: expected {expected}", on_key=True)
    if keys and keys[-1] == "[key]":
        return document.error(keys[:-1], *_bad_id(value), on_key=True)
    name = _dotted(keys)
    if kind == "extra_forbidden":
        hint = nearest(str(keys[-1]), _fields(model, keys[:-1]), plural="keys here")
        if value is None:  # what YAML makes of {NATO}
            hint = f"{hint}. If {{{keys[-1]}}} is meant as text, put it in quotes"
        return document.error(keys, f"unknown key {keys[-1]!r}", hint, on_key=True)
    if kind == "missing":
        where = _dotted(keys[:-1])
        return document.error(keys[:-1], f"{where} has no {keys[-1]!r}, which it needs", on_key=True)
    secret = in_headers or (document.secret and keys[:1] == ["channels"] and keys[-1] not in {"kind", "delivery"})
    message = f"found {_found(value, secret=secret)}, expected {expected}"
    return document.error(keys, f"{name}: {message}" if name else message, _hint(kind, value))


def _dotted(keys: Sequence[str | int]) -> str:
    return ".".join(str(key) for key in keys)


def _bad_id(value: object) -> tuple[str, str]:
    slug = re.sub(r"[^a-z0-9._-]+", "-", str(value).lower()).strip("-._")[:64]
    message = f"found the id {value!r}, expected lower-case letters a-z, digits, '-', '_' and '.', at most 64"
    return message, f"For example: {slug}" if slug else ""


def _found(value: object, *, secret: bool) -> str:
    """Name a value as its writer knows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return "text" if secret else repr(value if len(value) <= 60 else value[:57] + "...")
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict) and secret:
        return "keys " + ", ".join(sorted(value)) if value else "no keys"
    return "nothing" if value is None else "keys with values"


def _hint(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "Put it in quotes if it is meant as text"
    if kind == "string_type" and isinstance(value, dict):
        return "Text with { } or with a colon goes in quotes, or on lines of its own below a |"
    if kind == "string_type" and isinstance(value, list):
        return "Text that begins with [ goes in quotes"
    if kind == "string_type" and value is None:
        return "Text that begins with # goes in quotes"
    if kind == "list_type" and isinstance(value, str):
        return "One entry is a list too: [...]"
    return ""


def _fields(model: type[BaseModel], keys: Sequence[str | int]) -> list[str]:
    """Return the keys that are known where `keys` lead to."""
    keyed = False
    for key in keys:
        if keyed:  # an id, or a place in a list
            keyed = False
            continue
        annotation = model.model_fields[str(key)].annotation
        inner = _model_in(annotation)
        if inner is None:
            break
        model, keyed = inner, annotation is not inner
    return list(model.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model within dict[…, M], list[M] or M itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for argument in get_args(annotation) if (model := _model_in(argument))), None)
