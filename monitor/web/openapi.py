"""The OpenAPI document of what is served: made of the table of endpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from monitor.web.endpoints import JSON, Endpoint
from monitor.web.parameters import Parameter
from monitor.web.problem import MEDIA
from monitor.web.schemas import SCHEMAS, ref

PATH = "/api/v1/openapi.json"
_ABOUT = (
    "Read only. Lists are pages: `next` is the `after` of the next one, null on the last. A text that is empty counts "
    "as not given; what is not understood is refused with status 400. Field names are those of `monitor … --json`; "
    "fields are added, never renamed."
)
_ERRORS = {
    "400": "A parameter is unknown or cannot be used; `detail` says what to write instead.",
    "401": "A token is asked for: `Authorization: Bearer TOKEN`. `monitor web token create NAME` makes one.",
    "404": "There is none of this id.",
    "503": "The archive or the configuration cannot be read; `detail` says why.",
}
_SAME = "It is as the ETag in If-None-Match says."
_ID = {"type": "integer", "minimum": 1, "maximum": (1 << 63) - 1}


def document(endpoints: Iterable[Endpoint], *, closed: bool) -> dict[str, Any]:
    """Return the document. `closed`: a password is set, so a token is asked for."""
    paths = {one.path: {"get": _operation(one, closed=closed)} for one in endpoints}
    paths[PATH] = {
        "get": {
            "operationId": "openapi",
            "summary": "This document",
            "responses": {
                "200": {"description": "This document.", "content": {JSON: {"schema": {"type": "object"}}}},
                **_errors(["401"] if closed else []),
            },
        }
    }
    components: dict[str, Any] = {"schemas": SCHEMAS}
    made = {
        "openapi": "3.1.0",
        "info": {"title": "news-monitor", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components,
    }
    if closed:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        made["security"] = [{"token": []}]
    return made


def _operation(one: Endpoint, *, closed: bool) -> dict[str, Any]:
    statuses = [*(["400"]), *(["401"] if closed else []), *(["404"] if one.one else []), "503"]
    parameters = [_parameter(item, empty=one.media != JSON) for item in one.parameters]
    if one.one:
        schema = _ID if one.number else {"type": "string", "minLength": 1}
        parameters.insert(0, {"name": "id", "in": "path", "required": True, "schema": schema})
    return {
        "operationId": one.name,
        "summary": one.summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": one.summary, "content": {one.media: {"schema": one.answer}}},
            **({} if one.media == JSON else {"304": {"description": _SAME}}),
            **_errors(statuses),
        },
    }


def _parameter(one: Parameter, *, empty: bool) -> dict[str, Any]:
    schema = {"type": "array", "items": one.schema} if one.many else dict(one.schema)
    if empty:
        schema = {"anyOf": [schema, {"type": "string", "maxLength": 0}]}
    return {"name": one.name, "in": "query", "description": one.about, "schema": schema}


def _errors(statuses: Iterable[str]) -> dict[str, Any]:
    content = {MEDIA: {"schema": ref("Problem")}}
    return {status: {"description": _ERRORS[status], "content": content} for status in statuses}
