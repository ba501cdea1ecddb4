"""The benchmark of the service counts rightly, its outlets publish what its calendar says, and it runs."""

from __future__ import annotations

import argparse
import gzip
import json
import math
import time
from types import SimpleNamespace

import pytest

from tests.bench import service
from tests.bench._plain import pattern
from tests.bench._service_gauges import Sample, doubt, longest, share, slope
from tests.bench._service_places import host, outlet_of
from tests.bench._service_press import GROUPS, LISTED, PHRASE, Calendar, Press
from tests.bench._service_report import report, report_soak
from tests.bench._service_room import queries
from tests.bench._service_run import Done, Plan, run

SENTENCES = (
    "The mayor of Oldtown opened the bridge on Monday.",
    "It had cost less than was feared by the council.",
    "Nobody at the harbour had asked for a second one.",
    "The ferry goes on until the end of the month.",
)


@pytest.fixture
def data(tmp_path):
    """A folder of the shape of the real one: a page, rules."""
    (tmp_path / "extract" / "pages").mkdir(parents=True)
    text = "".join(f"<p>{' '.join(SENTENCES)}</p>" for _ in range(5))
    page = (
        '<html lang="en"><head><title>Bridge</title><link rel="canonical" href="https://far.example/a">'
        '<script type="application/ld+json">{"@type": "NewsArticle", "url": "https://far.example/a", "articleBody": "Old"}'
        f"</script></head><body><article><h1>Bridge</h1>{text}</article></body></html>"
    )
    (tmp_path / "extract" / "pages" / "web-1.html.gz").write_bytes(gzip.compress(page.encode()))
    (tmp_path / "match").mkdir()
    rows = [
        {"id": "r0", "query": '"grain corridor" NEAR/5 varna'},
        {"id": "r1", "query": '("'},
        {"id": "r2", "query": "kursk"},
    ]
    rules = "\n".join(map(json.dumps, rows))
    (tmp_path / "match" / "rules-sparse.jsonl.gz").write_bytes(gzip.compress(rules.encode()))
    return tmp_path


def test_an_outlet_stands_where_it_is_looked_for():
    for number in (0, 255, 70_000):
        assert host(number).startswith("127.")
        assert outlet_of(f"{host(number)}:8080") == outlet_of(host(number, named=True)) == number


def test_what_is_newest_was_published_and_what_comes_next_was_not():
    calendar = Calendar(1_000, 1_800.0, time.time())
    for outlet in (0, 7, 59, 60, 999):
        for later in (0.0, 400.0, 5_000.0):
            now = calendar.start + later
            newest = calendar.newest(outlet, now)
            assert calendar.published(outlet, newest) <= now + 1e-3 < calendar.published(outlet, newest + 1)


def test_a_thousand_outlets_publish_as_much_as_is_asked_for():
    calendar = Calendar(1_000, 600.0, time.time())
    came = sum(
        calendar.newest(one, calendar.start + 60.0) - calendar.newest(one, calendar.start) for one in range(1_000)
    )
    assert came == pytest.approx(100, abs=1_000 / GROUPS)


def test_a_page_keeps_its_markup_leads_nowhere_and_says_the_phrase_where_it_should(data):
    press, calendar = Press.of(data, 10, hits=0.5), Calendar(10, 60.0, 0.0)
    pages = [press.page(calendar, 1, number).decode() for number in range(40)]
    assert not [page for page in pages if "far.example" in page or '"Old"' in page]
    assert all("<article><h1>" in page for page in pages)
    assert [PHRASE in page for page in pages] == [calendar.hit(1, number, 0.5) for number in range(40)]
    assert len(set(pages)) == 40
    assert calendar.feed(3, 1_000).count(b"<item>") == LISTED


def test_rules_that_the_language_does_not_read_are_left_out(data):
    assert queries(data, 3) == [f'"{PHRASE}"', '"grain corridor" NEAR/5 varna', "kursk"]


