"""What no single value shows: queries parse, references exist, nothing stands there twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from monitor.errors import ConfigError, QueryError
from monitor.parse import urls
from monitor.settings import routes
from monitor.settings.document import Document, Keys
from monitor.settings.faults import nearest
from monitor.settings.schema import AlertsFile, EntitiesFile, OutletsFile, RulesFile


@dataclass
class Findings:
    """What is wrong, and what is only odd."""

    errors: list[ConfigError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def warn(self, document: Document, keys: Keys, message: str) -> None:
        """Note what is odd about a value, with its file and line."""
        self.warnings.append(f"{document.path}:{document.line(keys)}: {message}")


def ids(document: Document, section: str) -> set[str] | None:
    """Return the ids a file gives in a section, faulty entries too; None where the section could not be read."""
    if not document.usable or not isinstance(document.data, dict):
        return None
    found = document.data.get(section, {})
    return set(found) if isinstance(found, dict) else None if found else set()


def timezone(name: str, fault: Callable[[str, str], ConfigError]) -> ConfigError | None:
    """Return the fault of a time zone that this machine does not know."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"Did you mean {near[0]}?" if near else "For example: Europe/Berlin"
        return fault(f"timezone: found {name!r}, expected an IANA name", hint)
    return None


Place = tuple[str, str, str, int]


def outlets(file: OutletsFile, document: Document, findings: Findings, seen: dict[str, Place | str]) -> None:
    """Warn of a source that is given twice. `seen`: those of the outlets before these, by address."""
    for outlet_id, outlet in file.outlets.items():
        places = [("feeds", index, url) for index, url in enumerate(outlet.feeds)]
        places += [("sitemaps", index, url) for index, url in enumerate(outlet.sitemaps)]
        places += [("listings", index, listing.url) for index, listing in enumerate(outlet.listings)]
        for key, index, url in places:
            keys = ("outlets", outlet_id, key, index)
            # Nearly all outlets have one feed: its place takes no room of its own.
            first = seen.setdefault(urls.canonical(url), outlet_id if (key, index) == ("feeds", 0) else keys)
            before = ("outlets", first, "feeds", 0) if isinstance(first, str) else first
            if before != keys and (before[1], document.line(before)) != (outlet_id, document.line(keys)):
                kind, line = key.removesuffix("s"), document.line(before)
                findings.warn(document, keys, f"the {kind} {url} is also in outlet {before[1]!r}, line {line}")


def rules(file: RulesFile, document: Document, known: Collection[str] | None, findings: Findings) -> None:
    """Parse every query and look up every @entity. `known`: the ids there are; None: not to be checked."""
    from monitor.query import entities_in, parse

    for rule_id, rule in file.rules.items():
        keys = ("rules", rule_id, "query")
        try:
            tree = parse(rule.query)
        except QueryError as error:
            message = f"rule {rule_id!r}: {error.message}"
            findings.errors.append(document.error_within(keys, rule.query, error.position, message, error.hint))
            continue
        for warning in tree.warnings:
            findings.warn(document, keys, f"rule {rule_id!r}: {warning}")
        if "@" not in rule.query or known is None:
            continue
        for name in sorted(entities_in(tree) - set(known)):
            offset = max(rule.query.find(f"@{name}"), 0)
            hint = nearest(name, known, plural="entities")
            message = f"rule {rule_id!r}: there is no entity {name!r}"
            findings.errors.append(document.error_within(keys, rule.query, offset, message, hint))


def entities(file: RulesFile | EntitiesFile, document: Document, findings: Findings) -> None:
    """Look at names and at the terms beside them, where the file has no other fault: what is faulty was left out, so
    that places in lists are others than in the file.
    """
    from monitor.match.entities import side
    from monitor.match.forms import LANGUAGES
    from monitor.parse import words

    if any(error.file == document.path for error in findings.errors):
        return
    for entity_id, entity in file.entities.items():
        terms: list[tuple[tuple[str | int, ...], str]]
        terms = [(("entities", entity_id, "unless_near", index), text) for index, text in enumerate(entity.unless_near)]
        for number, name in enumerate(entity.names):
            at = ("entities", entity_id, "names", number)
            terms += [((*at, "only_with", index), text) for index, text in enumerate(name.only_with)]
            if not any(map(words.is_word, name.text)):
                message = f"entity {entity_id!r}: a name without a letter or digit"
                findings.errors.append(document.error(at, message))
            if name.inflect and not set(name.languages) & LANGUAGES:
                message = f"entity {entity_id!r}: {name.text!r} has `inflect`, but no language whose forms are known"
                hint = f"`languages` may name {', '.join(sorted(LANGUAGES))}"
                findings.errors.append(document.error((*at, "inflect"), message, hint))
        for keys, text in terms:
            if {"AND", "OR", "NOT"} & set(text.split()):
                message = f"entity {entity_id!r}: {text!r} is looked for as one phrase"
                findings.errors.append(document.error(keys, message, "Write each term as an item of the list"))
                continue
            try:
                side(text)
            except QueryError as error:
                message = f"entity {entity_id!r}: {error.message}"
                findings.errors.append(document.error_within(keys, text, error.position, message, error.hint))


def alerts(
    file: AlertsFile, document: Document, others: Mapping[str, set[str] | None], zone: str, findings: Findings
) -> None:
    """Look up what routes name. `others`: the known rules, outlets and tags of both; None: not to be checked. `zone`:
    that of routes which name none.
    """
    known = {"channels": ids(document, "channels"), **others}
    for keys, route in routes.walk(file.routes):
        named = {"channels": route.channels or (), "rules": route.rules, "outlets": route.outlets}
        for key, names in named.items():
            findings.errors += _unknown(document, (*keys, key), names, known[key])
        for key, tags, whose in (("tags", route.tags, "rule"), ("outlet_tags", route.outlet_tags, "outlet")):
            for index, tag in enumerate(tags):
                there = known[key]
                if there is not None and tag not in there:
                    findings.warn(document, (*keys, key, index), f"no {whose} has the tag {tag!r}")
    findings.errors += _unknown(document, ("notices", "channels"), file.notices.channels, known["channels"])
    if not any(error.file == document.path for error in findings.errors):
        findings.errors += routes.faults(file.routes, zone, document.error)
    for channel_id, channel in file.channels.items():
        if channel.url is not None:
            message = f"channel {channel_id!r} holds its address; secrets belong in url_env or url_file"
            findings.warn(document, ("channels", channel_id, "url"), message)
    if file.channels and not file.routes and not file.notices.channels:
        findings.warn(document, ("channels",), "no route leads to a channel: hits are stored, nobody is told")


def templates(file: AlertsFile, document: Document, known: Collection[str], findings: Findings) -> None:
    """Look up the templates that routes name."""
    for keys, route in routes.walk(file.routes):
        if route.template is not None and route.template not in known:
            message = f"route {keys[-1]!r}: there is no template {route.template!r} in the folder `templates`"
            hint = nearest(route.template, known, plural="templates")
            findings.errors.append(document.error((*keys, "template"), message, hint))


def _unknown(
    document: Document, keys: tuple[str, ...], names: Iterable[str], known: set[str] | None
) -> list[ConfigError]:
    if known is None:
        return []
    whose = keys[0] if len(keys) == 2 else f"route {keys[-2]!r}"
    return [
        document.error(
            (*keys, index),
            f"{whose}: there is no {keys[-1][:-1]} {name!r}",
            nearest(name, known, plural=keys[-1]),
        )
        for index, name in enumerate(names)
        if name not in known
    ]
