"""`monitor rules`: list and check."""

from __future__ import annotations

import click

from monitor.cli import listing
from monitor.cli.app import App, clean, json_option, pass_app, print_json


@click.group()
def rules() -> None:
    """List and check rules."""


@rules.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the rules in force."""
    found = app.settings(addresses=False).rules
    if as_json:
        print_json(found)
        return
    rows = [(rule.id, rule.name, rule.query, " ".join(rule.tags), rule.version) for rule in found]
    listing.table(("id", "name", "query", "tags", "version"), rows, empty="No rules: write some in rules.yaml.")


@rules.command()
@click.argument("query", required=False)
@json_option
@pass_app
def check(app: App, query: str | None, as_json: bool) -> None:
    """Check the configured rules, or one QUERY, without reading anything. Exit code 1 where one is wrong."""
    from monitor.match.engine import Matcher
    from monitor.model import Rule
    from monitor.query import parse

    settings = app.settings(addresses=False)
    found = [Rule("query", query)] if query else list(settings.rules)
    parsed = {rule.id: parse(rule.query) for rule in found}
    Matcher(found, settings.entities)
    if as_json:
        print_json({"rule": rule.id, "query": rule.query, "warnings": parsed[rule.id].warnings} for rule in found)
        return
    for rule in found:
        for warning in parsed[rule.id].warnings:
            click.echo(clean(f"{rule.id}: {warning}"), err=True)
    click.echo(f"{len(found)} {'rule is' if len(found) == 1 else 'rules are'} fine")
