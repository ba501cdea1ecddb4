"""What is no page where a page should be, whatever it calls itself; and pages under wrong names."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from monitor.errors import ReadError, Reason
from monitor.extract.article import extract
from monitor.model import Page
from tests.web import article

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TEXT = "The harbour was quiet on Tuesday, and NATO was not mentioned by anybody on the quay of Varna. " * 5
PAGE = article("Quiet in the harbour", TEXT)


def page(body, kind="text/html", **headers):
    named = {"content-type": kind} if kind is not None else {}
    url = "https://a.example/story"
    return Page(url, url, 200, {**named, **{k.replace("_", "-"): v for k, v in headers.items()}}, body, NOW)


def refused(body, kind="text/html", **headers):
    with pytest.raises(ReadError) as caught:
        extract(page(body, kind, **headers))
    return caught.value.reason


def _zip(name, text=b"<w:p>text</w:p>"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, text)
    return out.getvalue()


def _tarball():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("page.html"), io.BytesIO())
    return out.getvalue()


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0") + _chunk(b"IDAT", zlib.compress(b"\0\0"))
THINGS = {
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj " + b"text " * 900, "application/pdf"),
    "MP4": (b"\0\0\0 ftypisom\0\0\2\0isomiso2avc1mp41" + bytes(range(256)) * 20, "video/mp4"),
    "ZIP": (_zip("page.html"), "application/zip"),
    "Word": (_zip("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "old Word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000), "application/msword"),
    "PNG": (PNG, "image/png"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(range(256)) * 20, "image/jpeg"),
    "WebP": (b"RIFF\x24\0\0\0WEBPVP8 " + bytes(range(256)) * 20, "image/webp"),
    "MP3": (b"ID3\4\0\0\0\0\0\0" + bytes(range(256)) * 20, "audio/mpeg"),
    "MP3 without tags": (b"\xff\xfb\x90\x64\0\0\0\0" + bytes(range(256)) * 20, "audio/mpeg"),
    "WebM": (b"\x1aE\xdf\xa3\x9fB\x86\x81\1" + bytes(range(256)) * 20, "video/webm"),
    "tarball": (_tarball(), "application/gzip"),
    "program": (b"\x7fELF\2\1\1\0" + bytes(2_000), "application/x-executable"),
    "JSON": (b'{"title": "<p>Quiet</p>", "text": "The harbour"}', "application/json"),
    "plain text": (TEXT.encode(), "text/plain"),
    "RSS": (
        b"<?xml version='1.0'?><rss version='2.0'><channel><title>A</title></channel></rss>",
        "application/rss+xml",
    ),
    "Atom": (b"<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title></feed>", "application/atom+xml"),
    "sitemap": (b"<?xml version='1.0'?>\n<urlset><url><loc>https://a.example/</loc></url></urlset>", "text/xml"),
}


@pytest.mark.parametrize("name", THINGS)
def test_what_is_no_page_is_refused_under_its_own_type(name):
    assert refused(*THINGS[name]) is Reason.WRONG_TYPE


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "", None, "application/octet-stream", "text/plain"])
@pytest.mark.parametrize("name", [name for name in THINGS if name != "plain text"])
def test_and_under_any_other(name, kind):
    assert refused(THINGS[name][0], kind) is Reason.WRONG_TYPE


@pytest.mark.parametrize(
    "kind", ["", None, "text/html", "TEXT/HTML ; charset=utf-8", "application/xhtml+xml", "application/octet-stream",
             "text/plain", "application/xml", "text/html, text/html"],
)  # fmt: skip
def test_a_page_is_read_under_the_types_that_servers_give_it(kind):
    if kind == "text/html, text/html":
        assert refused(PAGE, kind) is Reason.WRONG_TYPE
    else:
        assert "NATO was not mentioned" in extract(page(PAGE, kind)).body


def test_a_page_in_a_wide_charset_is_no_program():
    text = PAGE.decode()
    for body in (("\ufeff" + text).encode("utf-16-le"), text.encode("utf-16-be"), text.encode("utf-16-le")):
        assert "NATO was not mentioned" in extract(page(body)).body


def test_a_page_with_a_stray_control_is_read():
    body = PAGE.replace(b"NATO", b"\x01\0NATO")
    assert "NATO was not mentioned" in extract(page(body)).body


def test_a_page_that_was_cut_while_packed_is_asked_for_again():
    whole = gzip.compress(PAGE, mtime=0)
    assert refused(whole[: len(whole) // 2], content_encoding="gzip") is Reason.PROTOCOL
    packed = zlib.compress(PAGE)
    assert refused(packed[: len(packed) // 2], content_encoding="deflate") is Reason.PROTOCOL
    # Without its checksum alone it is all there.
    assert "NATO was not mentioned" in extract(page(whole[:-8], content_encoding="gzip")).body
    assert "NATO was not mentioned" in extract(page(whole + b"junk", content_encoding="gzip")).body
