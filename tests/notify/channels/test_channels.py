from __future__ import annotations

import asyncio
import io
import json
import logging
import socket
from collections import Counter
from collections.abc import AsyncIterator
from threading import Event
from urllib.parse import parse_qs, unquote_plus

import pytest

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Message
from monitor.notify.channels import apprise, threads
from monitor.notify.channels.sender import Sender
from tests.notify.channels.hooks import hook
from tests.receivers import HttpReceiver, SmtpReceiver

MESSAGE = Message(
    "0123456789abcdef",
    "NATO: Grüße aus Port Elm & <Oak>",
    "plain *NATO* text\nhttps://gazette.invalid/1",
    "**NATO** markdown",
    '<p>html <strong>NATO</strong> body</p><p><a href="https://gazette.invalid/1">https://gazette.invalid/1</a></p>',
)


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    made = Sender(io.StringIO())
    yield made
    await made.aclose()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_mail_has_both_bodies_and_the_id(sender: Sender) -> None:
    with SmtpReceiver() as mail:
        delivery = await sender.send(Channel("desk", url=mail.url()), MESSAGE)
    assert delivery.sent
    assert delivery.reason is SendReason.OK
    [message] = mail.messages
    assert message["X-Monitor-Id"] == MESSAGE.id
    assert message["Subject"] == MESSAGE.title
    assert message["To"] == "desk@press.invalid"
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "NATO" in plain.get_content()
    assert "https://gazette.invalid/1" in plain.get_content()
    assert html.get_content().strip() == MESSAGE.html


async def test_each_send_is_one_mail_and_none_waits_for_another(sender: Sender) -> None:
    with SmtpReceiver() as mail:
        channel = Channel("desk", url=mail.url())
        done = await asyncio.gather(*(sender.send(channel, MESSAGE) for _ in range(4)))
    assert all(delivery.sent for delivery in done)
    assert len(mail.messages) == 4


async def test_a_subject_cannot_add_headers(sender: Sender) -> None:
    nasty = Message("id", "A\r\nBcc: spy@evil.invalid\r\n\r\nbody\x00", "text", html="<p>x</p>")
    with SmtpReceiver() as mail:
        assert (await sender.send(Channel("desk", url=mail.url()), nasty)).sent
    [message] = mail.messages
    assert message["Bcc"] is None
    assert mail.recipients == [["desk@press.invalid"]]
    assert message["Subject"] == "A Bcc: spy@evil.invalid body"


@pytest.mark.parametrize("answer", ["451 try later", "550 no such mailbox"])
async def test_a_mail_that_is_refused_is_tried_again(sender: Sender, answer: str) -> None:
    with SmtpReceiver(answer) as mail:
        delivery = await sender.send(Channel("desk", url=mail.url()), MESSAGE)
        assert (delivery.sent, delivery.reason, delivery.retry) == (False, SendReason.REFUSED, True)
        mail.answer = "250 OK"
        assert (await sender.send(Channel("desk", url=mail.url()), MESSAGE)).sent
    assert len(mail.messages) == 1


async def test_the_next_try_goes_only_to_those_who_have_no_mail_yet(sender: Sender) -> None:
    with SmtpReceiver() as mail:
        channel = Channel("desk", url=mail.url("ida@press.invalid", "tom@press.invalid"))
        mail.refused = {"tom@press.invalid"}
        assert not (await sender.send(channel, MESSAGE)).sent
        assert not (await sender.send(channel, MESSAGE)).sent
        mail.refused.clear()
        assert (await sender.send(channel, MESSAGE)).sent
        assert mail.recipients == [["ida@press.invalid"], ["tom@press.invalid"]]
        assert (await sender.send(channel, MESSAGE)).sent
    assert len(mail.recipients) == 4


@pytest.mark.parametrize("scheme", ["json", "xml", "form"])
async def test_a_webhook_gets_text_and_the_id(sender: Sender, scheme: str) -> None:
    with HttpReceiver() as web:
        assert (await sender.send(Channel("hook", url=web.url("a/b", scheme)), MESSAGE)).sent
    [(path, headers, body)] = web.posts
    assert path == "/a/b"
    assert headers["x-monitor-id"] == MESSAGE.id
    if scheme == "json":
        posted = json.loads(body)
        assert (posted["title"], posted["message"]) == (MESSAGE.title, MESSAGE.text)
    elif scheme == "form":
        assert parse_qs(body.decode())["message"] == [MESSAGE.text]
    else:
        assert b"&lt;Oak&gt;" in body


