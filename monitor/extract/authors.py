"""Who wrote an article: by JSON-LD and metas, else by the line under the headline, else by a marked byline."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import lru_cache

from monitor.extract import ldjson
from monitor.extract.statements import Statements, key
from monitor.extract.surroundings import Line, Surroundings, within
from monitor.extract.wire import agency
from monitor.parse import urls
from monitor.parse.dates import MONTHS
from monitor.parse.html import plain
from monitor.parse.language import primary

MAX_AUTHORS = 30
_MAX_NAME = 80
_MAX_BYLINE = 160
_MAX_MARKED = 40
# The byline stands this near the headline, or it is the text that says "by".
_MAX_LINES = 20
_MAX_ABOVE = 3
_METAS = ("author", "article:author", "parsely-author", "dc.creator", "dcterms.creator", "byl", "sailthru.author",
          "citation_author", "article:author_name", "articleauthor", "twitter:creator:name")  # fmt: skip
# Without their first letter the classes need no `i`, which costs a fifth more.
_MARKED = '[class*="uthor"], [class*="yline"], a[rel~="author"], [itemprop~="author"], a[href*="/aut"]'
_OF_AUTHOR = re.compile(r"/aut(?:h?or|eur|ore)s?(?:[/?=.-]|$)", re.IGNORECASE)
# Elements whose class says that what they name is not this article's author.
_ELSEWHERE = re.compile(
    r"comment|related|recommend|image|photo|avatar|picture|caption|credit|social|follow|sidebar|latest|position|job|"
    r"title|card|teaser|date|archive|authori[sz]",
    re.IGNORECASE,
)
_NAMED = re.compile(r"author[\w-]*[_-]name\b|authorName", re.ASCII)
_BY_WORDS = (
    r"(?:written|story|posted|published|words|text|created|authored|report(?:ed|ing)?|article|post|analysis)? ?by|"
    r"von|par|por|di|da|od|av|door|geschrieben von|ein \w+ von|écrit par|escrito por|publié par|publicado por|"
    r"a cura di|tekst|text|texte|texto|testo|foto og tekst|autor(?:in|es|a)?|auteurs?|autore|author(?:s|\(s\))?|"
    r"contributors?|автор|авторы|автори|redaktion|скрипт|文|記者|取材"
)
_BY = re.compile(rf"^(?:{_BY_WORDS})(?: ?[:：]\s*|\s+)", re.IGNORECASE)
_BY_ALONE = re.compile(rf"(?:{_BY_WORDS}) ?[:：]?", re.IGNORECASE)
_BY_OR_ALONE = re.compile(rf"(?:{_BY_WORDS})(?: ?[:：]\s*|\s+|$)", re.IGNORECASE)
# "Posted on 3 May 2026 by Ann Lee": only English has a word for it that hardly stands elsewhere.
_BY_WITHIN = re.compile(
    r"(?<!reviewed )(?<!updated )(?<!edited )(?<!photo )(?<!photos )(?<!image )(?<!powered )(?<!sponsored )"
    r"(?<!checked )(?<!presented )(?<!verified )(?<!approved )\b(?:by|By|BY) (?=[^\W\d_])"
)
_NOT_BY = re.compile(
    r"(?:(?:review|updat|edit|photo|image|power|sponsor|check|present|verif|approv)\w*|articles|posts|stories|more|"
    r"books) by\b",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:and|und|et|y|e|i|og|och|en|ja|и|і|та|&|/)\s", re.IGNORECASE)
_COMMA = re.compile(r"\s*[,;|•·、\t]\s*")
_NAME_ENDS = re.compile(r"\s[|•·–—/-]\s|\d|[|•·]|\s(?:on|in|at|for|is|am|le|il)\s|(?<=[^\W\d_]{4})\. ")
# At the end of a name, as in "Jana Novák (jn)"; "Jana (Nela) Novák" is all name.
_ASIDE = re.compile(r"[(（\[<][^)）\]>]*+[)）\]>]?+(?! [^\W\d_&]+$)")
# A title after a name, as in "Ann Lee, MD": not a second person.
_DEGREE = re.compile(
    r"(?:ph\.?d|m\.?d|r\.?[dn]|m\.?s|m\.?a|b\.?a|jr|sr|esq|mba|mph|cfa|cpa|[a-z]{2,5})\.?®?", re.IGNORECASE
)
_NO_NAME = re.compile(
    r"https?:|www\.|@|\d{3}|\badmin$|^\w+(?:\.\w+){3}|[{}]|"
    r"^(?:administrator|editor|staff|null|undefined|none|unknown|guest|user|root)$",
    re.IGNORECASE,
)
# A day with its year, a day of this year, or the word for one.
_DAY = re.compile(
    r"\d{1,2}.{1,14}\b(?:19|20)\d{2}\b|\b(?:19|20)\d{2} ?[-./年]|^(?:last )?(?:updated|published)\b|"
    r"^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2}$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_FILED = re.compile(r" (?:in|on behalf of) ")
# What nothing but a signature begins a line with, wherever it stands.
_SIGNATURES = {
    "en": ("\nWritten by", "\nAuthor"), "de": ("\nGeschrieben von", "\nAutor"), "fr": ("\nÉcrit par", "\nAuteur"),
    "es": ("\nEscrito por", "\nAutor"), "pt": ("\nEscrito por", "\nAutor"), "it": ("\nScritto da", "\nAutore"),
    "pl": ("\nAutor",), "cs": ("\nAutor",), "ru": ("\nАвтор",), "uk": ("\nАвтор",),
}  # fmt: skip
_SIGNED = re.compile(r"(?:in|s)?[\s:]+([^\n]+)")
# The words of links and labels beside a name.
_LABEL = re.compile(
    r"\b(?:more|read|about|all|posts?|articles?|view|see|follow|share|contact|profile|bio|subscribe|newsletter|learn|"
    r"published|posted|updated|written|reviewed|minutes?|min|authors?|mehr|alle|über|autor(?:in|en)?|plus|tous|"
    r"experts?|writer|reporter|correspondent|attorney|journalist\w*|"
    r"redakteur\w*|manager|director|officer|veröffentlicht|publié|pubblicato|publicado|policy|link|news|guide|comments?|home|blog|search|menu|login|facebook|twitter|linkedin|instagram|website|opens?)\b",
    re.IGNORECASE,
)
_WEEKDAYS = frozenset("mon tue tues wed thu thur thurs fri sat sun".split())
_JOB = re.compile(
    r"\b(?:writer|editor|reporter|correspondent|journalist\w*|columnist|contributor|author|founder|educator|analyst|"
    r"specialist|producer|professor|dietitian|nutritionist|consultant|engineer|designer|photographer|redakteur\w*|"
    r"redactrice|rédact\w+|redactor\w*|giornalista|periodista|dziennikar\w+|редактор|журналист\w*)\b",
    re.IGNORECASE,
)
_PARTICLES = frozenset(
    "van von der den de del della di da dos das do du la le el al bin ibn ben abu af av zu ter ten y e".split()
)


def read(page: Statements, around: Surroundings, tag: str, outlet: str, title: str) -> tuple[str, ...]:
    """Return the names, each once: no "By", no job, and the outlet's own name only where no person is named.

    `around`: the lines near the headline; asked for only where no person is stated.
    """
    found = _found(page, around, tag, outlet, title)
    # "Ann Lee, Harbour Staff": the outlet's people at large say nothing beside one of them.
    house = {name for name in (key(outlet), key(page.host), key(page.host.rsplit(".", 1)[0])) if len(name) > 3}
    people = tuple(name for name in found if not any(key(name).removeprefix("the").startswith(own) for own in house))
    return people if any(" " in name for name in people) else found


def _found(page: Statements, around: Surroundings, tag: str, outlet: str, title: str) -> tuple[str, ...]:
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
        _unlike(title, _marked(marks, others, 2))
        or found
        or (_beside(around, others, 1) if around.anchored else ())
        or _unlike(title, _marked(marks, others, 1))
        or _people((*(name for name, _ in named), *metas), set(), groups)
        or _unlike(title, _marked(marks, set(), 1))
        or _unlike(title, _by_the_date(around, others))
        or _signed(page, tag, others)
    )


def stated(page: Statements) -> bool:
    """Say whether the page names somebody outside its text, whoever that is."""
    return "author" in page.article or next(page.all(*_METAS), None) is not None


def _unlike(title: str, found: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names but for those that are words of the title: a path above it names it too."""
    words = f" {' '.join(_WORD.findall(title.lower()))} "
    return tuple(name for name in found if f" {' '.join(_WORD.findall(name.lower()))} " not in words)


