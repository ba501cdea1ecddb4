"""The extractors that are compared: this project's and its peers, each as one call from bytes to its own result.

A tool's call is what is timed; turning its result into plain fields is not.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.errors import ReadError
from monitor.extract.article import extract
from monitor.model import Article, Page
from monitor.parse import html
from monitor.parse.bytes import decode
from tests.bench._truth import NOW, Truth

OURS = "ours"
DEFAULT = "trafilatura"
WITH_METADATA = "trafilatura+meta"
LIMIT = "lexbor parse"


@dataclass(frozen=True)
class Found:
    """A tool's output on one page. `reason`: why there is none, "" where it says nothing."""

    body: str = ""
    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Tool:
    """One extractor. `run` takes the page, or what `prepare` made of it untimed; `found` reads what `run` returned.

    `every`: it reads one page in so many, because it is slow. `fields`: it finds title, date and authors too.
    """

    name: str
    library: str
    run: Callable[[Any], Any]
    found: Callable[[Any], Found]
    every: int = 1
    fields: bool = False
    prepare: Callable[[Truth], Any] = lambda truth: truth


def choose(names: Sequence[str]) -> tuple[list[Tool], list[str]]:
    """Return this project's extractor and the named peers that are installed, and the libraries that are missing."""
    tools, missing = [], []
    for tool in _TOOLS:
        if tool.name not in (OURS, LIMIT, *names):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(tool.library)
        except ImportError as error:
            missing.append(f"{tool.name} ({error})")
        else:
            tools.append(tool)
    return tools, missing


def page_of(truth: Truth) -> Page:
    """Return the page as a fetch would have brought it, without a charset in its header."""
    return Page(truth.url, truth.url, 200, {"content-type": "text/html"}, truth.page, NOW)


def ours(truth: Truth) -> Article | Exception:
    """Read a page. An error that is no named reason is returned too: a benchmark counts it and goes on."""
    try:
        return extract(page_of(truth))
    except Exception as error:
        return error


def ours_found(result: Article | Exception) -> Found:
    if isinstance(result, ReadError):
        return Found(reason=result.reason.value)
    if isinstance(result, Exception):
        return Found(reason=f"crash: {type(result).__name__}")
    return Found(result.body, result.title, str(result.published or "")[:10], result.authors)


def _trafilatura(truth: Truth) -> Any:
    import trafilatura

    # Without comments: so the public benchmark runs it, and with them its web F1 is .002 lower.
    return trafilatura.bare_extraction(truth.page, url=truth.url, include_comments=False)


def _trafilatura_metadata(truth: Truth) -> Any:
    import trafilatura

    return trafilatura.bare_extraction(truth.page, url=truth.url, include_comments=False, with_metadata=True)


def _trafilatura_found(result: Any) -> Found:
    if result is None:
        return Found()
    authors = tuple((result.author or "").split("; "))
    return Found(result.text or "", result.title or "", result.date or "", authors)


def _readability(truth: Truth) -> Any:
    from readability import Document

    try:
        document = Document(decode(truth.page))
        return document.summary(html_partial=True), document.title()
    except Exception:
        return "", ""


def _newspaper(truth: Truth) -> Any:
    import newspaper

    article = newspaper.Article(truth.url, fetch_images=False)
    try:
        article.download(input_html=decode(truth.page))
        article.parse()
    except Exception:
        return None
    return article


def _newspaper_found(result: Any) -> Found:
    if result is None:
        return Found()
    return Found(result.text, result.title, str(result.publish_date or "")[:10], tuple(result.authors))


def _resiliparse(truth: Truth) -> str:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import detect_encoding
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse_from_bytes(truth.page, detect_encoding(truth.page) or "utf-8")
    text: str = extract_plain_text(tree, main_content=True, alt_texts=False)
    return text


_TOOLS = (
    Tool(OURS, "monitor.extract.article", ours, ours_found, fields=True),
    Tool(DEFAULT, "trafilatura", _trafilatura, _trafilatura_found),
    Tool(WITH_METADATA, "trafilatura", _trafilatura_metadata, _trafilatura_found, fields=True),
    Tool("readability", "readability", _readability, lambda r: Found("\n".join(html.paragraphs(r[0])), r[1]), every=6),
    Tool("newspaper4k", "newspaper", _newspaper, _newspaper_found, every=16, fields=True),
    Tool("resiliparse", "resiliparse.extract.html2text", _resiliparse, Found),
    Tool(LIMIT, "selectolax.lexbor", html.parse, lambda _: Found(), prepare=lambda truth: decode(truth.page)),
)
PEERS = tuple(tool.name for tool in _TOOLS if tool.name not in {OURS, LIMIT})
