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
