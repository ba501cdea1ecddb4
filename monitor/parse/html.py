"""The one door to selectolax (Lexbor): HTML to nodes, markup to plain text.

WO_EVENTS keeps `<option>` from being quadratic (0.33 s → 2 ms at 128 kB); scripting=True keeps a `<noscript><img>`
in the head from closing it. `.html` is never asked of an untrusted root (70k `<template>` crash it). Lexbor is
quadratic in nesting and attributes: `parse` expects what `parse.bytes.prescan` has let through; `plain` and
`paragraphs` build no tree and are linear on anything.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode, SelectolaxError

Document = LexborHTMLParser
Node = LexborNode

# A tag ends at the next "<" at the latest, so that each character is looked at twice at most ("<a<a<a…").
_MARKUP = re.compile(r"<!--|<(script|style)(?=[\s/>])|</?([A-Za-z][A-Za-z0-9-]*)[^<>]*>|<[!?][^<>]*>", re.IGNORECASE)
_END = {name: re.compile(rf"</{name}[^<>]*>", re.IGNORECASE) for name in ("script", "style")}
_BREAK = re.compile(r"</?(?:p|div|li|h[1-6]|br|tr|blockquote)\b[^<>]*>", re.IGNORECASE)
# Elements that do not end a word: "<b>N</b>ATO" is one.
_INLINE = frozenset("a abbr b bdi big em font i ins mark q s small span strong sub sup u wbr".split())
# With the first letters before the names it takes 1.4 µs for a teaser instead of 2.4.
_INLINE_TAG = re.compile(
    rf"</?(?=[{''.join(sorted({name[0] for name in _INLINE}))}])(?:{'|'.join(sorted(_INLINE))})(?![a-z0-9-])[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_HIDES = re.compile(r"<!--|<(?:script|style)(?=[\s/>])", re.IGNORECASE)
# C0, C1, marks that reorder text, lone surrogates. Soft hyphens and joiners are a matter of folding.
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# Characters 80 to 9f stand on pages for what Windows-1252 has there, as in numeric references ("&#146;").
_WINDOWS = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0) if code != 0x85}
# A selector's escapes, strings and comments, and what must be closed outside them.
_PIECE = re.compile(r"""\\.|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|/\*.*?\*/|(?P<mark>[][(){}"']|/\*)""", re.DOTALL)
_CLOSES = {")": "(", "]": "[", "}": "{"}
MAX_SELECTOR = 1_000
# Lexbor counts its two hundred tags; of others the number is an address.
_UNKNOWN = 1_000


def parse(text: str | bytes) -> Document:
    """Parse a whole page; bytes are UTF-8. The caller has pre-scanned them. Raises MemoryError."""
    try:
        return LexborHTMLParser(text, scripting=True, options=LexborDocumentOptions.WO_EVENTS)
    except SelectolaxError as error:
        # There is no page that it cannot parse but for want of memory.
        raise MemoryError from error


def tag_numbers(tags: Iterable[str]) -> dict[str, int]:
    """Return the numbers (`Node.tag_id`) that elements have in every document, and texts ("-text") and comments; tags
    unknown to Lexbor, which have another in each, are left out.
    """
    document = LexborHTMLParser("<body><!-- -->text")
    root = document.root
    known = {node.tag or "": node.tag_id for node in root.traverse(include_text=True)} if root else {}
    found = {tag: known[tag] if tag in known else document.create_node(tag).tag_id for tag in tags}
    return {tag: number for tag, number in found.items() if number < _UNKNOWN}


def check_selector(text: str) -> None:
    """Raise ValueError with what was expected where `text` is no CSS selector that `Document.css` can use.

    Lexbor closes what is left open ("div[class", "p:not(b") without a word and then finds something else.
    """
    if len(text) > MAX_SELECTOR:
        raise ValueError(f"a CSS selector of at most {MAX_SELECTOR:,} characters")
    if _CONTROL.search(text):
        raise ValueError("a CSS selector without control characters")
    waiting: list[str] = []
    for piece in _PIECE.finditer(text):
        mark = piece["mark"]
        if mark in {"(", "[", "{"}:
            waiting.append(mark)
        elif mark and (mark not in _CLOSES or not waiting or waiting.pop() != _CLOSES[mark]):
            raise ValueError(f"a CSS selector; it has a {mark} without its partner")
    if waiting:
        raise ValueError(f"a CSS selector; its {waiting[-1]} is not closed")
    try:
        LexborHTMLParser("").css(text)
    except SelectolaxError:
        raise ValueError("a CSS selector of elements, such as .story-text or div.lead > p") from None


def fold_space(text: str) -> str:
    """Return text with every run of white space as one space, controls and direction marks gone."""
    text = text.strip()
    # What is printable holds no control and no space but " "; of 100 texts 95 need no more than this look.
    if text.isprintable() and "  " not in text:
        return text
    text = " ".join(text.split())
    return text if text.isprintable() else " ".join(_CONTROL.sub("", text.translate(_WINDOWS)).split())


def plain(markup: str, limit: int = 100_000) -> str:
    """Return markup as text: tags away, character references read once, white space folded. Linear."""
    text = markup[:limit]
    if "<" in text:
        if ("<!--" in text or "<s" in text or "<S" in text) and _HIDES.search(text):
            text = "".join(_outside(text))
        else:
            # The same in a third of the time, 2 µs for a teaser, where no tag hides what follows it.
            text = _TAG.sub(" ", _INLINE_TAG.sub("", text))
    return fold_space(html.unescape(text) if "&" in text else text)


def _outside(text: str) -> Iterator[str]:
    """Yield what stands between tags. A comment or script that never ends takes the rest, as in a browser."""
    at = 0
    while found := _MARKUP.search(text, at):
        yield text[at : found.start()]
        if found.group() == "<!--":
            end = text.find("-->", found.end())
            at = end + 3 if end >= 0 else len(text)
            continue
        if found.group(1):
            close = _END[found.group(1).lower()].search(text, found.end())
            at = close.end() if close else len(text)
        else:
            at = found.end()
        if (found.group(2) or "").lower() not in _INLINE:
            yield " "
    yield text[at:]


def paragraphs(markup: str, limit: int = 100_000) -> list[str]:
    """Return markup as the plain texts of its paragraphs, empty ones left out."""
    if "<" not in markup:
        return [text for text in map(plain, markup[:limit].split("\n\n")) if text]
    return [text for text in map(plain, _BREAK.split(markup[:limit])) if text]


def attribute(node: Node, name: str) -> str:
    """Return an attribute's value, "" where it has none."""
    return node.attributes.get(name) or ""


def text_of(node: Node) -> str:
    """Return a node's text, white space folded."""
    return fold_space(node.text(deep=True, separator="", strip=False))
