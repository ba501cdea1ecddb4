from __future__ import annotations

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from monitor.errors import Reason
from monitor.model import Alert, Evidence, Hit, Message, Rule, Standing
from monitor.notify import escape, words
from monitor.notify.content import MAX_ITEMS, MAX_OTHERS, Names, alert
from monitor.notify.render import message
from monitor.views import ArticleRow, HitRow
from monitor.views_alerts import DueAlert

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENTENCE = "The coalition of the willing met in Port Elm, and the coalition agreed."


def evidence(sentence: str, surface: str, start: int | None = None) -> Evidence:
    at = sentence.index(surface) if start is None else start
    return Evidence("c", "body", (0, 1), quote=sentence, mark=(at, at + len(surface)), surface=surface)


def row(
    n: int = 1,
    title: str = "Ferry line closes",
    *,
    url: str = "https://gazette.invalid/1",
    found: tuple[Evidence, ...] = (evidence(SENTENCE, "coalition of the willing"),),
    published: datetime | None = NOW,
    text: str = "full",
    reason: Reason | None = None,
) -> HitRow:
    article = ArticleRow(
        n, "gazette", url, title, "en", published, NOW, text, reason, Standing.LIVE, "story", 1
    )  # fmt: skip
    return HitRow(Hit("cow", found, id=n), article)


def render(*rows: HitRow, name: str = "Coalition", outlet: str = "The Gazette", zone: str = "Europe/Berlin") -> Message:
    told = [(DueAlert(Alert("desk", "cow", "story", NOW), rows), Rule("cow", "q", name=name))]
    return message(alert(told, id="abc123", names=Names({"gazette": outlet}, ZoneInfo(zone))))


class Seen(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.strong: list[str] = []
        self.data: list[str] = []
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.inside = tag
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        self.data.append(data)
        if self.inside == "strong":
            self.strong.append(data)


def test_a_message_says_what_where_when_why_in_every_format() -> None:
    told = render(row())
    assert told.id == "abc123"
    assert told.title == "Coalition: Ferry line closes"
    for body in (told.text, told.markdown, told.html):
        for word in ("Coalition (cow)", "Ferry line closes", "The Gazette", "2026-11-24 13:00 CET", "hit 1"):
            assert word in body
        assert "https://gazette.invalid/1" in body
        assert "X-Monitor-Id: abc123" in body
        assert "headline and summary only" not in body


def test_the_matched_words_are_marked_once_a_sentence() -> None:
    twice = (evidence(SENTENCE, "coalition", 54), evidence(SENTENCE, "coalition of the willing"))
    told = render(row(found=twice))
    assert "> The *coalition of the willing* met in Port Elm, and the *coalition* agreed." in told.text
    assert "> The **coalition of the willing** met in Port Elm, and the **coalition** agreed." in told.markdown
    assert Seen(told.html).strong == ["Ferry line closes", "coalition of the willing", "coalition"]


def test_marks_that_overlap_or_lie_outside_the_sentence_do_no_harm() -> None:
    odd = (
        Evidence("c", "body", (0, 1), quote="short text", mark=(0, 5)),
        Evidence("c", "body", (0, 1), quote="short text", mark=(3, 99)),
        Evidence("c", "body", (0, 1), quote="short text", mark=(50, 60)),
    )
    assert "> *short** text*" in render(row(found=odd)).text
    assert "> *NATO*" in render(row(found=(Evidence("c", "title", (0, 4), surface="NATO"),))).text


def test_a_very_long_sentence_is_cut_around_the_match() -> None:
    long = "before " * 400 + "NATO " + "after " * 400
    text = render(row(found=(evidence(long, "NATO"),))).text
    assert "*NATO*" in text
    assert "> … " in text
    assert len(text) < 1_200


def test_an_article_known_by_its_feed_entry_says_so_and_why() -> None:
    told = render(row(text="feed", reason=Reason.PAYWALL))
    for body in (told.text, told.markdown, told.html):
        assert "headline and summary only (the page is behind a paywall)" in body
    assert "headline and summary only\n" in render(row(text="feed")).text


def test_an_article_cut_by_a_paywall_says_so() -> None:
    told = render(row(reason=Reason.PAYWALL))
    for body in (told.text, told.markdown, told.html):
        assert "its beginning only (the page is behind a paywall)" in body


def test_every_reason_has_words() -> None:
    assert set(words.REASONS) == set(Reason)


def test_times_are_shown_in_the_zone_asked_for() -> None:
    assert "2026-11-24 21:00 JST" in render(row(), zone="Asia/Tokyo").text
    assert "undated, read 2026-11-24 13:00 CET" in render(row(published=None)).text
    assert "9999-12-31" in render(row(published=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)), zone="Asia/Tokyo").text


