"""Who wrote an article, where no statement names a person."""

from __future__ import annotations

import pytest

from monitor.extract.metadata import read
from monitor.parse import html
from tests.extract.pages import ARTICLE, NOW, TITLE, URL, page_of

TEXT = "<p>" + "The harbour council agreed on Tuesday to build berths for six ships. " * 5 + "</p>"


def authors(body: str, *, ld: object = None, head: str = "") -> tuple[str, ...]:
    markup = f"<article><h1>{TITLE}</h1>{body}{TEXT}</article>"
    return read(html.parse(page_of(markup, ld=ld, head=head)), URL, NOW).authors


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("<p>By <a href='/a/1'>Jana Novák</a> and <a href='/a/2'>Ole Dahl</a></p>", ("Jana Novák", "Ole Dahl")),
        ("<p>By Jana Novák, Ole Dahl and Ann Lee | 3 October 2026</p>", ("Jana Novák", "Ole Dahl", "Ann Lee")),
        ("<div>Written by</div><div>Jana Novák</div><div>Harbour Reporter</div>", ("Jana Novák",)),
        ("<p>Posted on 3 October 2026 by Jana Novák</p>", ("Jana Novák",)),
        ("<p>Von Jana Novák, Kopenhagen</p>", ("Jana Novák",)),
        ("<p>Par Jana Novák</p>", ("Jana Novák",)),
        ("<p>di Jana Novák</p>", ("Jana Novák",)),
        ("<p>Автор: Яна Новак</p>", ("Яна Новак",)),
        ("<p>Reviewed by Ole Dahl</p><p>Photo by Ann Lee</p>", ()),
        ("<div class='post-author-name'>Jana Novák</div><div class='author-job'>Reporter</div>", ("Jana Novák",)),
        ("<span itemprop='author'>jn/od</span>", ("jn/od",)),
        ("<a rel='author' href='/a/1'>More about Jana Novák</a>", ()),
        ("<div class='comment-author'>Ole Dahl</div>", ()),
        ("<div><span>3 October 2026</span> <span>Jana Novák</span></div>", ("Jana Novák",)),
        ("<p>Dr. Jana van der Novák, MD</p>", ()),
        ("<p>Contributors: Jana Novák</p>", ("Jana Novák",)),
        ("<p>Jana Novák in Harbours</p><p>Nov 3</p>", ("Jana Novák",)),
        ("<p>Jana Novák on behalf of the harbour desk</p><p>3 November 2026</p>", ("Jana Novák",)),
        ("<p>Jana Novák</p><p>Coast writer</p>", ("Jana Novák",)),
        ("<p>Jana Novák</p><p>Last updated:</p>", ("Jana Novák",)),
        ("<p>Jana Novák</p>", ()),
        ("<p>Articles by Jana</p>", ()),
        ("<div class='box-author__name'>jana novák</div>", ("jana novák",)),
        ("<a href='/authorize'>Authorization</a>", ()),
        ("<a href='/author/7'>Jana Novák</a>", ("Jana Novák",)),
        ("<section class='byline'><span>Wellness &amp; Prevention</span></section>", ()),
        ("<div class='author-path'>Berths for six ships</div>", ()),
        ("<p><span>Sat</span> <span>3 November 2026</span></p>", ()),
    ],
)
def test_a_visible_byline(byline: str, names: tuple[str, ...]) -> None:
    assert authors(byline) == names


def test_a_person_shown_goes_before_an_organisation_stated() -> None:
    stated = {**ARTICLE, "author": {"@type": "Organization", "name": "Harbour Desk"}}
    assert authors("<p>By Jana Novák</p>", ld=stated) == ("Jana Novák",)
    assert authors("", ld=stated) == ("Harbour Desk",)


def test_an_organisation_keeps_its_and_and_a_job_is_no_person() -> None:
    council = {"@type": "Organization", "name": "Board of Ships and Berths"}
    assert authors("", ld={**ARTICLE, "author": council}) == ("Board of Ships and Berths",)
    told = {**ARTICLE, "author": "Jana Novák, head of coast reporting, and Ole Dahl"}
    assert authors("", ld=told) == ("Jana Novák", "Ole Dahl")


def test_an_agency_stays_among_the_authors() -> None:
    assert authors("<p>By Ann Lee</p>", ld={**ARTICLE, "author": "Jana Novák, dpa"}) == ("Jana Novák", "dpa")


def test_a_pair_of_label_and_value_names_the_author() -> None:
    head = '<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Jana Novák">'
    assert authors("", head=head) == ("Jana Novák",)


def test_above_the_headline_a_name_follows_the_date_and_what_the_article_is_filed_under_stands_before_it() -> None:
    def above(line: str) -> tuple[str, ...]:
        markup = f"<div>{line}</div><h1>{TITLE}</h1>{TEXT}"
        return read(html.parse(page_of(markup, ld=None)), URL, NOW).authors

    assert above("<span>3 October 2026</span><span>Jana Novák</span>") == ("Jana Novák",)
    assert above("<span>Mental Health</span><span>3 October 2026</span>") == ()


def test_a_signature_is_found_anywhere_unless_there_are_several() -> None:
    signed = "<h3>Written by Jana Novák</h3><p>Jana Novák writes of ships.</p>"
    assert authors(TEXT * 20 + signed) == ("Jana Novák",)
    assert authors(TEXT * 20 + "<h3>Author</h3><p> Jana Novák</p>") == ("Jana Novák",)
    assert authors(TEXT * 20 + signed + "<h3>Written by Ole Dahl</h3>") == ()
    assert authors(TEXT * 20 + "<p>The book of the port, written by Ole Dahl, is sold out.</p>") == ()


def test_beside_a_person_neither_the_house_nor_a_job_is_an_author() -> None:
    def stated(author: object) -> tuple[str, ...]:
        return authors("", ld={**ARTICLE, "author": author})

    assert stated([{"name": "Jana Novák"}, {"name": "The Harbour Times Staff"}]) == ("Jana Novák",)
    assert stated({"name": "Harbour Times Staff"}) == ("Harbour Times Staff",)
    assert stated("Jana Novák, Former Deputy Tech Editor") == ("Jana Novák",)
    assert stated("Jana (Nela) Novák") == ("Jana (Nela) Novák",)


@pytest.mark.parametrize("empty", ["page.head.extra.author", "{{ author }}", "Harbour Admin", "By"])
def test_what_a_template_left_is_no_name(empty: str) -> None:
    assert authors("<p>By Jana Novák</p>", ld={**ARTICLE, "author": empty}) == ("Jana Novák",)


def test_lines_of_a_page_without_a_heading_name_nobody_by_a_first_name() -> None:
    markup = f"<div>Tires by Brand</div>{TEXT}"
    assert read(html.parse(page_of(markup, ld=None)), URL, NOW).authors == ()
