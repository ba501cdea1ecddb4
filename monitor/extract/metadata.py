"""What a page says of its article outside the text: title, people, dates, language, address.

Everything here is plain text: markup and entities are read away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.extract import authors, ldjson, published, title, updates
from monitor.extract.field import Context
from monitor.extract.statements import MAX_TITLE, Statements, key
from monitor.extract.surroundings import Surroundings
from monitor.extract.updates import Signs
from monitor.extract.wire import wire
from monitor.parse import language, urls
from monitor.parse.html import Document, Node, attribute, plain, text_of
from monitor.parse.sites import path, port, same_site, site

_MAX_BODY = 500_000
_MAX_SMALLER = 12


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was found; "" or None where nothing was. `claims_article`: the page says that it is one article."""

    title: str = ""
    authors: tuple[str, ...] = ()
    shown: bool = False
    """The authors are known by the page's text alone."""
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    canonical_url: str = ""
    claim: str = ""
    """The canonical URL on another site that the page names."""
    description: str = ""
    section: str = ""
    outlet: str = ""
    organisation: str = ""
    """JSON-LD's sourceOrganization."""
    wire: str = ""
    """The agency by byline and source; `wire` of extract/wire.py also asks the text."""
    paywalled: bool | None = None
    live: bool = False
    entries: Signs | None = None
    """What speaks for a live blog."""
    amp_url: str = ""
    claims_article: bool = False
    news: bool = False
    """Whether JSON-LD calls it news."""
    document_title: str = ""
    """The `<title>` as it stands."""
    ld_body: str = ""
    """JSON-LD articleBody as it stands, markup and all."""

    def context(self, url: str) -> Context:
        """Return what the choice of the body may know of the page."""
        return Context(self.title, self.description, plain(self.ld_body), url, self.news, self.outlet, self.authors)


def read(document: Document, url: str, now: datetime) -> Metadata:
    """Read a page's metadata. `now`: dates more than a day after it are not believed."""
    page = Statements(document, url)
    item = page.article
    outlet = _outlet(page)
    name = title.choose(page, outlet)

    lines = Surroundings(lambda: _heading(page, name), document.body)
    tags = _tags(page)
    tag = tags[0] if tags else ""
    first, later = published.read(page, lines, tag, now)
    people = authors.read(page, lines, tag, outlet, name)
    organisation = ldjson.string(item, "sourceOrganization", 200)
    canonical, claim = _canonical(page)
    body = item.get("articleBody")
    signs = updates.signs(page, first, later, now)
    return Metadata(
        title=name,
        authors=people,
        shown=bool(people) and not authors.stated(page),
        published=first,
        updated=later,
        language=_language(tags),
        canonical_url=canonical,
        claim=claim,
        description=_description(page),
        section=ldjson.string(item, "articleSection", 200) or page.meta("article:section", "section")[:200],
        outlet=outlet,
        organisation=organisation,
        wire=wire(people, organisation, outlet, ""),
        paywalled=_paywalled(page),
        live=signs is not None and signs.stated,
        entries=signs,
        amp_url=_amp(page),
        claims_article=page.claims_article,
        news=ldjson.is_news(item),
        document_title=page.document_title,
        ld_body=body[:_MAX_BODY] if isinstance(body, str) else "",
    )


def _heading(page: Statements, name: str) -> Node | None:
    """Return the element that shows the title, else the first heading."""
    own = key(name)
    for node, text in page.headings:
        if text == name or (own and own in key(text)):
            return node
    smaller = page.document.css("h2, h3")[:_MAX_SMALLER]
    shown = next((node for node in smaller if own and key(text_of(node)[:MAX_TITLE]) == own), None)
    return shown or (page.headings[0][0] if page.headings else smaller[0] if smaller else None)


def _outlet(page: Statements) -> str:
    publishers = ldjson.names(page.article, "publisher", page.by_id)
    name = page.meta("og:site_name") or (publishers[0][0] if publishers else "") or page.meta("application-name")
    return name[:200]


def _tags(page: Statements) -> list[str]:
    """Return the language tags the page states, that of `<html>` first."""
    root = page.document.root
    stated = (
        attribute(root, "lang") or attribute(root, "xml:lang") if root is not None else "",
        ldjson.string(page.article, "inLanguage", 35),
        page.meta("og:locale"),
    )
    return [tag for tag in stated if tag]


def _language(tags: list[str]) -> str | None:
    found = [code for tag in tags if (code := language.primary(tag))]
    # Two agreeing ones outvote a template's <html lang="en">.
    return max(found, key=found.count) if found else None


def _canonical(page: Statements) -> tuple[str, str]:
    """Return the article's address on its site, and the one on another site that the page names, "" for none."""
    claim = ""
    for address in page.links.get("canonical", ())[:3]:
        if address == page.url:
            return page.here, ""
        target = urls.absolute(page.url, address)
        # A template that names the front page on every article would make them all one.
        if not target or (path(page.url) and not path(target)):
            continue
        # What stands on another port is another service.
        if not page.host or (same_site(page.host, site(target)) and port(page.url) == port(target)):
            return urls.canonical(target), ""
        claim = claim or urls.canonical(target)
    return page.here, claim if len(claim) <= urls.MAX_URL else ""


def _amp(page: Statements) -> str:
    return next((found for each in page.links.get("amphtml", ())[:3] if (found := urls.absolute(page.url, each))), "")


def _description(page: Statements) -> str:
    return ldjson.string(page.article, "description") or page.meta(
        "og:description", "description", "twitter:description", "dc.description"
    )


def _paywalled(page: Statements) -> bool | None:
    for item in (page.article, *page.articles):
        value = str(item.get("isAccessibleForFree", "")).strip().lower()
        if value in {"true", "false", "1", "0"}:
            return value in {"false", "0"}
    tier = page.meta("article:content_tier").lower()
    return {"locked": True, "free": False}.get(tier)
