"""A name in Cyrillic or Greek as one plain Latin spelling, and Latin ones without their accents.

One rough spelling a letter is enough to find the same name in another language's article: Зеленський and Zelenskyj
share it with Zelensky where both are cut. How newspapers spell names is match/translit.py's matter.
"""

from __future__ import annotations

import re
import unicodedata

_LETTERS = (
    "а a б b в v г g ґ g д d ѓ g ђ d е e є e ё e ж zh з z ѕ z и i і i ї i й i ј i к k ќ k л l љ l м m н n њ n о o п p "
    "р r с s т t ћ c у u ў u ф f х kh ц ts ч ch џ j ш sh щ shch ъ - ы i ь - э e ю iu я ia ә a ғ g "
    "қ k ң n ө o ұ u ү u һ h "
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ i φ f χ ch ψ ps ω o "
    "ß ss æ ae œ oe ø o đ d ð d þ th ł l ı i ħ h ə a"
).split()
_TABLE = str.maketrans(
    {letter: other.replace("-", "") for letter, other in zip(_LETTERS[::2], _LETTERS[1::2], strict=True)}
)


# The same sounds are an i or a y or a j, a v or a w, one letter or two: Zelensky, Zelenskyj, Zełenski.
_SOUNDS = str.maketrans("yjw", "iiv")
_TWICE = re.compile(r"(.)\1+")


def latin(word: str) -> str:
    """Return a casefolded word in plain Latin letters where its script has a table; else without its marks."""
    if not word.isascii():
        # й and ї come apart under NFKD, so the table is first.
        apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", word).translate(_TABLE))
        word = "".join(char for char in apart if not unicodedata.combining(char)).translate(_TABLE)
    rough = _TWICE.sub(r"\1", word.translate(_SOUNDS))
    return rough.removesuffix("i") if len(rough) > 4 else rough