def _is_sure(name: str, groups: set[str]) -> bool:
    return (key(name) not in groups and (" " in name or not name.isascii())) or bool(agency(name))


def _people(texts: Iterable[str], others: set[str], groups: Set[str] = frozenset()) -> tuple[str, ...]:
    """Split statements into names, each once, without what is in `others`. `groups`: names to be left whole."""
    found: dict[str, str] = {}
    for text in texts:
        if _NO_NAME.search(text):
            continue
        parts = (text,) if key(text) in groups else _split(text)
        for part in parts:
            name = _BY.sub("", part).strip(" .,-–—:/\"'“”")
            if 1 < len(name) <= _MAX_NAME and key(name) and key(name) not in others and not _BY_ALONE.fullmatch(name):
                found.setdefault(key(name), name)
    return tuple(found.values())[:MAX_AUTHORS]


@lru_cache(512)
def _split(text: str) -> tuple[str, ...]:
    """Return the names in a byline: "Ann Lee, MD and Ole Dahl, Chief Editor at Harbour" names two."""
    parts: list[str] = []
    for part in _COMMA.split(_BY.sub("", _ASIDE.sub("", text).strip())):
        if parts and _DEGREE.fullmatch(part) and (part.isupper() or "." in part or "®" in part):
            parts[-1] += ", " + part
            continue
        pieces = [piece.strip() for piece in _AND.split(f" {part} ".replace("  ", " ")) if piece.strip()]
        # "Center for Research and Testing" is one name.
        whole = len(pieces) > 1 and not _AND.match(f" {part}"[:5]) and not all(map(_is_person, pieces))
        parts += [part] if whole else pieces
    if len(parts) < 2:
        return tuple(parts)
    # Beside a name in full, a part that can be no name is a job.
    people = [_is_person(part.split(",")[0]) for part in parts]
    if not any(" " in part for part, is_person in zip(parts, people, strict=True) if is_person):
        return tuple(parts)
    told = zip(parts, people, strict=True)
    return tuple(part for part, is_person in told if (is_person and not _JOB.search(part)) or agency(part))


