"""As much of JSON Schema as the API's document uses: enough to say where an answer is not what was promised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

KINDS = {"string": str, "object": dict, "array": list, "null": type(None)}
KNOWN = {
    "$ref", "anyOf", "type", "enum", "format", "pattern", "minimum", "maximum", "properties", "required",
    "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "maxLength", "minLength", "description",
    "default",
}  # fmt: skip


def faults(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Yield what is wrong with a value, by where."""
    assert set(schema) <= KNOWN, schema
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        yield from faults(value, found, document, at)
    elif "anyOf" in schema:
        if all(any(faults(value, one, document, at)) for one in schema["anyOf"]):
            yield f"{at}: {value!r} is none of {schema['anyOf']}"
    elif not _is(value, schema.get("type")):
        yield f"{at}: {value!r} is no {schema['type']}"
    else:
        yield from _kept(value, schema, at)
        yield from _inner(value, schema, document, at)


def _is(value: Any, kind: str | None) -> bool:
    if kind in {"integer", "number"}:
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return kind is None or isinstance(value, bool if kind == "boolean" else KINDS[kind])


def _kept(value: Any, schema: dict[str, Any], at: str) -> Iterator[str]:
    if value not in schema.get("enum", [value]):
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} is not like {schema['pattern']}"
    if schema.get("format") == "date-time" and datetime.fromisoformat(value).tzinfo is None:
        yield f"{at}: {value!r} has no zone"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at}: {value!r} is below {schema['minimum']}"


def _inner(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, item in value.items():
            if name in known:
                yield from faults(item, known[name], document, f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                yield f"{at}: {name} is not described"
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        if len(value) < schema.get("minItems", 0) or len(value) > schema.get("maxItems", len(value)):
            yield f"{at}: {len(value)} items"
        for place, item in enumerate(value):
            inner = first[place] if place < len(first) else schema.get("items", {})
            yield from faults(item, inner, document, f"{at}[{place}]")