def test_the_plain_script_finds_phrases_and_what_stands_near():
    near = pattern('"grain corridor" NEAR/5 varna')
    assert near.search("The grain\ncorridor begins at Varna, they said.")
    assert not near.search("The grain corridor begins at none of these many ports: Varna.")
    assert not pattern("kursk").search("kurskaya")


def _sample(at, memory, **more):
    return Sample(at, memory, memory, 0.0, 0.0, 0.0, 30, 3, 0) if not more else Sample(at, memory, memory, **more)


def test_time_above_a_limit_is_counted_in_a_row():
    memory = [1, 5, 5, 1, 5, 5, 5, 1]
    assert longest([_sample(float(at), size) for at, size in enumerate(memory)], 4) == 3.0


def test_shares_and_slopes():
    assert share(range(100), 0.5, 0.95, 1.0) == [50, 95, 99]
    assert slope([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]) == pytest.approx(2.0)
    assert slope([]) == 0.0
    # Means of 1, 3, 2 and 4 over four minutes: .8 a minute; residuals .3, -.9, .9, -.3 over two degrees of freedom.
    points = [(60.0 * minute + part, mean + off) for minute, mean in enumerate((1, 3, 2, 4)) for part, off in
              ((0.0, -0.5), (30.0, 0.5))]  # fmt: skip
    assert doubt(points) == pytest.approx(math.sqrt(1.8 / 2 / 5) / 60)
    assert doubt(points[:4]) == 0.0


def _done(**more):
    line = {
        "at": 120.0, "loop": [100, 60_000], "starts": [1_000, 3_000_000], "polled": {"": 2}, "read": {"full": 2},
        "readers": {"jobs": 4, "forked": 2}, "polls": 1, "reads": 1, "queued": 0, "stories": 1,
    }  # fmt: skip
    samples = [_sample(100.0 + at, 10**6 * (100 + at)) for at in range(60)]
    street = SimpleNamespace(calendar=Calendar(300, 60.0, 0.0))
    return Done(ready=1.0, began=100.0, ended=160.0, lines=[line], samples=samples, street=street, code=0, **more)


def test_a_report_says_which_limits_are_not_met(tmp_path, capsys):
    plan = Plan(tmp_path, 300, 60.0, 60.0)
    told, untold = f"{host(3)}:80/a/1000.html", f"{host(4)}:80/a/1000.html"
    articles = [(f"http://{place}", "full", 110.0, 112.0, True) for place in (told, untold)]
    report(plan, _done(told={told: 113.0}, articles=articles))
    said = {row[2:30].strip(): row for row in capsys.readouterr().out.splitlines()[1:]}
    assert said["due to started"].endswith("p95 <= 2 s: NOT MET")
    assert said["loop lag"].endswith("p99 <= 50 ms: NOT MET")
    assert "1 of 2" in said["articles with hits told"]
    assert said["articles with hits told"].endswith("NOT MET")
    assert "p50 3.00 s" in said["seen to told"]
    assert "max 159;" in said["memory of all processes"]
    assert said["memory of all processes"].endswith("met")


def test_a_soak_tells_the_slope_by_simulated_days(tmp_path, capsys):
    report_soak(Plan(tmp_path, 300, 6.0, 60.0), _done(), 10.0)
    # A megabyte a second, 8,640 seconds to a simulated day.
    assert "+8640.00 MB a simulated day" in capsys.readouterr().out


@pytest.mark.slow
def test_a_small_run_of_the_daemon(data, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    service.add_options(parser)
    options = parser.parse_args("--outlets 200 --every 8 --minutes .5 --hits 1 --gap 0 --rules 3".split())
    plan = service.plan(data, options)
    folder = tmp_path / "run"
    folder.mkdir()
    done = run(plan, folder)
    report(plan, done)
    said = capsys.readouterr().out
    assert done.code == 0, said
    assert not done.died
    assert done.overdue == 0
    assert sum(len(one["starts"]) for one in done.lines) > 200
    assert [row for row in done.articles if row[4]]
    assert "no restart: met" in said
    # What was made to start is not looked through again and again.
    assert done.lines[-1]["frozen"] > 10_000
