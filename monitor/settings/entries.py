"""Entries of outlets.yaml and rules.yaml → records, a part of them at a time."""

from __future__ import annotations

import hashlib
import math
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from functools import lru_cache

from monitor.model import Entity, Keep, Name, Outlet, Rule, Selectors, Source
from monitor.notify import hours
from monitor.settings import check, schema, subscription
from monitor.settings.check import Findings
from monitor.settings.document import Document
from monitor.settings.packs import Pack
from monitor.settings.validate import parts

_ENTITY = re.compile(r"@([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?)")


@dataclass(slots=True)
class Outlets:
    """What outlets.yaml says. `late`: what was found about subscriptions, which is told last."""

    records: list[Outlet] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    late: Findings = field(default_factory=Findings)


@dataclass(slots=True)
class Rules:
    """What rules.yaml says, with the entities of the packs. No `records` where anything is wrong."""

    records: list[Rule] = field(default_factory=list)
    entities: dict[str, Entity] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)


def outlets(
    document: Document, environ: Mapping[str, str], keep: schema.KeepKeys, findings: Findings, *, needed: bool
) -> Outlets:
    """Read the outlets. `keep`: of those that say nothing else; `needed`: see subscription.load."""
    found = Outlets()
    seen: dict[str, check.Place | str] = {}
    noted = Findings()
    for file in parts(schema.OutletsFile, document, "outlets", findings):
        check.outlets(file, document, noted, seen)
        secrets = subscription.load(file, document, environ, found.late, needed=needed)
        found.records += [_outlet(key, item, secrets.get(key), keep) for key, item in file.outlets.items()]
        found.tags.update(tag for outlet in file.outlets.values() for tag in outlet.tags)
    findings.warnings += noted.warnings
    return found


def rules(
    document: Document, known: Collection[str] | None, packs: Iterable[Pack], zone: str, findings: Findings
) -> Rules:
    """Read the rules and all entities. `known`: ids of entities that rules may name; None: not to be checked."""
    found = Rules()
    own: schema.RulesFile | None = None
    for file in parts(schema.RulesFile, document, "rules", findings):
        if own is None:
            own = file
            found.entities = _entities([*(pack.file for pack in packs), file])
        check.rules(file, document, known, findings)
        found.tags.update(tag for rule in file.rules.values() for tag in rule.tags)
        if not findings.errors:
            found.records += [_rule(key, item, zone, found.entities) for key, item in file.rules.items()]
    if own is not None:
        check.entities(own, document, findings)
    for pack in packs:
        check.entities(pack.file, pack.document, findings)
    return found


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
        keep=keep_of(item.keep, keep),
        keep_text=item.keep_text,
    )


@lru_cache(maxsize=256)
def _selectors(item: schema.SelectorKeys) -> Selectors:
    return Selectors(**item.model_dump())


@lru_cache(maxsize=256)
def keep_of(own: schema.KeepKeys, general: schema.KeepKeys) -> Keep:
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
