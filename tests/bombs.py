"""Bodies made to cost a reader its time or its memory, each a few megabytes at most, as a hostile host could send.

`PAGES` are read as articles, `FEEDS` as what a source lists, `ROBOTS` as robots.txt. A fetch brings 5 MB at most, so
bodies end there; those at a bound of the pre-scan (`EDGES`) pass it by one and must be cheap for what stands behind.
"""

# ruff: noqa: PLW0108 - each is made when it is set off
from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, islice, pairwise

from monitor.model import Entity, Name, Rule, Selectors

FULL = 5_000_000
DEPTH, TAGS, OPTIONS, TAG_ATTRIBUTES, ATTRIBUTES = 5_000, 50_000, 5_000, 2_000, 200_000
PROSE = "The harbour committee met on Tuesday, and Jan Novak said that NATO would pay for the new quay at Varna. "


@dataclass(frozen=True)
class Bomb:
    """A body by name. `door`: article, links or robots. `kind`: the content type it comes with."""

    name: str
    make: Callable[[], bytes]
    door: str = "article"
    kind: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    selectors: Selectors = field(default_factory=Selectors)
    urls: tuple[str, ...] = ("https://a.example/story",)


def rules() -> tuple[list[Rule], list[Entity]]:
    """A hundred rules of every kind, many of which the bombs' words fulfil."""
    names = "nato harbour quay varna novak committee tuesday minister summit drone tanker embargo corvette pier".split()
    texts = [f"{a} AND {b}" for a in names[:6] for b in names[6:12]]
    texts += [f"{a} NEAR/{n} {b}" for n, (a, b) in enumerate(pairwise(names), 1)]
    texts += [f'"{a} {b}" OR {a}* SENTENCE {b}' for a, b in zip(names, names[2:], strict=False)]
    texts += [f"{a} ONEAR/5 (quay OR pier OR nato)" for a in names[:10]]
    texts += [f"ATLEAST/3 ({a} OR {b}) NOT lead:{b}" for a, b in zip(names, names[3:], strict=False)]
    texts += [
        "/[a-z]+ing/",
        r"/nat\w+ (said|met|paid)/",
        "/(a|b|ab)+c/",
        r"/\d{1,4}[-.]\d{1,2}/",
        "@alliance NEAR/9 @novak",
    ]
    texts += [
        "@novak",
        "@alliance PARAGRAPH quay",
        "title:@novak",
        "{NATO}",
        "a NEAR/500 x",
        "wor* NEAR/2 nat*",
        "港 NEAR/3 口",
    ]
    entities = [
        Entity("alliance", (Name("NATO", exact=True), Name("North Atlantic Alliance", inflect=True)), unless_near=("pier",)),
        Entity("novak", (Name("Jan Novak", inflect=True, transliterate=True), Name("Novak", only_with=("harbour",)))),
    ]  # fmt: skip
    return [Rule(f"rule-{n}", text) for n, text in enumerate(texts)], entities


