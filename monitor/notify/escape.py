"""Text from outside made harmless for where it is shown: a terminal, a mail header, HTML, Markdown, a chat."""

from __future__ import annotations

import html as _html
import re

from monitor.parse import urls

# C0 but tab and newline, C1, marks that reorder text, the byte order mark, interlinear and tag characters.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# UTF-8 has no form for a lone surrogate: sending would fail and the alert be lost.
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"\s+")
_WORD_JOINER = "\u2060"
# Names that wake a whole room even inside a word; a name of somebody after a space; Slack's <!channel>, <@U1>; Feishu's
# and Teams' <at>, Google Chat's <users/all>.
_PING = re.compile(
    r"@(?=(?:everyone|here|channel|room|all|online|group)\b|$)|(?<!\w)@(?=\w)|<(?=[!@#]|at\b|users/)",
    re.IGNORECASE,
)
# An ampersand counts only where it begins a character reference: Slack shows the backslash in "S\&P".
_MARKDOWN = re.compile(r"[\\`*_\[\]<>~|]|&(?=#?\w{1,32};)")
# A heading, list or rule where it stands at the start of a line.
_MARKDOWN_START = re.compile(r"^\s*(?:(?=[#+=-])|\d{1,9}(?=[.)]))")


def clean(text: str) -> str:
    """Return text without control, direction and invisible tag characters; newlines and tabs stay."""
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", _BREAK.sub("\n", text)))


def fold(text: str) -> str:
    """Return clean text that pings nobody, every run of white space as one space; outer ones stay."""
    return _PING.sub(lambda found: found.group() + _WORD_JOINER, _SPACE.sub(" ", clean(text)))


def one_line(text: str, limit: int = 300) -> str:
    """Return text fit for a header or a title: folded, stripped, cut at `limit` characters."""
    folded = fold(text[: limit * 4]).strip()
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def html(text: str) -> str:
    """Escape folded text for HTML."""
    return _html.escape(text, quote=True)


def markdown(text: str) -> str:
    """Escape folded text for CommonMark, so that it reads as it stands."""
    escaped = _MARKDOWN.sub(lambda found: "\\" + found.group(), text)
    return _MARKDOWN_START.sub(lambda found: found.group() + "\\", escaped)


def link(url: str) -> str:
    """Return a http or https URL safe inside quotes and Markdown parentheses; "" for anything else."""
    whole = urls.absolute(url, url)
    if not whole:
        return ""
    for character, code in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E"), ('"', "%22"), ("\\", "%5C")):
        whole = whole.replace(character, code)
    return _PING.sub("%40", clean(whole))
