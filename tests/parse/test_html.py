"""Markup to text without building a tree, on anything."""

from __future__ import annotations

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
