"""Chats get what we built, whole, in their own dialects."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import AlertReason, SendReason
from monitor.model import Channel, Kind, Message, Rule
from monitor.notify.channels.sender import Sender
from monitor.notify.content import Content, Item, Named, Other, Quote, Section
from monitor.notify.render import message
from tests.chatrooms import TAKE, Chatrooms

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    made = Sender(io.StringIO())
    yield made
    await made.aclose()


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Chatrooms]:
    with Chatrooms() as made:
        made.lead_here(monkeypatch, str(tmp_path / "authority.pem"))
        yield made


def item(number: int, title: str = "Ferry line closes", quote: Quote | None = None) -> Item:
    said: Quote = quote or [("The ", False), ("ferry", True), (" line at Port Elm closes on Friday.", False)]
    return Item(
        article=number,
        title=f"{title} {number}",
        url=f"https://gazette.invalid/{number}?a=1&b=(2)",
        outlet=Named(f"o{number}", f"Outlet {number}"),
        language="en",
        published=NOW,
        read=NOW,
        about=f"Outlet {number} · 2026-11-24 12:00 UTC · hit {number}",
        note="",
        hits=(number,),
        quotes=(said,),
    )


def told(items: int = 1, others: int = 0, kind: Kind = Kind.ALERT, **more: object) -> Message:
    said = Content(
        id=ID,
        kind=kind,
        thread="",
        route="desk",
        reason=AlertReason.FIRST,
        title="Ferries: Ferry line closes 0",
        heading="Rule Ferries (ferries)",
        rules=(Rule("ferries", "q", name="Ferries"),),
        sections=(Section(tuple(item(number) for number in range(items))),),
        others=tuple(
            Other(Named(f"p{n}", f"Paper {n}"), "The same of the ferry", f"https://paper.invalid/{n}")
            for n in range(others)
        ),
    )
    from dataclasses import replace

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
