"""Rules and articles made by chance, close to where a verdict turns.

`rule` writes a query out of OR-ed arms with words of their own. `article` walks the query's tree and writes what makes
it hold or, two times in three, what nearly does: each arm is missed in one way or more, every way alone in a segment.
`decides` says for which operators the verdict depends on them, by `brute.py`.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from monitor.model import Article, Block, Entity, Name, Role
from monitor.parse import words
from monitor.query import QueryError, parse
from monitor.query_tree import (
    TEXT_FIELDS,
    And,
    AtLeast,
    Attribute,
    EntityRef,
    Near,
    Node,
    Not,
    Or,
    Regex,
    Scope,
    Term,
    Together,
    children,
    leaves,
)
from tests.match import brute

# ---- vocabulary

LATIN = (
    "summit Treaty border minister Moscow Kyiv election sanction harbour offer finance Berlin May US WHO NATO".split()
)
ACCENTED = ["café", "Łódź", "Straße", "İzmir", "Müller", "cafe\u0301tier", "Ẹ\u0300bá", "Šiauliai", "naïve"]
CYRILLIC = "Россия Київ саммит договор Йошкар граница".split()
GREEK = "Αθήνα σύνοδος Κύπρος πόλεμος".split()
ARABIC = "الناتو قمة الحدود روسيا".split()
DEVANAGARI = "नाटो दिल्ली सीमा हिन्दी".split()
INDIC = "বাংলা ঢাকা কলকাতা தமிழ்நாடு கொழும்பு ಕರ್ನಾಟಕ കൊച്ചി කොළඹ".split()
THAI = "นาโต กรุงเทพ ที่".split()
CHINESE = "北约 峰会 北京 俄罗斯".split()
KOREAN = "나토 한국 정상회담 서울".split()
ETHIOPIC = "ኔቶ አዲስ ኢትዮጵያ".split()
PUNCTUATED = "AT&T C++ .NET U.S. NATO-led 9/11 ta'e №5 A400M F-16".split()
CASED = [*LATIN, *ACCENTED, *CYRILLIC, *GREEK]
# What a `*` may stand after: three letters and more, spaces between words.
LONG = [word for word in [*CASED, *ARABIC[2:]] if len(word) > 5] + ["NATO", "Kyiv", "Київ"]
# The smaller lists twice or more, so that every script comes up.
ANY = [*CASED, *PUNCTUATED, *THAI * 4, *(ARABIC + DEVANAGARI + CHINESE + KOREAN + ETHIOPIC) * 2, *INDIC]
PHRASES = [
    *(
        "border summit",
        "Kyiv treaty",
        "New York",
        "White House",
        "U.S. Army",
        "Łódź café",
        "Straße frei",
        "Yahoo! News",
    ),
    *(
        "Новая Россия",
        "νέα σύνοδος",
        "قمة الحدود",
        "नई दिल्ली",
        "俄罗斯 峰会",
        "서울 정상회담",
        "አዲስ አበባ",
        "the 9/11 attacks",
    ),
    *("state-of-the-art offer", "Sir Keir Starmer", "D'Arcy's harbour", "C++ finance"),
]
# An expression, what it holds on, what it nearly holds on.
EXPRESSIONS = [
    (r"colou?r", ["color", "Colour"], ["colouur", "discolor", "colors"]),
    (r"\w+quake", ["earthquake", "Seaquake"], ["quake", "earthquakes"]),
    (r"9.11", ["9/11", "9-11"], ["9/12", "119/11"]),
    (r"(mil|bil)lion euros?", ["million euros", "Billion  euro"], ["trillion euros", "million, euros"]),
    (r"при\w+", ["приказ", "Привет"], ["при", "неприязнь"]),
    (r"北.市", ["北京市", "北海市"], ["北市", "北京的市"]),
    (r"\d{2} %|\d+ percent", ["45 %", "7\u00a0percent"], ["5 %", "7 percents"]),
    (r"[a-z]{4}-led", ["NATO-led", "army\u2011led"], ["U-led", "NATO-leds"]),
]
SPACED_FILLERS = [
    "the in of said on a late by after report".split(),
    "the a très élu déjà über groß".split(),
    "и в на после вчера".split(),
    "και στην από".split(),
    "في على من".split(),
    "में का के और".split(),
    "ላይ እና ዛሬ".split(),
    "오늘 매우 다시".split(),
    "的 在 了".split(),
]
# The first three decide where the rule does not hold only.
FIELD_WEIGHTS = {"title": 4.3, "lead": 4.7, "body": 3.5, "author": 2.1, "section": 2.7, "caption": 2.1, "teaser": 2.1}
OUTLETS = ["bbc", "taz", "tass", "le-monde"]
LANGUAGES = ["en", "de", "ru", "zh"]
URLS = ["example.org/world", "https://news.example/a", "example.org/sport", "https://example.org/ru/1"]
# Where a text goes on in the next block.
NEXT = "\f"
OWN = [Role.BODY, Role.BODY, Role.BODY, Role.HEADING, Role.LIST, Role.TABLE, Role.QUOTE]
QUOTES = ['""', "''", "“”", "‘’", "„“", "«»", "()", "[]"]
LINKS = [" ", ", ", " — ", " - ", ": ", "; ", " … ", " 😀 ", " / "]
ENDS = [". ", "! ", "? ", ".” ", "。", "। ", "… ", ".\u00a0", "።"]


# ---- rules


def rule(rng: random.Random) -> tuple[str, tuple[Entity, ...]]:
    """Return a query that the parser takes, and the entities it names."""
    while True:
        writer = _Writer(rng)
        query = writer.query()
        try:
            parse(query)
        except QueryError:
            continue
        return query, tuple(writer.entities)


class _Writer:
    """Writes one query; no two of its terms begin as the same word of the vocabulary."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.entities: list[Entity] = []
        self.used: set[str] = set()

    def query(self) -> str:
        count = self.rng.choices([1, 2, 3], [2, 5, 5])[0]
        arms = [self.arm() for _ in range(count)]
        if count == 1:
            return arms[0]
        return " OR ".join(f"({arm})" for arm in arms)

    def arm(self) -> str:
        rng = self.rng
        kinds = ["unit", "and", "not", "minus", "attribute", "attribute and", "inner or"]
        kind = rng.choices(kinds, [8.5, 2.5, 3.2, 3.4, 9.3, 1, 1.5])[0]
        unit = self.unit()
        if kind == "and":
            return f"{unit}{rng.choice([' AND ', ' '])}{self.unit()}"
        if kind == "not":
            return f"{unit}{rng.choice([' AND NOT ', ' NOT '])}{self.refused()}"
        if kind == "minus":
            return f"{unit} -{self.refused()}"
        if kind == "attribute":
            return f"{unit} {self.attribute()}"
        if kind == "attribute and":
            return f"{self.attribute()} AND {unit} AND NOT {self.attribute()}"
        if kind == "inner or":
            return f"{unit} ({self.leaf()} OR {self.leaf()})"
        return unit

    def refused(self) -> str:
        if self.rng.random() < 0.2:
            return f"({self.leaf()} OR {self.unit()})"
        kind = self.rng.choice(["stem", "phrase stem", "any", "any"])
        # What a refused term finds by its `*` decides where the rule does not hold.
        leaf = self.leaf(direct=True) if kind == "any" else self.term(kind)
        return leaf if self.rng.random() < 0.7 else self.scoped(leaf)

    def attribute(self) -> str:
        kind = self.rng.choices(["outlet", "lang", "url"], [3.7, 3.5, 3.3])[0]
        value = self.rng.choice({"outlet": OUTLETS, "lang": LANGUAGES, "url": URLS}[kind])
        return f'{kind}:"{value}"' if kind == "url" or self.rng.random() < 0.2 else f"{kind}:{value}"

    def unit(self) -> str:
        rng = self.rng
        kind = rng.choices(["leaf", "near", "onear", "sentence", "paragraph", "atleast"], [16, 5.3, 7.6, 6.4, 5.3, 4])[
            0
        ]
        if kind == "leaf":
            unit = self.leaf(direct=True)
            plain = 0.7 if unit.startswith("/") else 0.25
            return unit if rng.random() < plain else self.scoped(unit)
        if kind == "atleast":
            unit = f"ATLEAST/{rng.choice([2, 2, 3, 4])} {self.operand()}"
            return self.scoped(unit, bare=True) if rng.random() < 0.4 else unit
        operator = {"near": f"NEAR/{rng.choice([1, 1, 2, 3, 6])}", "onear": f"ONEAR/{rng.choice([1, 2, 3, 6])}"}
        left, right = self.operand(), self.operand()
        if rng.random() < 0.03:
            right = left
        unit = f"{left} {operator.get(kind, kind.upper())} {right}"
        # In a title or a section there is but one paragraph.
        fields = ["body", "caption", "teaser", "author"] if kind == "paragraph" else list(TEXT_FIELDS)
        return self.scoped(unit, fields) if rng.random() < 0.6 else f"({unit})"

    def scoped(self, unit: str, fields: Sequence[str] = TEXT_FIELDS, *, bare: bool = False) -> str:
        name = self.rng.choices(fields, [FIELD_WEIGHTS[field] for field in fields])[0]
        single = bare or " " not in unit or unit[0] in '"{@'
        simple = single and not any(mark in unit for mark in (" NEAR", " ONEAR", " SENT", " PARA", "/", " OR "))
        return f"{name}:{unit}" if simple and self.rng.random() < 0.7 else f"{name}:({unit})"

    def operand(self) -> str:
        if self.rng.random() < 0.12:
            return f"({self.leaf()} OR {self.leaf()})"
        return self.leaf()

    def leaf(self, *, direct: bool = False) -> str:
        kinds = ["word", "stem", "phrase", "phrase stem", "exact", "exact phrase", "entity", "regex"]
        # An expression cannot stand beside NEAR and its like.
        weights = [0.5, 2, 0.7, 2.5, 2.5, 3, 20, 4.4] if direct else [2.2, 4, 0.7, 3.6, 3.5, 3.6, 8, 0]
        kind = self.rng.choices(kinds, weights)[0]
        if kind == "entity":
            return self.entity()
        if kind == "regex":
            return f"/{self.fresh([source for source, _, _ in EXPRESSIONS])}/"
        return self.term(kind)

    def term(self, kind: str) -> str:
        rng = self.rng
        if kind == "word":
            return self.fresh(ANY)
        if kind == "stem":
            return self.stem(LONG)
        if kind == "phrase":
            return f'"{self.fresh(PHRASES)}"'
        if kind == "phrase stem":
            return f'"{self.fresh(ANY)} {self.stem(LONG)}"'
        if kind == "exact":
            return f"{{{self.fresh(CASED + PUNCTUATED[:5])}{'*' if rng.random() < 0.05 else ''}}}"
        first = self.fresh(CASED)
        return f"{{{self.fresh(PHRASES[:10]) if rng.random() < 0.4 else f'{first} {self.fresh(CASED)}'}}}"

    def stem(self, pool: Sequence[str]) -> str:
        word = self.fresh(pool)
        return word[: max(3, len(word) - self.rng.choice([0, 0, 1, 2]))] + "*"

    def fresh(self, pool: Sequence[str]) -> str:
        left = [word for word in pool if not _kin(word) & self.used] or list(pool)
        chosen = self.rng.choice(left)
        if self.rng.random() < 0.95:
            self.used |= _kin(chosen)
        return chosen

    def entity(self) -> str:
        """Return a reference to an entity made for it, or to one there is."""
        rng = self.rng
        if self.entities and rng.random() < 0.1:
            return f"@{rng.choice(self.entities).id}"
        names = tuple(self.name() for _ in range(rng.choice([1, 1, 2, 2, 3])))
        spoilers = tuple(self.condition() for _ in range(rng.choice([1, 1, 2]))) if rng.random() < 0.45 else ()
        made = Entity(f"e{len(self.entities)}", names, unless_near=spoilers)
        self.entities.append(made)
        return f"@{made.id}"

    def name(self) -> Name:
        rng = self.rng
        options: dict[str, object] = {}
        pool = ANY + PHRASES[:7] + PHRASES[8:]
        for option in rng.choices(
            ["exact", "languages", "start", "only", "accents", ""], [9.5, 9.5, 9.8, 9.5, 11, 1], k=2
        ):
            if option == "exact":
                options["exact"] = True
                pool = CASED
            elif option == "languages":
                options["languages"] = tuple(rng.sample(LANGUAGES, rng.choice([1, 2])))
            elif option == "start":
                options["not_at_sentence_start"] = True
            elif option == "only":
                options["only_with"] = tuple(self.condition() for _ in range(rng.choice([1, 1, 2])))
            elif option == "accents":
                options["fold_accents"] = True
                pool = ACCENTED + GREEK + ["Йошкар"]
        return Name(self.fresh(pool), **options)  # type: ignore[arg-type]

    def condition(self) -> str:
        kind = self.rng.choice(["word", "stem", "phrase", "exact"])
        if kind == "word":
            return self.fresh(ANY)
        if kind == "stem":
            return self.stem(LONG)
        return self.fresh(PHRASES) if kind == "phrase" else f"{{{self.fresh(CASED)}}}"


