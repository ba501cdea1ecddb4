"""`monitor rules`: list and check; `test` and `why` are in trying.py, `entity` and `lint` in entities.py."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli import entities, listing, trying
from monitor.cli.app import App, clean, json_option, pass_app, print_json

if TYPE_CHECKING:
    from monitor.model import Rule


@click.group()
def rules() -> None:
    """List, check, try and explain rules."""


rules.add_command(trying.test)
rules.add_command(trying.why)
rules.add_command(entities.entity)
rules.add_command(entities.lint)


@rules.command("list")
@json_option
@pass_app
def list_(app: App, as_json: bool) -> None:
    """List the rules in force."""
    found = app.settings(addresses=False).rules
    if as_json:
        print_json(found)
        return
    rows = [(rule.id, rule.name, rule.query, " ".join(rule.tags), _life(app, rule), rule.version) for rule in found]
    listing.table(("id", "name", "query", "tags", "life", "version"), rows, empty="No rules: write some in rules.yaml.")


def _life(app: App, rule: Rule) -> str:
    """Say how a rule differs from one that tells of everything for ever."""
    said = [rule.mode] if rule.mode != "live" else []
    if rule.until:
        last = (rule.until - timedelta(seconds=1)).astimezone(app.zone)
        said.append(f"until {last:%Y-%m-%d}" if rule.until > datetime.now(UTC) else f"ended {last:%Y-%m-%d}")
    said += [f"{rule.budget}/day"] if rule.budget is not None else []
    return ", ".join(said + ([f"spikes {rule.spike:g}x"] if rule.spike else []))


@rules.command()
@click.argument("query", required=False)
@click.option("--stats", is_flag=True, help="Say what a reader's memory is without the rules and with them.")
@json_option
@pass_app
def check(app: App, query: str | None, stats: bool, as_json: bool) -> None:
    """Check the configured rules, or one QUERY, without reading anything. Exit code 1 where one is wrong."""
    from monitor.checkup import weigh
    from monitor.match.engine import Matcher
    from monitor.model import Rule
    from monitor.query import parse

    settings = app.settings(addresses=False)
    found = [Rule("query", query)] if query is not None else list(settings.rules)
    parsed = {rule.id: parse(rule.query) for rule in found}
    Matcher(found, settings.entities)
    weight = asyncio.run(weigh(found, settings.entities)) if stats else None
    if as_json:
        print_json({"rule": rule.id, "query": rule.query, "warnings": parsed[rule.id].warnings} for rule in found)
        if weight is not None:
            print_json([{"reader_bytes_without_rules": weight[0], "reader_bytes_with_rules": weight[1]}])
        return
    for rule in found:
        for warning in parsed[rule.id].warnings:
            click.echo(clean(f"{rule.id}: {warning}"), err=True)
    click.echo(f"{len(found)} {'rule is' if len(found) == 1 else 'rules are'} fine")
    if weight is not None:
        without, loaded = weight
        click.echo(f"one reader: {without >> 20} MB without the rules, {loaded >> 20} MB with them")
