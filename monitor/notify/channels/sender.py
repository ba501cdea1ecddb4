"""The port Notifier: hands each message to the channel's kind. A new kind is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TextIO

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify.channels.command import CommandChannel
from monitor.notify.channels.console import ConsoleChannel
from monitor.notify.channels.webhook import WebhookChannel
from monitor.ports import Poster


class Kind(Protocol):
    """One way to send; serves every channel of its kind."""

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where the channel cannot be used as configured; sends nothing."""
        ...

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Send once; how it ended is the Delivery."""
        ...

    async def aclose(self) -> None:
        """Give back threads and connections."""
        ...


@dataclass(frozen=True, slots=True)
class Means:
    """What kinds may send with. `stream`: where the console channels print; `poster`: None where nothing is posted."""

    stream: TextIO
    poster: Poster | None = None


def _mail(means: Means) -> Kind:  # noqa: ARG001
    # email and smtplib take 30 ms to import.
    from monitor.notify.channels.mail import MailChannel

    return MailChannel()


def _apprise(means: Means) -> Kind:  # noqa: ARG001
    # apprise takes 20 MB and 0.1 s to import: only where a channel needs it.
    from monitor.notify.channels.apprise import AppriseChannel

    return AppriseChannel()


KINDS: dict[str, Callable[[Means], Kind]] = {
    "console": lambda means: ConsoleChannel(means.stream),
    "apprise": _apprise,
    "mail": _mail,
    "webhook": lambda means: WebhookChannel(means.poster),
    "command": lambda _: CommandChannel(),
}


class Sender:
    """Sends messages to channels of every kind, with the means of `Means`."""

    def __init__(self, stream: TextIO, poster: Poster | None = None) -> None:
        self._means = Means(stream, poster)
        self._kinds: dict[str, Kind] = {}

    def _kind(self, channel: Channel) -> Kind:
        if channel.kind not in KINDS:
            known = ", ".join(KINDS)
            raise ChannelError(f"channel {channel.id!r}: no kind {channel.kind!r}; there are: {known}")
        if channel.kind not in self._kinds:
            self._kinds[channel.kind] = KINDS[channel.kind](self._means)
        return self._kinds[channel.kind]

    def check(self, channel: Channel) -> None:
        """Raise ChannelError where the channel cannot be used as configured; sends nothing."""
        self._kind(channel).check(channel)

    async def send(self, channel: Channel, message: Message) -> Delivery:
        """Send once; never raises."""
        try:
            return await self._kind(channel).send(channel, message)
        except ChannelError as error:
            return Delivery(sent=False, reason=SendReason.BAD_CHANNEL, detail=str(error))
        except Exception as error:  # noqa: BLE001
            # One faulty channel must not stop the others; its text could hold the address.
            return Delivery(sent=False, reason=SendReason.REFUSED, detail=type(error).__name__)

    async def aclose(self) -> None:
        """Close every kind in use."""
        for kind in self._kinds.values():
            await kind.aclose()
        self._kinds.clear()
