"""A page becomes an article, or the reason why it holds none; never anything else."""

from __future__ import annotations

import gzip
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ExtractError, ReadError, Reason
from monitor.extract.article import content_hash, extract
from monitor.extract.field import tokens
from monitor.model import Page, TextKind
from tests.extract.pages import ARTICLE, NOW, PARAGRAPHS, TITLE, URL, news, page, page_of, paragraphs


def reason(*args: object, **options: object) -> Reason:
    with pytest.raises(ExtractError) as caught:
        extract(page(*args, **options))  # type: ignore[arg-type]
    return caught.value.reason


def test_an_article_as_a_whole() -> None:
    article = extract(page(news()))
    assert article.title == TITLE
    assert article.body == "\n\n".join(PARAGRAPHS)
    assert article.authors == ("Jana Novák",)
    assert article.language == "en"
    assert article.url == article.canonical_url == URL
    assert article.outlet == "Harbour Times"
    assert article.text is TextKind.FULL
    assert article.reason is None


def test_packed_and_legacy_encodings_are_read() -> None:
    body = gzip.compress(news(title="Žluťoučký přístav").replace("utf-8", "windows-1250").encode("cp1250", "replace"))
    headers = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    article = extract(Page(URL, URL, 200, headers, body, NOW))
    assert article.authors == ("Jana Novák",)
    assert article.body.startswith(PARAGRAPHS[0])


def test_the_same_words_have_the_same_hash_whatever_the_markup() -> None:
    one = extract(page(news()))
    other = extract(page(news(body="".join(f"<div>{text.upper()}</div>" for text in PARAGRAPHS))))
    changed = extract(page(news(body=paragraphs(*PARAGRAPHS[:-1], "And one thing more was said after the vote."))))
    assert one.content_hash == other.content_hash == content_hash(one.title, one.body)
    assert changed.content_hash != one.content_hash
    assert len(one.content_hash) == 32


def test_the_words_of_a_text_are_those_that_a_search_for_words_finds() -> None:
    text = "Pier 7’s “Café_1”—naïve\u00a0x²; Пристань № 5, İstanbul \ud800 東京\u3000港。\nΟΔΟΣ ½\u0301"
    every = "a".join(map(chr, range(0x3100)))
    for each in (text, every, "", " - "):
        words = " ".join(tokens(each))
        assert content_hash("", each) == blake2b(f"\n{words}".encode(), digest_size=16).hexdigest()


def test_json_ld_text_stands_in_where_a_script_would_write_the_page() -> None:
    ld = {**ARTICLE, "articleBody": "\n\n".join(PARAGRAPHS)}
    article = extract(page(page_of('<div id="app"></div>', ld=ld)))
    assert article.body.split("\n\n") == list(PARAGRAPHS)


def test_json_ld_text_does_not_replace_the_pages_own() -> None:
    ld = {**ARTICLE, "articleBody": " ".join(PARAGRAPHS[:2]) + " Read more on our site."}
    assert extract(page(news(ld=ld))).body == "\n\n".join(PARAGRAPHS)


def test_a_news_flash_of_one_sentence_is_an_article() -> None:
    flash = "An explosion was heard in the harbour at 3.40 a.m., police said."
    assert extract(page(news(body=paragraphs(flash)))).body == flash


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%PDF-1.7 ...", "application/pdf"),
        (b"%PDF-1.7 ...", "text/html"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b'{"html": "<p>text</p>"}', "application/json"),
        (b'{"html": "<p>text</p>"}', "text/html"),
        (b'<?xml version="1.0"?><rss><channel></channel></rss>', "text/xml"),
        (b"Just a line of text, and no markup.", "text/plain"),
        (b"\x00\x01\x02", ""),
    ],
)
def test_what_is_no_page(body: bytes, kind: str) -> None:
    assert reason(body, kind=kind) is Reason.WRONG_TYPE


@pytest.mark.parametrize("kind", ["", "text/plain", "application/octet-stream", "application/xhtml+xml"])
def test_a_page_under_a_wrong_type_is_read(kind: str) -> None:
    assert extract(page(news(), kind=kind)).title == TITLE


