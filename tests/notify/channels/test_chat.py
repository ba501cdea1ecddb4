"""Chats get what we built, whole, in their own dialects."""

from __future__ import annotations

import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import AlertReason, SendReason
from monitor.model import Channel, Kind, Message, Rule
from monitor.notify import chat, dialects
from monitor.notify.channels import apprise
from monitor.notify.channels.sender import Sender
from monitor.notify.content import Change, Content, Item, Named, Other, Quote, Section
from monitor.notify.render import message
from monitor.notify.templates import Templates
from tests.chatrooms import TAKE, Chatrooms, Refused, telegram

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    made = Sender(io.StringIO())
    yield made
    await made.aclose()


@pytest.fixture(scope="module")
def serving() -> Iterator[Chatrooms]:
    with Chatrooms() as made:
        yield made


@pytest.fixture
def rooms(serving: Chatrooms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Chatrooms:
    serving.clear()
    serving.lead_here(monkeypatch, str(tmp_path / "authority.pem"))
    monkeypatch.setattr(apprise, "MAX_PACE", 0.0)
    return serving


def item(number: int, title: str = "Ferry line closes", quote: Quote | None = None, url: str = "") -> Item:
    said: Quote = quote or [("The ", False), ("ferry", True), (" line at Port Elm closes on Friday.", False)]
    return Item(
        article=number,
        title=f"{title} {number}",
        url=url or f"https://gazette.invalid/{number}?a=1&b=(2)",
        outlet=Named(f"o{number}", f"Outlet {number}"),
        language="en",
        published=NOW,
        read=NOW,
        about=f"Outlet {number} · 2026-11-24 12:00 UTC · hit {number}",
        note="",
        hits=(number,),
        quotes=(said,),
    )


def told(*, others: int = 0, kind: Kind = Kind.ALERT, **more: object) -> Message:
    said = Content(
        id=ID,
        kind=kind,
        thread="",
        route="desk",
        reason=AlertReason.FIRST,
        title="Ferries: Ferry line closes 0",
        heading="Rule Ferries (ferries)",
        rules=(Rule("ferries", "q", name="Ferries"),),
        sections=(Section((item(0),)),),
        others=tuple(
            Other(Named(f"p{n}", f"Paper {n}"), "The same of the ferry", f"https://paper.invalid/{n}")
            for n in range(others)
        ),
    )
    return message(replace(said, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TAKE)
async def test_a_chat_shows_headline_link_and_marked_words(sender: Sender, rooms: Chatrooms, name: str) -> None:
    delivery = await sender.send(Channel("c", url=rooms.url(name)), told(others=1))
    assert (delivery.sent, delivery.reason, rooms.refused) == (True, SendReason.OK, [])
    [post] = rooms.posts[name]
    for words in (
        "Rule Ferries (ferries)",
        "Ferry line closes 0",
        "Outlet 0 · 2026",
        "Also:",
        "Paper 0",
        f"X-Monitor-Id: {ID}",
    ):
        assert words in post.text
    targets = ["https://gazette.invalid/0?a=1&b=%282%29", "https://paper.invalid/0"]
    if name == "ntfy":
        assert all(target in post.text for target in targets)
        assert rooms.headers[name]["X-Click"] == targets[0]
    else:
        assert [target for _, target in post.links] == targets
        assert "ferry" in [words.strip("\u200b") for words in post.bold]
    assert (post.pings, post.other) == ([], [])


LONG = "A sentence of some length about the ferry that goes on until it counts. " * 6
# How many articles of 100, each with three such sentences, an alert shows.
LARGE = {"slack", "matrix", "teams"}
BUSY = tuple(item(number, quote=[(LONG, False)]) for number in range(100))


@pytest.mark.parametrize("name", TAKE)
async def test_a_long_alert_is_one_message_that_keeps_link_and_id(sender: Sender, rooms: Chatrooms, name: str) -> None:
    long = told(sections=(Section(BUSY),), others=40, more=3)
    assert (await sender.send(Channel("c", url=rooms.url(name)), long)).sent
    assert rooms.refused == []
    [post] = rooms.posts[name]
    assert "Ferry line closes 0" in post.text
    assert "https://gazette.invalid/0" in (post.text if name == "ntfy" else post.links[0][1])
    assert f"X-Monitor-Id: {ID}" in post.text
    shown = sum(f"Ferry line closes {n}\n" in post.text for n in range(100))
    said = re.search(r"and (\d+) more", post.text)
    assert said
    # Whatever is not shown is counted, and its outlets named as far as there is room.
    assert int(said[1]) == 3 + 100 - shown + 40 - sum(f"Paper {n}: The same" in post.text for n in range(40))
    assert shown < 100 or name in LARGE
    assert LONG.strip() not in post.text or name in LARGE


async def test_the_outlets_that_do_not_fit_are_named(sender: Sender, rooms: Chatrooms) -> None:
    assert (await sender.send(Channel("c", url=rooms.url("discord")), told(others=39))).sent
    [post] = rooms.posts["discord"]
    for number in range(39):
        assert f"Paper {number}" in post.text


@pytest.mark.parametrize("name", TAKE)
async def test_a_digest_is_complete(sender: Sender, rooms: Chatrooms, name: str) -> None:
    sections = (Section(BUSY[:50], "Ferries (ferries)"), Section(BUSY[50:], "Oaks (oaks)"))
    digest = told(kind=Kind.DIGEST, sections=sections, notes=("0 hits of others; 42 of 43 outlets read",))
    delivery = await sender.send(Channel("c", url=rooms.url(name)), digest)
    assert (delivery.sent, rooms.refused) == (True, [])
    posts = rooms.posts[name]
    assert len(posts) <= chat.MAX_PAGES
    assert len(posts) > 1 or name in LARGE
    text = "\n".join(post.text for post in posts)
    assert [n for n in range(100) if f"Ferry line closes {n}\n" not in text] == []
    for words in ("Ferries (ferries)", "Oaks (oaks)", "42 of 43 outlets read"):
        assert text.count(words) == 1 + (words.startswith("Ferries") and len(posts))
    assert all(f"X-Monitor-Id: {ID}" in post.text for post in posts)
    assert "more" not in text


async def test_a_digest_that_was_cut_off_goes_on_where_it_stopped(sender: Sender, rooms: Chatrooms) -> None:
    digest = told(kind=Kind.DIGEST, sections=(Section(BUSY),))
    channel = Channel("c", url=rooms.url("discord"))
    taken = rooms.posts["discord"]
    rooms.until = 3
    delivery = await sender.send(channel, digest)
    assert (delivery.sent, delivery.retry, len(taken)) == (False, True, 3)
    rooms.until = None
    assert (await sender.send(channel, digest)).sent
    heads = [post.text.partition("\n")[0] for post in taken]
    assert heads == [f"Rule Ferries (ferries) ({n}/{len(heads)})" for n in range(1, len(heads) + 1)]


def test_beyond_ten_messages_a_digest_says_what_is_left_out() -> None:
    crowd = tuple(item(number, title="x" * 150) for number in range(100))
    pages = chat.pages(told(kind=Kind.DIGEST, sections=(Section(crowd),)).payload, dialects.DISCORD)
    assert len(pages) == chat.MAX_PAGES
    assert all(dialects.utf16(page) <= 2_000 for page in pages)
    shown = sum("xxxxx" in line for page in pages for line in page.splitlines())
    assert f"and {100 - shown} more: Outlet" in pages[-1]


@pytest.mark.parametrize(
    "name", [name for name in vars(dialects) if isinstance(getattr(dialects, name), dialects.Dialect)]
)
def test_whatever_is_long_the_headline_and_the_link_stay(name: str) -> None:
    dialect = getattr(dialects, name)
    odd = "&*_<🎉>\\ü" * 40
    for url in ("https://gazette.invalid/1", f"https://gazette.invalid/{'a' * 1_500}"):
        long = item(1, odd, [(odd * 9, True)], url)
        said = told(
            sections=(Section((long,) * 12, odd),), heading=odd * 9, notes=(odd * 9,) * 9,
            rules=(Rule("ferries", "q", name=odd),), changes=(Change("headline", long.outlet, odd, url, odd, odd),) * 9,
        )  # fmt: skip
        for kind in ("alert", "digest"):
            for page in chat.pages(said.payload.replace('"kind":"alert"', f'"kind":"{kind}"'), dialect):
                for limit in dialect.limits:
                    assert limit.size(page) <= limit.most
                assert page.endswith(f"X-Monitor-Id: {ID}")
                assert url in page or kind == "digest"
                assert "ü" in page


def test_an_address_longer_than_a_message_is_left_out_of_it() -> None:
    [page] = chat.pages(
        told(sections=(Section((item(1, url=f"https://x.invalid/{'a' * 1_950}"),)),)).payload, dialects.DISCORD
    )
    assert page == f"**Ferry line closes 1**\n\nX-Monitor-Id: {ID}"


async def test_a_correction_says_before_and_now(sender: Sender, rooms: Chatrooms) -> None:
    change = Change(
        "headline", Named("o", "Outlet"), "Ferry *line* stays", "https://gazette.invalid/7", "It closes", "It stays"
    )
    correction = told(kind=Kind.UPDATE, sections=(), changes=(change,))
    for name in TAKE:
        assert (await sender.send(Channel("c", url=rooms.url(name)), correction)).sent
        [post] = rooms.posts[name]
        assert "Headline changed: Outlet · Ferry" in post.text
        assert "before: It closes" in post.text
        assert "now: It stays" in post.text
        assert "https://gazette.invalid/7" in (post.text if name == "ntfy" else post.links[0][1])
    assert rooms.refused == []


async def test_pings_that_the_operator_asked_for_have_room_beside_the_text(sender: Sender, rooms: Chatrooms) -> None:
    url = rooms.url("discord", "?ping=<@%26123456789012345678>,<@123456789012345678>")
    assert (await sender.send(Channel("c", url=url), told(sections=(Section(BUSY),)))).sent
    [post] = rooms.posts["discord"]
    assert sorted(post.pings) == ["<@&123456789012345678>", "<@123456789012345678>"]
    assert len(json.loads(post.raw["body"])["content"]) > 1_800


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("discord", "", {"flags": 4}),
        ("discord", "?flags=4096", {"flags": 4100}),
        ("discord", "?format=markdown", {"flags": None}),
        ("slack", "?blocks=yes", {"attachments": ...}),
    ],
)
async def test_what_the_address_asks_for_is_kept(
    sender: Sender, rooms: Chatrooms, name: str, options: str, says: dict[str, object]
) -> None:
    assert (await sender.send(Channel("c", url=rooms.url(name, options)), told(sections=(Section(BUSY),)))).sent
    assert rooms.refused == []
    [post] = rooms.posts[name]
    assert f"X-Monitor-Id: {ID}" in post.text
    sent = json.loads(post.raw["body"])
    assert all(value is ... or sent.get(key) == value for key, value in says.items())


