"""URLs as keys: two different pages never share one, one page under two spellings does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse import urls


@pytest.mark.parametrize(
    "other",
    [
        "https://a.example/story?id=1&utm_source=feed",
        "HTTPS://A.example:443/story?id=1#top",
        "https://a.example/story?fbclid=xyz&id=1",
        " https://a.example/story?id=1\n",
    ],
)
def test_one_page_has_one_key(other):
    assert urls.canonical(other) == urls.canonical("https://a.example/story?id=1")


@pytest.mark.parametrize(
    "other",
    ["https://a.example/story?id=2", "https://a.example/story/", "http://a.example/story?id=1",
     "https://a.example/story?id=1#!/b", "https://a.example/Story?id=1"],
)  # fmt: skip
def test_different_pages_have_different_keys(other):
    assert urls.canonical(other) != urls.canonical("https://a.example/story?id=1")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "mailto:a@b.example", "", "http://", "file:///x"])
def test_what_cannot_be_fetched_is_no_link(link):
    assert urls.absolute("https://a.example/x/", link) is None


def test_links_resolve_against_their_page():
    assert urls.absolute("https://a.example/x/y", "../z?q=1") == "https://a.example/z?q=1"
    assert urls.absolute("https://a.example/x/y", "//b.example/z") == "https://b.example/z"
    assert urls.origin("https://a.example/x") == "https://a.example:443"
    assert urls.host("https://BÜCHER.example/") == "xn--bcher-kva.example"


@given(st.text(max_size=80))
def test_nothing_raises(text):
    urls.canonical(text)
    urls.absolute("https://a.example/", text)
    urls.origin("https://" + text)
    urls.host("http://" + text)


def test_what_is_too_long_for_an_address_is_not_kept() -> None:
    before = urls._parsed.cache_info().currsize
    for number in range(40):
        assert urls.host(f"https://a.example/{number}?{'x' * urls.MAX_URL}") == ""
    assert urls._parsed.cache_info().currsize == before
