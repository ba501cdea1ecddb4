"""What the demonstration's servers share: a free port of this machine while a block runs."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class Loopback(ABC):
    """`async with` one of these: it listens on 127.0.0.1 at `port`."""

    _server: asyncio.Server | None = None

    @abstractmethod
    async def listen(self) -> asyncio.Server:
        """Start to listen on 127.0.0.1, port 0."""

    async def __aenter__(self) -> Self:
        self._server = await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            # From Python 3.12 on it waits for connections too; a client that keeps one open must not hold us.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._server.wait_closed(), 1)

    @property
    def port(self) -> int:
        """The port, once it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])