def _kin(word: str) -> set[str]:
    """Return what stands for the words of a text, so that terms of one rule have none in common."""
    return {words.fold(part).text[:4] for part in word.split()}


# ---- articles


@dataclass(slots=True)
class _Piece:
    """Words to be written somewhere. `tight`: nothing before them in their sentence; `alone`: in a segment of their own
    where the field has several.
    """

    text: str
    field: str = ""
    tight: bool = False
    alone: bool = False


@dataclass(slots=True)
class _Plan:
    """What an article is to be beside its text."""

    outlet: str = ""
    language: str | None = None
    url: str = ""
    fixed: set[str] = field(default_factory=set)


def article(rng: random.Random, query: str, entities: Sequence[Entity] = ()) -> Article:
    """Return an article on which the query holds, or nearly does."""
    root = parse(query).root
    builder = _Builder(rng, {entity.id: entity for entity in entities})
    return builder.article(root)


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for part in children(node):
        yield from _nodes(part)


def _ordered(node: Near | Together) -> bool:
    return isinstance(node, Near) and node.ordered


class _Builder:
    """Writes one article for a tree."""

    def __init__(self, rng: random.Random, entities: dict[str, Entity]) -> None:
        self.rng = rng
        self.entities = entities
        # Terms that some name has to stand with.
        self.company: list[_Piece] = []
        self.seen: set[str] = set()
        self.lead = rng.choice(["standfirst", "lead"])
        self.lack: dict[str, tuple[Name, str]] = {}
        self.plan = _Plan(
            outlet=rng.choice(OUTLETS),
            language=rng.choice([*LANGUAGES, None]),
            url=_address(rng.choice(URLS), rng),
        )

    def article(self, root: Node) -> Article:
        rng = self.rng
        draw = rng.random()
        pieces = self.hit(root, "") if draw < 0.265 else self.miss(root, "") if draw < 0.97 else []
        pieces = [*pieces, *self.company]
        rng.shuffle(pieces)
        segments = self.segments(pieces)
        blocks = [Block(rng.choice(OWN), text) for text in segments["body"]]
        others = [Block(Role.CAPTION, text) for text in segments["caption"]]
        others += [Block(Role.TEASER, text) for text in segments["teaser"]]
        if rng.random() < 0.1:
            others.append(Block(Role.NOTE, rng.choice(segments["body"] or [""])))
        for block in others:
            blocks.insert(rng.randint(0, len(blocks)), block)
        blocks[:0] = [Block(Role.BODY, text) for text in segments["lead"]]
        return Article(
            self.plan.url,
            " ".join(segments["title"]),
            self.plan.language,
            tuple(blocks),
            authors=tuple(segments["author"]),
            section=" ".join(segments["section"]),
            outlet=self.plan.outlet,
            standfirst=" ".join(segments["standfirst"]),
        )

    # -- what makes a node hold

    def hit(self, node: Node, scope: str) -> list[_Piece]:
        rng = self.rng
        match node:
            case And(parts=parts):
                return [piece for part in parts for piece in self.hit(part, scope)]
            case Or(parts=parts):
                # The first part makes the rest idle.
                chosen = rng.choice(parts[1:]) if rng.random() < 0.8 else parts[0]
                others = [part for part in parts if part is not chosen]
                return self.hit(chosen, scope) + (self.miss(rng.choice(others), scope) if rng.random() < 0.3 else [])
            case Not(part=part):
                return self.miss(part, scope) if rng.random() < 0.4 else []
            case Scope(field=inner, part=part):
                return self.hit(part, inner)
            case Attribute():
                self.attribute(node, same=True)
                return []
            case Near():
                return [self.near(node, scope, rng.randint(1, node.distance))]
            case Together(left=left, right=right):
                sides = rng.sample([left, right], 2)
                between = self.fillers(rng.randint(0, 3)) if node.sentence else f"{self.fillers(1)}. {self.fillers(2)}"
                return [self.joined([self.surface(sides[0]), between, self.surface(sides[1])], scope)]
            case AtLeast(count=count, part=part):
                return [piece for _ in range(count) for piece in self.hit(part, scope)]
            case _:
                return [self.named(node.id, scope) if isinstance(node, EntityRef) else self.leaf(node, scope)]

    def named(self, name: str, scope: str) -> _Piece:
        rng = self.rng
        entity = self.entities[name]
        chosen = self.pick(entity)
        text = self.name(chosen)
        if entity.unless_near and rng.random() < 0.25:
            # One word too far to spoil it.
            text = f"{text} {self.fillers(10)} {self.condition(rng.choice(entity.unless_near))}"
        return _Piece(f"{self.fillers(1)} {self.dressed(text) if rng.random() < 0.2 else text}", scope)

    def pick(self, entity: Entity) -> Name:
        """Return a name that can hold in this article, and see to it that it does, or lacks what it is to lack."""
        self.seen.add(entity.id)
        if entity.id in self.lack:
            chosen, option = self.lack[entity.id]
            self.language(chosen.languages, same=option != "languages")
            if option == "only_with":
                wrong = self.broken(brute.condition(self.rng.choice(chosen.only_with)))
                self.company.append(_Piece(wrong, self.rng.choice(["", "", "caption"])))
            else:
                self.allow(chosen)
            return chosen
        fits = [
            name
            for name in entity.names
            if "lang" not in self.plan.fixed or not name.languages or self.plan.language in name.languages
        ]
        chosen = self.rng.choice(fits or entity.names)
        self.allow(chosen)
        return chosen

    def allow(self, name: Name) -> None:
        """See to it that the article is one for a name."""
        self.language(name.languages, same=True)
        if name.only_with:
            self.company.append(_Piece(self.condition(self.rng.choice(name.only_with))))

    def name(self, name: Name) -> str:
        text = name.text
        if name.fold_accents and self.rng.random() < 0.8:
            text = brute.without_accents(text) if self.rng.random() < 0.7 else _accented(text)
        return self.written(text, exact=name.exact)

    def leaf(self, node: Node, scope: str) -> _Piece:
        text = self.surface(node)
        if self.rng.random() < 0.4:
            text = self.dressed(text)
        return _Piece(text, scope)

    def surface(self, node: Node) -> str:
        """Return words that a leaf, or one of an OR, holds on."""
        rng = self.rng
        match node:
            case Or(parts=parts):
                return self.surface(rng.choice(parts[1:]) if rng.random() < 0.7 else parts[0])
            case EntityRef(id=name):
                return self.name(self.pick(self.entities[name]))
            case Regex(source=source):
                return rng.choice(next(hits for written, hits, _ in EXPRESSIONS if written == source))
            case Term():
                return self.term(node)
            case _:
                return ""

    def term(self, node: Term) -> str:
        text = node.exact or (node.text[:-1] if node.prefix else node.text)
        if node.prefix and self.rng.random() < 0.8:
            text += self.rng.choice(["s", "ing", "ях", "ου", "ة", "7"])
        return self.written(text, exact=bool(node.exact))

    def condition(self, text: str) -> str:
        return self.term(brute.condition(text))

    def near(self, node: Near, scope: str, distance: int) -> _Piece:
        sides = [self.surface(node.left), self.surface(node.right)]
        if not node.ordered:
            self.rng.shuffle(sides)
        return self.joined([sides[0], self.fillers(distance - 1), sides[1]], scope)

    def joined(self, parts: Sequence[str], scope: str) -> _Piece:
        text = ""
        for part in filter(None, parts):
            glued = not text or (
                self.rng.random() < 0.5 and brute.script(text[-1]) == brute.script(part[0]) == "unspaced"
            )
            text += part if glued else f"{self.rng.choice(LINKS) if self.rng.random() < 0.12 else ' '}{part}"
        # A name may have to stand within its sentence.
        return _Piece(f"{self.fillers(1)} {text}", scope, alone=self.rng.random() < 0.5)

    # -- what nearly does

    def miss(self, node: Node, scope: str) -> list[_Piece]:
        rng = self.rng
        if not isinstance(node, And | Or | Not | Attribute) and rng.random() < 0.42 and self.lacking(node):
            return self.hit(node, scope)
        match node:
            case And(parts=parts):
                plain = [1.9 if isinstance(part, Not | Attribute) else 2.5 for part in parts]
                at = rng.choices(range(len(parts)), plain)[0]
                return [
                    piece
                    for number, part in enumerate(parts)
                    for piece in (self.miss if number == at else self.hit)(part, scope)
                ]
            case Or(parts=parts):
                return [piece for part in parts for piece in self.miss(part, scope)]
            case Not(part=part):
                return self.hit(part, scope)
            case Attribute():
                self.attribute(node, same=False)
                return []
            case Scope(field=inner, part=part):
                pieces = self.hit(part, self.other(inner)) if rng.random() < 0.85 else []
                return pieces + (self.miss(part, inner) if not pieces or rng.random() < 0.7 else [])
            case Near() | Together():
                return self.beside(node, scope)
            case AtLeast(count=count, part=part):
                pieces = [piece for _ in range(count - 1) for piece in self.hit(part, scope)]
                return pieces + (self.miss(part, scope) if rng.random() < 0.5 else [])
            case EntityRef(id=name):
                return self.misnamed(name, scope)
            case _:
                return [self.mistaken(node, scope) for _ in range(rng.choice([1, 1, 2]))]

    def other(self, scope: str) -> str:
        """Return a field where a term without its field would stand, as often as not one beside its own."""
        # The first block is of the body too.
        apart = ["lead"] if self.lead == "standfirst" else []
        pools = {"title": ["lead", "body"], "lead": ["title", "body"], "body": ["title", *apart]}
        usual = pools.get(scope, ["title", "lead", "body"])
        return self.rng.choice(usual if self.rng.random() < 0.93 else ["caption", "teaser", "section", "author"])

    def beside(self, node: Near | Together, scope: str) -> list[_Piece]:
        """Return both sides too far from one another, or one that is wrong beside the other, or both."""
        rng = self.rng
        pieces = self.apart(node, scope) if rng.random() < 0.8 else []
        for wrong, right in ((node.left, node.right), (node.right, node.left)):
            if pieces and rng.random() < 0.5:
                continue
            piece = self.mistaken(wrong, scope)
            parts = [piece.text, self.surface(right)]
            # At a sentence's start a name stays there.
            order = parts if wrong is node.left or not _ordered(node) else parts[::-1]
            piece.text = self.joined(order, scope).text if not piece.tight else " ".join(order)
            piece.alone = True
            pieces.append(piece)
        return pieces

    def apart(self, node: Near | Together, scope: str) -> list[_Piece]:
        """Return both sides, too far from one another for the operator."""
        rng = self.rng
        sides = [self.surface(node.left), self.surface(node.right)]
        between = ""
        if isinstance(node, Near) and node.ordered and rng.random() < 0.8:
            sides.reverse()
            between = self.fillers(rng.randint(0, node.distance - 1))
        elif isinstance(node, Near) and rng.random() < 0.85:
            between = self.fillers(node.distance + rng.choice([0, 0, 0, 1]))
        elif isinstance(node, Together) and node.sentence and rng.random() < 0.85:
            # A side may be a name that must not begin a sentence.
            between = f"{self.fillers(1)}{rng.choice(ENDS)}{self.fillers(1).title()}"
        else:
            start = f"{self.fillers(rng.choice([0, 1, 1]))} ".lstrip()
            return [_Piece(f"{self.fillers(1)} {sides[0]}{NEXT}{start}{sides[1]}", scope or "body", alone=True)]
        piece = self.joined([sides[0], between, sides[1]], scope)
        piece.alone = True
        return [piece]

    def mistaken(self, node: Node, scope: str) -> _Piece:
        """Return a leaf with one thing wrong."""
        rng = self.rng
        match node:
            case Or(parts=parts):
                return self.mistaken(rng.choice(parts), scope)
            case EntityRef(id=name):
                return rng.choice([piece for piece in self.misnamed(name, scope) if piece.field == scope])
            case Regex(source=source):
                return _Piece(
                    rng.choice(next(misses for written, _, misses in EXPRESSIONS if written == source)), scope
                )
            case Term() if node.exact and rng.random() < 0.8:
                return _Piece(_recased(node.exact.rstrip("*"), rng), scope)
            case Term():
                return _Piece(self.broken(node), scope)
            case _:
                return _Piece(self.filler(), scope)

    def broken(self, node: Term) -> str:
        rng = self.rng
        text = self.term(node)
        parts = text.split()
        if len(parts) > 1 and rng.random() < 0.85:
            ways: list[Callable[[], str]] = [
                lambda: " ".join(reversed(parts)),
                lambda: f"{parts[0]}{rng.choice([', ', '. ', ' — ', '; '])}{' '.join(parts[1:])}",
                lambda: f"{parts[0]} {self.fillers(1)} {' '.join(parts[1:])}",
                lambda: f"{parts[0]}{rng.choice(['- ', ' (', ' “', '-'])}{' '.join(parts[1:])}",
                lambda: f"{parts[0]}{NEXT}{' '.join(parts[1:])}",
            ]
            return rng.choice(ways)()
        if node.prefix and rng.random() < 0.5:
            return (node.exact or node.pattern)[:-1] + rng.choice(["", "q", "-s"])
        ways = [
            lambda: f"{rng.choice(['un', 'Über', 'x', '7', 'за'])}{text}",
            lambda: text + rng.choice(["s", "2", "ism", "ой", "e\u0301", "\u0301"]),
            lambda: text[:-1] + "-" + text[-1:],
            lambda: text[1:] + text[:1],
        ]
        if node.prefix:
            # Its last word may go on.
            ways = [ways[0], ways[3]]
        return rng.choice(ways)()

    def misnamed(self, name: str, scope: str) -> list[_Piece]:
        """Return names of an entity with one condition unmet each, every one in a segment of its own."""
        rng = self.rng
        entity = self.entities[name]
        pieces = []
        for one in rng.sample(entity.names, rng.choice([1, len(entity.names), len(entity.names)])):
            ways = [_Piece(text, scope, tight=True, alone=True) for text in self.spoilt(one, entity)]
            if not ways or (one.fold_accents and rng.random() < 0.3):
                ways.append(_Piece(self.broken(Term(one.text, one.text)), scope))
            pieces += ways if rng.random() < 0.6 else [rng.choice(ways)]
            self.allow(one)
        return pieces

    def lacking(self, node: Node) -> bool:
        """Choose an entity of a node that is to lack what its name asks of the whole article; False: there is none."""
        ways = []
        if any(isinstance(part, Or) for part in _nodes(node)):
            return False
        for leaf in leaves(node):
            if isinstance(leaf, EntityRef) and leaf.id not in self.seen:
                for name in self.entities[leaf.id].names:
                    free = "lang" not in self.plan.fixed or self.plan.language not in name.languages
                    ways += [(leaf.id, name, "languages")] * 2 if name.languages and free else []
                    ways += [(leaf.id, name, "only_with")] * 2 if name.only_with else []
        if not ways:
            return False
        entity, name, option = self.rng.choice(ways)
        self.lack[entity] = name, option
        return True

    def spoilt(self, one: Name, entity: Entity) -> list[str]:
        """Return texts in which a name does not count for one reason each."""
        rng = self.rng
        text = self.name(one)
        good = f"{self.fillers(2)} {text}"
        texts = []
        if one.exact:
            loud = f"BREAKING: {text.upper() if rng.random() < 0.3 else text} SAYS IT IS READY"
            texts.append(f"{self.fillers(2)} {_recased(one.text, rng)}" if rng.random() < 0.7 else loud)
        if one.not_at_sentence_start:
            texts.append(
                # A full stop before a small letter ends no sentence.
                rng.choice(
                    [
                        f"{text} {self.fillers(1)}",
                        f"“{text}” {self.fillers(1)}",
                        f"{self.fillers(1)}! {text if one.exact else text.title()}",
                    ]
                )
            )
        if entity.unless_near:
            spoiler = self.condition(rng.choice(entity.unless_near))
            after = f"{good} {self.fillers(rng.choice([0, 3, 8, 9]))} {spoiler}"
            texts.append(rng.choice([after, f"{self.fillers(1)} {spoiler} {text}"]))
        return texts

    # -- what is said of the article

    def attribute(self, node: Attribute, *, same: bool) -> None:
        if node.field == "lang":
            self.language((node.value,), same=same)
        elif node.field not in self.plan.fixed:
            self.plan.fixed.add(node.field)
            pool = OUTLETS if node.field == "outlet" else URLS
            value = node.value if same else self.rng.choice([one for one in pool if one != node.value])
            if node.field == "outlet":
                self.plan.outlet = value
            else:
                self.plan.url = _address(value, self.rng)

    def language(self, wanted: Sequence[str], *, same: bool) -> None:
        if not wanted or "lang" in self.plan.fixed:
            return
        self.plan.fixed.add("lang")
        others = [one for one in [*LANGUAGES, None] if one not in wanted]
        self.plan.language = self.rng.choice(list(wanted) if same else others)

    # -- words and segments

    def fillers(self, count: int) -> str:
        """Return so many words of no meaning, each one word."""
        if count < 1:
            return ""
        pool = self.rng.choice(SPACED_FILLERS if self.rng.random() < 0.3 else SPACED_FILLERS[:1])
        return " ".join(self.rng.choice(pool) for _ in range(count))

    def filler(self) -> str:
        return self.fillers(self.rng.randint(1, 4)).capitalize()

    def written(self, text: str, *, exact: bool) -> str:
        """Return a term as somebody else would write it."""
        rng = self.rng
        if not exact and rng.random() < 0.3:
            text = rng.choice([str.upper, str.lower, str.title])(text)
        return _typeset(text, rng) if rng.random() < 0.25 else text

    def dressed(self, text: str) -> str:
        """Return it with what may stand right beside a word."""
        rng = self.rng
        if brute.script(text[-1]) == "hangul":
            return text + rng.choice(["는", "가", "에서", "의"])
        if brute.script(text[-1]) == "unspaced":
            return f"{rng.choice(['', '的', 'ที่'])}{text}{rng.choice(['的', '在', 'แล้ว'])}"
        pair = rng.choice(QUOTES)
        beside = [
            "’s",
            "'s",
            "’s",
            "'S",
            "-a",
            "-based",
            "—",
            "_",
            "😀",
            "!",
            "/",
            "\u200b",
            "\u00a0",
            "\u0000",
            "\ud800",
            "²",
            "\u00ad",
        ]
        return f"{pair[0]}{text}{pair[1]}" if rng.random() < 0.4 else text + rng.choice(beside)

    def segments(self, pieces: Sequence[_Piece]) -> dict[str, list[str]]:
        """Return the texts of each field: pieces with words before and after, several of them in one text."""
        rng = self.rng
        lead = self.lead
        out: dict[str, list[str]] = {name: [] for name in ("standfirst", *TEXT_FIELDS)}
        closed: set[str] = set()
        for piece in pieces:
            name = piece.field or rng.choice(["title", lead, "body", "body", "body"])
            name = lead if name == "lead" else name
            text = self.sentence(piece)
            single = name in {"title", "section", "standfirst", "lead"}
            if out[name] and (single or not (piece.alone or name in closed or rng.random() < 0.6)):
                # Far from what stands there already, or right beside it.
                link = rng.choice([". ", "! ", ".\n"]) if rng.random() < 0.9 else " "
                gap = f"{self.fillers(9).capitalize()}. " if piece.alone else ""
                out[name][-1] += link + gap + text.replace(NEXT, ". ")
            else:
                out[name] += [text.replace(NEXT, ". ")] if single else text.split(NEXT)
            (closed.add if piece.alone else closed.discard)(name)
        for name in ("title", "body", lead, "caption"):
            if not out[name] and rng.random() < (0.97 if name != "caption" else 0.15):
                out[name].append(self.filler())
        return out

    def sentence(self, piece: _Piece) -> str:
        rng = self.rng
        before = "" if piece.tight or rng.random() < 0.4 else f"{self.filler()} "
        after = "" if rng.random() < 0.5 else f"{rng.choice(LINKS)}{self.fillers(rng.randint(1, 3))}"
        text = f"{before}{piece.text}{after}"
        if rng.random() < 0.2:
            text = _spaced_out(text, rng)
        return text + rng.choice(["", "", ".", "!", "…", "”", " "])


