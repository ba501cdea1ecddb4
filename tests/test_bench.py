"""The benchmark of extraction counts rightly: each figure against one worked out by hand."""

from __future__ import annotations

import gzip
import importlib
import json

import pytest

from monitor.extract import body
from monitor.extract.score import Weights
from tests.bench import __main__ as bench
from tests.bench._cost import Stopwatch
from tests.bench._folds import using
from tests.bench._tally import Goal, Tally, together
from tests.bench._tools import LIMIT, OURS, Found, choose
from tests.bench._truth import (
    Score,
    Sums,
    Truth,
    alert_view,
    bootstrap,
    has_capitals,
    measure,
    names,
    same_authors,
    same_date,
    same_title,
    shingles,
    snippets,
)


@pytest.mark.parametrize("name", bench.NAMES)
def test_every_benchmark_can_be_loaded_without_its_peers(name):
    """Their doors into the package are private ones, which a change of the package would break unseen."""
    assert callable(importlib.import_module(f"tests.bench.{name}").main)


def truth(text, **more):
    return Truth(id="a", set="press", url="https://one.example/a", page=b"", body=text, **more)


def test_shingles_are_counted_as_often_as_they_stand():
    assert shingles("a b c d a b c d") == {
        ("a", "b", "c", "d"): 2,
        ("b", "c", "d", "a"): 1,
        ("c", "d", "a", "b"): 1,
        ("d", "a", "b", "c"): 1,
    }
    assert shingles("two words") == {("two", "words"): 1}
    assert shingles(" … ") == {}


def test_a_page_is_scored_by_its_own_shingles():
    # Truth has 3 runs of four words; the output 4, of which 2 are true.
    sums = measure("x b c d e f g", truth("a b c d e f"))
    assert (sums.precision, sums.recall) == (2 / 4, 2 / 3)


def test_a_standfirst_is_neither_right_nor_wrong():
    page = truth("a b c d e f", standfirst="one two three four")
    assert measure("a b c d e f", page) == Sums(1.0, 1, 1.0, 1)
    assert measure("one two three four", page) == Sums(0.0, 0, 0.0, 1)
    assert measure("one two three four five", page).precision == 0.0


def test_precision_is_asked_only_of_pages_that_have_output():
    """As the public benchmark does: nothing found costs recall alone."""
    score = Score()
    score.add("a b c d", truth("a b c d"))
    score.add("", truth("e f g h"))
    assert (score.precision, score.recall) == (1.0, 0.5)
    assert score.f1 == pytest.approx(2 / 3)


def test_the_bootstrap_of_equal_tools_is_zero():
    rows = [Sums(share / 10, 1, 1 - share / 10, 1) for share in range(10)]
    interval = bootstrap(rows, rows, list("abcdefghij"), rounds=50)
    assert (interval.difference, interval.lower, interval.upper) == (0.0, 0.0, 0.0)


def test_the_bootstrap_says_when_a_difference_holds_on_every_page_and_when_it_rests_on_one():
    worse, better = [Sums(0.8, 1, 0.8, 1)] * 40, [Sums(0.9, 1, 0.9, 1)] * 40
    pages = [str(number) for number in range(40)]
    everywhere = bootstrap(better, worse, pages, rounds=200)
    assert everywhere.lower == pytest.approx(0.1)
    once = bootstrap([*worse[1:], Sums(1.0, 1, 1.0, 1)], worse, pages, rounds=200)
    assert once.difference > 0
    assert once.lower == 0.0


def test_the_bootstrap_repeats_itself_and_draws_hosts_whole():
    theirs = [Sums(0.5, 1, 0.5, 1)] * 40
    ours = [Sums(0.9, 1, 0.9, 1)] * 20 + [Sums(0.3, 1, 0.3, 1)] * 20
    by_page = bootstrap(ours, theirs, [str(number) for number in range(40)], rounds=300)
    hosts = [f"host {number // 10}" for number in range(40)]
    by_host = bootstrap(ours, theirs, hosts, rounds=300)
    assert by_host == bootstrap(ours, theirs, hosts, rounds=300)
    assert by_host.difference == pytest.approx(by_page.difference)
    # Four hosts that are each of one kind tell less than forty pages.
    assert by_host.upper - by_host.lower > 2 * (by_page.upper - by_page.lower)


def test_a_snippet_is_found_whatever_its_spaces_and_quotation_marks():
    text = "He said: “We are\n  ready,”\tand left."
    assert snippets(text, ['"We are ready," and', "left", "and stayed"]) == 2
    assert snippets(text, ["→"]) == 0


def test_names_are_capitalised_words_of_four_letters_or_more():
    assert names("In Paris the NATO and the EU met Володимир; 2024News") == {"Paris", "NATO", "Володимир", "News"}


def test_foreign_names_are_those_of_neither_body_nor_title_nor_standfirst():
    page = truth("The Coalition met in Paris.", title="Macron speaks", standfirst="Rutte listens")
    view = alert_view("The coalition met. Macron and Rutte spoke of Belgorod, Belgorod.", page)
    assert view.foreign == {"Belgorod"}
    assert (view.missed, view.true) == (2, 2)


@pytest.mark.parametrize(
    ("text", "expected"), [("Zażółć gęślą", True), ("Харків", True), ("東京で", False), ("12 !", False)]
)
def test_the_alert_view_asks_for_a_script_with_capitals(text, expected):
    assert has_capitals(text) is expected


