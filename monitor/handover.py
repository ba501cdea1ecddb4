"""What workers hand to the keeper, as bytes, and back: pages they read, those that were as before, what they report.

    data = form (4 bytes) · typed MessagePack

The form tells which fields the records have. What a monitor with other records wrote is not read at all: a field that
it does not know would be left out without a word.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

import msgspec

from monitor.errors import Reason
from monitor.intake import Read
from monitor.model import Article, Block, Evidence, Hit, Link, Memory, Reading, Traits
from monitor.views_health import Glance


class HandoverError(ValueError):
    """Data that cannot be read: another version of the monitor wrote them."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A page that was read, without its body. `retry`: it may be there later; `etag`, `last_modified`: what to ask
    with next time, "" for none.
    """

    link: Link
    reading: Reading
    retry: bool
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class AsBefore:
    """A page read again that said nothing new; `gone`, `missing`: see intake.take_nothing."""

    link: Link
    gone: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class PollReport:
    """How a poll ended. `host`: the origin that was asked; `reason` None: it answered; `links`: new ones to read now;
    `last_ok_at`: when the source had last been read before.
    """

    source_id: int
    outlet_id: str
    url: str
    host: str
    reason: Reason | None = None
    detail: str = ""
    links: int = 0
    last_ok_at: datetime | None = None


Record = Handed | AsBefore | PollReport | Read
_KINDS: dict[str, type[Record]] = {"reading": Handed, "as_before": AsBefore, "poll": PollReport, "read": Read}
_NAMES = {kind: name for name, kind in _KINDS.items()}
_PARTS: tuple[type[Any], ...] = (Link, Reading, Article, Block, Hit, Evidence, Traits, Memory, Glance)


def _form(records: tuple[type[Any], ...]) -> bytes:
    said = [f"{one.__name__} " + ", ".join(f"{part.name}: {part.type}" for part in fields(one)) for one in records]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=4).digest()


FORM = _form((*_KINDS.values(), *_PARTS))
_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: dict[str, msgspec.msgpack.Decoder[Any]] = {
    name: msgspec.msgpack.Decoder(kind) for name, kind in _KINDS.items()
}


def pack(record: Record) -> tuple[str, bytes]:
    """Return a record's kind and its bytes. Raises ValueError for text that has no UTF-8 form."""
    return _NAMES[type(record)], FORM + _ENCODER.encode(record)


def unpack(kind: str, data: bytes) -> Record:
    """Return the record. Raises HandoverError."""
    if kind not in _DECODERS or not data.startswith(FORM):
        raise HandoverError(f"a {kind!r} of another version")
    try:
        return _DECODERS[kind].decode(memoryview(data)[len(FORM) :])  # type: ignore[no-any-return]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise HandoverError(f"a {kind!r} that cannot be read: {str(error)[:200]}") from error


def slim(link: Link) -> Link:
    """Return a link without what its feed said of the text, up to two million characters that no one asks for any
    more once its page has been read.
    """
    return replace(link, summary="", content="") if link.summary or link.content else link
