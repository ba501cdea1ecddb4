"""`monitor review` and `monitor story`, on a small archive."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from click.testing import CliRunner
from docx import Document

from monitor.cli import review as command
from monitor.cli.main import cli
from monitor.placing import Kinship
from monitor.store.sqlite import SqliteStore
from tests.review.press import ANEW, COPIED, put

TODAY = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def folder(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "monitor.yaml").write_text("storage: {path: ../monitor.db}\ntimezone: Europe/Berlin\n")
    (config / "outlets.yaml").write_text("outlets: {}\n")
    (config / "rules.yaml").write_text(
        "rules:\n  ice: {query: ice, name: Ice at sea, tags: [sea]}\n  fog: {query: fog, tags: [sky]}\n"
    )
    (config / "alerts.yaml").write_text("channels: {}\n")
    return config


@pytest.fixture
def store(folder):
    opened = SqliteStore.open(folder.parent / "monitor.db")
    at = TODAY - timedelta(minutes=90)
    put(opened, 1, "courier", story="s1", at=at, wire="dpa")
    put(opened, 2, "herald", story="s1", at=at + timedelta(minutes=10), reason=COPIED, of="m1")
    put(opened, 3, "tribune", story="s1", at=at + timedelta(minutes=75), reason=ANEW)
    put(opened, 4, "gazette", story="s2", at=at + timedelta(minutes=80), rules=("fog",), language="de")
    yield opened
    opened.close()


@pytest.fixture
def run(folder, store):
    def call(*words, code=0):
        result = CliRunner().invoke(cli, ["--config", str(folder), *words])
        assert result.exit_code == code, result.output
        return result.stdout if code == 0 else result.output

    return call


# ---- the review


def test_the_review_is_markdown_on_stdout(run):
    out = run("review", "--since", "2d")
    assert out.startswith("# Press review\n\n- ")
    assert "(Europe/Berlin)" in out
    assert "> The **harbour** froze." in out
    assert "Also ran in [herald](https://courier.example/2)" in out
    assert out.index("## 1. Ice 1 (3 outlets)") < out.index("## 2. Ice 4")


def test_the_review_is_written_in_the_format_of_its_file(run, tmp_path):
    for name, begins in (("a.html", b"<!doctype html>"), ("a.md", b"# Press review"), ("a.docx", b"PK")):
        assert run("review", "--since", "2d", "-o", str(tmp_path / name)) == ""
        assert (tmp_path / name).read_bytes().startswith(begins)
    run("review", "--since", "2d", "-o", str(tmp_path / "b.txt"), "--format", "html")
    assert (tmp_path / "b.txt").read_bytes().startswith(b"<!doctype html>")
    assert "No such file" in run("review", "-o", str(tmp_path / "none" / "a.md"), code=1)


def test_the_review_is_narrowed_by_rule_tag_outlet_and_time(run):
    def ids(*words):
        return [json.loads(line)["id"] for line in run("review", "--json", "--since", "2d", *words).splitlines()]

    assert ids() == ["s1", "s2"]
    assert ids("--rule", "fog") == ids("--tag", "sky") == ids("--outlet", "gazette") == ["s2"]
    assert ids("--rule", "fog", "--tag", "sea") == ["s1", "s2"]
    assert ids("--until", (TODAY - timedelta(days=1)).isoformat()) == []
    assert "no rule has the tag x" in run("review", "--tag", "x", code=1)


def test_a_docx_review_goes_through_a_pipe_but_to_no_terminal(run, folder, store, monkeypatch):
    result = CliRunner().invoke(cli, ["--config", str(folder), "review", "--since", "2d", "--format", "docx"])
    assert "1. Ice 1 (3 outlets)" in [one.text for one in Document(BytesIO(result.stdout_bytes)).paragraphs]

    class Terminal:
        stdout = type("Out", (), {"isatty": staticmethod(lambda: True)})()

    monkeypatch.setattr(command, "sys", Terminal)
    assert "nothing for a terminal" in run("review", "--format", "docx", code=2)


def test_a_docx_review_without_python_docx_says_how_to_have_it(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    monkeypatch.delitem(sys.modules, "monitor.review.word", raising=False)
    monkeypatch.delattr("monitor.review.word", raising=False)
    out = run("review", "-o", str(tmp_path / "a.docx"), code=1)
    assert "pip install 'news-monitor[docx]'" in out
    assert not (tmp_path / "a.docx").exists()


# ---- stories


def test_a_story_shows_who_was_first_who_copied_and_who_wrote_anew(run, store):
    with store.transaction():
        store.stories.relate([Kinship("s1", "s2", 0.8, "harbour, 2026")])
    out = run("story", "show", "s1")
    assert "story s1: 3 articles of 3 outlets\nagency dpa\n" in out
    first, copy, anew = out.splitlines()[3:6]
    assert "first (dpa)" in first
    assert "+10 min" in copy
    assert "copy of courier 1" in copy
    assert "+1 h 15 min" in anew
    assert "written anew" in anew
    assert "the same in another language: s2 (de, Ice 4; harbour, 2026)" in out
    (shown,) = map(json.loads, run("story", "show", "s1", "--json").splitlines())
    assert [one["part"] for one in shown["articles"]] == ["first", "copy", "anew"]
    assert shown["related"][0]["story_id"] == "s2"
    assert "there is no story x" in run("story", "show", "x", code=1)


def test_the_newest_stories_are_listed(run):
    rows = [json.loads(line) for line in run("story", "list", "--ndjson").splitlines()]
    assert [(row["id"], row["outlets"], row["articles"], row["hits"]) for row in rows] == [
        ("s2", 1, 1, 1), ("s1", 3, 3, 3),
    ]  # fmt: skip
    assert json.loads(run("story", "list", "--json", "--limit", "1"))["stories"][0]["title"] == "Ice 4"
    assert "Ice 1" in run("story", "list")


def test_hits_of_a_story_stand_below_its_timeline(run, store):
    out = run("hits", "--story", "s1")
    head, _, below = out.partition("\n\n")
    assert head == run("story", "show", "s1").strip()
    assert [line.split()[3] for line in below.splitlines()[1:]] == ["ice", "ice", "ice"]
    assert "agency" not in run("hits", "--story", "s1", "--csv") + run("hits", "--story", "s1", "--ndjson")
    with store.transaction():
        store.stories.join("s2", "s1", TODAY)
    assert run("hits", "--story", "s2").startswith("story s1, once s2: 4 articles of 4 outlets\n")


def test_of_a_wide_story_the_beginning_stands_above_its_hits(run, store):
    for number in range(5, 30):
        put(store, number, story="wide", at=TODAY, reason=ANEW)
    head = run("hits", "--story", "wide").partition("\n\n")[0].splitlines()
    assert head[-1] == "and 5 more: `monitor story show wide`"
    assert len(head) == 23


def test_an_id_that_nothing_has_is_told_of(folder, store):
    def told(*words):
        result = CliRunner().invoke(cli, ["--config", str(folder), *words])
        assert result.exit_code == 0
        return result.stderr

    for words in (["hits"], ["articles"], ["hits", "--by", "day"], ["hits", "--json"]):
        assert told(*words, "--rule", "icy") == (
            "there is no rule icy, only ice: `monitor rules list` shows those there are\n"
        )
    assert told("hits", "--outlet", "x") == "there is no outlet x: `monitor outlets list` shows those there are\n"
    assert told("hits", "--story", "x") == "there is no story x: `monitor story list` shows the newest\n"
    # One that has no hit of this day, one that had hits and is no longer configured, one that had none yet.
    (folder / "rules.yaml").write_text("rules: {new: new}\n")
    for words in (
        ["--rule", "ice", "--until", "2020-01-01"],
        ["--outlet", "herald", "--rule", "fog"],
        ["--rule", "new"],
    ):
        assert told("hits", *words) == ""
    (folder / "rules.yaml").write_text("rules: [")
    assert told("hits", "--rule", "icy").startswith("there is no rule icy: ")


def test_a_story_of_more_hits_than_a_page_hides_no_other(run, store):
    for number in range(10, 40):
        put(store, number, story="wide", at=TODAY, reason=ANEW)
    rows = [json.loads(line) for line in run("story", "list", "--ndjson", "--limit", "3").splitlines()]
    assert [row["id"] for row in rows] == ["wide", "s2", "s1"]


def test_stories_are_merged_and_the_old_id_stays_a_name(run, folder):
    result = CliRunner().invoke(cli, ["--config", str(folder), "story", "merge", "s2", "s1"])
    assert result.stdout == "story s2 is s1 now (1 article moved)\n"
    assert result.stderr == "to undo it: monitor story split 4\n"
    assert "story s1, once s2: 4 articles of 4 outlets" in run("story", "show", "s2")
    assert len(run("hits", "--story", "s1", "--ndjson").splitlines()) == 4
    assert len(run("hits", "--story", "s2", "--ndjson").splitlines()) == 4
    assert len(run("articles", "--story", "s2", "--ndjson").splitlines()) == 4
    assert "one story already: s1" in run("story", "merge", "s2", "s1", code=1)
    run("story", "split", "4")
    assert "3 articles" in run("story", "show", "s1")


def test_articles_are_split_off_and_merged_back(run):
    done = json.loads(run("story", "split", "2", "3", "--json"))
    assert (done["old"], done["articles"]) == ("s1", [2, 3])
    assert "2 articles of 2 outlets" in run("story", "show", done["new"])
    assert done["undo"] == f"monitor story merge {done['new']} s1"
    run(*done["undo"].split()[1:])
    assert "3 articles" in run("story", "show", "s1")


def test_what_cannot_be_merged_or_split_is_refused(run, store):
    assert "there is no story x" in run("story", "merge", "x", "s1", code=1)
    assert "there is no story x" in run("story", "merge", "s1", "x", code=1)
    assert "one story already" in run("story", "merge", "s1", "s1", code=1)
    assert "no article 99 in any story" in run("story", "split", "1", "99", code=1)
    assert "articles of 2 stories (s1, s2)" in run("story", "split", "1", "4", code=1)
    assert "all articles of story s1" in run("story", "split", "1", "2", "3", "2", code=1)
    assert store.stories.orders(0) == []


def test_merging_makes_no_database(folder):
    result = CliRunner().invoke(cli, ["--config", str(folder), "story", "merge", "a", "b"])
    assert "no database at" in result.output
    assert not (folder.parent / "monitor.db").exists()
