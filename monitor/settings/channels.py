"""alerts.yaml's channels → records: the one place where their addresses, keys and tokens come in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from monitor.fetch.subscription import header_name, sendable
from monitor.model import Channel
from monitor.parse import urls
from monitor.settings import channel_keys, paths, schema
from monitor.settings.check import Findings
from monitor.settings.document import Document

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
# What the webhook says itself.
_OURS = frozenset({"content-type", "idempotency-key", "x-monitor-id", "x-monitor-signature"})
_MAIL = ("smtp", "smtps", "smtp+plain")
# A key that can be guessed signs nothing.
SHORTEST_SECRET = 16
_LOOKS = {
    "mail": "It looks like smtp://user:password@mail.example.org:587, smtps://... or smtp+plain://...",
    "webhook": "It is the http:// or https:// address that messages are posted to",
    "apprise": "It looks like kind://..., such as mailtos://user:password@example.org or ntfys://ntfy.example/topic",
}


def load(
    file: schema.AlertsFile,
    document: Document,
    environ: Mapping[str, str],
    findings: Findings,
    *,
    secrets: bool,
    commands: bool,
) -> tuple[Channel, ...]:
    """Return the channels. Not `secrets`: without what the environment and other files hold. `commands`: monitor.yaml
    allows them. What is wrong is noted, never with a secret in it.
    """
    found = []
    for channel_id, item in file.channels.items():
        kind, once = item.kind or "apprise", item.delivery == "at_most_once"
        reader = _Reader(channel_id, item, document, environ, findings)
        if kind == "command" and not commands:
            hint = "Programs are started only where monitor.yaml says allow_commands: true"
            reader.fault("kind", "commands are not allowed", hint)
        url = reader.address(kind) if secrets and kind not in {"console", "command"} else ""
        options = reader.options() if secrets else {}
        found.append(Channel(channel_id, kind, url, options, once))
    return tuple(found)


def origins(file: schema.AlertsFile, document: Document) -> dict[str, str]:
    """Say where the addresses of channels come from that do not stand in alerts.yaml."""
    said = {}
    for key, item in file.channels.items():
        if item.url_env:
            said[f"channels.{key}.url"] = f"environment {item.url_env}"
        elif item.url_file:
            said[f"channels.{key}.url"] = f"file {_beside(document, item.url_file)}"
    return said


class _Reader:
    """Reads what one channel points to."""

    def __init__(
        self,
        channel_id: str,
        item: channel_keys.ChannelKeys,
        document: Document,
        environ: Mapping[str, str],
        findings: Findings,
    ) -> None:
        self._id = channel_id
        self._item = item
        self._document = document
        self._environ = environ
        self._findings = findings

    def fault(self, key: str, message: str, hint: str = "") -> None:
        """Note what is wrong with a key."""
        keys = ("channels", self._id, key)
        self._findings.errors.append(self._document.error(keys, f"channel {self._id!r}: {message}", hint))

    def address(self, kind: str) -> str:
        """Return the channel's address, "" for a faulty one."""
        key, url = self._said("url", "the channel's address", "address")
        url = url if key else (self._item.url or "").strip()
        fits = kind != "webhook" or (urls.has_scheme(url) and urls.absolute(url, url) is not None)
        fits = fits and (kind != "mail" or url.partition("://")[0] in _MAIL)
        if url and fits and _ADDRESS.fullmatch(url):
            return url
        if url or not key:
            self.fault(key or "url", "what it gives is no address", _LOOKS.get(kind, _LOOKS["apprise"]))
        return ""

    def options(self) -> dict[str, str | tuple[str, ...]]:
        """Return what else the kind needs."""
        found: dict[str, str | tuple[str, ...]] = {}
        if secret := self._secret():
            found["secret"] = secret
        if headers := self._headers():
            found["headers"] = headers
        of_mail = {
            "from": self._item.sender,
            "to": tuple(self._item.to),
            "cc": tuple(self._item.cc),
            "reply_to": self._item.reply_to,
            "unsubscribe": self._item.unsubscribe,
            "subject_prefix": self._item.subject_prefix,
        }
        found |= {key: said for key, said in of_mail.items() if said}
        if self._item.command:
            found["command"] = self._command()
        return found

    def _secret(self) -> str:
        key, secret = self._said("secret", "the key that messages are signed with", "key")
        if secret and len(secret) < SHORTEST_SECRET:
            message = f"channel {self._id!r}: a key of {SHORTEST_SECRET} characters or more is hard to guess"
            self._findings.warn(self._document, ("channels", self._id, key), message)
        return secret

    def _headers(self) -> tuple[str, ...]:
        key, text = self._said("headers", "the headers to send, a line `Name: value` each", "headers")
        lines = tuple(line.strip() for line in text.splitlines() if line.strip())
        for number, line in enumerate(lines, start=1):
            name, colon, value = line.partition(":")
            try:
                fits = bool(colon) and header_name(name.strip()).lower() not in _OURS
            except ValueError:
                fits = False
            if not fits or not value.strip() or not sendable(value.strip()):
                hint = "Such as `Authorization: Bearer ...`; not one that the webhook sets itself, such as Content-Type"
                self.fault(key, f"line {number} of what it gives is no header that can be sent", hint)
        return lines

    def _command(self) -> tuple[str, ...]:
        program = _beside(self._document, self._item.command[0])
        if not program.is_file() or not os.access(program, os.X_OK):
            hint = "It begins with the path of the program, without a shell; a relative one starts at this folder"
            self.fault("command", f"{program} is no file that may be executed", hint)
        return (str(program), *self._item.command[1:])

    def _said(self, what: str, meaning: str, holds: str) -> tuple[str, str]:
        """Return which key names a secret's place and what stands there; "" for nothing, or what is faulty."""
        variable, file = getattr(self._item, f"{what}_env"), getattr(self._item, f"{what}_file")
        if variable:
            value = self._environ.get(variable, "").strip()
            if not value:
                hint = f"Set {variable} to {meaning} where `monitor` is started, or use {what}_file"
                self.fault(f"{what}_env", f"the environment variable {variable} is not set", hint)
            return f"{what}_env", value
        if file:
            return f"{what}_file", self._in_file(f"{what}_file", file, holds)
        return "", ""

    def _in_file(self, key: str, name: str, holds: str) -> str:
        path = _beside(self._document, name)
        hint = f"The file holds the {holds} alone; a relative path starts at the configuration folder"
        try:
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is not UTF-8 text"
            self.fault(key, f"cannot read {path}: {reason}", hint)
            return ""
        if not text:
            self.fault(key, f"{path} is empty", hint)
        return text


def _beside(document: Document, path: str) -> Path:
    return paths.absolute(path, document.path.parent)
