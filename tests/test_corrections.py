"""What was told and is another now: from the page that changes to the message in the story's thread."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

import pytest

from monitor.errors import SendReason
from monitor.model import Delivery, Kind
from tests.desk import Desk, page
from tests.fetch.origin import answer, serving
from tests.test_revisions import NEW, PATH, SAID, item


@pytest.fixture
def told(tmp_path):
    """An article of NATO that was told; `told()` gives the desk, and what is told from then on."""

    @asynccontextmanager
    async def opened():
        async with serving() as origin:
            desk = Desk(tmp_path, origin)
            try:
                desk.publish([item(1)])
                await desk.poll()
                desk.show(PATH, page({**NEW, "said": SAID}))
                desk.publish([NEW, item(1)])
                await desk.poll()
                (first,) = await sent(desk)
                assert first.kind is Kind.ALERT
                yield desk, first
            finally:
                await desk.aclose()

    return opened


async def sent(desk):
    """Tell what is due, and take it out of the outbox."""

    def work(store):
        rows = store.outbox.lease(desk.clock.now(), owner="me", lease=60.0, limit=99)
        for row in rows:
            store.outbox.mark(row, Delivery(sent=True, reason=SendReason.OK), desk.clock.now(), retry_at=None)
        return [row.message for row in rows]

    await desk.pipeline.tell()
    return desk.stored(work)


async def reread(desk):
    desk.clock.forward(7 * 3_600)
    assert await desk.read_due()
    return await sent(desk)


def changes(message):
    return [(one["kind"], one["before"], one["after"]) for one in json.loads(message.payload)["changes"]]


async def test_a_headline_that_changes_is_told_once(told) -> None:
    async with told() as (desk, first):
        desk.show(PATH, page({**NEW, "said": SAID, "title": "Minister denies it all"}))
        (update,) = await reread(desk)
        assert (update.kind, update.thread) == (Kind.UPDATE, first.thread)
        assert changes(update) == [("headline", NEW["title"], "Minister denies it all")]
        assert "Minister denies it all" in update.title
        desk.show(PATH, page({**NEW, "said": SAID, "title": "MINISTER DENIES IT ALL!"}))
        assert await reread(desk) == []


async def test_a_sentence_that_is_gone_is_told_once_with_what_it_said(told) -> None:
    async with told() as (desk, first):
        desk.show(PATH, page({**NEW, "said": ""}))
        (update,) = await reread(desk)
        ((kind, before, after),) = changes(update)
        assert (kind, after, update.thread) == ("sentence", "", first.thread)
        assert SAID in before
        assert SAID in update.text
        desk.show(PATH, page({**NEW, "said": "nobody said a word."}))
        assert await reread(desk) == []


@pytest.mark.parametrize("status", [404, 410])
async def test_an_article_that_is_gone_is_told_once(told, status: int) -> None:
    async with told() as (desk, first):
        desk.origin.routes[PATH] = answer(status, b"gone")
        if status == 404:
            # The first may be a slip of the server.
            assert await reread(desk) == []
        (update,) = await reread(desk)
        assert changes(update) == [("deleted", NEW["title"], "")]
        assert update.thread == first.thread
        assert "The article is gone" in update.text
        assert desk.stored(lambda store: store.alerts.decisions(alert_id=1))[0].reason == "retracted"


async def test_a_page_that_is_missing_once_is_not_gone(told) -> None:
    async with told() as (desk, _):
        there = desk.origin.routes[PATH]
        for shown in (answer(404, b"slip"), there):
            desk.origin.routes[PATH] = shown
            assert await reread(desk) == []


async def test_a_page_that_is_down_is_not_gone(told) -> None:
    async with told() as (desk, _):
        desk.origin.routes[PATH] = answer(503, b"later")
        assert await reread(desk) == []
