"""An outlet whose text is not kept: what is stored, and that all goes on as if it were."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from monitor.kept import kept
from monitor.model import Block, Evidence, Hit, Reading, Role, Traits
from monitor.sought import Phrase
from monitor.views import Filter
from tests import test_over_time as over_time
from tests.desk import Desk, item, page
from tests.fetch.origin import serving
from tests.store.make import article

SAID = over_time.SAID


@pytest.fixture(params=["sentences", "none"])
def watched(tmp_path, request):
    @asynccontextmanager
    async def opened(entries, **outlet):
        async with serving() as origin:
            desk = Desk(tmp_path, origin, keep_text=request.param, **outlet)
            try:
                desk.publish(entries)
                await desk.poll()
                yield desk
            finally:
                await desk.aclose()

    return opened


# Once more, over this `watched`.
for name in (
    "test_a_flash_of_two_sentences_that_grows_is_alerted_once",
    "test_a_live_blog_that_says_it_in_its_thirtieth_entry_is_alerted_once",
    "test_a_page_read_again_that_has_become_a_wall_stays_what_it_was",
    "test_a_title_used_again_for_another_text_is_alerted_though_the_past_was_published_with_it",
    "test_an_article_that_moves_to_another_address_is_followed",
    "test_an_article_whose_address_leads_elsewhere_later_stays_what_it_was",
    "test_one_article_under_two_addresses_in_two_sections_and_as_amp_is_one",
    "test_the_past_with_new_everything_but_titles_is_one_event_and_no_alert",
    "test_three_new_articles_inside_a_past_published_again_are_alerted",
):
    globals()[name] = getattr(over_time, name)


def body(desk, number):
    return desk.stored(lambda store: store.articles.get(number).article.body)


def indexed(desk, word):
    return desk.stored(lambda store: list(store.articles.sift(Phrase((word,)), Filter())))


@pytest.mark.parametrize("watched", ["sentences"], indirect=True)
async def test_of_sentences_only_what_a_hit_quotes_is_stored_and_found(watched):
    async with watched([item(1)]) as desk:
        desk.publish([item(2, SAID), item(1)])
        await desk.poll()
        (hit,) = desk.hits()
        assert body(desk, hit.article.id) == hit.hit.evidence[0].quote
        assert "a NATO official said no." in body(desk, hit.article.id)
        (stored,) = desk.stored(lambda store: store.articles.get(hit.article.id).article.blocks)
        for piece in hit.hit.evidence:
            assert (piece.block, stored.text[slice(*piece.span)]) == (0, piece.surface)
            assert stored.text[slice(*piece.sentence)] == piece.quote
        (other,) = [row for row in desk.articles() if row.id != hit.article.id]
        assert body(desk, other.id) == ""
        assert len(indexed(desk, "official")) == 1
        read = page(item(2)).decode().split("<p>")[2].split()[0].strip(".").lower()
        assert indexed(desk, f'"{read}"') == []


@pytest.mark.parametrize("watched", ["none"], indirect=True)
async def test_of_none_the_title_and_the_hits_are_stored(watched):
    async with watched([item(1)]) as desk:
        desk.publish([item(2, SAID), item(1)])
        await desk.poll()
        (hit,) = desk.hits()
        assert body(desk, hit.article.id) == ""
        assert hit.hit.evidence[0].quote.endswith("a NATO official said no.")
        assert indexed(desk, "official") == []
        assert len(indexed(desk, f'"{hit.article.title.split()[0].lower()}"')) == 1


@pytest.mark.parametrize("watched", ["sentences"], indirect=True)
async def test_read_again_unchanged_it_has_no_new_revision_and_no_second_alert(watched):
    async with watched([item(1)]) as desk:
        desk.publish([item(2, SAID), item(1)])
        await desk.poll()
        await desk.poll()
        (hit,) = desk.hits()
        assert desk.asked("/news/2") > 1
        assert desk.stored(lambda store: store.articles.get(hit.article.id).revision) == 1
        assert len(desk.alerts()) == 1


def quoting(block, sentence, quote, field="body"):
    return Hit("r", (Evidence("x", field, sentence, block=block, sentence=sentence, quote=quote),))


def test_sentences_stand_in_the_order_of_the_article_each_once_the_titles_not():
    blocks = (Block(Role.BODY, "One. Two."), Block(Role.CAPTION, "Three."))
    hits = (
        quoting(1, (0, 6), "Three."),
        quoting(0, (5, 9), "Two."),
        quoting(None, (0, 5), "Ice 1", "title"),
        quoting(None, (0, 5), "Lead.", "standfirst"),
        quoting(0, (5, 9), "Two."),
        quoting(None, (0, 5), "Ann", "author"),
    )
    reading = Reading(article(blocks=blocks), hits, Traits((7,)))
    stored = kept(reading, "sentences")
    assert stored.sketch == (7,)
    assert stored.blocks == (
        Block(Role.BODY, "Lead."), Block(Role.BODY, "Two."), Block(Role.CAPTION, "Three."),
    )  # fmt: skip
    assert kept(reading, "none").blocks == ()
    assert kept(reading, "full") is None
