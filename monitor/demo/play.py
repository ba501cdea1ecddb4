"""The demonstration: two passes of the real line over two outlets on loopback, and whether all went as it should."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from monitor.daemon import run_once
from monitor.demo.receivers import Mailbox, Webhook
from monitor.demo.site import Site
from monitor.settings.load import load
from monitor.store.sqlite import SqliteStore
from monitor.views import ArticleRow, Filter, HitRow
from monitor.works import Tally

COURIER, GAZETTE = "harbour-courier", "pier-gazette"
# Article → the rules that must hit it, no more and no less.
EXPECTED = {
    "older.html": {"coalition"},
    "coalition.html": {"coalition", "nato"},
    "copy.html": {"coalition", "nato"},
    "closed.html": {"nato"},
    "senators.html": set(),
    "nato-italian.html": set(),
}
# One for the story that both outlets carry, under both rules; one for the page behind the wall.
MESSAGES = 2

_RULES = """
rules:
  coalition: '"coalition of the willing"'
  nato: "@nato"
  belgorod: Belgorod
entities:
  nato:
    label: North Atlantic Treaty Organization
    names:
      - {text: NATO, case: exact}
      - North Atlantic Treaty Organization
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demonstration did. `faults`: what should have happened and did not; empty when all is well."""

    config: Path
    database: Path
    first: Tally
    second: Tally
    articles: tuple[ArticleRow, ...]
    hits: tuple[HitRow, ...]
    mails: tuple[EmailMessage, ...]
    posts: tuple[tuple[dict[str, str], dict[str, Any]], ...]
    faults: tuple[str, ...]


async def play(folder: Path) -> Outcome:
    """Run it; configuration and database are left in `folder` to look at."""
    config = folder / "config"
    config.mkdir(parents=True, exist_ok=True)
    courier, gazette = Site("The Harbour Courier", ["older.html"]), Site("The Pier Gazette")
    async with courier, gazette, Mailbox() as mailbox, Webhook() as webhook:
        _write(config, courier, gazette, mailbox, webhook)
        settings = load(config, {})
        first = await run_once(settings, out=io.StringIO())
        early = len(mailbox.mails) + len(webhook.posts)
        courier.published += ["coalition.html", "senators.html"]
        gazette.published += ["copy.html", "nato-italian.html", "closed.html"]
        gazette.forbidden.add("closed.html")
        await asyncio.sleep(0.2)  # until both outlets are due again
        second = await run_once(settings, out=io.StringIO())
        mails, posts = tuple(mailbox.mails), tuple(webhook.posts)
    store = SqliteStore.open_readonly(settings.storage)
    try:
        articles = tuple(reversed(store.articles.rows(Filter(limit=100))))
        hits = tuple(reversed(store.hits.rows(Filter(limit=100))))
    finally:
        store.close()
    faults = [*_wrong_articles(articles, hits), *_wrong_messages(mails, posts)]
    if early:
        faults.append(f"{early} messages about what the outlets already held when they were added")
    return Outcome(config, settings.storage, first, second, articles, hits, mails, posts, tuple(faults))


def _write(config: Path, courier: Site, gazette: Site, mailbox: Mailbox, webhook: Webhook) -> None:
    outlets = "".join(
        f"  {name}:\n    name: {site.name}\n    homepage: {site.url}/\n    language: {language}\n"
        f"    feeds: [{site.url}/feed.xml]\n    every: 0.1s\n    private: true\n"
        for name, site, language in ((COURIER, courier, "en"), (GAZETTE, gazette, "it"))
    )
    mail = f"mailto://127.0.0.1:{mailbox.port}?from=monitor@demo.invalid&to=desk@demo.invalid"
    files = {
        "monitor.yaml": "storage: {path: monitor.db}\npoliteness: {gap: 0s, contact: demo@demo.invalid}\n",
        "outlets.yaml": f"outlets:\n{outlets}",
        "rules.yaml": _RULES.lstrip(),
        "alerts.yaml": f"channels:\n  mail: {{url: '{mail}'}}\n"
        f"  chat: {{url: 'json://127.0.0.1:{webhook.port}/hook'}}\nroutes:\n  desk: {{channels: [mail, chat]}}\n",
    }
    for name, text in files.items():
        config.joinpath(name).write_text(text, encoding="utf-8")


def _wrong_articles(articles: tuple[ArticleRow, ...], hits: tuple[HitRow, ...]) -> list[str]:
    faults = []
    for name, rules in EXPECTED.items():
        found = [row for row in articles if row.url.endswith("/" + name)]
        if len(found) != 1:
            faults.append(f"{name} was stored {len(found)} times")
        got = {row.hit.rule_id for row in hits if row.article.url.endswith("/" + name)}
        faults += [f"rule {rule} should have hit {name}" for rule in sorted(rules - got)]
        faults += [f"rule {rule} should not have hit {name}" for rule in sorted(got - rules)]
        if found and name == "closed.html" and found[0].text != "feed":
            faults.append("closed.html should be marked as headline and summary only")
    stories = {row.article.story_id for row in hits if row.article.url.endswith(("/coalition.html", "/copy.html"))}
    if len(stories) != 1:
        faults.append(f"two copies of one text stand in {len(stories)} stories")
    return faults


def _wrong_messages(
    mails: tuple[EmailMessage, ...], posts: tuple[tuple[dict[str, str], dict[str, Any]], ...]
) -> list[str]:
    faults = []
    mailed = Counter(str(mail["X-Monitor-Id"]) for mail in mails)
    posted = Counter(headers.get("x-monitor-id", "") for headers, _ in posts)
    for kind, counted in (("mail", mailed), ("chat", posted)):
        if len(counted) != MESSAGES:
            faults.append(f"{len(counted)} different {kind} messages arrived, not {MESSAGES}")
        faults += [f"{kind} message {name} arrived {times} times" for name, times in counted.items() if times != 1]
    return faults
