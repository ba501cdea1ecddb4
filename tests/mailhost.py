"""A mail server on loopback that follows a script: what real servers do on their worst days."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

DROP, HANG = "drop", "hang"
EHLO = "250-mail.invalid\r\n250-{}\r\n250 8BITMIME"


class MailHost:
    """Answers each command by `script` (command → answer, DROP or HANG), else with yes. "." is the end of a mail,
    "HELLO" the greeting. `tls`: from the beginning, or by STARTTLS where `starttls`. `mails`: what was taken, as lines
    of commands and bodies.
    """

    def __init__(
        self, script: Mapping[str, str] | None = None, *, tls: ssl.SSLContext | None = None, starttls: bool = False,
        extension: str = "SIZE",
    ) -> None:  # fmt: skip
        self.script = dict(script or {})
        self._tls, self._starttls, self._extension = tls, starttls, extension
        self.said: list[str] = []
        self.mails: list[bytes] = []
        self.calls = 0
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> MailHost:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        # Wakes the listener, which would wait for ever.
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            connection, _ = self._listener.accept()
            if self._ended.is_set():
                connection.close()
                return
            self.calls += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError):
            if self._tls and not self._starttls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._talk(connection)
        with suppress(OSError):
            connection.close()

    def _talk(self, connection: socket.socket, *, greet: bool = True) -> None:
        if greet and not self._answer(connection, "HELLO", "220 mail.invalid"):
            return
        with connection.makefile("rb") as stream:
            self._listen(connection, stream)

    def _listen(self, connection: socket.socket, stream: BinaryIO) -> None:
        while line := stream.readline():
            word, space, rest = line.decode("latin-1").strip().partition(" ")
            word = word.upper()
            text = word + space + rest
            self.said.append(text)
            if word == "STARTTLS" and self._tls:
                connection.sendall(b"220 go\r\n")
                stream.close()
                with self._tls.wrap_socket(connection, server_side=True) as secure:
                    self._talk(secure, greet=False)
                return
            if word == "DATA":
                if not self._answer(connection, "DATA", "354 go"):
                    return
                if not self.script.get("DATA", "354").startswith("354"):
                    continue
                body = b""
                while (part := stream.readline()) not in {b".\r\n", b""}:
                    body += part[1:] if part.startswith(b".") else part
                if not self._answer(connection, ".", "250 taken", before=lambda kept=body: self.mails.append(kept)):
                    return
                continue
            extension = "STARTTLS" if self._starttls else self._extension
            usual = {"EHLO": EHLO.format(extension), "AUTH": "235 welcome", "QUIT": "221 bye"}.get(word, "250 yes")
            if not self._answer(connection, text if text in self.script else word, usual) or word == "QUIT":
                return

    def _answer(self, connection: socket.socket, command: str, usual: str, before=lambda: None) -> bool:
        answer = self.script.get(command, usual)
        if answer[0] not in "45":
            before()
        if answer == HANG:
            self._ended.wait(10)
        if answer in {DROP, HANG}:
            return False
        connection.sendall(answer.encode() + b"\r\n")
        return True
