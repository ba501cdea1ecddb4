"""Before something is watched: what an outlet's sources hold now; an entity's names from Wikidata as a card to edit."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from monitor.errors import FetchError, ReadError, Reason
from monitor.fetch import policy
from monitor.fetch.visit import Refusal, Visitor, addressed
from monitor.match import forms, ordinary
from monitor.model import Failure, Name, Outlet, Page, Source
from monitor.parse import bytes as packed
from monitor.parse import words
from monitor.parse.language import primary
from monitor.ports import Fetcher, Readers, Request
from monitor.views import DueSource

WIKIDATA = "https://www.wikidata.org/wiki/Special:EntityData"
"""Where QID.json is; mirrors have an address of their own."""
QID = re.compile("Q[1-9][0-9]{0,11}")
# The largest entity has some 4 MB. Names are at most 250 characters there, and few are used above 100.
MAX_CARD, MAX_NAMES, MAX_NAME, MAX_SHOWN = 5_000_000, 400, 120, 20
PERSON, ORGANISATION = "person", "organisation"


@dataclass(frozen=True, slots=True)
class Trial:
    """What one source answered. `newest`: when its newest entry was published, where it says so. `skew`: seconds by
    which its server's clock is ahead of ours; None: it did not say.
    """

    outlet: str
    url: str
    links: int = 0
    newest: datetime | None = None
    title: str = ""
    reason: Reason | None = None
    detail: str = ""
    skew: float | None = field(default=None, repr=False)


async def check(visitor: Visitor, readers: Readers, outlet: Outlet, source: Source) -> Trial:
    """Ask a source once, as the daemon would. Stores nothing, never raises for what the outlet does."""
    page = await visitor.get(source.url, outlet)
    if isinstance(page, Refusal):
        return Trial(outlet.id, source.url, reason=page.reason, detail=page.detail)
    due = DueSource(0, outlet.id, source.url, source.kind, datetime.now(UTC), links=source.links)
    found = await readers.links(page, due)
    skew = _skew(page)
    if isinstance(found, Failure):
        return Trial(outlet.id, source.url, reason=found.reason, detail=found.detail, skew=skew)
    dates = [link.published for link in found.links if link.published]
    return Trial(outlet.id, source.url, len(found.links), max(dates, default=None), found.title, skew=skew)


def _skew(page: Page) -> float | None:
    """Return by how much a server's clock is ahead. What a cache in between has kept for a time says `Age` beside."""
    try:
        said = parsedate_to_datetime(page.headers.get("date", ""))
        age = int(page.headers.get("age", "0"))
        return (said.replace(tzinfo=said.tzinfo or UTC) - page.fetched_at).total_seconds() + min(max(age, 0), 10**9)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


# ---- an entity from Wikidata


@dataclass(frozen=True, slots=True)
class Card:
    """An entity as Wikidata has it. `kind`: person, organisation or "". `left_out`: names by the reason why."""

    qid: str
    id: str
    label: str
    names: tuple[Name, ...]
    description: str = ""
    kind: str = ""
    revision: int = 0
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


async def imported(
    opened: AbstractAsyncContextManager[Fetcher],
    qid: str,
    languages: Sequence[str],
    *,
    base: str = WIKIDATA,
    private: bool = False,
) -> Card:
    """Fetch an entity and make its card. `private`: `base` may stand in our own network.

    Raises FetchError, and ReadError where what came is no such entity.
    """
    url = f"{base.rstrip('/')}/{qid}.json"
    wikidata = Outlet("wikidata", homepage=base, private=private)
    async with opened as fetcher:
        page = await fetcher.get(addressed(Request(url, max_bytes=MAX_CARD), wikidata, url))
    verdict = policy.judge(page)
    if verdict is not None:
        gone = verdict.reason is Reason.NOT_FOUND
        detail = f"there is no entity {qid}, or it was deleted" if gone else f"{url}: {verdict.detail}"
        raise FetchError(verdict.reason, detail, retry=verdict.retry, retry_after=verdict.retry_after)
    return entity_card(packed.inflate(page, cap=MAX_CARD), qid, languages)