def test_ten_hits_are_quoted_the_next_hundred_named_and_the_rest_counted() -> None:
    told = render(*(row(n, f"Story number {n}", url=f"https://gazette.invalid/{n}") for n in range(1, 15)))
    for body in (told.text, told.markdown, told.html):
        assert body.count("Story number") == 14
        assert body.count("hit ") == MAX_ITEMS
        assert "https://gazette.invalid/14" in body
        assert "more" not in body
    told = render(*(row(n) for n in range(1, MAX_ITEMS + MAX_OTHERS + 5)))
    for body in (told.text, told.markdown, told.html):
        assert "and 4 more" in body


def test_the_payload_is_the_message_as_json() -> None:
    told = json.loads(render(row()).payload)
    item = told["sections"][0]["items"][0]
    assert (told["version"], told["id"], told["kind"], told["thread"]) == (1, "abc123", "alert", "story")
    assert (item["url"], item["outlet"]) == ("https://gazette.invalid/1", {"id": "gazette", "name": "The Gazette"})
    [quote] = item["quotes"]
    assert [quote["text"][start:end] for start, end in quote["marks"]] == ["coalition of the willing"]


def test_no_name_no_title_no_quote_is_still_a_message() -> None:
    told = render(row(title="", found=(), url="javascript:alert(1)"), name="", outlet="")
    assert told.title == "cow: (no headline)"
    assert "gazette" in told.text
    assert "javascript" not in told.text + told.markdown + told.html


NASTY = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</p></body> &lt;b&gt; \" onmouseover=alert(1) '",
    "[click](javascript:alert(1)) ![x](http://evil.invalid/x.png) <javascript:alert(1)>",
    "**bold** _it_ `code` ~~gone~~ | a | # heading",
]


@pytest.mark.parametrize("nasty", NASTY)
def test_markup_from_outside_stays_text(nasty: str) -> None:
    told = render(row(title=nasty, found=(evidence(f"{nasty} NATO {nasty}", "NATO"),)), outlet=nasty)
    seen = Seen(told.html)
    assert set(seen.tags) <= {"p", "strong", "em", "br", "a"}
    assert seen.links == ["https://gazette.invalid/1"]
    assert nasty in "".join(seen.data)
    plain = told.markdown.replace("\\\\", "")
    for mark in "*_`[]<>~|":
        ours = {"*": 12, "[": 1, "]": 1, ">": 1}.get(mark, 0)  # the rule's bold title and match, one link, one quote
        assert plain.count(mark) - plain.count("\\" + mark) <= ours


@pytest.mark.parametrize("start", ["# Heading", "- item", "+ item", "1. item", "23) item", "=== rule"])
def test_a_quote_never_opens_a_block_in_markdown(start: str) -> None:
    escaped = escape.markdown(start)
    assert escaped != start
    assert escaped.replace("\\", "") == start


def test_markdown_leaves_ordinary_text_alone() -> None:
    assert escape.markdown("AT&T and S&P: 1.5 per cent - 2026-27 (up)") == "AT&T and S&P: 1.5 per cent - 2026-27 (up)"
    assert escape.markdown("&lt;b&gt;") == "\\&lt;b\\&gt;"


@pytest.mark.parametrize("ping", ["@everyone", "@HERE", "x@channel", "@room", "<!channel>", "<@U123>", "<#C1>", "@ida"])
def test_nobody_is_pinged(ping: str) -> None:
    told = render(row(title=f"Look {ping} now", found=(evidence(f"So {ping} NATO", "NATO"),)), outlet=ping)
    for shown in (told.title, told.text, told.markdown, told.html):
        assert ping not in shown
    assert escape.fold("write to desk@press.invalid") == "write to desk@press.invalid"


def test_a_title_is_one_clean_line() -> None:
    told = render(
        row(title="A\r\nBcc: x@y.invalid\x00\x1b[31m\u2028B\u202egnp\ud800\U000e0041" + " long" * 200), name="N\nM"
    )
    assert told.title.isprintable() or "\ufffd" in told.title
    assert len(told.title) <= 200
    assert told.title.startswith("N M: A Bcc: x@y.invalid[31m Bgnp\ufffd long")
    (told.text + told.markdown + told.html + told.title).encode()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.invalid/a_(b)?q=1&r=2", "https://x.invalid/a_%28b%29?q=1&r=2"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("ftp://x.invalid/", ""),
        ("//x.invalid/a", ""),
        ("", ""),
        ("https://x.invalid/@everyone/1", "https://x.invalid/%40everyone/1"),
    ],
)
def test_only_web_addresses_become_links(url: str, shown: str) -> None:
    assert escape.link(url) == shown


def test_a_link_cannot_leave_its_attribute_or_parentheses() -> None:
    link = escape.link('https://x.invalid/"onclick=alert(1) <b>\\)')
    assert not set('"<>()\\ ') & set(link)
