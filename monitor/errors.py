"""Everything that can go wrong, and why it did.

    MonitorError                 retry: may the same thing be tried again?
    ├── ConfigError              a configuration file is wrong: file, line, column, what to do
    ├── ConfigErrors             all that is wrong with a configuration
    ├── QueryError               a rule's text is wrong: line, column, what was expected
    ├── CursorError              a page of a listing that cannot be gone on from
    ├── FetchError               nothing usable came over the network (reason: Reason)
    │   └── BlockedAddressError  the guard refused the address: never tried again
    ├── ReadError                bytes came, but no parser could use them (reason: Reason)
    │   └── ExtractError         an HTML page that holds no readable article
    ├── PoolError                a reader process was ended or could not be started
    ├── StoreError               the database refused
    │   ├── BusyError            another daemon or writer holds it
    │   │   ├── AwayError        its server does not answer: nothing was committed
    │   │   └── UnsureError      its server went while it committed
    │   └── DamagedError         the file is corrupt, no database, or of a future version
    └── ChannelError             a notification channel cannot be used as configured

Reasons are closed lists: they are stored, counted and shown, so a member is added, never renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path


class Reason(StrEnum):
    """Why a source or a page was not read as it should have been."""

    # the network
    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TLS_EXPIRED = "tls_expired"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_WRONG_HOST = "tls_wrong_host"
    BLOCKED_ADDRESS = "blocked_address"
    REDIRECTS = "redirects"
    TOO_LARGE = "too_large"
    PROTOCOL = "protocol"
    BAD_URL = "bad_url"
    # what the server said
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    RATE_LIMITED = "rate_limited"
    CLIENT_ERROR = "client_error"
    SERVER_ERROR = "server_error"
    EMPTY = "empty"
    # what the bytes are
    ENCODING = "encoding"
    WRONG_TYPE = "wrong_type"
    HOSTILE = "hostile"
    NOT_A_FEED = "not_a_feed"
    # what the page is
    NO_BODY = "no_body"
    CONSENT = "consent"
    LOGIN = "login"
    PAYWALL = "paywall"
    CHALLENGE = "challenge"
    ERROR_PAGE = "error_page"
    LIST_PAGE = "list_page"
    # the reader process
    OVER_TIME = "over_time"
    OVER_MEMORY = "over_memory"
    CRASHED = "crashed"
    BAD_REPLY = "bad_reply"
    NO_READER = "no_reader"


class Trouble(StrEnum):
    """What is wrong with an outlet, or between us and all of them."""

    FAILING = "failing"
    BLOCKED = "blocked"
    CERTIFICATE = "certificate"
    LAYOUT = "layout"
    SILENT = "silent"
    FLOODING = "flooding"
    MOVED = "moved"
    NETWORK = "network"
    """Of no outlet: our own network is gone."""


class AlertReason(StrEnum):
    """Why a hit opened an alert, joined one, or is held; why an alert is told, waits, or is not told."""

    # told
    FIRST = "first"
    NEW_OUTLET = "new_outlet"
    NEW_FACT = "new_fact"
    """A name that none of the story's articles had."""
    REVISED = "revised"
    RETRACTED = "retracted"
    """The article says it no more, or is gone."""
    SPIKE = "spike"
    TROUBLE = "trouble"
    RECOVERED = "recovered"
    """Of notices: outlets that are not read as usual, and that are again."""
    # waits
    HELD_QUIET = "held_quiet"
    DIGEST = "digest"
    OVER_LIMIT = "over_limit"
    OVER_BUDGET = "over_budget"
    MAX_UPDATES = "max_updates"
    # is not told
    SAME_STORY = "same_story"
    BASELINE = "baseline"
    BACKFILL = "backfill"
    SHADOW = "shadow"
    SILENCED = "silenced"
    BELOW_SPIKE = "below_spike"
    """The rule tells of spikes alone."""
    NO_ROUTE = "no_route"


class SendReason(StrEnum):
    """How one attempt to deliver ended."""

    OK = "ok"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    AMBIGUOUS = "ambiguous"
    """It was sent, and no answer came: the receiver may have it."""
    BAD_CHANNEL = "bad_channel"
    GAVE_UP = "gave_up"