def fill(piece: str, size: int = FULL, before: str = "", after: str = "") -> bytes:
    """Return as many copies of a piece as make a body of `size` bytes."""
    one = piece.encode()
    return before.encode() + one * (max(0, size - len(before) - len(after)) // len(one)) + after.encode()


def numbered(template: str, size: int = FULL, before: str = "", after: str = "", most: int = 10_000_000) -> bytes:
    """Return copies of a template with "%d" counted up, as many as fit into `size` bytes."""
    parts, room = [before.encode()], size - len(before) - len(after)
    numbers = template.count("%d")
    for number in islice(count(), most):
        one = (template % ((number,) * numbers)).encode()
        room -= len(one)
        if room < 0:
            break
        parts.append(one)
    return b"".join([*parts, after.encode()])


def article(inner: str, head: str = "") -> bytes:
    """Return a page that calls itself news, around what is given."""
    return (
        f"<!doctype html><html lang=en><head><title>Quay</title><meta property=og:type content=article>{head}</head>"
        f"<body><article><h1>Quay at Varna</h1><p>{PROSE * 3}</p>{inner}<p>{PROSE * 3}</p></article></body></html>"
    ).encode()


def ld(text: str) -> bytes:
    """Return a page with one JSON-LD script."""
    return article("", f'<script type="application/ld+json">{text}</script>')


def _nested(tag: str, depth: int, *, closed: bool = False, text: str = "x") -> bytes:
    body = f"<{tag}>" * depth + text + (f"</{tag.partition(' ')[0]}>" * depth if closed else "")
    return f"<!doctype html><body>{body}".encode()


_NESTING = (
    "div", "ul><li", "a", "b", "font", "font color=red", "template", "svg", "svg><g", "math", "math><mi", "table",
    "table><tr><td", "select", "frameset", "noscript", "p", "span", "form", "button", "dl><dd", "h1", "nobr", "i",
    "object", "ruby", "applet", "marquee", "blockquote", "details", "x-y", "svg><foreignObject><div", "a><div",
    "b><p", "a href=#x><table", "select><div", "li", "center", "em", "section", "article",
)  # fmt: skip
# Deep in few bytes is what all of them can be; only these are also sent a million deep.
_PLAIN = {"div": 800_000, "b": 1_000_000, "font": 700_000, "template": 400_000, "table": 600_000, "a": 1_000_000}
_WORDS = "abcdefghijklmnopqrstuvwxyz"


def _distinct(number: int) -> str:
    """Return a word of letters alone for a number."""
    word = ""
    while True:
        number, digit = divmod(number, 26)
        word += _WORDS[digit]
        if not number:
            return word


def _words(size: int = FULL) -> str:
    parts, room = [], size
    for number in count():
        word = _distinct(number)
        room -= len(word) + 1
        if room < 0:
            return " ".join(parts)
        parts.append(word)
    raise AssertionError


def _nesting() -> list[Bomb]:
    found = []
    for tag in _NESTING:
        each = tag.count("<") + 1
        shallow = (DEPTH - 5) // each
        found += [
            Bomb(f"{tag} 100k deep", lambda t=tag: _nested(t, 100_000)),
            Bomb(f"{tag} at the bound", lambda t=tag, d=shallow: _nested(t, d)),
            Bomb(f"{tag} at the bound, text", lambda t=tag, d=shallow: _nested(f"{t}>{PROSE}<i></i", d // 2)),
            Bomb(f"{tag}, false ends", lambda t=tag, e=each: f"<{t}></y>".encode() * ((TAGS - 50) // (e + 1))),
            Bomb(f"{tag} at the bound, closed", lambda t=tag, d=shallow: _nested(t, d, closed=True)),
        ]
    found += [Bomb(f"{tag} {d} deep", lambda t=tag, d=d: _nested(t, d)) for tag, d in _PLAIN.items()]
    found += [
        Bomb(f"{tag} {d} deep, closed", lambda t=tag, d=d // 3: _nested(t, d, closed=True)) for tag, d in _PLAIN.items()
    ]
    return found


def _counts() -> list[Bomb]:
    few = "<p>" + PROSE
    return [
        Bomb("p 1M", lambda: fill("<p>")),
        Bomb("p closed, empty", lambda: fill("<p></p>")),
        Bomb("p in a row, at the bound", lambda: fill("<p>x", 4 * (TAGS - 50))),
        Bomb("p at the bound, full", lambda: fill("<p>" + "x" * 95)),
        Bomb("p at the bound, prose", lambda: fill(few)),
        Bomb("p in a row, closed", lambda: fill("<p>%s</p>" % ("x " * 95))),
        Bomb("div in a row, closed", lambda: fill("<div>%s</div>" % ("word " * 38))),
        Bomb("br at the bound", lambda: fill("x<br>", 5 * (TAGS - 50))),
        Bomb("br br at the bound", lambda: fill("x<br><br>", 9 * (TAGS // 2 - 50))),
        Bomb("hr 1M", lambda: fill("<hr>")),
        Bomb("bracket 5M", lambda: fill("<")),
        Bomb("brackets at the bound", lambda: fill("< x ", 4 * (4 * TAGS - 50))),
        Bomb("brackets and letters", lambda: fill("<a<a", 4 * (2 * TAGS - 50))),
        Bomb("closing tags", lambda: fill("</p>")),
        Bomb("closing tags at the bound", lambda: fill("</p>", 4 * (TAGS - 50))),
        Bomb("closing unknown at the bound", lambda: fill("</x>", 4 * (TAGS - 50), before="<b>" * 900)),
        Bomb("a and div, misnested", lambda: b"<a><div>" * 20_000 + b"</a>" * 20_000),
        Bomb("a and div, misnested at the bound", lambda: b"<a><div>" * 2_490 + b"</a>" * 40_000),
        Bomb("b and p, misnested at the bound", lambda: b"<b><p>" * 2_490 + b"</b>" * 40_000),
        Bomb("b p chain", lambda: fill("<b><p></b>", 10 * 16_600)),
        Bomb("b i u s, misnested", lambda: fill("<b><i><u><s></b></i></u></s>x", 29 * 6_200)),
        Bomb("a a a", lambda: fill("<a>x", 4 * (DEPTH - 10))),
        Bomb("fonts by attribute", lambda: numbered("<font a=%d>x</p>", most=DEPTH - 10)),
        Bomb("fonts reopened", lambda: b"<p>" + b"".join(b"<font a=%d>" % n for n in range(2_400)) + b"</p><p>x" * 9_000),
        Bomb("fonts reopened, few", lambda: b"<p>" + b"".join(b"<font a=%d>" % n for n in range(700)) + b"</p><p>x" * 700),
        Bomb("formatting reopened", lambda: b"<p>" + b"<b a=1><i b=2><u c=3>" * 800 + b"</p><p>x" * 20_000),
        Bomb("foster parents", lambda: b"<table>" + b"x<b>y</b>" * 24_000),
        Bomb("foster parents, nested", lambda: b"<table>x" * 4_900),
        Bomb("table rows", lambda: b"<table>" + b"<tr><td>x</td></tr>" * 12_400),
        Bomb("one row of cells", lambda: b"<table><tr>" + b"<td>x" * 49_900),
        Bomb("options 20k", lambda: b"<select>" + b"<option>x" * 20_000),
        Bomb("options at the bound", lambda: b"<select>" + b"<option>x" * 4_990),
        Bomb("options closed", lambda: b"<select>" + b"<option>x</option>" * 20_000),
        Bomb("options closed, at the bound", lambda: b"<select>" + b"<option>x</option>" * 4_990 + b"</select>"),
        Bomb("options selected", lambda: b"<select>" + b"<option selected>x</option>" * 4_990 + b"</select>"),
        Bomb("optgroups 20k", lambda: b"<select>" + b"<optgroup><option>x" * 20_000),
        Bomb("optgroups at the bound", lambda: b"<select>" + b"<optgroup label=x>x</optgroup>" * 24_000),
        Bomb("optgroups unclosed", lambda: b"<select>" + b"<optgroup label=x>x" * 4_990),
        Bomb("selects with options", lambda: b"<select><option>x</select>" * 4_990),
        Bomb("datalist", lambda: b"<datalist>" + b"<option>x</option>" * 4_990),
        Bomb("selectedcontent", lambda: b"<select><button><selectedcontent></button>" + b"<option selected>x<b>y</b></option>" * 4_990),
        Bomb("inputs", lambda: fill("<input>", 7 * (TAGS - 50), before="<form>")),
        Bomb("radio of one group", lambda: fill("<input type=radio name=a checked>", 33 * 24_000, before="<form>")),
        Bomb("bodies", lambda: numbered("<body a%d=x>", most=24_000)),
        Bomb("htmls", lambda: numbered("<html a%d=x>", most=24_000)),
        Bomb("ids", lambda: numbered("<p id=a%d>x", most=24_000)),
        Bomb("unknown elements", lambda: numbered("<x-%d>x</x-%d>", most=24_000)),
        Bomb("unknown elements, long names", lambda: numbered("<x%d" + "y" * 180 + ">", most=4_990)),
        Bomb("one tag of 5 MB", lambda: b"<" + b"x" * 4_999_000 + b">text"),
        Bomb("doctypes", lambda: fill("<!doctype html>")),
        Bomb("doctypes at the bound", lambda: fill("<!doctype html>", 15 * (4 * TAGS - 10))),
    ]  # fmt: skip


def _names(count: int, value: str = "") -> str:
    return " ".join(f"a{n}{value}" for n in range(count))


def _attributes() -> list[Bomb]:
    many = " ".join(f"a{n}" for n in range(1_990))
    values = " ".join(f"a{n}={n}" for n in range(1_990))
    return [
        Bomb("attributes 100k", lambda: ("<p " + " ".join(f"a{n}=x" for n in range(100_000)) + ">x").encode()),
        Bomb("attributes 500k, no value", lambda: ("<p " + " ".join(f"a{n}" for n in range(500_000)) + ">x").encode()),
        Bomb("attributes at the bound", lambda: f"<p {many}>x".encode()),
        Bomb("attributes at both bounds", lambda: f"<p {values}>x</p>".encode() * 100),
        Bomb("attributes at both bounds, no value", lambda: f"<p {many}>x</p>".encode() * 400),
        Bomb("attributes split by slashes", lambda: b"<p " + b"/".join(b"a%d" % n for n in range(100_000)) + b">x"),
        Bomb("attributes split by quotes", lambda: b"<p " + b"".join(b'a%d="x"' % n for n in range(100_000)) + b">x"),
        Bomb("attributes with brackets in values", lambda: b"<p " + b"".join(b'a%d="<>" ' % n for n in range(60_000)) + b">x"),
        Bomb("attributes with signs in values", lambda: b"<p " + b"".join(b'a%d="<" ' % n for n in range(60_000)) + b">x"),
        Bomb("attributes with ends in values", lambda: b"<p " + b"".join(b"""a%d='">' b%d="'>" """ % (n, n) for n in range(60_000)) + b">x"),
        Bomb("attributes with few signs", lambda: b"<p " + b"".join(b"a%d " % n if n % 500 else b"a%d='<>' " % n for n in range(120_000)) + b">x"),
        Bomb("attributes by unquoted values", lambda: b"<p " + b"".join(b"a%d=<' " % n for n in range(90_000)) + b">x"),
        Bomb("attributes behind spaces", lambda: b"<p " + b"".join(b"a%d=                '>' " % n for n in range(90_000)) + b">x"),
        Bomb("900 attributes a tag", lambda: fill(f"<p {_names(900)}>x</p>")),
        Bomb("700 attributes with signs a tag", lambda: fill(f"<p {_names(700, '=<>')}>x</p>".replace("=<>", "='<>'"))),
        Bomb("3,500 attributes with signs a tag", lambda: fill(f"<p {(_names(299) + ' v=<> ') * 12}>x</p>".replace("=<>", "='<>'"))),
        Bomb("attributes behind a bracket", lambda: b"<p x='>' " + b" ".join(b"a%d" % n for n in range(100_000)) + b">x"),
        Bomb("attributes over NUL", lambda: b"<p\0 " + b" ".join(b"a%d" % n for n in range(100_000)) + b">x"),
        Bomb("attributes in svg", lambda: b"<svg><script> <p " + b" ".join(b"a%d" % n for n in range(100_000)) + b">x"),
        Bomb("attributes of an end tag", lambda: b"</p " + b" ".join(b"a%d" % n for n in range(100_000)) + b">x"),
        Bomb("attributes by equal signs", lambda: b"<p " + b"=" * 1_000_000 + b">x"),
        Bomb("five short attributes a tag", lambda: fill("<p a b c d e>x</p>")),
        Bomb("five short attributes, at the bound", lambda: fill("<p a b c d e>x</p>", 18 * 24_900)),
        Bomb("forty attributes a tag", lambda: fill(f"<p {_names(40)}>x")),
        Bomb("eight values a tag, at the bound", lambda: fill("<p a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8>x</p>", 41 * 24_900)),
        Bomb("tags never closed", lambda: (b"<a " + b"y" * 4_100) * 1_200),
        Bomb("values never closed", lambda: (b"<a x=\"" + b"y" * 4_100 + b"<a x='" + b"y" * 4_100) * 600),
        Bomb("spaces in tags", lambda: (b"<a" + b" " * 4_100) * 1_200),
        Bomb("equal signs apart", lambda: (b"<a b" + b" " * 2_100 + b"=" + b" " * 2_100) * 1_100),
        Bomb("attribute of 5 MB", lambda: b"<p title='" + b"x" * 4_999_000 + b"'>x"),
        Bomb("attribute of 5 MB, unclosed", lambda: b"<p title='" + b"x" * 4_999_000),
        Bomb("class of 5 MB", lambda: article(f"<div class='{'card ' * 900_000}'><p>{PROSE}</p></div>")),
        Bomb("class of 5 MB in one word", lambda: article(f"<div class='{'x' * 4_900_000}'><p>{PROSE}</p></div>")),
        Bomb("class of dashes", lambda: article(f"<div class='{'-_' * 2_400_000}'><p>{PROSE}</p></div>")),
        Bomb("style attribute of 5 MB", lambda: article(f"<div style='{'display : ' * 480_000}'><p>{PROSE}</p></div>")),
        Bomb("style of spaces", lambda: article(f"<div style='display{' ' * 4_900_000}'><p>{PROSE}</p></div>")),
        Bomb("href of 5 MB", lambda: article(f"<p><a href='{'a/' * 2_400_000}'>{PROSE}</a></p>")),
        Bomb("href of dots", lambda: article(f"<p><a href='{'../' * 1_600_000}'>{PROSE}</a></p>")),
        Bomb("href of percents", lambda: article(f"<p><a href='/{'%zz%' * 1_200_000}'>{PROSE}</a></p>")),
        Bomb("canonical of 5 MB", lambda: article("", f"<link rel=canonical href='https://a.example/{'a' * 4_900_000}'>")),
        Bomb("base of 5 MB", lambda: article("", f"<base href='https://a.example/{'a/' * 2_400_000}'>")),
        Bomb("time of 5 MB", lambda: article(f"<time datetime='{'2026-' * 990_000}'>x</time>")),
        Bomb("time of digits", lambda: article(f"<time datetime='{'1' * 4_900_000}'>{'1' * 40_000}</time>")),
    ]  # fmt: skip


def _texts() -> list[Bomb]:
    joined = "\U0001f469\u200d\U0001f4bb\u200d"
    one = {
        "one word of 5 MB": lambda: "x" * 4_990_000,
        "one word of capitals": lambda: "X" * 4_990_000,
        "one line of words": lambda: "word " * 990_000,
        "one line of prose": lambda: PROSE * 48_000,
        "1M different words": lambda: _words(),
        "the rules' words": lambda: "nato summit quay pier novak " * 175_000,
        "one of the rules' words": lambda: "nato " * 990_000,
        "one of the rules' words, joined": lambda: "nato-" * 990_000,
        "names": lambda: "Jan Novak, NATO " * 300_000,
        "letters for expressions": lambda: "ab" * 2_490_000,
        "letters for expressions, apart": lambda: "a b a x " * 620_000,
        "verbs for expressions": lambda: "sing ing ring " * 350_000,
        "digits": lambda: "1" * 4_990_000,
        "dates": lambda: "2026-11-24 " * 450_000,
        "full stops": lambda: ". " * 2_490_000,
        "stops without spaces": lambda: "." * 4_990_000,
        "initials": lambda: "A. B. " * 830_000,
        "sentences of a word": lambda: "No. " * 1_240_000,
        "question marks": lambda: "? A" * 1_650_000,
        "quotes": lambda: "\u201cA.\u201d " * 550_000,
        "apostrophes": lambda: "'" * 4_990_000,
        "apostrophes in words": lambda: "l'a'" * 1_240_000,
        "hyphens": lambda: "a-" * 2_490_000,
        "soft hyphens": lambda: "a\u00ad" * 1_660_000,
        "brackets closed": lambda: ")" * 4_990_000,
        "spaces": lambda: "a" + " " * 4_900_000 + "b",
        "no-break spaces": lambda: "\u00a0a" * 1_600_000,
        "em spaces": lambda: "a" + "\u2003" * 1_600_000 + "b",
        "tabs and newlines": lambda: "\t\n" * 2_400_000 + "x",
        "1M line breaks": lambda: "x\n" * 2_490_000,
        "combining marks": lambda: "a" + "\u0301" * 2_490_000,
        "letters with marks": lambda: "e\u0301" * 1_660_000,
        "letters with five marks": lambda: "e\u0301\u0302\u0303\u0323\u0330" * 450_000,
        "composed letters": lambda: "\u1ec7" * 1_660_000,
        "zero-width runs": lambda: "a" + "\u200b\u200d\u200c\ufeff" * 410_000,
        "zero-width between letters": lambda: "n\u200ba\u200bt\u200bo\u200b " * 290_000,
        "direction marks": lambda: "\u202ea\u202c" * 700_000,
        "emoji chains": lambda: joined * 350_000,
        "emoji": lambda: "\U0001f600" * 1_240_000,
        "flags": lambda: "\U0001f1e9\U0001f1ea" * 620_000,
        "controls": lambda: "".join(map(chr, (*range(1, 9), *range(14, 32)))) * 190_000,
        "C1 controls": lambda: "\u0080\u0091" * 1_240_000,
        "Chinese": lambda: "\u6e2f\u53e3\u6703\u8b70" * 410_000,
        "Thai": lambda: "\u0e01\u0e32\u0e23\u0e1b" * 410_000,
        "Korean": lambda: "\ud55c\uad6d\uc5b4" * 550_000,
        "Hangul parts": lambda: "\u1112\u1161\u11ab" * 550_000,
        "Arabic": lambda: "\u0633\u0644\u0627\u0645 " * 550_000,
        "Arabic ligatures": lambda: "\ufdfa" * 1_660_000,
        "Cyrillic": lambda: "\u043f\u0440\u0438\u0441\u0442\u0430\u043d\u044c " * 290_000,
        "Greek": lambda: "\u03bb\u03b9\u03bc\u03ac\u03bd\u03b9 " * 400_000,
        "ligatures": lambda: "\ufb03" * 1_660_000,
        "wide letters": lambda: "\uff4e\uff41\uff54\uff4f " * 380_000,
        "mathematical letters": lambda: "\U0001d427\U0001d41a\U0001d42d\U0001d428 " * 290_000,
        "dotted I": lambda: "\u0130" * 2_490_000,
        "sharp s": lambda: "\u1e9e" * 1_660_000,
        "private use": lambda: "\ue000" * 1_660_000,
        "numeric entities": lambda: "&#97;" * 990_000,
        "numeric entities of controls": lambda: "&#27;" * 990_000,
        "numeric entities, huge": lambda: "&#99999999999;" * 350_000,
        "one entity of 5 MB": lambda: "&#" + "9" * 4_900_000 + ";",
        "hex entities": lambda: "&#x1F600;" * 550_000,
        "named entities": lambda: "&CounterClockwiseContourIntegral;" * 150_000,
        "named entities, unclosed": lambda: "&notit" * 830_000,
        "ampersands": lambda: "&" * 4_990_000,
        "ampersands and letters": lambda: "&a" * 2_490_000,
        "addresses": lambda: "https://a.example/" * 270_000,
        "mails": lambda: "a@" * 2_490_000,
        "by lines": lambda: "By By By " * 550_000,
        "hours": lambda: "10:30 " * 830_000,
        "NUL": lambda: "\0" * 4_990_000,
        "replacement characters": lambda: "\ufffd" * 1_660_000,
    }  # fmt: skip
    found = [Bomb(name, lambda t=text: article(f"<p>{t()}</p>")[:FULL]) for name, text in one.items()]
    # The same in paragraphs of a line's length, which most of extraction sees many of.
    lines = ["one line of words", "the rules' words", "combining marks", "emoji chains", "Chinese", "names", "dates",
             "initials", "full stops", "numeric entities", "letters with marks", "hours", "Cyrillic", "mathematical letters"]  # fmt: skip
    for name in lines:
        found.append(Bomb(f"{name}, in 3,900 paragraphs", lambda t=one[name]: _lines(t(), 3_900)))
        found.append(Bomb(f"{name}, in 20,000 paragraphs", lambda t=one[name]: _lines(t(), 20_000)))
    return found


def _lines(text: str, pieces: int) -> bytes:
    step = max(1, len(text) // pieces)
    parts = [f"<p>{text[at : at + step]}</p>" for at in range(0, len(text), step)]
    return article("".join(parts))[:FULL]


def _places() -> list[Bomb]:
    big = "x " * 2_400_000
    return [
        Bomb("title of 5 MB", lambda: fill("word ", before="<title>")),
        Bomb("title of 5 MB in an article", lambda: f"<title>{big}</title><h1>{big[:9]}</h1><p>{PROSE * 9}".encode()),
        Bomb("title in one word", lambda: fill("x", before="<title>", after=f"</title><p>{PROSE * 9}")),
        Bomb("title of separators", lambda: fill(" - | ", before="<title>", after=f"</title><p>{PROSE * 9}")),
        Bomb("heading of 5 MB", lambda: fill("word ", before="<h1>", after=f"</h1><p>{PROSE * 9}")),
        Bomb("heading of 5 MB, one word", lambda: fill("x", before="<h1>", after=f"</h1><p>{PROSE * 9}")),
        Bomb("headings", lambda: fill("<h1>Quay at Varna</h1>", 22 * 24_900)),
        Bomb("description of 5 MB", lambda: article("", f"<meta name=description content='{big}'>")),
        Bomb("description in one word", lambda: article("", f"<meta name=description content='{'x' * 4_900_000}'>")),
        Bomb("description of tags", lambda: article("", f"<meta name=description content='{'<b' * 99_000}'>")),
        Bomb("author of 5 MB", lambda: article("", f"<meta name=author content='{big}'>")),
        Bomb("author of commas", lambda: article("", f"<meta name=author content='{'A B, ' * 900_000}'>")),
        Bomb("author of ands", lambda: article("", f"<meta name=author content='{'A and ' * 800_000}'>")),
        Bomb("byline of 5 MB", lambda: article(f"<p class=byline>By {'Jan Novak, ' * 400_000}</p>")),
        Bomb("byline in one word", lambda: article(f"<p class=byline>By {'N' * 4_900_000}</p>")),
        Bomb("bylines", lambda: article("<p class=byline rel=author>By Jan Novak</p>" * 24_000)),
        Bomb("published of 5 MB", lambda: article("", f"<meta property=article:published_time content='{big}'>")),
        Bomb("published of digits", lambda: article("", f"<meta property=article:published_time content='{'1' * 4_900_000}'>")),
        Bomb("published of spaces", lambda: article("", f"<meta property=article:published_time content='1{' ' * 4_900_000}1'>")),
        Bomb("date in words of 5 MB", lambda: article(f"<p class=date>{'Tuesday, 24 November ' * 200_000}</p>")),
        Bomb("metas 100k", lambda: fill("<meta name=a content=b>", before="<head>")),
        Bomb("metas at the bound", lambda: fill("<meta name=author content=Jan>", 30 * 49_900, before="<head>")),
        Bomb("metas of authors", lambda: numbered("<meta name=author content='Jan N%d'>", before="<head>", after=f"</head><p>{PROSE * 9}", most=49_900)),
        Bomb("links in the head", lambda: fill("<link rel=canonical href=/x>", 28 * 49_900, before="<head>")),
        Bomb("links 50k", lambda: numbered("<a href=/%d>x</a>", most=24_900)),
        Bomb("links of headlines", lambda: article("".join(f"<p><a href=/{n}/quay>The harbour of Varna is closed again {n}</a></p>" for n in range(12_400)))),
        Bomb("links, unclosed", lambda: numbered("<a href=/%d>x", most=4_990)),
        Bomb("links in one paragraph", lambda: article("<p>" + "".join(f"<a href=/{n}>quay {n}</a> " for n in range(24_000)))),
        Bomb("rel of 5 MB", lambda: article("", f"<link rel='{'x ' * 2_400_000}' href=/x>")),
        Bomb("images", lambda: fill("<img src=x>", 11 * 49_900)),
        Bomb("articles with times", lambda: numbered("<article><time datetime=2026-11-24T10:%d>x</time></article>", most=12_000)),
        Bomb("articles nested with times", lambda: fill("<article><time datetime=2026-11-24T10:00Z>", 42 * 2_480)),
        Bomb("live entries 50k", lambda: fill("<p><time>10:30</time>", 21 * 24_900)),
        Bomb("live entries", lambda: article("".join(f"<div><time datetime=2026-11-24T10:{n % 60:02}Z>10:{n % 60:02}</time><p>{PROSE}</p></div>" for n in range(8_000)))),
        Bomb("live entries alike", lambda: article(f"<div><time>10:30</time><p>{PROSE[:60]}</p></div>" * 8_000)),
        Bomb("live entries, deep", lambda: article(f"<div><div><div><div><time>10:30</time><p>{PROSE}" * 490)),
        Bomb("live entries by the clock", lambda: article("<p>10:30</p><p>The quay is closed, says the harbour.</p>" * 12_000)),
        Bomb("live updates in JSON-LD", lambda: ld(json.dumps({"@type": "LiveBlogPosting", "headline": "Quay", "liveBlogUpdate": [{"@type": "BlogPosting", "headline": f"Quay {n}", "articleBody": PROSE, "datePublished": "2026-11-24T10:00Z"} for n in range(9_000)]}))),
        Bomb("live updates, page and JSON-LD", _live_both),
        Bomb("deep tables", lambda: fill("<table><tr><td>x", 16 * 1_600)),
        Bomb("repeated block", lambda: article(f"<p>{PROSE}</p>" * 24_000)),
        Bomb("teasers", lambda: article(f"<div class=teaser><a href=/x><h3>The harbour of Varna is closed</h3></a><p>{PROSE[:60]}</p></div>" * 6_000)),
        Bomb("lists", lambda: article("<ul>" + "<li>quay" * 4_900 + "</ul>")),
        Bomb("definition lists", lambda: article("<dl>" + "<dt>a<dd>b" * 2_400 + "</dl>")),
        Bomb("labels", lambda: article("<div class=ad>Ad</div>" * 24_000)),
        Bomb("base of many", lambda: fill("<base href=https://a.example/x>", 31 * 49_000)),
        Bomb("itemprops", lambda: article("<div itemscope itemtype=https://schema.org/NewsArticle><span itemprop=author>A B</span></div>" * 12_000)),
        Bomb("password fields", lambda: fill("<input type=password>", 21 * 49_000)),
    ]  # fmt: skip


def _live_both() -> bytes:
    updates = [{"@type": "BlogPosting", "headline": f"Quay {n}", "articleBody": f"{PROSE} {n}"} for n in range(4_000)]
    head = json.dumps({"@type": "LiveBlogPosting", "headline": "Quay", "liveBlogUpdate": updates})
    inner = "".join(
        f"<div><time datetime=2026-11-24T10:00Z>x</time><h2>Quay {n}</h2><p>{PROSE} {n}</p></div>" for n in range(4_000)
    )
    return article(inner, f'<script type="application/ld+json">{head}</script>')


def _hidden() -> list[Bomb]:
    """What a parser passes over, and what a regular expression may not."""
    text = f"<p>{PROSE * 9}"
    return [
        Bomb("comments unclosed 100k", lambda: b"<!--" * 100_000),
        Bomb("comments unclosed 1.2M", lambda: fill("<!--")),
        Bomb("comments closed", lambda: fill("<!---->")),
        Bomb("comments at the bound", lambda: fill("<!--x-->", 8 * (4 * TAGS - 10))),
        Bomb("comment of 5 MB", lambda: fill("x", before="<!--", after=f"-->{text}")),
        Bomb("comment of dashes", lambda: fill("-", before="<!--", after=text)),
        Bomb("comment ends", lambda: fill("-->", after=text)),
        Bomb("comment half ends", lambda: fill("--!", before="<!--", after=text)),
        Bomb("comments before the root", lambda: fill("<!-- x -->", 10 * (4 * TAGS - 10), after=f"<html><body>{text}")),
        Bomb("CDATA", lambda: fill("<![CDATA[")),
        Bomb("CDATA at the bound", lambda: fill("<svg><![CDATA[x]]></svg>", 24 * 24_900)),
        Bomb("processing instructions", lambda: fill("<?x?>")),
        Bomb("processing instructions at the bound", lambda: fill("<?x?>", 5 * (4 * TAGS - 10))),
        Bomb("script of 5 MB", lambda: fill("a<b;", before="<script>", after=f"</script>{text}")),
        Bomb("script of 5 MB, one line", lambda: fill("x", before="<script>", after=f"</script>{text}")),
        Bomb("script unclosed", lambda: fill("x = 1;", before=f"{text}<script>")),
        Bomb("script in script", lambda: fill("<script>", before="<script><!--", after=text)),
        Bomb("script in script at the bound", lambda: fill("<!--<script>", 12 * 99_000, before="<script>", after=text)),
        Bomb("script ends in script", lambda: fill("</script", before="<script>", after=text)),
        Bomb("scripts empty", lambda: fill("<script></script>", 17 * 24_900, after=text)),
        Bomb("style of 5 MB", lambda: fill("a{b:c}", before="<style>", after=f"</style>{text}")),
        Bomb("style unclosed", lambda: fill("a{b:c}", before=f"{text}<style>")),
        Bomb("textarea of 5 MB", lambda: fill("<p>", 600_000, before="<textarea>", after=f"</textarea>{text}")),
        Bomb("plaintext", lambda: fill("<p>", 190_000 * 3, before=f"{text}<plaintext>")),
        Bomb("xmp", lambda: fill("<p>", 190_000 * 3, before=f"{text}<xmp>")),
        Bomb("noscript of 5 MB", lambda: fill("x ", before=f"{text}<noscript>")),
        Bomb("template of 5 MB", lambda: fill("x ", before=f"{text}<template>")),
        Bomb("svg of 5 MB", lambda: fill("M 1 1 ", before=f"{text}<svg><path d='", after="'></svg>")),
        Bomb("iframe srcdoc", lambda: fill("&lt;p&gt;", before="<iframe srcdoc='", after=f"'></iframe>{text}")),
        Bomb("picture within the page", lambda: fill("QUJD", before=f"{text}<img src='data:image/png;base64,", after="'>")),
    ]  # fmt: skip


def _ld() -> list[Bomb]:
    deep = 100_000
    say = '{"@type":"NewsArticle","headline":"Quay",'
    return [
        Bomb("JSON-LD lists 100k deep", lambda: ld("[" * deep + "]" * deep)),
        Bomb("JSON-LD lists unclosed", lambda: ld("[" * 2_000_000)),
        Bomb("JSON-LD objects 100k deep", lambda: ld('{"a":' * deep + "1" + "}" * deep)),
        Bomb("JSON-LD graphs 900 deep", lambda: ld('{"@graph":[' * 400 + "1" + "]}" * 400)),
        Bomb("JSON-LD graphs, wide and deep", lambda: ld(_wide(3, 8))),
        Bomb("JSON-LD 1M keys", lambda: ld("{" + ",".join(f'"k{n}":1' for n in range(400_000)) + "}")),
        Bomb("JSON-LD one key", lambda: ld("{" + '"a":1,' * 700_000 + '"b":1}')),
        Bomb("JSON-LD 1M items", lambda: ld("[" + "{}," * 1_500_000 + "{}]")),
        Bomb("JSON-LD 300k items", lambda: ld("[" + "{}," * 300_000 + "{}]")),
        Bomb("JSON-LD numbers", lambda: ld(f"[{'9' * 900_000}]")),
        Bomb("JSON-LD number at Python's bound", lambda: ld("[" + ("9" * 4_300 + ",") * 230 + "1]")),
        Bomb("JSON-LD floats", lambda: ld(f"[1.{'9' * 900_000}e99999]")),
        Bomb("JSON-LD strings", lambda: ld("[" + '"\\u0041\\n",' * 80_000 + "1]")),
        Bomb("JSON-LD escapes", lambda: ld(say + '"articleBody":"' + "\\u003cp\\u003e" * 80_000 + '"}')),
        Bomb("JSON-LD body of tags", lambda: ld(say + '"articleBody":"' + "<p" * 99_000 + '"}')),
        Bomb("JSON-LD body of 1 MB", lambda: ld(say + '"articleBody":"' + PROSE * 9_000 + '"}')),
        Bomb("JSON-LD body of paragraphs", lambda: ld(say + '"articleBody":"' + "A quay.\\n" * 99_000 + '"}')),
        Bomb("JSON-LD cut strings", lambda: ld('{"@type":"NewsArticle","headline":"' + '\\"x"headline":"' * 60_000)),
        Bomb("JSON-LD types cut", lambda: ld('"@type":"NewsArticle",' + '"@type":' * 110_000)),
        Bomb("JSON-LD types of blanks", lambda: ld('"@type":"NewsArticle",' + '"@type":' + " [" * 490_000)),
        Bomb("JSON-LD headlines of blanks", lambda: ld('"@type":"NewsArticle",' + ('"headline"' + " " * 3_000) * 300)),
        Bomb("JSON-LD strings unclosed", lambda: ld('"@type":"NewsArticle",' + '"headline":"' + "\\a" * 480_000)),
        Bomb("JSON-LD headlines unclosed", lambda: ld('"@type":"NewsArticle",' + '"headline":"aaaaaaaaa' * 45_000)),
        Bomb("JSON-LD names unclosed", lambda: ld('"@type":"NewsArticle",' + ('"name":"' + "a" * 2_900) * 330)),
        Bomb("JSON-LD quotes of headlines", lambda: ld('"@type":"NewsArticle"' + ('"description":"' + "x" * 14 ) * 33_000)),
        Bomb("JSON-LD authors unclosed", lambda: ld('"@type":"NewsArticle","author":' + "{a" * 480_000)),
        Bomb("JSON-LD authors again", lambda: ld('"@type":"NewsArticle",' + '"author":[{},' * 75_000)),
        Bomb("JSON-LD authors of blanks", lambda: ld('"@type":"NewsArticle",' + '"author":' + "{}" * 19 + " " * 900_000)),
        Bomb("JSON-LD trailing commas", lambda: ld("[" + "1, " * 300_000 + "x")),
        Bomb("JSON-LD commas of blanks", lambda: ld("[1" + "," + " " * 900_000 + "x")),
        Bomb("JSON-LD commas and blanks", lambda: ld("[1" + ("," + " " * 900) * 1_000 + "x")),
        Bomb("JSON-LD entities", lambda: ld("{&quot;a&quot;:" * 60_000)),
        Bomb("JSON-LD controls", lambda: ld("[" + "\x01\x02a" * 300_000)),
        Bomb("JSON-LD long types", lambda: ld('{"@type":"' + "Medical" * 100_000 + '"}')),
        Bomb("JSON-LD many types", lambda: ld('{"@type":[' + '"NewsArticle",' * 60_000 + '"x"]}')),
        Bomb("JSON-LD many authors", lambda: ld(say + '"author":[' + '{"@type":"Person","name":"A B"},' * 28_000 + "{}]}")),
        Bomb("JSON-LD authors in circles", lambda: ld('{"@graph":[' + '{"@id":"a","@type":"NewsArticle","author":{"@id":"a"}},' * 17_000 + "{}]}")),
        Bomb("JSON-LD 5,000 scripts", lambda: article("", '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Quay"}</script>' * 5_000)),
        Bomb("JSON-LD 20 scripts of 240 kB", lambda: article("", ('<script type="application/ld+json">[' + '{"@type":"NewsArticle","headline":"Q"},' * 6_000 + "{}]</script>") * 20)),
        Bomb("JSON-LD 20 broken scripts", lambda: article("", ('<script type="application/ld+json">{"@type":"NewsArticle",' + '"headline":"aaaaaaaaaaaaa' * 9_500 + "</script>") * 20)),
        Bomb("JSON-LD 20 scripts of lists", lambda: article("", ('<script type="application/ld+json">[' + "[]," * 80_000 + "1]</script>") * 20)),
    ]  # fmt: skip


def _wide(width: int, depth: int) -> str:
    inner = "{}"
    for _ in range(depth):
        inner = '{"@type":"NewsArticle","headline":"Quay","@graph":[' + ",".join([inner] * width) + "]}"
    return inner


def _packed() -> list[Bomb]:
    gib = 1 << 30

    def zeros(window: int, size: int, byte: bytes = b"\0") -> bytes:
        packer = zlib.compressobj(9, wbits=window)
        block = byte * (1 << 20)
        return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])

    return [
        Bomb("gzip 256 MB", lambda: zeros(31, gib >> 2), headers={"content-encoding": "gzip"}),
        Bomb("gzip to the cap", lambda: gzip.compress(fill("<p>" + PROSE)), headers={"content-encoding": "gzip"}),
        Bomb("gzip to the cap, spaces", lambda: gzip.compress(b" " * FULL), headers={"content-encoding": "gzip"}),
        Bomb("deflate 64 MB", lambda: zeros(15, gib >> 4), headers={"content-encoding": "deflate"}),
        Bomb("bare deflate 64 MB", lambda: zeros(-15, gib >> 4), headers={"content-encoding": "deflate"}),
        Bomb("gzip twice", lambda: gzip.compress(gzip.compress(b"x" * FULL)), headers={"content-encoding": "gzip"}),
        Bomb("gzip 100 times", lambda: gzip.compress(b"x"), headers={"content-encoding": ", ".join(["gzip"] * 100)}),
        Bomb("gzip of many members", lambda: gzip.compress(b"<p>quay") * 150_000, headers={"content-encoding": "gzip"}),
        Bomb("gzip of a nested page", lambda: gzip.compress(_nested("div", 900_000)), headers={"content-encoding": "gzip"}),
        Bomb("random bytes", _noise),
        Bomb("random bytes, no charset", _noise, kind="text/html"),
        Bomb("random letters, no charset", lambda: b"<html><p>" + bytes(b | 0x80 for b in _noise()), kind="text/html"),
        Bomb("utf-16", lambda: ("\ufeff<html><p>" + "x " * 1_200_000).encode("utf-16"), kind="text/html"),
        Bomb("utf-16, nested", lambda: ("\ufeff" + "<div>" * 400_000).encode("utf-16"), kind="text/html"),
        Bomb("utf-7", lambda: b"<html><p>" + b"+ADw-div+AD4-" * 380_000, kind="text/html; charset=utf-7"),
        Bomb("gb18030 into four bytes", lambda: b"<html><p>" + b"\x81\x30\x81\x30" * 1_200_000, kind="text/html; charset=gb18030"),
        Bomb("iso-2022-jp", lambda: b"<html><p>" + b"\x1b$B9A\x1b(B" * 600_000, kind="text/html; charset=iso-2022-jp"),
        Bomb("encoded twice", lambda: ("<html><p>" + "\u00c3\u00a9" * 1_200_000).encode()[:FULL], kind="text/html"),
        Bomb("meta charsets", lambda: b"<meta charset" * 380_000, kind="text/html"),
        Bomb("charset of 1 MB", lambda: article(""), kind="text/html; charset=" + "x" * 1_000_000),
    ]  # fmt: skip


def _noise() -> bytes:
    """Return 5 MB without a pattern, the same at every run."""
    import random

    return b"<html><body><p>" + random.Random(5).randbytes(4_999_000).replace(b"<", b"(")


def _selectors() -> list[Bomb]:
    """Selectors as outlets have them, against pages that hold what they ask for thousands of times, or nearly."""

    def flat() -> bytes:
        return numbered("<div class=a><p id=p%d>" + PROSE[:40] + "</p></div>", before="<html><body>", most=12_000)

    def deep() -> bytes:
        return ("<html><body>" + "<div class=a>" * 2_400 + PROSE * 9 + "</div>" * 2_400).encode()

    found = []
    for one in (
        "article div p",
        "div.a > p",
        "main div",
        "[class*=a i]",
        ".a p:not(.b)",
        ".a:has(> p)",
        "h1 ~ p",
        "p, .a, div",
    ):
        found.append(Bomb(f"selector {one}, flat", flat, selectors=Selectors(body=one)))
        found.append(Bomb(f"selector {one}, deep", deep, selectors=Selectors(body=one)))
        found.append(Bomb(f"selector {one}, dropped", flat, selectors=Selectors(drop=one)))
        found.append(Bomb(f"selector {one}, deep, dropped", deep, selectors=Selectors(drop=one)))
    return found


PAGES = [*_nesting(), *_counts(), *_attributes(), *_texts(), *_places(), *_hidden(), *_ld(), *_packed(), *_selectors()]


def _rss(items: str) -> str:
    return f"<rss version='2.0'><channel><title>Paper</title>{items}</channel></rss>"


def _sources() -> list[tuple[str, Callable[[], bytes]]]:
    item = "<item><title>Quay %d</title><link>https://a.example/%d</link><description>x</description></item>"
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))
    long = "".join(f" a{n}='x'" for n in range(100_000))
    many = "".join(f" a{n}='x'" for n in range(1_990))
    return [
        ("billion laughs", lambda: f"<?xml version='1.0'?><!DOCTYPE r [<!ENTITY l0 'lol'>{laughs}]>{_rss('<item><title>&l9;</title></item>')}".encode()),
        ("laughs past 4 kB", lambda: f"<?xml version='1.0'?>{' ' * 5_000}<!DOCTYPE r [<!ENTITY l0 'lol'>{laughs}]>{_rss('<item><title>&l9;</title></item>')}".encode()),
        ("quadratic entity", lambda: f"<!DOCTYPE r [<!ENTITY a '{'x' * 50_000}'>]>{_rss('&a;' * 50_000)}".encode()),
        ("XXE", lambda: b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + _rss("<item><title>&x;</title></item>").encode()),
        ("1M entries", lambda: fill("<item/>", before="<rss><channel>", after="</channel></rss>")),
        ("1M entries, unclosed", lambda: fill("<item>", before="<rss><channel>")),
        ("entries to the cap", lambda: numbered(item, before="<rss><channel>", after="</channel></rss>")),
        ("entries to the tags", lambda: numbered(item, before="<rss><channel>", after="</channel></rss>", most=12_000)),
        ("entries to the tags, ill-formed", lambda: numbered(item, before="<rss><channel>", most=6_200)),
        ("entries of 1.9 MB, ill-formed", lambda: numbered(item, 1_900_000, before="<rss><channel>", most=6_200)),
        ("entries with bad dates", lambda: numbered("<item><link>https://a.example/%d</link><pubDate>%d Foo 99999 +9999 25:61:61</pubDate></item>", before="<rss><channel>", after="</channel></rss>", most=12_000)),
        ("a date of 4 MB", lambda: _rss(f"<item><link>https://a.example/1</link><pubDate>{'1 ' * 2_000_000}</pubDate></item>").encode()),
        ("attributes 100k", lambda: f"<rss><channel><item{long}/></channel></rss>".encode()),
        ("attributes at the bound", lambda: f"<rss><channel>{f'<item{many}/>' * 100}</channel></rss>".encode()),
        ("200k deep", lambda: b"<rss><channel>" + b"<a>" * 200_000 + b"</a>" * 200_000),
        ("deep at the bound", lambda: b"<rss><channel><item>" + b"<a>" * 4_900 + b"</a>" * 4_900 + b"</item></channel></rss>"),
        ("title of 5 MB", lambda: fill("x ", before="<rss><channel><item><link>https://a.example/1</link><title>", after="</title></item></channel></rss>")),
        ("description of references", lambda: fill("&lt;", before="<rss><channel><item><link>https://a.example/1</link><description>", after="</description></item></channel></rss>")),
        ("description of references, ill-formed", lambda: fill("&lt;", 1_900_000, before="<rss><channel><item><link>https://a.example/1</link><description>")),
        ("description of brackets in CDATA", lambda: fill("<", 190_000, before="<rss><channel><item><link>https://a.example/1</link><description><![CDATA[", after="]]></description></item></channel></rss>")),
        ("link of 5 MB", lambda: fill("a/../", before="<rss><channel><item><link>https://a.example/", after="</link></item></channel></rss>")),
        ("namespaces 40k", lambda: f"<rss{''.join(f' xmlns:n{n}={chr(39)}u{n}{chr(39)}' for n in range(40_000))}/>".encode()),
        ("namespaces at the bound", lambda: f"<rss{''.join(f' xmlns:n{n}={chr(39)}u{n}{chr(39)}' for n in range(1_990))}><channel>{'<item/>' * 40_000}</channel></rss>".encode()),
        ("comments", lambda: fill("<!---->", 7 * 190_000, before="<rss><channel>", after="</channel></rss>")),
        ("processing instructions", lambda: fill("<?a?>", 5 * 190_000, before="<rss><channel>", after="</channel></rss>")),
        ("empty CDATA", lambda: fill("<![CDATA[]]>", 12 * 190_000, before="<rss><channel>", after="</channel></rss>")),
        ("utf-16, nested", lambda: ("\ufeff<rss>" + "<a>" * 800_000).encode("utf-16")),
        ("utf-16 laughs", lambda: f"<?xml version='1.0' encoding='utf-16'?><!DOCTYPE r [<!ENTITY l0 'lol'>{laughs}]>{_rss('<item><title>&l9;</title></item>')}".encode("utf-16")),
        ("utf-7 laughs", lambda: b"<?xml version='1.0' encoding='utf-7'?>" + f"<!DOCTYPE r [<!ENTITY l0 'lol'>{laughs}]>{_rss('&l9;')}".encode("utf-7")),
        ("JSON 1M items", lambda: fill("{},", before='{"items":[', after="{}]}")),
        ("JSON items with links", lambda: numbered('{"id":"%d","url":"https://a.example/%d"},', before='{"items":[', after="{}]}")),
        ("JSON 100k deep", lambda: b'{"items":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("JSON 2M deep", lambda: b'{"items":' + b"[" * 2_000_000),
        ("JSON 1M keys", lambda: numbered('"k%d":1,', before="{", after='"items":[]}')),
        ("JSON number of 4 MB", lambda: b'{"items":[{"id":' + b"9" * 4_000_000 + b"}]}"),
        ("JSON lists", lambda: fill("[],", before='{"items":[', after="1]}")),
        ("sitemap 1M entries", lambda: fill("<url/>", before="<urlset>", after="</urlset>")),
        ("sitemap to the cap", lambda: numbered("<url><loc>https://a.example/%d</loc></url>", before="<urlset>", after="</urlset>")),
        ("sitemap to the tags", lambda: numbered("<url><loc>https://a.example/%d</loc></url>", before="<urlset>", after="</urlset>", most=12_000)),
        ("sitemap laughs", lambda: f"<!DOCTYPE r [<!ENTITY l0 'lol'>{laughs}]><urlset><url><loc>&l9;</loc></url></urlset>".encode()),
        ("sitemap deep", lambda: b"<urlset>" + b"<url>" * 4_900),
        ("gzip 256 MB", lambda: _pack(256 << 20)),
    ]  # fmt: skip


def _pack(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b"<item/>" * (1 << 17)
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])


FEEDS = [
    Bomb(f"feed: {name}", make, "links", "application/rss+xml",
         {"content-encoding": "gzip"} if name.startswith("gzip") else {})
    for name, make in _sources()
]  # fmt: skip

_LONG = tuple(f"https://a.example/{'a' * 1_900}b{n}" for n in range(20))
_ROBOTS: list[tuple[str, Callable[[], bytes]]] = [
    ("wildcards 5 MB", lambda: fill("Disallow: /*" + "a*" * 60 + "b$\n", before="User-agent: *\n")),
    ("wildcards 500 kB", lambda: fill("Disallow: /*" + "a*" * 60 + "b$\n", 500_000, before="User-agent: *\n")),
    ("one wildcard rule", lambda: b"User-agent: *\nDisallow: /" + b"a*" * 20_000 + b"c$"),
    ("wildcards alone", lambda: b"User-agent: *\nDisallow: /" + b"*" * 400_000 + b"c$"),
    ("short wildcard rules", lambda: fill("Disallow: /*a*a*a*a*b\n", 500_000, before="User-agent: *\n")),
    ("short rules", lambda: numbered("Disallow: /%d\n", 500_000, before="User-agent: *\n")),
    ("agents", lambda: numbered("User-agent: a%d\n", 500_000, after="Disallow: /")),
    ("groups", lambda: numbered("User-agent: *\nDisallow: /%d\n\n", 500_000)),
    ("percents", lambda: fill("Disallow: /%zz%41%\n", 500_000, before="User-agent: *\n")),
    ("one line", lambda: b"Disallow: /" + b"a" * 4_900_000),
    ("colons", lambda: fill(":\n")),
    ("line breaks", lambda: fill("\r")),
    ("crawl delays", lambda: fill("Crawl-delay: 9\n", before="User-agent: *\n")),
    ("sitemaps", lambda: numbered("Sitemap: https://a.example/%d\n", 500_000)),
    ("request rates", lambda: fill("Request-rate: 1/1s 0000-2359\n", 500_000, before="User-agent: *\n")),
    ("gzip 256 MB", lambda: _pack(256 << 20)),
]  # fmt: skip
ROBOTS = [Bomb(f"robots: {name}", make, "robots", "text/plain", urls=_LONG) for name, make in _ROBOTS]

ALL = [*PAGES, *FEEDS, *ROBOTS]
