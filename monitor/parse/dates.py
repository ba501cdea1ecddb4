"""Dates as feeds and pages write them, to aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_ZONES = {
    "UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "JST": 9, "KST": 9,
}  # fmt: skip
# Month names by their first letters, in the languages of European news: enough of each to be unambiguous.
_MONTHS = {
    1: "январь jan januar janv enero ene gennaio gen janeiro januari stycznia sty leden ledna января янв січня січ",
    2: "февраль feb februar févr fév février febrero febbraio fev fevereiro lutego lut únor února февраля фев "
    "лютого лют",
    3: "март mar märz mrz mars marzo março maart marca březen března марта мар березня бер",
    4: "апрель apr april avr avril abril abr aprile kwietnia kwi duben dubna апреля апр квітня кві",
    5: "may mai mayo maggio mag maio mei maja květen května мая май травня тра",
    6: "июнь jun juni june juin junio giugno giu junho czerwca cze červen června июня июн червня чер",
    7: "июль jul juli july juil juillet julio luglio lug julho lipca lip červenec července июля июл липня лип",
    8: "август aug august août agosto ago augustus sierpnia sie srpen srpna августа авг серпня сер",
    9: "сентябрь sep sept september septembre septiembre settembre set setembro września wrz září сентября "
    "сен вересня вер",
    10: "октябрь oct okt october oktober octobre octubre ottobre ott outubro out października paź říjen října "
    "октября окт "
    "жовтня жов",
    11: "ноябрь nov november novembre noviembre novembro listopada lis listopad ноября ноя листопада лис",
    12: "декабрь dec dez dic déc december dezember décembre diciembre dicembre dezembro grudnia gru prosinec prosince "
    "декабря дек грудня гру",
}
_MONTH = {name: number for number, names in _MONTHS.items() for name in names.split()}
_WORDS = re.compile(r"(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})(?:\D+(\d{1,2})[:h.](\d{2}))?")
_WORDS_US = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})(?:\D+(\d{1,2}):(\d{2}))?")
_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def parse(text: str | None, *, now: datetime) -> datetime | None:
    """Return aware UTC, a naive date being UTC; None outside 1995 … now + 1 day, and for what is no date."""
    if not text:
        return None
    trimmed = " ".join(text[:200].split())
    for read in (_iso, _mail, _named, _loose):
        try:
            found = read(trimmed)
            if found is not None:
                found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
                return found if _EARLIEST <= found <= now + timedelta(days=1) else None
        except (ValueError, TypeError, OverflowError, IndexError, ArithmeticError):
            continue
    return None


def _iso(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if _ISO.match(text) else None


def _mail(text: str) -> datetime | None:
    # The standard library reads CEST as UTC; a known zone name is replaced by its offset first.
    words = text.split(" ")
    hours = _ZONES.get(words[-1].upper())
    if hours is not None:
        words[-1] = f"{'-' if hours < 0 else '+'}{abs(hours):02d}00"
    return parsedate_to_datetime(" ".join(words))


def _named(text: str) -> datetime | None:
    if match := _WORDS.search(text):
        day, month, year, hour, minute = match.groups()
    elif match := _WORDS_US.search(text):
        month, day, year, hour, minute = match.groups()
    else:
        return None
    number = _MONTH.get(month.lower())
    if number is None:
        return None
    return datetime(int(year), number, int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)


def _loose(text: str) -> datetime | None:
    if text.isdigit() or not re.search(r"\d{4}|\d{1,2}[./]\d{1,2}", text):
        return None  # a unix time reads as year 1795 elsewhere; a lone number is no date
    from dateutil import parser, tz

    zones = {name: tz.tzoffset(name, hours * 3600) for name, hours in _ZONES.items()}
    return parser.parse(text, tzinfos=zones, default=datetime(1, 1, 1))  # noqa: DTZ001 - naive is made UTC above
