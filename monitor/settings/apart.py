"""A configuration read by a process of its own, which hands over records and ends.

Reading 100,000 outlets or rules takes ten seconds and 200 MB beside what stays, and pydantic 13 MB for good: neither is
for a daemon, whose loop would stand still while another thread has the interpreter. What comes back is typed, in parts.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import struct
import subprocess
import sys
import time
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from monitor.errors import ConfigError, ConfigErrors
from monitor.model import Outlet, Rule, Source
from monitor.settings.record import Settings

log = logging.getLogger("monitor")
T = TypeVar("T")
Entry = TypeVar("Entry", Outlet, Rule)

BOOT = "import sys; sys.path[:] = sys.argv[2:]; from monitor.settings.apart import main; main(sys.argv[1])"
_SIZE = struct.Struct("!I")
# Nothing else runs in the daemon while a part is decoded: 1 ms.
_PART = 250
# Between two parts the daemon's loop has its turn.
_PAUSE = 0.002
_SHARED: dict[type, tuple[str, ...]] = {
    Outlet: ("language", "tags", "selectors", "keep", "keep_text"),
    Rule: ("tags", "languages", "severity"),
}
_DEFAULTS: dict[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple((one.name, one.default) for one in fields(kind)) for kind in (Outlet, Rule, Source)
}


class Fault(msgspec.Struct, frozen=True):
    """A ConfigError."""

    message: str
    file: str | None
    line: int | None
    column: int | None
    snippet: str
    hint: str


class Faulty(msgspec.Struct, frozen=True, tag="faulty"):
    """It cannot be used. `alone`: there was one error, before anything was read."""

    faults: tuple[Fault, ...]
    alone: bool


class Head(msgspec.Struct, frozen=True, tag="head"):
    """All but outlets and rules, which follow."""

    settings: Settings


class OutletsPart(msgspec.Struct, frozen=True, tag="outlets"):
    """Some outlets. One without a name has its id's."""

    rows: tuple[Outlet, ...]


class RulesPart(msgspec.Struct, frozen=True, tag="rules"):
    """Some rules."""

    rows: tuple[Rule, ...]


class End(msgspec.Struct, frozen=True, tag="end"):
    """That was all."""


Said = Faulty | Head | OutletsPart | RulesPart | End


class _BrokenError(Exception):
    """The process ended before it had said all."""