def test_empty_and_without_a_body() -> None:
    assert reason(b"") is Reason.EMPTY
    assert reason(" \n\t ") is Reason.EMPTY
    assert reason(page_of('<div id="root"></div><script>start()</script>')) is Reason.NO_BODY


def test_an_error_status() -> None:
    assert reason(news(), status=503) is Reason.ERROR_PAGE


@pytest.mark.parametrize("title", ["404 Not Found", "Page not found", "Seite nicht gefunden", "Страница не найдена"])
def test_a_page_that_says_not_found_with_status_200(title: str) -> None:
    inner = (
        f"<main><h1>{title}</h1><p>Sorry, what you were looking for is not here. Try our front page instead.</p></main>"
    )
    assert reason(page_of(inner, ld=None, title=title)) is Reason.ERROR_PAGE


def test_an_article_about_something_not_found_is_an_article() -> None:
    ld = {**ARTICLE, "headline": "Wreck not found: divers give up after page 404 of the log"}
    assert extract(page(news(ld=ld, title="Page not found"))).body


def test_a_challenge() -> None:
    inner = '<h1>harbour.example</h1><p id="cf-text">Verify you are human by completing the action below.</p>'
    head = "<script>window._cf_chl_opt={cvId:'3'};</script>"
    assert reason(page_of(inner, ld=None, title="Just a moment...", head=head)) is Reason.CHALLENGE
    datadome = '<html><body><p id="cmsg">Please enable JS and disable any ad blocker</p><script src="https://geo.captcha-delivery.com/c.js"></script></body></html>'
    assert reason(datadome) is Reason.CHALLENGE


def test_a_challenge_script_within_an_article_is_no_challenge() -> None:
    head = (
        "<script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'></script><script>window._cf_chl_opt={}</script>"
    )
    assert extract(page(news(head=head, body=paragraphs(PARAGRAPHS[0])))).body == PARAGRAPHS[0]


def test_a_consent_wall() -> None:
    inner = (
        paragraphs(
            "We and our 213 partners store cookies on your device and process personal data.",
            "With your consent we use cookies for advertising. You can withdraw your consent in our privacy policy.",
        )
        + "<button>Accept all</button>"
    )
    assert reason(page_of(inner, ld=None, title="Your privacy matters")) is Reason.CONSENT
    assert reason(page_of(inner), url=URL) is Reason.CONSENT
    elsewhere = page_of(paragraphs("Continue to the site by choosing what you like best below."), ld=None)
    assert reason(elsewhere, url="https://consent.harbour.example/v2/collect") is Reason.CONSENT


def test_an_article_about_cookies_is_no_consent_wall() -> None:
    title = "Court rules on cookie consent"
    body = paragraphs(
        "A cookie needs consent, the court ruled, and no banner may make refusing a cookie harder than accepting it.",
        "Privacy groups had sued the harbour's website, which stored cookies before anyone had given consent to it.",
    )
    article = extract(page(news(body=body, ld={**ARTICLE, "headline": title}, title=title)))
    assert "the court ruled" in article.body


def test_a_login_page() -> None:
    form = '<form><p>Use the address you signed up with to read on.</p><input name="u"><input type="password"></form>'
    assert reason(page_of(form, ld=None, title="Log in")) is Reason.LOGIN


def test_a_paywall_needs_a_stub_and_the_pages_word() -> None:
    ld = {**ARTICLE, "isAccessibleForFree": False}
    wall = paragraphs(
        "To read on, take out a subscription, which costs one crown for the first month and ten after it."
    )
    assert reason(news(body=wall, ld=ld)) is Reason.PAYWALL
    whole = extract(page(news(ld=ld)))
    assert (whole.paywalled, whole.reason) == (True, None)
    assert whole.body == "\n\n".join(PARAGRAPHS)
    assert extract(page(news(body=paragraphs(PARAGRAPHS[0])))).reason is None


def test_the_words_of_a_wall_are_no_article_though_they_quote_the_title() -> None:
    ld = {**ARTICLE, "isAccessibleForFree": False}
    quoting = f'To read the article "{TITLE}", please take out a subscription now.'
    assert reason(news(body=paragraphs(quoting), ld=ld)) is Reason.PAYWALL


