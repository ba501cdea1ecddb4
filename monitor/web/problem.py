"""What cannot be answered, as programs read it: RFC 9457."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import Response

MEDIA = "application/problem+json"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    """Return an answer that says what is wrong; `detail` says what to do. `more`: members beside the usual ones."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    # ASCII: what was asked for stands in it, half a surrogate pair too.
    return Response(json.dumps(body), status, dict(headers or {}), MEDIA)
