"""The door to apprise: mail and some 170 chat, push and webhook services, each an URL.

An URL is a secret: it never stands in a log line, an exception or a Delivery.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from contextvars import ContextVar
from functools import partial
from typing import Any
from urllib.parse import quote, unquote

import apprise
from apprise.common import NotifyFormat, OverflowMode
from apprise.plugins import base as plugins
from apprise.result import AppriseResult, AppriseResultStatus

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify import chat, dialects, escape
from monitor.notify.channels import services
from monitor.notify.channels.threads import Threads
from monitor.notify.dialects import Dialect

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
# What each chat is written in.
DIALECTS = {
    "NotifySlack": dialects.SLACK,
    "NotifyDiscord": dialects.DISCORD,
    "NotifyGuilded": dialects.GUILDED,
    "NotifyTelegram": dialects.TELEGRAM,
    "NotifyMatrix": dialects.MATRIX,
    "NotifyWorkflows": dialects.TEAMS,
    "NotifyMattermost": dialects.MATTERMOST,
    "NotifyRocketChat": dialects.ROCKETCHAT,
    "NotifyZulip": dialects.ZULIP,
    "NotifyNtfy": dialects.NTFY,
}
# The format that makes apprise pass a chat's text on as HTML, as Markdown or as it is.
FORMS = {
    "NotifySlack": NotifyFormat.MARKDOWN,
    "NotifyDiscord": NotifyFormat.MARKDOWN,
    "NotifyTelegram": NotifyFormat.HTML,
    "NotifyMatrix": NotifyFormat.HTML,
}
# Discord's flag of a message without previews of its links.
SUPPRESS_EMBEDS = 4
# Seconds between the messages of a digest.
MAX_PACE = 1.0
# Bytes of a mail's subject as it is encoded; a line holds 998.
MAX_SUBJECT = 900
# Characters of a title on a phone, 12 bytes of JSON each at most.
NTFY_TITLE = 100
# Characters of a topic at Zulip.
MAX_TOPIC = 60
# What apprise leaves as it is in ntfy's link to open.
_CLICK_SAFE = ":/?@&=#"
_Content = tuple[str, str, NotifyFormat]
# Channel, message, number of the page.
_Page = tuple[str, str, int]
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,19})://", re.IGNORECASE)
_STATUS = re.compile(r"error=(\d{3})\b")
_TOKEN = re.compile(r"[\w%+/=.~-]{20,}")
# What requests and urllib3 say of a request that went out and was not answered.
_UNANSWERED = re.compile(r"Read timed out|Connection aborted|RemoteDisconnected|without response|IncompleteRead")
_PARTS = re.compile(r"[\s/:?&=@#,;+]+")


class _Ear(threading.local):
    """Lets nothing below WARNING through, and remembers of this thread's sends whether one was not answered."""

    unanswered = False

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            return True
        if _UNANSWERED.search(record.getMessage()):
            self.unanswered = True
        return False


_ear = _Ear()
# Each thread's own apprise object: every new one searches the disk for a translation, a tenth of what a send takes.
_hands = threading.local()


class AppriseChannel:
    """Sends each message by a plugin object of its own, off the loop."""

    def __init__(self) -> None:
        _quiet()
        self._threads = Threads(THREADS)
        self._partly: OrderedDict[_Page, set[Any]] = OrderedDict()

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
        if _headed(service):
            service.headers["X-Monitor-Id"] = message.id
        delivery = Delivery(sent=False, reason=SendReason.REFUSED, detail="nothing to send")
        contents = _contents(service, message)
        for number, content in enumerate(contents):
            delivery = self._page(service, channel, (channel.id, message.id, number), content)
            if not delivery.sent:
                return delivery
        for number in range(len(contents)):
            self._partly.pop((channel.id, message.id, number), None)
        return delivery

    def _page(self, service: Any, channel: Channel, key: _Page, content: _Content) -> Delivery:
        title, body, form = content
        sender = _sender()
        sender.clear()
        sender.add(service)
        # A mail to two people of whom one was refused is tried again for that one alone, and a page that all have
        # not again.
        done = self._partly.pop(key, set())
        token = _TRACKER.set(done) if _TRACKER else None
        _ear.unanswered = False
        try:
            with sender.notify(body, title=title, body_format=form) as result:
                delivery = _delivery(result, channel, unanswered=_ear.unanswered)
        except Exception as error:  # noqa: BLE001
            # A plugin may raise anything, with the URL in its text.
            delivery = Delivery(sent=False, reason=SendReason.REFUSED, detail=type(error).__name__)
        finally:
            if _TRACKER and token:
                _TRACKER.reset(token)
        if done:
            self._partly[key] = done
            while len(self._partly) > MAX_PARTLY:
                self._partly.popitem(last=False)
        return delivery

    async def aclose(self) -> None:
        """Leave what is under way; it ends by its own timeouts, or with the process."""


