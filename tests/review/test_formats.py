"""The press review in its formats: nothing an outlet writes breaks one of them."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse.html import parse
from monitor.review import html, markdown, word
from monitor.review.press import Cited, Clipping, Copy, Review, Told
from monitor.store.sqlite import SqliteStore
from tests.review.press import COPIED, made, put, wire_story
from tests.store.make import NOW

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><style>@import 'http://evil.example/'</style>",
    "]]> &amp; &#x3c;b&#x3e; ${x} {{x}} {title} %s",
    "[x](javascript:alert(1)) ![y](http://evil.example/y.png) `code` **bold** <http://evil.example>",
    "\x00\x08\x1b[31mred\x9b \u202egnihtyreve\u202c \ufeff \ufffe\uffff \ud800",
    "# heading\n\n- list\n1. one\n> quote\r\n---\u2028===",
]


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore.open(tmp_path / "monitor.db")
    yield opened
    opened.close()


def paragraphs(data):
    return [paragraph.text for paragraph in Document(BytesIO(data)).paragraphs]


def test_html_shows_stories_quotes_links_and_copies(store):
    wire_story(store)
    page = html.render(made(store))
    assert "<h2>1. Ice 1 <small>(4 outlets)</small></h2>" in page
    assert '<a href="https://courier.example/1" rel="noopener noreferrer">Ice 1</a>' in page
    assert "<blockquote>The <mark>harbour</mark> froze.</blockquote>" in page
    assert 'Also ran in <a href="https://courier.example/2"' in page
    assert "@media print" in page
    assert "prefers-color-scheme: dark" in page


def test_markdown_shows_stories_quotes_links_and_copies(store):
    wire_story(store)
    text = markdown.render(made(store))
    assert "## 1. Ice 1 (4 outlets)\n\n**[Ice 1](https://courier.example/1)**  \nThe Courier · 2026-11-24 09:00" in text
    assert "\n\n> The **harbour** froze.\n\n" in text
    assert "\n\nAlso ran in [The Herald](https://courier.example/2) (2026-11-24 09:10)\n\n" in text


def test_a_word_document_shows_stories_quotes_links_and_copies(store):
    wire_story(store)
    data = word.render(made(store))
    shown = paragraphs(data)
    assert "1. Ice 1 (4 outlets)" in shown
    assert "The harbour froze." in shown
    assert "Also ran in The Herald (2026-11-24 09:10)" in shown
    document = Document(BytesIO(data))
    links = [link.address for paragraph in document.paragraphs for link in paragraph.hyperlinks]
    assert links == [f"https://courier.example/{number}" for number in (1, 2, 3, 4)]
    marked = [run.text for paragraph in document.paragraphs for run in paragraph.runs if run.font.highlight_color]
    assert marked == ["harbour"] * 3
    assert document.core_properties.created == NOW.replace(tzinfo=None) or document.core_properties.created == NOW


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_outlet_writes_is_text_in_every_format(store, text):
    put(store, 1, title=text, said=f"bad {text}")
    put(store, 2, "herald", reason=COPIED, of="m1", title=text)
    review = made(store)
    (story,) = review.stories
    page = html.render(review)
    tree = parse(page)
    assert not tree.css("script, img, iframe, link")
    assert len(tree.css("style")) == 1
    assert [a.attributes["href"] for a in tree.css("a")] == ["https://courier.example/1", "https://courier.example/2"]
    assert tree.css_first("h3").text() == story.title
    assert tree.css_first("blockquote").text() == "".join(words for words, _ in story.clippings[0].cited[0].quote)
    noted = markdown.render(review)
    assert not re.search(r"(?<!\\)<(?!http)", noted)
    assert re.findall(r"(?<!\\)\]\((.*?)\)", noted) == ["https://courier.example/1", "https://courier.example/2"]
    assert f"1. {story.title} (2 outlets)" in paragraphs(word.render(review))
    for shown in (page, noted, *paragraphs(word.render(review))):
        assert not set(shown) & set("\x00\x08\x1b\x9b\u202e\u202c\ufeff\ufffe\uffff\ud800")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "ftp://a.example/", 'x" onclick="y']
)
def test_an_address_that_is_no_page_of_the_web_is_text(store, url):
    put(store, 1, url=url)
    put(store, 2, "herald", reason=COPIED, of="m1", url=url + "2")
    review = made(store)
    page = html.render(review)
    assert not parse(page).css("a")
    assert url in parse(page).body.text()
    noted = markdown.render(review)
    assert "](" not in noted
    data = word.render(review)
    assert not [link for paragraph in Document(BytesIO(data)).paragraphs for link in paragraph.hyperlinks]
    assert url in paragraphs(data)


def test_a_hit_that_is_gone_is_marked_in_every_format(store):
    number, _ = put(store, 1)
    with store.transaction():
        store.hits.settle(number, (), {"ice"}, 2, NOW)
    review, said = made(store), "no longer in the article since 2026-11-24 09:00"
    assert f"<span class=gone>({said})</span>" in html.render(review)
    assert f"froze. *({said})*" in markdown.render(review)
    assert f"The harbour froze. ({said})" in paragraphs(word.render(review))


def test_the_page_asks_for_nothing_and_runs_nothing(store):
    wire_story(store)
    page = html.render(made(store))
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|link|iframe|object|embed)|url\(|@import| on\w+=|src=", page)


words = st.text(max_size=30).filter(lambda text: not set(text) & set("\ud800"))


@given(words, words, words)
def test_any_text_stays_text_in_html(title, quote, outlet):
    from monitor.review.press import _spaced, folded

    clipping = Clipping(folded(title), folded(outlet), "", "", folded(quote), "", "", (Cited(((_spaced(quote), True),)),),
                        (Copy(folded(outlet), "", "", folded(title)),))  # fmt: skip
    review = Review("Press review", (folded(quote),), (Told("s", folded(title), 1, (clipping,)),), NOW)
    tree = parse(html.render(review))
    assert tree.css_first("h3").text() == folded(title)
    assert tree.css_first("li").text() == folded(quote)
    assert {node.tag for node in tree.css("body *")} <= {"h1", "ul", "li", "section", "h2", "h3", "article", "p",
                                                         "blockquote", "mark"}  # fmt: skip
    assert word.render(review) if len(title) < 3 else True
