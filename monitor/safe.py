"""Text from outside on its way to a terminal or a log: without what either would obey, and without secrets.

A second line of defence. The first is that no secret is put into words at all (tests/test_canary.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# C0 and C1 controls but tab and newline, and the characters that reorder or hide text on a terminal.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
HIDDEN = "***"
# Longer ones have a line to themselves that nobody reads.
LONGEST = 4_000
# Shorter pieces of an address are words such as "desk", which stand in many an innocent line.
_LEAST = 8
_PARTS = re.compile(r"[\s/:?&=@#,;+!]+")
# Schemes whose URLs may be shown without what stands before the @; all others are channels: tokens throughout.
_PLAIN = "https?|wss?|ftps?|file|smtps?|unix"
_HEADERS = "(?:proxy-)?authorization|(?:set-)?cookie|(?:x-[\\w-]{0,30})?(?:token|api-?key|secret|signature)"
_SECRETS = tuple(
    (re.compile(pattern, re.IGNORECASE), rf"\1{HIDDEN}\2" if "(@)" in pattern else rf"\1{HIDDEN}")
    for pattern in (
        rf"\b((?!(?:{_PLAIN})://)[a-z][a-z0-9+.-]{{0,20}}://)[^\s\"'<>]+",
        r"(://)[^/\s?#\"'<>]+(@)",
        r"([?&;][\w.-]{0,40}(?:token|key|secret|passw|sig|auth|code|session|credential)[\w.-]{0,40}=)[^&\s#\"'<>]+",
        r"(hooks\.slack\.com/\w+/|discord(?:app)?\.com/api/(?:v\d+/)?webhooks/)[^\s\"'<>]+",
        r"(api\.telegram\.org/(?:file/)?bot|webhook\.office\.com/|chat\.googleapis\.com/v1/spaces/)[^\s\"'<>]+",
        # What Mattermost, Rocket.Chat and others call theirs.
        r"(/hooks/)[\w/.-]{16,}",
        rf"\b((?:{_HEADERS})[\"']?\s{{0,3}}[:=]\s{{0,3}}[\"']?)[^\r\n\"']+",
        r"\b(bearer\s{1,3})[^\s\"',]{6,}",
        r"\b((?:basic|digest|negotiate)\s{1,3})[a-z0-9+/=]{16,}",
    )
)


def clean(text: str) -> str:
    """Return text from outside without what a terminal would obey: controls, bidi marks, lone surrogates."""
    return _UNSAFE.sub("\ufffd", text).encode("utf-8", "replace").decode("utf-8")


def one_line(text: str) -> str:
    """Return cleaned text on one line."""
    return " ".join(clean(text).split())


def pieces(secret: str) -> set[str]:
    """Return of an address or header value itself and each piece that may be a token: not what looks like a host."""
    found = {secret, *_PARTS.split(secret)}
    return {one for one in found if len(one) >= _LEAST and ("." not in one or one == secret)}


def redact(text: str, known: Iterable[str] = ()) -> str:
    """Return text without what looks like a secret, and without those that are `known`. At most some LONGEST letters:
    a channel's URL keeps its scheme, another URL loses its user, password and tokens, a header its value.
    """
    more = len(text) - LONGEST
    # Twice as much is looked through: a secret that is cut in two is not known any more.
    text = text[: 2 * LONGEST]
    for secret in known:
        text = text.replace(secret, HIDDEN)
    for pattern, put in _SECRETS:
        text = pattern.sub(put, text)
    return text if more <= 0 else f"{text[:LONGEST]}… ({more} more)"
