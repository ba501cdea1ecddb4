"""`monitor alerts preview`: what a message looks like, in our words or in those of a template; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from monitor.cli.app import App, clean, pass_app

if TYPE_CHECKING:
    from monitor.model import Message
    from monitor.settings.record import Settings

FORMS = {"title": "title", "text": "text", "markdown": "markdown", "html": "html", "json": "payload"}


@click.command()
@click.option("--template", metavar="NAME", help="A name in the folder `templates`; without it, our own words.")
@click.option("--kind", type=click.Choice(["alert", "update", "digest", "notice"]), default="alert", show_default=True)
@click.option("--hit", type=int, metavar="ID", help="Tell this hit of the archive in place of a made-up one.")
@click.option("--form", type=click.Choice(list(FORMS)), multiple=True, help="Only these forms; without it, all.")
@pass_app
def preview(app: App, template: str | None, kind: str, hit: int | None, form: tuple[str, ...]) -> None:
    """Show a message in every form; nothing is sent."""
    from monitor.model import Kind
    from monitor.notify.sample import samples
    from monitor.notify.templates import Templates

    settings = app.settings(addresses=False)
    if template is not None and template not in settings.templates:
        known = ", ".join(settings.templates) or "there are none"
        raise click.UsageError(f"there is no template {template!r} in {settings.directory / 'templates'}; {known}")
    message = samples()[Kind(kind)] if hit is None else _of_hit(app, settings, hit)
    if template is not None:
        message = Templates(settings.templates).apply(template, message)
    chosen = form or tuple(FORMS)
    for number, name in enumerate(chosen):
        if len(chosen) > 1:
            click.echo(f"{chr(10) if number else ''}---- {name}")
        click.echo(clean(str(getattr(message, FORMS[name]))))


def _of_hit(app: App, settings: Settings, number: int) -> Message:
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from monitor.model import Alert, Rule
    from monitor.notify import content, render
    from monitor.views_alerts import DueAlert

    row = app.store().hits.get(number)
    if row is None:
        raise click.ClickException(f"there is no hit {number}: `monitor hits` lists those there are")
    rule = next((rule for rule in settings.rules if rule.id == row.hit.rule_id), Rule(row.hit.rule_id, ""))
    due = DueAlert(Alert("preview", rule.id, row.hit.story_id, datetime.now(UTC)), (row,))
    names = content.Names({outlet.id: outlet.name for outlet in settings.outlets}, ZoneInfo(settings.timezone))
    said = content.alert([(due, rule)], id="0" * 32, names=names, route="preview")
    return render.message(said)
