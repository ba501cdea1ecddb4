"""A secret in every channel's address and options, and every way that a send can end: the secret is in no log, no
delivery, no traceback, no output and in no text that `db export` writes. Row 24 of the fault table.
"""

from __future__ import annotations

import base64
import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from apprise.plugins.discord import NotifyDiscord
from apprise.plugins.slack import NotifySlack
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.zulip import NotifyZulip

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Route
from monitor.notify.channels import threads
from monitor.notify.channels.sender import KINDS, Sender
from monitor.store import export
from tests import engines
from tests.bureau import Bureau
from tests.chatrooms import Chatrooms
from tests.notify.channels.test_channels import closed_port
from tests.receivers import HttpReceiver, SmtpReceiver

CANARY = "canarycanarycanarycanary"
# Where each service is found, with the secret in every place that may hold one. {s}: "s" for TLS.
ADDRESSES = {
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/{canary}",
    "discord": "discord://123456789012345678/{canary}?thread={canary}&avatar_url=https://x.invalid/{canary}",
    "telegram": "tgram://123456789:{canary}_abcdefghij/12315544/",
    "zulip": "zulip://monitor@press/{canary}canary77/desk",
    "matrix": "matrix{s}://ida:{canary}@127.0.0.1:{port}/!{canary}:127.0.0.1",
    "matrix-token": "matrix{s}://{canary}@127.0.0.1:{port}/!room:127.0.0.1",
    "teams": "workflows://127.0.0.1:{port}/{canary}/{canary}",
    "ntfy": "ntfy{s}://ida:{canary}@127.0.0.1:{port}/{canary}?email={canary}@press.invalid",
    "ntfy-token": "ntfy{s}://tk_{canary}@127.0.0.1:{port}/desk?auth=token",
    "mattermost": "mmost{s}://127.0.0.1:{port}/{canary}?channel={canary}",
    "rocketchat": "rocket{s}://{canary}/{canary}@127.0.0.1:{port}/#{canary}?mode=webhook",
    "json": "json{s}://ida:{canary}@127.0.0.1:{port}/{canary}?+Authorization={canary}&-q={canary}&:f={canary}",
    "form": "form{s}://ida:{canary}@127.0.0.1:{port}/{canary}?+X-Token={canary}",
    "xml": "xml{s}://ida:{canary}@127.0.0.1:{port}/{canary}?+X-Token={canary}",
    "gotify": "gotify{s}://127.0.0.1:{port}/{canary}",
    "mail": "mailto{s}://127.0.0.1:{port}?from=monitor@press.invalid&to={canary}@press.invalid&+X-Token={canary}",
    "mail-login": "mailto{s}://ida:{canary}@127.0.0.1:{port}?from=monitor@press.invalid&to=desk@press.invalid",
}
FIXED = {"slack", "discord", "telegram", "zulip"}


@dataclass
class Watch(logging.Handler):
    """Hears everything, from the root logger on, formatted as a log would be, with tracebacks."""

    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.DEBUG)

    def emit(self, record: logging.LogRecord) -> None:
        # The mail server of the test is the receiver's, and may say whose mail it is.
        if not record.name.startswith("mail."):
            self.heard.append(self.format(record))

    __hash__ = object.__hash__


@pytest.fixture
def log() -> Iterator[Watch]:
    watch, root = Watch(), logging.getLogger()
    before = root.level
    root.addHandler(watch)
    root.setLevel(logging.DEBUG)
    yield watch
    root.removeHandler(watch)
    root.setLevel(before)


@pytest.fixture
def everything_at_debug() -> Iterator[Callable[[], None]]:
    """Turn every logger there is to DEBUG, as somebody who looks for a fault would."""
    before: dict[logging.Logger, int] = {}

    def turn() -> None:
        for name in list(logging.root.manager.loggerDict):
            logger = logging.getLogger(name)
            before.setdefault(logger, logger.level)
            logger.setLevel(logging.DEBUG)

    yield turn
    for logger, level in before.items():
        logger.setLevel(level)


@dataclass
class Desk:
    """Sends by the real sender and keeps how each ended in a real database."""

    folder: Path
    sender: Sender = field(default_factory=lambda: Sender(io.StringIO()))
    ends: dict[str, list[Delivery]] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bureau = Bureau(self.folder, (Route("desk", ("chat",)),))

    async def send(self, name: str, channel: Channel) -> Delivery:
        """Send a new alert, and write down how that ended."""
        try:
            self.sender.check(channel)
        except ChannelError as error:
            self.raised.append(str(error) + repr(error))
        store = self.bureau.store
        self.bureau.hit(story=f"s{self.bureau.numbers}")
        from monitor import telling

        with store.transaction():
            telling.tell_due(store, self.bureau.orders, self.bureau.now, limit=10)
            [row] = store.outbox.lease(self.bureau.now, owner="me", lease=60.0, limit=10)
        delivery = await self.sender.send(channel, row.message)
        with store.transaction():
            store.outbox.mark(row, delivery, self.bureau.now, retry_at=None)
        self.ends.setdefault(name, []).append(delivery)
        return delivery

    def exported(self) -> str:
        """Everything that `db export` writes."""
        with closing(engines.readonly(self.folder / "monitor.db")) as store:
            return "".join(export.write(line) for line in export.lines(store))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.bureau.close()


def lead(patch: pytest.MonkeyPatch, base: str) -> None:
    """Let the services whose hosts are fixed be found at another."""
    patch.setattr(NotifySlack, "webhook_url", f"{base}/services")
    patch.setattr(NotifyDiscord, "notify_url", f"{base}/api/webhooks")
    patch.setattr(NotifyTelegram, "notify_url", f"{base}/bot")
    patch.setattr(NotifyZulip, "notify_url", f"{base}/api/v1/messages")