def entity_card(data: bytes, qid: str, languages: Sequence[str]) -> Card:
    """Make a card of the JSON that Wikidata has of an entity, with its names in these languages.

    Raises ReadError: TOO_LARGE; WRONG_TYPE for what is no such JSON; NOT_FOUND for an entity that was deleted or merged
    into another; EMPTY where it has no usable name in these languages.
    """
    entity = _entity(data, qid)
    labels, aliases = _values(entity, "labels"), _values(entity, "aliases")
    kind = _kind(_object(entity, "claims"))
    codes = ["en", "mul", *languages, *labels]
    label = next(filter(None, (_clean(text) for code in codes for text in labels.get(code, ()))), qid)
    described = _values(entity, "descriptions")
    descriptions = [_clean(text) for code in codes for text in described.get(code, ())]
    found, left_out = _sorted_out([*labels.items(), *aliases.items()], list(languages))
    if not found:
        has = ", ".join(sorted(code for code in labels if primary(code) or code == "mul")[:MAX_SHOWN])
        raise ReadError(Reason.EMPTY, f"{qid} has no usable name in {', '.join(languages)}; it has names in {has}")
    revision = entity.get("lastrevid")
    return Card(
        qid,
        re.sub("[^a-z0-9]+", "-", _plain(label).lower())[:64].strip("-") or qid.lower(),
        label[:MAX_NAME],
        tuple(_conditions(found, kind, languages)),
        description=next(filter(None, descriptions), "")[:MAX_NAME],
        kind=kind,
        revision=revision if type(revision) is int else 0,
        left_out={why: tuple(names) for why, names in left_out.items()},
    )


def _entity(data: bytes, qid: str) -> dict[str, Any]:
    """Return the entity of this id out of the answer."""
    if len(data) > MAX_CARD:
        raise ReadError(Reason.TOO_LARGE, f"{len(data)} bytes, at most {MAX_CARD}")
    try:
        answer = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ReadError(Reason.WRONG_TYPE, f"what came for {qid} is no JSON") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("entities"), dict):
        raise ReadError(Reason.WRONG_TYPE, f"what came for {qid} is JSON, but no entity of Wikidata")
    entities = answer["entities"]
    entity = entities.get(qid)
    if entity is None and len(entities) == 1:
        entity = next(iter(entities.values()))
    if not isinstance(entity, dict):
        raise ReadError(Reason.WRONG_TYPE, f"what came for {qid} is JSON, but not that entity")
    if "missing" in entity:
        raise ReadError(Reason.NOT_FOUND, f"there is no entity {qid}, or it was deleted")
    now = entity.get("id")
    if now != qid:
        if isinstance(now, str) and QID.fullmatch(now):
            raise ReadError(Reason.NOT_FOUND, f"{qid} was merged into {now}: import that one")
        raise ReadError(Reason.WRONG_TYPE, f"what came for {qid} is JSON, but not that entity")
    return entity


