"""The configuration folder and the environment → Settings, or every error at once."""

from __future__ import annotations

import copy
import hashlib
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from monitor.errors import ConfigError
from monitor.model import Channel, Entity, Keep, Name, Outlet, Route, Rule, Selectors, Source
from monitor.notify import hours
from monitor.settings import channels, check, packs, paths, routes, schema, subscription, templates
from monitor.settings.check import Findings
from monitor.settings.compact import compact
from monitor.settings.document import Document, read
from monitor.settings.faults import ConfigErrors, explain

_ENTITY = re.compile(r"@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)")

File = TypeVar("File", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that is in force. Durations in seconds, `page_size` and `min_free` in bytes. `keep`: of outlets not listed.

    `origins`: where a value was said ("rules.nato" → "config/rules.yaml:12", "environment …", "default"). `stamp`: by
    what a later change of the files is known.
    """

    directory: Path
    storage: Path
    keep: Keep
    min_free: int
    timezone: str
    contact: str
    gap: float
    readers: int
    fetch_deadline: float
    page_size: int
    baseline_pages: int
    listen: tuple[str, int] | None
    allow_commands: bool
    outlets: tuple[Outlet, ...]
    rules: tuple[Rule, ...]
    entities: tuple[Entity, ...]
    channels: tuple[Channel, ...]
    routes: tuple[Route, ...]
    notices: tuple[str, ...]
    templates: Mapping[str, Mapping[str, str]]
    warnings: tuple[str, ...]
    origins: Mapping[str, str]
    stamp: tuple[tuple[str, int, int], ...]


def load(
    directory: Path | None, environ: Mapping[str, str], *, addresses: bool = True, outlets_text: str | None = None
) -> Settings:
    """Read and check everything. `addresses=False`: channels stay without theirs, for what sends nothing and may be
    called where the variables that hold them are not set; of subscriptions there is what can be had. `outlets_text` is
    read in place of outlets.yaml.

    Raises ConfigErrors, with all errors of all files, or ConfigError where the named folder holds none.
    """
    return compact(lambda: _load(directory, environ, addresses=addresses, outlets_text=outlets_text))


def _load(directory: Path | None, environ: Mapping[str, str], *, addresses: bool, outlets_text: str | None) -> Settings:
    folder = paths.config_folder(directory, environ)
    stamp = paths.stamp(folder)
    documents = _documents(folder, outlets_text)
    findings = Findings()
    for document in documents.values():
        findings.errors += document.errors
    files = {name: _validate(model, documents[name], findings) for name, model in schema.FILE_MODELS.items()}
    monitor = cast("schema.MonitorFile", files["monitor"])
    outlets = cast("schema.OutletsFile", files["outlets"])
    rules = cast("schema.RulesFile", files["rules"])
    alerts = cast("schema.AlertsFile", files["alerts"])
    check.outlets(outlets, documents["outlets"], findings)
    found_packs = packs.load(folder, _validate, findings)
    # Faulty entries count as there, so that one fault is told once.
    given = [
        check.ids(document, "entities") for document in (documents["rules"], *(one.document for one in found_packs))
    ]
    known = None if None in given else {name for names in given for name in names or ()}
    check.rules(rules, documents["rules"], known, findings)
    check.entities(rules, documents["rules"], findings)
    for pack in found_packs:
        check.entities(pack.file, pack.document, findings)
    said: dict[str, str] = {}
    scalars = _scalars(monitor, documents["monitor"], environ, said, findings)
    zone = "UTC" if findings.errors else scalars["timezone"]
    check.alerts(alerts, documents["alerts"], _others(outlets, rules, documents), zone, findings)
    made = templates.load(folder, findings)
    check.templates(alerts, documents["alerts"], made, findings)
    origins = _origins([*(pack.document for pack in found_packs), *documents.values()])
    found_channels = channels.load(
        alerts, documents["alerts"], environ, findings, secrets=addresses, commands=monitor.allow_commands
    )
    secrets = subscription.load(outlets, documents["outlets"], environ, findings, needed=addresses)
    origins |= said | channels.origins(alerts, documents["alerts"])
    if findings.errors:
        raise ConfigErrors(findings.errors)
    entities = _entities([*(pack.file for pack in found_packs), rules])
    return Settings(
        directory=folder,
        outlets=_outlets(outlets, secrets, monitor.storage.keep),
        rules=tuple(_rule(key, item, scalars["timezone"], entities) for key, item in rules.rules.items()),
        entities=tuple(entities.values()),
        channels=found_channels,
        routes=routes.build(alerts.routes, scalars["timezone"]),
        notices=tuple(dict.fromkeys(alerts.notices.channels)),
        templates=made,
        warnings=tuple(findings.warnings),
        origins=origins,
        stamp=stamp,
        **scalars,
    )


def _outlets(
    file: schema.OutletsFile, secrets: Mapping[str, subscription.Secrets], keep: schema.KeepKeys
) -> tuple[Outlet, ...]:
    return tuple(_outlet(key, item, secrets.get(key), keep) for key, item in file.outlets.items())


def _others(
    outlets: schema.OutletsFile, rules: schema.RulesFile, documents: Mapping[str, Document]
) -> dict[str, set[str] | None]:
    """Return what alerts.yaml may name of other files; None for what could not be read."""
    tags = {tag for rule in rules.rules.values() for tag in rule.tags}
    outlet_tags = {tag for outlet in outlets.outlets.values() for tag in outlet.tags}
    return {
        "outlets": check.ids(documents["outlets"], "outlets"),
        "rules": check.ids(documents["rules"], "rules"),
        "tags": tags if documents["rules"].usable else None,
        "outlet_tags": outlet_tags if documents["outlets"].usable else None,
    }


def _documents(folder: Path, outlets_text: str | None) -> dict[str, Document]:
    documents = {name: read(folder / f"{name}.yaml", secret=name == "alerts") for name in paths.NAMES}
    if outlets_text is not None:
        documents["outlets"] = Document(folder / "outlets.yaml", outlets_text)
    return documents


def _validate(model: type[File], document: Document, findings: Findings) -> File:
    """Return the file as its model. What is wrong is noted and left out, so that the rest can be checked too."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        findings.errors += explain(error, model, document)
        rest = _without(document.data, error, whole_entry=False)
    try:
        return model.model_validate(rest)
    except ValidationError as error:  # an entry that cannot do without what was left out
        return model.model_validate(_without(rest, error, whole_entry=True))


def _without(data: Any, error: ValidationError, *, whole_entry: bool) -> dict[str, Any]:
    """Return a copy without the values that are wrong, or without the entries these stand in."""
    if not isinstance(data, dict):
        return {}
    rest: dict[str, Any] = copy.deepcopy(data)
    wrong = [[key for key in detail["loc"] if key != "[key]"] for detail in error.errors(include_url=False)]
    for keys in reversed(wrong):  # the last place of a list first
        _remove(rest, keys[:2] if whole_entry else keys)
    return rest


def _remove(place: Any, keys: list[str | int]) -> None:
    """Remove the value that `keys` lead to, if it is there: a missing key and a short form are not."""
    try:
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
    except (LookupError, TypeError):
        return


def _origins(documents: Iterable[Document]) -> dict[str, str]:
    """Return file and line of every value of monitor.yaml, and of every entry of the other files."""
    origins = {}
    for document in documents:
        for section, items in document.data.items() if isinstance(document.data, dict) else ():
            if isinstance(items, dict):
                for key in items:
                    origins[f"{section}.{key}"] = f"{document.path}:{document.line((section, key))}"
            else:
                origins[section] = f"{document.path}:{document.line((section,))}"
    return origins


def _scalars(
    file: schema.MonitorFile, document: Document, environ: Mapping[str, str], origins: dict[str, str], found: Findings
) -> dict[str, Any]:
    """Return the values of monitor.yaml, with the environment before the file."""
    storage = Path()
    try:
        storage, origins["storage.path"] = paths.storage_of(document, environ)
    except ConfigError as error:
        # Of a path that is no text pydantic has spoken already.
        if not any((error.file, error.line) == (told.file, told.line) for told in found.errors):
            found.errors.append(error)
    timezone, contact = file.timezone, file.politeness.contact
    if timezone_set := environ.get("MONITOR_TIMEZONE"):
        timezone, origins["timezone"] = timezone_set, "environment MONITOR_TIMEZONE"
        fault = check.timezone(timezone, lambda message, hint: ConfigError(f"MONITOR_TIMEZONE: {message}", hint=hint))
    else:
        fault = check.timezone(timezone, lambda message, hint: document.error(("timezone",), message, hint))
    if fault:
        found.errors.append(fault)
    if contact_set := environ.get("MONITOR_CONTACT"):
        origins["politeness.contact"] = "environment MONITOR_CONTACT"
        try:
            contact = schema.contact_address(contact_set)
        except ValueError as error:
            found.errors.append(ConfigError(f"MONITOR_CONTACT: found {contact_set!r}, expected {error}"))
    return {
        "storage": storage,
        "keep": _keep(file.storage.keep, file.storage.keep),
        "min_free": file.storage.min_free,
        "timezone": timezone,
        "contact": contact,
        "gap": file.politeness.gap,
        "readers": file.limits.readers or _cores(),
        "fetch_deadline": file.limits.fetch_deadline,
        "page_size": file.limits.page_size,
        "baseline_pages": file.limits.baseline_pages,
        "listen": file.service.listen,
        "allow_commands": file.allow_commands,
    }


def _cores() -> int:
    # In a container the machine's cores are not all ours.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# ---- entries to records


def _outlet(
    outlet_id: str, item: schema.OutletKeys, secrets: subscription.Secrets | None, keep: schema.KeepKeys
) -> Outlet:
    return Outlet(
        outlet_id,
        name=item.name or outlet_id,
        homepage=item.homepage or "",
        sources=_sources(item),
        language=sys.intern(item.language) if item.language else None,
        every=item.every,
        private=item.private,
        alert_baseline=item.baseline == "alert",
        ignore_robots=item.ignore_robots or "",
        tags=tuple(item.tags),
        selectors=_selectors(item.selectors),
        headers=secrets.headers if secrets else (),
        cookies=secrets.cookies if secrets else (),
        keep=_keep(item.keep, keep),
        keep_text=item.keep_text,
    )


@lru_cache(maxsize=256)
def _selectors(item: schema.SelectorKeys) -> Selectors:
    return Selectors(**item.model_dump())


@lru_cache(maxsize=256)
def _keep(own: schema.KeepKeys, general: schema.KeepKeys) -> Keep:
    """Return what an outlet says, else what all do; forever is None."""

    def chosen(*ages: float | None) -> float | None:
        return next((None if age == math.inf else age for age in ages if age is not None), None)

    return Keep(chosen(own.articles, general.articles), chosen(own.hits, general.hits))


def _sources(item: schema.OutletKeys) -> tuple[Source, ...]:
    """Return an outlet's sources, each address once: the first of its kinds counts."""
    every = [Source(url) for url in item.feeds]
    every += [Source(url, "sitemap") for url in item.sitemaps]
    every += [Source(listing.url, "listing", listing.links) for listing in item.listings]
    found: dict[str, Source] = {}
    for source in every:
        found.setdefault(source.url, source)
    return tuple(found.values())


def _rule(rule_id: str, item: schema.RuleKeys, zone: str, entities: Mapping[str, Entity]) -> Rule:
    # A rule with other names in it is another rule.
    named = [repr(entities.get(name)) for name in _ENTITY.findall(item.query)] if "@" in item.query else []
    said = "\0".join([item.query, *item.languages, *named])
    return Rule(
        rule_id,
        query=item.query,
        name=item.name or rule_id,
        tags=tuple(item.tags),
        severity=item.severity,
        languages=tuple(item.languages),
        mode=item.mode,
        until=hours.moment(item.until + timedelta(days=1), time(0), zone) if item.until else None,
        budget=item.budget,
        spike=item.spike or 0.0,
        version=hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=6).hexdigest(),
    )


def _entities(files: Iterable[schema.EntitiesFile | schema.RulesFile]) -> dict[str, Entity]:
    """Return the entities of all files by id; of an id, what the last one says."""
    found = {key: item for file in files for key, item in file.entities.items()}
    return {key: _entity(key, item) for key, item in found.items()}


def _entity(entity_id: str, item: schema.EntityKeys) -> Entity:
    names = tuple(
        Name(
            name.text,
            exact=name.case == "exact",
            languages=tuple(name.languages),
            not_at_sentence_start=name.not_at_sentence_start,
            only_with=tuple(name.only_with),
            fold_accents=name.accents == "fold",
            inflect=name.inflect,
            transliterate=name.transliterate,
        )
        for name in item.names
    )
    return Entity(entity_id, names, item.label or entity_id, tuple(item.unless_near), item.wikidata)
