"""New outlets written into outlets.yaml as text: everything that stood there stays as it was, comments included."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.errors import ConfigError, ConfigErrors
from monitor.model import Outlet
from monitor.settings import paths, replacing
from monitor.settings.document import Document, read
from monitor.settings.load import load
from monitor.settings.record import Settings

_HEAD = "# yaml-language-server: $schema=schema/outlets.schema.json\n"
# A line that holds nothing of the file's data; `...` ends it.
_IDLE = re.compile(r"[ \t]*(?:#.*)?|\.\.\.\s*")
_EMPTY = re.compile(r"(outlets[ \t]*:)[ \t]*\{[ \t]*\}")
# Text that YAML of every version reads as such, within brackets too.
_WORDS = re.compile(r"[^\W\d_][^\[\]{},:#\"'!&*%@`|>?\\\s]*(?: [^\[\]{},:#\"'!&*%@`|>?\\\s]+)*")
_ADDRESS = re.compile(r"https?://[!-~]*[!-~]")
_MEANT = frozenset("null true false yes no on off y n".split())
# What json.dumps leaves as it is, and our reader refuses or YAML breaks lines at.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def add_outlets(settings: Settings, new: Sequence[Outlet], environ: Mapping[str, str]) -> Path:
    """Write outlets into outlets.yaml of the folder in force and return its path.

    The whole configuration is loaded with the new text before that replaces the old file, in one step. Raises
    ConfigError, and nothing is changed.
    """
    path = writable(settings)
    before = path.read_bytes() if path.exists() else b""
    mark = b"\xef\xbb\xbf" if before.startswith(b"\xef\xbb\xbf") else b""
    text = extended(before[len(mark) :].decode("utf-8"), new)
    try:
        after = load(settings.directory, environ, addresses=False, outlets_text=text)
    except ConfigErrors as error:
        raise _no_room(path, new, str(error.errors[0].message)) from error
    if after.outlets != (*settings.outlets, *new):
        raise _no_room(path, new, "it would not read as what stands there and the new")
    _replace(path, before, mark + text.encode("utf-8"))
    return path


def writable(settings: Settings) -> Path:
    """Return where outlets.yaml is, links followed. Raises ConfigError for the folder that ships, and for a file that
    is no text.
    """
    if settings.directory == paths.shipped():
        hint = "`monitor config new DIR` makes one; name it with --config DIR"
        raise ConfigError("no configuration folder of yours is in force", hint=hint)
    document = read(settings.directory / "outlets.yaml")
    if document.errors:
        raise document.errors[0]
    return document.path.resolve()


def extended(text: str, new: Sequence[Outlet]) -> str:
    """Return the text of an outlets.yaml with more outlets behind those that are there.

    `outlets` is the file's only key, so they end where its data does. Text in braces has no such place, and what comes
    out is no YAML then: the caller loads it.
    """
    document = Document(Path("outlets.yaml"), text)
    there = document.data.get("outlets") if isinstance(document.data, dict) else None
    column = document.column(("outlets", next(iter(there)))) if there else 2
    ending = "\r\n" if "\r\n" in text else "\n"
    entries = [row for outlet in new for row in _entry(outlet, column)]
    if not isinstance(document.data, dict) or "outlets" not in document.data:
        entries.insert(0, "outlets:")
        text = text or _HEAD
    elif there == {}:
        text = _EMPTY.sub(r"\1", text, count=1)
    lines = text.splitlines(keepends=True)
    end = next((at for at in range(len(lines), 0, -1) if not _IDLE.fullmatch(lines[at - 1].rstrip("\r\n"))), 0)
    if "outlets:" in entries[:1]:
        end = next((at for at, line in enumerate(lines) if line.startswith("...")), len(lines))
    before = "".join(lines[:end])
    if before and not before.endswith(("\n", "\r")):
        before += ending
    return before + "".join(row + ending for row in entries) + "".join(lines[end:])


def entry_text(outlet: Outlet) -> str:
    """Return an outlet as it is written."""
    return "\n".join(_entry(outlet, 2)) + "\n"


def _entry(outlet: Outlet, column: int) -> list[str]:
    """Return the lines of an outlet whose key stands in this column."""
    of_kind = {kind: [one for one in outlet.sources if one.kind == kind] for kind in ("feed", "sitemap", "listing")}
    listings = [
        f"{{url: {scalar(one.url)}, links: {scalar(one.links)}}}" if one.links else scalar(one.url)
        for one in of_kind["listing"]
    ]
    said = {
        "name": scalar(outlet.name) if outlet.name not in {"", outlet.id} else "",
        "homepage": scalar(outlet.homepage) if outlet.homepage else "",
        "language": scalar(outlet.language) if outlet.language else "",
        "feeds": _list([scalar(one.url) for one in of_kind["feed"]]),
        "sitemaps": _list([scalar(one.url) for one in of_kind["sitemap"]]),
        "listings": _list(listings),
        "private": "true" if outlet.private else "",
        "baseline": "alert" if outlet.alert_baseline else "",
        "tags": _list([scalar(tag) for tag in outlet.tags]),
    }
    inner = " " * (column + 2)
    key = scalar(outlet.id)
    return [f"{' ' * column}{key}:", *(f"{inner}{name}: {value}" for name, value in said.items() if value)]


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]" if items else ""


def scalar(text: str) -> str:
    """Return a text as it is written in YAML, on one line."""
    words = text.isprintable() and _WORDS.fullmatch(text) and text.lower() not in _MEANT
    if words or (_ADDRESS.fullmatch(text) and not set(text) & set("[]{},#\"'`\\") and text[-1] != ":"):
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _no_room(path: Path, new: Sequence[Outlet], why: str) -> ConfigError:
    more = f" (and {len(new) - 1} more)" if len(new) > 1 else ""
    hint = f"Nothing was changed. Write it there by hand{more}:\n{entry_text(new[0])}"
    return ConfigError(f"this file cannot be added to: {why}", file=path, hint=hint)


def _replace(path: Path, before: bytes, after: bytes) -> None:
    """Put `after` in the place of `before`."""

    def ready(new: Path) -> None:
        if path.exists():
            shutil.copymode(path, new)
        else:
            new.chmod(0o644)
        if (path.read_bytes() if path.exists() else b"") != before:
            raise ConfigError("changed while it was added to", file=path, hint="Nothing was changed; try again")

    replacing.put(path, after, ready)
