"""What an outlet writes comes through every channel harmless, and comes through: rows 25 to 28 of the fault table."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trustme

from monitor.cli import formats
from monitor.model import Alert, Channel, Evidence, Hit, Message, Outlet, Rule, Source, Standing
from monitor.notify import chat, escape
from monitor.notify.channels import apprise
from monitor.notify.channels.sender import Sender
from monitor.notify.content import Names, alert
from monitor.notify.render import message
from monitor.outlets import table
from monitor.views import ArticleRow, HitRow
from monitor.views_alerts import DueAlert
from tests import chatrooms
from tests.chatrooms import TAKE, Chatrooms, Post
from tests.naughty import NAUGHTY, SCHEMES, TEMPLATES
from tests.notify.test_render import Seen
from tests.receivers import SmtpReceiver

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"
URL = "https://gazette.invalid/1"
OTHER = "https://paper.invalid/2"
READERS = {
    "NotifySlack": chatrooms.slack,
    "NotifyDiscord": chatrooms.discord,
    "NotifyGuilded": chatrooms.discord,
    "NotifyTelegram": chatrooms.telegram,
    "NotifyMatrix": chatrooms.matrix,
    "NotifyWorkflows": chatrooms.teams,
    "NotifyMattermost": chatrooms.mattermost,
    "NotifyRocketChat": lambda text: chatrooms.bare(text, "rocketchat"),
    "NotifyZulip": lambda text: chatrooms.bare(text, "zulip"),
}
# C0 but newline, C1, reordering marks, surrogates: no reader of a message may get one.
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def told(naughty: str, address: str = URL) -> Message:
    """A message of one article and one more in which a string stands everywhere that words of others can."""
    sentence = f"The ferry {naughty[:400]} closes."
    found = (
        Evidence("c", "body", (0, 1), quote=sentence, mark=(4, 4 + len("ferry ") + len(naughty[:400])), surface="x"),
    )

    def row(number: int, url: str) -> ArticleRow:
        return ArticleRow(number, f"o{number}", url, naughty, "en", NOW, NOW, "full", None, Standing.LIVE, "story", 1)

    rule = Rule("ferries", "q", name=naughty or "ferries")
    due = DueAlert(Alert("desk", "ferries", "story", NOW), (HitRow(Hit("ferries", found, id=1), row(1, address)),))
    names = Names({"o1": naughty, "o2": naughty}, ZoneInfo("Europe/Berlin"))
    return message(
        alert([(due, rule)], id=ID, names=names, route="desk", others=[row(2, OTHER)], notes=[naughty[:1_000]])
    )


MESSAGES = [told(text) for text in NAUGHTY]


def harmless(post: Post, links: list[str]) -> None:
    assert not FORBIDDEN.search(post.text)
    assert (post.pings, post.other) == ([], [])
    for label, target in post.links:
        # What an outlet typed as an address may become a link, to what it reads.
        assert target in links or target.endswith(label) or "://" + label in target, (label, target)
    assert {target for _, target in post.links} >= set(links[:1])
    assert post.text.rstrip().endswith(f"X-Monitor-Id: {ID}")


@pytest.mark.parametrize("name", READERS)
def test_every_string_reads_as_text_in_every_chat(name: str) -> None:
    dialect = apprise.DIALECTS[name]
    for text, said in zip(NAUGHTY, MESSAGES, strict=True):
        [page] = chat.pages(said.payload, dialect)
        assert all(limit.size(page) <= limit.most for limit in dialect.limits)
        try:
            harmless(READERS[name](page), [URL, OTHER])
        except (AssertionError, chatrooms.Refused) as error:
            raise AssertionError(f"{name}: {text[:80]!r} came as {page[:400]!r}: {error}") from error


@pytest.mark.parametrize("name", READERS)
def test_a_payload_that_was_not_folded_does_no_harm_either(name: str) -> None:
    payload = json.loads(told("NAUGHTY").payload)
    payload["sections"][0]["items"][0]["quotes"] = [{"text": "NAUGHTY", "marks": [[0, 3]]}]
    for text in NAUGHTY:
        raw = json.dumps(payload).replace("NAUGHTY", json.dumps(text[:200])[1:-1])
        for page in chat.pages(raw, apprise.DIALECTS[name]):
            harmless(READERS[name](page), [URL, OTHER])


@pytest.mark.parametrize("name", READERS)
def test_an_address_is_no_way_in(name: str) -> None:
    for number, text in enumerate(NAUGHTY):
        forms = (
            text[:1_000],
            f"https://evil.invalid/{text[:1_000]}",
            f"https://evil.invalid/?q={text[:300]}#{text[:9]}",
        )
        for address in forms if text in SCHEMES else forms[number % 3 :][:1]:
            said = told("Ferry line closes", address)
            [page] = chat.pages(said.payload, apprise.DIALECTS[name])
            post = READERS[name](page)
            assert (post.pings, post.other) == ([], []), (address, page)
            assert all(target.startswith(("http://", "https://")) for _, target in post.links), page
            assert "Ferry line closes" in post.text


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Chatrooms]:
    with Chatrooms() as made:
        made.lead_here(monkeypatch, str(tmp_path / "authority.pem"))
        yield made


async def test_every_service_takes_every_string(rooms: Chatrooms) -> None:
    """Through apprise and HTTP: whatever it does to a text would be seen here. Every eighth string at each service, so
    that together they have seen all.
    """
    sender = Sender(io.StringIO())
    sends = [(name, said) for first, name in enumerate(TAKE) for said in MESSAGES[first % 8 :: 8]]
    ended = await asyncio.gather(*(sender.send(Channel(name, url=rooms.url(name)), said) for name, said in sends))
    assert rooms.refused == []
    assert [delivery for delivery in ended if not delivery.sent] == []
    for name, posts in rooms.posts.items():
        assert len(posts) == len(MESSAGES[list(TAKE).index(name) % 8 :: 8])
        for post in posts:
            if name == "ntfy":
                assert not FORBIDDEN.search(post.text)
                assert URL in post.text
            else:
                harmless(post, [URL, OTHER])
    await sender.aclose()


async def test_every_string_comes_by_mail(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # apprise reads all authorities of the system for each mail, 20 ms.
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    sender = Sender(io.StringIO())
    with SmtpReceiver() as mail:
        ended = await asyncio.gather(*(sender.send(Channel("desk", url=mail.url()), said) for said in MESSAGES))
        assert [delivery for delivery in ended if not delivery.sent] == []
        assert len(mail.messages) == len(MESSAGES)
    usual = {name.lower() for name in mail.messages[0]}
    for one, raw, people in zip(mail.messages, mail.raw, mail.recipients, strict=True):
        assert people == ["desk@press.invalid"]
        assert {name.lower() for name in one} == usual
        assert one.get_all("X-Monitor-Id") == [ID]
        assert one.defects == []
        subject = str(one["Subject"])
        assert not FORBIDDEN.search(subject)
        assert "\n" not in subject
        kinds = [part.get_content_type() for part in one.walk()]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        body = one.get_body(("html",))
        assert body is not None
        seen = Seen(body.get_content())
        assert set(seen.tags) <= {"p", "br", "strong", "em", "a", "h3", "html", "head", "title", "body"}
        assert set(seen.links) == {URL, OTHER}
        assert not re.search(rb"[^\x00-\x7f]", raw.partition(b"\r\n\r\n")[0])
    await sender.aclose()


async def test_every_string_is_text_on_a_terminal() -> None:
    for encoding in ("utf-8", "ascii"):
        out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        sender = Sender(out)
        for said in MESSAGES:
            assert (await sender.send(Channel("out", kind="console"), said)).sent
        await sender.aclose()
        out.seek(0)
        printed = out.read()
        assert not FORBIDDEN.search(printed.replace("\t", " "))
        assert printed.count(f"X-Monitor-Id: {ID}") == len(MESSAGES)


def test_the_payload_is_json_with_no_lone_surrogate() -> None:
    for said in MESSAGES:
        values = json.loads(said.payload.encode("utf-8"))
        assert values["sections"][0]["items"][0]["url"] == URL
        assert not FORBIDDEN.search(values["title"] + values["heading"] + values["notes"][0])
        for quote in values["sections"][0]["items"][0]["quotes"]:
            assert all(0 <= start < end <= len(quote["text"]) for start, end in quote["marks"])


def test_no_template_is_evaluated() -> None:
    for text in TEMPLATES:
        said = told(text)
        assert escape.fold(text) in said.text
        assert escape.fold(text) in json.loads(said.payload)["heading"]
        assert "49" not in said.title + said.text + said.markdown + said.html + said.payload
        assert "<class" not in said.text


def test_no_cell_of_a_spreadsheet_is_a_formula(capsys: pytest.CaptureFixture[str]) -> None:
    formats.print_csv([{"title": text, "outlet": text} for text in NAUGHTY])
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))
    outlets = [
        Outlet(f"o{n}", text, "https://gazette.invalid", (Source(URL),), tags=(text[:50],))
        for n, text in enumerate(NAUGHTY)
    ]
    rows += csv.reader(io.StringIO(table.write(outlets), newline=""))
    assert len(rows) == 2 * len(NAUGHTY) + 2
    for row in rows[1:]:
        for cell in row:
            bare = unicodedata.normalize("NFKC", cell.lstrip(' "'))
            assert not bare.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), cell


def test_plain_text_mentions_nobody() -> None:
    """What the 160 other services get: some read mentions in plain text."""
    for said in MESSAGES:
        for text in (said.title, said.text):
            assert not re.search(
                r"<(?:[!@#]|at\b|users/)|@(?:everyone|here|channel|room|all)\b|(?<!\w)@\w", text, re.IGNORECASE
            )