def _address(value: str, rng: random.Random) -> str:
    address = value if "://" in value else f"{rng.choice(['https://', 'http://'])}{value}"
    return address + rng.choice(["", "/2026/x", "?a=1", "-long"])


def _recased(text: str, rng: random.Random) -> str:
    """Return a text in another case, whole or in one word."""
    ways = [text.lower(), text.upper(), text.title(), text.swapcase(), text[:1].swapcase() + text[1:]]
    return rng.choice([way for way in ways if way != text] or [text])


def _accented(text: str) -> str:
    """Return a text with other accents than it has."""
    plain = brute.without_accents(text)
    at = next((at for at, char in enumerate(plain) if char in "aeiouоиαεο"), None)
    return plain if at is None else f"{plain[: at + 1]}\u0302{plain[at + 1 :]}"


def _typeset(text: str, rng: random.Random) -> str:
    """Return a text as folding should find it to be the same."""
    at = rng.randint(1, max(1, len(text) - 1))
    kind = rng.randrange(8)
    if kind == 0:
        return unicodedata.normalize(rng.choice(["NFD", "NFC", "NFKD"]), text) if "№" not in text else text
    if kind == 1:
        # Before a mark it would be another letter.
        mark = rng.choice(["\u00ad", "\u200b", "\u200d", "\ufeff", "\u2060"])
        return text if text[at : at + 1] and unicodedata.combining(text[at]) else f"{text[:at]}{mark}{text[at:]}"
    if kind == 2:
        return text.replace(" ", rng.choice(["\u00a0", "  ", "\t", "\u2009", "\u3000", " \u00a0", "\u202f"]))
    if kind == 3:
        return text.replace("'", "’").replace("-", rng.choice(["\u2011", "–", "\u2212"]))
    if kind == 4:
        return text.replace("fi", "ﬁ").replace("ff", "ﬀ").replace("ss", "ß")
    if kind == 5:
        # Full width letters fold to ASCII.
        return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" and char.isalnum() else char for char in text)
    if kind == 6:
        return text + rng.choice(["\u200b", "\u00ad", "\ufe0f"])
    return text.replace("I", "İ") if "I" in text else text


