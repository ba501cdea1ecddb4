"""What of a page is the article's own text, and above all what is not."""

from __future__ import annotations

import pytest

from monitor.extract.article import extract
from monitor.extract.field import ends_sentence
from monitor.model import Role
from tests.extract.pages import PARAGRAPHS, TITLE, news, page, page_of, paragraphs

HEADLINE = "Storm over Skagen leaves thousands of households without power, mayor says"
CUT = (
    "A storm damaged two power lines near Skagen overnight, the mayor wrote on Thursday, adding that repair crews were "
    "at work and that several districts were cut off…"
)
WHOLE = CUT.removesuffix("…") + " from the grid."
TEASERS = {
    "bookmark card": f'<figure class="kg-card kg-bookmark-card"><a href="/storm"><div class="kg-bookmark-title">{HEADLINE}'
    f'</div><div class="kg-bookmark-description">{CUT}</div><span>Harbour Times</span><span>Ole Dahl</span></a></figure>',
    "hashed card, one link": f'<div class="a1"><a class="b2" href="/storm"><h3>{HEADLINE}</h3><p>{WHOLE}</p>'
    "<div>Ole Dahl</div></a></div>",
    "hashed card, headline link": f'<div class="a1"><h3><a href="/storm">{HEADLINE}</a></h3><p>{WHOLE}</p>'
    '<div><a href="/author/od">Ole Dahl</a></div></div>',
    "class related": f'<div class="related"><h3><a href="/storm">{HEADLINE}</a></h3><p>{WHOLE}</p><span>Ole Dahl</span></div>',
    "plain paragraphs": f'<p><a href="/storm"><b>{HEADLINE}</b></a></p><p>{CUT}</p><p>Harbour Times<a href="/author/od">Ole Dahl</a></p>',
    "no link at all": f"<p>{HEADLINE}</p><p>{CUT}</p><p>Harbour TimesOle Dahl</p>",
    "three dots": f'<div><a href="/storm">{HEADLINE}</a><p>{CUT.replace("…", "...")}</p></div>',
    "card of a sister outlet": f'<a href="https://sister.example/s"><div class="q">{HEADLINE}</div><div>{WHOLE}</div></a>',
    "list after the article": f'</div></article><section><h2>Most read</h2><ul><li><a href="/storm">{HEADLINE}</a><p>{WHOLE}</p>'
    '</li><li><a href="/x">Another story about something else entirely</a></li></ul></section><div>',
}


@pytest.mark.parametrize("shape", TEASERS)
def test_another_story_at_the_end_is_not_the_article(shape: str) -> None:
    article = extract(page(news(TEASERS[shape] + '<section id="comments"><h3>Comments</h3></section>')))
    assert article.body.split("\n\n") == list(PARAGRAPHS)
    assert "Skagen" not in article.title + article.standfirst


@pytest.mark.parametrize("shape", ["bookmark card", "hashed card, headline link", "plain paragraphs"])
def test_another_story_between_two_paragraphs_is_left_out_and_the_rest_kept(shape: str) -> None:
    body = paragraphs(*PARAGRAPHS[:3]) + TEASERS[shape] + paragraphs(*PARAGRAPHS[3:])
    assert extract(page(news(body=body))).body.split("\n\n") == list(PARAGRAPHS)


def test_a_teaser_is_kept_with_its_role_so_that_a_rule_may_ask_for_it() -> None:
    article = extract(page(news(TEASERS["hashed card, headline link"])))
    assert HEADLINE in [block.text for block in article.blocks if block.role is Role.TEASER]


def test_links_within_a_paragraph_are_its_text() -> None:
    linked = f'<p>The plan was <a href="/plan">first shown in the spring of last year</a> and {PARAGRAPHS[5]}</p>'
    assert "first shown in the spring of last year and Storage" in extract(page(news(linked))).body


