"""From bytes as they came to text: inflate under a cap, look before parsing (prescan.py), decode by an allow-list.

Runs in the readers only: each of these can hold a thread for tens of milliseconds on hostile input.
"""

from __future__ import annotations

import codecs
import re
import zlib
from contextlib import suppress
from encodings import aliases
from functools import cache

from monitor.errors import ReadError, Reason
from monitor.model import Page
from monitor.parse.prescan import prescan as prescan
from monitor.parse.prescan import prescan_xml as prescan_xml

MAX_BODY = 5_000_000
GZIP = b"\x1f\x8b\x08"
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,40})")
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    # Without a mark: what a page begins with.
    *((sign.encode(name), name) for name in ("utf-16-le", "utf-16-be") for sign in ("<!", "<h", "<H", "<?", "<r")),
)
# Python's registry also holds idna, hex, rot13, zlib …, which raise or run; only these are ever looked up.
_ALLOWED = frozenset(
    "utf-8 ascii cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 cp866 koi8-r koi8-u "
    "iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 "
    "iso8859-13 iso8859-14 iso8859-15 iso8859-16 mac-roman mac-cyrillic gb2312 gbk gb18030 big5 big5hkscs shift_jis "
    "cp932 euc_jp iso2022_jp euc_kr cp949 johab utf-16 utf-16-le utf-16-be utf-32".split()
)
# WHATWG: pages that say latin-1 or ASCII mean windows-1252; of others too the larger set is meant.
_MEANS = {
    "iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932",
    "euc_kr": "cp949", "iso8859-9": "cp1254",
}  # fmt: skip
# Labels that WHATWG knows and Python does not.
_ALSO = {
    "windows-949": "cp949", "windows-874": "cp874", "dos-874": "cp874", "tis-620": "cp874", "iso-8859-8-i": "iso8859-8",
    "latin-1": "iso8859-1", "logical": "iso8859-8", "visual": "iso8859-8", "unicode": "utf-16-le",
    "utf-16": "utf-16-le",
}  # fmt: skip
# Text in UTF-8 with some broken bytes has far more characters that are whole; of others at most a fifth look whole.
_WHOLE = 10
_SAMPLE = 200_000
_PLACES = 16_384
_LANG = re.compile(rb"<html[^>]{0,300}?\slang\s*=\s*[\"']?([A-Za-z]{2,3})\b", re.IGNORECASE)
# Western and central European letters look alike to a detector: what a page calls its language says which they are.
_EUROPEAN = re.compile(r"cp125[0278]|cp1254|iso8859-(?:[2349]|1[03456])|mac-roman")
_OF_LANGUAGE = {
    **dict.fromkeys("cs hr hu pl ro sk sl sh bs sq".split(), "cp1250"),
    **dict.fromkeys("et lt lv".split(), "cp1257"),
    "tr": "cp1254", "az": "cp1254", "vi": "cp1258",
    **dict.fromkeys("ca da de en es eu fi fr ga gl is it nb nl nn no pt sv".split(), "cp1252"),
}  # fmt: skip


def inflate(page: Page, *, cap: int = MAX_BODY, whole: bool = False) -> bytes:
    """Return the body unpacked. Raises ReadError: ENCODING for a layer we did not ask for, TOO_LARGE over `cap`, and
    PROTOCOL where `whole` is asked for and the packed body ends early: half an article is worse than a second visit.
    """
    encoding = page.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        if len(page.body) > cap:
            raise ReadError(Reason.TOO_LARGE, f"{len(page.body)} bytes, at most {cap}")
        if not page.body.startswith(GZIP):
            return page.body
        encoding = "gzip"  # a file that is packed itself: sitemap.xml.gz
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise ReadError(Reason.ENCODING, f"content-encoding {encoding[:60]!r}; we ask for gzip or deflate")
    # 47: gzip or zlib by their header; -15: the raw deflate that some servers call "deflate".
    for window in (47, -15) if encoding == "deflate" else (47,):
        unpacker = zlib.decompressobj(wbits=window)
        try:
            body = unpacker.decompress(page.body, cap + 1)
        except zlib.error as error:
            failure = ReadError(Reason.ENCODING, f"{encoding}: {error}")
            continue
        if len(body) > cap:
            raise ReadError(Reason.TOO_LARGE, f"unpacks to more than {cap} bytes")
        # Some servers send no checksum, and so no end, behind a page that is all there.
        if whole and not unpacker.eof and b"</html" not in body[-1_000:].lower():
            raise ReadError(Reason.PROTOCOL, f"the {encoding} body ends early, after {len(body)} bytes unpacked")
        return body
    raise failure


