"""Messages as JSON on the standard input of a program of the operator's: docs/webhook.md has the contract.

No shell, no environment of ours, no open file of ours. A program and what it started in its session are gone when the
send is over; what makes a session of its own is beyond us.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify import payload
from monitor.notify.channels import masked

# Seconds for one message; the lease of a message is longer.
TIMEOUT = 60.0
# What the program says on standard error: its end is kept. Above the cap it is read in pieces with pauses between, so
# that a flood costs the loop 20 turns a second; it must be read, as a program whose writes fail may fail itself.
TAIL = 4_000
FLOOD, PAUSE = 65_536, 0.05
# After its end: what it wrote last, and the system's word that it is gone.
LAST_WORDS = 0.2
REAPED = 5.0
# sysexits.h
TEMPFAIL = 75


class CommandChannel:
    """Starts the channel's program once a message."""

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where there is no such program; starts nothing."""
        program = Path(_words(channel)[0])
        if not program.is_absolute():
            raise ChannelError(f"channel {channel.id!r}: its command does not begin with an absolute path")
        if not program.is_file() or not os.access(program, os.X_OK):
            raise ChannelError(f"channel {channel.id!r}: its command is no file that may be executed")

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Run the program once. One that had to be killed may have done its work."""
        words = _words(channel)
        body = (message.payload or payload.plain(message)).encode("utf-8", "replace")
        starting = asyncio.create_task(_start(words, message.id))
        try:
            # asyncio that is cancelled while it starts a process kills that one alone, and forgets its pipes.
            transport, run = await asyncio.shield(starting)
        except asyncio.CancelledError:
            with suppress(OSError):
                await _end(*await starting)
            raise
        except OSError as error:
            detail = f"cannot be started: {error.strerror or type(error).__name__}"
            return Delivery(sent=False, reason=SendReason.BAD_CHANNEL, detail=detail)
        try:
            code = await _finish(transport, run, body)
        finally:
            await _end(transport, run)
        return _delivery(code, masked.detail(run.last_line(), words[1:]))

    async def aclose(self) -> None:
        """Nothing is kept between two messages."""


def _words(channel: Channel) -> tuple[str, ...]:
    words = channel.options.get("command", ())
    if isinstance(words, str) or not words or any("\0" in word for word in words):
        raise ChannelError(f"channel {channel.id!r}: its command is no list of words")
    return words


class _Run(asyncio.SubprocessProtocol):
    """What is heard of one process."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.silent: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._transport: asyncio.SubprocessTransport | None = None
        self._tail = b""
        self._size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002
        self._tail = (self._tail + data)[-TAIL:]
        self._size += len(data)
        stream = self._transport.get_pipe_transport(2) if self._transport else None
        if self._size > FLOOD and isinstance(stream, asyncio.ReadTransport):
            stream.pause_reading()
            asyncio.get_running_loop().call_later(PAUSE, stream.resume_reading)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002
        if fd == 2 and not self.silent.done():
            self.silent.set_result(None)

    def process_exited(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.closed.done():
            self.closed.set_result(None)

    def last_line(self) -> str:
        lines = self._tail.decode("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "")


async def _start(words: tuple[str, ...], number: str) -> tuple[asyncio.SubprocessTransport, _Run]:
    return await asyncio.get_running_loop().subprocess_exec(
        _Run,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
        # Ours holds the channels' secrets.
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "MONITOR_ID": number,
        },
        start_new_session=True,
    )


async def _finish(transport: asyncio.SubprocessTransport, run: _Run, body: bytes) -> int | None:
    """Hand over the message and wait; return the exit code, None for a process that did not end in time."""
    stdin = transport.get_pipe_transport(0)
    assert isinstance(stdin, asyncio.WriteTransport)
    # Written as it is read, by the loop: a program that does not read at all is no reason to wait.
    stdin.write(body)
    stdin.write_eof()
    await asyncio.wait([run.exited], timeout=TIMEOUT)
    if not run.exited.done():
        return None
    # What it left in the background may hold the pipe open.
    await asyncio.wait([run.silent], timeout=LAST_WORDS)
    return transport.get_returncode()


async def _end(transport: asyncio.SubprocessTransport, run: _Run) -> None:
    """Kill all of the process's group, also where its first process has ended, and wait until it is reaped."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    transport.close()
    await asyncio.wait([run.closed], timeout=REAPED)


def _delivery(code: int | None, said: str) -> Delivery:
    if code == 0:
        return Delivery(sent=True, reason=SendReason.OK)
    words = f": {said}" if said else ""
    if code is None:
        detail = f"did not end within {TIMEOUT:.0f} s and was killed{words}"
        return Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail=detail)
    if code < 0:
        # As by the system's lack of memory: how far it had come nobody knows.
        detail = f"was ended by signal {-code}{words}"
        return Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail=detail)
    again = ", try again later" if code == TEMPFAIL else ""
    return Delivery(sent=False, reason=SendReason.REFUSED, detail=f"exit code {code}{again}{words}")
