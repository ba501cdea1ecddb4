"""Mail over SMTP, with threads of our own making: apprise's mails have a Message-ID of its own and no thread.

A connection a message: what a kept one is worth at some hundred mails a day does not pay for its timeouts.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify.channels import masked
from monitor.notify.channels.threads import Threads
from monitor.notify.mail_text import Envelope, mail, mailbox, refused_words

THREADS = 2
# Seconds for each answer of the server; the whole message has those of threads.py.
TIMEOUT = 25.0
# Messages that some had and others not; after a restart these get theirs again, with the same Message-ID.
MAX_PARTLY = 1_000
PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in. `tls`: from the beginning; `plain`: never."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False
    plain: bool = False


class _RefusedError(Exception):
    """What the server answered in place of yes."""

    def __init__(self, code: int, text: bytes | str) -> None:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        super().__init__(f"{code} {said}")


class MailChannel:
    """Sends each message by SMTP in a thread of its own. `context`: for tests, what is trusted."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._threads = Threads(THREADS)
        self._context = context
        self._partly: OrderedDict[tuple[str, str], set[str]] = OrderedDict()

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where server or addresses cannot be used; sends nothing."""
        server(channel)
        envelope(channel)

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Send once, to those who have not got it."""
        return await self._threads.run(channel.id, partial(self._send, channel, message))

    def _send(self, channel: Channel, message: Message) -> Delivery:
        where, whom = server(channel), envelope(channel)
        key = (channel.id, message.id)
        done = self._partly.pop(key, set())
        made = mail(message, whom, channel.id, datetime.now(UTC)).as_bytes()
        call = _Call(where, self._context or ssl.create_default_context())
        delivery = call.deliver(whom.sender.addr_spec, [one for one in whom.recipients if one not in done], made)
        if not delivery.sent and (done | call.taken):
            self._partly[key] = done | call.taken
            while len(self._partly) > MAX_PARTLY:
                self._partly.popitem(last=False)
        secrets = {where.password, where.user, channel.url}
        return Delivery(delivery.sent, delivery.reason, masked.detail(delivery.detail, secrets), retry=delivery.retry)

    async def aclose(self) -> None:
        """Leave what is under way; it ends by its own timeouts, or with the process."""


