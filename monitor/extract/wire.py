"""The news agency that an article is from: by its byline, its source, or the dateline its text begins with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from monitor.extract.statements import key

_AGENCIES = {
    "Associated Press": "ap|associated press|the associated press",
    "Reuters": "reuters|thomson reuters|рейтер|рейтерс",
    "AFP": "afp|agence france presse",
    "dpa": "dpa|deutsche presse agentur",
    "PA Media": "pa|pa media|press association",
    "ANSA": "ansa", "AGI": "agi", "Adnkronos": "adnkronos", "EFE": "efe|agencia efe", "Europa Press": "europa press",
    "Lusa": "lusa|agência lusa", "PAP": "pap", "ČTK": "čtk|ctk", "APA": "apa", "Belga": "belga|belganews",
    "ANP": "anp", "TT": "tt", "NTB": "ntb", "Ritzau": "ritzau", "STT": "stt", "BNS": "bns", "SID": "sid",
    "KNA": "kna", "epd": "epd", "Ukrinform": "ukrinform|укрінформ|укринформ", "UNIAN": "unian|уніан|униан",
    "Interfax-Ukraine": "interfax ukraine|інтерфакс україна|интерфакс украина",
    "Interfax": "interfax|интерфакс", "TASS": "tass|тасс", "RIA Novosti": "ria novosti|риа новости",
    "Anadolu": "aa|anadolu|anadolu agency|anadolu ajansı", "Xinhua": "xinhua|新华社",
    "Kyodo": "kyodo|共同通信社|共同通信|共同", "Jiji": "jiji press|jiji|時事通信社|時事通信|時事",
    "Yonhap": "yonhap|연합뉴스", "PTI": "pti|press trust of india", "ANI": "ani", "IANS": "ians",
    "AAP": "aap|australian associated press", "The Canadian Press": "canadian press|the canadian press",
    "Bloomberg": "bloomberg|bloomberg news", "UPI": "upi|united press international",
}  # fmt: skip
_NAMES = {name: agency for agency, names in _AGENCIES.items() for name in names.split("|")}
_SUFFIXES = (" news agency", " agency", " news", " staff")
_MAX_NAME = 60
_PARTS = re.compile(r"[/,;|+&·•]|\s[-–]\s|\b(?:with|and|und|et|y|e|og|mit|avec|con|та|и)\s", re.IGNORECASE)
# A place and a day may stand before: "KYIV, May 3 (Reuters) -", "(ANSA) - ROMA", "МОСКВА, 3 мая. /ТАСС/.", "【共同】".
_MARKED = (
    re.compile(r"[^()\[\]]{0,60}?[(\[]([^()\[\]]{2,40})[)\]] ?[-–—:.,]"),
    re.compile(r"(?:[^()\[\]]{0,60}[-–—] ?)?[(\[【]([^()\[\]【】]{2,40})[)\]】]"),
    re.compile(r"[^/]{0,60}/([^/]{2,20})/ ?[-–—:.,]"),
    # "Київ. Укрінформ.", "МОСКВА, 3 мая — РИА Новости.", "Reuters -"
    re.compile(r"[^.:–—]{2,40}[.:–—,] ?([^.,:–—]{2,25}?) ?[.:–—]"),
    re.compile(r"([^.,:–—-]{2,25}?) ?(?:[–—]| - )"),
)
_LEAD = 160


def wire(authors: Iterable[str], organisation: str, outlet: str, lead_text: str) -> str:
    """Return the agency's name, "" where the article is the outlet's own or nothing says otherwise.

    `organisation`: JSON-LD's sourceOrganization. `lead_text`: the beginning of the body.
    """
    stated = (agency(part) for text in (*authors, organisation) if text for part in (text, *_PARTS.split(text[:200])))
    found = next((name for name in stated if name), "") or _dateline(lead_text[:_LEAD].lstrip())
    return found if key(found) != key(outlet) and found != agency(outlet) else ""


@lru_cache(1024)
def agency(text: str) -> str:
    """Return the agency that a text names and nothing else, by its usual name; "" for what is none."""
    if len(text) > _MAX_NAME:
        return ""
    text = text.strip(" .()[]/")
    # "Ani", "Pa" and "Sid" are people; agencies of two or three letters write them large, or all small.
    if len(text) <= 3 and text.istitle():
        return ""
    name = text.lower().replace("-", " ")
    if name not in _NAMES:
        name = next((name.removesuffix(end) for end in _SUFFIXES if name.endswith(end)), name)
    return _NAMES.get(name, "")


def _dateline(text: str) -> str:
    if text.startswith("新华社"):
        return "Xinhua"
    for pattern in _MARKED:
        if match := pattern.match(text):
            for part in _PARTS.split(match[1]):
                found = agency(part)
                # Within a text the case must be the agency's own: "(aa)" and "pa." are something else.
                if found and (found in part or not part.islower()):
                    return found
    return ""
