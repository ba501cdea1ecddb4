"""A name in Cyrillic → the Latin spellings that newspapers use, each with the languages that use it.

Every country writes the sounds of a foreign name by its own letters: Шойгу is Shoigu, Schoigu, Choïgou, Szojgu, Šojgu.
A scheme is a table of letters for some article languages. The four alphabets are first brought to one (`_ONE`), in
which a letter has one sound, so that a scheme needs one table and a few lines of its own for a language.

What a key of a table asks for beside its letters:

    ^x  at the start of the word              x$  at its end
    |x  there, after a vowel or after ь ъ '   x&  before и е ё ю я є ї ь
    ~x  after a vowel                         x~  before a vowel; x#: not before a vowel
    *x  after ж ч ш щ ц                       x%  before и е э є ї ы

The longest key wins, then the one that asks for more. `-` stands for nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

MAX_SPELLINGS = 24

_LETTERS = "абвгґдеєёжзиіїйклмнопрстуўфхцчшщъыьэюя"
_QUOTES = "'\u2019\u2018\u02bc\u02b9\u2032`"
_ANY = f"[{_LETTERS}{_LETTERS.upper()}]"
_WORD = re.compile(f"{_ANY}(?:[{_QUOTES}]?{_ANY})*")
_CYRILLIC = re.compile("[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]")
_STRESS = re.compile("(?<=[\u0400-\u04ff])[\u0300\u0301]")

# Ukrainian и is the ы of the others, Ukrainian and Bulgarian е their э; г is an h in Ukrainian and Belarusian only.
_ONE = {
    "uk": "и ы і и е э",
    "be": "і и",
    "ru": "і и г ґ",
    "bg": "і и г ґ е э щ шт ъ а",
}
# Russian newspapers leave out the dots: Хрущев is Хрущёв, which is an o everywhere but in English and French. In these
# endings it nearly always is; -ичев, -шев and others can be either and are taken as written.
_DOTS = re.compile("(?<=щ)е(?=ва?$)|(?<=ач)е(?=ва?$)")

_BEFORE = {
    "^": (r"\A", 3),
    "~": ("(?<=[аэеєёиїыоуюя])", 2),
    "*": ("(?<=[жчшщц])", 2),
    "|": (r"(?:\A|(?<=[аэеєёиїыоуюяьъ']))", 1),
}
_AFTER = {
    "$": r"\Z",
    "~": "(?=[аэеєёиїыоуюя])",
    "#": "(?![аэеєёиїыоуюя])",
    "&": "(?=[еєёиїюяь])",
    "%": "(?=[еєэиїы])",
}

_PLAIN = "а a б b в v г h ґ g д d э e з z и i к k л l м m н n о o п p р r с s т t у u ў u ф f ы y ь - ъ - ' - "
_ENGLISH = _PLAIN + ("е e |е ye є ye ё yo *ё e ьо yo ї i ^ї yi й y ю yu я ya ж zh х kh ц ts ч ch ш sh щ shch зг zgh ")
_J = _PLAIN + "е e |е je є je ё jo *ё o ьо jo ї ji й j ю ju я ja "
_PRESS_UK = "ый$ y ий$ iy ия$ ia ^клычко$ klitschko "
_PRESS_RU = "й i ой$ oy ый$ y ий$ y ие ie ия$ ia кс x ^александр$ alexander ^кличко$ klitschko ^чайковск tchaikovsk "
_PRESS_BE = "й i я ia |я ya ю iu |ю yu "
_PRESS_BG = "х h ия$ ia "
_GERMAN = _J + "в w з s ~с~ ss ж sch х ch ц z ч tsch ш sch щ schtsch ия$ ia "
_FRENCH = _PLAIN + (
    "е e |е ie ~е ïe є ie ~є ïe ё io *ё e ьо io ї ï ^ї i й i ~й ï ю iou ~ю ïou я ia ~я ïa аи aï ж j "
    "х kh ц ts ч tch ш ch щ chtch у ou ~с~ ss ґ% gu ин$ ine ын$ yne ый$ y ий$ i ие ie ия ia "
)
_FRENCH_RU = "кс x ^александр$ alexandre "
_SPANISH = _PLAIN + (
    "е e |е ye є ye ё io *ё o ьо io ї i ^ї yi й i ^й y й~ y ю iu |ю yu я ia |я ya ж zh х j ц ts ч ch ш sh щ sch ы i "
    "ґ% gu ый$ i ий$ i ие ie ия ia ей$ éi эй$ éi ай$ ái ович$ óvich евич$ évich овыч$ óvich эвыч$ évich "
    "^володымыр$ volodímir ^владимир$ vladímir ^михаил$ mijaíl ^виктор$ víktor "
)
_POLISH = _PLAIN + (
    "в w е ie |е je *е e ле le є ie |є je ё io |ё jo *ё o лё lo ьо io ї ji й j ю iu |ю ju *ю u лю lu я ia |я ja *я a "
    "ля la ж ż х ch ц c ч cz ш sz щ szcz л ł л& l ль l нь# ń сь# ś зь# ź ць# ć ськ sk цьк ck зьк zk "
    "ськый$ ski цькый$ cki зькый$ zki кый$ ki ый$ y кий$ ki ская$ ska цкая$ cka ная$ na "
)
_POLISH_RU = {"ru": "жи ży ши szy ци cy"}
_CZECH = _J + "ж ž х ch ц c ч č ш š щ šč нь ň ть ť дь ď ская$ ská цкая$ cká ная$ ná ська$ ská цька$ cká "
_SLOVENE = _J + "ж ž х h ц c ч č ш š щ šč ы i ый$ i кий$ ki "
_DUTCH = _J + "ж zj х ch ц ts ч tsj ш sj щ sjtsj у oe ю joe ый$ y ия$ ia "
_SWEDISH = _J + "ж zj х ch ц ts ч tj ш sj щ sjtj "
_FINNISH = _J + "ж ž х h ц ts ч tš ш š щ štš й i ий$ i "


class _Scheme(NamedTuple):
    """`languages`: of the articles that spell so, () any; `own`: what a language of names has otherwise than `table`;
    `bare`: without accents and hooks.
    """

    languages: tuple[str, ...]
    table: str
    own: Mapping[str, str] = MappingProxyType({})
    bare: bool = False


_SCHEMES = (
    # Ukraine: resolution 55 of 2010; Russia: passports by ICAO 9303; Bulgaria: the law of 2009.
    _Scheme(
        (),
        _ENGLISH,
        {
            "uk": "є ie ^є ye й i ^й y ю iu ^ю yu я ia ^я ya ьо o",
            "ru": "|е e ё e й i ю iu я ia ъ ie ьо o",
            "be": "|е ie ё io й i ю iu я ia",
            "bg": _PRESS_BG,
        },
    ),
    # English newspapers: BGN/PCGN with short endings, and the few names with a form of their own.
    _Scheme((), _ENGLISH, {"uk": _PRESS_UK, "ru": _PRESS_RU, "be": _PRESS_BE, "bg": _PRESS_BG}),
    # BGN/PCGN (Ukrainian 1965, Russian 1947, Belarusian 1979) without signs: Zelenskyy, Navalnyy, Sergey.
    _Scheme((), _ENGLISH, {"bg": "х h"}),
    # The endings that Reuters gave (Zelenskiy), and -ij, which is left of Russian forms in many languages.
    _Scheme(
        (), _ENGLISH, {"uk": _PRESS_UK + "ый$ iy", "ru": _PRESS_RU + "ый$ iy ий$ iy", "be": _PRESS_BE, "bg": _PRESS_BG}
    ),
    _Scheme(
        (), _ENGLISH, {"uk": _PRESS_UK + "ый$ ij", "ru": _PRESS_RU + "ый$ yj ий$ ij", "be": _PRESS_BE, "bg": _PRESS_BG}
    ),
    # Duden. Its й is an i in Russian; newspapers keep the j of Ukrainian names.
    _Scheme(("de",), _GERMAN, {"ru": "й i ый$ y ий$ i ие ie кс x ^александр$ alexander", "be": "й j"}),
    # Names known by way of Russian (Selenski, Timoschenko, Klitschko), and the j of Sergej and Selenskij.
    _Scheme(
        ("de",),
        _GERMAN,
        {"uk": "ы i ый$ i ^володымыр$ wolodymyr", "ru": "ый$ y ие ie кс x ^александр$ alexander", "be": "й i"},
    ),
    # French usage: -ine, ou, ch, ï; then Timochenko and Eltsine; then typed without accents.
    _Scheme(("fr",), _FRENCH, {"uk": "ий$ iy", "ru": _FRENCH_RU, "bg": "х h"}),
    _Scheme(
        ("fr",),
        _FRENCH,
        {
            "uk": "ы i ый$ i ий$ ii ын$ ine ^володымыр$ volodymyr",
            "ru": _FRENCH_RU + "^е e ^ю you ^я ya",
            "be": "^е e ^ю you ^я ya",
            "bg": "х h",
        },
    ),
    _Scheme(("fr",), _FRENCH, {"uk": "ий$ iy", "ru": _FRENCH_RU, "bg": "х h"}, bare=True),
    # Spanish: Fundéu. Accents only where the ending tells the stress, and on four given names.
    _Scheme(("es", "gl"), _SPANISH, {"uk": "ий$ iy", "ru": "кс x", "bg": "х h"}),
    # Polish: PWN; -ij of first names stays. Also as typed without Polish letters.
    _Scheme(("pl",), _POLISH, _POLISH_RU),
    _Scheme(("pl",), _POLISH, _POLISH_RU, bare=True),
    # Scientific (ISO/R 9:1968) without signs, as Czech and Slovak newspapers have it.
    _Scheme(("cs",), _CZECH, {"ru": "кс x"}),
    _Scheme(("sk",), _CZECH + "ль ľ", {"ru": "кс x"}),
    # Slovene, Croatian, Bosnian, Serbian: one i for и, і and the endings of adjectives.
    _Scheme(("sl",), _SLOVENE),
    # Nordic: Swedish TT, Norwegian Språkrådet, Danish Dansk Sprognævn.
    _Scheme(("sv",), _SWEDISH),
    _Scheme(("no", "nb", "nn"), _SWEDISH + "х kh ч tsj щ sjtsj", {"bg": "х h"}),
    _Scheme(("da",), _SWEDISH + "х kh", {"bg": "х h"}),
    # Dutch usage; then Timosjenko and Sjoigoe.
    _Scheme(("nl",), _DUTCH, {"ru": "ий$ i"}),
    _Scheme(("nl",), _DUTCH, {"uk": "ы i ый$ i ^володымыр$ volodymyr", "ru": "й i ий$ i ие ie"}),
    # Portuguese usage, from the French with u; much of Brazil follows English.
    _Scheme(
        ("pt",),
        _PLAIN + "е e |е ie є ie ё io *ё o ьо io ї i й i ю iu я ia ж j х kh ц ts ч tch ш ch щ chtch ы i ґ% gu ~с~ ss "
        "ый$ i ий$ i ия$ ia ",
        {"uk": "ий$ ii", "ru": "кс x", "bg": "х h"},
    ),
    # Scientific with the ë that Italian keeps.
    _Scheme(("it",), _J + "ё ë *ё ë ж ž х ch ц c ч č ш š щ šč "),
    _Scheme(("hr", "bs", "sr"), _SLOVENE + "ль# lj нь# nj"),
    # Finnish: SFS 4900; Estonian the same with õ, ss and hh.
    _Scheme(("fi",), _FINNISH, {"uk": "ий$ ij"}),
    _Scheme(("et",), _FINNISH + "ы õ ~с~ ss ~х~ hh", {"uk": "ий$ ij"}),
    # Hungarian: the Academy's rules; Russian т д н soften before е and и (Putyin, Medvegyev).
    _Scheme(
        ("hu",),
        _J + "ж zs с sz х h ц c ч cs ш s щ scs ы i ",
        {"ru": "те tye ти tyi де gye ди gyi не nye ни nyi"},
    ),
    # Romanian and Turkish usage.
    _Scheme(
        ("ro",),
        _PLAIN + "е e |е ie є ie ё io *ё o ьо io ї i й i ю iu я ia ж j х h ц ț ч ci че ce чэ ce чи ci чы ci ш ș щ șci "
        "ще șce щэ șce щи șci щы șci ґ% gh ы î ий$ i ие ie ия ia ",
        {"uk": "ы i ый$ i"},
    ),
    _Scheme(
        ("tr",),
        _PLAIN + "е e |е ye є ye ё yo *ё o ьо yo ї yi й y ю yu я ya ж j х h ц ts ч ç ш ş щ şç ы ı ",
        {"uk": "ы i"},
    ),
)

LANGUAGES = frozenset(_ONE)
"""The languages of names it reads."""


def variants(name: str, language: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (spelling, languages) of a Cyrillic name in Latin letters, 1 to MAX_SPELLINGS, each spelling once.

    `language`: in which the name is written: uk, ru, be or bg. `languages`: two-letter codes of the articles in which
    the spelling is usual, () for any. Spellings of any language come first, then those of more read languages. All
    words of a name are spelled by one scheme. Capitals stay. Never raises: what has no Cyrillic letter, has one of
    another alphabet (ђ, қ) or is in another language comes back as it is, for any language.
    """
    text = unicodedata.normalize("NFD", name)
    text = unicodedata.normalize("NFC", _STRESS.sub("", text))
    known = [letter.lower() in _LETTERS for letter in _CYRILLIC.findall(text)]
    found: dict[str, tuple[str, ...]] = {}
    if language in _ONE and known and all(known):
        for number, scheme in enumerate(_SCHEMES):
            spelling = _spelled(text, language, number)
            if not any(map(str.isalpha, spelling)):
                continue
            before = found.get(spelling)
            if before is None and len(found) < MAX_SPELLINGS:
                found[spelling] = scheme.languages
            elif before and scheme.languages:
                found[spelling] = tuple(dict.fromkeys(before + scheme.languages))
    return tuple(found.items()) or ((name, ()),)


