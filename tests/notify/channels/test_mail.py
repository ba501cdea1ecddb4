"""The mail channel, against servers on loopback: what arrives, how mails thread, and how each failure ends."""

from __future__ import annotations

import logging
import re
import ssl
from base64 import b64encode
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import trustme

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Kind, Message
from monitor.notify.channels import mail as door
from monitor.notify.channels.mail import MailChannel
from monitor.notify.sample import samples
from tests.mailhost import DROP, HANG, MailHost
from tests.receivers import SmtpReceiver

PASSWORD = "s3cret-c4nary/with @signs"
ALERT = samples()[Kind.ALERT]
BASE = {"from": "Monitor <monitor@press.invalid>", "to": ("Desk <desk@press.invalid>",)}


def channel(port: int, scheme: str = "smtp", host: str = "127.0.0.1", user: str = "", **options) -> Channel:
    return Channel("desk", "mail", f"{scheme}://{user}{host}:{port}", BASE | options)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def server_context(authority, name="localhost"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def sent_to(host: MailHost, message: Message = ALERT, *, context=None, **fields):
    return await MailChannel(context).send(channel(host.port, **fields), message)


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


async def test_a_mail_has_two_parts_and_says_whose_it_is() -> None:
    with SmtpReceiver() as host:
        options = {
            "cc": ("boss@press.invalid",), "reply_to": "ed@press.invalid", "subject_prefix": "[monitor]",
            "unsubscribe": "mailto:leave@press.invalid",
        }  # fmt: skip
        assert (await MailChannel().send(channel(host.port, **options), ALERT)).sent
    (got,), (to,) = host.messages, host.recipients
    assert sorted(to) == ["boss@press.invalid", "desk@press.invalid"]
    assert got["Subject"] == f"[monitor] {ALERT.title}"
    assert (got["From"], got["To"], got["Reply-To"]) == (
        "Monitor <monitor@press.invalid>", "Desk <desk@press.invalid>", "ed@press.invalid",
    )  # fmt: skip
    assert got["Message-ID"] == f"<{ALERT.id}@press.invalid>"
    assert (got["X-Monitor-Id"], got["Auto-Submitted"]) == (ALERT.id, "auto-generated")
    assert got["List-Unsubscribe"] == "<mailto:leave@press.invalid>"
    assert got["List-Id"] == "<desk.monitor.press.invalid>"
    text, page = got.get_body(("plain",)), got.get_body(("html",))
    assert text.get_content().replace("\r\n", "\n").strip() == ALERT.text.strip()
    assert "<strong>coalition of the willing</strong>" in page.get_content()
    assert max(map(len, host.raw[0].split(b"\r\n"))) < 998


async def test_the_mails_of_a_story_are_one_thread() -> None:
    with SmtpReceiver() as host:
        mails = MailChannel()
        for message in (ALERT, samples()[Kind.UPDATE], replace(ALERT, id="f" * 32, thread="other")):
            assert (await mails.send(channel(host.port), message)).sent
    roots = [got["References"] for got in host.messages]
    assert roots[0] == roots[1] != roots[2]
    assert [got["In-Reply-To"] for got in host.messages] == roots
    assert len({got["Message-ID"] for got in host.messages}) == 3


async def test_long_domains_and_addresses_stay_as_they_are_in_headers() -> None:
    domain, leave = f"{'a' * 60}.example", "https://press.invalid/" + "t0" * 60
    with MailHost() as host:
        options = {"from": f"monitor@{domain}", "unsubscribe": leave}
        assert (await MailChannel().send(channel(host.port, **options), ALERT)).sent
    for name in (b"Message-ID", b"In-Reply-To", b"References", b"List-Id"):
        assert re.search(rb"^" + name + rb": <[^ ?=]+" + domain.encode() + rb">\r$", host.mails[0], re.MULTILINE)
    assert f"List-Unsubscribe: <{leave}>\r\n".encode() in host.mails[0]


async def test_a_password_that_cannot_be_sent_says_so_without_a_letter_of_it(authority, trusting) -> None:
    with MailHost(tls=server_context(authority), extension="AUTH PLAIN") as host:
        delivery = await MailChannel(trusting).send(channel(host.port, "smtps", "localhost", user="u:p%C3%BC@"), ALERT)
    assert (delivery.reason, delivery.detail) == (
        SendReason.REFUSED, "535 user or password is not ASCII, which SMTP AUTH here cannot send",
    )  # fmt: skip


@pytest.mark.parametrize(
    "title",
    [
        "News\r\nBcc: all@press.invalid\r\n\r\nbody", "News\u2028Bcc: x", "lone \ud83d surrogate", "nul \0 here",
        "Длинный заголовок " * 40, "=?utf-8?q?Bcc=3A_all=40press=2Einvalid?=", "😀" * 300, "", ". dot",
        "\u202egnirts", "x" * 5_000,
    ],
)  # fmt: skip
async def test_no_title_writes_headers_or_loses_a_mail(title: str) -> None:
    told = replace(
        ALERT, title=title, text=f".{title}\n.\nend", html=f"<p>{title.encode('utf-8', 'replace').decode()}</p>"
    )
    with MailHost() as host:
        delivery = await sent_to(host, told)
        assert delivery.sent, delivery
    got = read(host.mails[0])
    assert set(got.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "X-Monitor-Id", "Auto-Submitted",
        "List-Id", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert "Bcc: all@press.invalid" not in got["Subject"].split("\n")
    assert max(map(len, host.mails[0].split(b"\r\n"))) < 998
    assert got.get_body(("plain",)).get_content().rstrip().endswith("end")
    assert [line for line in host.said if line.startswith("RCPT")] == ["RCPT TO:<desk@press.invalid>"]


@pytest.mark.parametrize(
    ("script", "reason", "said"),
    [
        ({"HELLO": "421 too busy"}, SendReason.REFUSED, "421 too busy"),
        ({"MAIL": "451 later"}, SendReason.REFUSED, "451 later"),
        ({"RCPT": "550 no such user"}, SendReason.REFUSED, "desk@press.invalid: 550 no such user"),
        ({"DATA": "554 not here"}, SendReason.REFUSED, "554 not here"),
        ({".": "552 mailbox full"}, SendReason.REFUSED, "552 mailbox full"),
        ({".": "451 try later"}, SendReason.REFUSED, "451 try later"),
        ({"HELLO": DROP}, SendReason.UNREACHABLE, ""),
        ({"MAIL": DROP}, SendReason.UNREACHABLE, ""),
        ({"DATA": DROP}, SendReason.UNREACHABLE, ""),
        ({".": DROP}, SendReason.AMBIGUOUS, ""),
        ({"HELLO": HANG}, SendReason.TIMEOUT, "timed out"),
        ({"RCPT": HANG}, SendReason.TIMEOUT, "timed out"),
        ({".": HANG}, SendReason.AMBIGUOUS, "timed out"),
    ],
)
async def test_each_failure_ends_as_what_it_was(monkeypatch, script, reason, said) -> None:
    monkeypatch.setattr(door, "TIMEOUT", 0.3)
    with MailHost(script) as host:
        delivery = await sent_to(host)
    assert (delivery.sent, delivery.reason, delivery.retry) == (False, reason, True)
    assert said in delivery.detail


async def test_nobody_there_is_unreachable() -> None:
    with MailHost() as host:
        port = host.port
    delivery = await MailChannel().send(channel(port), ALERT)
    assert (delivery.sent, delivery.reason) == (False, SendReason.UNREACHABLE)


async def test_who_has_a_mail_does_not_get_it_again_with_who_was_refused() -> None:
    people = ("a@press.invalid", "b@press.invalid", "c@press.invalid")
    with MailHost({"RCPT TO:<b@press.invalid>": "451 greylisted", "RCPT TO:<c@press.invalid>": "550 unknown"}) as host:
        mails, to = MailChannel(), channel(host.port, to=people)
        first = await mails.send(to, ALERT)
        assert (first.sent, first.detail) == (
            False, "b@press.invalid: 451 greylisted; c@press.invalid: 550 unknown",
        )  # fmt: skip
        host.said.clear()
        host.script = {}
        assert (await mails.send(to, ALERT)).sent
    assert [line for line in host.said if line.startswith("RCPT")] == [
        "RCPT TO:<b@press.invalid>", "RCPT TO:<c@press.invalid>",
    ]  # fmt: skip
    assert len(host.mails) == 2


@pytest.mark.parametrize(("scheme", "starttls"), [("smtps", False), ("smtp", True)])
async def test_a_certificate_is_checked(authority, trusting, scheme: str, starttls: bool) -> None:
    with MailHost(tls=server_context(authority), starttls=starttls) as host:
        to = channel(host.port, scheme, "localhost")
        assert (await MailChannel(trusting).send(to, ALERT)).sent
        stranger = await MailChannel(ssl.create_default_context()).send(to, ALERT)
        assert (stranger.reason, stranger.detail[:4]) == (SendReason.UNREACHABLE, "TLS:")
    with MailHost(tls=server_context(authority, "other.invalid"), starttls=starttls) as host:
        wrong = await MailChannel(trusting).send(channel(host.port, scheme, "localhost"), ALERT)
        assert (wrong.sent, wrong.reason) == (False, SendReason.UNREACHABLE)
        assert "Hostname mismatch" in wrong.detail
    assert host.mails == []


async def test_a_password_goes_to_the_server_and_nowhere_else(authority, trusting, caplog, capfd) -> None:
    from urllib.parse import quote

    caplog.set_level(logging.DEBUG)
    coded = b64encode(f"\0desk\0{PASSWORD}".encode()).decode()
    for script, sent in (({}, True), ({"AUTH": f"535 no, {PASSWORD} is wrong, and {coded}"}, False)):
        with MailHost(script, tls=server_context(authority), extension="AUTH PLAIN") as host:
            to = channel(host.port, "smtps", "localhost", user=f"desk:{quote(PASSWORD, '')}@")
            delivery = await MailChannel(trusting).send(to, ALERT)
            assert delivery.sent is sent
            assert "535" in delivery.detail or sent
            assert any(line.startswith("AUTH PLAIN ") for line in host.said)
        said = [delivery.detail, repr(to), repr(delivery), caplog.text, *capfd.readouterr()]
        assert not any("s3cret" in one or "c4nary" in one or coded[8:20] in one for one in said)


async def test_no_password_without_tls_to_another_machine(monkeypatch) -> None:
    with MailHost() as host:
        monkeypatch.setattr(door, "_is_local", lambda _: False)
        delivery = await sent_to(host, user="u:p@")
        assert (delivery.sent, "no STARTTLS" in delivery.detail) == (False, True)
        assert not any(line.startswith(("AUTH", "MAIL")) for line in host.said)
        assert (await sent_to(host, scheme="smtp+plain")).sent


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("http://mail.example.org", {}),
        ("smtp://", {}),
        ("smtp://mail.example.org:port", {}),
        ("smtp://mail.example.org/path", {}),
        ("smtp://mail.example.org", {"from": "nobody"}),
        ("smtp://mail.example.org", {"to": ("a@b.example\nBcc: c@d.example",)}),
        ("smtp://mail.example.org", {"to": ("дежурный@example.org",)}),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(url: str, options) -> None:
    with pytest.raises(ChannelError, match="channel 'desk'"):
        MailChannel().check(Channel("desk", "mail", url, BASE | options))


async def test_a_domain_of_any_script_is_reached_by_its_ascii_form() -> None:
    with MailHost() as host:
        assert (await sent_to(host, to=("desk@bücher.example",))).sent
    assert "RCPT TO:<desk@xn--bcher-kva.example>" in host.said
