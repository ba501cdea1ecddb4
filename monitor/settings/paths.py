"""Which folder holds the configuration, and where the database is. Light: no pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

from monitor.errors import ConfigError
from monitor.place import Place, is_address
from monitor.settings.document import Document, read

NAMES = ("monitor", "outlets", "rules", "alerts")
# What is read in the folder, and the link by which a folder mounted from a cluster changes at once.
ENDINGS = (".yaml", ".yml", ".j2", "..data")
FILES = tuple(f"{name}.yaml" for name in NAMES)


def holds_files(folder: Path) -> bool:
    """Say whether a folder holds any of the four files; one that may not be looked into holds none."""
    try:
        return any((folder / file).is_file() for file in FILES)
    except OSError:
        return False


def shipped() -> Path:
    """Return the folder that ships: package data of a wheel, else `config/` beside the package."""
    packaged = Path(__file__).parent / "defaults"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "config"


def config_folder(directory: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the folder in force: the one named, $MONITOR_CONFIG, ./config, the user's, the one that ships.

    Raises ConfigError where a named folder holds none of the files.
    """
    named = directory or (Path(environ["MONITOR_CONFIG"]) if environ.get("MONITOR_CONFIG") else None)
    if named is not None:
        if not holds_files(named):
            what = "holds none of " + ", ".join(FILES) if named.is_dir() else "is no folder"
            raise ConfigError(f"{named} {what}", hint=f"`monitor config new {named}` makes one to start from")
        return named
    for folder in (Path("config"), user_config_path("monitor", appauthor=False)):
        if holds_files(folder):
            return folder
    return shipped()


def storage_path(directory: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the absolute path of the database, reading only monitor.yaml. Raises ConfigError."""
    folder = config_folder(directory, environ)
    document = read(folder / "monitor.yaml")
    if document.errors and not environ.get("MONITOR_STORAGE_PATH"):
        raise document.errors[0]
    return storage_of(document, environ)[0]


def place(directory: Path | None, environ: Mapping[str, str]) -> Place:
    """Return where the database is, reading only monitor.yaml and what it names for that. Raises ConfigError."""
    folder = config_folder(directory, environ)
    document = read(folder / "monitor.yaml")
    if document.errors and not environ.get("MONITOR_STORAGE_PATH"):
        raise document.errors[0]
    return Place(storage_of(document, environ)[0], address_of(document, environ)[0])


def address_of(document: Document, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the address of a server's database, "" where it is a file, and where it was said. Raises ConfigError."""
    storage = document.data.get("storage") if isinstance(document.data, dict) else None
    said = storage if isinstance(storage, dict) else {}
    named = [key for key in ("url_env", "url_file") if isinstance(said.get(key), str)]
    if not named:
        return "", ""
    key = ("storage", named[0])
    if len(named) > 1:
        raise document.error(key, "storage: url_env and url_file name two databases", "Leave one of them")
    name = said[named[0]]
    if named[0] == "url_env":
        text, origin = environ.get(name, ""), f"environment {name}"
        if not text.strip():
            raise document.error(
                key, f"the environment variable {name} is not set", "It holds postgresql://user@host/name"
            )
    else:
        path = absolute(name, document.path.parent)
        origin = f"file {path}"
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise document.error(key, f"{path} cannot be read: {error}") from error
    text = text.strip()
    if not is_address(text):
        raise document.error(key, "the database's address begins with postgresql://", "See docs/cluster.md")
    return text, origin


def timezone_name(directory: Path | None, environ: Mapping[str, str]) -> str:
    """Return the name of the user's zone, reading only monitor.yaml; "UTC" where it says none."""
    if name := environ.get("MONITOR_TIMEZONE"):
        return name
    document = read(config_folder(directory, environ) / "monitor.yaml")
    said = document.data.get("timezone") if isinstance(document.data, dict) else None
    return said if isinstance(said, str) and said else "UTC"


def storage_of(document: Document, environ: Mapping[str, str]) -> tuple[Path, str]:
    """Return the database's absolute path by monitor.yaml and environment, and where it was said.

    A relative path starts at the configuration folder, one in the environment at the working directory.
    """
    if text := environ.get("MONITOR_STORAGE_PATH"):
        return absolute(text, Path.cwd()), "environment MONITOR_STORAGE_PATH"
    storage = document.data.get("storage") if isinstance(document.data, dict) else None
    written = storage.get("path") if isinstance(storage, dict) else None
    if written is None:
        folder = user_data_path("monitor", appauthor=False)
        if not folder.is_absolute():  # a user without a home, as in a container: "~" stays as it is
            raise ConfigError(
                "this user has no home folder for the database", hint="Set MONITOR_STORAGE_PATH, or storage.path"
            )
        return folder / "monitor.db", "default"
    key = ("storage", "path")
    if not isinstance(written, str) or not written:
        raise document.error(key, "storage.path: expected the path of a file")
    return absolute(written, document.path.parent), f"{document.path}:{document.line(key)}"


def caches(storage: Path) -> tuple[Path, ...]:
    """Return where what can be made anew may be kept: the user's cache folder, else beside the database, which is all
    that a service or a container may write.
    """
    folder = user_cache_path("monitor", appauthor=False)
    return (folder, storage.parent) if folder.is_absolute() else (storage.parent,)


def absolute(text: str, base: Path) -> Path:
    """Return the absolute path that `text` means, ~ expanded; a relative one starts at `base`."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:  # ~ of a user without a home
        path = Path(text)
    return (base / path).absolute()


def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Return by what the files of a configuration are known to have changed: name, time in ns, size. Files that are
    named in them, as by `url_file`, are not looked at.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(ENDINGS):
            with suppress(OSError):
                known = path.stat()
                found.append((str(path), known.st_mtime_ns, known.st_size))
    return tuple(found)
