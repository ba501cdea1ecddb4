"""When an article was published, as pages state and show it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.extract.metadata import Metadata, read
from monitor.parse import html
from tests.extract.pages import ARTICLE, NOW, TITLE, URL, page_of

TEXT = "<p>" + "The harbour council agreed on Tuesday to build berths for six ships. " * 5 + "</p>"


def meta(body: str, *, ld: object = None, lang: str = "en", url: str = URL, head: str = "") -> Metadata:
    markup = f"<header><nav>2 May 2019</nav></header><article><h1>{TITLE}</h1>{body}{TEXT}</article>"
    return read(html.parse(page_of(markup, ld=ld, lang=lang, head=head)), url, NOW)


@pytest.mark.parametrize(
    ("shown", "lang", "published"),
    [
        ("Published October 3, 2026 3:20 p.m. EDT", "en-US", "2026-10-03T19:20"),
        ("3 October 2026", "en-GB", "2026-10-03T00:00"),
        ("10/3/2026", "en-US", "2026-10-03T00:00"),
        ("10/3/2026", "en-GB", "2026-03-10T00:00"),
        ("3. Oktober 2026, 15:20 Uhr", "de", "2026-10-03T15:20"),
        ("Publié le 3 octobre 2026 à 15h20", "fr", "2026-10-03T15:20"),
        ("3 de octubre de 2026 a las 15:20 CEST", "es", "2026-10-03T13:20"),
        ("3 ottobre 2026 | 15.20", "it", "2026-10-03T15:20"),
        ("Publisert 3. oktober 2026 kl. 15:20", "no", "2026-10-03T15:20"),
        ("3 oktober 2026 15:20", "nl", "2026-10-03T15:20"),
        ("3 жовтня 2026, 15:20", "uk", "2026-10-03T15:20"),
        ("15:20, 3 октября 2026", "ru", "2026-10-03T15:20"),
        ("2026年10月3日 15時20分", "ja", "2026-10-03T15:20"),
        ("03.10.2026", "cs", "2026-10-03T00:00"),
        ("3 octombrie 2026", "ro", "2026-10-03T00:00"),
        ("3. lokakuuta 2026", "fi", "2026-10-03T00:00"),
        ("2026. október 3. 15:20", "hu", "2026-10-03T15:20"),
        ("2026 m. spalio 3 d.", "lt", "2026-10-03T00:00"),
        ("3 октомври 2026", "bg", "2026-10-03T00:00"),
        ("3 Οκτωβρίου 2026", "el", "2026-10-03T00:00"),
        ("Oct 3,2026", "en", "2026-10-03T00:00"),
    ],
)
def test_a_date_shown_near_the_headline_is_read_in_its_language(shown: str, lang: str, published: str) -> None:
    found = meta(f"<div>By Jana Novák</div><div><span>{shown}</span></div>", lang=lang).published
    assert found is not None
    assert found.isoformat()[:16] == published


def test_the_shown_day_gets_the_hour_of_its_time_element() -> None:
    body = '<div>3 October 2026</div><time datetime="2026-10-03T23:30:00+02:00">3 October 2026</time>'
    assert meta(body).published == datetime(2026, 10, 3, 21, 30, tzinfo=UTC)


def test_a_date_that_is_said_to_be_an_update_is_none_of_publication() -> None:
    found = meta("<div>Updated 5 October 2026</div><div>3 October 2026</div>")
    assert (found.published, found.updated) == (datetime(2026, 10, 3, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC))
    assert meta("<div>Updated 5 October 2026</div>").published is None


STATED = {**ARTICLE, "@type": "BlogPosting", "dateModified": "2026-11-19T12:00:00Z"}
SHOWN_DAY = datetime(2026, 10, 3, tzinfo=UTC)
STATED_DAY = datetime(2026, 11, 19, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "ld", "published"),
    [
        # News states its own day, whatever is shown beside it.
        ("3 October 2026", {**STATED, "@type": "NewsArticle"}, STATED_DAY),
        # Elsewhere the day that readers see goes before one that moves with every change, or was kept from before.
        ("3 October 2026", STATED, SHOWN_DAY),
        ("3 October 2026", {**STATED, "datePublished": "2019-02-01T08:00:00Z"}, SHOWN_DAY),
        # The day after is the day itself in another zone, and 11/10 is 10/11.
        ("20 November 2026", STATED, STATED_DAY),
        ("11/10/2026", {**STATED, "datePublished": "2026-11-10T08:00:00Z"}, datetime(2026, 11, 10, 8, tzinfo=UTC)),
        # A later one may be the update's without saying so.
        ("19 November 2026", {**STATED, "datePublished": "2026-10-03"}, SHOWN_DAY),
        ("Updated 3 October 2026", STATED, STATED_DAY),
    ],
)
def test_what_is_shown_may_go_before_a_statement(shown: str, ld: object, published: datetime) -> None:
    assert meta(f"<div>{shown}</div>", ld=ld).published == published


def test_the_day_right_above_the_headline_counts_too() -> None:
    above = f"<div>3 October 2026</div><h1>{TITLE}</h1>{TEXT}"
    assert read(html.parse(page_of(above, ld=STATED)), URL, NOW).published == SHOWN_DAY


@pytest.mark.parametrize(
    ("shown", "published", "updated"),
    [
        ("<div>3 October 2026 Updated on: 5 October 2026</div>", 3, 5),
        ("<div>Updated 5 October 2026, originally published 3 October 2026</div>", 3, 5),
        ("<div>Last updated:</div><div>5 October 2026</div><div>3 October 2026</div>", 3, 5),
        ("<div>Updated on <!-- --> <!-- -->5 October 2026</div>", None, 5),
        ("<div>By Jana Novák, head of the harbour desk ⋅ Updated 5 October 2026</div>", None, 5),
        ("<div>Published 3 October 2026 • Last updated 1 hour ago</div>", 3, None),
        ("<div>5 October 2026 (updated)</div>", None, 5),
        # What is marked farther off is less sure than an update beside the headline.
        ("<div>Updated 5 October 2026</div>" + TEXT * 3 + "<p class='date'>1 October 2026</p>", None, 5),
    ],
)
def test_each_date_of_a_line_is_what_the_words_before_it_say(
    shown: str, published: int | None, updated: int | None
) -> None:
    found = meta(shown)
    assert (found.published and found.published.day, found.updated and found.updated.day) == (published, updated)


def test_a_date_at_the_end_of_a_caption_is_none_of_publication() -> None:
    assert (
        meta("<figure></figure><p>Ships without a berth wait at the old quay of the town, 24 April 2026</p>").published
        is None
    )


def test_without_a_heading_of_the_first_level_the_title_is_found_among_the_smaller_ones() -> None:
    head = f'<meta property="og:title" content="{TITLE}">'
    for heading in (f"<h2>News</h2><h3>{TITLE}</h3>", ""):
        markup = f"{heading}<div><p>Jana Novák</p><small>October 3, 2026</small></div>{TEXT}"
        assert read(html.parse(page_of(markup, ld=None, head=head)), URL, NOW).published == SHOWN_DAY


def test_systems_have_names_of_their_own_for_the_date_of_publication() -> None:
    for name in ("cms:publish-time", "og:pubdate", "date.created", "prism.publicationDate", "sn-posted"):
        assert meta("", head=f'<meta name="{name}" content="2026-10-03">').published == SHOWN_DAY
    for name in ("page.modified-date", "review-date", "article:expiration_time", "event.date", "candidate"):
        assert meta("", head=f'<meta name="{name}" content="2026-10-03">').published is None


def test_the_address_is_the_last_resort() -> None:
    assert meta("", url="https://harbour.example/2026/10/3/berths").published == datetime(2026, 10, 3, tzinfo=UTC)
    assert meta("", url="https://harbour.example/news/20261003-berths").published == datetime(2026, 10, 3, tzinfo=UTC)
    assert meta("", url="https://harbour.example/a/2026-10-03+berths").published == datetime(2026, 10, 3, tzinfo=UTC)
    assert meta("", url="https://harbour.example/news/20269903-berths").published is None
    assert meta("", url="https://harbour.example/2031/10/3/berths").published is None


def test_a_date_within_the_text_is_not_the_articles() -> None:
    assert (
        meta("<p>" + "The plan was first shown in a meeting on 3 October 2026 to the public. " * 5 + "</p>").published
        is None
    )


def test_the_day_comes_first_where_a_country_writes_it_so_and_the_address_may_say_it() -> None:
    shown = "<div>10/3/2026</div>"
    assert meta(shown, url="https://harbour.example.co.uk/berths").published == datetime(2026, 3, 10, tzinfo=UTC)
    said = "https://harbour.example/blog/2026/october/03/berths"
    assert meta("<div>3/10/2026</div>", url=said).published == SHOWN_DAY
    assert meta("", url=said).published == SHOWN_DAY
