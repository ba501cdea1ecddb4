"""Feeds for tests, put together from what a case is about."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.model import Page
from monitor.outlets.feed import read

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
URL = "https://a.example/news/feed.xml"
LINK = "<link>https://a.example/one</link>"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def page(body, kind="application/xml", **headers):
    body = body if isinstance(body, bytes) else body.encode()
    return Page(URL, URL, 200, {"content-type": kind, **headers}, body, NOW)


def rss(item, about="", head='<?xml version="1.0"?>'):
    return (
        f'{head}<rss version="2.0" {SPACES}><channel><title>Harbour</title>{about}<item>{item}</item></channel></rss>'
    )


def atom(entry, more=""):
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{more}><title>Harbour</title><entry>{entry}</entry></feed>'


def only(body, kind="application/xml", **headers):
    """Return the one entry of a feed."""
    (entry,) = read(page(body, kind, **headers)).entries
    return entry
