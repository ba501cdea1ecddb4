"""An outlet's own selectors: what they find wins, what they do not find is said and left to the automatic choice."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.extract import selected
from monitor.extract.article import Hints, extract
from monitor.model import Role, Selectors
from monitor.parse import html
from tests.extract.pages import ARTICLE, NOW, PARAGRAPHS, news, page, paragraphs

PAGE = """<body><h1>Site of the day</h1><h2 class="head">The  true
headline</h2><time datetime="2026-11-18T09:00+02:00">Wednesday</time>
<div class="text"><p class="a b">One</p><div class="promo"><p class="promo">Buy</p></div></div>
<div class="text"><p>Two</p></div><div class="text empty"> </div></body>"""


def apply(**said):
    document = html.parse(PAGE)
    return document, selected.apply(document, Selectors(**said), NOW)


def test_nothing_said_changes_nothing():
    document, found = apply()
    assert found == selected.Selected()
    assert len(document.css(".promo")) == 2


def test_title_and_date_are_those_of_the_selectors():
    _, found = apply(title=".head", date="time")
    assert found.title == "The true headline"
    assert found.published == datetime(2026, 11, 18, 7, tzinfo=UTC)
    assert found.nothing == ()


def test_the_content_of_a_meta_element_is_its_text():
    document = html.parse('<head><meta name="headline" content="Said in the head"></head><p>x')
    assert selected.apply(document, Selectors(title="meta[name=headline]"), NOW).title == "Said in the head"


def test_what_is_dropped_is_gone_with_all_that_is_in_it_and_counted_once():
    document, found = apply(drop=".promo, p.promo, .b")
    assert found.dropped == 2
    assert not document.css(".promo")
    assert html.text_of(document.css_first(".text")) == ""


def test_the_frame_of_a_page_cannot_be_dropped():
    document, found = apply(drop="html, body, head, *")
    assert document.body is not None
    assert html.text_of(document.body) == ""
    assert found.dropped > 0


def test_a_body_of_several_elements_is_read_as_one_in_their_order():
    _, found = apply(body=".text", drop=".promo")
    assert html.text_of(found.body) == "OneTwo"


def test_an_element_inside_a_chosen_one_or_chosen_twice_is_read_once():
    _, found = apply(body="div, .text, p.a, p.b", drop=".promo")
    assert html.text_of(found.body) == "OneTwo"


def test_selectors_that_find_nothing_are_named():
    _, found = apply(body=".empty", title=".no-such", date="h1", drop="iframe")
    assert (found.body, found.title, found.published, found.dropped) == (None, "", None, 0)
    assert found.nothing == ("body", "title", "date", "drop")


# ---- as the article is read with them

STORY = "<div class='{}'>" + paragraphs(*PARAGRAPHS[:3]) + "</div>"
ESSAY = "<div class='essay'>" + paragraphs(*(f"{text} So the old keeper wrote." for text in PARAGRAPHS)) + "</div>"


def read(markup, **said):
    return extract(page(markup), hints=Hints(selectors=Selectors(**said)))


def test_the_body_is_what_stands_in_the_chosen_elements_and_nothing_else():
    markup = news(body=ESSAY + STORY.format("told"))
    assert "keeper wrote" in read(markup).body
    assert read(markup, body=".told").body == "\n\n".join(PARAGRAPHS[:3])


def test_short_lines_lists_and_quotes_in_the_chosen_body_stay_with_their_roles():
    inner = "<h2>What it costs</h2><ul><li>Sand</li><li>Nets</li></ul><blockquote><p>Enough.</p></blockquote><p>By M. L.</p>"
    found = read(news(body=f"<div class=told>{paragraphs(*PARAGRAPHS)}{inner}</div>"), body=".told")
    assert [(block.role.value, block.text) for block in found.blocks[len(PARAGRAPHS) :]] == [
        ("heading", "What it costs"),
        ("list", "Sand"),
        ("list", "Nets"),
        ("quote", "Enough."),
        ("body", "By M. L."),
    ]


def test_teasers_captions_and_hidden_text_in_the_chosen_body_are_not_its_own():
    teaser = '<aside><a href="/news/ferry">Freight ferry leaves for Belgorod at dawn, and nobody waves</a></aside>'
    figure = "<figure><img src=x><figcaption>Belgorod, in an older picture</figcaption></figure>"
    hidden = "<p hidden>Subscribers in Belgorod read on for nothing.</p>"
    first, rest = paragraphs(*PARAGRAPHS[:2]), paragraphs(*PARAGRAPHS[2:])
    found = read(news(body=f"<div class=told>{first}{teaser}{figure}{hidden}{rest}</div>"), body=".told")
    assert found.body == "\n\n".join(PARAGRAPHS)
    assert {block.role for block in found.blocks if "Belgorod" in block.text} == {Role.TEASER, Role.CAPTION}


def test_a_chosen_body_is_not_replaced_by_what_json_ld_says():
    markup = news(body=STORY.format("told"), ld={**ARTICLE, "articleBody": " ".join(PARAGRAPHS) * 3})
    assert read(markup, body=".told").body == "\n\n".join(PARAGRAPHS[:3])


def test_title_and_date_win_over_what_the_page_states():
    found = read(news('<p class="kicker">The  true title</p><i>18.11.2026</i>'), title=".kicker", date="article i")
    assert found.title == "The true title"
    assert found.published == datetime(2026, 11, 18, tzinfo=UTC)


def test_selectors_that_find_nothing_leave_the_page_as_it_would_be_read():
    markup = news("<p>One more line.</p>")
    nothing = {"body": ".none", "title": ".none", "date": ".none", "drop": ".none"}
    assert read(markup, **nothing) == extract(page(markup))


def test_a_body_without_text_is_not_chosen():
    assert read(news("<div class=told> </div>"), body=".told").body == "\n\n".join(PARAGRAPHS)