def address(name: str, port: int, *, tls: bool = False) -> str:
    return ADDRESSES[name].format(canary=CANARY, port=port, s="s" if tls else "")


SAID = (
    CANARY, f"Bearer {CANARY}", quote(f"/{CANARY}?x={CANARY}", safe=""), CANARY.upper(),
    base64.b64encode(f"ida:{CANARY}".encode()).decode(),
)  # fmt: skip
ECHO = (
    '{{"ok": false, "error": "{s}", "description": "{s}", "message": "{s}", "errcode": "{s}", "msg": "{s}"}}'.format(
        s=" ".join(SAID)
    )
).encode()


def assert_kept(desk: Desk, log: Watch, capfd: pytest.CaptureFixture[str]) -> None:
    out, err = capfd.readouterr()
    ends = "\n".join(repr(end) for ended in desk.ends.values() for end in ended)
    exported = desk.exported()
    assert "Headline" in exported
    for where, text in {
        "logs": "\n".join(log.heard), "deliveries": ends, "errors": "\n".join(desk.raised), "output": out + err,
        "export": exported,
    }.items():  # fmt: skip
        plain = base64.b64encode(f"ida:{CANARY}".encode()).decode()[8:-8]
        found = re.search(rf".*(?:canary|{plain}).*", text, re.IGNORECASE)
        assert not found, f"{where}: {found[0][:500]}"


async def test_no_answer_of_a_receiver_brings_a_secret_out(
    desk: Desk,
    log: Watch,
    everything_at_debug: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    names = [name for name in ADDRESSES if not name.startswith("mail") and name != "teams"]
    with Chatrooms() as rooms:
        for status in (200, 401, 500):
            rooms.answer = (status, b"ok" if status == 200 else ECHO)
            lead(monkeypatch, f"http://127.0.0.1:{rooms.port('slack')}")
            for name in names:
                await desk.send(name, Channel(name, url=address(name, rooms.port("slack"))))
                everything_at_debug()
    for name in names:
        if not name.startswith("matrix"):
            assert [end.sent for end in desk.ends[name]] == [True, False, False], name
    assert_kept(desk, log, capfd)


async def test_no_broken_connection_brings_a_secret_out(
    desk: Desk,
    log: Watch,
    everything_at_debug: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    dead = closed_port()
    with HttpReceiver() as plain:
        for port, tls in ((dead, False), (dead, True), (plain.port, True)):
            lead(monkeypatch, f"http{'s' if tls else ''}://127.0.0.1:{port}")
            for name in ADDRESSES:
                if not (tls and name.startswith("mail")):
                    end = await desk.send(name, Channel(name, url=address(name, port, tls=tls)))
                    assert not end.sent
                    everything_at_debug()
    assert not plain.posts
    assert_kept(desk, log, capfd)


async def test_no_mail_brings_a_secret_out(
    desk: Desk, log: Watch, everything_at_debug: Callable[[], None], capfd: pytest.CaptureFixture[str]
) -> None:
    with SmtpReceiver() as mail:
        for answer in ("250 OK", f"451 {CANARY} later", f"554 5.7.1 <{CANARY}@press.invalid>: refused"):
            mail.answer = answer
            for name in ("mail", "mail-login"):
                await desk.send(name, Channel(name, url=address(name, mail.port)))
                everything_at_debug()
        mail.refused = {f"{CANARY}@press.invalid"}
        await desk.send("mail", Channel("mail", url=address("mail", mail.port)))
    assert [end.sent for end in desk.ends["mail"]] == [True, False, False, False]
    # It offers no login.
    assert [end.sent for end in desk.ends["mail-login"]] == [False, False, False]
    assert_kept(desk, log, capfd)


async def test_no_receiver_that_hangs_brings_a_secret_out(
    desk: Desk,
    log: Watch,
    everything_at_debug: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(threads, "TIMEOUT", 0.05)
    with HttpReceiver() as hung:
        hung.hold = Event()
        lead(monkeypatch, f"http://127.0.0.1:{hung.port}")
        for name in [name for name in ADDRESSES if not name.startswith(("mail", "teams"))]:
            end = await desk.send(name, Channel(name, url=address(name, hung.port)))
            assert (end.sent, end.reason) == (False, SendReason.AMBIGUOUS), name
            everything_at_debug()
        hung.hold.set()
    assert_kept(desk, log, capfd)


async def test_an_address_that_cannot_be_used_is_not_shown(
    desk: Desk, log: Watch, everything_at_debug: Callable[[], None], capfd: pytest.CaptureFixture[str]
) -> None:
    everything_at_debug()
    for url in (CANARY, f"nosuch://{CANARY}", f"slack://{CANARY}", f"tgram://{CANARY}", f"json://{CANARY}:x:y@[::", f"file:///{CANARY}",
                f"mailto://{CANARY}", f"zulip://a@b/{CANARY}", f"workflows://{CANARY}", f"json://127.0.0.1:99999/{CANARY}?tz={CANARY}",
                f"json://x.invalid/{CANARY}?format={CANARY}&overflow={CANARY}&retry={CANARY}&wait={CANARY}&rto={CANARY}"):  # fmt: skip
        await desk.send("bad", Channel("bad", url=url))
    for kind in [*KINDS, CANARY[:1]]:
        if kind != "console":
            await desk.send(
                "bad",
                Channel(
                    "bad", kind=kind, url=f"{CANARY}", options={"secret": CANARY, "command": CANARY, "headers": CANARY}
                ),
            )
    assert len(desk.raised) >= 9
    assert_kept(desk, log, capfd)
