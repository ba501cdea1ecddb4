"""Dates as feeds and pages write them, to aware UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache

# dateutil takes .5 ms for 200 characters of numbers.
MAX_LOOSE = 80
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_ZONES = {
    "UT": 0, "GMT": 0, "UTC": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
    "MET": 1, "MEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "МСК": 3, "AST": -4, "ADT": -3, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9,
    "KST": 9, "IST": 5.5, "IDT": 3, "TRT": 3, "SAST": 2, "WAT": 1, "PKT": 5, "HKT": 8, "SGT": 8,
    "PHT": 8, "AWST": 8, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3,
}  # fmt: skip
# What American outlets write the year round: the offset depends on the day.
_AMERICAN = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}
# Month names by their first letters, in the languages of European news: enough of each to be unambiguous. The Croatian
# October is the Polish November and left out.
_MONTHS = {
    1: "january январь jan januar janv enero ene gennaio gen janeiro januari januára ocak stycznia sty leden ledna "
    "января янв січня січ ianuarie januara januarja siječnja sijecnja януари jaanuar gener tammikuuta január "
    "sausio janvārī ιανουαρίου ιαν",
    2: "february февраль feb februar févr fév février febrero febbraio fev fevereiro lutego lut únor února февраля "
    "фев лютого лют februarie februara februarja veljače veljace февруари veebruar febrer helmikuuta február "
    "vasario februārī φεβρουαρίου φεβ",
    3: "march март mar märz mrz mars marzo março maart mart marca březen března марта мар березня бер martie "
    "ožujka ozujka märts març maaliskuuta március kovo martā μαρτίου μάρ μαρ",
    4: "апрель apr april avr avril abril abr nisan aprile kwietnia kwi duben dubna апреля апр квітня кві apríla "
    "aprila travnja huhtikuuta április balandžio aprīlī απρ απριλίου απριλίου",
    5: "may mai mayo maggio mag maio mei maja maj mayıs květen května мая май травня тра mája maig toukokuuta "
    "május gegužės maijā μαΐου μαϊου μάι μαΐ μαϊ svibnja",
    6: "июнь jun juni june juin junio giugno giu haziran junho czerwca cze červen června июня июн червня чер iunie "
    "júna juna junija lipnja юни juuni juny kesäkuuta június birželio jūnijā ιουνίου ιούν ιουν",
    7: "июль jul juli july juil juillet julio luglio lug temmuz julho lipca lip červenec července июля июл липня "
    "лип iulie júla jula julija srpnja юли juuli juliol heinäkuuta július liepos jūlijā ιουλίου ιούλ ιουλ",
    8: "август aug august août agosto ago augustus augusti ağustos sierpnia sie srpen srpna августа авг серпня сер "
    "augusta avgusta kolovoza agost elokuuta augusztus rugpjūčio augustā αυγούστου αύγ αυγ",
    9: "сентябрь sep sept september septembre septiembre settembre set eylül setembro września wrz září сентября "
    "сен вересня вер septembrie septembra rujna септември setembre syyskuuta szeptember rugsėjo septembrī "
    "σεπτεμβρίου σεπ",
    10: "октябрь oct okt october oktober octobre octubre ottobre ott ekim outubro out października paź říjen října "
    "октября окт жовтня жов octombrie októbra oktobra октомври oktoober lokakuuta október spalio oktobrī "
    "οκτωβρίου οκτ",
    11: "ноябрь nov november novembre noviembre novembro kasım listopada lis listopad ноября ноя листопада лис "
    "noiembrie novembra studenoga studenog ноември marraskuuta lapkričio novembrī νοεμβρίου νοέ νοε",
    12: "декабрь dec dez dic déc december dezember décembre diciembre dicembre dezembro desember des aralık grudnia "
    "gru prosinec prosince декабря дек грудня гру decembrie decembra декември detsember desembre joulukuuta "
    "gruodžio decembrī δεκεμβρίου δεκ",
}
MONTHS = {name: number for number, names in _MONTHS.items() for name in names.split()}
_CLOCK = (
    r"(午後|오후)? ?(\d{1,2})(?:[:.h]|[時时시] ?)(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(?!\d)[分분]?"
    r"(?: ?([apAP])\.? ?[mM]\b\.?)?"
)
_OFFSET = r"(?: ?\(?(?:(?:GMT|UTC) ?)?([+-]\d{1,2}(?::?\d{2})?)(?!\d)| ?\(?([^\W\d_a-z]{1,5})\b)?"
# The hour stands right after the date ("12 May 2026, 15:20 CET", "às", "um", "kl.", "|") or right before it.
_AFTER = re.compile(rf"[^\w]{{0,3}}(?: ?(?!午後|오후)[^\W\d_]{{1,4}}\.? ){{0,2}}[^\w]{{0,3}}{_CLOCK}{_OFFSET}")
_BEFORE = re.compile(rf"(?<![\d.:]){_CLOCK}{_OFFSET}[ ,|•·–—-]{{1,4}}$")
# A year, or a day and a month in numbers: every date has one of them.
_DIGIT = re.compile(r"\d{4}|\d[./-]")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_PACKED = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(?:\d{2})?)?Z?")
# The date of nine feeds in ten, to its last character: read here in 2 µs, by the standard library in 14.
_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},? )?(\d{1,2}) ([A-Za-z]{3,9}) (\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))? "
    r"((?:GMT|UTC)?[+-]\d{2}:?\d{2}|[A-Za-z]{1,4})"
)
_ZONE = re.compile(r"(?:GMT|UTC)?[+-]\d{2}:?\d{2}|[^\W\d_]{1,5}")
_MAIL = re.compile(r"(?:[A-Za-z]{3}, ?)?\d{1,2} [A-Za-z]{3} \d{2,4} \d{1,2}:\d{2}")
_DATES = (
    ("ymd", re.compile(r"(?<!\d)(\d{4}) ?([-/.年년]) ?(\d{1,2}) ?[-/.月월] ?(\d{1,2})(?!\d)[日일]?")),
    ("dmy", re.compile(
        r"(?<!\d)(\d{1,2})(?:\.|st|nd|rd|th|er|º|°)? ?(?:[Oo]f |de |d['’]|-)?"
        r"([^\W\d_]{3,12})[.,]{0,2}[ -](?:de |del )?(\d{4})(?!\d)"
    )),
    ("mdy", re.compile(r"(?<![^\W\d_])([^\W\d_]{3,12})[.,]? ?(\d{1,2})(?:st|nd|rd|th)?(?:, ?| )(\d{4})(?!\d)")),
    # "2026. október 3.", "2026 m. spalio 3 d."
    ("ynd", re.compile(r"(?<!\d)(\d{4})\.?(?: m\.| gada)? ([^\W\d_]{3,12})\.? (\d{1,2})(?![\d:])")),
    ("num", re.compile(r"(?<![\d.,/-])(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4}|\d{2})(?![\d/]|[.,-]\d)")),
)  # fmt: skip


def parse(text: str | None, *, now: datetime, month_first: bool = True) -> datetime | None:
    """Return aware UTC, a naive date being UTC; None outside 1995 … now + 1 day, and for what is no date.

    `month_first`: how 3/4/2026 is read.
    """
    if not text:
        return None
    if found := _usual(text):
        return _plausible(found, now)
    trimmed = " ".join(text[:200].split())
    for read in (_iso, _mail, lambda written: _first_written(written, month_first=month_first), _loose):
        try:
            found = read(trimmed)
        except (ValueError, TypeError, OverflowError, IndexError, ArithmeticError):
            continue
        if found is not None:
            return _plausible(found, now)
    return None


def usual(text: str | None, *, now: datetime) -> datetime | None:
    """Return what `parse` does for the two forms that nine feeds in ten have, in 2 µs; None for any other."""
    found = _usual(text) if text else None
    return _plausible(found, now) if found else None


def visible(text: str, *, now: datetime, month_first: bool = False) -> datetime | None:
    """Return the first date within a line of running text, as `parse` does; words alone make none."""
    found = place(text, now=now, month_first=month_first)
    return found[0] if found else None


def place(text: str, *, now: datetime, month_first: bool = False) -> tuple[datetime, int, int] | None:
    """Return the first date within a line, and the characters of the line, its space folded, between which it stands.

    The hour is found beside it, but is not part of what is between.
    """
    if not _DIGIT.search(text):
        return None
    try:
        found = _written(" ".join(text[:300].split()), month_first=month_first)
        moment = _plausible(found[0], now) if found else None
        return (moment, *found[1:]) if found and moment else None
    except (ValueError, OverflowError):
        return None


def _plausible(found: datetime, now: datetime) -> datetime | None:
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
    return found if _EARLIEST <= found <= now + timedelta(days=1) else None


def _iso(text: str) -> datetime | None:
    if _ISO.match(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return None  # read below
    if packed := _PACKED.fullmatch(text):
        year, month, day, hour, minute = packed.groups()
        return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)
    return None


def _usual(text: str) -> datetime | None:
    if text[4:5] != "-":
        return _rfc822(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None  # "2026-5-1", "2026-05-01 10:00 +0200", spaces around


def _rfc822(text: str) -> datetime | None:
    match = _RFC822.fullmatch(text)
    if match is None:
        return None
    day, name, year, hour, minute, second, offset = match.groups()
    month, zone = MONTHS.get(name.lower()), _named(offset)
    if month is None or zone is None:
        return None
    try:
        # 60: a leap second.
        return datetime(int(year), month, int(day), int(hour), int(minute), min(int(second or 0), 59), tzinfo=zone)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _named(offset: str) -> tzinfo | None:
    offset = offset[3:] if offset[3:4] in {"+", "-"} else offset
    return _offset(offset) if offset[0] in "+-" else _zone(offset)


def _mail(text: str) -> datetime | None:
    if not _MAIL.match(text):
        return None
    # The standard library reads CEST as UTC; a known zone name is replaced by its offset first.
    words = text.split(" ")
    zone = _named(words[-1]) if _ZONE.fullmatch(words[-1]) else None
    if zone is not None:
        return parsedate_to_datetime(" ".join((*words[:-1], "+0000"))).replace(tzinfo=zone)
    return parsedate_to_datetime(text)


def _first_written(text: str, *, month_first: bool) -> datetime | None:
    found = _written(text, month_first=month_first)
    return found[0] if found else None


def _written(text: str, *, month_first: bool) -> tuple[datetime, int, int] | None:
    """Return the first date in words or numbers, with the hour beside it, and where the date stands. Raises ValueError
    for 31 February.
    """
    first: tuple[int, int, tuple[int, int, int]] | None = None
    for kind, pattern in _DATES:
        for match in pattern.finditer(text):
            day = _day(kind, match.groups(), month_first=month_first)
            if day and (first is None or match.start() < first[0]):
                first = (match.start(), match.end(), day)
            if day:
                break
    if first is None:
        return None
    start, end, day = first
    clock = _AFTER.match(text, end) or _BEFORE.search(text[max(0, start - 40) : start])
    return _at(day, clock), start, end


def _day(kind: str, parts: tuple[str, ...], *, month_first: bool) -> tuple[int, int, int] | None:
    if kind == "ymd":
        year, _, month, day = parts
    elif kind == "num":
        one, mark, two, year = parts
        american = int(two) > 12 or (mark == "/" and month_first and int(one) <= 12)
        day, month = (two, one) if american else (one, two)
        # "10-11-12" may be anything.
        year = year if len(year) == 4 else f"20{year}" if mark != "-" else "0"
    else:
        places = {"dmy": (0, 1, 2), "mdy": (1, 0, 2), "ynd": (2, 1, 0)}[kind]
        day, name, year = (parts[place] for place in places)
        number = MONTHS.get(name.lower())
        month = str(number or 0)
    found = int(year), int(month), int(day)
    return found if found[0] > 1900 and 1 <= found[1] <= 12 and 1 <= found[2] <= 31 else None


def _at(day: tuple[int, int, int], clock: re.Match[str] | None) -> datetime:
    if clock:
        noon, hour, minute, second, half, offset, name = clock.groups()
        at = int(hour) % 12 + 12 * (half not in {"a", "A"}) if half or noon else int(hour)
        if at < 24 and int(minute) < 60:
            zone = _offset(offset) if offset else _zone(name or "")
            return datetime(*day, at, int(minute), min(int(second or 0), 59), tzinfo=zone or UTC)
    return datetime(*day, tzinfo=UTC)


def _offset(text: str) -> tzinfo | None:
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    if hours > 14 or minutes > 59:
        return None
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))


def _zone(name: str) -> tzinfo | None:
    name = name.upper()
    if name in _AMERICAN:
        from zoneinfo import ZoneInfo

        return ZoneInfo(_AMERICAN[name])
    return timezone(timedelta(hours=_ZONES[name])) if name in _ZONES else None


def _loose(text: str) -> datetime | None:
    if len(text) > MAX_LOOSE or text.isdigit() or not re.search(r"\d{4}", text):
        return None  # a unix time reads as year 1795 elsewhere; a lone number is no date
    from dateutil import parser

    return parser.parse(text, tzinfos=_offsets(), default=datetime(1, 1, 1))  # noqa: DTZ001 - naive is made UTC above


@lru_cache(maxsize=1)
def _offsets() -> dict[str, tzinfo]:
    from dateutil import tz

    return {name: tz.tzoffset(name, int(hours * 3600)) for name, hours in _ZONES.items()}
