"""What a page says of its article outside the text: title, people, dates, language, address.

On 98 % of press pages one of h1, og:title and JSON-LD headline is the true title; choosing among them and cutting
the outlet's name off is the whole problem. Everything here is plain text: markup and entities are read away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.extract import ldjson
from monitor.extract.features import Context
from monitor.extract.ldjson import Item
from monitor.extract.site import path, same_site, site
from monitor.parse import dates, language, urls
from monitor.parse.html import Document, attribute, plain, text_of

MAX_AUTHORS = 30
_MAX_METAS = 500
_MAX_BODY = 500_000
_MAX_BYLINE = 120
# A title this long may lose a tail after "|" that is no known name: "… | Sport".
_LONG_HEAD = 20

_PUBLISHED = (
    "article:published_time", "og:published_time", "article:published", "og:article:published_time", "datepublished",
    "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "dcterms.issued", "dc.date",
    "dcterms.date", "pubdate", "publishdate", "publish-date", "publication_date", "published_time", "date",
    "cxenseparse:recs:publishtime", "citation_publication_date", "citation_date", "article.published",
)  # fmt: skip
_UPDATED = (
    "article:modified_time", "og:updated_time", "article:modified", "datemodified", "dcterms.modified",
    "dc.date.modified", "last-modified", "lastmod", "revised", "article.updated",
)  # fmt: skip
_AUTHORS = ("author", "article:author", "parsely-author", "dc.creator", "dcterms.creator", "byl", "sailthru.author",
            "citation_author", "twitter:creator:name")  # fmt: skip
_BYLINES = (
    '[rel~="author"]', '[itemprop~="author"] [itemprop~="name"]', '[itemprop~="author"]', "a[href*='/author/']",
    "a[href*='/authors/']", "a[href*='/autor/']", ".byline-name", ".author-name", ".author__name", ".byline",
)  # fmt: skip
_DATES = (
    '[itemprop~="datePublished"]', "time[pubdate]", "article time", "main time", "time", "[class*=publish i]",
    "[class*=date i]", "[class*=posted i]", "[class*=meta i]",
)  # fmt: skip
_AGENCIES = {
    "Associated Press": "ap|associated press|the associated press",
    "Reuters": "reuters|thomson reuters",
    "AFP": "afp|agence france[- ]presse",
    "dpa": "dpa|deutsche presse[- ]agentur",
    "PA Media": "pa|pa media|press association",
    "ANSA": "ansa", "EFE": "efe|agencia efe", "Europa Press": "europa press", "Lusa": "lusa|agência lusa",
    "PAP": "pap", "ČTK": "čtk|ctk", "APA": "apa", "Belga": "belga|belganews", "ANP": "anp", "TT": "tt",
    "NTB": "ntb", "Ritzau": "ritzau", "STT": "stt", "BNS": "bns", "Ukrinform": "ukrinform|укрінформ",
    "Interfax-Ukraine": "interfax[- ]ukraine|інтерфакс[- ]україна", "Interfax": "interfax|интерфакс",
    "TASS": "tass|тасс", "RIA Novosti": "ria novosti|риа новости", "Anadolu": "aa|anadolu|anadolu agency",
    "Xinhua": "xinhua|新华社", "Kyodo": "kyodo|kyodo news", "Jiji": "jiji press", "Yonhap": "yonhap",
    "PTI": "pti|press trust of india", "ANI": "ani", "AAP": "aap|australian associated press", "KNA": "kna",
    "The Canadian Press": "canadian press|the canadian press", "Bloomberg": "bloomberg|bloomberg news",
}  # fmt: skip
_AGENCY = {name: re.compile(rf"(?:{words})(?: news(?: agency)?)?", re.IGNORECASE) for name, words in _AGENCIES.items()}
_TAIL = re.compile(r"\s+(?:[|–—·•»:]+|-|::|//|/)\s+|\s*\|\s*")
_BY = re.compile(r"^(?:written by|story by|by|von|par|por|di|da|od|autor(?:in|es)?|автор|text)\s*:?\s+", re.IGNORECASE)
_SPLIT = re.compile(r"\s*(?:[,;|•·、]|\s(?:and|und|et|y|e|i|og|och|en|ja|и|і|та|&|/)\s)\s*", re.IGNORECASE)
_ASIDE = re.compile(r"[(（\[<][^)）\]>]*[)）\]>]?")
# A title after a name, as in "Ann Lee, MD": not a second person.
_DEGREE = re.compile(
    r"(?:ph\.?d|m\.?d|r\.?[dn]|m\.?s|m\.?a|b\.?a|jr|sr|esq|mba|mph|cfa|cpa|[a-z]{2,5})\.?", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|^(?:admin|administrator|editor|staff|null|undefined|none|unknown)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Metadata:
    """What was found; "" or None where nothing was. `claims_article`: the page says that it is one article."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    canonical_url: str = ""
    description: str = ""
    section: str = ""
    outlet: str = ""
    wire: str = ""
    paywalled: bool | None = None
    live: bool = False
    claims_article: bool = False
    document_title: str = ""
    """The `<title>` as it stands."""
    ld_body: str = ""
    """JSON-LD articleBody as it stands, markup and all."""

    def context(self, url: str) -> Context:
        """Return what the choice of the body may know of the page."""
        return Context(self.title, self.description, plain(self.ld_body), url)