async def test_the_format_of_the_address_is_obeyed(sender: Sender) -> None:
    with HttpReceiver() as web:
        for form in ("markdown", "html"):
            assert (await sender.send(Channel("hook", url=web.url(options=f"?format={form}")), MESSAGE)).sent
    assert [json.loads(body)["message"] for _, _, body in web.posts] == [MESSAGE.markdown, MESSAGE.html]


@pytest.mark.parametrize("status", [500, 503, 429, 404])
async def test_an_http_error_is_one_attempt_to_be_repeated_later(sender: Sender, status: int) -> None:
    with HttpReceiver(status) as web:
        # What the address asks for does not count: retries are ours, and a failure is one.
        url = web.url(options="?retry=3&wait=0&optional=yes")
        delivery = await sender.send(Channel("hook", url=url), MESSAGE)
    assert (delivery.sent, delivery.reason, delivery.retry) == (False, SendReason.REFUSED, True)
    assert f"HTTP {status}" in delivery.detail
    assert len(web.posts) == 1


async def test_redirects_are_not_followed(sender: Sender) -> None:
    with HttpReceiver() as other, HttpReceiver(302) as web:
        web.headers = {"Location": f"http://127.0.0.1:{other.port}/stolen"}
        assert not (await sender.send(Channel("hook", url=web.url(options="?redirect=yes")), MESSAGE)).sent
    assert len(web.posts) == 1
    assert not other.posts


async def test_a_long_message_is_split_where_the_receiver_has_a_limit(sender: Sender) -> None:
    with HttpReceiver() as web:
        long = Message("id", "t", "line of text\n" * 5_000, "line of text\n" * 5_000)
        assert (await sender.send(Channel("hook", url=f"mmost://127.0.0.1:{web.port}/token"), long)).sent
    assert len(web.posts) > 1
    assert sum(json.loads(body)["text"].count("line of text") for _, _, body in web.posts) == 5_000


@pytest.mark.parametrize("scheme", ["json", "xml", "form"])
async def test_what_is_counted_by_its_id_comes_in_one_piece(sender: Sender, scheme: str) -> None:
    with HttpReceiver() as web:
        long = Message("id", "t", "line of text\n" * 5_000)
        assert (await sender.send(Channel("hook", url=web.url(scheme=scheme)), long)).sent
    [(_, headers, body)] = web.posts
    assert headers["x-monitor-id"] == "id"
    assert unquote_plus(body.decode()).count("line of text") == 5_000


@pytest.mark.parametrize(
    "address",
    [
        "json://ida:hunter2xyz@127.0.0.1:{port}/services/T0KENSECRET?+Auth=canary77",
        "mailto://ida:hunter2xyz@127.0.0.1:{port}?from=a@press.invalid&to=canary77@press.invalid",
        "mmost://127.0.0.1:{port}/hunter2xyzT0KENSECRETcanary77",
    ],
)
async def test_a_dead_port_is_tried_again_and_tells_no_secret(
    sender: Sender, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = Channel("desk", url=address.format(port=closed_port()))
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.sent, delivery.reason, delivery.retry) == (False, SendReason.UNREACHABLE, True)
    for secret in ("hunter2xyz", "T0KENSECRET", "canary77"):
        assert secret.lower() not in (delivery.detail + caplog.text + repr(channel)).lower()