def _quiet() -> None:
    """Keep what is secret out of every log: both libraries write whole URLs, tokens included."""
    # apprise gives its warnings to the result of each call, where we read them. A level is not enough: whoever looks
    # for a fault sets all of them to DEBUG.
    for name in ("apprise", "urllib3"):
        logger = logging.getLogger(name)
        # How a connection broke apprise says at DEBUG only, with the address in it: the ear hears it and nobody else.
        logger.setLevel(logging.DEBUG if name == "apprise" else logging.WARNING)
        if _ear not in logger.filters:
            logger.addFilter(_ear)
        logger.propagate = False
        # Without a handler the warnings would go to stderr.
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


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


def _sender() -> apprise.Apprise:
    if not hasattr(_hands, "sender"):
        _hands.sender = apprise.Apprise(asset=_asset())
    found: apprise.Apprise = _hands.sender
    return found


def _service(channel: Channel) -> Any:
    """Load a channel's plugin with our bounds over whatever its URL asks for. Raises ChannelError."""
    found = _SCHEME.match(channel.url.strip())
    if not found:
        raise ChannelError(f"channel {channel.id!r}: its address has no scheme such as mailto:// or slack://")
    scheme = found[1].lower()
    if scheme in LOCAL:
        raise ChannelError(f"channel {channel.id!r}: {scheme}:// is not a channel to anybody")
    service: Any = services.service(channel.url.strip(), scheme, _asset())
    if service is None:
        raise ChannelError(f"channel {channel.id!r}: apprise cannot use this {scheme}:// address")
    if scheme in {"mailto", "mailtos"} and not service.targets:
        raise ChannelError(f"channel {channel.id!r}: its {scheme}:// address names no valid recipient")
    service.redirects = False
    service.retry = 0
    # `optional=yes` reports every failure as a success.
    service.optional = False
    # Where the id goes along as a header the receiver has no limit, only apprise, of 32 kB: parts of one id are one
    # message for who counts by it, and the second would be left out.
    if service.overflow_mode == OverflowMode.UPSTREAM and not _headed(service):
        service.overflow_mode = OverflowMode.SPLIT
    service.socket_read_timeout = max(service.socket_read_timeout, READ_TIMEOUT)
    service.socket_connect_timeout = max(service.socket_connect_timeout, CONNECT_TIMEOUT)
    return service


def _headed(service: Any) -> bool:
    return isinstance(getattr(service, "headers", None), dict)


def _contents(service: Any, message: Message) -> list[_Content]:
    """Return what to send, in as many messages as it takes: chats in their own dialect, cut by us."""
    name = type(service).__name__
    plain = _content(service, message)
    dialect = _dialect(service, name) if message.payload else None
    if dialect is None:
        return [plain]
    try:
        if _worded(message, plain[1]):
            return [plain]
        title, spare = _extras(service, name, message)
        pages = chat.pages(message.payload, dialect, spare)
    except (LookupError, TypeError, ValueError):
        # A payload of another version that waited over a change of release: told plainly rather than never.
        return [plain]
    # What we built is sent as it is: no cut, no second conversion.
    service.overflow_mode = OverflowMode.UPSTREAM
    service.dialect_convert = lambda body, *_, **__: body
    form = service.resolve_format(FORMS.get(name))
    # 5.5 s by default, between login and message too; a minute is all that a send may take.
    service.request_rate_per_sec = min(service.request_rate_per_sec, MAX_PACE) if len(pages) > 1 else 0.0
    return [(title, body, form) for body in pages]


