"""What of an article the matcher reads, segment by segment, and as one joined text."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.match import haystack
from monitor.match.haystack import GAP, Haystack
from monitor.model import OWN_ROLES, Article, Role
from monitor.parse import words

_BODY = Role.BODY

Segment = tuple[str, int | None, str]
"""One field or block: its field, its number among the article's blocks, its original text, never empty."""


def own_texts(article: Article) -> list[str]:
    """Return what a term without a field looks at: the texts of `own_segments`, at a fifth of their cost."""
    texts = [block.text for block in article.blocks if (block.role is _BODY or block.role in OWN_ROLES) and block.text]
    if article.standfirst:
        texts.insert(0, article.standfirst)
    if article.title:
        texts.insert(0, article.title)
    return texts


def own_segments(article: Article) -> list[Segment]:
    """Return title, standfirst and own blocks, the empty ones left out."""
    found: list[Segment] = [("title", None, article.title), ("standfirst", None, article.standfirst)]
    found += [
        ("body", number, block.text)
        for number, block in enumerate(article.blocks)
        if block.role is _BODY or block.role in OWN_ROLES
    ]
    return [segment for segment in found if segment[2]]


def aside_segments(article: Article) -> list[Segment]:
    """Return what only a field looks at: authors, section, captions, teasers."""
    found: list[Segment] = [("author", None, author) for author in article.authors]
    found.append(("section", None, article.section))
    for number, block in enumerate(article.blocks):
        if block.role in {Role.CAPTION, Role.TEASER}:
            found.append((block.role.value, number, block.text))
    return [segment for segment in found if segment[2]]


Source = tuple[Sequence[str], str, Haystack, words.Folded | None]
"""Texts, the same joined, their haystack, and how they were folded; None where that is one to one."""


def source(texts: Sequence[str]) -> Source:
    """Read the texts of an article's segments."""
    joined = f" {GAP.join(texts)} "
    return (texts, joined, *haystack.read(joined))
