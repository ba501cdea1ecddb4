"""What the daemon says while it runs: lines for people on a terminal, else one JSON object a line. Door of structlog.

Every logger goes through it, the libraries' too: `logging.getLogger("monitor").info("…", extra={"outlet": "bbc"})`.
A line is one line whatever an outlet wrote; a traceback's lines are indented. Times are UTC.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections import deque
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, TextIO

from monitor import safe
from monitor.settings.record import Settings

Form = Literal["auto", "text", "json"]

# What they say below that is for their authors. Of APScheduler no more than that: it calls an error what its own
# shutdown does to a tick, and all others we catch.
QUIET = {
    "apscheduler": logging.CRITICAL,
    **dict.fromkeys(("httpx", "httpcore", "apprise", "asyncio", "watchfiles"), logging.ERROR),
}
_COLOURS = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31;1m"}
_FIRST = ("time", "level", "event")


class _Known:
    # Of every configuration that was in force: a message in hand may still name an old one. Longest first, or a piece
    # would leave the rest of its whole. Put anew, never changed: other threads log meanwhile.
    secrets: tuple[str, ...] = ()


def hide(settings: Settings) -> None:
    """Let no secret of a configuration stand in a line from now on."""
    found = set(_Known.secrets)
    for channel in settings.channels:
        found |= safe.pieces(channel.url)
        if channel.kind not in {"mail", "console"}:
            found.update(*(safe.pieces(one) for value in channel.options.values() for one in _texts(value)))
    for outlet in settings.outlets:
        found.update(*(safe.pieces(value) for _, value in outlet.headers))
        found.update(*(safe.pieces(cookie.value) for cookie in outlet.cookies))
    _Known.secrets = tuple(sorted(found, key=len, reverse=True))


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def configure(form: Form, stream: TextIO, level: int = logging.INFO) -> None:
    """Send every logger, Python's warnings and what ends a thread to `stream`. `auto`: text on a terminal."""
    import structlog

    if form == "auto":
        form = "text" if stream.isatty() else "json"
    colour = form == "text" and stream.isatty()
    common: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
    ]
    last = _json if form == "json" else _Text(colour=colour)
    handler = _Handler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=common,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _harmless, last],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(capture=True)
    sys.excepthook = _ended
    threading.excepthook = lambda args: _ended(args.exc_type, args.exc_value, args.exc_traceback)


def _ended(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt | SystemExit) and error is not None:
        logging.getLogger("monitor").critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))


class _Handler(logging.StreamHandler[TextIO]):
    """What cannot be written is said in one line; the standard way prints the arguments, raw."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - its name there
        error = sys.exc_info()[1]
        if isinstance(error, OSError | ValueError):
            return  # nobody reads any more
        self.stream.write(
            json.dumps({"level": "error", "event": f"a line of {record.name} could not be written"}) + "\n"
        )


def _harmless(_logger: object, _name: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Take secrets and whatever a terminal obeys out of every value."""
    trace = event.pop("exception", None)
    made = {str(key): _value(value) for key, value in event.items()}
    if isinstance(trace, str):
        made["exception"] = [" " * _indent(line) + hidden(line) for line in trace.splitlines() if line.strip()]
    return made


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def hidden(text: str) -> str:
    """Return a text as it may stand in a line."""
    # A secret that is spread over two lines, or has a control character within, is found when it is one line.
    return safe.redact(safe.one_line(text), _Known.secrets)


def _value(value: object) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Mapping):
        return {hidden(str(key)): _value(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_value(item) for item in value]
    return hidden(str(value))


def _json(_logger: object, _name: str, event: Mapping[str, Any]) -> str:
    ordered = {key: event[key] for key in _FIRST if key in event}
    rest = {key: value for key, value in event.items() if key not in ordered}
    return json.dumps(ordered | rest, ensure_ascii=False, default=str)


class _Text:
    """One event as a line for people, a traceback indented below it."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def __call__(self, _logger: object, _name: str, event: Mapping[str, Any]) -> str:
        level = str(event.get("level", "info"))
        start, end = (_COLOURS[level], "\x1b[0m") if self._colour and level in _COLOURS else ("", "")
        # To the second: whoever wants more reads the JSON.
        said = f"{str(event.get('time', ''))[:19]}Z {start}{level:<7}{end} {event.get('event', '')}"
        fields = (f"{key}={value}" for key, value in event.items() if key not in {*_FIRST, "logger", "exception"})
        return "\n    ".join([" ".join([said, *fields]), *event.get("exception", ())])


class Recent(logging.Handler):
    """Keeps the last errors of all loggers, as they may be shown: (time, text), newest last."""

    def __init__(self, most: int = 5) -> None:
        super().__init__(logging.ERROR)
        self.lines: deque[tuple[datetime, str]] = deque(maxlen=most)

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage() + (f" ({type(error).__name__}: {error})" if error and str(error) else "")
        self.lines.append((datetime.fromtimestamp(record.created, UTC), hidden(said)[:300]))