def test_a_paragraph_that_ends_in_dots_is_the_articles_own() -> None:
    quote = "She paused for a long while, looked at the ships in the bay and said that nobody could know what comes…"
    body = paragraphs(*PARAGRAPHS[:3], quote, *PARAGRAPHS[3:])
    assert quote in extract(page(news(body=body))).body


def test_headings_lists_quotes_and_tables_are_kept_with_their_roles() -> None:
    body = (
        paragraphs(*PARAGRAPHS[:2])
        + "<h2>What is planned</h2><ul><li>Six berths for ships of up to 120 metres in length.</li>"
        "<li>Storage for 4,000 cubic metres of fuel behind the old quay.</li></ul>"
        + f"<blockquote><p>{PARAGRAPHS[2]}</p></blockquote>"
        + paragraphs(*PARAGRAPHS[3:])
    )
    blocks = extract(page(news(body=body))).blocks
    roles = {block.role: block.text for block in blocks}
    assert roles[Role.HEADING] == "What is planned"
    assert roles[Role.LIST].startswith("Storage for 4,000")
    assert roles[Role.QUOTE] == PARAGRAPHS[2]


def test_a_heading_that_nothing_follows_is_left_out() -> None:
    assert "You may also like" not in extract(page(news("<h2>You may also like</h2>"))).body


def test_a_heading_above_a_lesser_heading_stays() -> None:
    body = (
        paragraphs(*PARAGRAPHS[:3])
        + "<h2>The plan in numbers</h2><h3>Fuel and roads</h3>"
        + paragraphs(*PARAGRAPHS[3:])
    )
    assert "The plan in numbers\n\nFuel and roads" in extract(page(news(body=body))).body


def test_the_title_is_not_repeated_in_the_body() -> None:
    assert TITLE not in extract(page(news())).body


def test_captions_are_kept_apart_from_the_text() -> None:
    caption = "The old quay of the harbour in August, seen from the lighthouse on the hill."
    figure = f'<figure><img src="q.jpg"><figcaption>{caption}</figcaption></figure>'
    article = extract(page(news(body=paragraphs(*PARAGRAPHS[:3]) + figure + paragraphs(*PARAGRAPHS[3:]))))
    assert caption not in article.body
    assert Role.CAPTION in [block.role for block in article.blocks]


def test_text_between_line_breaks_is_paragraphs() -> None:
    assert extract(page(news(body="<br><br>".join(PARAGRAPHS)))).body.split("\n\n") == list(PARAGRAPHS)


def test_a_body_split_over_sibling_boxes_is_put_together() -> None:
    halves = f"<div>{paragraphs(*PARAGRAPHS[:3])}</div><aside><p>Advertisement</p></aside><div>{paragraphs(*PARAGRAPHS[3:])}</div>"
    assert extract(page(news(body=halves))).body.split("\n\n") == list(PARAGRAPHS)


def test_comments_longer_than_the_article_are_not_the_article() -> None:
    remarks = "".join(
        f"<li><p>Reader {n} thinks that this is a bad idea, and says so at length, with {n} reasons and more.</p></li>"
        for n in range(12)
    )
    inner = f'<article><h1>{TITLE}</h1>{paragraphs(*PARAGRAPHS)}</article><section id="comments"><ol>{remarks}</ol></section>'
    article = extract(page(page_of(inner)))
    assert "bad idea" not in article.body
    assert PARAGRAPHS[5] in article.body


def test_a_part_in_an_article_of_its_own_stays_though_a_card_stands_in_it() -> None:
    card = '<div class="tip"><h4>Learn more</h4><h5><a href="/guide">How a berth is built, step by step</a></h5></div>'
    part = f"<article><h2>What happens now</h2>{paragraphs(*PARAGRAPHS[3:])}{card}</article>"
    inner = f'<main><article><h1>{TITLE}</h1><div class="b">{paragraphs(*PARAGRAPHS[:3])}{part}</div></article></main>'
    assert extract(page(page_of(inner))).body.split("\n\n") == [*PARAGRAPHS[:3], "What happens now", *PARAGRAPHS[3:]]


