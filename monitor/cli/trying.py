"""`monitor rules test` and `rules why`: a rule tried before it is trusted, and explained after."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from monitor.cli import forecasting, listing
from monitor.cli.app import App, clean, json_option, note, one_line, pass_app, plain, print_json
from monitor.cli.ids import ids

if TYPE_CHECKING:
    from monitor.model import Article, Hit, Rule
    from monitor.trial import Specimen, Tally


@click.command("test")
@click.argument("rule", metavar="RULE-or-QUERY", shell_complete=ids("rules"))
@click.option("--since", type=listing.When(), help="Only articles read since then: a date, `yesterday`, or `30d` ago.")
@click.option("--until", type=listing.When(), help="Not after.")
@click.option("--outlet", metavar="ID", shell_complete=ids("outlets"), help="Only this outlet's.")
@click.option("--file", "files", multiple=True, metavar="FILE-or-URL", help="Try it on these pages, not the archive.")
@click.option("--against", metavar="OLD", help="Another rule or query: show what is gained and lost beside it.")
@json_option
@pass_app
def test(app: App, /, rule: str, files: tuple[str, ...], against: str | None, as_json: bool, **options: Any) -> None:
    """Try a rule on the archive: hits, per day, per outlet, ten samples to look at, and how many messages a day the
    configured routes would make of them. Nothing is stored or sent.
    """
    from monitor import trial
    from monitor.views import Filter

    if files and any(options.values()):
        raise click.UsageError("--since, --until and --outlet narrow the archive; they say nothing of --file")
    settings = app.settings(addresses=False)
    known = {one.id: one for one in settings.rules}
    old = _rule(against, known) if against else None
    unread: list[str] = []
    tried, read = _rule(rule, known), None
    if files:
        specimens = _pages(app, files, unread)
    else:
        store, wanted = app.store(), Filter(**options)
        read = store.articles.count(wanted)
        specimens = trial.stored(store, wanted, [tried, *([old] if old else [])], settings.entities)
    tally = trial.tried(specimens, tried, settings.entities, old, read=read, zone=app.zone)
    future = None if files else forecasting.made(app, tried, tally, options["since"], options["until"])
    # Marks are of a rule's hits; a query has none.
    marks = app.store().marks.counts(rule) if rule in known and not files else {}
    if as_json:
        print_json(
            [{**_as_object(tally), "forecast": forecasting.as_object(future) if future else None, "marks": marks}]
        )
    else:
        _print(tally, against=against)
        if future:
            forecasting.show(future)
        forecasting.show_marks(marks)
    if unread:
        raise click.exceptions.Exit(1)


@click.command("why")
@click.argument("place", metavar="URL-or-FILE")
@click.argument("rule", metavar="RULE-or-QUERY", shell_complete=ids("rules"))
@json_option
@pass_app
def why(app: App, place: str, rule: str, as_json: bool) -> None:
    """Say clause by clause why a rule holds on an article or does not, and how near it came.

    A URL that is in the archive is explained as it was read, another is fetched; the number of a stored article does
    too. Exit code 1 where the rule does not hold.
    """
    from monitor.match import why as told

    settings = app.settings(addresses=False)
    article = _article(app, place)
    clause = told.why(article, _rule(rule, {one.id: one for one in settings.rules}), settings.entities)
    failure = told.first_failure(clause)
    if as_json:
        print_json([{"title": article.title, "url": article.url, "language": article.language, "held": clause.held,
                     "first_failure": plain(failure), "clause": plain(clause)}])  # fmt: skip
    else:
        click.echo(f"{clean(article.title)}\n{clean(article.url)}, language {article.language or 'unknown'}\n")
        for line in told.lines(clause):
            click.echo(clean(line))
        verdict = "the rule holds" if failure is None else f"it fails at {failure.text}: {failure.detail}"
        click.echo(f"\n{one_line(verdict)}")
    if failure is not None:
        raise click.exceptions.Exit(1)


def _rule(text: str, known: dict[str, Rule]) -> Rule:
    """Return the rule of this id, else the text as a query."""
    from monitor.model import Rule

    if text not in known and " " not in text and (near := difflib.get_close_matches(text, known, 1)):
        note(f"no rule is called {text!r}, so it is tried as a query; did you mean {near[0]!r}?")
    return known.get(text) or Rule("query", text)


def _article(app: App, place: str) -> Article:
    """Return the stored article of a number or URL, else that of the page at a file or URL."""
    from monitor.errors import StoreError
    from monitor.parse import urls

    if place.isdecimal() and len(place) < 19:
        found = app.store().articles.get(int(place))
        if found is None:
            raise click.ClickException(f"there is no stored article {place}: `monitor articles` lists those there are")
        return found.article
    if place.startswith(("http://", "https://")):
        try:
            articles = app.store().articles
            found = articles.find(place) or articles.find(urls.canonical(place))
        except StoreError as error:
            note(f"the page is fetched anew: {error}")
            found = None
        if found is not None:
            return found.article
    unread: list[str] = []
    for specimen in _pages(app, (place,), unread):
        return specimen.article
    raise click.exceptions.Exit(1)


def _pages(app: App, places: tuple[str, ...], unread: list[str]) -> Iterator[Specimen]:
    """Yield the articles of files and URLs; those that hold none are told and added to `unread`."""
    from monitor.cli.inspect import load_page
    from monitor.errors import FetchError, ReadError
    from monitor.extract.article import extract
    from monitor.trial import Specimen

    for place in places:
        try:
            article = extract(load_page(app, place, ""))
        except (FetchError, ReadError) as error:
            note(f"{place}: {error}")
            unread.append(place)
        except OSError as error:
            note(f"{place}: {error.strerror}")
            unread.append(place)
        else:
            yield Specimen(article, place, article.published)


def _print(tally: Tally, *, against: str | None) -> None:
    share = f", {tally.hits / tally.read:.1%}" if tally.read else ""
    click.echo(f"hits: {tally.hits} of {tally.read} articles{share}")
    for name, counts in (("per day", tally.per_day), ("per outlet", tally.per_outlet)):
        if counts:
            click.echo(f"\n{name}")
            _bars(sorted(counts.items(), reverse=True) if name == "per day" else counts.most_common(20))
    groups = [("samples", tally.samples)]
    if against:
        note(f"held against {against}: {tally.gains} gained, {tally.losses} lost")
        groups = [
            (f"gained, the first {min(20, tally.gains)}", tally.gained[:20]),
            (f"lost, the first {min(20, tally.losses)}", tally.lost[:20]),
        ]
    for name, found in groups:
        if found:
            click.echo(f"\n{name}")
        for specimen, hit in found:
            click.echo(f"  {_when(specimen.at)} {clean(specimen.article.outlet)} {one_line(specimen.article.title)}")
            click.echo(f"    {clean(specimen.place)}\n    {_quote(hit)}")


def _bars(counts: list[tuple[str, int]]) -> None:
    widest = max(count for _, count in counts)
    for name, count in counts[:31]:
        click.echo(f"  {clean(name):<20} {count:>6} {'#' * round(40 * count / widest)}")


def _when(at: datetime | None) -> str:
    return listing.when(at) or "no date"


def _quote(hit: Hit) -> str:
    from monitor.match.receipt import marked

    return one_line(marked(hit.evidence[0])) if hit.evidence else ""


def _as_object(tally: Tally) -> dict[str, Any]:
    def shown(found: list[tuple[Specimen, Hit]]) -> list[dict[str, Any]]:
        return [
            {"title": plain(one.article.title), "place": plain(one.place), "outlet": one.article.outlet,
             "at": plain(one.at), "sentence": plain(_quote(hit))}
            for one, hit in found
        ]  # fmt: skip

    def counted(counts: Counter[str]) -> dict[str, int]:
        return dict(sorted(counts.items()))

    return {
        "read": tally.read,
        "hits": tally.hits,
        "per_day": counted(tally.per_day),
        "per_outlet": counted(tally.per_outlet),
        "samples": shown(tally.samples),
        "gains": tally.gains,
        "losses": tally.losses,
        "gained": shown(tally.gained),
        "lost": shown(tally.lost),
    }