def test_a_challenge_is_known_by_its_box() -> None:
    box = '<h1>Hello</h1><p>We want to make sure that it is really you.</p><div class="{}" data-key="1"></div>'
    for name in ("g-recaptcha", "h-captcha", "cf-turnstile"):
        assert reason(page_of(box.format(name), ld=None, title="Hello")) is Reason.CHALLENGE


def test_nothing_passes_the_scan_in_another_encoding() -> None:
    deep = "<!doctype html><html><body>" + "<div>" * 20_000 + PARAGRAPHS[0]
    for body in (deep.encode(), deep.encode("utf-16")):
        with pytest.raises(ReadError) as caught:
            extract(page(body, kind="text/html"))
        assert caught.value.reason is Reason.HOSTILE


def test_what_a_paywall_leaves_of_an_article_is_read_and_called_its_beginning() -> None:
    read = extract(page(news(body=paragraphs(PARAGRAPHS[0]), ld={**ARTICLE, "isAccessibleForFree": False})))
    assert (read.body, read.text, read.reason) == (PARAGRAPHS[0], TextKind.FULL, Reason.PAYWALL)


def front(summary: str) -> str:
    items = "".join(
        f'<div class="c-item"><h3><a href="/news/{n}">Headline number {n} about something in the harbour</a></h3>'
        f"<p>{summary.format(n=n)}</p></div>"
        for n in range(20)
    )
    return page_of(
        f"<main><h1>Coast</h1>{items}</main>", ld={"@type": "CollectionPage", "name": "Coast"}, title="Coast"
    )


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "The council met for the {n}th time and decided on what had been on the list of things for years.",
        "The council met for the {n}th time and decided on what had been on the list of things…",
    ],
)
def test_a_section_front(summary: str) -> None:
    assert reason(front(summary), url="https://harbour.example/coast/") is Reason.LIST_PAGE


def test_links_beside_an_article_do_not_make_it_a_list() -> None:
    links = "".join(
        f'<li><a href="/n/{n}">Headline number {n} about something in the harbour</a></li>' for n in range(60)
    )
    inner = f"<article><h1>{TITLE}</h1>{paragraphs(*PARAGRAPHS)}</article><aside><ul>{links}</ul></aside>"
    assert extract(page(page_of(inner, ld=None))).body == "\n\n".join(PARAGRAPHS)


def test_hostile_bytes_are_refused_before_any_parser() -> None:
    with pytest.raises(ReadError) as caught:
        extract(page("<html><body>" + "<div>" * 6_000))
    assert caught.value.reason is Reason.HOSTILE


def test_deep_nesting_below_the_limit_is_read() -> None:
    deep = "<div>" * 1_500 + paragraphs(*PARAGRAPHS) + "</div>" * 1_500
    assert extract(page(news(body=deep))).body == "\n\n".join(PARAGRAPHS)


PIECES = st.sampled_from(
    [
        "<p>", "</p>", "<a href='//['>", "</a>", "<div class='related ad'>", "</div>", "<br>", "<h1>", "</article>",
        "<table><tr><td>", "<svg>", "<template>", "<noscript>", "<!--", "-->", "<title>", "<html lang='x-x'>",
        "<link rel=canonical href='http://[::1'>", "<meta name=date content='2026-13-45T99'>", "<li>", "\u202e", "\x00",
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":["\\ud800"],"author":[{"@id":[]}]}</script>',
        '<script type="application/ld+json">[{"@type":["Article"],"isAccessibleForFree":{},"articleBody":7}]</script>',
        '<meta property="og:title" content="| - |">', "…", "A sentence of some length that may be the article's own. ",
        "Read also: another headline of some length here", "港口委员会星期二同意为六艘船只建造泊位。", "&#xD800;", "<p hidden>",
    ]
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(
    st.lists(PIECES, max_size=40).map("".join).map(str.encode) | st.binary(max_size=300),
    st.sampled_from([URL, "", "http://["]),
)
def test_nothing_but_a_read_error_escapes(body: bytes, url: str) -> None:
    for kind in ("text/html", "", "text/html; charset=utf-16"):
        try:
            article = extract(page(body, url=url, kind=kind))
        except ReadError:
            continue
        assert article.blocks
        article.body.encode()
        article.title.encode()
