"""Serves the page until it is told to end: uvicorn, one process, no file of its own configuration."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

# What a browser asks at once is a page and two files; more than this many at a time wait.
AT_ONCE = 64
DRAIN = 3


def server(app: ASGIApp, host: str, port: int) -> uvicorn.Server:
    """Return a server that listens when it is run. No header tells what it is; none is believed of a proxy."""
    return uvicorn.Server(
        uvicorn.Config(
            app, host=host, port=port, log_level="warning", access_log=False, server_header=False,
            proxy_headers=False, limit_concurrency=AT_ONCE, timeout_graceful_shutdown=DRAIN, lifespan="off", ws="none",
        )
    )  # fmt: skip
