"""The folder `templates` beside the configuration: read whole, and tried on a sample of every kind of message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from monitor.errors import ConfigError
from monitor.settings.check import Findings

MAX_BYTES = 100_000


def load(folder: Path, findings: Findings) -> dict[str, dict[str, str]]:
    """Return each template's forms by its name; what cannot be used is an error."""
    found: dict[str, dict[str, str]] = {}
    files = sorted((folder / "templates").glob("*.j2"))
    if not files:
        return found
    # jinja2 takes 40 ms to import: only where there are templates.
    from monitor.notify.templates import FORMS

    for path in files:
        name, _, form = path.name.removesuffix(".j2").rpartition(".")
        if not name or form not in FORMS:
            endings = ", ".join(f"NAME.{form}.j2" for form in FORMS)
            findings.errors.append(ConfigError(f"{path.name} is no form of a message", file=path, hint=endings))
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "this is not UTF-8 text"
            findings.errors.append(ConfigError(f"cannot be read: {reason}", file=path))
            continue
        if len(text) > MAX_BYTES:
            findings.errors.append(ConfigError(f"a template of more than {MAX_BYTES:,} characters", file=path))
            continue
        found.setdefault(name, {})[form] = text
    for name in list(found):
        findings.errors += _tried(folder / "templates", name, found[name])
    return found


def _tried(folder: Path, name: str, forms: dict[str, str]) -> Iterable[ConfigError]:
    from monitor.notify.sample import samples
    from monitor.notify.templates import BadTemplateError, Templates

    for kind, message in samples().items():
        try:
            Templates({name: forms}).apply(name, message)
        except BadTemplateError as error:
            yield ConfigError(
                f"the template fails on a sample {kind.value}: {error.message}",
                file=folder / error.name,
                line=error.line or None,
                hint="What a template sees is in docs/webhook.md; `monitor alerts preview` shows what it makes",
            )
            return