async def test_plain_text_is_sent_where_it_is_asked_for(sender: Sender, rooms: Chatrooms) -> None:
    assert (await sender.send(Channel("c", url=rooms.url("slack", "?format=text")), told())).sent
    sent = json.loads(rooms.posts["slack"][0].raw["body"])
    assert not sent["mrkdwn"]
    assert "&gt; The *ferry* line" in sent["attachments"][0]["text"]


@pytest.mark.parametrize(
    ("url", "click"),
    [
        ("https://gazette.invalid/a/b?c=d&e=f#g", "https://gazette.invalid/a/b?c=d&e=f#g"),
        ("https://gazette.invalid/f%C3%A4hre", "https://gazette.invalid/f%C3%A4hre"),
        # apprise would make it "%2C" and "%252F", other addresses: the text has the link.
        ("https://gazette.invalid/a,b", None),
        ("https://gazette.invalid/a%2Fb", None),
    ],
)
async def test_a_tap_opens_the_article_or_nothing(
    sender: Sender, rooms: Chatrooms, url: str, click: str | None
) -> None:
    assert (await sender.send(Channel("c", url=rooms.url("ntfy")), told(sections=(Section((item(1, url=url),)),)))).sent
    assert rooms.headers["ntfy"].get("X-Click") == click
    assert url in rooms.posts["ntfy"][0].text