def _spaced_out(text: str, rng: random.Random) -> str:
    """Return a text with one of its spaces, quotes or letters written otherwise, most often to no effect."""
    at = [number for number, char in enumerate(text) if char == " "]
    if not at:
        return text
    one = rng.choice(at)
    seldom = rng.random() < 0.05
    usual = ["  ", "\u00a0", "\t", " \u200b", "\u2028", " 😀 ", " – ", " “", "\u200b ", " \u00ad"]
    rare = ["\u0000", "\udc00 ", " \ud83d", "\n", "\u0301 ", " 12 ", "\u0085"]
    return text[:one] + rng.choice(rare if seldom else usual) + text[one + 1 :]


# ---- which operators decide


def decides(query: str, article: Article, entities: Sequence[Entity] = ()) -> set[str]:
    """Return the operators whose weaker or neutral form would turn the verdict."""
    root = parse(query).root
    verdict = brute.places_of(root, article, entities) is None
    found = set()
    for name, tree in _variants(root, query):
        if name not in found and (brute.places_of(tree, article, entities) is None) != verdict:
            found.add(name)
    named = {leaf.id for leaf in leaves(root) if isinstance(leaf, EntityRef)}
    for entity in entities:
        for option in ("exact", "languages", "not_at_sentence_start", "only_with", "fold_accents", "unless_near"):
            plain = without(entity, option)
            if entity.id not in named or f"@{option}" in found or plain == entity:
                continue
            others = [plain if one is entity else one for one in entities]
            if (brute.places_of(root, article, others) is None) != verdict:
                found.add(f"@{option}")
    return found