def _spelled(text: str, language: str, number: int) -> str:
    pattern, spellings = _compiled(language, number)
    one = _letters(language)

    def word(match: re.Match[str]) -> str:
        cased = match[0].translate(one)
        lower = cased.lower()
        if language == "ru":
            lower = _DOTS.sub("ё", lower)

        def letters(piece: re.Match[str]) -> str:
            spelling = spellings[(piece.lastindex or 0) - 1]
            return spelling[:1].upper() + spelling[1:] if cased[piece.start()].isupper() else spelling

        spelling = pattern.sub(letters, lower)
        return spelling.upper() if match[0].isupper() and len(match[0]) > 1 else spelling

    spelling = _WORD.sub(word, text)
    return _bare(spelling) if _SCHEMES[number].bare else spelling


def _bare(spelling: str) -> str:
    parts = unicodedata.normalize("NFD", spelling.replace("ł", "l").replace("Ł", "L"))
    return "".join(part for part in parts if not unicodedata.combining(part))


@lru_cache(maxsize=len(_ONE))
def _letters(language: str) -> dict[int, str]:
    """Return the map, for str.translate, of a language's letters to the one alphabet; quotes to one apostrophe."""
    words = _ONE[language].split()
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    pairs |= {letter.upper(): one.capitalize() for letter, one in pairs.items()}
    pairs |= dict.fromkeys(_QUOTES, "'")
    return {ord(letter): one for letter, one in pairs.items()}


@lru_cache(maxsize=len(_ONE) * len(_SCHEMES))
def _compiled(language: str, number: int) -> tuple[re.Pattern[str], tuple[str, ...]]:
    """Return a scheme for names of a language as a pattern with one group a key, and what each group is spelled."""
    scheme = _SCHEMES[number]
    words = f"{scheme.table} {scheme.own.get(language, '')}".split()
    table = dict(zip(words[::2], words[1::2], strict=True))
    keys = []
    for key, spelling in table.items():
        before, rank = _BEFORE.get(key[0], ("", 0))
        after = _AFTER.get(key[-1], "")
        letters = key[bool(before) : len(key) - bool(after)]
        keys.append((-len(letters), -rank - bool(after), f"({before}{letters}{after})", spelling.replace("-", "")))
    keys.sort()
    return re.compile("|".join(key[2] for key in keys)), tuple(key[3] for key in keys)
