"""The canary in the channels that are ours: mail, webhook and command; see test_canary.py."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from threading import Event

import pytest

from monitor.fetch.client import Client
from monitor.model import Channel
from monitor.notify.channels import mail, webhook
from monitor.notify.channels.sender import KINDS, Sender
from tests.mailhost import DROP, HANG, MailHost
from tests.notify.channels.test_channels import closed_port
from tests.receivers import HttpReceiver
from tests.test_canary import CANARY, ECHO, SAID, Desk, Watch, assert_kept, desk, everything_at_debug, log  # noqa: F401


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(agent="news-monitor/1.0", deadline=2.0)
    yield made
    await made.aclose()


def hook(port: int, scheme: str = "http") -> Channel:
    options = {"secret": CANARY, "headers": (f"Authorization: Bearer {CANARY}", f"X-Token: {CANARY}")}
    return Channel("hook", "webhook", f"{scheme}://127.0.0.1:{port}/{CANARY}?key={CANARY}", options)


def test_every_kind_has_its_canary() -> None:
    assert set(KINDS) == {"console", "apprise", "mail", "webhook", "command"}


async def test_a_webhook_tells_no_secret(
    desk: Desk,  # noqa: F811
    log: Watch,  # noqa: F811
    client: Client,
    everything_at_debug: Callable[[], None],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    everything_at_debug()
    desk.sender = Sender(io.StringIO(), client)
    with HttpReceiver() as web:
        # A name and a password in base64 are what a webhook has no way to be sent but as a header of its own.
        web.body = ECHO.replace(SAID[-1].encode(), b"")
        for status in (200, 302, 401, 410, 429, 500, 502):
            web.status = status
            web.headers = {"Location": f"https://{CANARY}.invalid/{CANARY}", "Retry-After": CANARY}
            await desk.send("hook", hook(web.port))
            everything_at_debug()
        for channel in (hook(web.port, "https"), hook(closed_port()), hook(closed_port(), "https")):
            assert not (await desk.send("hook", channel)).sent
        monkeypatch.setattr(webhook, "DEADLINE", 0.2)
        web.hold = Event()
        assert not (await desk.send("hook", hook(web.port))).sent
        web.hold.set()
    assert [end.sent for end in desk.ends["hook"]] == [True] + [False] * 10
    assert_kept(desk, log, capfd)


async def test_a_command_tells_no_secret(
    desk: Desk,  # noqa: F811
    log: Watch,  # noqa: F811
    everything_at_debug: Callable[[], None],  # noqa: F811
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    everything_at_debug()
    program = tmp_path / "program"
    program.write_text('#!/bin/sh\necho "$2"\necho "$2" >&2\nexit "$1"\n')
    program.chmod(0o700)
    for code in ("0", "1", "75", "127"):
        await desk.send("own", Channel("own", "command", options={"command": (str(program), code, CANARY)}))
        everything_at_debug()
    missing = Channel("own", "command", options={"command": (f"/{CANARY}/{CANARY}", CANARY)})
    await desk.send("own", missing)
    assert [end.sent for end in desk.ends["own"]] == [True, False, False, False, False]
    assert_kept(desk, log, capfd)


async def test_a_mail_server_gets_its_password_and_nobody_else(
    desk: Desk,  # noqa: F811
    log: Watch,  # noqa: F811
    everything_at_debug: Callable[[], None],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    everything_at_debug()
    monkeypatch.setattr(mail, "TIMEOUT", 0.3)
    options = {"from": "monitor@press.invalid", "to": ("desk@press.invalid",)}
    for script in ({}, {"AUTH": f"535 {CANARY}"}, {"MAIL": f"451 {CANARY}"}, {".": DROP}, {"HELLO": HANG}):
        with MailHost(script, extension="AUTH PLAIN") as host:
            url = f"smtp://{CANARY}:{CANARY}@127.0.0.1:{host.port}"
            await desk.send("mail", Channel("mail", "mail", url, options))
            everything_at_debug()
    await desk.send("mail", Channel("mail", "mail", f"smtp://{CANARY}:{CANARY}@127.0.0.1:{closed_port()}", options))
    assert [end.sent for end in desk.ends["mail"]] == [True] + [False] * 5
    assert_kept(desk, log, capfd)
