"""Messages as JSON, posted to an address of the operator's and signed: docs/webhook.md is the contract."""

from __future__ import annotations

import hmac
import time
from hashlib import sha256

from monitor.errors import ChannelError, FetchError, Reason, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify import payload
from monitor.notify.channels import masked
from monitor.parse import urls
from monitor.ports import Answer, Poster

# Seconds until a receiver must have answered; the lease of a message is longer.
DEADLINE = 30.0
# Gone for good, and larger than it takes: the same message will never do. What else a receiver refuses may be mended,
# as a wrong token or path is, and the outbox gives that a day.
FINAL = frozenset({410, 413})
# A gateway that passed the request on and got no good answer (RFC 9110 15.6.3, 15.6.5; 520 and 524 are Cloudflare's).
GATEWAY = frozenset({502, 504, 520, 524})
# Whose Retry-After is obeyed (RFC 6585 4, RFC 9110 15.6.4).
ASKS = frozenset({429, 503})


class WebhookChannel:
    """Posts each message over a connection of its own. `poster`: None where nothing is sent."""

    def __init__(self, poster: Poster | None) -> None:
        self._poster = poster

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where the address is none that can be posted to; sends nothing."""
        normal = urls.absolute(channel.url, channel.url)
        if normal is None or not urls.has_scheme(channel.url):
            raise ChannelError(f"channel {channel.id!r}: its address is no http:// or https:// one")
        if "@" in normal.split("/", 3)[2]:
            hint = "a user name in it is not sent: put an Authorization header into headers_env or headers_file"
            raise ChannelError(f"channel {channel.id!r}: its address cannot be used, {hint}")

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Post once. After a request that went out and was not answered the receiver may have the message."""
        self.check(channel)
        if self._poster is None:
            raise ChannelError(f"channel {channel.id!r}: there is no HTTP client here")
        body = (message.payload or payload.plain(message)).encode("utf-8", "replace")
        headers = _headers(channel, message.id, body, int(time.time()))
        secrets = _secrets(channel)
        try:
            answer = await self._poster.post(channel.url, body, headers, deadline=DEADLINE, private=True)
        except FetchError as error:
            said = masked.detail(f"{error.reason.value}: {error.detail}", secrets)
            return Delivery(sent=False, reason=_unanswered(error), detail=said)
        return _delivery(answer, masked.detail(_words(answer.text), secrets))

    async def aclose(self) -> None:
        """Leave the client to its owner."""


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the X-Monitor-Signature header for a body sent `at` (Unix seconds), the scheme of Stripe's."""
    digest = hmac.new(secret.encode(), b"%d." % at + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def _headers(channel: Channel, number: str, body: bytes, at: int) -> list[tuple[str, str]]:
    headers = [("Content-Type", "application/json"), ("X-Monitor-Id", number), ("Idempotency-Key", number)]
    secret = channel.options.get("secret", "")
    if isinstance(secret, str) and secret:
        headers.append(("X-Monitor-Signature", signature(secret, body, at)))
    return [*headers, *_own(channel)]


def _own(channel: Channel) -> list[tuple[str, str]]:
    """Return the headers that the operator wrote, as lines `Name: value`."""
    lines = channel.options.get("headers", ())
    split = [line.partition(":") for line in ((lines,) if isinstance(lines, str) else lines)]
    return [(name.strip(), value.strip()) for name, _, value in split]


def _secrets(channel: Channel) -> set[str]:
    secret = channel.options.get("secret", "")
    values = {part for _, value in _own(channel) for part in (value, *value.split())}
    return {*masked.parts(channel.url), *values, secret if isinstance(secret, str) else ""}


def _unanswered(error: FetchError) -> SendReason:
    if error.sent:
        return SendReason.AMBIGUOUS
    if error.reason is Reason.BAD_URL:
        return SendReason.BAD_CHANNEL
    return SendReason.TIMEOUT if error.reason is Reason.TIMEOUT else SendReason.UNREACHABLE


def _words(text: str) -> str:
    # A page for people says nothing within 200 characters.
    return "" if text.lstrip().startswith("<") else text


def _delivery(answer: Answer, said: str) -> Delivery:
    status = answer.status
    if 200 <= status < 300:
        return Delivery(sent=True, reason=SendReason.OK)
    detail = f"HTTP {status}" + (f": {said}" if said else "")
    if 300 <= status < 400:
        detail = f"HTTP {status}: redirects are not followed; the channel needs the address itself"
    return Delivery(
        sent=False,
        reason=SendReason.AMBIGUOUS if status in GATEWAY else SendReason.REFUSED,
        detail=detail,
        retry=status not in FINAL,
        retry_after=answer.retry_after if status in ASKS else None,
    )
