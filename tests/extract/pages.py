"""Pages written for these tests, in the shapes that outlets publish."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime

from monitor.model import Page

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
URL = "https://harbour.example/news/berths"
TITLE = "Harbour council agrees on berths for six ships"
PARAGRAPHS = (
    "The harbour council agreed on Tuesday to build berths for six ships, ending a dispute that had lasted two years.",
    "Work is to begin in spring, the head of the council, Marta Lindqvist, told reporters after the vote.",
    '"We have waited long enough, and the money is there," she said, pointing at the budget passed last month.',
    "Fishermen had warned that the new berths would take away half of their moorings, and went to court over it.",
    "The court is expected to rule before the end of the year, according to two people briefed on the case.",
    "Storage for fuel and a road that lorries can use are part of the plan, which costs about 40 million crowns.",
)
ARTICLE = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": TITLE,
    "datePublished": "2026-11-19T10:00:00+02:00",
    "author": [{"@type": "Person", "name": "Jana Novák"}],
    "publisher": {"@type": "Organization", "name": "Harbour Times"},
    "inLanguage": "en-GB",
}
NAVIGATION = '<header><nav><a href="/">Home</a><a href="/news/">News</a><a href="/sport/">Sport</a></nav></header>'
FOOTER = "<footer><p>© 2026 Harbour Times. All rights reserved.</p></footer>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{html.escape(text, quote=False)}</p>" for text in texts)


def page_of(inner: str, *, head: str = "", ld: object = ARTICLE, title: str = TITLE, lang: str = "en") -> str:
    script = f'<script type="application/ld+json">{json.dumps(ld)}</script>' if ld is not None else ""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} | Harbour Times</title>'
        f"{script}{head}</head><body>{NAVIGATION}{inner}{FOOTER}</body></html>"
    )


def news(after: str = "", *, body: str = paragraphs(*PARAGRAPHS), **options: object) -> str:
    """An article page with something after the last paragraph, in the same container."""
    inner = f'<main><article><h1>{TITLE}</h1><div class="sc-1f">{body}{after}</div></article></main>'
    return page_of(inner, **options)  # type: ignore[arg-type]


def page(markup: str | bytes, *, url: str = URL, kind: str = "text/html; charset=utf-8", status: int = 200) -> Page:
    body = markup.encode() if isinstance(markup, str) else markup
    return Page(url, url, status, {"content-type": kind}, body, NOW)
