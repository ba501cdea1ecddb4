"""From bytes as they came to text: inflate under a cap, look before parsing, decode by an allow-list.

Runs in the readers only: each of these can hold a thread for tens of milliseconds on hostile input.
Limits are those measured in November 2026 against Lexbor and libxml2: deep nesting is quadratic (200k `<div>`: over
100 s), 100k attributes on a tag cost 14 s, 70k `<template>` crash; real pages stay below a tenth of each bound.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections import Counter
from contextlib import suppress
from encodings import aliases
from functools import cache

from monitor.errors import ReadError, Reason
from monitor.model import Page

MAX_BODY = 5_000_000
MAX_DEPTH = 5_000
MAX_TAG_ATTRIBUTES = 2_000
MAX_OPTIONS = 5_000
MAX_TAGS = 50_000
MAX_ATTRIBUTES = 200_000

# A tag with more attributes than allowed has more bytes than this.
_LONG_TAG = 2 * MAX_TAG_ATTRIBUTES
# A tag of this length with signs within its values holds 4,000 attributes, which cost 17 ms; looked for in such steps.
_STRETCH = 16_384
# Fewer bytes hold no more attributes than are allowed.
_MANY_BYTES = 2 * MAX_ATTRIBUTES
_TRIES = 6

# Bytes that are counted at once.
_STEP = 16_384

_VOID = {b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"wbr"}
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9:-]{0,30})")
# As HTML has it: quotes count behind "=" only, and "<" is a letter like others. Possessive: a long value (an inline
# picture) is looked at once, not once a character (10 s for 370 kB).
_VALUE = rb"""(?:"[^"]*+"?+|'[^']*+'?+|[^\s>"'][^\s>]*+)?+"""
_ATTRIBUTE = rb"[^\s/>][^\s/>=]*+(?:\s*+=\s*+" + _VALUE + rb")?+"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_WHOLE_TAG = re.compile(rb"</?+[A-Za-z][^\s/>]*+((?:[\s/]++|" + _ATTRIBUTE + rb")*+)")
# What can stand between two attributes.
_BETWEEN = b" \t\n\r\f/\"'"
_SCRIPT = re.compile(rb"<script(?=[\s/>])[^<>]*>?", re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</script", re.IGNORECASE)
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
        return page.body
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


def prescan(body: bytes) -> None:
    """Refuse what would cost a parser minutes or its life. Linear. Raises ReadError(HOSTILE)."""
    signs = body.count(b"<")
    if signs > 4 * MAX_TAGS:
        raise ReadError(Reason.HOSTILE, f"more than {4 * MAX_TAGS} '<'")
    # As few signs as most pages have, or as few that can begin a tag, cannot pass any of the bounds below.
    least = min(MAX_DEPTH, MAX_OPTIONS)
    if signs > MAX_TAGS or (signs > least and not _holds(body, b"</", signs - least)):
        _count_tags(body)
    # A page of 280 kB holds 22,000 of them at most; each costs a tag's parser its share.
    if _holds(body, b"=", MAX_ATTRIBUTES + 1):
        raise ReadError(Reason.HOSTILE, f"more than {MAX_ATTRIBUTES} '='")
    # Attributes without values: 1.1 M fit into 5 MB.
    if len(body) > _MANY_BYTES and len(body) - len(body.translate(None, _BETWEEN)) > MAX_ATTRIBUTES:
        _count_attributes(_outside_scripts(body))
    if _most_attributes(body) > MAX_TAG_ATTRIBUTES:
        count = _most_attributes(_outside_scripts(body))
        if count > MAX_TAG_ATTRIBUTES:
            raise ReadError(Reason.HOSTILE, f"a tag with {count} attributes, at most {MAX_TAG_ATTRIBUTES}")


def _holds(body: bytes, mark: bytes, least: int) -> bool:
    """Say whether a mark stands in a page that often; counted no farther than it takes to know, .1 ms a page less."""
    at = count = 0
    while count < least:
        # Were all that is left marks, there would be too few.
        if count + (len(body) - at) // len(mark) < least:
            return False
        count += body.count(mark, at, at + _STEP + len(mark) - 1)
        at += _STEP
    return True


def _count_tags(body: bytes) -> None:
    depth = deepest = tags = options = 0
    waiting: Counter[bytes] = Counter()
    for match in _TAG.finditer(body):
        tags += 1
        name = match[2].lower()
        if match[1]:
            # The end of nothing closes nothing: "<div></x>" is nested as deep as "<div>".
            if waiting[name]:
                waiting[name] -= 1
                depth -= 1
        elif name not in _VOID:
            depth += 1
            waiting[name] += 1
            deepest = max(deepest, depth)
            options += name == b"option"
    if deepest > MAX_DEPTH:
        raise ReadError(Reason.HOSTILE, f"{deepest} tags nested, at most {MAX_DEPTH}")
    if options > MAX_OPTIONS:
        raise ReadError(Reason.HOSTILE, f"{options} options, at most {MAX_OPTIONS}")
    if tags > MAX_TAGS:
        raise ReadError(Reason.HOSTILE, f"{tags} tags, at most {MAX_TAGS}")


def _count_attributes(body: bytes) -> None:
    total = 0
    for tag in _WHOLE_TAG.finditer(body):
        total += len(_ATTRIBUTES.findall(tag[1]))
        if total > MAX_ATTRIBUTES:
            raise ReadError(Reason.HOSTILE, f"more than {MAX_ATTRIBUTES} attributes")


def _most_attributes(body: bytes) -> int:
    """Return how many attributes the first tag with too many has, or 0. Linear; 25 + 40 µs a page."""
    return _plain_attributes(body) or _veiled_attributes(body)


def _plain_attributes(body: bytes) -> int:
    """Look at what is long between two "<": from sign to sign."""
    at = 0
    while at + _LONG_TAG < len(body):
        # A sign that stands this near ends all tags before it while they are too short for many attributes.
        sign = body.rfind(b"<", at, at + _LONG_TAG + 1)
        if sign >= 0:
            at = sign + 1
            continue
        end = body.find(b"<", at)
        end = len(body) if end < 0 else end
        if count := _attributes(body, max(0, at - 1), end):
            return count
        at = end + 1
    return 0


def _veiled_attributes(body: bytes) -> int:
    """Look for tags with signs within their values: from one place that is in no tag to the next."""
    at = 0
    # No tag begins before the next sign: styles and data are passed over.
    while (at := body.find(b"<", at)) >= 0 and at + _STRETCH < len(body):
        free = _tag_end(body, at, at + _STRETCH)
        if free is None:
            free = at + _STRETCH
            for tag in _WHOLE_TAG.finditer(body, at):
                if tag.start() >= free:
                    break
                if count := _attributes(body, *tag.span()):
                    return count
                free = max(free, tag.end())
        at = free
    return 0


def _tag_end(body: bytes, start: int, end: int) -> int | None:
    """Return a place that is in no tag, if one is quickly found. A ">" ends a tag unless it stands in a quoted value,
    which began at the last such quote, behind a "=".
    """
    close = end
    for _ in range(_TRIES):
        close = body.rfind(b">", start, close)
        if close <= start:
            return None
        quotes = (body.rfind(mark, start, close) for mark in (b'"', b"'"))
        before = [body[max(start, at - 8) : at].rstrip()[-1:] for at in quotes if at >= 0]
        # Spaces alone: the "=" may stand before them.
        if all(sign not in {b"=", b""} for sign in before):
            return close + 1
    return None


def _attributes(body: bytes, start: int, end: int) -> int:
    """Return how many attributes the tag at `start` has up to `end`, 0 where they are not too many."""
    tag = _WHOLE_TAG.match(body, start, end)
    if not tag or tag.end() - start <= _LONG_TAG:
        return 0
    count = len(_ATTRIBUTES.findall(tag[1]))
    return count if count > MAX_TAG_ATTRIBUTES else 0


def _outside_scripts(body: bytes) -> bytes:
    """Return a page without what its scripts say: "i<n" is no tag with 4,000 attributes. Linear.

    Within SVG a browser would read on; a tag hidden there costs its page the reader's deadline, and nobody else.
    """
    parts, at = [], 0
    while found := _SCRIPT.search(body, at):
        parts.append(body[at : found.end()])
        end = _SCRIPT_END.search(body, found.end())
        at = end.start() if end else len(body)
    parts.append(body[at:])
    return b"".join(parts)


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