def xml(body: bytes, content_type: str = "") -> tuple[bytes, str | None]:
    """Return XML, and the encoding to read it by in place of the declared one; None where the declared one will do.

    As with pages, what reads as UTF-8 is UTF-8, and a header comes before a declaration. Python decodes what is
    neither: libxml2 takes half as long again for windows-1251, and Latin-1 at its word.
    """
    if body.startswith(tuple(mark for mark, _ in _BOMS)) or b"\x00" in body[:4]:
        return body, None
    header, inside = _HEADER.search(content_type[:500]), _XML.search(body[:300])
    declared = inside[1].decode("ascii").lower() if inside else "utf-8"
    asked = header[1].lower() if header else declared
    if (asked, declared) == ("utf-8", "utf-8") or body.isascii():
        return body, None
    with suppress(UnicodeError):
        body.decode("utf-8")
        return body, "utf-8"
    for name in (_known(asked), _known(declared)):
        if name:
            with suppress(UnicodeError):
                return body.decode(name).encode(), "utf-8"
    return body, None


@cache
def _labels_known() -> dict[str, str]:
    """Return the codec of every label that is ever looked up: codecs.lookup itself would import what a page names."""
    known = dict(_ALSO)
    for alias, module in [*aliases.aliases.items(), *((name, name) for name in _ALLOWED)]:
        names = (module, module.replace("_", "-"), module.replace("latin_1", "iso8859-1"))
        if name := next((name for name in names if name in _ALLOWED), None):
            known.setdefault(alias.replace("_", "-"), name)
    return known


def _known(label: str) -> str | None:
    label = label.lower().replace("_", "-").replace(":", "-")
    for known in (label, label.removeprefix("x-"), label.removeprefix("unicode-1-1-")):
        if name := _labels_known().get(known):
            return _MEANS.get(name, name)
    return None


def decode(body: bytes, content_type: str = "") -> str:
    """Return text by BOM, UTF-8, header, declaration, detection, in that order. Never raises; no NUL comes out."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _clean(body.decode(encoding, "replace"))
    # Before any label: text that is no UTF-8 hardly ever reads as it, and pages that call UTF-8 Latin-1 are common.
    try:
        if body.isascii():
            return _ascii(body, content_type)
        text = body.decode("utf-8")
        once = _encoded_twice(text)
        return _clean(once.decode("utf-8") if once else text)
    except UnicodeError:
        pass
    if _is_broken_utf8(body[:_SAMPLE]):
        return _clean(body.decode("utf-8", "replace"))
    names = _names(body, content_type)
    for name in names:
        try:
            return _clean(body.decode(name))
        except UnicodeError:
            continue
    return _clean(body.decode(names[0] if names else _detect(body), "replace"))


def _is_broken_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "replace")
    return len(text) - len(text.encode("ascii", "ignore")) > (1 + _WHOLE) * text.count("\ufffd")


def utf8(body: bytes, content_type: str = "") -> bytes:
    """Return what `decode` reads as UTF-8, most often the bytes that came: a parser takes no others, and making them of
    text again costs .16 ms a page, looking for NUL in the text .13 ms.
    """
    if not body.isascii() and b"\x00" not in body and not body.startswith(codecs.BOM_UTF8):
        try:
            text = body.decode("utf-8")
        except UnicodeError:
            pass
        else:
            return _encoded_twice(text) or body
    return decode(body, content_type).encode("utf-8", "ignore")


def _encoded_twice(text: str) -> bytes | None:
    """Return the UTF-8 that was read as Latin-1 and encoded again, as 11 of 1,013 pages had been; None for others.

    Only where all of a page reads so: one that means its "Ã©" has an "é" or a dash too, at which most end.
    """
    with suppress(UnicodeError):
        once = text.encode("latin-1")
        once.decode("utf-8")
        return once
    return None


def _names(body: bytes, content_type: str) -> list[str]:
    """Return the codecs that the header and the page name, the header's first."""
    names = [name for label in _labels(body, content_type) if (name := _known(label))]
    # Tags are half NUL in UTF-16.
    return names if b"\0" in body else [name for name in names if not name.startswith("utf-16")]


def _labels(body: bytes, content_type: str) -> list[str]:
    header = _HEADER.search(content_type[:500])
    inside = (_META.search(body[:_PLACES]), _XML.match(body[:300]))
    return [found[1] for found in (header,) if found] + [found[1].decode("ascii") for found in inside if found]


def _ascii(body: bytes, content_type: str) -> str:
    # ISO-2022-JP and UTF-16 without a mark are made of ASCII bytes.
    names = _names(body, content_type)
    if names and names[0] in {"iso2022_jp", "utf-16-le", "utf-16-be"}:
        return _clean(body.decode(names[0], "replace"))
    return _clean(body.decode("ascii"))


def detected(body: bytes) -> str:
    """Return text by what it looks like, whatever it says it is. Never raises."""
    return _clean(body.decode(_detect(body), "replace"))


def _detect(body: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(body[:20_000], steps=3, chunk_size=512).best()
    found = (_known(best.encoding) if best else None) or "cp1252"
    language = _LANG.search(body[:_PLACES])
    if language and _EUROPEAN.fullmatch(found):
        return _OF_LANGUAGE.get(language[1].decode("ascii").lower(), found)
    return found


def _clean(text: str) -> str:
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def mime(page: Page) -> str:
    """Return the content type without parameters, lower-case; "" where none is given."""
    return page.headers.get("content-type", "").split(";", 1)[0].strip().lower()
