"""Listing pages: the automatic choice over pages of many shapes, selectors, and what no page may do."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.outlets.listing import read
from tests.outlets.sections import CARDS, MISSED, SECTIONS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://a.example/news"


def page(markup, url=URL, **headers):
    body = markup if isinstance(markup, bytes) else markup.encode()
    return Page(url, url, 200, {"content-type": "text/html; charset=utf-8", **headers}, body, NOW)


def found(section):
    """What is listed, by address without trackers."""
    return {entry.url.partition("?utm")[0]: entry.title for entry in read(page(section.markup, section.url)).entries}


def wanted(section):
    return {urljoin(section.url, path): title for path, title in section.articles}


def listed(markup, selector="", url=URL):
    return [
        (entry.url.removeprefix("https://a.example"), entry.title)
        for entry in read(page(markup, url), selector).entries
    ]


def reason(markup, selector="", **headers):
    with pytest.raises(ReadError) as caught:
        read(page(markup, **headers), selector)
    return caught.value.reason


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_the_articles_of_a_section_are_found_with_their_titles_in_its_order(section):
    assert list(found(section).items()) == list(wanted(section).items())


def test_over_all_sections_precision_and_recall_hold():
    pairs = [(set(found(section)), set(wanted(section))) for section in SECTIONS.values()]
    pairs.append((set(), set(wanted(MISSED))))
    right = sum(len(says & true) for says, true in pairs)
    assert right / sum(len(says) for says, _ in pairs) >= 0.95
    assert right / sum(len(true) for _, true in pairs) >= 0.95


def test_where_the_choice_finds_nothing_a_selector_does():
    assert reason(MISSED.markup) is Reason.NOT_A_FEED
    entries = read(page(MISSED.markup, MISSED.url), ".linkRow").entries
    assert [entry.url for entry in entries] == list(wanted(MISSED))
    assert entries[0].title == "The last pilot"


def test_dates_and_the_language_are_those_of_the_page():
    feed = read(page(CARDS.markup, CARDS.url))
    assert [entry.published for entry in feed.entries] == [
        datetime(2026, 11, 24, 9, 15, tzinfo=UTC),
        datetime(2026, 11, 24, 8, tzinfo=UTC),
        None,
    ]
    assert (feed.language, feed.title) == ("en", "World | Harbour Times")


LIST = """<h1>News</h1><ul class="news"><li><h3><a href="/fog">Fog</a></h3><a href="/by/ada">Ada</a>
<time datetime="2026-11-23">Monday</time></li><li><a href="https://else.example/ice">Ice</a></li>
<li><a href="/fog#comments">3</a></li><li>No link</li><li><a href="mailto:a@a.example">Mail</a></li></ul>"""


@pytest.mark.parametrize(
    "selector", ["ul.news li", ".news li > a, .news h3", ".news h3 a, .news li > a:not([href^='/by'])"]
)
def test_a_selector_chooses_links_or_what_holds_them(selector):
    links = dict(listed(LIST, selector))
    links.pop("/by/ada", None)
    assert links == {"/fog": "Fog", "https://else.example/ice": "Ice"}


def test_a_chosen_card_gives_its_date_and_what_stands_in_a_link_is_that_link():
    (entry, _) = read(page(LIST), "ul.news li").entries
    assert (entry.title, entry.published) == ("Fog", datetime(2026, 11, 23, tzinfo=UTC))
    assert listed("<a href='/one'><div><h2>One</h2><p>Two</p></div></a>", "h2") == [("/one", "One")]


def test_a_title_is_one_line_of_the_card():
    card = "<a href='/2026/11/24/tug'><span>Port</span><div>The tug that came back from the ice</div><p>{}</p></a>"
    assert listed(card.format("It was gone for a year. " * 9)) == [
        ("/2026/11/24/tug", "The tug that came back from the ice")
    ]
    letters = "<h2><a href='/2026/11/24/tug'><span>Live</span><span>The <b>t</b>ug is <i>back</i></span><svg><title>x</title></svg></a></h2>"
    assert listed(letters) == [("/2026/11/24/tug", "Live The tug is back")]


def test_an_article_that_a_menu_names_too_is_listed_and_a_form_around_the_page_is_none():
    named = "<a href='/2026/11/24/tug'>The tug that came back from the ice, at length</a>"
    card = "<h2><a href='/2026/11/24/tug'>The tug is back</a></h2>"
    assert listed(f"<nav>{named}</nav><form>{card}</form>") == [("/2026/11/24/tug", "The tug is back")]
    assert reason(f"<nav>{named}</nav>") is Reason.NOT_A_FEED


def test_a_link_in_running_text_is_no_entry():
    text = "The council met again on Tuesday, and what it said then is on record for all to read who wish to. "
    link = "<a href='/2026/11/01/a-word-of-the-mayor-on-fees'>a word</a>"
    assert reason(f"<p>{text * 2}{link}{text}</p>") is Reason.NOT_A_FEED


@pytest.mark.parametrize("base", ["https://b.example/x/", "//b.example/x/", "http://[", "javascript:1", ""])
def test_a_base_that_is_one_counts(base):
    host = "https://b.example/x/" if "b.example" in base else "https://a.example/"
    markup = f"<base href='{base}'><a class=x href='one'>One</a>"
    assert [entry.url for entry in read(page(markup), ".x").entries] == [f"{host}one"]


def test_no_more_than_a_thousand_are_listed_and_the_rest_counted():
    feed = read(page("".join(f"<p><a href='/2026/11/24/{n}-a'>Headline number {n}</a></p>" for n in range(1_200))))
    assert (len(feed.entries), feed.dropped) == (1_000, 200)


REFUSED = [
    ("", "", Reason.EMPTY),
    ("  \n", "", Reason.EMPTY),
    ("%PDF-1.4 and so on", "", Reason.NOT_A_FEED),
    ('{"a": 1}', "", Reason.NOT_A_FEED),
    ("<p>Nothing</p>", "", Reason.NOT_A_FEED),
    (LIST, ".none", Reason.NOT_A_FEED),
    (LIST, "a[", Reason.NOT_A_FEED),
    ("<div>" * 200_000, "", Reason.HOSTILE),
    ("<a href=/a>x</a>" * 60_000, "", Reason.HOSTILE),
    ("<a href=/a>x</a>" * 1_000_000, "", Reason.TOO_LARGE),
    (f"<a {' '.join(f'a{n}=1' for n in range(100_000))}>", "", Reason.HOSTILE),
]


@pytest.mark.parametrize(("markup", "selector", "expected"), REFUSED, ids=lambda value: str(value)[:20])
def test_what_lists_nothing_or_harms_is_refused_with_its_reason(markup, selector, expected):
    assert reason(markup, selector) is expected


WEAK = "".join(f"<a href='/x{'abcdefgh'[n % 8]}{n}'>Politics</a>" for n in range(4_900))
HEAVY = {
    "headings beside what is hardly one": "<div>" + "<h2>x</h2>" * 10_000 + WEAK,
    "text beside what is hardly one": "<div><p>" + "word " * 700_000 + "</p>" + WEAK,
    "texts within texts": "".join(
        f"<div>{'word ' * 40}<h2>x</h2><a href='/2026/11/24/{n}'>Politics</a>" for n in range(2_400)
    ),
    "one link, often, in one card": "<div>" + "<a href='/x/2026/11/24/a'>x</a>" * 5_000 + "<h2>x</h2>" * 10_000,
    "cards within cards": "".join(f"<div><h{1 + n % 6}><a href='/a/b-c-d-{n}'>x</a>" for n in range(2_400)),
    "links deep within": "<b>" * 4_000 + "".join(f"<a href='/2026/11/24/{n}-a'>Headline {n}</a>" for n in range(4_900)),
    "a long heading": "<h2>" + "word " * 800_000 + "".join(f"<a href='/a-b-{n}'>x</a>" for n in range(4_900)),
    "long addresses": "".join(f"<a href='/{'-a1' * 300}{n}'>x</a>" for n in range(2_000)),
}


@pytest.mark.parametrize("selector", ["", "div, a, h2"])
@pytest.mark.parametrize("markup", HEAVY.values(), ids=HEAVY)
def test_what_the_first_look_lets_through_is_read_in_one_go(markup, selector):
    # A search that starts anew at each link takes minutes here.
    with suppress(ReadError):
        assert len(read(page(markup), selector).entries) <= 1_000


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mangled_page_is_read_or_refused(data):
    base = data.draw(st.sampled_from([CARDS.markup.encode(), LIST.encode(), b""]))
    at, size = data.draw(st.integers(0, len(base))), data.draw(st.integers(0, 200))
    body = base[:at] + data.draw(st.binary(max_size=40)) + base[at + size :]
    with suppress(ReadError):
        read(page(body), data.draw(st.sampled_from(["", "li", "a", data.draw(st.text(max_size=12))])))