class _Source:
    """The raw statements of a page, collected once."""

    def __init__(self, document: Document, url: str) -> None:
        self.document = document
        self.url = url
        self.metas: dict[str, list[str]] = {}
        for node in document.css("meta[content]")[:_MAX_METAS]:
            attributes = node.attributes
            name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop")
            if name and (value := attributes.get("content")):
                self.metas.setdefault(name.strip().lower(), []).append(value)
        items = ldjson.items(document)
        self.by_id = {key: item for item in items if isinstance(key := item.get("@id"), str) and "name" in item}
        self.items = items
        self.h1s = [text for node in document.css("h1")[:6] if (text := text_of(node)[:500])]
        named = document.css_first("head > title")
        self.document_title = text_of(named)[:500] if named else ""
        self.articles = ldjson.articles(items)
        self.article: Item = self._own(self.articles)

    def meta(self, *names: str) -> str:
        """Return the first statement under one of the names, as text."""
        return next((text for name in names for value in self.metas.get(name, ()) if (text := plain(value, 2_000))), "")

    def _own(self, articles: list[Item]) -> Item:
        """Return the item of this page's article: lists and related stories bring items of their own."""
        if len(articles) > 1:
            told = {_key(text) for text in (*self.h1s, self.meta("og:title"))}
            for item in articles:
                if _key(ldjson.string(item, "headline") or ldjson.string(item, "name")) in told:
                    return item
            here = urls.canonical(self.url)
            for item in articles:
                places = (ldjson.string(item, key) for key in ("url", "mainEntityOfPage", "@id"))
                if any(urls.canonical(place) == here for place in places if place):
                    return item
        return articles[0] if articles else {}


def read(document: Document, url: str, now: datetime) -> Metadata:
    """Read a page's metadata. `now`: dates more than a day after it are not believed."""
    source = _Source(document, url)
    outlet = _outlet(source)
    title = _title(source, outlet)
    authors = _authors(source, outlet, title)
    item = source.article
    body = item.get("articleBody")
    return Metadata(
        title=title,
        authors=authors,
        published=_published(source, now),
        updated=_date((ldjson.string(item, "dateModified"), *_all(source, _UPDATED)), now),
        language=_language(source),
        canonical_url=_canonical(source),
        description=_description(source),
        section=ldjson.string(item, "articleSection", 200) or source.meta("article:section", "section")[:200],
        outlet=outlet,
        wire=_wire(authors, ldjson.string(item, "sourceOrganization", 200), outlet),
        paywalled=_paywalled(source),
        live="LiveBlogPosting" in ldjson.types(item),
        claims_article=bool(item) or source.meta("og:type").lower() == "article",
        document_title=source.document_title,
        ld_body=body[:_MAX_BODY] if isinstance(body, str) else "",
    )


def _key(text: str) -> str:
    return "".join(re.findall(r"\w+", text.lower()))


def _all(source: _Source, names: Iterable[str]) -> Iterator[str]:
    return (value for name in names for value in source.metas.get(name, ()))


def _outlet(source: _Source) -> str:
    publishers = ldjson.names(source.article, "publisher", source.by_id)
    return (source.meta("og:site_name") or (publishers[0] if publishers else "") or source.meta("application-name"))[
        :200
    ]


def _title(source: _Source, outlet: str) -> str:
    """Choose the title: what two of headline, og:title and h1 agree on, else the first of them that is there."""
    headline = ldjson.string(source.article, "headline", 500) or ldjson.string(source.article, "name", 500)
    og = source.meta("og:title", "twitter:title", "dc.title")[:500]
    stated = [text for text in (headline, og, *source.h1s[:1], source.document_title) if text]
    wholes = {_key(text) for text in (*stated, *source.h1s)}
    titles = [_trimmed(text, outlet, source.url, wholes) for text in stated]
    keys = [_key(text) for text in titles]
    agreed = (text for text, key in zip(titles, keys, strict=True) if keys.count(key) > 1)
    return next(agreed, titles[0] if titles else "")


