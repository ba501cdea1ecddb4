from __future__ import annotations

import asyncio
import hmac
import io
import json
import logging
import re
import socket
import ssl
import time
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import trustme

from monitor.errors import ChannelError, FetchError, Reason, SendReason
from monitor.fetch import client as room
from monitor.fetch.client import Client
from monitor.model import Channel, Delivery, Kind, Message
from monitor.notify.channels import masked, webhook
from monitor.notify.channels.sender import Sender
from tests.notify.channels.hooks import hook
from tests.receivers import HttpReceiver

KEY = "whsec-canary-0123456789"
BODY = '{"version":1,"title":"Grüße aus Port Elm \\u2028 \U0001f4f0"}'
MESSAGE = Message("0123456789abcdef0123456789abcdef", "title", "text", payload=BODY)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    made = Client(agent="news-monitor/1.0", deadline=1.0)
    yield made
    await made.aclose()


@pytest.fixture
async def sender(client: Client) -> AsyncIterator[Sender]:
    made = Sender(io.StringIO(), client)
    yield made
    await made.aclose()


def at(port: int, path: str = "hook", **options: str | tuple[str, ...]) -> Channel:
    return Channel("hook", "webhook", f"http://127.0.0.1:{port}/{path}", options)


def outcome(delivery: Delivery) -> tuple[bool, SendReason, bool]:
    return delivery.sent, delivery.reason, delivery.retry


async def test_what_is_posted_is_the_payload_with_its_headers(sender: Sender) -> None:
    with HttpReceiver(202) as web:
        delivery = await sender.send(
            at(web.port, "a/b?c=d", headers=("Authorization: Bearer abc", "X-Two: 2")), MESSAGE
        )
    assert outcome(delivery) == (True, SendReason.OK, True)
    [(path, headers, body)] = web.posts
    assert path == "/a/b?c=d"
    assert body == BODY.encode()
    assert headers["content-type"] == "application/json"
    assert headers["x-monitor-id"] == headers["idempotency-key"] == MESSAGE.id
    assert headers["user-agent"] == "news-monitor/1.0"
    assert (headers["authorization"], headers["x-two"]) == ("Bearer abc", "2")
    assert headers["host"] == f"127.0.0.1:{web.port}"
    assert "x-monitor-signature" not in headers


async def test_a_signature_can_be_verified_and_is_made_anew_for_the_same_body(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpReceiver(503) as web:
        before = int(time.time())
        await sender.send(at(web.port, secret=KEY), MESSAGE)
        web.status = 200
        monkeypatch.setattr(webhook.time, "time", lambda: before + 3_600.7)
        await sender.send(at(web.port, secret=KEY), MESSAGE)
    (_, first, body), (_, second, again) = web.posts
    assert body == again
    assert first["idempotency-key"] == second["idempotency-key"]
    for headers, earliest in ((first, before), (second, before + 3_600)):
        signed = dict(part.split("=", 1) for part in headers["x-monitor-signature"].split(","))
        assert earliest <= int(signed["t"]) <= earliest + 60
        expected = hmac.new(KEY.encode(), signed["t"].encode() + b"." + body, sha256).hexdigest()
        assert signed["v1"] == expected


async def test_the_example_of_the_documents_verifies_what_is_sent(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (Path(__file__).parents[3] / "docs" / "webhook.md").read_text(encoding="utf-8")
    example: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], example)
    verified = example["verified"]
    with HttpReceiver() as web:
        assert (await sender.send(at(web.port, secret=KEY), MESSAGE)).sent
    [(_, headers, body)] = web.posts
    header = headers["x-monitor-signature"]
    assert verified(body, header, KEY)
    assert verified(body, header + ",v1=0", KEY)
    assert verified(body, header.replace(",", ",v1=0,"), KEY)
    assert not verified(body, header, KEY + "x")
    assert not verified(body + b" ", header, KEY)
    for forged in ("", "t=", "v1=", "t=1,v1=2", header.replace("t=", "t=1"), header[:-1], header + "\u00e9"):
        assert not verified(body, forged, KEY)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3_600)
    assert not verified(body, header, KEY)