@lru_cache(1024)
def _is_person(text: str) -> bool:
    """Say whether a text looks like a name: one to five words, each with a capital where the script has them."""
    words = text.replace(".", ". ").split()
    if not 1 <= len(words) <= 5 or len(text) > 60 or any(character.isdigit() for character in text):
        return False
    if any(mark in text for mark in ':?!»«…“”"@#%$') or _LABEL.search(text):
        return False
    if len(words) == 1 and ((name := text.lower().rstrip(".")) in MONTHS or name in _WEEKDAYS):
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
    for line in itertools.chain(itertools.islice(around.after, _MAX_LINES), around.before):
        if len(line.text) <= _MAX_BYLINE and (found := _byline(line, others, least)):
            return found
    # "Written by" may stand in a line of its own, the name in the next.
    for label, line in itertools.pairwise(itertools.islice(around.after, _MAX_LINES)):
        if _BY_ALONE.fullmatch(label.text) and (found := _names(line.parts, others, least)):
            return found
    return ()


def _byline(line: Line, others: set[str], least: int) -> tuple[str, ...]:
    parts = line.parts
    for at, part in enumerate(parts):
        if match := _BY_OR_ALONE.match(part):
            return _names((part[match.end() :], *parts[at + 1 :]), others, least)
        if not ("by " in part or "By " in part or "BY " in part or part.endswith(("by", "By"))):
            continue
        if (match := _BY_WITHIN.search(part)) and not _NOT_BY.search(part):
            return _names((part[match.end() :], *parts[at + 1 :]), others, least)
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
    for node in page.marked(_MARKED)[:_MAX_MARKED]:
        attributes = node.attributes
        marks = attributes.get("class") or ""
        href = attributes.get("href") or ""
        said = "author" in f"{attributes.get('rel')} {attributes.get('itemprop')}".lower() or bool(_NAMED.search(marks))
        named = "author" in marks.lower()
        if _ELSEWHERE.search(marks) or not (said or named or "yline" in marks or _OF_AUTHOR.search(href)):
            continue
        lines = within(node)[:4]
        if not lines or len(lines[0].text) > _MAX_BYLINE:
            continue
        if href and urls.canonical(href) == page.here:
            continue  # the heading of a card
        parent = node.parent.mem_id if node.parent is not None else 0
        found.append(_Mark((node.tag, marks, parent), lines, said, named))
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
            # A byline may begin with what the article is filed under.
            words = least if said or mark.named else 2
            names = _byline(line, others, least) or _names(line.parts[:1], others, words)
        if names:
            return names
    return ()


def _by_the_date(around: Surroundings, others: set[str]) -> tuple[str, ...]:
    """Return the name in full that stands alone beside the date next to the headline, or beside a job under it."""
    after = [line for line in around.near() if len(line.text) <= _MAX_BYLINE]
    for at, line in enumerate(after):
        if _DAY.search(line.text):
            for part in (*line.parts, *(other.text for other in after[max(at - 1, 0) : at + 2])):
                if found := _alone(part, others):
                    return found
    for line in itertools.islice(around.before, _MAX_ABOVE):
        # What stands before the date there is what the article is filed under.
        for day, part in itertools.pairwise(line.parts):
            if _DAY.search(day) and (found := _alone(part, others)):
                return found
    for line, job in itertools.pairwise(after):
        if _JOB.search(job.text) and len(job.text) <= _MAX_NAME and (found := _alone(line.text, others)):
            return found
    return ()


def _alone(text: str, others: set[str]) -> tuple[str, ...]:
    """Return the name in full that a text is, but for what it is filed under: "Jana Novák in Harbours"."""
    name = _FILED.split(text, maxsplit=1)[0]
    found = _names([name], others, 2) if 2 <= len(name.split()) <= 3 else ()
    return found if found and found[0] == name else ()


def _signed(page: Statements, tag: str, others: set[str]) -> tuple[str, ...]:
    """Return the one name that is signed anywhere on the page; where several are, it is none of them."""
    names = set()
    for text in page.following(_SIGNATURES.get(primary(tag) or "en", ()), _MAX_NAME):
        if (said := _SIGNED.match(text)) and (found := _alone(said[1].strip(), others)):
            names.add(found)
    return names.pop() if len(names) == 1 else ()