def without(entity: Entity, option: str) -> Entity:
    """Return an entity without one option of its names, or without `unless_near`."""
    if option == "unless_near":
        return replace(entity, unless_near=())
    empty: object = () if option in {"languages", "only_with"} else False
    return replace(entity, names=tuple(replace(name, **{option: empty}) for name in entity.names))


_ALWAYS = And(())


def _variants(node: Node, query: str) -> Iterator[tuple[str, Node]]:
    """Yield every tree in which one node is weaker, under the name of its operator."""
    yield from _weaker(node, query)
    match node:
        case And(parts=parts) | Or(parts=parts):
            for at, part in enumerate(parts):
                for name, other in _variants(part, query):
                    yield name, replace(node, parts=(*parts[:at], other, *parts[at + 1 :]))
        case Not(part=part) | Scope(part=part) | AtLeast(part=part):
            for name, other in _variants(part, query):
                yield name, replace(node, part=other)
        case Near(left=left, right=right) | Together(left=left, right=right):
            for name, other in _variants(left, query):
                yield name, replace(node, left=other)
            for name, other in _variants(right, query):
                yield name, replace(node, right=other)


def _weaker(node: Node, query: str) -> Iterator[tuple[str, Node]]:
    match node:
        case And(parts=parts):
            yield "AND", parts[0]
        case Or(parts=parts):
            yield "OR", parts[0]
        case Not(part=part):
            before = query[: min(leaf.position for leaf in leaves(part))].rstrip('("{@')
            yield "-" if _minus(before) else "NOT", _ALWAYS
        case Scope(field=name, part=part):
            yield name, part
        case Near(left=left, right=right, ordered=True):
            yield "ONEAR", replace(node, ordered=False)
        case Near(left=left, right=right):
            yield "NEAR", And((left, right))
        case Together(left=left, right=right, sentence=True):
            yield "SENTENCE", replace(node, sentence=False)
        case Together(left=left, right=right):
            yield "PARAGRAPH", And((left, right))
        case AtLeast():
            yield "ATLEAST", replace(node, count=1)
        case Attribute(field=name):
            yield name, _ALWAYS
        case Regex(source=source):
            yield "regex", _ALWAYS
            yield "regex", Term(source, words.fold(source).text)
        case Term():
            yield from _weaker_term(node)


def _minus(before: str) -> bool:
    """Say whether a query's text up to a refused term, a field perhaps between, ends in the short NOT."""
    head, _, name = before.rstrip(":").rpartition("-")
    return before.endswith("-") or (name in TEXT_FIELDS and before.endswith(":") and head.endswith(" "))


def _weaker_term(node: Term) -> Iterator[tuple[str, Node]]:
    parts = node.pattern.split()
    kind = "phrase" if len(parts) > 1 else "word"
    if node.prefix:
        yield f"{kind}*", replace(node, prefix=False)
    if node.exact:
        yield f"{{{kind}}}", replace(node, exact="")
    if len(parts) > 1:
        exact = node.exact.split() or [""] * len(parts)
        singles = [Term(part, part, case) for part, case in zip(parts, exact, strict=True)]
        singles[-1] = replace(singles[-1], prefix=node.prefix)
        yield "phrase", And(tuple(singles))
