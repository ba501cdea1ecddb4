"""The folder entities/: packs of entities beside rules.yaml."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError
from monitor.settings.check import Findings
from monitor.settings.document import Document, read
from monitor.settings.schema import EntitiesFile
from monitor.settings.validate import validate

FOLDER = "entities"


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of the folder."""

    document: Document
    file: EntitiesFile


def load(folder: Path, findings: Findings) -> list[Pack]:
    """Read every pack of a configuration folder, by name. An id that two packs give is an error."""
    packs = []
    seen: dict[str, str] = {}
    for document in _documents(folder / FOLDER, findings):
        findings.errors += document.errors
        file = validate(EntitiesFile, document, findings)
        for entity_id in file.entities:
            keys = ("entities", entity_id)
            place = f"{document.path.name}:{document.line(keys)}"
            if (first := seen.setdefault(entity_id, place)) != place:
                hint = "Leave one out; rules.yaml may say it anew"
                message = f"the entity {entity_id!r} is also in {first}"
                findings.errors.append(document.error(keys, message, hint, on_key=True))
        packs.append(Pack(document, file))
    return packs


def _documents(folder: Path, findings: Findings) -> list[Document]:
    try:
        # Path.glob says nothing of a folder that may not be read.
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except FileNotFoundError:
        if not folder.is_symlink():
            return []
        names = []
        findings.errors.append(ConfigError("cannot be read: a symbolic link that leads nowhere", file=folder))
    except OSError as error:
        names = []
        findings.errors.append(ConfigError(f"cannot be read: {error.strerror or error}", file=folder))
    # Editors and file managers leave hidden files of their own.
    shown = [name for name in names if not name.startswith(".")]
    findings.warnings += [
        f"{folder / name}: is not read; a pack ends in .yaml" for name in shown if name.endswith(".yml")
    ]
    return [read(folder / name) for name in shown if name.endswith(".yaml")]