def test_the_signature_is_that_of_openssl() -> None:
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac key
    assert webhook.signature("key", b"{}", 1_700_000_000) == (
        "t=1700000000,v1=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    )


async def test_a_message_without_a_payload_is_sent_as_one_with_its_lines_as_notes(sender: Sender) -> None:
    with HttpReceiver() as web:
        old = Message("id", "A\ntitle", "one\x1b[2J\n\ntwo \ud800", kind=Kind.UPDATE, thread="story")
        assert (await sender.send(at(web.port), old)).sent
    said = json.loads(web.posts[0][2])
    assert (said["version"], said["id"], said["kind"], said["thread"]) == (1, "id", "update", "story")
    assert (said["title"], said["notes"]) == ("A title", ["one[2J", "two \ufffd"])


# ---- statuses


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_sent(sender: Sender, status: int) -> None:
    with HttpReceiver(status) as web:
        assert outcome(await sender.send(at(web.port), MESSAGE)) == (True, SendReason.OK, True)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 422, 425, 429, 500, 501, 503, 599])
async def test_what_may_be_mended_or_pass_is_tried_again(sender: Sender, status: int) -> None:
    with HttpReceiver(status) as web:
        delivery = await sender.send(at(web.port), MESSAGE)
    assert outcome(delivery) == (False, SendReason.REFUSED, True)
    assert delivery.detail == f"HTTP {status}"
    assert len(web.posts) == 1


@pytest.mark.parametrize("status", [410, 413])
async def test_gone_and_too_large_are_final(sender: Sender, status: int) -> None:
    with HttpReceiver(status) as web:
        assert outcome(await sender.send(at(web.port), MESSAGE)) == (False, SendReason.REFUSED, False)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_without_a_good_answer_says_that_it_may_have_arrived(sender: Sender, status: int) -> None:
    with HttpReceiver(status) as web:
        assert outcome(await sender.send(at(web.port), MESSAGE)) == (False, SendReason.AMBIGUOUS, True)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(sender: Sender, status: int) -> None:
    with HttpReceiver() as other, HttpReceiver(status) as web:
        web.headers = {"Location": f"http://127.0.0.1:{other.port}/stolen"}
        delivery = await sender.send(at(web.port), MESSAGE)
    assert outcome(delivery) == (False, SendReason.REFUSED, True)
    assert "redirects are not followed" in delivery.detail
    assert "stolen" not in delivery.detail
    assert not other.posts


@pytest.mark.parametrize(
    ("status", "asks", "seconds"),
    [
        (429, "120", 120.0),
        (503, "0", 0.0),
        (503, "999999999", 86_400.0),
        (429, "soon", None),
        (429, "-5", None),
        (500, "120", None),
        (404, "120", None),
    ],
)
async def test_retry_after_in_seconds(sender: Sender, status: int, asks: str, seconds: float | None) -> None:
    with HttpReceiver(status) as web:
        web.headers = {"Retry-After": asks}
        assert (await sender.send(at(web.port), MESSAGE)).retry_after == seconds


async def test_retry_after_as_a_date(sender: Sender) -> None:
    with HttpReceiver(503) as web:
        web.headers = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)}
        asked = (await sender.send(at(web.port), MESSAGE)).retry_after
        assert asked is not None
        assert 290 < asked <= 301
        web.headers = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
        assert (await sender.send(at(web.port), MESSAGE)).retry_after == 0


# ---- connections


async def _hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def _drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    pass


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()


async def _babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()
    await reader.read()


async def _heads_for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-A: b\r\n" * 1_000)
        await writer.drain()


@pytest.mark.parametrize("act", [_hang, _drop, _half, _babble, _heads_for_ever])
async def test_what_was_sent_and_not_answered_is_ambiguous(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, act: object
) -> None:
    monkeypatch.setattr(webhook, "DEADLINE", 0.3)
    async with hook(act) as (port, bodies):
        delivery = await sender.send(at(port), MESSAGE)
        # Once: a connection that broke is not replaced by another.
        assert bodies == [BODY.encode()]
    assert outcome(delivery) == (False, SendReason.AMBIGUOUS, True)
    assert delivery.detail


