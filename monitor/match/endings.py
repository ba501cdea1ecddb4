"""Tables of endings for languages that are not Slavic; rows are read as those of paradigms.py.

German cells: nominative, genitive, dative, accusative, each with the weak and the strong adjective. Greek: genitive,
accusative, vocative. Romanian: genitive. Lithuanian and Latvian have the six Slavic cases. Hungarian, Finnish, Estonian
and the genitive -s of the Germanic languages hang on the last word alone; both rows of vowel harmony are given.
"""

from __future__ import annotations

_GERMAN = """
mnfp e: - en en -
mn (?<=[bdfgkpt])|(?<=sch): - s/es - -
mn (?<=[a-zäöü])(?<![sßxz]): - s - -
mn (?<=[sßxz]): - es - -
fp (?<=[a-zäöüß]): - - - -
"""
_GERMAN_ATTRIBUTES = """
mnfp e: e en/er en/er/em e
m (?<=isch)er|(?<=utsch)er|(?<=lich)er|(?<=ig)er|(?<=[ae]l)er|(?<=[rn]t)er: e en en/em en
n es: e en en/em es
"""
_LITHUANIAN = """
m as: o ui ą ai/e e u
m tis: čio/ties čiui/čiai tį ti tyje čiu/timi
m dis: džio/dies džiui/džiai dį di dyje džiu/dimi
m is: io/ies iui/iai į i yje iu/imi
m ys: io iui į y yje iu
m ius: iaus iui ių iau iuje iumi
m us: aus ui ų au uje umi
f ė: ės ei ę e ėje e
f a: os ai ą - oje -
p ai: ų ams us - uose ais
p os: ų oms as - ose omis
p ės: ių ėms es - ėse ėmis
p iai: ių iams ius - iuose iais
"""
_LATVIAN = """
m ais: ā ajam o - ajā o
m nis: ņa nim ni ni nī ni
m lis: ļa lim li li lī li
m is: ja/ša/ža/a im i i ī i
f (?<=pil)s: s ij i - ī i
m us: us um u - ū u
m (?:(?<=[bcčdfgģhjkķlļmnņprstvzžš]))s: a am u - ā u
m š: ša šam šu š šā šu
f ā: ās ajai o - ajā o
f a: as ai u - ā u
f e: es ei i - ē i
p ie: o ajiem os - ajos ajiem
p as: u ām - - ās ām
p i: u iem us - os iem
"""
_GREEK = """
m ος: ου ο ε
m ός: ού ό έ
m ης: η η η
m ής: ή ή ή
m ας: α α α
m άς: ά ά ά
m ους: ου ου ου
f ση: σης/σεως - -
f η: ης - -
f ή: ής - -
f α: ας - -
f ά: άς - -
n μα: ματος - -
n ειο: είου - -
n ο: ου - -
n ό: ού - -
p είες: ειών - -
p ες: ων/ών - -
p οι: ων/ών ους -
p ά|α: ών/ων - -
"""
_ROMANIAN = """
f nea: nii
f ea: ei/ii/elei
f ia: iei
f a: ei/ii
f ă: e/i/ei
f e: i/ei
m ul: ului
m (?<=[bcdfgjklmnpqrstvwxzț]): ul/ului/ului
m u: ului/ul
n le: lui
p ele: elor
p ii: ilor
p i|e: -
"""
_GENITIVE = "x (?<=[a-zåäöæøéü])(?<![sxz]): s\n"


def _row(ending: str, *stems: tuple[str, str]) -> str:
    """Return a row of one word class: (stem, endings parted by spaces), one pair for each grade of the stem."""
    return f"x {ending}: " + "/".join(stem + one for stem, endings in stems for one in endings.split())


_HUNGARIAN_CASES = "nak nek ban ben ból ből ba be ra re ról ről hoz hez höz tól től nál nél ért ig ként é"
_HUNGARIAN = "\n".join(
    (
        _row("a", ("á", _HUNGARIAN_CASES + " t n val vá")),
        _row("e", ("é", _HUNGARIAN_CASES + " t n vel vé")),
        _row("(?<=[iíoóöőuúüűáé])|(?<=[^glnt]y)", ("", _HUNGARIAN_CASES + " t n val vel vá vé")),
        _row(
            "(?<=[bcdfghjklmnpqrstvwxz])|(?<=[glnt]y)", ("", _HUNGARIAN_CASES + " t ot et öt at on en ön =al =el =á =é")
        ),
    )
)
_OBLIQUE = "n ssa ssä sta stä lla llä lta ltä lle ksi"
_FINNISH = "\n".join(
    (
        _row("nen", ("s", "en ta tä essa essä esta estä ella ellä elta eltä elle eksi ena enä een")),
        _row("kki", ("ki", _OBLIQUE), ("kki", "a ä na nä in")),
        _row("ppi", ("pi", _OBLIQUE), ("ppi", "a ä na nä in")),
        _row("tti", ("ti", _OBLIQUE), ("tti", "a ä na nä in")),
        _row("nki", ("ngi", _OBLIQUE), ("nki", "a ä na nä in")),
        _row("nti", ("nni", _OBLIQUE), ("nti", "a ä na nä in")),
        _row("joki", ("joe", _OBLIQUE), ("joke", "a na en")),
        _row("järvi", ("järve", _OBLIQUE + " ä nä en")),
        _row("saari", ("saare", _OBLIQUE + " na en"), ("saar", "ta")),
        _row("us", ("ukse", _OBLIQUE + " na en"), ("us", "ta")),
        _row("os", ("okse", _OBLIQUE + " na en"), ("os", "ta")),
        _row("maa", ("maa", _OBLIQUE + " ta na han")),
        _row("(?<=[aeiouyäö])", ("", _OBLIQUE + " a ä ta tä na nä =n")),
        _row("(?<=[bcdfghjklmnpqrstvwxz])", ("i", _OBLIQUE + " a ä na nä in")),
    )
)
_ESTONIAN_CASES = "t le l lt s st ga ks ni na ta sse"
_ESTONIAN = "\n".join(
    (
        _row("(?<=[aeiouõäöü])", ("", _ESTONIAN_CASES + " d")),
        _row("(?<=[bcdfghjklmnpqrstvwxz])", *((vowel, _ESTONIAN_CASES) for vowel in "iua"), ("", "i u a")),
    )
)
ATTRIBUTES = "de, before a noun"
"""The table of German adjectives: at the end of a name Neuer and Fischer are no adjectives."""
TABLES = {
    "da": _GENITIVE,
    "de": _GERMAN,
    ATTRIBUTES: _GERMAN_ATTRIBUTES,
    "el": _GREEK,
    "et": _ESTONIAN,
    "fi": _FINNISH,
    "hu": _HUNGARIAN,
    "lt": _LITHUANIAN,
    "lv": _LATVIAN,
    "nb": _GENITIVE,
    "nl": _GENITIVE,
    "nn": _GENITIVE,
    "no": _GENITIVE,
    "ro": _ROMANIAN,
    "sv": _GENITIVE,
}
