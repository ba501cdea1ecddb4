"""Where the demonstration's messages arrive: a real SMTP server and a webhook, both on loopback."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.demo.loopback import Loopback


@dataclass
class Mailbox(Loopback):
    """An SMTP server that keeps what it is sent. It runs in the loop of the demonstration."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: SMTP(self, hostname="demo.invalid"), "127.0.0.1", 0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        content = envelope.content
        data = content if isinstance(content, bytes) else str(content or "").encode()
        mail = message_from_bytes(data, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@dataclass
class Webhook(Loopback):
    """An HTTP server that keeps the JSON that is posted to it, with the headers."""

    posts: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)

    async def listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._answer, "127.0.0.1", 0)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            pairs = (row.split(":", 1) for row in head.split("\r\n")[1:] if ":" in row)
            headers = {name.strip().lower(): value.strip() for name, value in pairs}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.posts.append((headers, json.loads(body)))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            pass  # what is no JSON post is not counted, and the demonstration fails for want of one
        finally:
            writer.close()
