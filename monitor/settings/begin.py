"""A first configuration: the files that ship with somebody's own outlets, phrases and channel, written whole or not."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ConfigError
from monitor.model import Outlet
from monitor.outlets import naming
from monitor.query import parse
from monitor.settings import packs, paths
from monitor.settings.edit import extended, scalar
from monitor.settings.load import load
from monitor.settings.record import Settings

SECRETS = "secrets"
# What only the rule language has; every other text is looked for as it stands.
_QUERY = re.compile(
    r"""["“”„«»{}()*]|(?:^|\s)[@/-]\S|\b(?:title|lead|body|author|section|outlet|lang|url|caption|teaser):\S"""
    r"""|\b(?:AND|OR|NOT|SENTENCE|PARAGRAPH)\b|\b(?:O?NEAR|ATLEAST)/\d"""
)
_CHANNEL, _ROUTE = "  console: {kind: console}\n", "    channels: [console]\n"
_RULES = re.compile(r"(?<=\nrules:\n).*?(?=\n# Somebody or something)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Way:
    """A channel by `kind` and `address`, a secret; the console has none."""

    id: str = "console"
    kind: str = "console"
    address: str = ""

    def __repr__(self) -> str:
        return f"Way({self.id!r}, {self.kind!r})"


@dataclass(frozen=True, slots=True)
class Start:
    """What a newcomer said. `rules`: queries by id."""

    outlets: tuple[Outlet, ...] = ()
    rules: Mapping[str, str] | None = None
    way: Way = Way()


def query_of(text: str) -> str:
    """Return the query of what somebody looks for: the words in a row, or the text itself where it is in the rule
    language. Raises QueryError.
    """
    said = " ".join(text.split())
    query = said if _QUERY.search(said) else f'"{said}"'
    parse(query)
    return query


def rules_of(phrases: Iterable[str]) -> dict[str, str]:
    """Return queries by ids that are made of their words. Raises QueryError."""
    found: dict[str, str] = {}
    for phrase in phrases:
        query = query_of(phrase)
        if query not in found.values():
            found[naming.new_id(_short(phrase), "https://rule.invalid", found)] = query
    return found


def _short(phrase: str) -> str:
    """Return as many words as make an id."""
    words = re.sub(r"\W+", " ", phrase).split()
    while len(words) > 1 and len(" ".join(words)) > naming.MAX_SLUG:
        words.pop()
    return " ".join(words)


def ways_of(address: str) -> list[Way]:
    """Return what a channel's address may be, the likeliest first. Raises ConfigError, without the address."""
    address = address.strip()
    scheme, mark, rest = address.partition("://")
    scheme = scheme.lower()
    if address.lower() == "console":
        return [Way()]
    if not mark or not rest or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        hint = "`console`, or an address such as ntfys://ntfy.sh/your-topic or mailtos://user:password@example.org"
        raise ConfigError("this is no address of a channel", hint=hint)
    if scheme.startswith("smtp"):
        hint = f"Here mail goes by mailtos://user:password@example.org?to=desk@example.org; {scheme}:// has more keys, "
        raise ConfigError("a mail server needs `from` and `to` too", hint=hint + "which alerts.yaml shows")
    if scheme in {"http", "https"}:
        # Many services are known by their own web address; what is none of them gets JSON.
        return [Way("chat", "apprise", address), Way("webhook", "webhook", address)]
    name = "mail" if scheme.startswith("mailto") else re.sub(r"[^a-z0-9]+", "-", scheme).strip("-")
    return [Way(name, "apprise", address)]


def texts(start: Start) -> dict[str, str]:
    """Return the text of every file by its path in the folder, the four files last."""
    shipped = paths.shipped()

    def of(name: str) -> str:
        return (shipped / name).read_text(encoding="utf-8")

    kept = [path.relative_to(shipped).as_posix() for path in sorted((shipped / packs.FOLDER).glob("*.yaml"))]
    kept += [f"schema/{name}.schema.json" for name in (*paths.NAMES, "entities")]
    found = {name: of(name) for name in kept}
    if start.way.address:
        found[_secret(start.way)] = start.way.address + "\n"
    found["alerts.yaml"] = _alerts(of("alerts.yaml"), start.way)
    found["rules.yaml"] = _rules(of("rules.yaml"), start.rules or {})
    head = of("outlets.yaml").partition("\noutlets:\n")[0]
    found["outlets.yaml"] = extended(f"{head}\n", start.outlets) if start.outlets else f"{head}\noutlets: {{}}\n"
    found["monitor.yaml"] = of("monitor.yaml")
    return found


def _secret(way: Way) -> str:
    return f"{SECRETS}/{way.id}"


def _alerts(text: str, way: Way) -> str:
    if not way.address:
        return text
    kind = "" if way.kind == "apprise" else f"kind: {way.kind}, "
    text = text.replace(_CHANNEL, f"{_CHANNEL}  {way.id}: {{{kind}url_file: {_secret(way)}}}\n")
    return text.replace(_ROUTE, f"    channels: [{way.id}]\n")


def _rules(text: str, rules: Mapping[str, str]) -> str:
    rows = "".join(f"  {rule_id}:\n    query: {_quoted(query)}\n" for rule_id, query in rules.items())
    return _RULES.sub(lambda _: rows or "  {}\n", text, count=1)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else scalar(text)


# ---- on the disk


def clear(folder: Path) -> None:
    """Raise ConfigError where a folder holds something that would be written."""
    names = sorted({name.partition("/")[0] for name in texts(Start())} | {SECRETS})
    if there := [name for name in names if (folder / name).exists()]:
        hint = f"It stays as it is. Use it (`monitor --config {folder} config check`), name another folder with "
        raise ConfigError(f"{folder} already holds {', '.join(there)}", hint=f"{hint}--config DIR, or move them away")


@contextmanager
def tried(start: Start, environ: Mapping[str, str]) -> Iterator[Settings]:
    """Yield what the files would say, from a folder that is thrown away. Raises ConfigError."""
    with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
        _lay(Path(folder), texts(start))
        yield load(Path(folder), environ)


def write(folder: Path, start: Start) -> list[str]:
    """Write all files into a folder, or none, and return what now stands in it. Raises ConfigError."""
    clear(folder)
    made = _missing(folder)
    moved: list[str] = []
    stage: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Within the folder, so that moving is renaming, also where a volume is mounted on it.
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=".init-"))
        _lay(stage, texts(start))
        names = list(dict.fromkeys(name.partition("/")[0] for name in texts(start)))
        for name in names:
            moved.append(name)
            (stage / name).rename(folder / name)
        stage.rmdir()
    except BaseException as error:
        # What still stands where it was laid was not moved: what has its name here is somebody else's.
        ours = [folder / name for name in moved if stage and not (stage / name).exists()]
        _undo([*ours, *([stage] if stage else [])], made)
        if isinstance(error, OSError):
            raise ConfigError(f"cannot write to {folder}: {error.strerror or error}") from error
        raise
    return names


def _lay(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        secret = name.startswith(f"{SECRETS}/")
        path = folder / name
        path.parent.mkdir(mode=0o700 if secret else 0o777, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _missing(folder: Path) -> list[Path]:
    """Return the folders that have to be made, the innermost first."""
    return [one for one in (folder, *folder.parents) if not one.exists()]


def _undo(paths_made: Sequence[Path], folders: Sequence[Path]) -> None:
    for path in paths_made:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