class _Call:
    """One conversation with a server."""

    def __init__(self, where: Server, context: ssl.SSLContext) -> None:
        self._where = where
        self._context = context
        self._whole = False
        self._smtp: smtplib.SMTP | None = None
        self.taken: set[str] = set()
        """Who has the message."""

    def deliver(self, sender: str, recipients: list[str], body: bytes) -> Delivery:
        """Say how it ended. What broke after the last byte of the mail may have arrived."""
        try:
            smtp = self._smtp = self._connected()
            self._greeted(smtp)
            return self._handed_in(smtp, sender, recipients, body)
        except _RefusedError as error:
            return Delivery(sent=False, reason=SendReason.REFUSED, detail=str(error))
        except smtplib.SMTPResponseException as error:
            return Delivery(sent=False, reason=SendReason.REFUSED, detail=str(_RefusedError(*error.args[:2])))
        except ssl.SSLError as error:
            return self._broken(SendReason.UNREACHABLE, f"TLS: {getattr(error, 'verify_message', '') or error.reason}")
        except TimeoutError:
            return self._broken(SendReason.TIMEOUT, f"no answer within {TIMEOUT:.0f} s")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            # smtplib makes a lost connection of an answer that did not come in time.
            late = isinstance(error.__context__, TimeoutError)
            return self._broken(SendReason.TIMEOUT if late else SendReason.UNREACHABLE, str(error) or "broken")
        finally:
            if self._smtp is not None:
                with suppress(smtplib.SMTPException, OSError):
                    self._smtp.close()

    def _broken(self, reason: SendReason, detail: str) -> Delivery:
        return Delivery(sent=False, reason=SendReason.AMBIGUOUS if self._whole else reason, detail=detail)

    def _connected(self) -> smtplib.SMTP:
        where = self._where
        if where.tls:
            return smtplib.SMTP_SSL(where.host, where.port, timeout=TIMEOUT, context=self._context)
        return smtplib.SMTP(where.host, where.port, timeout=TIMEOUT)

    def _greeted(self, smtp: smtplib.SMTP) -> None:
        where = self._where
        smtp.ehlo_or_helo_if_needed()
        if not where.tls and not where.plain:
            if smtp.has_extn("starttls"):
                # Checks the certificate by the context, and the name in it.
                smtp.starttls(context=self._context)
                smtp.ehlo_or_helo_if_needed()
            elif not _is_local(where.host):
                raise OSError("the server offers no STARTTLS; smtp+plain:// sends without")
        if where.user:
            self._log_in(smtp)

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        """Log in; what a server says to a wrong password is not passed on, as it may say it back in some coding."""
        try:
            smtp.login(self._where.user, self._where.password)
        except smtplib.SMTPAuthenticationError as error:
            raise _RefusedError(error.smtp_code, "the server does not take this user and password") from None
        except UnicodeEncodeError:
            raise _RefusedError(535, "user or password is not ASCII, which SMTP AUTH here cannot send") from None

    def _handed_in(self, smtp: smtplib.SMTP, sender: str, recipients: list[str], body: bytes) -> Delivery:
        _wants(smtp.mail(sender), 250)
        refused = []
        accepted = []
        for address in recipients:
            code, text = smtp.rcpt(address)
            if code in {250, 251}:
                accepted.append(address)
            else:
                refused.append((address, code, text.decode("utf-8", "replace")))
        if accepted:
            _wants(smtp.docmd("DATA"), 354)
            # Lines that begin with a dot have one more on the way (RFC 5321 4.5.2).
            smtp.send(re.sub(rb"(?m)^\.", b"..", body.rstrip(b"\r\n") + b"\r\n"))
            self._whole = True
            smtp.send(b".\r\n")
            answer = smtp.getreply()
            self._whole = False
            _wants(answer, 250)
            self.taken.update(accepted)
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        if refused:
            return Delivery(sent=False, reason=SendReason.REFUSED, detail=refused_words(refused))
        return Delivery(sent=True, reason=SendReason.OK)


def _wants(answer: tuple[int, bytes], code: int) -> None:
    if answer[0] != code:
        raise _RefusedError(*answer)


def _is_local(host: str) -> bool:
    with suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return host.lower() == "localhost"


def server(channel: Channel) -> Server:
    """Read `smtp://user:password@host:port`, with `smtps` or `smtp+plain` in its place. Raises ChannelError."""
    try:
        split = urlsplit(channel.url.strip())
        port = split.port
    except ValueError:
        split, port = urlsplit(""), None
    if split.scheme not in PORTS or not split.hostname or split.path.strip("/") or split.query:
        raise ChannelError(
            f"channel {channel.id!r}: its address is none such as smtp://user:password@mail.example.org:587, "
            "smtps://… or smtp+plain://…"
        )
    return Server(
        split.hostname,
        port or PORTS[split.scheme],
        unquote(split.username or ""),
        unquote(split.password or ""),
        tls=split.scheme == "smtps",
        plain=split.scheme == "smtp+plain",
    )


def envelope(channel: Channel) -> Envelope:
    """Read from whom and to whom a channel mails. Raises ChannelError."""

    def said(key: str) -> tuple[str, ...]:
        value = channel.options.get(key, ())
        return (value,) if isinstance(value, str) else value

    try:
        reply = [mailbox(one) for one in said("reply_to")]
        return Envelope(
            mailbox("".join(said("from"))),
            tuple(mailbox(one) for one in said("to")),
            tuple(mailbox(one) for one in said("cc")),
            reply[0] if reply else None,
            "".join(said("unsubscribe")),
            "".join(said("subject_prefix")),
        )
    except ValueError as error:
        raise ChannelError(f"channel {channel.id!r}: an address is not {error}") from None
