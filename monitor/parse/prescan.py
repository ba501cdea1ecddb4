"""A look at bytes before a parser gets them: what is plainly hostile is refused. Linear, .4 ms a page.

Limits are those measured in November 2026 against Lexbor and libxml2: deep nesting is quadratic (200k `<div>`: over
100 s), 100k attributes on a tag cost 14 s, 70k `<template>` crash; real pages stay below a tenth of each bound.
"""

from __future__ import annotations

import re
from collections import Counter

from monitor.errors import ReadError, Reason

MAX_DEPTH = 5_000
MAX_TAG_ATTRIBUTES = 2_000
MAX_OPTIONS = 5_000
MAX_TAGS = 50_000
MAX_ATTRIBUTES = 200_000
MAX_SIGNS = 700_000

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


def prescan_xml(body: bytes) -> None:
    """Refuse what would cost a strict XML parser much memory; it is linear in time. Raises ReadError(HOSTILE).

    A "<" is an element at most, an "=" an attribute: 120 and 100 bytes in libxml2. A feed of 5 MB full texts has 100k
    tags that are text to its parser, which `prescan` would count.
    """
    if body.count(b"<") > MAX_SIGNS:
        raise ReadError(Reason.HOSTILE, f"more than {MAX_SIGNS} '<'")
    if _holds(body, b"=", MAX_ATTRIBUTES + 1):
        raise ReadError(Reason.HOSTILE, f"more than {MAX_ATTRIBUTES} '='")
    if (count := _most_attributes(body)) > MAX_TAG_ATTRIBUTES:
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