class Reading:
    """A configuration that is being read: begun when this is made, `directory` as for settings.load.load."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        path = [str(Path(entry).absolute()) for entry in sys.path]
        named = "" if directory is None else str(directory)
        self._process: subprocess.Popen[bytes] | None = None
        # Without a process it is read in this one.
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, constant code
                [sys.executable, "-I", "-X", "utf8", "-c", BOOT, named, *path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )

    def settings(self, before: Settings | None = None) -> Settings:
        """Return, once, what settings.load.load returns in this process's environment. What is as it was `before` is
        the same object; `origins` is empty.

        Raises ConfigErrors and ConfigError, as load does.
        """
        try:
            return self._received(before)
        except (OSError, _BrokenError, msgspec.MsgspecError) as error:
            log.warning("the configuration is read in this process: %s", error)
        from monitor.settings.load import load

        return load(self._directory, os.environ)

    def _received(self, before: Settings | None) -> Settings:
        if self._process is None:
            raise _BrokenError("no other could be had")
        with self._process as process:
            try:
                assert process.stdout is not None
                return _received(process.stdout, before)
            finally:
                process.kill()


def _received(pipe: IO[bytes], before: Settings | None) -> Settings:
    settings: Settings | None = None
    outlets: list[Outlet] = []
    rules: list[Rule] = []
    known_outlets = {one.id: one for one in before.outlets} if before else {}
    known_rules = {one.id: one for one in before.rules} if before else {}
    shared: dict[Hashable, Any] = {}
    while True:
        match _next(pipe):
            case Faulty() as faulty:
                raise _error(faulty)
            case Head() as head:
                settings = head.settings
            case OutletsPart(rows):
                outlets += [_same(known_outlets, _settled(one, shared)) for one in rows]
            case RulesPart(rows):
                rules += [_same(known_rules, _settled(one, shared)) for one in rows]
            case End() if settings is not None:
                return replace(settings, outlets=tuple(outlets), rules=tuple(rules))
            case _:
                raise _BrokenError("another said nothing of what it read")
        if before is not None:
            time.sleep(_PAUSE)


def _next(pipe: IO[bytes]) -> Said:
    header = pipe.read(_SIZE.size)
    if len(header) < _SIZE.size:
        raise _BrokenError("another ended")
    return _decoder().decode(pipe.read(_SIZE.unpack(header)[0]))


@cache
def _decoder() -> msgspec.msgpack.Decoder[Said]:
    return msgspec.msgpack.Decoder(Said, dec_hook=lambda kind, value: kind(value))


def _same(known: dict[str, Entry], one: Entry) -> Entry:
    had = known.get(one.id)
    return one if had is None or had != one else had


def _settled(one: Entry, shared: dict[Hashable, Any]) -> Entry:
    """Give a record that was decoded just now what others have too: of 100,000 outlets 30 MB."""
    for name in _SHARED[type(one)]:
        value = getattr(one, name)
        if value:
            object.__setattr__(one, name, shared.setdefault((name, value), value))
    if not one.name:
        object.__setattr__(one, "name", one.id)
    return one


def _error(faulty: Faulty) -> ConfigErrors | ConfigError:
    errors = [
        ConfigError(
            one.message, file=None if one.file is None else Path(one.file), line=one.line, column=one.column,
            snippet=one.snippet, hint=one.hint,
        )
        for one in faulty.faults
    ]  # fmt: skip
    return errors[0] if faulty.alone else ConfigErrors(errors)


# ---- in the process that reads


def main(directory: str) -> None:
    """Read a configuration, "" for the one in force, and write it to stdout."""
    # Nothing that is read here refers to itself.
    gc.disable()
    try:
        _write(_answer(directory))
    except BrokenPipeError:
        # Whoever asked is gone. What is still to be flushed would be told as an error when this process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(directory: str) -> Iterator[Said | dict[str, Any]]:
    from monitor.settings.load import load as read

    try:
        settings = read(Path(directory) if directory else None, os.environ, origins=False)
    except ConfigErrors as error:
        yield Faulty(tuple(map(_fault, error.errors)), alone=False)
    except ConfigError as error:
        yield Faulty((_fault(error),), alone=True)
    else:
        yield from _said(settings)


def _write(said: Iterable[Said | dict[str, Any]]) -> None:
    out, encoder = sys.stdout.buffer, msgspec.msgpack.Encoder(enc_hook=str)
    for one in said:
        packed = encoder.encode(one)
        out.write(_SIZE.pack(len(packed)))
        out.write(packed)
    out.flush()


def _said(settings: Settings) -> Iterator[Said | dict[str, Any]]:
    yield Head(replace(settings, outlets=(), rules=()))
    for part in _cut(settings.outlets):
        yield {"type": "outlets", "rows": [_outlet(one) for one in part]}
    for rules in _cut(settings.rules):
        yield {"type": "rules", "rows": [_row(one) for one in rules]}
    yield End()


def _cut(rows: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(rows), _PART):
        yield rows[start : start + _PART]


def _outlet(one: Outlet) -> dict[str, Any]:
    row = _row(one)
    row["sources"] = [_row(source) for source in one.sources]
    return row


def _row(one: Outlet | Rule | Source) -> dict[str, Any]:
    """Return what a record says beside its defaults, which are then one object for all; and beside its id as name."""
    row = {}
    for name, default in _DEFAULTS[type(one)]:
        value = getattr(one, name)
        if value != default:
            row[name] = value
    if isinstance(one, Outlet | Rule) and one.name == one.id:
        del row["name"]
    return row


def _fault(error: ConfigError) -> Fault:
    file = None if error.file is None else str(error.file)
    return Fault(error.message, file, error.line, error.column, error.snippet, error.hint)