class MonitorError(Exception):
    """Base of all errors of this program."""

    retry = False


class ConfigError(MonitorError):
    """One fault in a configuration file. Lines and columns count from 1."""

    def __init__(
        self,
        message: str,
        *,
        file: Path | None = None,
        line: int | None = None,
        column: int | None = None,
        snippet: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.column = column
        self.snippet = snippet
        self.hint = hint

    def __str__(self) -> str:
        """Render `file:line:column: message`, the line with a caret under the column, then the hint."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        lines = [f"{place}: {self.message}" if place else self.message]
        if self.snippet:
            lines.append(f"    {self.snippet}")
            if self.column:
                lines.append(f"    {' ' * (self.column - 1)}^")
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class ConfigErrors(MonitorError):  # noqa: N818 - several of what ConfigError is one
    """Everything that is wrong with a configuration, file by file and line by line."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        self.errors = tuple(sorted(errors, key=_place))
        super().__init__("\n".join(str(error) for error in self.errors))


def _place(error: ConfigError) -> tuple[str, int, int]:
    return str(error.file or ""), error.line or 0, error.column or 0


class QueryError(MonitorError):
    """A query that cannot be used. `position` is an offset in code points into its text."""

    def __init__(self, message: str, *, text: str, position: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.position = min(max(position, 0), len(text))
        self.hint = hint

    @property
    def line(self) -> int:
        """Line of the fault within the query's text, from 1."""
        return self.text.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """Column of the fault within its line, from 1."""
        return self.position - (self.text.rfind("\n", 0, self.position) + 1) + 1

    def __str__(self) -> str:
        """Render the message, the query's line with a caret, then the hint."""
        row = self.text.split("\n")[self.line - 1] if self.text else ""
        lines = [f"{self.message} (line {self.line}, column {self.column})"]
        lines += [f"    {row}", f"    {' ' * (self.column - 1)}^"]
        return "\n".join([*lines, f"  {self.hint}"] if self.hint else lines)


class CursorError(MonitorError):
    """A cursor or an order that a listing does not have. `cursor`: "" where none was given."""

    def __init__(self, cursor: str, message: str) -> None:
        super().__init__(f"{cursor!r}: {message}" if cursor else message)


class FetchError(MonitorError):
    """No usable answer. `retry_after`: seconds the server asked us to wait, if it did. `sent`: what was posted had gone
    out, in part at least.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        retry: bool = True,
        retry_after: float | None = None,
        sent: bool = False,
    ) -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
        self.retry = retry
        self.retry_after = retry_after
        self.sent = sent


class BlockedAddressError(FetchError):
    """The guard refused to dial: the name or address leads into a network we must not touch."""

    def __init__(self, detail: str) -> None:
        super().__init__(Reason.BLOCKED_ADDRESS, detail, retry=False)


class ReadError(MonitorError):
    """Bytes that no parser may or can use."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class ExtractError(ReadError):
    """A page without a readable article; `reason` says what it is instead."""


class PoolError(MonitorError):
    """The reader processes cannot be started."""

    retry = True


class StoreError(MonitorError):
    """The database refused; the message says what to do."""


class FullError(StoreError):
    """There is no room to write; nothing that was committed is lost."""

    retry = True


class BusyError(StoreError):
    """Somebody else holds the database."""

    retry = True


class AwayError(BusyError):
    """The database's server does not answer; what was not committed yet is undone. Asked again later it may."""


class UnsureError(BusyError):
    """The server went while a transaction was committed: whether it was, nobody knows."""


class ReplacedError(BusyError):
    """Another daemon keeps the database."""


class CollisionError(BusyError):
    """Two transactions wanted the same rows, and one of them was ended: done again, it succeeds."""


class DamagedError(StoreError):
    """The file is corrupt, is no database of ours, or was written by a newer version. It is left alone."""


class ChannelError(MonitorError):
    """A channel's address cannot be used; the message never holds the address itself."""
