"""Messages on the terminal."""

from __future__ import annotations

from functools import partial
from threading import Lock
from typing import TextIO

from monitor.errors import SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify.channels.threads import Threads
from monitor.notify.escape import clean


class ConsoleChannel:
    """Prints the plain text of each message to one stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = Lock()
        self._threads = Threads(1)

    def check(self, channel: Channel) -> None:
        """Every console channel can be used."""

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Print; a closed stream is a failed delivery."""
        # A full pipe blocks the writer, never the loop.
        return await self._threads.run(channel.id, partial(self._print, message))

    def _print(self, message: Message) -> Delivery:
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        text = clean(f"{message.title}\n\n{message.text}\n\n").encode(encoding, "replace").decode(encoding)
        try:
            with self._lock:
                self._stream.write(text)
                self._stream.flush()
        except (OSError, ValueError) as error:
            return Delivery(sent=False, reason=SendReason.UNREACHABLE, detail=type(error).__name__)
        return Delivery(sent=True, reason=SendReason.OK)

    async def aclose(self) -> None:
        """Leave the stream to its owner."""
