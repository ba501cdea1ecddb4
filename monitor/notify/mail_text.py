"""A message → a mail: headers that thread and that no outlet writes into, a text and an HTML part. Nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import blake2b

from monitor.model import Message
from monitor.notify import escape

MAX_SUBJECT = 200
_MAILBOX = re.compile(r"\"?(?P<name>[^<>\"@\x00-\x1f]*?)\"?\s*<(?P<inner>[^<>\s]+)>|(?P<bare>[^<>\s]+)")
# A mail client's dark colours stay its own; a line of more than 42 letters' widths is hard to read.
_PAGE = """<!doctype html>
<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"></head>
<body style="font-family: sans-serif; line-height: 1.45; max-width: 42em">
{}
</body></html>
"""


class _Verbatim(UniqueUnstructuredHeader):
    """A header of ours that is never encoded or folded: an encoded word in it means nothing to who reads it."""

    name: str

    def fold(self, *, policy: EmailPolicy) -> str:
        """Return the line as it is."""
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references", "list-id", "list-unsubscribe"):
    # The registry makes a header of it and of its own base.
    _HEADERS.map_to_type(_name, _Verbatim)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom and to whom. `unsubscribe`: mailto: or https:."""

    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    unsubscribe: str = ""
    prefix: str = ""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address once."""
        return tuple(dict.fromkeys(one.addr_spec for one in (*self.to, *self.cc)))


def mailbox(text: str) -> Address:
    """Read `desk@example.org` or `The Desk <desk@example.org>`. Raises ValueError.

    The part after @ may have letters of every script; the part before it not, as that takes servers with SMTPUTF8.
    """
    found = _MAILBOX.fullmatch(text.strip())
    name, address = (found["name"] or "", found["inner"] or found["bare"]) if found else ("", "")
    local, at, domain = address.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        ascii_domain = ""
    fits = local.isascii() and local.isprintable() and not set(local) & set(' "(),:;<>[]\\')
    if not (at and local and ascii_domain and fits):
        raise ValueError("a mail address such as desk@example.org or The Desk <desk@example.org>")
    return Address(escape.one_line(name, 100), local, ascii_domain)


def mail(message: Message, envelope: Envelope, channel_id: str, now: datetime) -> EmailMessage:
    """Make the mail. Its Message-ID is of the message, and so the same at each try; all of a story refer to one root,
    which is never sent: mail clients group by it.
    """
    made = EmailMessage(policy=_POLICY)
    domain = envelope.sender.domain
    made["From"] = envelope.sender
    made["To"] = envelope.to
    if envelope.cc:
        made["Cc"] = envelope.cc
    if envelope.reply_to:
        made["Reply-To"] = envelope.reply_to
    made["Subject"] = _subject(message.title, envelope.prefix)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<{message.id}@{domain}>"
    if message.thread:
        root = f"<story-{blake2b(message.thread.encode(), digest_size=12).hexdigest()}@{domain}>"
        made["In-Reply-To"] = root
        made["References"] = root
    made["X-Monitor-Id"] = message.id
    # RFC 3834: no out-of-office answers; RFC 2919: a name to filter by.
    made["Auto-Submitted"] = "auto-generated"
    made["List-Id"] = f"<{channel_id}.monitor.{domain}>"
    if envelope.unsubscribe:
        made["List-Unsubscribe"] = f"<{envelope.unsubscribe}>"
    # What was stored by another version may not be clean; a lone surrogate would lose the mail.
    text, page = escape.clean(message.text), escape.clean(message.html)
    made.set_content(text, cte=_coding(text))
    if page:
        made.add_alternative(_PAGE.format(page), subtype="html", cte=_coding(page))
    return made


def _coding(text: str) -> str:
    """Choose what is shorter and keeps every line below the 998 bytes of RFC 5322."""
    return "base64" if sum(not sign.isascii() for sign in text) > len(text) / 6 else "quoted-printable"


def _subject(title: str, prefix: str) -> str:
    # What looks like an encoded word would be decoded by whoever reads it.
    said = escape.one_line(f"{prefix} {title}".strip(), MAX_SUBJECT)
    return said.replace("=?", "=\u2060?")


def refused_words(refused: Sequence[tuple[str, int, str]]) -> str:
    """Say who was refused and why, in one line."""
    return escape.one_line("; ".join(f"{address}: {code} {text}" for address, code, text in refused))