async def test_a_connection_that_closes_before_the_body_was_read_may_still_have_had_it(sender: Sender) -> None:
    async def head_alone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with hook(head_alone, whole=False) as (port, _):
        delivery = await sender.send(at(port), MESSAGE)
    # The body had been begun; nobody can say how much of it went out.
    assert outcome(delivery) == (False, SendReason.AMBIGUOUS, True)


async def test_a_closed_port_is_unreachable(sender: Sender) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    delivery = await sender.send(at(port), MESSAGE)
    assert outcome(delivery) == (False, SendReason.UNREACHABLE, True)
    assert delivery.detail.startswith("connect:")


async def test_a_time_out_before_the_request_is_no_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(host: str) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(webhook, "DEADLINE", 0.1)
    client = Client(agent="a", resolve=never)
    delivery = await Sender(io.StringIO(), client).send(Channel("h", "webhook", "http://hook.invalid/"), MESSAGE)
    await client.aclose()
    assert outcome(delivery) == (False, SendReason.TIMEOUT, True)


async def test_a_name_that_is_not_found_is_unreachable_and_not_shown() -> None:
    async def nowhere(host: str) -> list[str]:
        raise FetchError(Reason.DNS, f"{host}: not found")

    client = Client(agent="a", resolve=nowhere)
    delivery = await Sender(io.StringIO(), client).send(Channel("h", "webhook", "https://canary.invalid/"), MESSAGE)
    await client.aclose()
    assert outcome(delivery) == (False, SendReason.UNREACHABLE, True)
    assert delivery.detail == "dns: ***: not found"


async def test_tls_that_cannot_be_trusted_sends_nothing(sender: Sender) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    asked = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        delivery = await sender.send(Channel("h", "webhook", f"https://127.0.0.1:{port}/"), MESSAGE)
    assert outcome(delivery) == (False, SendReason.UNREACHABLE, True)
    assert delivery.detail.startswith("tls_untrusted")
    assert not any(asked)


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 500 X\r\n\r\n")
    while True:
        writer.write(b"no more disk\n" * 10_000)
        await writer.drain()


async def test_a_large_answer_is_left_unread(sender: Sender) -> None:
    async with hook(_endless) as (port, _):
        delivery = await sender.send(at(port), MESSAGE)
    assert outcome(delivery) == (False, SendReason.REFUSED, True)
    assert delivery.detail.startswith("HTTP 500: no more disk no more")
    assert len(delivery.detail) < 220


@pytest.mark.parametrize("cut", [False, True])
async def test_a_slow_or_broken_body_does_not_change_what_the_status_said(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, cut: bool
) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
        await writer.drain()
        if not cut:
            await reader.read()

    monkeypatch.setattr(room, "ANSWER_TIME", 0.1)
    async with hook(drip) as (port, _):
        assert outcome(await sender.send(at(port), MESSAGE)) == (True, SendReason.OK, True)


async def test_one_that_hangs_holds_no_other_not_even_of_its_own_origin(sender: Sender) -> None:
    with HttpReceiver() as web:
        web.hold = Event()
        slow = [asyncio.create_task(sender.send(at(web.port, "slow"), MESSAGE)) for _ in range(5)]
        while len(web.posts) < 5:
            await asyncio.sleep(0.01)
        held, web.hold = web.hold, None
        assert (await sender.send(at(web.port, "quick"), MESSAGE)).sent
        assert not any(task.done() for task in slow)
        held.set()
        assert all(delivery.sent for delivery in await asyncio.gather(*slow))


async def test_what_is_cancelled_closes_its_connection(sender: Sender) -> None:
    closed = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()

    async with hook(watch) as (port, bodies):
        task = asyncio.create_task(sender.send(at(port), MESSAGE))
        while not bodies:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(closed.wait(), 5)


# ---- addresses


@pytest.mark.parametrize(
    "url", ["", "hook", "//host/x", "ftp://host/x", "json://host/x", "http://", "https://ida:canary77@host/x"]
)
async def test_an_address_that_cannot_be_posted_to_is_refused_without_being_shown(sender: Sender, url: str) -> None:
    channel = Channel("desk", "webhook", url)
    with pytest.raises(ChannelError) as caught:
        sender.check(channel)
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.BAD_CHANNEL)
    for text in (str(caught.value), delivery.detail):
        assert "desk" in text
        assert "canary77" not in text


