"""What a new outlet is called, and when two addresses are one source."""

from __future__ import annotations

import pytest

from monitor.model import Outlet, Source
from monitor.outlets.naming import key, new_id, watched


@pytest.mark.parametrize(
    ("name", "url", "expected"),
    [
        ("The Harbour Times", "https://h.example/", "the-harbour-times"),
        ("Süddeutsche & Söhne", "https://s.example/", "suddeutsche-sohne"),
        ("Українська правда", "https://www.pravda.com.ua/", "pravda"),
        ("Правда 24", "https://p24.example/", "p24"),
        ("Latest news, sport and weather from the harbour", "https://www.harbour.co.uk/", "harbour"),
        ("", "https://news.harbour.example/", "news-harbour"),
        ("2026", "http://127.0.0.1:8000/", "127-0-0-1"),
        ("", "no address", "outlet"),
    ],
)
def test_an_id_is_made_of_the_name_or_else_of_the_host(name, url, expected):
    assert new_id(name, url) == expected


def test_an_id_is_never_one_that_is_taken():
    assert new_id("Quay", "", {"quay", "quay-2"}) == "quay-3"


def test_spellings_of_one_source_share_a_key():
    same = ["http://www.a.example/rss/", "https://a.example/rss?utm_source=x", "HTTPS://A.example:443/rss#top"]
    assert len({key(url) for url in same}) == 1
    assert key("https://a.example/rss?page=2") != key(same[0])
    assert watched([Outlet("a", sources=(Source(same[0]),))]) == {key(same[1]): "a"}