def _worded(message: Message, body: str) -> bool:
    """Tell whether a template of the reader's made the form that a service would get."""
    forms = {message.text: "txt", message.html: "html", message.markdown: "md"}
    return forms[body] in chat.worded(message.payload)


def _dialect(service: Any, name: str) -> Dialect | None:
    """Return what a service is written in; None where its address asks for another format or has a template of its own,
    or there is none.
    """
    if getattr(service, "template", None) or (name == "NotifyMatrix" and service.mode == "slack"):
        return None
    # Discord shows Markdown whatever is asked for; ?format=markdown there means embeds.
    if name in FORMS and name != "NotifyDiscord" and service.resolve_format(FORMS[name]) != FORMS[name]:
        return None
    if name == "NotifySlack" and service.use_blocks:
        return dialects.SLACK_BLOCK
    if name == "NotifyNtfy" and service.notify_format == NotifyFormat.MARKDOWN:
        return dialects.NTFY_MARKDOWN
    return DIALECTS.get(name)


def _extras(service: Any, name: str, message: Message) -> tuple[str, int]:
    """Set what a service has beside the text. Return the title that it takes, and the room for what it adds."""
    if name == "NotifyNtfy":
        service.click = service.click or _click(chat.first_url(message.payload))
        return escape.one_line(message.title, NTFY_TITLE), 0
    if name == "NotifyZulip":
        # One topic a rule.
        return escape.one_line(chat.rules(message.payload), MAX_TOPIC) or "monitor", 0
    if name == "NotifyDiscord":
        # Embeds of our own, by ?format=markdown, must not be suppressed.
        if service._format_override != NotifyFormat.MARKDOWN:
            service.flags = (service.flags or 0) | SUPPRESS_EMBEDS
        pings = service.ping_payload(" ".join(service.ping)) if service.ping else {}
        return "", dialects.utf16(pings.get("content", ""))
    return "", 0


def _click(url: str) -> str | None:
    """Return what apprise makes the URL of: it quotes once more, which would break "%C3%BC" and "a,b"."""
    return next((form for form in (url, unquote(url)) if form and quote(form, safe=_CLICK_SAFE) == url), None)


def _content(service: Any, message: Message) -> _Content:
    """Choose title, body and format: HTML for mail, Markdown or text for chats, as the service takes them."""
    form = service.resolve_format(None)
    # A service without titles gets it inside the body, in the body's format.
    inside = service.title_maxlen <= 0
    title = escape.one_line(message.title)
    if type(service).__name__ == "NotifyEmail":
        title = _subject(title)
    if form == NotifyFormat.HTML and message.html:
        return escape.html(title) if inside else title, message.html, form
    if form == NotifyFormat.MARKDOWN and message.markdown:
        return escape.markdown(title) if inside else title, message.markdown, form
    if type(service).__name__ in RENDER_MARKDOWN and message.markdown:
        return escape.markdown(title), message.markdown, NotifyFormat.TEXT
    return title, message.text, NotifyFormat.TEXT


def _subject(title: str) -> str:
    """Cut a title so that apprise's one encoded word of it fits a line of mail: 998 bytes, or servers refuse it."""
    # A title that looks like an encoded word already would be sent as it is, and decoded by whoever reads it.
    title = title.replace("=?", "=\u2060?")
    size = 0
    for at, character in enumerate(title):
        # Every byte that is no letter or digit is written as "=D7".
        size += 1 if character.isascii() and character.isalnum() else 3 * len(character.encode())
        if size > MAX_SUBJECT:
            return title[:at].rstrip() + "…"
    return title


def _delivery(result: AppriseResult, channel: Channel, *, unanswered: bool) -> Delivery:
    if result:
        return Delivery(sent=True, reason=SendReason.OK)
    text = " ".join(entry.message for entry in result.logs())
    status = _STATUS.search(text)
    if not status and unanswered:
        reason = SendReason.AMBIGUOUS
    elif result.status == AppriseResultStatus.TIMEOUT:
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
    # A receiver may say a token back in part, or in another coding.
    return _TOKEN.sub("***", text)