async def test_a_message_without_a_payload_that_we_know_is_sent_as_it_is(sender: Sender, rooms: Chatrooms) -> None:
    for payload in ("", "no JSON", '{"version": 9}', '{"kind": "alert", "sections": 7}'):
        old = replace(told(), payload=payload)
        assert (await sender.send(Channel("c", url=rooms.url("mattermost")), old)).sent
        assert "Ferry line closes 0" in rooms.posts["mattermost"].pop().text


async def test_a_template_of_the_readers_goes_before_our_dialect(sender: Sender, rooms: Chatrooms) -> None:
    worded = Templates({"own": {"md": "In **our** words: {{ title }}"}}).apply("own", told())
    assert (await sender.send(Channel("c", url=rooms.url("discord")), worded)).sent
    assert "In our words: Ferries: Ferry line closes 0" in rooms.posts["discord"][0].text
    # One for mails alone changes no chat.
    html = Templates({"own": {"html": "<p>our words</p>"}}).apply("own", told())
    assert (await sender.send(Channel("c", url=rooms.url("discord")), html)).sent
    assert "our words" not in rooms.posts["discord"][1].text
    assert "Outlet 0" in rooms.posts["discord"][1].text


async def test_what_telegram_cannot_parse_is_told(sender: Sender, rooms: Chatrooms) -> None:
    with pytest.raises(Refused, match="can't parse entities") as refused:
        telegram("<b>x")
    rooms.answer = (400, json.dumps(refused.value.body).encode())
    delivery = await sender.send(Channel("c", url=rooms.url("telegram")), told())
    assert (delivery.sent, delivery.reason) == (False, SendReason.REFUSED)
    assert "HTTP 400" in delivery.detail
    assert "can't parse entities" in delivery.detail
    with pytest.raises(Refused, match="too long"):
        telegram("x" * 4_097)
