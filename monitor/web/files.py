"""The style sheet and the script, from memory, and what a browser may keep of an answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).with_name("static")
_MEDIA = {".css": "text/css", ".js": "text/javascript"}
# Under its version a file never changes: an upgrade makes another address. Not "public": a proxy need not keep it.
_FOR_EVER, _ASK = "private, max-age=31536000, immutable", "private, no-cache"


@dataclass(frozen=True, slots=True)
class File:
    """What is served. `version`: of its bytes."""

    body: bytes
    media: str
    version: str


def read() -> dict[str, File]:
    """Return the files by name."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        if path.suffix in _MEDIA:
            body = path.read_bytes()
            found[path.name] = File(body, _MEDIA[path.suffix], hashlib.sha256(body).hexdigest()[:12])
    return found


class Files:
    """Those beside the templates, as they were when it was made."""

    def __init__(self) -> None:
        self._files = read()
        self.addresses = {name: f"/static/{name}?v={file.version}" for name, file in self._files.items()}

    async def serve(self, request: Request) -> Response:
        """Answer with one of them."""
        file = self._files.get(request.path_params["name"])
        if file is None:
            raise HTTPException(404, "There is no such file.")
        held = request.query_params.get("v") == file.version
        return kept(request, file.body, file.media, _FOR_EVER if held else _ASK)


def kept(request: Request, body: bytes, media: str, rule: str = _ASK) -> Response:
    """Return a body, or 304 to whoever has it already. `rule`: how long it may be kept, as Cache-Control has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": rule}
    # Proxies that compress make a weak tag of it.
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media, headers=headers)
