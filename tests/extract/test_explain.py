"""Why each piece of a page was kept or left out: the same decisions as in reading, told."""

from __future__ import annotations

import pytest

from monitor.errors import Reason
from monitor.extract.article import Hints, explain, extract
from monitor.extract.explain import Why
from monitor.extract.score import SECOND_NAMES
from monitor.model import Failure, Role, Selectors
from tests.extract.pages import PARAGRAPHS, TITLE, news, page, page_of, paragraphs

TEASER = '<aside><a href="/news/ferry">Freight ferry leaves at dawn, and nobody is there to wave</a></aside>'
FIGURE = "<figure><img src=x><figcaption>The harbour in an older picture</figcaption></figure>"
HIDDEN = "<p hidden>Subscribers read on for nothing until the end of the month.</p>"
FULL = news(
    body=paragraphs(*PARAGRAPHS[:3]) + TEASER + FIGURE + HIDDEN + paragraphs(*PARAGRAPHS[3:]) + "<h2>More of it</h2>"
)


def whys(found):
    return {one.text: one.why for one in found.told}


@pytest.mark.parametrize("selectors", [None, Selectors(body=".sc-1f"), Selectors(body=".none", drop="aside")])
def test_what_is_told_is_what_is_read(selectors):
    hints = Hints(selectors=selectors)
    found = explain(page(FULL), hints=hints)
    assert found.article == extract(page(FULL), hints=hints)
    kept = [(one.role, one.text) for one in found.told if one.role]
    assert kept == [(block.role, block.text) for block in found.article.blocks]


def test_each_piece_has_its_reason_and_the_features_that_weighed_most():
    found = explain(page(FULL))
    told = whys(found)
    assert told[PARAGRAPHS[0]] is Why.SCORE
    assert told["Freight ferry leaves at dawn, and nobody is there to wave"] is Why.TEASER
    assert told["© 2026 Harbour Times. All rights reserved."] is Why.OUTSIDE
    first = next(one for one in found.told if one.text == PARAGRAPHS[0])
    assert first.role is Role.BODY
    assert first.score > 0
    assert {name for name, _ in first.because} <= set(SECOND_NAMES)
    sizes = [abs(weight) for _, weight in first.because]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 0


def test_a_chosen_body_is_told_so_with_what_is_left_out_of_it():
    told = whys(explain(page(FULL), hints=Hints(selectors=Selectors(body="article"))))
    assert told[PARAGRAPHS[0]] is Why.CHOSEN
    assert told[TITLE] is Why.TITLE
    assert told["Subscribers read on for nothing until the end of the month."] is Why.NEVER
    assert told["More of it"] is Why.NO_TEXT_BELOW


def test_selectors_that_found_nothing_are_named():
    selectors = Selectors(body=".none", title="h1", date="h1")
    assert explain(page(FULL), hints=Hints(selectors=selectors)).nothing == ("body", "date")


def test_a_page_without_an_article_is_explained_too():
    found = explain(page(page_of("<main><p>Short.</p></main>", ld=None)))
    assert isinstance(found.article, Failure)
    assert found.article.reason is Reason.NO_BODY
    assert "Short." in whys(found)
