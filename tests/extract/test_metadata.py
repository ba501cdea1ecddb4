"""What a page says of its article: title, people, dates, language, address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.extract.article import Hints, extract
from monitor.extract.metadata import Metadata, read
from monitor.parse import html
from tests.extract.pages import ARTICLE, NOW, PARAGRAPHS, TITLE, URL, news, page, page_of, paragraphs


def meta(
    head: str = "", body: str = "<p>Text.</p>", *, ld: object = None, url: str = URL, lang: str = "en"
) -> Metadata:
    return read(html.parse(page_of(body, head=head, ld=ld, title="", lang=lang)), url, NOW)


@pytest.mark.parametrize(
    "tail", [" | Harbour Times", " - Harbour Times", " – harbour.example", " — Harbour", " | Sport"]
)
def test_the_outlets_name_is_cut_off_the_title(tail: str) -> None:
    head = f'<meta property="og:title" content="{TITLE}{tail}"><meta property="og:site_name" content="Harbour Times">'
    assert meta(head).title == TITLE


def test_a_section_before_the_outlets_name_goes_with_it() -> None:
    head = f'<meta property="og:title" content="{TITLE} | Coast | Harbour Times">'
    assert meta(head + '<meta property="og:site_name" content="Harbour Times">').title == TITLE


def test_a_dash_within_a_title_stays() -> None:
    title = "Six ships - and no berth for any of them"
    assert meta(f'<meta property="og:title" content="{title}">').title == title


def test_two_agreeing_statements_outvote_the_third() -> None:
    head = f'<meta property="og:title" content="{TITLE}">'
    assert meta(head, f"<h1>{TITLE}</h1>", ld={**ARTICLE, "headline": "Berths: what you need to know"}).title == TITLE


SHARED = "Berths for six ships: all there is to know"


def test_news_is_titled_by_what_agrees_and_other_articles_by_their_heading() -> None:
    head = f'<meta property="og:title" content="{SHARED}"><meta name="twitter:title" content="{SHARED}">'
    stated = {**ARTICLE, "headline": SHARED}
    assert meta(head, f"<h1>{TITLE} for berths</h1>", ld=stated).title == SHARED
    shown = "Berths for six ships, and all that is known of them"
    assert meta(head, f"<h1>{shown}</h1>", ld={**stated, "@type": "BlogPosting"}).title == shown
    assert meta(head, f"<h1>{shown}</h1>").title == shown


def test_a_heading_of_something_else_is_no_title() -> None:
    head = f'<meta property="og:title" content="{TITLE}">'
    assert meta(head, "<h1>Menu</h1>").title == TITLE
    assert meta(head, "<h1>Weather for the weekend</h1>").title == TITLE
    assert meta(head, f"<h1>Menu</h1><h1>{TITLE}, says its head</h1>").title == f"{TITLE}, says its head"


def test_a_heading_of_two_words_is_the_titles_kin_only_by_both() -> None:
    head = '<meta property="og:title" content="Affordable food: Nutrition for families of low income">'
    assert meta(head, "<h1>Affordable nutrition</h1>").title == "Affordable nutrition"
    assert meta(head, "<h1>Nutrition services</h1>").title == "Affordable food: Nutrition for families of low income"


def test_a_heading_loses_the_day_and_the_sites_name_that_stand_in_a_line_of_their_own() -> None:
    head = f'<meta property="og:title" content="{TITLE}"><meta property="og:site_name" content="Quayside Notes">'
    assert meta(head, f"<h1><small>Dec 18 2025</small> {TITLE}</h1>").title == TITLE
    assert meta(head, f"<h1>Quayside Notes<br> {TITLE}</h1>").title == TITLE


def test_the_elements_of_a_heading_are_kept_apart_but_not_those_of_a_word() -> None:
    assert meta("", "<h1><span>The council agrees</span><span>Six ships wait</span></h1>").title == (
        "The council agrees Six ships wait"
    )
    assert meta("", "<h1><b>N</b>ATO and <i>si</i>x ships</h1>").title == "NATO and six ships"


def test_what_fell_from_a_broken_head_into_the_body_is_read_there() -> None:
    fallen = f'<div></div><link rel="amphtml" href="/amp"><meta property="og:title" content="{TITLE}">'
    found = meta(body=fallen + "<p>Text.</p>")
    assert (found.title, found.amp_url) == (TITLE, "https://harbour.example/amp")


def test_what_the_document_title_has_besides_og_title_is_the_outlets_name() -> None:
    head = f'<title>Quayside Notes: {TITLE}</title><meta property="og:title" content="{TITLE}">'
    markup = f"<html><head>{head}</head><body><h1>Quayside Notes</h1><p>Text.</p></body></html>"
    assert read(html.parse(markup), URL, NOW).title == TITLE


def test_markup_and_entities_in_statements_are_read_away() -> None:
    found = meta(
        ld={**ARTICLE, "headline": "Ships &amp; <em>berths</em>", "description": "A &quot;plan&quot;<br>for six"}
    )
    assert found.title == "Ships & berths"
    assert found.description == 'A "plan" for six'


def test_of_several_articles_in_json_ld_the_pages_own_is_taken() -> None:
    other = {**ARTICLE, "headline": "Storm over Skagen", "dateModified": "2026-11-01", "articleBody": "x" * 300}
    found = meta(body=f"<h1>{TITLE}</h1>", ld=[other, ARTICLE])
    assert found.title == TITLE
    assert found.ld_body == ""


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ([{"name": "Jana Novák"}, {"name": "Ole Dahl"}], ("Jana Novák", "Ole Dahl")),
        ("By Jana Novák and Ole Dahl", ("Jana Novák", "Ole Dahl")),
        ({"name": ["Jana Novák", "Jana Novák"]}, ("Jana Novák",)),
        ({"name": "Jana Novák (jn)"}, ("Jana Novák",)),
        ([{"name": "Harbour Times"}, {"name": "Jana Novák"}], ("Jana Novák",)),
        ([{"name": "Harbour Times"}], ("Harbour Times",)),
        ({"name": "Ann Lee, MD"}, ("Ann Lee, MD",)),
        ({"name": "https://harbour.example/staff/3"}, ()),
    ],
)
def test_authors(written: object, names: tuple[str, ...]) -> None:
    assert meta(ld={**ARTICLE, "author": written}).authors == names


def test_authors_by_reference_and_by_a_visible_byline() -> None:
    graph = {"@graph": [{**ARTICLE, "author": {"@id": "#jn"}}, {"@type": "Person", "@id": "#jn", "name": "Jana Novák"}]}
    assert meta(ld=graph).authors == ("Jana Novák",)
    assert meta(body='<p class="byline">By <a rel="author" href="/a/1">Ole Dahl</a></p>').authors == ("Ole Dahl",)


@pytest.mark.parametrize(
    ("head", "published"),
    [
        (
            '<meta property="article:published_time" content="2026-11-19T10:00:00+02:00">',
            datetime(2026, 11, 19, 8, tzinfo=UTC),
        ),
        ('<meta name="date" content="Thu, 19 Nov 2026 10:00:00 GMT">', datetime(2026, 11, 19, 10, tzinfo=UTC)),
        ('<meta itemprop="datePublished" content="2026-11-19">', datetime(2026, 11, 19, tzinfo=UTC)),
        ('<meta property="article:published_time" content="2031-01-01T00:00:00Z">', None),
        ('<meta property="article:published_time" content="soon">', None),
    ],
)
def test_published(head: str, published: datetime | None) -> None:
    assert meta(head).published == published


def test_a_visible_date_where_nothing_else_says_it() -> None:
    body = '<article><time datetime="2026-11-18T07:30:00Z">yesterday</time><p>Text.</p></article>'
    assert meta(body=body).published == datetime(2026, 11, 18, 7, 30, tzinfo=UTC)
    assert meta(body='<p class="post-date">18. November 2026</p>').published == datetime(2026, 11, 18, tzinfo=UTC)


def test_updated_is_not_published() -> None:
    found = meta(ld={**ARTICLE, "dateModified": "2026-11-19T12:00:00Z"})
    assert (found.published, found.updated) == (
        datetime(2026, 11, 19, 8, tzinfo=UTC),
        datetime(2026, 11, 19, 12, tzinfo=UTC),
    )


def test_language_is_the_primary_subtag_and_two_outvote_a_template() -> None:
    assert meta(lang="en-GB").language == "en"
    assert meta(lang="").language is None
    outvoted = meta('<meta property="og:locale" content="uk_UA">', ld={**ARTICLE, "inLanguage": "uk"}, lang="en")
    assert outvoted.language == "uk"


@pytest.mark.parametrize(
    ("href", "canonical"),
    [
        ("/news/berths?utm_source=feed", URL),
        ("https://www.harbour.example/news/b2", "https://www.harbour.example/news/b2"),
        ("https://agency.example/berths", URL),
        ("https://harbour.example/", URL),
        ("javascript:void(0)", URL),
    ],
)
def test_canonical_stays_on_the_site_and_never_makes_all_articles_one(href: str, canonical: str) -> None:
    assert meta(f'<link rel="canonical" href="{href}">').canonical_url == canonical


@pytest.mark.parametrize(
    ("links", "claim"),
    [
        (["https://agency.example/berths?utm_source=x#top"], "https://agency.example/berths"),
        (["https://agency.example/berths", "/news/berths"], ""),
        (["https://harbour.example:8443/news/berths"], "https://harbour.example:8443/news/berths"),
        (["https://agency.example/", "mailto:desk@agency.example"], ""),
        (["https://agency.example/" + "é" * 400], ""),
        ([], ""),
    ],
)
def test_a_canonical_url_on_another_site_is_a_claim(links: list[str], claim: str) -> None:
    found = meta("".join(f'<link rel="canonical" href="{href}">' for href in links))
    assert (found.claim, found.canonical_url) == (claim, URL)


def test_paywall_section_wire_and_live() -> None:
    ld = {
        **ARTICLE,
        "@type": "LiveBlogPosting",
        "isAccessibleForFree": "False",
        "articleSection": ["Coast", "Ships"],
        "author": [{"name": "Reuters"}],
    }
    found = meta(ld=ld)
    assert (found.paywalled, found.section, found.wire, found.live) == (True, "Coast", "Reuters", True)
    assert meta(ld={**ARTICLE, "isAccessibleForFree": True}).paywalled is False
    assert meta(ld=ARTICLE).paywalled is None


def test_a_live_blog_and_an_amp_page_are_known() -> None:
    assert meta(ld={**ARTICLE, "liveBlogUpdate": [{"@type": "BlogPosting", "headline": "Now"}]}).live
    assert not meta(ld=ARTICLE).live
    assert meta('<link rel="amphtml" href="/amp/berths">').amp_url == "https://harbour.example/amp/berths"
    assert meta('<link rel="amphtml" href="javascript:x">').amp_url == ""


def test_a_dateline_makes_a_wire_article_and_the_text_may_overrule_the_language() -> None:
    lead = "KYIV, Nov 19 (Reuters) - " + PARAGRAPHS[0]
    found = extract(page(news(body=paragraphs(lead, *PARAGRAPHS), lang="de", ld={**ARTICLE, "inLanguage": "de"})))
    assert (found.wire, found.language) == ("Reuters", "en")


def test_every_text_is_plain_and_bounded() -> None:
    long = "<b>x</b> &lt;i&gt; \x00" * 50_000
    ld = {**ARTICLE, **dict.fromkeys(("headline", "description", "articleSection", "sourceOrganization"), long)}
    ld["author"] = [{"name": f"Jana {'N' * 1_000}"}] * 100 + [{"name": f"Jana {letter}ovák"} for letter in "ABCD" * 20]
    heads = "".join(f'<meta name="{name}" content="{"y" * 100_000}">' for name in ("section", "og:site_name", "author"))
    found = meta(heads, f"<h1>{'z' * 100_000}</h1>", ld=ld)
    texts = [found.title, found.description, found.section, found.outlet, found.organisation, *found.authors]
    assert all(len(text) <= 2_000 and "<b>" not in text and "\x00" not in text for text in texts)
    assert len(found.authors) <= 30


def standfirst(text: str) -> str:
    return extract(page(news(head=f'<meta name="description" content="{text}">'))).standfirst


def test_standfirst() -> None:
    own = "After two years of dispute the council has found room and money for the berths of six ships."
    assert standfirst(own) == own
    assert standfirst(PARAGRAPHS[0][:70] + "…") == ""
    assert standfirst("Football, weather, recipes and everything else from far and near") == ""


def test_hints_fill_only_what_the_page_lacks() -> None:
    published = datetime(2026, 11, 20, tzinfo=UTC)
    hints = Hints(outlet="harbour", language="de", title="From the feed", published=published)
    full = extract(page(news()), hints=hints)
    assert (full.title, full.language, full.published) == (TITLE, "en", datetime(2026, 11, 19, 8, tzinfo=UTC))
    # Nobody but the feed says a language, and the text is in another.
    bare = extract(page(f"<body>{paragraphs(*PARAGRAPHS)}</body>"), hints=hints)
    assert (bare.title, bare.language, bare.published) == ("From the feed", "en", published)
    # Rules compare the outlet's id, whatever the page calls itself.
    assert full.outlet == bare.outlet == "harbour"


def test_broken_json_ld_is_mended_or_passed_over() -> None:
    script = '<script type="application/ld+json">\n//<![CDATA[\n{"@type":"NewsArticle","headline":"Six\nberths",}\n//]]>\n</script>'
    assert meta(script).title == "Six berths"
    for broken in ("{", '{"@type": ["NewsArticle"', "null", "[[[[" * 5_000, '{"a":' * 5_000, "1e999999", "9" * 5_000):
        assert meta(f'<script type="application/ld+json">{broken}</script>', f"<h1>{TITLE}</h1>").title == TITLE
