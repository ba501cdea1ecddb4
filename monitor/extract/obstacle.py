"""What a page is that holds no article: a challenge, a consent or login wall, an error page, a list of others.

Every sign here also stands on honest articles (Cloudflare puts its challenge script into normal pages, every outlet
has a login form), so none counts where a page claims to be an article and a text of some length was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from monitor.errors import ExtractError, Reason
from monitor.extract.metadata import Metadata
from monitor.extract.segment import density
from monitor.parse.html import Document
from monitor.parse.sites import path

# Shorter than this, a text may be what a wall left of an article, or the words of the wall itself.
STUB = 500
_FLASH = 25
# The words of a paywall itself take less room than this, and speak of nothing that the article's title does.
_WALL = 250
_OWN_WORDS = 2
_WORD = re.compile(r"\w{4,}")
_MANY_LINKS = 10
# A login form stands on many pages; only one with hardly any other text is what the page is for.
_FORM_ONLY = 200

_CHALLENGE = re.compile(
    rb"cf_chl_|cf-chl-|cf-browser-verification|captcha-delivery\.com|_Incapsula_Resource|px-captcha|"
    rb"/_sec/cp_challenge|awsWafCookieDomainList|ddos-guard|sucuri_cloudproxy|distil_r_captcha|"
    rb"class=[\x22'](?:g-recaptcha|h-captcha|cf-turnstile)",
)
_CHALLENGE_TITLE = re.compile(
    r"just a moment|attention required|access denied|are you a (?:ro)?bot|(?:you are|you're) (?:a )?human|"
    r"ddos-guard|pardon our interruption|checking your browser|security check|bot verification|captcha|"
    r"request unsuccessful",
    re.IGNORECASE,
)
# Looked for in small letters: six times as fast as regardless of case, which took .2 ms for a page that claims nothing.
_CONSENT = re.compile(
    r"cookie|consent|privacy|zustimm|einwillig|datenschutz|confidentialit|accepter|consenti|privacidad|"
    r"informativa|zgod[aęy]|prywatno|souhlas|soukromí|toestemming|согласи|згод[аиу]|конфиденциальн|"
    r"конфіденційн|gdpr|dsgvo",
)
_CONSENT_PLACE = re.compile(
    r"^https?://(?:[\w-]*consent|cmp|privacy)[\w-]*\.|/(?:consent|zustimmung|privacywall|cookie-?wall)\b",
)
_LOGIN_TITLE = re.compile(
    r"\W*(?:(?:please )?(?:log|sign)[ -]?in|login|anmeld(?:en|ung)|einloggen|connexion|se connecter|"
    r"iniciar sesión|accedi|zaloguj(?: się)?|logowanie|přihlášení|inloggen|вход|войти|вхід|увійти|"
    r"log in or register|sign in to continue)\b",
    re.IGNORECASE,
)
_ERROR_TITLE = re.compile(
    r"\berror:? (?:40[0-9]|50[0-9])\b|^40[34]\b|\b40[34] (?:error|not found)|^50[0234] (?:error|internal|bad|service)|"
    r"(?:page|article|story|content|file|url)[\w' ]{0,20} not (?:be )?(?:found|available)|^not found|"
    r"(?:page|article|story) (?:does(?:n['’]t|"
    r" not) exist|no longer)|(?:can(?:'|’)?t|cannot|could(?:n['’]t| not)) find (?:th|that|the page)|"
    r"seite[\w ]{0,20} nicht gefunden|nicht gefunden$|page (?:introuvable|non trouvée)|página no encontrada|"
    r"no se ha encontrado|pagina non trovata|pagina niet gevonden|nie znaleziono|strona nie istnieje|"
    r"stránka nenalezena|nebyla nalezena|страница не найдена|сторінк[аи] не знайден|service unavailable|"
    r"temporarily unavailable|something went wrong|bad gateway|internal server error",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signs:
    """What the choice of the body came to. `own`, `teasers`: characters, those of dense scripts counted more."""

    own: float
    teasers: float
    teaser_count: int
    headline_links: int
    link_share: float


def refuse(document: Document, markup: bytes, url: str, meta: Metadata, text: str, signs: Signs) -> None:
    """Return where `text` is an article of its own. Raises ExtractError with what the page is instead."""
    short = signs.own < STUB
    if meta.claims_article and not short:
        # Nothing below is held against such a page, which eight of ten are.
        return
    heading = document.css_first("h1")
    titles = [title for title in (meta.title, heading.text()[:300] if heading else "", meta.document_title) if title]
    if short and not meta.claims_article and (_any(_CHALLENGE_TITLE, titles) or _CHALLENGE.search(markup)):
        raise ExtractError(Reason.CHALLENGE, titles[0] if titles else "")
    if _consent(url, meta, titles, text, short=short):
        raise ExtractError(Reason.CONSENT, titles[0] if titles else "")
    if not meta.claims_article and meta.published is None and _any(_ERROR_TITLE, titles):
        raise ExtractError(Reason.ERROR_PAGE, titles[0])
    if in_part(meta, signs):
        if signs.own < _WALL and not _of_article(meta, text):
            raise ExtractError(Reason.PAYWALL, f"{len(text)} characters can be read")
        return
    if short and not meta.claims_article and _login(document, titles, signs):
        raise ExtractError(Reason.LOGIN, titles[0] if titles else "")
    if not meta.claims_article and _list(url, signs):
        raise ExtractError(Reason.LIST_PAGE, f"{signs.headline_links} links to articles")
    if signs.own < _FLASH:
        raise ExtractError(Reason.NO_BODY, f"{len(text)} characters of text")


def in_part(meta: Metadata, signs: Signs) -> bool:
    """Say whether a paywall leaves no more of the article than its beginning."""
    return bool(meta.paywalled) and signs.own < STUB


def _of_article(meta: Metadata, text: str) -> bool:
    """Say whether a short text speaks of what the title does; the words of a wall do no more than quote it."""
    text = text.replace(meta.title, " ") if meta.title else text
    return len((_words(text) & _words(meta.title)) - _words(meta.outlet)) >= _OWN_WORDS


def _words(text: str) -> set[str]:
    """Return the words of four letters and more; of scripts without word spaces every two characters."""
    low = text.lower()
    return set(map("".join, pairwise(low))) if density(low) > 1.0 else set(_WORD.findall(low))


def _any(pattern: re.Pattern[str], titles: Iterable[str]) -> bool:
    return any(pattern.search(title) for title in titles)


def _consent(url: str, meta: Metadata, titles: list[str], text: str, *, short: bool) -> bool:
    if meta.claims_article:
        # An article about cookies says so in its title; a wall over an article does not.
        return short and _said(text)[1] and not _any(_CONSENT, map(str.lower, titles))
    if _CONSENT_PLACE.search(url):
        return True
    if meta.published is not None:
        return False
    said, dense = _said(text)
    return dense or (short and said and _any(_CONSENT, map(str.lower, titles)))


def _said(text: str) -> tuple[bool, bool]:
    """Return whether the words of consent are said at all, and whether so often that they are what a text is about."""
    text = text[:5_000]
    said = len(_CONSENT.findall(text.lower()))
    return said > 0, said >= 3 and said * 150 >= len(text)


def _login(document: Document, titles: list[str], signs: Signs) -> bool:
    if any(_LOGIN_TITLE.match(title) for title in titles):
        return True
    return signs.own < _FORM_ONLY and document.css_first('input[type="password" i]') is not None


def _list(url: str, signs: Signs) -> bool:
    if signs.link_share > 0.6:
        return True
    if signs.headline_links < _MANY_LINKS and signs.teaser_count < 5:
        return False
    return signs.teasers > signs.own or signs.own < STUB or not path(url)