def test_a_day_is_right_in_the_offset_of_the_page_and_in_utc():
    assert same_date("2024-08-09", "2024-08-09 00:30:00+02:00")
    assert same_date("2024-08-08", "2024-08-09 00:30:00+02:00")
    assert not same_date("2024-08-10", "2024-08-09 00:30:00+02:00")
    assert same_date("2024-08-09", "2024-08")
    assert not same_date("", "2024-08-09")


def test_titles_and_authors_are_compared_by_their_words():
    assert same_title("“Peace” – now", '"Peace" - Now')
    assert not same_title("Peace now | Outlet", "Peace now")
    assert same_authors(("B. Bee", "A Ay", ""), ("A Ay", "B Bee"))
    assert not same_authors(("A Ay",), ("A Ay", "B Bee"))


def test_a_tally_counts_what_was_asked_and_names_the_pages_without_a_body():
    tally = Tally()
    tally.add(
        Found("The mayor of Paris spoke", title="Spoken"), truth("The mayor of Paris spoke", title="x"), fields=True
    )
    tally.add(Found(reason="list_page"), truth("Some text", must_have=("Some",)), fields=True)
    assert tally.reasons == {"list_page": ["a"]}
    figures = together([tally, tally]).figures()
    assert (figures["title"], figures["date"], figures["have"], figures["no body"]) == (0.0, None, 0.0, 0.5)
    assert (figures["pages"], figures["foreign"], figures["clean"], figures["missed"]) == (4, 0.0, 1.0, 0.5)


def test_a_ratio_is_of_the_pages_that_both_tools_read():
    watch = Stopwatch(collect=False)
    watch.spent = {"peer": {"a": 0.2, "b": 0.9}, "ours": {"a": 0.1, "b": 0.1, "c": 5.0}}
    ratio = watch.compare("peer", "ours", ["a", "b", "c"])
    assert (ratio.pages, ratio.total, ratio.median) == (2, pytest.approx(5.5), pytest.approx(5.5))
    assert ratio.milliseconds == pytest.approx(550)
    assert watch.compare("peer", "ours", ["c"]) is None


def test_a_goal_knows_which_way_is_better():
    assert Goal(0.9, 0.95).verdict(0.9) == "ok"
    assert Goal(0.9, 0.95).verdict(0.96) == "ok, goal beyond met"
    assert Goal(0.9).verdict(0.899) == "short"
    assert Goal(4.0, least=False).verdict(4.1) == "short"
    assert Goal(4.0, least=False).verdict(3.9) == "ok"


def test_weights_of_a_fold_are_in_force_while_it_is_read():
    defaults = body.read.__kwdefaults__
    shipped, others = defaults["weights"], Weights((1.0,), (2.0,))
    with using(others):
        assert defaults["weights"] is others
    with using(None):
        assert defaults["weights"] is shipped
    assert defaults["weights"] is shipped


def test_this_project_and_the_bare_parse_are_always_measured():
    tools, missing = choose([])
    assert [tool.name for tool in tools] == [OURS, LIMIT]
    assert missing == []


PARAGRAPH = "<p>The mayor of Oldtown opened the bridge on Monday and said that it had cost less than was feared.</p>"
PAGE = f"<html><head><title>Bridge</title></head><body><article><h1>Bridge</h1>{PARAGRAPH * 6}</article></body></html>"


@pytest.fixture
def data(tmp_path):
    """A folder of the shape of the real one, with pages written here."""
    rows = []
    (tmp_path / "extract" / "pages").mkdir(parents=True)
    for name in ("web", "press", "article"):
        page = tmp_path / "extract" / "pages" / f"{name}-1.html.gz"
        page.write_bytes(gzip.compress(PAGE.encode()))
        text = "\n".join([PARAGRAPH[3:-4]] * 6)
        rows.append({"id": f"{name}-1", "set": name, "url": f"https://{name}.example/a", "title": "Bridge"})
        rows[-1] |= {"published": None, "authors": None, "standfirst": None, "body": text}
    rows[-1] |= {"must_have": ["opened the bridge"], "must_not_have": ["Subscribe"]}
    (tmp_path / "extract" / "truth.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    (tmp_path / "teaser").mkdir()
    expected = {"must_contain": ["The mayor of Oldtown", "the harbour"], "must_not_contain": ["less than", "Belgorod"]}
    (tmp_path / "teaser" / "expect.json").write_text(json.dumps(expected))
    (tmp_path / "teaser" / "card.html").write_text(PAGE)
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "article.html").write_text(PAGE)
    seed = [PARAGRAPH[3:-4], "Another headline", "Its text", "Its author", "Comments"]
    (tmp_path / "seed" / "article.txt").write_text("\n".join(seed))
    return tmp_path


def test_the_benchmark_runs_on_a_folder_and_writes_its_figures(data, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.json"
    arguments = ["extract", "--data", str(data), "--peers", "none", "--quick", "--json", str(out)]
    monkeypatch.setattr("sys.argv", ["bench", *arguments])
    assert bench.main() == 0
    report = json.loads(out.read_text())
    figures = report["quality"]["ours"]
    assert figures["all"]["pages"] == 3
    assert figures["article"]["F1"] == 1.0
    assert (figures["article"]["have"], figures["article"]["let in"]) == (1.0, 0.0)
    card, seed = report["teasers"]
    assert (card["missing"], card["strangers"]) == (["the harbour"], ["less than"])
    assert (seed["missing"], seed["strangers"]) == ([], [])
    marks = {goal["what"]: (goal["verdict"], goal["mark"]) for goal in report["goals"]}
    assert marks["web F1"] == ("ok, goal beyond met", "seen")
    assert marks["article title"] == ("ok", "")
    assert marks["teaser pages clean and whole"] == ("short", "")
    assert "web F1" in capsys.readouterr().out
