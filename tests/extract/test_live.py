"""Live blogs: the entries stand in order, each paragraph with its entry's time."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from monitor.extract.article import extract
from monitor.model import OWN_ROLES, Article, Block, Role
from tests.extract.pages import PARAGRAPHS, TITLE, news, page, page_of, paragraphs

INTRO = "The council meets this evening, and the quay is full of people. Here is what happens, minute by minute."
ENTRIES = (
    ("The vote is over", "16:41", ("Six berths will be built, the clerk has read out, by eleven votes to four.",)),
    (
        "Fishermen leave the hall",
        "15:58",
        ("About forty fishermen have left the hall before the vote, some of them shouting at the head of the council.",
         "One of them told us that he would not come back before the court has ruled on the moorings."),
    ),
    ("A first speaker", "15:12", ("Marta Lindqvist opens the meeting and asks for calm, as the money is there.",)),
    ("Doors open", "14:30", ("Hundreds wait outside. It rains.",)),
)  # fmt: skip
LIVE = {
    "@context": "https://schema.org",
    "@type": "LiveBlogPosting",
    "headline": TITLE,
    "datePublished": "2026-11-18T14:00:00+02:00",
    "dateModified": "2026-11-18T16:41:00+02:00",
}


def at(clock: str, day: int = 18) -> datetime:
    """The moment of a clock time two hours east of Greenwich."""
    hour, minute = map(int, clock.split(":"))
    return (
        datetime(2026, 11, day, hour - 2, minute, tzinfo=UTC)
        if hour > 1
        else datetime(2026, 11, day - 1, hour + 22, minute, tzinfo=UTC)
    )


EXPECTED = [
    (role, text, at(clock))
    for headline, clock, texts in ENTRIES
    for role, text in ((Role.HEADING, headline), *((Role.BODY, text) for text in texts))
]


def told(article: Article) -> list[tuple[Role, str, datetime | None]]:
    return [(block.role, block.text, block.at) for block in article.blocks if block.role in OWN_ROLES]


def entries_of(article: Article) -> list[tuple[Role, str, datetime | None]]:
    return [one for one in told(article) if one[2]]


def blog(entries: str, *, ld: object = LIVE, after: str = "") -> Article:
    inner = f'<main><article><h1>{TITLE}</h1><p class="dek">{INTRO}</p><div class="feed">{entries}</div>{after}</article></main>'
    return extract(page(page_of(inner, ld=ld)))


def texts_of(texts: Sequence[str]) -> str:
    return "".join(f"<p>{html.escape(text, quote=False)}</p>" for text in texts)


def update(headline: str, clock: str, texts: Sequence[str]) -> dict[str, str]:
    return {
        "@type": "BlogPosting",
        "headline": headline,
        "datePublished": f"2026-11-18T{clock}:00+02:00",
        "articleBody": "".join(f"<p>{text}</p>" for text in texts),
    }


SHAPES = {
    "articles with a permalink as their heading": "".join(
        f'<article id="e{n}"><h2><a href="/live/berths/entry-{n}">{headline}</a></h2>'
        f'<time datetime="2026-11-18T{clock}:00+02:00">{clock}</time>{texts_of(texts)}</article>'
        for n, (headline, clock, texts) in enumerate(ENTRIES)
    ),
    "items of a list": "<ol>" + "".join(
        f'<li><div><div><time datetime="2026-11-18T{clock}:00+02:00">{clock} Uhr</time></div><h3>{headline}</h3>'
        f"<div>{texts_of(texts)}</div></div></li>"
        for headline, clock, texts in ENTRIES
    ) + "</ol>",
    "headings with a time among paragraphs": "".join(
        f'<div><time datetime="2026-11-18T{clock}:00+02:00">{clock}</time></div><h3>{headline}</h3>{texts_of(texts)}'
        for headline, clock, texts in ENTRIES
    ),
    "times without an offset": "".join(
        f'<section><time datetime="2026-11-18T{clock}">{clock}</time><h3>{headline}</h3>{texts_of(texts)}</section>'
        for headline, clock, texts in ENTRIES
    ),
    "times of an hour alone": "".join(
        f"<section><time>{clock}</time><h3>{headline}</h3>{texts_of(texts)}</section>"
        for headline, clock, texts in ENTRIES
    ),
    "hours that nothing marks": "".join(
        f'<div class="c4"><div class="c5">{clock}</div><h3>{headline}</h3>{texts_of(texts)}</div>'
        for headline, clock, texts in ENTRIES
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_paragraph_of_an_entry_has_its_time(shape: str) -> None:
    article = blog(SHAPES[shape])
    assert article.live
    assert entries_of(article) == EXPECTED


@pytest.mark.parametrize("shape", list(SHAPES)[1:3])
def test_a_page_that_does_not_call_itself_a_live_blog_is_one_by_its_entries(shape: str) -> None:
    article = blog(SHAPES[shape], ld=None)
    assert article.live
    assert entries_of(article) == EXPECTED


def test_updates_of_json_ld_tell_the_times_of_entries_that_show_none() -> None:
    entries = "".join(f"<div><h3>{headline}</h3>{texts_of(texts)}</div>" for headline, _, texts in ENTRIES)
    article = blog(entries, ld={**LIVE, "liveBlogUpdate": [update(*one) for one in ENTRIES]})
    assert told(article) == [(Role.BODY, INTRO, None), *EXPECTED]


def test_updates_of_json_ld_are_the_blocks_of_a_page_that_holds_no_entry() -> None:
    waiting = f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>"
    article = blog(waiting, ld={**LIVE, "liveBlogUpdate": [update(*one) for one in ENTRIES]})
    assert entries_of(article) == EXPECTED
    assert told(article)[0][2] is None


@pytest.mark.parametrize("newest_first", [True, False])
def test_hours_on_either_side_of_midnight_are_of_two_days(newest_first: bool) -> None:
    clocks = ["01:10", "00:20", "23:40", "22:05"]
    days = [19, 19, 18, 18]
    ld = {**LIVE, "datePublished": "2026-11-18T22:00:00+02:00", "dateModified": "2026-11-19T01:10:00+02:00"}
    rows = list(zip(clocks, days, (" ".join(texts) for _, _, texts in ENTRIES), strict=True))
    rows = rows if newest_first else rows[::-1]
    entries = "".join(f"<p><b>{clock}</b> {text}</p>" for clock, _, text in rows)
    found = [moment for _, _, moment in told(blog(entries, ld=ld)) if moment]
    assert found == [at(clock, day) for clock, day, _ in rows]


@pytest.mark.parametrize(
    ("shown", "hour"), [("午後3時05分", "15:05"), ("3:05 pm", "15:05"), ("15.05 Uhr", "15:05"), ("15h05", "15:05")]
)
def test_hours_are_read_as_they_are_written(shown: str, hour: str) -> None:
    entries = "".join(f"<div><span>{shown}</span><p>{text}</p></div>" for _, _, texts in ENTRIES for text in texts[:1])
    assert {moment for _, _, moment in told(blog(entries)) if moment} == {at(hour)}


CARDS = "".join(
    f'<div class="card"><a href="/news/{n}"><h3>{headline} in the next town</h3></a>'
    f'<time datetime="2026-11-18T{clock}:00+02:00">{clock}</time></div>'
    for n, (headline, clock, _) in enumerate(ENTRIES)
)
COMMENTS = '<section id="comments">' + "".join(
    f'<div class="comment"><time datetime="2026-11-19T{clock}:00+02:00">{clock}</time><p>Reader says: {texts[0]}</p></div>'
    for _, clock, texts in ENTRIES
) + "</section>"  # fmt: skip


@pytest.mark.parametrize("beside", [CARDS, COMMENTS], ids=["cards", "comments"])
def test_times_beside_an_article_make_it_no_live_blog(beside: str) -> None:
    article = extract(page(news(f"</div>{beside}<div>")))
    assert not article.live
    assert told(article) == [(Role.BODY, text, None) for text in PARAGRAPHS]


def test_what_follows_the_last_entry_has_no_time() -> None:
    article = blog(SHAPES["items of a list"], after=f"<h2>What it is about</h2>{paragraphs(*PARAGRAPHS[3:5])}")
    assert told(article)[-3:] == [
        (Role.HEADING, "What it is about", None),
        (Role.BODY, PARAGRAPHS[3], None),
        (Role.BODY, PARAGRAPHS[4], None),
    ]


def test_a_teaser_in_an_entry_stays_one() -> None:
    link = '<p><a href="/news/ferry">Freight ferry leaves at dawn, and nobody is there to wave</a></p>'
    entries = SHAPES["items of a list"].replace("</div></div></li>", f"</div>{link}</div></li>", 1)
    article = blog(entries)
    assert entries_of(article) == EXPECTED
    assert (
        Block(Role.TEASER, "Freight ferry leaves at dawn, and nobody is there to wave", at("16:41")) in article.blocks
    )


def test_times_in_a_menu_are_no_entries() -> None:
    # Of a menu no row is made, so that none of its times has a place.
    menu = "".join(f"<li><time>{clock}</time> {headline}</li>" for headline, clock, _ in ENTRIES)
    article = blog(SHAPES["items of a list"], after=f"<nav><ul>{menu}</ul></nav>")
    assert entries_of(article) == EXPECTED
