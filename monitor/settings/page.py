"""What monitor.yaml says of the page → a record; and what stands in the file that holds its password."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path

from monitor.errors import ConfigError, ConfigErrors
from monitor.settings import paths, schema
from monitor.settings.check import Findings
from monitor.settings.describe import address
from monitor.settings.document import Document, read
from monitor.settings.page_keys import PageKeys
from monitor.settings.record import Page
from monitor.settings.validate import validate

PASSWORD = "monitor web password"  # noqa: S105 - a command
# What is written there has some 170 characters.
_LARGEST = 4_096
# Readable by others, writable by anybody but its owner. The group may read: systemd's credentials look as if it could.
_OTHERS = 0o026


def load(file: PageKeys, document: Document, findings: Findings, *, needed: bool) -> Page:
    """Return what is said. `needed`: the password is to be had, where the daemon serves the page."""
    path = paths.absolute(file.password_file, document.path.parent) if file.password_file else None
    page = Page(file.listen, path, tuple(dict.fromkeys(file.names)), file.proxy)
    if error := exposed(page):
        findings.errors.append(document.error(("web", "listen"), f"web.listen: {error.message}", error.hint))
    elif page.password_file is None and (page.names or page.proxies):
        message = f"web: whoever gets to the proxy reads and changes all, unless it asks for a password: `{PASSWORD}`"
        findings.warn(document, ("web",), message)
    if needed and page.listen and page.password_file:
        try:
            secret(page.password_file)
        except ConfigError as error:
            keys = ("web", "password_file")
            findings.errors.append(document.error(keys, f"web.password_file: {error.message}", error.hint))
    return page


def of(directory: Path | None, environ: Mapping[str, str], *, checked: bool = True) -> Page:
    """Return what is said, reading monitor.yaml alone. Raises ConfigError, ConfigErrors; not `checked`: only where the
    file cannot be read.
    """
    document, findings = read(paths.config_folder(directory, environ) / "monitor.yaml"), Findings()
    findings.errors += document.errors
    if findings.errors:
        raise ConfigErrors(findings.errors)
    page = load(validate(schema.MonitorFile, document, findings).web, document, findings, needed=False)
    if checked and findings.errors:
        raise ConfigErrors(findings.errors)
    return page


def exposed(page: Page) -> ConfigError | None:
    """Return the fault of a page that others may reach without a password."""
    if page.listen is None or page.password_file is not None or local(page.listen[0]):
        return None
    return ConfigError(
        f"{address(*page.listen)} can be reached from other machines, and no password is set",
        hint=f"`{PASSWORD}` makes one and says what to write here; 127.0.0.1 is for this machine alone",
    )


def local(host: str) -> bool:
    """Say whether only this machine gets to an address."""
    return host == "localhost" or ipaddress.ip_address(host).is_loopback


def secret(path: Path) -> str:
    """Return what stands in a password file. Raises ConfigError where it cannot be read, or is not its owner's alone:
    with what it holds anybody makes himself a session.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read(_LARGEST)
    except OSError as error:
        hint = f"`{PASSWORD}` makes it; it is read as the user that monitor runs as"
        raise ConfigError(f"cannot read {path}: {error.strerror or error}", hint=hint) from error
    except UnicodeDecodeError:
        raise strange(path) from None
    if mode & _OTHERS:
        raise ConfigError(f"{path} is not its owner's alone", hint=f"chmod 600 {path}, and set a new password")
    return text


def strange(path: Path) -> ConfigError:
    """Return the fault of a password file that holds something else."""
    return ConfigError(f"{path} holds no password as `{PASSWORD}` writes it", hint=f"Let `{PASSWORD}` write it anew")
