"""Markup to text without building a tree, on anything."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse import html, language, xml


def test_markup_goes_references_are_read_once():
    assert html.plain("<p>AT&amp;T &amp;lt;b&gt; <b>N</b>ATO</p><script>x<y</script> end") == "AT&T &lt;b> NATO end"
    assert html.plain("a<br>b<!-- <p>c</p> -->d") == "a bd"
    assert html.plain("a\u202eb\x00c\u00a0 d") == "abc d"


def test_paragraphs():
    assert html.paragraphs("<p>One <i>two</i></p><p> </p><div>three</div>") == ["One two", "three"]
    assert html.paragraphs("one\n\ntwo\nthree") == ["one", "two three"]


@given(st.text(alphabet="<>!-/&;ab script=\"'\n", max_size=200))
def test_any_soup_is_read(text):
    assert "\x00" not in html.plain(text)
    html.paragraphs(text)


def test_xml_opens_nothing_and_declares_nothing():
    assert xml.document(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>') is None
    assert xml.document(b"<a><b></a>") is None
    assert xml.document(b"") is None
    root = xml.document(b'<x:a xmlns:x="urn:x"><B>t</B></x:a>')
    assert root is not None
    assert xml.name(root) == ("urn:x", "a")
    assert xml.name(root[0])[1] == "b"


def test_language_tags():
    assert [language.primary(tag) for tag in ("en-GB", "deu", "PT_br", "und", "", None, "x y")] == [
        "en", "de", "pt", None, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        ".story-text",
        "h1.headline",
        "time[datetime]",
        ".promo, aside:has(> a)",
        ".заголовок",
        "a[title='(']",
        r".a\:b",
        "/* [ */ p",
        "p:nth-child(2n+1)",
        "[class*=date i]",
        ":is(h1, h2):not(.x)",
    ],
)
def test_a_selector_that_lexbor_reads_is_fine(text):
    html.check_selector(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "elements, such as"),
        ("  ", "elements, such as"),
        ("::before", "elements, such as"),
        ("p::text", "elements, such as"),
        ("p:contains('x')", "elements, such as"),
        ("//div[@class='x']", "elements, such as"),
        (">p", "elements, such as"),
        ("a,,b", "elements, such as"),
        ("p{color:red}", "elements, such as"),
        ("div[class", r"its \[ is not closed"),
        ("p:not(.a", r"its \( is not closed"),
        ("[class='x", "a ' without"),
        ("p /* note", r"a /\* without"),
        ("p)", r"a \) without"),
        ("p[a)", r"a \) without"),
        ("," * 10_000, "at most 1,000"),
        (".a\x00b", "control"),
        (".\ud800", "control"),
    ],
)
def test_a_selector_that_finds_something_else_or_nothing_is_told(text, says):
    with pytest.raises(ValueError, match=says):
        html.check_selector(text)


@given(st.text(alphabet="ab.#*:[]()'\"\\,> +~|é=\n", max_size=30))
def test_what_passes_for_a_selector_can_be_used(text):
    with contextlib.suppress(ValueError):
        html.check_selector(text)
        html.parse("<p class=a>b</p>").css(text)
