"""What the API answers, as JSON Schema: of records by their fields, so that a new one is never missing. Pure."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from monitor.errors import Reason
from monitor.model import Evidence, Role, Rule, Silence, Standing
from monitor.review.timeline import Part, Related
from monitor.views import ArticleRow, StoryRow
from monitor.views_alerts import AlertRow, Decided, Marked
from monitor.views_health import Ailment

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
TIME: Schema = {"type": "string", "format": "date-time"}
_PLAIN: dict[object, Schema] = {
    str: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: TIME,
}


def maybe(schema: Schema) -> Schema:
    """Return what may be null too."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """Return a list of it."""
    return {"type": "array", "items": schema}


def ref(name: str) -> Schema:
    """Return what refers to one of SCHEMAS."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(fields: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """Return an object of these fields and no other."""
    required = [name for name in fields if name not in optional]
    return {"type": "object", "properties": dict(fields), "required": required, "additionalProperties": False}


@cache
def _fields(kind: type) -> dict[str, Schema]:
    hints = get_type_hints(kind)
    return {one.name: of(hints[one.name]) for one in dataclasses.fields(kind) if one.repr}


def record(kind: type, optional: Sequence[str] = (), **other: Schema) -> Schema:
    """Return a record as review/plain.py writes it. `other`: fields that are others there, or more."""
    return object_of({**_fields(kind), **other}, optional)


def of(kind: Any) -> Schema:
    """Return what a value of a type is in JSON."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return record(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {types.UnionType, Union}:
        return maybe(of(next(one for one in inner if one is not type(None))))
    if origin is tuple and inner[-1] is Ellipsis:
        return many(of(inner[0]))
    assert origin is tuple, kind
    return {"type": "array", "prefixItems": [of(one) for one in inner], "minItems": len(inner), "maxItems": len(inner)}


_SPAN: Schema = {"type": "array", "prefixItems": [COUNT, COUNT], "minItems": 2, "maxItems": 2}
_EVIDENCE = _fields(Evidence)
_HIT: dict[str, Schema] = {
    "id": COUNT,
    "rule": TEXT,
    "rule_version": TEXT,
    "found_at": maybe(TIME),
    "standing": of(Standing),
    "mark": maybe(of(Marked)),
    "version": COUNT,
    "gone_at": maybe(TIME),
    "gone_version": maybe(COUNT),
    "story": TEXT,
    "outlet": TEXT,
    "article": COUNT,
    "title": TEXT,
    "url": TEXT,
    "language": maybe(TEXT),
    "published": maybe(TIME),
    "text": TEXT,
    "reason": maybe(of(Reason)),
    "evidence": many(
        object_of(
            {
                **{name: _EVIDENCE[name] for name in ("clause", "entity", "field", "block")},
                "span": _SPAN,
                "surface": TEXT,
                "sentence": TEXT,
                "sentence_span": _SPAN,
                "mark": _SPAN,
            }
        )
    ),
}
_SOURCE: dict[str, Schema] = {
    "outlet": TEXT,
    "name": TEXT,
    "language": maybe(TEXT),
    "source": TEXT,
    "kind": TEXT,
    "articles": COUNT,
    "last_read": maybe(TIME),
    "failures": COUNT,
    "next": maybe(TIME),
    "plan": TEXT,
    "reason": maybe(of(Reason)),
    "detail": TEXT,
    "troubles": many(of(Ailment)),
}
_STOOD = {"id": COUNT, "rule": TEXT, **{name: _HIT[name] for name in ("rule_version", "found_at", "version")},
          **{name: _HIT[name] for name in ("gone_at", "gone_version")}}  # fmt: skip

SCHEMAS: dict[str, Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `detail` says what to do; `parameter` names what is wrong in the query string.",
        "properties": {
            "type": TEXT, "title": TEXT, "status": {"type": "integer"}, "detail": TEXT, "parameter": TEXT,
        },
        "required": ["type", "title", "status", "detail"],
    },
    "Hit": object_of(_HIT),
    "HitShown": object_of({**_HIT, "story": many(ref("Article"))}),
    "Article": record(ArticleRow),
    "ArticleFound": record(ArticleRow, ("sentence",), sentence=TEXT),
    "ArticleShown": record(
        ArticleRow, authors=many(TEXT), updated=maybe(TIME), section=TEXT, wire=TEXT, standfirst=TEXT, version=COUNT,
        blocks=many(object_of({"role": of(Role), "text": TEXT})), hits=many(object_of(_STOOD)),
        versions=many(object_of({"version": COUNT, "until": maybe(TIME)})),
    ),
    "Story": record(StoryRow),
    "StoryShown": object_of(
        {
            "id": TEXT,
            "agencies": many(TEXT),
            "articles": many(
                record(ArticleRow, at=TIME, part=of(Part), copy_of=maybe(COUNT), similarity={"type": "number"},
                       wire=TEXT)
            ),
            "related": many(record(Related, first=maybe(ref("Article")))),
        }
    ),
    "Rule": record(Rule),
    "Source": object_of(_SOURCE),
    "Outlet": object_of({"outlet": TEXT, "name": TEXT, "language": maybe(TEXT), "sources": many(ref("Source"))}),
    "Alert": record(AlertRow),
    "AlertShown": record(AlertRow, decisions=many(record(Decided)), hits=many(COUNT)),
    "Silence": record(Silence, matchers=TEXT, state={"type": "string", "enum": ["waits", "active", "ended"]}),
}  # fmt: skip
"""What is referred to by name."""


def page(name: str, row: str) -> Schema:
    """Return a page of a listing: rows under their name, and where the next page goes on."""
    return object_of({name: many(ref(row)), "next": maybe(TEXT)})
