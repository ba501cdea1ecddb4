"""Settings as rows to show: every value with where it was said, and no secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from typing import Any

from monitor.model import Channel, Keep, Outlet, Selectors
from monitor.settings.record import Settings

# The name in the files, the field of Settings.
_SCALARS = (
    ("storage.path", "storage"),
    ("storage.url", "database"),
    ("storage.keep", "keep"),
    ("storage.min_free", "min_free"),
    ("timezone", "timezone"),
    ("politeness.contact", "contact"),
    ("politeness.gap", "gap"),
    ("limits.readers", "readers"),
    ("limits.fetch_deadline", "fetch_deadline"),
    ("limits.page_size", "page_size"),
    ("limits.baseline_pages", "baseline_pages"),
    ("service.listen", "listen"),
    ("web.listen", "page.listen"),
    ("web.password_file", "page.password_file"),
    ("web.names", "page.names"),
    ("web.proxy", "page.proxies"),
    ("allow_commands", "allow_commands"),
)
_WRITTEN: dict[str, Callable[[Any], str]] = {
    "database": lambda address: "(secret)" if address else "none",
    "listen": lambda place: address(*place) if place else "off",
    "min_free": lambda size: f"{size / 10**6:g}MB",
    "password_file": lambda path: str(path or "none"),
    "names": lambda names: ", ".join(names) or "none",
    "proxies": lambda places: ", ".join(places) or "none",
}
_DURATIONS = {"gap", "fetch_deadline", "every", "wait"}


@dataclass(frozen=True, slots=True)
class Row:
    """One value in force. `value`: a scalar, or the fields of an entry that say something."""

    key: str
    value: Any
    origin: str


def rows(settings: Settings) -> Iterator[Row]:
    """Yield every value in force, in the order of the files."""
    for key, name in _SCALARS:
        shown = _shown(name.rpartition(".")[2], attrgetter(name)(settings))
        if not isinstance(shown, int | dict):
            shown = str(shown)
        yield Row(key, shown, settings.origins.get(key, "default"))
    for section in ("outlets", "rules", "entities", "channels", "routes"):
        for item in getattr(settings, section):
            key = f"{section}.{item.id}"
            origin = settings.origins.get(f"{key}.url") or settings.origins.get(key, "default")
            yield Row(key, _entry(item), origin)


def _entry(item: Any) -> dict[str, Any]:
    """Return the fields of a record that say something, durations as they are written; never a secret."""
    if isinstance(item, Channel):
        said: dict[str, Any] = {"kind": item.kind}
        if item.kind not in {"console", "command"}:
            said["url"] = "(secret)"
        said |= dict.fromkeys(item.options, "(secret)")
        return said | ({"delivery": "at_most_once"} if item.once else {})
    shown: dict[str, Any] = {}
    for field in fields(item):
        value = getattr(item, field.name)
        if (
            field.name == "id"
            or value in ("", (), None, False, Selectors(), Keep())
            or (field.name, value) == ("keep_text", "full")
        ):
            continue
        shown[field.name] = _shown(field.name, value)
    if isinstance(item, Outlet):
        if item.headers:
            shown["headers"] = [f"{name}: (secret)" for name, _ in item.headers]
        if item.cookies:
            shown["cookies"] = f"{len(item.cookies)} (secret)"
        shown["sources"] = [source.url for source in item.sources]
    return shown


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, Selectors):
        return {key: said for key, said in asdict(value).items() if said}
    if isinstance(value, Keep):
        return {key: "forever" if age is None else duration(age) for key, age in asdict(value).items()}
    if name in _WRITTEN:
        return _WRITTEN[name](value)
    return duration(value) if name in _DURATIONS else value


def address(host: str, port: int) -> str:
    """Return a place as it is written in the files: 127.0.0.1:9464, [::1]:9464."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def duration(seconds: float) -> str:
    """Return seconds as they are written in the files: 90s, 15m, 6h, 1d."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:g}s"
