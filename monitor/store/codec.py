"""How values stand in columns: times as text, tuples as JSON, fingerprints as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import Block, Evidence, Memory, Role
from monitor.views_service import Daemon

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROLES = {role.value: role for role in Role}
# `dumps` would make one at each call.
_JSON = json.JSONEncoder(ensure_ascii=False).encode


def stamp(moment: datetime) -> str:
    """Write an aware datetime as UTC text of one width, so that text order is time order."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: the store takes aware datetimes only")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def stamp_or_none(moment: datetime | None) -> str | None:
    """Write a datetime that may be missing."""
    return None if moment is None else stamp(moment)


def ahead(moment: datetime, seconds: float) -> str:
    """Write the time `seconds` after `moment`."""
    return stamp(moment + timedelta(seconds=seconds))


def moment(text: str) -> datetime:
    """Read a stored time."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """Read a stored time that may be missing."""
    return None if text is None else datetime.fromisoformat(text)


def micros(moment: datetime) -> int:
    """Write an aware datetime as whole microseconds since 1970, as articles and hits have it."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: the store takes aware datetimes only")
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Write a datetime that may be missing."""
    return None if moment is None else micros(moment)


def instant(number: int) -> datetime:
    """Read what `micros` wrote."""
    return _EPOCH + timedelta(microseconds=number)


def instant_or_none(number: int | None) -> datetime | None:
    """Read a time that may be missing."""
    return None if number is None else instant(number)


def pack_words(words: Sequence[str]) -> str:
    """Write strings as a JSON list, none as nothing."""
    return _JSON(words) if words else ""


def unpack_words(text: str) -> tuple[str, ...]:
    """Read what `pack_words` wrote."""
    return tuple(json.loads(text)) if text else ()


def pack_blocks(blocks: Sequence[Block]) -> str:
    """Write blocks as [[role, text], ...], those of a live blog's entries with their time behind."""
    return _JSON(
        [
            # A role is a string; to ask each for its value takes as long as to write it.
            [block.role, block.text] if block.at is None else [block.role, block.text, stamp(block.at)]
            for block in blocks
        ]
    )


def unpack_blocks(text: str) -> tuple[Block, ...]:
    """Read what `pack_blocks` wrote."""
    return _blocks(json.loads(text))


def _blocks(rows: list[list[str]]) -> tuple[Block, ...]:
    return tuple(Block(_ROLES[role], words, moment(at[0]) if at else None) for role, words, *at in rows)


def pack_body(standfirst: str, blocks: str) -> str:
    """Write what `bodies` holds of an article, before it is compressed. `blocks`: as `pack_blocks` wrote them."""
    return f"[{_JSON(standfirst)},{blocks}]"


def unpack_body(text: str) -> tuple[str, tuple[Block, ...]]:
    """Read what `pack_body` wrote."""
    standfirst, blocks = json.loads(text)
    return standfirst, _blocks(blocks)


def pack_evidence(evidence: Sequence[Evidence]) -> str:
    """Write evidence as a list of objects; what equals its default is left out."""
    return _JSON([_evidence_fields(piece) for piece in evidence])


def _evidence_fields(piece: Evidence) -> dict[str, object]:
    fields: dict[str, object] = {"clause": piece.clause, "field": piece.field, "span": piece.span}
    if piece.block is not None:
        fields["block"] = piece.block
    for name in ("sentence", "mark"):
        if getattr(piece, name) != (0, 0):
            fields[name] = getattr(piece, name)
    for name in ("surface", "entity", "name", "quote"):
        if getattr(piece, name):
            fields[name] = getattr(piece, name)
    return fields


def unpack_evidence(text: str) -> tuple[Evidence, ...]:
    """Read what `pack_evidence` wrote."""
    return tuple(_evidence(fields) for fields in json.loads(text))


def _evidence(fields: dict[str, Any]) -> Evidence:
    for name in ("span", "sentence", "mark"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return Evidence(**fields)


def pack_numbers(numbers: Sequence[int]) -> bytes:
    """Write a fingerprint, 8 bytes a number, little-endian: 2.5 times smaller than its digits."""
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def unpack_numbers(packed: bytes) -> tuple[int, ...]:
    """Read what `pack_numbers` wrote."""
    return struct.unpack(f"<{len(packed) // 8}Q", packed)


def pack_memory(memory: Memory) -> bytes:
    """Write a memory as runs of numbers, the length of each before it: the titles', then each article's."""
    return pack_numbers([number for run in (memory.titles, *memory.articles) for number in (len(run), *run)])


def unpack_memory(packed: bytes) -> Memory:
    """Read what `pack_memory` wrote."""
    numbers, runs, at = unpack_numbers(packed), [], 0
    while at < len(numbers):
        end = at + 1 + numbers[at]
        runs.append(numbers[at + 1 : end])
        at = end
    return Memory(tuple(runs[1:]), runs[0])


def pack_daemon(daemon: Daemon) -> str:
    """Write what a daemon is."""
    return json.dumps(asdict(daemon), default=stamp, ensure_ascii=False)


def unpack_daemon(text: str) -> Daemon:
    """Read what a daemon is."""
    said = json.loads(text)
    return Daemon(
        said["pid"], said["version"], moment(said["started_at"]), said["outlets"], said["rules"], said["ended"],
        said["address"], tuple((moment(at), route) for at, route in said["digests"]),
        tuple((name, count) for name, count in said["in_hand"]),
        tuple((moment(at), error) for at, error in said["errors"]), said.get("page", ""),
    )  # fmt: skip
