"""Hostile and mislabelled bytes."""

from __future__ import annotations

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.parse import bytes as raw

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def page(body, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return Page("https://a.example/", "https://a.example/", 200, headers, body, NOW)


def reason(call, *arguments, **options):
    with pytest.raises(ReadError) as caught:
        call(*arguments, **options)
    return caught.value.reason


def test_every_form_of_deflate_is_unpacked():
    text = b"harbour " * 100
    bare = zlib.compressobj(wbits=-15)
    for encoding, body in (
        ("gzip", gzip.compress(text)),
        ("deflate", zlib.compress(text)),
        ("deflate", bare.compress(text) + bare.flush()),
        ("identity", text),
    ):
        assert raw.inflate(page(body, content_encoding=encoding)) == text


def test_a_bomb_stops_at_the_cap():
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    assert reason(raw.inflate, page(bomb, content_encoding="gzip"), cap=1_000_000) is Reason.TOO_LARGE


def test_a_file_that_is_packed_itself_is_unpacked_without_a_header_within_the_cap():
    assert raw.inflate(page(gzip.compress(b"harbour"))) == b"harbour"
    assert raw.inflate(page(b"\x1f\x8bharbour")) == b"\x1f\x8bharbour"
    assert reason(raw.inflate, page(gzip.compress(b"\0" * 2_000)), cap=1_000) is Reason.TOO_LARGE


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "zstd"])
def test_a_layer_that_was_not_asked_for_is_refused(encoding):
    assert reason(raw.inflate, page(b"x", content_encoding=encoding)) is Reason.ENCODING


def test_a_cut_gzip_gives_what_there_is_and_junk_is_refused():
    whole = gzip.compress(b"harbour " * 1000)
    assert raw.inflate(page(whole[:-10], content_encoding="gzip")).startswith(b"harbour")
    assert reason(raw.inflate, page(b"no gzip", content_encoding="gzip")) is Reason.ENCODING


@pytest.mark.parametrize(
    "body",
    [
        b"<div>" * 6_000,
        b"<option>" * 6_000,
        b"<p>" * 60_000,
        b"<a " + b"x=1 " * 3_000 + b">",
        b"<" * 300_000,
    ],
    ids=["nesting", "options", "tags", "attributes", "brackets"],
)
def test_what_costs_a_parser_minutes_is_refused_before_it(body):
    assert reason(raw.prescan, body) is Reason.HOSTILE


def test_an_ordinary_page_passes():
    script = b"<script>if(i<n" + b";x = 1 " * 5_000 + b")</script>"
    raw.prescan(b"<html><body>" + script + b"<p class='a'>text <b>bold</b></p>" * 2_000 + b"</body></html>")


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        ("Пристань".encode("cp1251"), "text/html; charset=windows-1251", "Пристань"),
        (b'<meta charset="koi8-r">' + "Порт".encode("koi8-r"), "text/html", "Порт"),
        ("\ufeffPier".encode("utf-16"), "text/html; charset=utf-8", "Pier"),
        ("Café “x”".encode("cp1252"), "text/html; charset=iso-8859-1", "Café “x”"),
        ("Café".encode(), "text/html; charset=us-ascii", "Café"),
        ("Café".encode(), "text/html; charset=nonsense", "Café"),
        ("Café".encode(), "text/html; charset=idna", "Café"),
        (b'<meta charset="iso-8859-1">' + "Füße".encode(), "text/html", "Füße"),
        (b"\x1b$B9A\x1b(B", "text/html; charset=iso-2022-jp", "港"),
        ("Zelenskyy’s café".encode().decode("latin-1").encode(), "text/html; charset=utf-8", "Zelenskyy’s café"),
        ("Пристань".encode().decode("latin-1").encode(), "text/html", "Пристань"),
        # One character that no Latin-1 holds, or bytes that are no UTF-8 then: the page says "Ã©" and means it.
        ("Ã© stands for é – always".encode(), "text/html", "Ã© stands for é – always"),
        ("Ã© for é".encode(), "text/html", "Ã© for é"),
        (b"\xff\xfe\xfa", "text/html; charset=utf-8", None),
    ],
)
def test_the_charset_is_found_and_never_trusted(body, content_type, expected):
    text = raw.decode(body, content_type)
    assert expected is None or expected in text


def test_no_nul_comes_out():
    assert "\0" not in raw.decode(b"a\0b", "text/html; charset=utf-8")


def test_a_tag_with_too_many_attributes_is_found_wherever_it_stands():
    tag = b"<a " + b"x=1 " * 2_001 + b">"
    for body in (b"<p>" * 3_000 + tag, b"<b>" + b"text " * 5_000 + tag + b"<p>", tag[:-1], b"text>" * 2_000 + tag):
        assert reason(raw.prescan, body) is Reason.HOSTILE
    for body in (b"<p>" + b"x=1 " * 3_000, b"<a " + b"x=1 " * 1_999 + b">", b"<script>i<n " + b"x=1 " * 3_000):
        raw.prescan(body)


@pytest.mark.parametrize(
    "body", [b"Pier", "Café".encode(), "\ufeffCafé".encode(), "Caf\0é".encode(), "Café".encode("cp1252"), b"a\0b",
             "“Café”".encode().decode("latin-1").encode()],
)  # fmt: skip
def test_a_parser_gets_what_is_decoded(body):
    assert raw.utf8(body, "text/html") == raw.decode(body, "text/html").encode()
