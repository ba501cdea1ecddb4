"""The configuration folder and the environment → Settings, or every error at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from monitor.errors import ConfigError, ConfigErrors
from monitor.settings import channels, check, entries, packs, page, paths, routes, schema, templates
from monitor.settings.check import Findings
from monitor.settings.document import Document, read
from monitor.settings.record import Settings
from monitor.settings.validate import validate


def load(
    directory: Path | None,
    environ: Mapping[str, str],
    *,
    addresses: bool = True,
    outlets_text: str | None = None,
    origins: bool = True,
) -> Settings:
    """Read and check everything. `addresses=False`: channels stay without theirs, for what sends nothing and may be
    called where the variables that hold them are not set; of subscriptions there is what can be had. `outlets_text` is
    read in place of outlets.yaml. Without `origins` there are none.

    Raises ConfigErrors, with all errors of all files, or ConfigError where the named folder holds none.
    """
    folder = paths.config_folder(directory, environ)
    stamp = paths.stamp(folder)
    documents = _documents(folder, outlets_text)
    findings = Findings()
    for document in documents.values():
        findings.errors += document.errors
    monitor = validate(schema.MonitorFile, documents["monitor"], findings)
    served = page.load(monitor.web, documents["monitor"], findings, needed=addresses)
    alerts = validate(schema.AlertsFile, documents["alerts"], findings)
    outlets = entries.outlets(documents["outlets"], environ, monitor.storage.keep, findings, needed=addresses)
    found_packs = packs.load(folder, findings)
    # Faulty entries count as there, so that one fault is told once.
    given = [
        check.ids(document, "entities") for document in (documents["rules"], *(one.document for one in found_packs))
    ]
    known = None if None in given else {name for names in given for name in names or ()}
    said: dict[str, str] = {}
    scalars = _scalars(monitor, documents["monitor"], environ, said, findings)
    rules = entries.rules(documents["rules"], known, found_packs, scalars["timezone"], findings)
    zone = "UTC" if findings.errors else scalars["timezone"]
    check.alerts(alerts, documents["alerts"], _others(outlets, rules, documents), zone, findings)
    made = templates.load(folder, findings)
    check.templates(alerts, documents["alerts"], made, findings)
    found_channels = channels.load(
        alerts, documents["alerts"], environ, findings, secrets=addresses, commands=monitor.allow_commands
    )
    findings.errors += outlets.late.errors
    findings.warnings += outlets.late.warnings
    if findings.errors:
        raise ConfigErrors(findings.errors)
    return Settings(
        directory=folder,
        page=served,
        outlets=tuple(outlets.records),
        rules=tuple(rules.records),
        entities=tuple(rules.entities.values()),
        channels=found_channels,
        routes=routes.build(alerts.routes, scalars["timezone"]),
        notices=tuple(dict.fromkeys(alerts.notices.channels)),
        templates=made,
        warnings=tuple(findings.warnings),
        origins=_origins(found_packs, documents, alerts, said) if origins else {},
        stamp=stamp,
        **scalars,
    )


def _others(
    outlets: entries.Outlets, rules: entries.Rules, documents: Mapping[str, Document]
) -> dict[str, set[str] | None]:
    """Return what alerts.yaml may name of other files; None for what could not be read."""
    return {
        "outlets": check.ids(documents["outlets"], "outlets"),
        "rules": check.ids(documents["rules"], "rules"),
        "tags": rules.tags if documents["rules"].usable else None,
        "outlet_tags": outlets.tags if documents["outlets"].usable else None,
    }


def _documents(folder: Path, outlets_text: str | None) -> dict[str, Document]:
    documents = {name: read(folder / f"{name}.yaml", secret=name == "alerts") for name in paths.NAMES}
    if outlets_text is not None:
        documents["outlets"] = Document(folder / "outlets.yaml", outlets_text)
    return documents


def _origins(
    found: Iterable[packs.Pack], documents: Mapping[str, Document], alerts: schema.AlertsFile, said: dict[str, str]
) -> dict[str, str]:
    """Return file and line of every value of monitor.yaml, and of every entry of the other files."""
    origins: dict[str, str] = {}
    for document in (*(pack.document for pack in found), *documents.values()):
        for section, items in document.data.items() if isinstance(document.data, dict) else ():
            if isinstance(items, dict):
                for key in items:
                    origins[f"{section}.{key}"] = f"{document.path}:{document.line((section, key))}"
            else:
                origins[section] = f"{document.path}:{document.line((section,))}"
    return origins | said | channels.origins(alerts, documents["alerts"])


def _scalars(
    file: schema.MonitorFile, document: Document, environ: Mapping[str, str], origins: dict[str, str], found: Findings
) -> dict[str, Any]:
    """Return the values of monitor.yaml, with the environment before the file."""
    storage, database = Path(), ""
    try:
        storage, origins["storage.path"] = paths.storage_of(document, environ)
        database, said = paths.address_of(document, environ)
        if said:
            origins["storage.url"] = said
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
        "database": database,
        "keep": entries.keep_of(file.storage.keep, file.storage.keep),
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