async def test_a_port_of_another_protocol_is_no_web_address(sender: Sender) -> None:
    delivery = await sender.send(Channel("desk", "webhook", "http://127.0.0.1:25/canary77"), MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.BAD_CHANNEL)
    assert "port 25" in delivery.detail


async def test_metadata_of_a_cloud_is_not_posted_to_and_nothing_private_without_being_asked(client: Client) -> None:
    with pytest.raises(FetchError) as caught:
        await client.post("http://169.254.169.254/latest", b"", (), deadline=1, private=True)
    assert (caught.value.reason, caught.value.sent) == (Reason.BLOCKED_ADDRESS, False)
    with HttpReceiver() as web, pytest.raises(FetchError) as caught:
        await client.post(f"http://127.0.0.1:{web.port}/", b"", (), deadline=1)
    assert (caught.value.reason, web.posts) == (Reason.BLOCKED_ADDRESS, [])


async def test_without_a_client_nothing_is_sent() -> None:
    delivery = await Sender(io.StringIO()).send(at(80), MESSAGE)
    assert (delivery.sent, delivery.reason) == (False, SendReason.BAD_CHANNEL)


# ---- secrets

URL = "http://127.0.0.1:{port}/services/T0KENcanary/x?key=qu3ry%20canary"
HEADERS = ("Authorization: Bearer be4rer-canary", "X-Api-Key: k3y/canary+\u007e")
CANARIES = ("t0kencanary", "qu3ry", "be4rer-canary", "k3y/canary", "k3y%2fcanary", "whsec-canary")


async def test_a_receiver_that_says_secrets_back_is_not_quoted(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = (
        f"bad T0KENcanary / qu3ry canary / QU3RY%20CANARY / be4rer-canary / k3y%2Fcanary%2B~ / {KEY} / {KEY.upper()}"
        ' {"url": "\\/services\\/T0KENcanary"} and the rest'
    )

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = said.encode()
        head = f"HTTP/1.1 403 {KEY}\r\nX-Echo: {KEY} T0KENcanary\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()

    async with hook(echo) as (port, _):
        channel = Channel("hook", "webhook", URL.format(port=port), {"secret": KEY, "headers": HEADERS})
        delivery = await Sender(io.StringIO(), client).send(channel, MESSAGE)
    assert outcome(delivery) == (False, SendReason.REFUSED, True)
    assert delivery.detail.startswith("HTTP 403: bad ***")
    assert "and the rest" in delivery.detail
    for text in (repr(delivery), repr(channel), caplog.text):
        assert not [canary for canary in CANARIES if canary in text.lower()]


@pytest.mark.parametrize("act", [_hang, _drop, _babble, None])
async def test_no_failure_shows_a_secret(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, act: object
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(webhook, "DEADLINE", 0.2)
    async with hook(act or _drop) as (port, _):
        url = URL.format(port=port if act else 1)
        channel = Channel("hook", "webhook", url, {"secret": KEY, "headers": HEADERS})
        delivery = await Sender(io.StringIO(), client).send(channel, MESSAGE)
        headers = [("X-Api-Key", HEADERS[1].split()[1])]
        with pytest.raises(FetchError) as caught:
            await client.post(url, b"x", headers, deadline=0.2, private=True)
    assert not delivery.sent
    trace = "".join(traceback.format_exception(caught.value))
    for text in (repr(delivery), trace, caplog.text):
        assert not [canary for canary in CANARIES if canary in text.lower()]


def test_short_words_are_left_and_clean_text_stays() -> None:
    assert (
        masked.detail("the hook says\x1b[2J no\u202e @everyone", {"hook", ""}) == "the hook says[2J no @\u2060everyone"
    )


async def test_a_page_for_people_is_not_quoted(sender: Sender) -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 23\r\n\r\n<html><title>no</title>")
        await writer.drain()

    async with hook(page) as (port, _):
        assert (await sender.send(at(port), MESSAGE)).detail == "HTTP 404"
