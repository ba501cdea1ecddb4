"""`monitor config`: check, show, schema and new."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, note, pass_app, print_json
from monitor.errors import ConfigError


@click.group()
def config() -> None:
    """Check, show and create the configuration."""


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


@config.command()
@pass_app
def check(app: App) -> None:
    """Check the whole configuration. Exit code 1 with every error, each with its file and line."""
    from monitor.wiring import check_channels

    settings = app.settings()
    for warning in settings.warnings:
        note(f"warning: {warning}")
    note(f"read from {settings.directory}")
    check_channels(settings)
    counts = (
        _count(len(settings.outlets), "outlet"),
        _count(len(settings.rules), "rule"),
        _count(len(settings.entities), "entity", "entities"),
        _count(len(settings.channels), "channel"),
    )
    click.echo(f"{', '.join(counts)}: fine")


@config.command()
@json_option
@pass_app
def show(app: App, as_json: bool) -> None:
    """Show every value in force and where it was said; addresses of channels are never shown."""
    from monitor.settings.describe import rows
    from monitor.settings.load import load

    found = list(rows(load(app.config, os.environ, addresses=False)))
    if as_json:
        print_json(found)
        return
    table = [(row.key, row.origin, _text(row.value)) for row in found]
    listing.table(("key", "said in", "value"), table, empty="")


def _text(value: object) -> str:
    """Return a value on one line; the fields of an entry as `name: value`."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(item) for item in value)
    return str(getattr(value, "text", value))


@config.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path, file_okay=False))
@pass_app
def schema(app: App, directory: Path | None) -> None:
    """Write the JSON Schema of every file into DIR/schema, where editors find it.

    DIR is the configuration folder; without it, the one in force.
    """
    from monitor.settings.paths import config_folder, shipped
    from monitor.settings.schema import SCHEMAS, json_schema

    folder = directory or config_folder(app.config, os.environ)
    if directory is None and folder == shipped():
        raise ConfigError("no configuration folder of yours is in force", hint="Name one: monitor config schema DIR")
    target = folder / "schema"
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in SCHEMAS:
            path = target / f"{name}.schema.json"
            path.write_text(json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot write to {target}: {error.strerror or error}") from error
    click.echo(clean(f"{len(SCHEMAS)} schemas written to {target}"))


@config.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
def new(directory: Path) -> None:
    """Copy the configuration that ships into DIR, to start from. Overwrites nothing."""
    from monitor.settings.packs import FOLDER
    from monitor.settings.paths import FILES, NAMES, shipped

    packs = [path.relative_to(shipped()).as_posix() for path in sorted((shipped() / FOLDER).glob("*.yaml"))]
    copied = (*FILES, *packs, *(f"schema/{name}.schema.json" for name in (*NAMES, "entities")))
    if there := [file for file in copied if (directory / file).exists()]:
        raise ConfigError(
            f"{directory} already holds {', '.join(there)}", hint="Name another folder, or move them away"
        )
    try:
        for folder in ("schema", FOLDER):
            (directory / folder).mkdir(parents=True, exist_ok=True)
        for file in copied:
            shutil.copyfile(shipped() / file, directory / file)
    except OSError as error:
        raise ConfigError(f"cannot write to {directory}: {error.strerror or error}") from error
    click.echo(clean(f"{', '.join((*FILES, *packs))} written to {directory}"))
    note(f"Next: edit them, then `monitor --config {directory} config check`")
