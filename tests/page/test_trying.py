"""A query tried on the archive: the report of `monitor rules test`, within bounds, one at a time."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from monitor.model import Route, Rule
from monitor.place import Place
from monitor.store import opening
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from monitor.views_alerts import Marked
from monitor.web import assembly, trials, trying
from monitor.web.archive import Archive
from monitor.web.assembly import World
from monitor.web.configured import Configured
from monitor.web.kept import Kept
from monitor.web.serve import Beside
from monitor.web.tokens import Tokens, beside
from monitor.web.trials import Asked, Trials, report
from tests.page.programs import Answer, Programs, configuration, fill, serving
from tests.page.room import page
from tests.page.test_api import told
from tests.page.test_screens import said
from tests.store.make import NOW, article, later, save


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    with page(tmp_path_factory.mktemp("trying")) as found:
        yield found


# ---- the report


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Programs, Path]]:
    folder = tmp_path_factory.mktemp("programs")
    configuration(folder)
    fill(folder / "monitor.db")
    with serving(folder) as found:
        yield found, folder


def text(answer: Answer) -> str:
    tree = LexborHTMLParser(answer.body.decode())
    return " ".join(tree.css_first("main").text(separator=" ").split())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"q": "harbour"}, ("harbour",)),
        ({"q": "title:nothing OR title:4"}, ("title:nothing OR title:4",)),
        ({"q": "harbour", "outlet": "o1"}, ("harbour", "--outlet", "o1")),
        ({"q": "@port", "until": "2026-11-24T08:05"}, ("@port", "--until", "2026-11-24T08:05")),
        ({"q": "harbour", "since": "2026-11-24T08:10"}, ("harbour", "--since", "2026-11-24T08:10")),
        ({"q": "ice", "rule": "ice"}, ("ice",)),
    ],
)
def test_the_report_is_that_of_the_command_line(programs, given, words):
    page, folder = programs
    [found] = told(folder, "rules", "test", *words, "--json")
    answer = page.ask("/rules/try", given)
    said = text(answer)
    assert (answer.status, found["hits"] > 0) == (200, True)
    assert f"{found['hits']} of {found['read']} articles" in said
    # No route takes them.
    assert f"{found['forecast']['reasons']['no_route']} taken by no route" in said
    titles = [node.text() for node in LexborHTMLParser(answer.body.decode()).css("ol h3")]
    assert titles == [one["title"] for one in found["samples"]]
    assert len(titles) == min(found["hits"], 10)
    for name, number in {**found["per_day"], **found["per_outlet"]}.items():
        assert f" {name} {number} " in said


def test_a_sample_says_where_the_query_holds_and_leads_to_its_article(served):
    text = said(served, "/rules/try?q=harbour")
    assert "The harbour froze. harbour in the body, paragraph 1" in text
    answer = served.get("/rules/try?q=harbour").text
    assert "<mark>harbour</mark>" in answer
    assert 'href="/articles/3"' in answer
    assert "alerts: 1.0 a day, 1 at most (2026-11-24) updates: none digests: none 2 told with their story" in text


def test_a_query_beside_another_says_what_is_gained_and_lost(served):
    text = said(served, "/rules/try?q=title:%22Ice+2%22&against=title:%22Ice+1%22")
    assert "1 of 3 articles, 33.3%" in text
    assert 'Gained beside title:"Ice 1": 1 Ice 2' in text.replace("&#34;", '"')
    assert 'Lost beside title:"Ice 1": 1 Ice 1' in text.replace("&#34;", '"')


def test_a_rule_is_shown_in_the_form_and_tried_when_it_is_sent(served):
    shown = LexborHTMLParser(served.get("/rules/try?rule=ice").text)
    assert shown.css_first("textarea").text().strip() == "harbour"
    assert shown.css_first("input[name=against]").attributes["value"] == "ice"
    assert shown.css_first("#found") is None
    # Beside itself nothing is gained: the samples are shown.
    text = said(served, "/rules/try?rule=ice&q=harbour&against=ice")
    assert "Gained" not in text
    assert "Samples" in text
    assert "Gained beside ice: 0 Lost beside ice: 2" in said(
        served, "/rules/try?rule=ice&q=harbour+AND+title:1&against=ice"
    )


def test_marks_say_how_precise_a_rule_is_and_nothing_of_another_query(tmp_path):
    with page(tmp_path) as served:
        with opening.writing(Place(served.path)) as store, store.transaction():
            for number, mark in ((1, "relevant"), (2, "relevant"), (3, "noise")):
                store.marks.put(number, Marked(mark, "ann", NOW))
        expected = "Precision 67% [21%, 94%] by 3 marked hits"
        assert expected in said(served, "/rules/try?rule=ice&q=harbour")
        assert "Precision" not in said(served, "/rules/try?rule=ice&q=harbour+OR+nothing")
        assert "Precision" not in said(served, "/rules/try?q=harbour")
        assert "67% [21%, 94%] by 3 marked hits" in said(served, "/rules")


def test_what_cannot_be_read_is_explained_where_it_stands(served):
    for place, message, line in (
        ("q=harbour+AND+(ice", "this ( is never closed (line 1, column 13)", "harbour AND (ice\n            ^"),
        ("q=harbour+AND%0D%0A@nobody", "there is no entity 'nobody' (line 2, column 1)", "@nobody\n^"),
        ("q=harbour&against=(ice", "beside: this ( is never closed (line 1, column 1)", "(ice\n^"),
        ("q=(harbour&rule=ice", "this ( is never closed (line 1, column 1)", "(harbour\n^"),
    ):
        answer = served.get(f"/rules/try?{place}")
        assert answer.status_code == 400
        fault = LexborHTMLParser(answer.text).css_first("#fault[role=alert]")
        assert fault.css_first("p").text() == message
        assert fault.css_first("pre").text() == line
    assert "entities stand in rules.yaml" in served.get("/rules/try?q=@nobody").text
    assert served.get("/rules/try?q=harbour+and+ice").status_code == 200


@pytest.mark.parametrize(
    ("place", "doubt"),
    [
        ("q=ice&rule=nobody", "There is no rule “nobody”"),
        ("q=ice&since=15x", "“15x” is no time"),
        ("q=" + "a" * (trying.LONGEST + 1), "more than 4,000 characters"),
        ("q=ice&against=" + "a" * (trying.LONGEST + 1), "more than 4,000 characters"),
    ],
)
def test_what_is_not_understood_is_not_tried(served, place, doubt):
    text = said(served, f"/rules/try?{place}")
    assert doubt in text
    assert "Samples" not in text


def test_what_may_be_misread_is_doubted_and_what_finds_nothing_says_what_to_do(served):
    assert "write a NEAR/5 b" in said(served, "/rules/try?q=harbour+adj3+ice")
    assert "monitor rules why" in said(served, "/rules/try?q=zebra")
    assert "No article is in this time" in said(served, "/rules/try?q=harbour&outlet=nobody")


def test_a_page_of_another_site_sets_nothing_to_work(served):
    answer = served.get("/rules/try?q=harbour", headers={"Sec-Fetch-Site": "cross-site"})
    assert LexborHTMLParser(answer.text).css_first("#found") is None
    assert LexborHTMLParser(answer.text).css_first("textarea").text().strip() == "harbour"
    assert "articles," in served.get("/rules/try?q=harbour", headers={"Sec-Fetch-Site": "same-origin"}).text


# ---- bounds


class Said:
    """As much of a configuration as a trial asks."""

    rules, outlets, entities, channels, notices = (), (), (), (), ()
    routes, templates, baseline_pages, timezone = (Route("desk", ("mail",)),), {}, 20, "UTC"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore.open(tmp_path / "monitor.db")
    for number in range(1, 21):
        save(opened, article(number, title="Ice" if number % 2 else "Snow"), at=later(60 * number))
    yield opened
    opened.close()


def ticking(seconds: float):
    """Return a clock that goes on by so much each time it is asked."""
    ticks = count()
    return lambda: next(ticks) * seconds


def test_a_trial_that_takes_too_long_says_how_far_it_came(store):
    asked = Asked(Rule("query", "harbour"), None, Filter())
    found = report(store, asked, Said, lambda: False, ticking(trials.SECONDS / 8), later(9_000), UTC)
    # The newest eight, of which each took an eighth of the time.
    assert (found.tally.hits, found.read, found.total, found.oldest) == (8, 8, 20, later(60 * 13))
    whole = report(store, asked, Said, lambda: False, ticking(0), later(9_000), UTC)
    assert (whole.tally.hits, whole.read, whole.total, whole.oldest) == (20, 20, 20, None)


def test_what_full_text_leaves_out_was_looked_at_too(store):
    asked = Asked(Rule("query", "title:snow"), None, Filter())
    found = report(store, asked, Said, lambda: False, ticking(trials.SECONDS / 3), later(9_000), UTC)
    # Down to article 16: 20, 18 and 16 have the word, 19 and 17 do not.
    assert (found.tally.hits, found.read, found.total) == (3, 5, 20)
    part = Asked(asked.rule, None, Filter(since=later(60 * 15)))
    found = report(store, part, Said, lambda: False, ticking(trials.SECONDS), later(9_000), UTC)
    assert (found.tally.hits, found.read, found.total) == (1, 1, 6)


def test_a_trial_that_is_ended_at_once_has_seen_nothing(store):
    found = report(
        store, Asked(Rule("query", "harbour"), None, Filter()), Said, lambda: True, lambda: 0.0, later(9_000), UTC
    )
    assert (found.tally.hits, found.read, found.total, found.oldest) == (0, 0, 20, None)


def test_a_trial_that_nobody_waits_for_foretells_nothing(store):
    asked, looks = Asked(Rule("query", "harbour"), None, Filter()), count()
    found = report(store, asked, Said, lambda: next(looks) >= 5, lambda: 0.0, later(9_000), UTC)
    assert (found.tally.hits, found.forecast.replayed) == (5, 0)
    assert report(store, asked, Said, lambda: False, lambda: 0.0, later(9_000), UTC).forecast.replayed == 20


def test_trials_are_one_at_a_time_and_end_when_nobody_waits(store):
    opened, closed = [], []

    class Counted(SqliteStore):
        def close(self) -> None:
            closed.append(self)
            super().close()

    def open_store() -> SqliteStore:
        opened.append(Counted.open_readonly(store.path))
        return opened[-1]

    async def here() -> bool:
        return False

    async def gone() -> bool:
        return True

    def until_ended(_, ended) -> str:
        while not ended():
            time.sleep(0.01)
        return "ended"

    async def both() -> None:
        one = Trials(open_store)
        first = asyncio.create_task(one.ask(until_ended, gone))
        await asyncio.sleep(0)
        assert await one.ask(lambda *_: "second", here) is None
        assert await first == "ended"
        assert await one.ask(lambda store, _: store.articles.count(Filter()), here) == 20
        with pytest.raises(ZeroDivisionError):
            await one.ask(lambda *_: 1 // 0, here)
        # A request whose task is ended ends its trial.
        third = asyncio.create_task(one.ask(until_ended, here))
        await asyncio.sleep(0.05)
        third.cancel()
        with pytest.raises(asyncio.CancelledError):
            await third
        for _ in range(500):
            if await one.ask(lambda *_: "free", here) == "free":
                break
            await asyncio.sleep(0.01)
        else:
            raise AssertionError("the third one never ended")

    asyncio.run(both())
    assert closed == opened
    assert len(opened) > 3


@contextmanager
def held(path: Path) -> Iterator[tuple[Programs, threading.Event, threading.Event]]:
    """Serve a page whose trials wait for an event; the other says that one has begun."""
    begun, go = threading.Event(), threading.Event()

    def open_store() -> SqliteStore:
        if threading.current_thread().name.startswith("trial"):
            begun.set()
            assert go.wait(30)
        return SqliteStore.open_readonly(path)

    archive, kept, tokens = Archive(open_store), Kept(None, os.urandom), Tokens(beside(path))
    world = World(lambda: datetime.now(UTC), time.monotonic, os.urandom)
    app = assembly.page(
        archive, Configured(lambda: Said, lambda: 1), kept, tokens, lambda: opening.writing(Place(path)), world, UTC
    )
    served = Beside(app, (), lambda: None, archive.close)
    at = served.start("127.0.0.1", 0)
    try:
        yield Programs(int(at.rpartition(":")[2]), tokens, None, path), begun, go
    finally:
        go.set()
        served.stop()


def test_a_second_one_is_told_to_wait_and_all_else_is_shown_meanwhile(store):
    with held(store.path) as (page, begun, go):
        answers = []
        first = threading.Thread(target=lambda: answers.append(page.ask("/rules/try", {"q": "harbour"})))
        first.start()
        assert begun.wait(30)
        second = page.ask("/rules/try", {"q": "harbour"})
        assert (second.status, second.headers["retry-after"]) == (503, "10")
        assert "Another query is being tried" in text(second)
        assert "harbour" in second.body.decode()
        for path in ("/", "/hits", "/rules", "/outlets", "/rules/try", "/api/v1/articles"):
            assert page.ask(path).status == 200
        go.set()
        first.join(30)
        assert "20 of 20 articles" in text(answers[0])
        assert page.ask("/rules/try", {"q": "harbour"}).status == 200


def test_an_archive_that_is_not_there_yet_says_what_to_do(tmp_path):
    with page(tmp_path, filled=False) as served:
        answer = served.get("/rules/try?q=harbour")
        assert answer.status_code == 503
        assert "monitor run" in answer.text


def test_a_form_is_read_as_it_was_written():
    now = NOW + timedelta(days=1)
    form = trying.read({"q": " a\r\n b ", "rule": "", "since": "2h"}, {}, now, UTC)
    assert (form.words["q"], form.wanted.rule.query) == ("a\n b", "a\n b")
    assert form.wanted.wanted.since == now - timedelta(hours=2)
    assert form.wanted.wanted.rule is None
    known = {"ice": Rule("ice", "harbour\n", languages=("en",), budget=3)}
    assert trying.read({"q": "harbour", "rule": "ice"}, known, now, UTC).wanted.rule == known["ice"]
    other = trying.read({"q": "snow", "rule": "ice", "against": "ice"}, known, now, UTC).wanted
    assert (other.rule, other.against) == (Rule("ice", "snow", languages=("en",), budget=3), known["ice"])
