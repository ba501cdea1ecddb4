"""Ids of the configuration for a shell to complete: read as text, so that a Tab is answered at once or with nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_FILES = {"rules": "rules.yaml", "outlets": "outlets.yaml", "channels": "alerts.yaml"}
_KEY = re.compile(r"""( +)(?:"([^"]+)"|'([^']+)'|([a-z0-9][a-z0-9._-]*))\s*:(?:\s|$)""")
# A screen holds no more; 100,000 rules would take the shell seconds to show.
_MOST = 500
# Below this a file that is written otherwise, in braces, is read as YAML.
_SMALL = 100_000


def ids(section: str) -> Complete:
    """Return what completes an id of rules, outlets or channels; never raises."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
        with suppress(Exception):
            found = _found(_file(ctx, section), section)
            return [CompletionItem(one) for one in found if one.startswith(incomplete)][:_MOST]
        return []

    return complete


def _file(ctx: click.Context, section: str) -> Path:
    from monitor.settings.paths import config_folder

    said = ctx.find_root().params.get("config")
    return config_folder(Path(said) if said else None, os.environ) / _FILES[section]


def _found(path: Path, section: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    found = list(_keys(text, section))
    if found or len(text) > _SMALL:
        return found
    from monitor.settings.document import Document

    data = Document(path, text).data
    there = data.get(section) if isinstance(data, dict) else None
    return list(there) if isinstance(there, dict) else []


def _keys(text: str, section: str) -> Iterator[str]:
    """Yield the keys one level below a section that is written in lines."""
    inside, depth = False, ""
    for line in text.splitlines():
        if line[:1].strip() and not line.startswith("#"):
            inside = line.partition("#")[0].rstrip() == f"{section}:"
        elif inside and (key := _KEY.match(line)):
            depth = depth or key[1]
            if key[1] == depth:
                yield key[2] or key[3] or key[4]
