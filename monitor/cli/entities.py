"""`monitor rules entity` and `monitor rules lint`: names from Wikidata, and names that hit too much or never."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, note, one_line, pass_app, print_json
from monitor.errors import BlockedAddressError, ConfigError

if TYPE_CHECKING:
    from monitor.enrol import Card
    from monitor.settings.record import Settings


@click.group()
def entity() -> None:
    """Import entities from Wikidata."""


@entity.command("import")
@click.argument("qid", metavar="QID")
@click.option("--id", "entity_id", default="", metavar="ID", help="What rules call it (else made from its label).")
@click.option("--languages", default="", metavar="en,uk,...", help="Names in these (else your outlets' and en).")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the card into a new file, such as config/entities/nato.yaml (else on stdout).",
)
@click.option("--from", "base", default="", metavar="URL", help="Where QID.json is read instead, such as a mirror.")
@click.option("--private", is_flag=True, help="The address of --from may be in your own network.")
@pass_app
def import_(app: App, qid: str, entity_id: str, languages: str, to: Path | None, base: str, private: bool) -> None:
    """Take the names of QID (such as Q7184) from Wikidata and write a card to edit."""
    from monitor import wiring
    from monitor.enrol import QID, WIKIDATA, card_yaml, imported

    qid = qid.strip().upper()
    if not QID.fullmatch(qid):
        raise click.UsageError(f"{qid!r} is no id of Wikidata: they look like Q7184")
    _check_id(entity_id)
    if private and not base:
        raise click.UsageError("--private speaks of the address of --from")
    _check_new(to)
    settings = app.settings(addresses=False)
    wanted = _languages(languages) or _configured(settings)
    place = base or WIKIDATA
    try:
        card = asyncio.run(imported(wiring.client(settings), qid, wanted, base=place, private=private))
    except BlockedAddressError as error:
        hint = "Give --private where --from is a mirror of your own" if base and not private else ""
        raise ConfigError(str(error), hint=hint) from error
    entity_id = entity_id or card.id
    text = card_yaml(card, entity_id, base)
    if to is None:
        click.echo(text, nl=False)
    else:
        _write(to, text)
        _show(card)
    _tell(card, entity_id, wanted, settings, to)


def _check_id(entity_id: str) -> None:
    from monitor.settings.keys import ID

    if entity_id and not (re.fullmatch(ID, entity_id) and len(entity_id) <= 64):
        raise click.UsageError(f"{entity_id!r} is no id: small letters, digits and . _ - after the first, at most 64")


def _languages(text: str) -> list[str]:
    """Return the codes of "en,pt-BR"; none of an empty text."""
    from monitor.parse.language import primary

    found: dict[str, None] = {}
    for part in filter(None, re.split(r"[,\s]+", text)):
        code = primary(part)
        if code is None:
            raise click.UsageError(f"{part!r} is no language code such as en, de or uk")
        found[code] = None
    return list(found)


def _configured(settings: Settings) -> list[str]:
    said = sorted({outlet.language for outlet in settings.outlets if outlet.language})
    return list(dict.fromkeys(["en", *said]))


def _check_new(to: Path | None) -> None:
    """Refuse a file that is there before anybody is asked for anything."""
    if to is not None and (to.exists() or to.is_symlink()):
        raise ConfigError(f"{to} is there already", hint="Name another file, or move it away; nothing was changed")
    if to is not None and not to.parent.is_dir():
        raise ConfigError(
            f"there is no folder {to.parent}", hint="Make it first; packs stand in entities/ beside rules.yaml"
        )


def _write(to: Path, text: str) -> None:
    try:
        with to.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        _check_new(to)
        raise
    except OSError as error:
        raise ConfigError(f"cannot write {to}: {error.strerror or error}") from error


def _show(card: Card) -> None:
    rows = [
        (name.text, " ".join(name.languages) or "all", "exact" if name.exact else "", "yes" if name.inflect else "")
        for name in card.names
    ]
    listing.table(("name", "languages", "case", "inflect"), rows, empty="")


def _tell(card: Card, entity_id: str, languages: Sequence[str], settings: Settings, to: Path | None) -> None:
    """Say on stderr what was made, what is left out, and what to do next."""
    what = (
        f"a {card.kind}"
        if card.kind == "person"
        else f"an {card.kind}"
        if card.kind
        else "neither person nor organisation"
    )
    note(f"{card.qid} {card.label}: {what}, {len(card.names)} names in {', '.join(languages)}")
    for why, names in card.left_out.items():
        note(f"left out ({why}): {', '.join(names[:5])}{' ...' if len(names) > 5 else ''}")
    if entity_id in {known.id for known in settings.entities}:
        note(f"the configuration has an entity {entity_id!r} already: give this one another --id")
    if to is None:
        note("keep it with --to FILE.yaml, in the folder entities/ of the configuration")
        return
    if to.suffix != ".yaml":
        note("only files that end in .yaml are read from the folder entities/")
    note(f"written to {to}: edit it, then `monitor rules lint`")


@click.command()
@click.option("--strict", is_flag=True, help="Exit code 1 where something is found that is no mere information.")
@json_option
@pass_app
def lint(app: App, strict: bool, as_json: bool) -> None:
    """Show names that are likely to hit too much, or never. Looks at entities that rules use, and at your own."""
    from monitor.match.lint import lint as look

    settings = app.settings(addresses=False)
    found = look(settings.rules, settings.entities, own=_own(settings))
    if as_json:
        print_json(found)
    else:
        for finding in found:
            mark = "information" if finding.information else "warning"
            click.echo(clean(one_line(f"{mark}: {finding.entity}: {finding.message} [{finding.kind}]")))
            click.echo(clean(f"  {one_line(finding.hint)}"))
        count = Counter(finding.information for finding in found)
        click.echo(f"{count[False]} to change, {count[True]} to know", err=True)
    if strict and not all(finding.information for finding in found):
        raise click.exceptions.Exit(1)


def _own(settings: Settings) -> set[str]:
    """Return the ids of the entities that stand in rules.yaml."""
    mine = str(settings.directory / "rules.yaml")
    return {one.id for one in settings.entities if settings.origins[f"entities.{one.id}"].rpartition(":")[0] == mine}