def _object(entity: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = entity.get(key)
    # PHP writes an empty object as an empty list.
    if found is None or found == []:
        return {}
    if not isinstance(found, dict):
        raise ReadError(Reason.WRONG_TYPE, f"{key} is not what Wikidata writes")
    return found


def _values(entity: Mapping[str, Any], key: str) -> dict[str, list[str]]:
    """Return the texts of labels, descriptions or aliases by their language code."""
    found: dict[str, list[str]] = {}
    for code, item in _object(entity, key).items():
        items = item if isinstance(item, list) else [item]
        found[code] = [one["value"] for one in items if isinstance(one, dict) and isinstance(one.get("value"), str)]
        if len(found[code]) != len(items):
            raise ReadError(Reason.WRONG_TYPE, f"{key} is not what Wikidata writes")
    return found


# Instance of: organization, company, business, enterprise, public company, bank, international and intergovernmental
# organization, party, agency, ministry, intelligence agency, court, NGO, nonprofit, university, club, band, unit.
_ORGANISATIONS = frozenset(
    "Q43229 Q783794 Q4830453 Q6881511 Q891723 Q22687 Q484652 Q245065 Q7278 Q327333 Q192350 Q47913 Q41487 Q79913 "
    "Q163740 Q3918 Q476028 Q215380 Q176799".split()
)
# What only an organisation has, whatever it is called: a seat, a chief executive, a chair, employees, a legal form, a
# board.
_OF_ORGANISATIONS = frozenset("P159 P169 P488 P1128 P1454 P3320".split())


def _kind(claims: Mapping[str, Any]) -> str:
    """Return what an entity is, without asking what its classes belong to."""
    classes = set()
    statements = claims.get("P31")
    for statement in statements if isinstance(statements, list) else ():
        value = statement
        for key in ("mainsnak", "datavalue", "value", "id"):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            classes.add(value)
    if "Q5" in classes:
        return PERSON
    return ORGANISATION if classes & _ORGANISATIONS or not _OF_ORGANISATIONS.isdisjoint(claims) else ""


def _clean(text: str) -> str:
    """Return a name on one line, without what cannot be seen; "" where it holds what is no text."""
    line = " ".join(re.sub(f"[{words.UNSEEN}]", "", unicodedata.normalize("NFC", text)).split())
    # Controls, format characters, surrogates, private use, and the two that YAML refuses.
    odd = any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co"} or char in "\ufffe\uffff" for char in line)
    return "" if odd else line


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _spoken(code: str, languages: Sequence[str]) -> Iterator[str]:
    """Yield those of the wanted languages in which a name under a code of Wikidata holds."""
    language = primary(code)
    norwegian = language in {"nb", "nn"}
    for wanted in languages:
        if wanted == language or (wanted == "no" and norwegian):
            yield wanted
            if wanted == "no" and language not in languages:
                # Outlets say `no`, their pages often nb or nn.
                yield from ("nb", "nn") if language == "no" else filter(None, (language,))


# Where a name that Wikidata has for all languages, in Latin letters, is not written so.
_OTHER_SCRIPT = frozenset("bg el mk ru uk".split())
_Found = dict[str, dict[str, None]]
"""The languages of each name, in order; "" among them: it holds in all."""


def _sorted_out(
    items: Iterable[tuple[str, list[str]]], languages: Sequence[str]
) -> tuple[_Found, dict[str, list[str]]]:
    """Return the names that can be used, and the others by the reason why not."""
    found: _Found = {}
    left_out: dict[str, dict[str, None]] = {}
    for code, texts in items:
        spoken = [""] if code == "mul" else list(_spoken(code, languages))
        for text in texts if spoken else ():
            name = _clean(text[: 10 * MAX_NAME])
            why = _unfit(name)
            if not why and name not in found and len(found) >= MAX_NAMES:
                why = f"past the first {MAX_NAMES} names"
            if why:
                shown = name[:MAX_NAME] or ascii(text[:MAX_NAME])
                left_out.setdefault(why, {})[shown] = None
            else:
                found.setdefault(name, {}).update(dict.fromkeys(spoken))
    return found, {why: list(names) for why, names in left_out.items()}


def _unfit(name: str) -> str:
    """Return why a name is not put on the card; "" where it is."""
    letters = sum(map(words.is_word, name))
    if not letters:
        return "no text"
    if len(name) > MAX_NAME:
        return f"longer than {MAX_NAME} characters"
    if letters == 1 or (letters == 2 and not words.has_unspaced(name)):
        return "one or two letters"
    if name.islower() and name.isalpha():
        return "a plain lower-case word"
    return ""


def _conditions(found: _Found, kind: str, wanted: Sequence[str]) -> Iterator[Name]:
    """Yield the names with the conditions that can be told from how they look; what folding makes one, once."""
    seen: dict[tuple[str, bool, bool], Name] = {}
    for text, places in found.items():
        # Nato beside NATO is an acronym too.
        exact = text.isupper() or text != text.upper() in found
        for word, languages in _by_word(text, places):
            name = Name(text, exact=exact or word, not_at_sentence_start=word)
            held = languages
            if not languages:
                seen[text, word, True] = name
                held = tuple(code for code in wanted if code in places or code not in _OTHER_SCRIPT)
            inflect = bool(kind) and not text.isupper() and not forms.LANGUAGES.isdisjoint(held)
            if not languages and not inflect:
                continue
            key = (text if name.exact else words.fold(text).text, word, False)
            first = seen.get(key, name)
            both = tuple(dict.fromkeys((*first.languages, *held)))
            seen[key] = replace(first, languages=both, inflect=first.inflect or inflect)
    yield from seen.values()


def _by_word(text: str, places: Iterable[str]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    """Yield the languages of a name, apart where it is an ordinary word of them; none where it holds in all."""
    capitals = text.isupper()
    if "" in places:
        yield not capitals and any(ordinary.is_word(text, language) for language in ordinary.LANGUAGES), ()
        return
    for word in (False, True):
        languages = tuple(code for code in places if (not capitals and ordinary.is_word(text, code)) is word)
        if languages:
            yield word, languages


# ---- the card as YAML


def card_yaml(card: Card, entity_id: str = "", source: str = "") -> str:
    """Return a card as a file of the folder entities/. `source`: where it was read, if not at Wikidata itself."""
    entity_id = entity_id or card.id
    lines = [
        "# yaml-language-server: $schema=../schema/entities.schema.json",
        f"# {card.label}: {card.description}" if card.description else f"# {card.label}",
        f"# Names from Wikidata, https://www.wikidata.org/wiki/{card.qid}"
        + (f", revision {card.revision}" if card.revision else "")
        + (f", read at {_clean(source)}" if source else ""),
        "# Licence: CC0 1.0 (https://creativecommons.org/publicdomain/zero/1.0/): no conditions.",
        f"# A card to edit: look at every name before a rule says @{entity_id}, then ask `monitor rules lint`.",
    ]
    if not card.kind:
        lines.append(
            "# Not known as a person or an organisation, so no name has `inflect: true`; add it where one changes."
        )
    for why, names in card.left_out.items():
        more = f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else ""
        lines.append(f"# Left out ({why}): {', '.join(names[:MAX_SHOWN])}{more}")
    lines += ["", "entities:", f"  {_scalar(entity_id)}:", f"    label: {_scalar(card.label)}"]
    lines += [f"    wikidata: {card.qid}", "    names:"]
    groups: dict[str, list[Name]] = {"in capitals": [], "in all languages": [], "in several languages": []}
    for name in card.names:
        one = name.languages[0] if len(name.languages) == 1 else ""
        group = "in capitals" if name.text.isupper() else one and f"in {one} alone"
        groups.setdefault(group or f"in {'several' if name.languages else 'all'} languages", []).append(name)
    for title, members in groups.items():
        lines += [f"      # {title}", *(f"      - {_line(name)}" for name in members)] if members else []
    return "\n".join(lines) + "\n"


def _line(name: Name) -> str:
    said = {
        "case": "exact" if name.exact else "",
        "languages": f"[{', '.join(map(_scalar, name.languages))}]" if name.languages else "",
        "inflect": "true" if name.inflect else "",
        "not_at_sentence_start": "true" if name.not_at_sentence_start else "",
    }
    keys = "".join(f", {key}: {value}" for key, value in said.items() if value)
    return f"{{text: {_scalar(name.text)}{keys}}}" if keys else _scalar(name.text)


# Text that YAML of every version reads as such, within brackets too.
_BARE = re.compile(r"[^\W\d_][^\[\]{},:#\"'!&*%@`|>?]*")
_MEANT = frozenset("null true false yes no on off y n".split())


def _scalar(text: str) -> str:
    bare = _BARE.fullmatch(text) and text.lower() not in _MEANT
    return text if bare else "'" + text.replace("'", "''") + "'"
