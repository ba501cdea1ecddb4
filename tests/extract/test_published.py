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


def test_a_statement_goes_before_what_is_shown_unless_it_moves_with_every_change() -> None:
    shown = "<div>3 October 2026</div>"
    stated = {**ARTICLE, "@type": "BlogPosting", "dateModified": "2026-11-19T12:00:00Z"}
    assert meta(shown, ld=stated).published == datetime(2026, 11, 19, 8, tzinfo=UTC)
    assert meta(shown, ld={**stated, "dateModified": stated["datePublished"]}).published == datetime(
        2026, 10, 3, tzinfo=UTC
    )


def test_the_address_is_the_last_resort() -> None:
    assert meta("", url="https://harbour.example/2026/10/3/berths").published == datetime(2026, 10, 3, tzinfo=UTC)
    assert meta("", url="https://harbour.example/news/20261003-berths").published == datetime(2026, 10, 3, tzinfo=UTC)
    assert meta("", url="https://harbour.example/news/20269903-berths").published is None
    assert meta("", url="https://harbour.example/2031/10/3/berths").published is None


def test_a_date_within_the_text_is_not_the_articles() -> None:
    assert (
        meta("<p>" + "The plan was first shown in a meeting on 3 October 2026 to the public. " * 5 + "</p>").published
        is None
    )