async def test_successful_sends_log_no_secret_either(sender: Sender, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with HttpReceiver() as web:
        assert (await sender.send(Channel("hook", url=web.url("services/T0KENSECRET")), MESSAGE)).sent
    assert "T0KENSECRET" not in caplog.text


async def test_a_receiver_that_hangs_is_left_and_holds_nobody_up(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "TIMEOUT", 0.3)
    with HttpReceiver() as hung, HttpReceiver() as good:
        hung.hold = Event()
        slow = [asyncio.create_task(sender.send(Channel("slow", url=hung.url()), MESSAGE)) for _ in range(5)]
        await asyncio.wait(slow)
        ends = [task.result() for task in slow]
        assert {(one.sent, one.retry) for one in ends} == {(False, True)}
        # Two have begun and may arrive.
        assert Counter(one.reason for one in ends) == {SendReason.AMBIGUOUS: apprise.THREADS, SendReason.TIMEOUT: 3}
        monkeypatch.setattr(threads, "TIMEOUT", 10)
        assert (await sender.send(Channel("good", url=good.url()), MESSAGE)).sent
        hung.hold.set()
    # What had not begun when its time was up never began.
    assert len(hung.posts) == apprise.THREADS


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "no scheme"),
        ("xoxb-canary77", "no scheme"),
        ("file:///tmp/canary77", "file://"),
        ("windows://canary77", "windows://"),
        ("nosuch://canary77", "nosuch://"),
        ("slack://canary77", "slack://"),
        ("mailto://127.0.0.1?from=a@press.invalid&to=canary77", "recipient"),
    ],
)
async def test_an_address_that_cannot_work_is_refused_without_being_shown(sender: Sender, url: str, says: str) -> None:
    channel = Channel("desk", url=url)
    with pytest.raises(ChannelError) as error:
        sender.check(channel)
    assert "'desk'" in str(error.value)
    assert says in str(error.value)
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.BAD_CHANNEL)
    assert "canary77" not in str(error.value) + delivery.detail


def test_good_addresses_pass_the_check_without_a_message() -> None:
    sender = Sender(io.StringIO())
    with HttpReceiver() as web:
        sender.check(Channel("hook", url=web.url()))
        sender.check(Channel("out", kind="console"))
        sender.check(Channel("chat", url="tgram://123456789:abcdefg_hijklmnopqrstuvwxyzabcdefg/12315544/"))
    assert not web.posts


@pytest.mark.parametrize(
    ("url", "title", "body"),
    [
        ("tgram://123456789:abcdefg_hijklmnopqrstuvwxyzabcdefg/1/", "&lt;Oak&gt;", MESSAGE.html),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#desk", "<Oak>", MESSAGE.markdown),
        ("mmost://chat.invalid/3ccdd113474722377935511fc85d3dd4", "\\<Oak\\>", MESSAGE.markdown),
        ("ntfys://desk-topic", "<Oak>", MESSAGE.text),
    ],
)
def test_each_service_gets_the_format_it_shows(url: str, title: str, body: str) -> None:
    service = apprise._service(Channel("c", url=url))
    shown = apprise._content(service, MESSAGE)
    assert shown[0].endswith(title)
    assert shown[1] == body


async def test_the_console_prints_clean_text() -> None:
    out = io.StringIO()
    delivery = await Sender(out).send(
        Channel("out", kind="console"), Message("id", "T\x1b[2Jitle", "body \x9b31m\u202ered\nline two")
    )
    assert delivery.sent
    assert out.getvalue() == "T[2Jitle\n\nbody 31mred\nline two\n\n"


async def test_the_console_survives_a_closed_stream_and_a_narrow_encoding() -> None:
    closed = io.StringIO()
    closed.close()
    delivery = await Sender(closed).send(Channel("out", kind="console"), MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.UNREACHABLE)
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert (await Sender(ascii_only).send(Channel("out", kind="console"), MESSAGE)).sent


async def test_an_unknown_kind_is_a_bad_channel(sender: Sender) -> None:
    channel = Channel("desk", kind="pigeon")
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.BAD_CHANNEL)
    assert "console, apprise" in delivery.detail
    with pytest.raises(ChannelError):
        sender.check(channel)


async def test_what_went_out_and_was_not_answered_may_have_arrived(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apprise, "READ_TIMEOUT", 0.3)

    async def drop(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        """Close without a word."""

    async def hold(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(10)

    for act in (drop, hold):
        async with hook(act) as (port, bodies):
            delivery = await sender.send(Channel("chat", url=f"json://127.0.0.1:{port}/?rto=0.3"), MESSAGE)
            assert (delivery.sent, delivery.reason, len(bodies)) == (False, SendReason.AMBIGUOUS, 1)
    delivery = await sender.send(Channel("chat", url=f"json://127.0.0.1:{closed_port()}/"), MESSAGE)
    assert delivery.reason is SendReason.UNREACHABLE