def _trimmed(title: str, outlet: str, url: str, wholes: set[str]) -> str:
    """Cut the site's name off a title, at its end or its beginning. `wholes`: keys of all titles as stated."""
    cuts = [(match.start(), match.end()) for match in _TAIL.finditer(title)]
    names = {_key(outlet), _key(site(url)), _key(site(url).rsplit(".", 1)[0])} - {""}
    for start, _ in cuts:
        if _key(title[:start]) in wholes:
            return title[:start]
    for start, end in reversed(cuts):
        if _is_name(title[end:], names) or ("|" in title[start:end] and start >= _LONG_HEAD and len(title) - end < 40):
            return title[:start]
    for start, end in cuts:
        if _is_name(title[:start], names):
            return title[end:]
    return title


def _is_name(text: str, names: set[str]) -> bool:
    key = _key(text)
    return len(key) > 1 and any(key == name or (len(key) > 3 and (key in name or name in key)) for name in names)


def _authors(source: _Source, outlet: str, title: str) -> tuple[str, ...]:
    """Return who is named by JSON-LD, else by a meta, else by a visible byline, else the outlet if it names itself."""
    others = {_key(outlet), _key(title), _key(site(source.url))}
    stated = ldjson.names(source.article, "author", source.by_id)
    metas = [plain(value, 300) for value in _all(source, _AUTHORS)]
    found = _people(stated, others) or _people(metas, others)
    for selector in _BYLINES:
        if found:
            return found
        texts = (text_of(node) for node in source.document.css(selector)[:5])
        found = _people((text for text in texts if len(text) < _MAX_BYLINE), others)
    return found or _people((*stated, *metas), set())


def _people(texts: Iterable[str], others: set[str]) -> tuple[str, ...]:
    """Split bylines into names, each once, without what is in `others`."""
    found: dict[str, str] = {}
    for text in texts:
        if _NO_NAME.search(text):
            continue
        parts: list[str] = []
        for part in _SPLIT.split(_BY.sub("", _ASIDE.sub("", text))):
            if parts and _DEGREE.fullmatch(part) and (part.isupper() or "." in part):
                parts[-1] += ", " + part
            elif part:
                parts.append(part)
        for part in parts:
            name = _BY.sub("", part).strip(" .,-–—:")
            key = _key(name)
            if 1 < len(name) <= 80 and key and key not in others:
                found.setdefault(key, name)
    return tuple(found.values())[:MAX_AUTHORS]


def _wire(authors: Iterable[str], organisation: str, outlet: str) -> str:
    for text in (*authors, organisation):
        for name, pattern in _AGENCY.items():
            if pattern.fullmatch(text) and _key(name) != _key(outlet):
                return name
    return ""


def _date(texts: Iterable[str], now: datetime) -> datetime | None:
    return next((found for text in texts if (found := dates.parse(text, now=now))), None)


def _published(source: _Source, now: datetime) -> datetime | None:
    stated = (ldjson.string(source.article, key) for key in ("datePublished", "dateCreated", "uploadDate"))
    pages = (ldjson.string(item, "datePublished") for item in source.items if "WebPage" in ldjson.types(item))
    found = _date((*stated, *_all(source, _PUBLISHED), *pages), now)
    for selector in _DATES:
        for node in () if found else source.document.css(selector)[:3]:
            shown = text_of(node)
            texts = (attribute(node, "datetime"), attribute(node, "content"), shown if len(shown) < _MAX_BYLINE else "")
            found = found or _date(texts, now)
    return found


def _language(source: _Source) -> str | None:
    root = source.document.css_first("html")
    stated = (
        attribute(root, "lang") or attribute(root, "xml:lang") if root else "",
        ldjson.string(source.article, "inLanguage"),
        source.meta("og:locale"),
    )
    found = [code for tag in stated if (code := language.primary(tag))]
    # Two agreeing ones outvote a template's <html lang="en">.
    return max(found, key=found.count) if found else None


def _canonical(source: _Source) -> str:
    here = site(source.url)
    for node in source.document.css('link[rel~="canonical" i][href]')[:3]:
        target = urls.absolute(source.url, attribute(node, "href"))
        # A template that names the front page on every article would make them all one.
        if target and (same_site(here, site(target)) or not here) and (path(target) or not path(source.url)):
            return urls.canonical(target)
    return urls.canonical(source.url)


def _description(source: _Source) -> str:
    return ldjson.string(source.article, "description") or source.meta(
        "og:description", "description", "twitter:description", "dc.description"
    )


def _paywalled(source: _Source) -> bool | None:
    for item in (source.article, *source.articles):
        value = str(item.get("isAccessibleForFree", "")).strip().lower()
        if value in {"true", "false", "1", "0"}:
            return value in {"false", "0"}
    tier = source.meta("article:content_tier").lower()
    return {"locked": True, "free": False}.get(tier)
