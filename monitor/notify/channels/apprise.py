"""The door to apprise: mail and some 170 chat, push and webhook services, each an URL.

An URL is a secret: it never stands in a log line, an exception or a Delivery.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import unquote

import apprise
from apprise.common import NotifyFormat, OverflowMode
from apprise.plugins import base as plugins
from apprise.result import AppriseResult, AppriseResultStatus

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify import escape
from monitor.notify.channels.threads import Threads

# Threads a channel: one that hangs holds its own threads only.
THREADS = 2
# apprise gives up reading after 4 s; a receiver that takes 6 s has the message and would get it again.
READ_TIMEOUT = 30.0
CONNECT_TIMEOUT = 15.0
# Partly delivered messages whose receivers are remembered until the next try.
MAX_PARTLY = 1_000
# Where apprise notes who has accepted a message, between its own retries. It has no public way to keep that for a
# later call; should a release take it away, those who have the message get it again.
_TRACKER: ContextVar[set[Any] | None] | None = getattr(plugins, "_delivery_tracker", None)
# They write to this machine, not to anybody.
LOCAL = frozenset({"file", "windows", "macosx"})
# They render Markdown whatever apprise declares: plain text would let an outlet write links with a text of its own.
RENDER_MARKDOWN = frozenset({"NotifyDiscord", "NotifyGuilded", "NotifyMattermost", "NotifyZulip"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,19})://", re.IGNORECASE)
_STATUS = re.compile(r"error=(\d{3})\b")
_PARTS = re.compile(r"[\s/:?&=@#,;+]+")


class AppriseChannel:
    """Sends each message by an apprise object of its own, in a thread of its own."""

    def __init__(self) -> None:
        _quiet()
        self._threads = Threads(THREADS)
        self._partly: OrderedDict[tuple[str, str], set[Any]] = OrderedDict()

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where apprise cannot use the URL; sends nothing."""
        _service(channel)

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Send once. A send that does not end in time may still arrive, with the same X-Monitor-Id."""
        return await self._threads.run(channel.id, partial(self._send, channel, message))

    def _send(self, channel: Channel, message: Message) -> Delivery:
        try:
            service = _service(channel)
        except ChannelError as error:
            return Delivery(sent=False, reason=SendReason.BAD_CHANNEL, detail=str(error))
        if isinstance(getattr(service, "headers", None), dict):
            service.headers["X-Monitor-Id"] = message.id
        title, body, form = _content(service, message)
        sender = apprise.Apprise(service, asset=service.asset)
        # A mail to two people of whom one was refused is tried again for that one alone.
        key = (channel.id, message.id)
        done = self._partly.pop(key, set())
        token = _TRACKER.set(done) if _TRACKER else None
        try:
            with sender.notify(body, title=title, body_format=form) as result:
                delivery = _delivery(result, channel)
        except Exception as error:  # noqa: BLE001
            # A plugin may raise anything, with the URL in its text.
            delivery = Delivery(sent=False, reason=SendReason.REFUSED, detail=type(error).__name__)
        finally:
            if _TRACKER and token:
                _TRACKER.reset(token)
        if not delivery.sent and done:
            self._partly[key] = done
            while len(self._partly) > MAX_PARTLY:
                self._partly.popitem(last=False)
        return delivery

    async def aclose(self) -> None:
        """Leave what is under way; it ends by its own timeouts, or with the process."""


def _quiet() -> None:
    """Keep what is secret out of every log: both libraries write whole URLs, tokens included."""
    # apprise gives its warnings to the result of each call, where we read them; below that stand addresses.
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        allow_templates=False,
        storage_mode="memory",
        # Our own threads and timeout; with none of its own apprise sends in the thread that calls it.
        service_timeout=0,
        secure_logging=True,
        http_redirects=False,
        default_service_retry=0,
        pgp_autogen=False,
        pem_autogen=False,
        app_id="monitor",
        app_desc="news monitor",
    )


def _service(channel: Channel) -> Any:
    """Load a channel's plugin with our bounds over whatever its URL asks for. Raises ChannelError."""
    found = _SCHEME.match(channel.url.strip())
    if not found:
        raise ChannelError(f"channel {channel.id!r}: its address has no scheme such as mailto:// or slack://")
    scheme = found[1].lower()
    if scheme in LOCAL:
        raise ChannelError(f"channel {channel.id!r}: {scheme}:// is not a channel to anybody")
    service: Any = apprise.Apprise.instantiate(channel.url.strip(), asset=_asset())
    if service is None:
        raise ChannelError(f"channel {channel.id!r}: apprise cannot use this {scheme}:// address")
    if scheme in {"mailto", "mailtos"} and not service.targets:
        raise ChannelError(f"channel {channel.id!r}: its {scheme}:// address names no valid recipient")
    service.redirects = False
    service.retry = 0
    # `optional=yes` reports every failure as a success.
    service.optional = False
    if service.overflow_mode == OverflowMode.UPSTREAM:
        service.overflow_mode = OverflowMode.SPLIT
    service.socket_read_timeout = max(service.socket_read_timeout, READ_TIMEOUT)
    service.socket_connect_timeout = max(service.socket_connect_timeout, CONNECT_TIMEOUT)
    return service


def _content(service: Any, message: Message) -> tuple[str, str, NotifyFormat]:
    """Choose title, body and format: HTML for mail, Markdown or text for chats, as the service takes them."""
    form = service.resolve_format(None)
    # A service without titles gets it inside the body, in the body's format.
    inside = service.title_maxlen <= 0
    title = escape.one_line(message.title)
    if form == NotifyFormat.HTML and message.html:
        return escape.html(title) if inside else title, message.html, form
    if form == NotifyFormat.MARKDOWN and message.markdown:
        return escape.markdown(title) if inside else title, message.markdown, form
    if type(service).__name__ in RENDER_MARKDOWN and message.markdown:
        return escape.markdown(title), message.markdown, NotifyFormat.TEXT
    return title, message.text, NotifyFormat.TEXT


def _delivery(result: AppriseResult, channel: Channel) -> Delivery:
    if result:
        return Delivery(sent=True, reason=SendReason.OK)
    text = " ".join(entry.message for entry in result.logs())
    status = _STATUS.search(text)
    if result.status == AppriseResultStatus.TIMEOUT:
        reason = SendReason.TIMEOUT
    elif not status and re.search(r"(?i)connect|socket|timed? ?out", text):
        reason = SendReason.UNREACHABLE
    else:
        reason = SendReason.REFUSED
    words = _scrub(text, channel.url) or "not accepted"
    detail = f"HTTP {status[1]}: {words}" if status else words
    return Delivery(sent=False, reason=reason, detail=escape.one_line(detail))


def _scrub(text: str, url: str) -> str:
    """Take every part of the URL out of a line: hosts, paths and options are tokens in many schemes."""
    rest = _SCHEME.sub("", url.strip(), count=1)
    parts = {part for form in (rest, unquote(rest)) for part in (form, *_PARTS.split(form)) if len(part) >= 4}
    for part in sorted(parts, key=len, reverse=True):
        text = re.sub(re.escape(part), "***", text, flags=re.IGNORECASE)
    return text
