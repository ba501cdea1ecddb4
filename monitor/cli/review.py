"""`monitor review`: the press review, to hand on."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import listing
from monitor.cli.app import App, json_option, note, pass_app, print_json, working
from monitor.cli.ids import ids

if TYPE_CHECKING:
    from monitor.review.press import Review
    from monitor.settings.record import Settings

_SUFFIXES = {".html": "html", ".htm": "html", ".md": "md", ".markdown": "md", ".docx": "docx"}


@click.command()
@click.option("--since", type=listing.When(), default="yesterday", show_default=True, help="Hits found since then.")
@click.option("--until", type=listing.When(end=True), help="And not after: a day is meant to its end.")
@click.option(
    "--rule",
    "rules",
    metavar="ID",
    shell_complete=ids("rules"),
    multiple=True,
    help="Only this rule; may be given again.",
)
@click.option("--tag", "tags", metavar="TAG", multiple=True, help="Only rules of this tag; may be given again.")
@click.option("--outlet", metavar="ID", shell_complete=ids("outlets"), help="Only this outlet.")
@click.option("--all", "everything", is_flag=True, help="Baselines and rules on trial too.")
@click.option("--format", "form", type=click.Choice(["html", "md", "docx"]), help="By default as FILE says, else md.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it there.")
@json_option
@pass_app
def review(
    app: App, since: datetime, until: datetime | None, rules: tuple[str, ...], tags: tuple[str, ...],
    outlet: str | None, everything: bool, form: str | None, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Write the press review: hits by story, with the sentences, outlets and links.

    \b
    monitor review --since yesterday -o today.html
    monitor review --since 7d --tag defence --format docx -o week.docx
    """  # noqa: D301 - click's mark, no backslash
    from monitor.review import press

    form = form or _SUFFIXES.get(output.suffix.lower() if output else "", "md")
    if form == "docx" and output is None and not as_json and sys.stdout.isatty():
        raise click.UsageError("a docx file is nothing for a terminal: add -o FILE")
    settings, now = app.settings(addresses=False), datetime.now(UTC)
    asked = press.Asked(since, until or now, _chosen(settings, rules, tags), outlet, everything)
    names = press.Names(
        {rule.id: rule for rule in settings.rules},
        {one.id: one.name for one in settings.outlets},
        app.zone,
    )
    with working("reading"):
        made = press.review(press.gather(app.store(), asked), names, now)
    if as_json:
        print_json(made.stories)
    else:
        data = _rendered(made, form)
        if output is None:
            click.echo(data, nl=False)
        else:
            output.write_bytes(data)
            note(f"wrote {output}")


def _chosen(settings: Settings, rules: tuple[str, ...], tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the ids of the rules that are named or have one of the tags; none where nothing is named."""
    tagged = [rule.id for rule in settings.rules if set(tags) & set(rule.tags)]
    if tags and not tagged:
        raise click.ClickException(f"no rule has the tag {' or '.join(tags)}: `monitor rules list` shows theirs")
    return tuple(dict.fromkeys([*rules, *tagged]))


def _rendered(made: Review, form: str) -> bytes:
    if form == "docx":
        try:
            from monitor.review import word
        except ModuleNotFoundError as error:
            if error.name != "docx":
                raise
            raise click.ClickException("docx needs python-docx: pip install 'news-monitor[docx]'") from error
        made_of: bytes = word.render(made)
        return made_of
    if form == "html":
        from monitor.review import html

        return html.render(made).encode()
    from monitor.review import markdown

    return markdown.render(made).encode()