def test_an_article_with_a_headline_of_its_own_is_the_next_one() -> None:
    following = f"<article><h1>{HEADLINE}</h1>{paragraphs(WHOLE, *(f'{WHOLE} Crew {n} is at work.' for n in range(4)))}</article>"
    inner = f"<main><article><h1>{TITLE}</h1>{paragraphs(*PARAGRAPHS)}</article>{following}</main>"
    assert extract(page(page_of(inner))).body.split("\n\n") == list(PARAGRAPHS)


def test_parts_under_headings_that_are_links_stay_where_others_of_that_kind_lead_elsewhere() -> None:
    places = (
        "https://a.example/1",
        "https://b.example/2",
        "/plans/quay",
        "https://c.example/3",
        "/plans/shed",
        "/plans/road",
    )
    remarks = [f"Plan {n} has a shed, a road and room for {n} ships." for n in range(6)]
    parts = "".join(
        f'<section><h2 class="t"><a href="{place}">Plan number {n}: a berth for ships</a></h2><p>{remark}</p></section>'
        for n, (place, remark) in enumerate(zip(places, remarks, strict=True))
    )
    article = extract(page(news(body=paragraphs(*PARAGRAPHS[:3]) + parts + paragraphs(*PARAGRAPHS[3:]))))
    assert [text for text in (*PARAGRAPHS, *remarks) if text not in article.body] == []


def test_cells_of_a_table_that_say_the_same_stay() -> None:
    same = "Berths one to six are closed to all ships from six in the evening until six in the morning."
    rows = "".join(f"<tr><th>{day}</th><td>{same}</td></tr>" for day in ("Monday", "Tuesday", "Wednesday", "Thursday"))
    body = f"{paragraphs(*PARAGRAPHS[:3])}<table>{rows}</table>{paragraphs(*PARAGRAPHS[3:])}"
    assert extract(page(news(body=body))).body.count(same) == 4
    bare = paragraphs(*PARAGRAPHS[:3], same, *PARAGRAPHS[3:4], same, *PARAGRAPHS[4:5], same, PARAGRAPHS[5])
    assert same not in extract(page(news(body=bare))).body


def test_a_script_without_word_spaces_is_read() -> None:
    texts = [
        f"港口委员会星期二同意为{n}艘船只建造泊位，从而结束了持续两年的争端。委员会主席表示，工程将于明年春天开始。"
        for n in "一二三四五"
    ]
    assert extract(page(news(body=paragraphs(*texts), ld=None, lang="zh"))).body.split("\n\n") == texts


@pytest.mark.parametrize("count", [1, 5, 9])
def test_however_many_articles_follow_none_is_the_pages_own(count: int) -> None:
    others = "".join(
        f"<article><h1>Storm number {n} over Skagen</h1>{paragraphs(*(f'{WHOLE} Crew {n} and {i} are at work.' for i in range(4)))}</article>"
        for n in range(count)
    )
    inner = f"<main><article><h1>{TITLE}</h1>{paragraphs(*PARAGRAPHS)}</article>{others}</main>"
    assert extract(page(page_of(inner))).body.split("\n\n") == list(PARAGRAPHS)


@pytest.mark.parametrize("quote", ["„{}“", "»{}«", "“{}”", "«{}»"])
def test_a_sentence_ends_behind_any_closing_mark(quote: str) -> None:
    assert ends_sentence(quote.format("Wir fangen morgen früh an."))


def test_hidden_text_of_a_news_page_is_not_the_articles() -> None:
    for box in (f"<p hidden>{WHOLE}</p>", f'<div style="display:none"><p>{WHOLE}</p></div>'):
        body = paragraphs(*PARAGRAPHS[:3]) + box + paragraphs(*PARAGRAPHS[3:])
        assert extract(page(news(body=body))).body.split("\n\n") == list(PARAGRAPHS)
