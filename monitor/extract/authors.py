"""Who wrote an article: by JSON-LD and metas, else by the line under the headline, else by a marked byline."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass

from monitor.extract import ldjson
from monitor.extract.statements import Statements, key
from monitor.extract.surroundings import Line, Surroundings, within
from monitor.extract.wire import agency
from monitor.parse import urls
from monitor.parse.dates import MONTHS
from monitor.parse.html import plain

MAX_AUTHORS = 30
_MAX_NAME = 80
_MAX_BYLINE = 160
_MAX_MARKED = 40
# The byline stands this near the headline, or it is the text that says "by".
_MAX_LINES = 20
_METAS = ("author", "article:author", "parsely-author", "dc.creator", "dcterms.creator", "byl", "sailthru.author",
          "citation_author", "article:author_name", "articleauthor", "twitter:creator:name")  # fmt: skip
_MARKED = (
    '[class*="author" i], [class*="byline" i], a[rel~="author" i], [itemprop~="author" i], a[href*="/author"], '
    'a[href*="/autor/"]'
)
# Elements whose class says that what they name is not this article's author.
_ELSEWHERE = re.compile(
    r"comment|related|recommend|image|photo|avatar|picture|caption|credit|social|follow|sidebar|latest|position|job|"
    r"title|card|teaser|date|archive",
    re.IGNORECASE,
)
_BY_WORDS = (
    r"(?:written|story|posted|published|words|text|created|authored|report(?:ed|ing)?|article|post|analysis)? ?by|"
    r"von|par|por|di|da|od|av|door|geschrieben von|ein \w+ von|écrit par|escrito por|publié par|publicado por|"
    r"a cura di|tekst|text|texte|texto|testo|foto og tekst|autor(?:in|es|a)?|auteurs?|autore|author(?:s|\(s\))?|"
    r"автор|авторы|автори|redaktion|скрипт|文|記者|取材"
)
_BY = re.compile(rf"^(?:{_BY_WORDS})(?: ?[:：]\s*|\s+)", re.IGNORECASE)
_BY_ALONE = re.compile(rf"(?:{_BY_WORDS}) ?[:：]?", re.IGNORECASE)
# "Posted on 3 May 2026 by Ann Lee": only English has a word for it that hardly stands elsewhere.
_BY_WITHIN = re.compile(
    r"(?<!reviewed )(?<!updated )(?<!edited )(?<!photo )(?<!photos )(?<!image )(?<!powered )(?<!sponsored )"
    r"(?<!checked )(?<!presented )(?<!verified )(?<!approved )\b(?:by|By|BY) (?=[^\W\d_])"
)
_NOT_BY = re.compile(
    r"(?:review|updat|edit|photo|image|power|sponsor|check|present|verif|approv)\w* by\b", re.IGNORECASE
)
_AND = re.compile(r"\s(?:and|und|et|y|e|i|og|och|en|ja|и|і|та|&|/)\s", re.IGNORECASE)
_COMMA = re.compile(r"\s*[,;|•·、\t]\s*")
_NAME_ENDS = re.compile(r"\s[|•·–—/-]\s|\d|[|•·]|\s(?:on|in|at|for|is|am|le|il)\s|(?<=[^\W\d_]{4})\. ")
_ASIDE = re.compile(r"[(（\[<][^)）\]>]*[)）\]>]?")
# A title after a name, as in "Ann Lee, MD": not a second person.
_DEGREE = re.compile(
    r"(?:ph\.?d|m\.?d|r\.?[dn]|m\.?s|m\.?a|b\.?a|jr|sr|esq|mba|mph|cfa|cpa|[a-z]{2,5})\.?®?", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|^(?:admin|administrator|editor|staff|null|undefined|none|unknown|guest|user|root)$",
    re.IGNORECASE,
)
_DAY = re.compile(r"\d{1,2}.{1,14}\b(?:19|20)\d{2}\b|\b(?:19|20)\d{2} ?[-./年]")
# The words of links and labels beside a name.
_LABEL = re.compile(
    r"\b(?:more|read|about|all|posts?|articles?|view|see|follow|share|contact|profile|bio|subscribe|newsletter|learn|"
    r"published|posted|updated|written|reviewed|minutes?|min|authors?|mehr|alle|über|autor(?:in|en)?|plus|tous|"
    r"experts?|writer|reporter|correspondent|attorney|journalist\w*|redakteur\w*|manager|director|officer|veröffentlicht|publié|pubblicato|publicado|policy|link|news|guide|comments?|home|blog|search|menu|login|facebook|twitter|linkedin|instagram|website|opens?)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "van von der den de del della di da dos das do du la le el al bin ibn ben abu af av zu ter ten y e".split()
)


def read(page: Statements, around: Surroundings, outlet: str, title: str) -> tuple[str, ...]:
    """Return the names, each once: no "By", no job, and the outlet's own name only where no person is named.

    `around`: the lines near the headline; asked for only where no person is stated.
    """
    others = {key(outlet), key(title), key(page.host), key(page.host.rsplit(".", 1)[0])}
    named = ldjson.names(page.article, "author", page.by_id)
    groups = {key(name) for name, group in named if group}
    found = _people((name for name, _ in named), others, groups)
    if any(_is_sure(name, groups) for name in found):
        return found
    metas = [plain(value, 300) for value in page.all(*_METAS)]
    # Pairs of label and value, as "Written by" and the name.
    metas += [page.meta(f"twitter:data{n}") for n in "12" if _BY_ALONE.fullmatch(page.meta(f"twitter:label{n}"))]
    found = found or _people(metas, others, groups)
    if any(_is_sure(name, groups) for name in found):
        return found
    beside = _beside(around, others, 2)
    if beside or (found and not all(key(name) in groups for name in found)):
        # A login name or a first name: the line under the headline knows better, anything farther off does not.
        return beside or found
    marks = _marks(page)
    return (
        _marked(marks, others, 2)
        or found
        or _beside(around, others, 1)
        or _marked(marks, others, 1)
        or _people((*(name for name, _ in named), *metas), set(), groups)
        or _marked(marks, set(), 1)
        or _by_the_date(around, others)
    )


def stated(page: Statements) -> bool:
    """Say whether the page names somebody outside its text, whoever that is."""
    return "author" in page.article or next(page.all(*_METAS), None) is not None


def _is_sure(name: str, groups: set[str]) -> bool:
    return (key(name) not in groups and (" " in name or not name.isascii())) or bool(agency(name))


def _people(texts: Iterable[str], others: set[str], groups: Set[str] = frozenset()) -> tuple[str, ...]:
    """Split statements into names, each once, without what is in `others`. `groups`: names to be left whole."""
    found: dict[str, str] = {}
    for text in texts:
        if _NO_NAME.search(text):
            continue
        parts = [text] if key(text) in groups else _split(text)
        for part in parts:
            name = _BY.sub("", part).strip(" .,-–—:/\"'“”")
            if 1 < len(name) <= _MAX_NAME and key(name) and key(name) not in others:
                found.setdefault(key(name), name)
    return tuple(found.values())[:MAX_AUTHORS]


def _split(text: str) -> list[str]:
    """Return the names in a byline: "Ann Lee, MD and Ole Dahl, Chief Editor at Harbour" names two."""
    parts: list[str] = []
    for part in _COMMA.split(_BY.sub("", _ASIDE.sub("", text).strip())):
        if parts and _DEGREE.fullmatch(part) and (part.isupper() or "." in part or "®" in part):
            parts[-1] += ", " + part
            continue
        pieces = [piece for piece in _AND.split(f" {part} ".replace("  ", " ")) if piece.strip()]
        # "Center for Research and Testing" is one name.
        whole = not all(_is_person(piece) for piece in pieces) and not any(_AND.match(f" {part}"[:5]) for _ in (0,))
        parts += [part] if whole and len(pieces) > 1 else [piece.strip() for piece in pieces]
    # Beside a name in full, a part that can be no name is a job.
    full = any(" " in part and _is_person(part.split(",")[0]) for part in parts)
    return [part for part in parts if _is_person(part.split(",")[0]) or agency(part)] if full else parts


def _is_person(text: str) -> bool:
    """Say whether a text looks like a name: one to five words, each with a capital where the script has them."""
    words = text.replace(".", ". ").split()
    if not 1 <= len(words) <= 5 or len(text) > 60 or any(character.isdigit() for character in text):
        return False
    if any(mark in text for mark in ':?!»«…“”"@#%$') or _LABEL.search(text):
        return False
    if len(words) == 1 and text.lower().rstrip(".") in MONTHS:
        return False
    for word in words:
        letter = next((character for character in word if character.isalpha()), "")
        if not letter or (letter.islower() and word not in _PARTICLES and not re.match(r"[a-z]{1,2}['’][A-Z]", word)):
            return False
    return True


def _beside(around: Surroundings, others: set[str], least: int) -> tuple[str, ...]:
    """Return who is named by a line near the headline that begins with "By" in one of the languages.

    `least`: names of fewer words do not count.
    """
    after = around.after[:_MAX_LINES]
    for line in (*after, *around.before):
        if len(line.text) <= _MAX_BYLINE and (found := _byline(line, others, least)):
            return found
    # "Written by" may stand in a line of its own, the name in the next.
    for label, line in itertools.pairwise(after):
        if _BY_ALONE.fullmatch(label.text) and (found := _names(line.parts, others, least)):
            return found
    return ()


def _byline(line: Line, others: set[str], least: int) -> tuple[str, ...]:
    parts = list(line.parts)
    for at, part in enumerate(parts):
        if _BY_ALONE.fullmatch(part):
            return _names(parts[at + 1 :], others, least)
        if match := _BY.match(part):
            return _names([part[match.end() :], *parts[at + 1 :]], others, least)
        if (match := _BY_WITHIN.search(part)) and not _NOT_BY.search(part):
            return _names([part[match.end() :], *parts[at + 1 :]], others, least)
        if part.endswith((" by", " By")) and not _NOT_BY.search(part):
            return _names(parts[at + 1 :], others, least)
    return ()


def _names(parts: Iterable[str], others: set[str], least: int) -> tuple[str, ...]:
    """Return the names that texts begin with, up to the first that is none."""
    found: list[str] = []
    for part in parts:
        if not key(part) or _AND.fullmatch(f" {part.strip(' ,')} "):
            continue
        end = _NAME_ENDS.search(part)
        head = part[: end.start()] if end else part
        # "Ann Lee, Ole" may be two; "Ann Lee" and then "Reporter" is one.
        words = 2 if found else least
        people = [name for name in _people([head], others) if _is_person(name.split(",")[0]) and _size(name) >= words]
        if not people:
            break
        found += people
        if end:
            break
    return tuple(dict.fromkeys(found))


def _size(name: str) -> int:
    return len(name.split()) if name.isascii() or " " in name else 2


@dataclass(frozen=True, slots=True)
class _Mark:
    """An element that is marked as a byline. `sign`: what its like have in common. `said`: it names people for sure."""

    sign: tuple[object, ...]
    lines: list[Line]
    said: bool
    named: bool


def _marks(page: Statements) -> list[_Mark]:
    found: list[_Mark] = []
    here = urls.canonical(page.url)
    for node in page.document.css(_MARKED)[:_MAX_MARKED]:
        attributes = node.attributes
        marks = attributes.get("class") or ""
        if _ELSEWHERE.search(marks):
            continue
        lines = within(node)[:4]
        if not lines or len(lines[0].text) > _MAX_BYLINE:
            continue
        href = attributes.get("href")
        if href and urls.canonical(href) == here:
            continue  # the heading of a card
        parent = node.parent.mem_id if node.parent is not None else 0
        said = "author" in f"{attributes.get('rel')} {attributes.get('itemprop')}".lower()
        found.append(_Mark((node.tag, marks, parent), lines, said, "author" in marks.lower()))
    return found


def _marked(marks: list[_Mark], others: set[str], least: int) -> tuple[str, ...]:
    """Return who is named by the first element marked as a byline, with its like beside it."""
    found: dict[str, str] = {}
    like: tuple[object, ...] = ()
    for mark in marks:
        if found and mark.sign != like:
            continue
        for name in _first_names(mark, others, least):
            if not any(key(name) in known or known in key(name) for known in found):
                found[key(name)] = name
                like = mark.sign
    return tuple(found.values())[:MAX_AUTHORS]


def _first_names(mark: _Mark, others: set[str], least: int) -> tuple[str, ...]:
    for line in mark.lines:
        text = line.text
        said = mark.said or (mark.named and _BY.match(text))
        if said and len(text) <= _MAX_NAME and not _LABEL.search(_BY.sub("", text)):
            names = tuple(name for name in _people([text], others) if _size(name) >= least)
        else:
            names = _byline(line, others, least) or _names(line.parts[:1], others, least)
        if names:
            return names
    return ()


def _by_the_date(around: Surroundings, others: set[str]) -> tuple[str, ...]:
    """Return the name in full that stands alone in the line of the date under the headline, or next to it."""
    after = [line for line in around.near if len(line.text) <= _MAX_BYLINE]
    for at, line in enumerate(after):
        if _DAY.search(line.text):
            for part in (*line.parts, *(other.text for other in after[max(at - 1, 0) : at + 2])):
                if 2 <= len(part.split()) <= 3 and (found := _names([part], others, 2)) and found[0] == part:
                    return found
    return ()
