"""What the daemon and its fork server say to each other, in the frames of wire.py: rules to compile, edits of them,
and what became of readers.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable

import msgspec

from monitor import wire
from monitor.errors import Reason
from monitor.model import Entity, Failure, Rule

MAX_REPORT = 1 << 16
# An edit goes in one send, between the commands that carry descriptors; what is larger is a new server's work.
MAX_AMENDMENT = 1 << 16


class Setup(msgspec.Struct, frozen=True):
    """What a fork server compiles and its readers keep to. `reader`: "module:class"; `folders`: of language.keep_in."""

    reader: str
    rules: tuple[Rule, ...]
    entities: tuple[Entity, ...]
    job_seconds: float
    memory_bytes: int
    folders: tuple[str, ...] = ()

    def with_rules(self, rules: Iterable[Rule], entities: Iterable[Entity]) -> Setup:
        """Return the same for other rules."""
        return msgspec.structs.replace(self, rules=tuple(rules), entities=tuple(entities))


class Amendment(msgspec.Struct, frozen=True):
    """Rules that are new or say something else now, and the ids of those that are gone."""

    rules: tuple[Rule, ...]
    removed: tuple[str, ...]


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The rules are compiled."""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """The rules could not be compiled (`number` 0), or reader `number` could not be forked."""

    number: int
    error: str


class Started(msgspec.Struct, frozen=True, tag="started"):
    """Reader `number` runs as process `pid`."""

    number: int
    pid: int


class Exited(msgspec.Struct, frozen=True, tag="exited"):
    """Reader `number` is gone. `status`: its exit code, or minus the signal that ended it."""

    number: int
    status: int

    def failure(self) -> Failure:
        """Say why the page in hand was not read."""
        if self.status == -signal.SIGALRM:
            return Failure(Reason.OVER_TIME, "ended by its timer")
        if self.status >= 0:
            return Failure(Reason.CRASHED, f"exit status {self.status}")
        known = -self.status in set(signal.Signals)
        return Failure(Reason.CRASHED, signal.Signals(-self.status).name if known else f"signal {-self.status}")


class Amended(msgspec.Struct, frozen=True, tag="amended"):
    """An edit is in force for readers forked from now on; `error`: it is not, and why."""

    error: str = ""


Report = Ready | Failed | Started | Exited | Amended

_SETUP = msgspec.msgpack.Decoder(Setup)
_AMENDMENT = msgspec.msgpack.Decoder(Amendment)
_REPORT: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Report)


def unpack_setup(payload: bytearray) -> Setup:
    """Decode a fork server's orders; raises FrameError."""
    return wire.decode(_SETUP, payload)


def unpack_amendment(payload: bytearray) -> Amendment:
    """Decode an edit of the rules; raises FrameError."""
    return wire.decode(_AMENDMENT, payload)


def take_report(inbox: bytearray) -> Report | None:
    """Take the first whole report out of what a fork server sent; raises FrameError."""
    if len(inbox) < wire.HEADER.size:
        return None
    end = wire.HEADER.size + wire.payload_size(inbox[: wire.HEADER.size], 0, MAX_REPORT)
    if len(inbox) < end:
        return None
    payload = inbox[wire.HEADER.size : end]
    del inbox[:end]
    return wire.decode(_REPORT, payload)
