"""Hits and articles listed as a user lists them: times, pages, formats, counts, links."""

from __future__ import annotations

import csv
import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import counting, formats, listing
from monitor.cli.main import cli
from monitor.model import Article, Block, Evidence, Hit, Role, Standing
from monitor.review import atom
from monitor.store.sqlite import SqliteStore
from monitor.views import ArticleRow, HitRow

ATOM = "{http://www.w3.org/2005/Atom}"
AT = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Twelve articles six hours apart, each with a hit; read in Berlin, over the night of its summer time."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "monitor.yaml").write_text("storage: {path: monitor.db}\ntimezone: Europe/Berlin\n")
    (folder / "rules.yaml").write_text("rules: {ice: ice}\nentities: {port: {names: [harbour]}}\n")
    store = SqliteStore.open(folder / "monitor.db")
    with store.transaction():
        store.upkeep.use_zone("Europe/Berlin")
        for number in range(12):
            url, quote = f"https://courier.example/{number}", f"The harbour froze {number} times."
            at = AT + timedelta(hours=6 * number)
            title = "=SUM(1+1)" if number == 11 else f"Ice {number}"
            article = Article(url, title, "en", (Block(Role.BODY, quote),), canonical_url=url, outlet=f"o{number % 3}",
                              published=at)  # fmt: skip
            saved = store.articles.save(article, fetched_at=at, standing=Standing.LIVE)
            piece = Evidence("harbour", "body", (4, 11), block=0, surface="harbour", quote=quote, mark=(4, 11))
            store.hits.add([Hit("ice", (piece,), "v", article_id=saved.article_id, revision=1, found_at=at)])
    store.close()
    return str(folder)


def run(config, *words, code=0, **more):
    result = CliRunner().invoke(cli, ["--config", config, *words], **more)
    assert result.exit_code == code, result.output
    return result if code == 0 else result.output


def ids(config, *words):
    return [json.loads(line)["id"] for line in run(config, *words, "--ndjson").stdout.splitlines()]


def test_times_are_read_and_shown_in_the_zone_of_the_configuration(config):
    # 22:30 UTC is the next day in Berlin.
    assert ids(config, "hits", "--until", "2026-03-28") == []
    assert ids(config, "hits", "--since", "2026-03-29", "--until", "2026-03-29") == [4, 3, 2, 1]
    assert ids(config, "hits", "--since", "2026-03-29T07:00", "--until", "2026-03-29T10:00Z") == [2]
    shown = run(config, "hits", "--until", "2026-03-29").stdout
    assert "2026-03-29 00:30" in shown
    # Summer time began that night.
    assert "2026-03-29 07:30" in shown
    assert ids(config, "articles", "--until", "2026-03-29") == [4, 3, 2, 1]
    assert ids(config, "hits", "--since", "30d") == []


def test_a_zone_that_is_none_is_said_in_words(config):
    told = run(config, "hits", env={"MONITOR_TIMEZONE": "Europe/Bern"}, code=1)
    assert "there is no zone 'Europe/Bern'" in told


@pytest.mark.parametrize("command", ["hits", "articles"])
@pytest.mark.parametrize("query", [[], ["harbour"], ["harbour", "--sort", "relevance"]], ids=str)
def test_pages_hold_everything_once(config, command, query):
    found, after, pages = [], [], 0
    while pages < 9:
        page = json.loads(run(config, command, *query, "--limit", "5", "--json", *after).stdout)
        assert set(page) == {command, "next"}
        found, pages = found + [row["id"] for row in page[command]], pages + 1
        if page["next"] is None:
            break
        after = ["--after", page["next"]]
    assert sorted(found) == list(range(1, 13))
    assert pages == 3
    if "relevance" not in query:
        assert found == sorted(found, reverse=True)


def test_a_table_says_how_to_go_on(config):
    result = run(config, "hits", "--limit", "5")
    assert "5 shown, there are more: add --after " in result.stderr
    after = result.stderr.split()[-1]
    assert "Ice 6" in run(config, "hits", "--after", after).stdout
    assert "there are more" not in run(config, "hits", "--after", after).stderr
    assert "none of this listing" in run(config, "hits", "--after", "x", code=1)


def test_the_words_of_a_sentence_are_in_brackets_off_a_terminal(config):
    assert "The [harbour] froze 3 times." in run(config, "hits").stdout
    assert "The [harbour] froze 3 times." in run(config, "articles", "harbour").stdout


def test_the_words_of_a_sentence_are_bold_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    pieces = (Evidence("a", "body", (0, 1), quote="a b a\n\tc", mark=(4, 5)),
              Evidence("a", "body", (0, 1), quote="a b a\n\tc", mark=(0, 1)),
              Evidence("a", "body", (0, 1), quote="another a", mark=(8, 9)))  # fmt: skip
    marked = listing.quoted(pieces)
    assert str(marked) == "a b a c"
    assert [str(marked)[span.start : span.end] for span in marked.spans if span.style == "bold"] == ["a", "a"]


def test_narrowing_by_language_outlet_story_and_rule(config):
    assert ids(config, "hits", "--lang", "de") == []
    assert len(ids(config, "articles", "harbour", "--lang", "en")) == 12
    assert ids(config, "articles", "--outlet", "o1") == [11, 8, 5, 2]
    assert ids(config, "articles", "@port", "--rule", "ice", "--outlet", "o1", "--limit", "2") == [11, 8]


# ---- formats


def test_csv_holds_no_formula(config):
    rows = list(csv.DictReader(io.StringIO(run(config, "hits", "--csv").stdout, newline="")))
    assert rows[0]["title"] == "'=SUM(1+1)"
    assert rows[-1]["sentence"] == "The harbour froze 0 times."
    assert rows[-1]["found_at"] == "2026-03-29T00:30:00+01:00"
    assert len(rows) == 12
    assert "'=SUM" in run(config, "articles", "--csv").stdout


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@a", "\t=1", "\r1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", " =1", "'=1", "'\n+1",
     '"=1', "|calc", "%0A"],
)  # fmt: skip
def test_no_cell_begins_as_a_formula(text):
    assert formats.cell(text)[0] == "'"
    assert "\n" not in formats.cell(text + "\n=2\r=3")
    assert "\t" not in formats.cell(text)


def test_cells_that_are_none_of_that_stay():
    assert [formats.cell(value) for value in (7, -7, None, "a=b", "x-1", "", "1 + 1")] == [
        "7", "-7", "", "a=b", "x-1", "", "1 + 1",
    ]  # fmt: skip


def test_a_feed_without_entries_is_the_same_at_all_times() -> None:
    assert atom.feed((), "hits", AT) == atom.feed((), "hits", AT + timedelta(hours=1))


def test_a_feed_is_atom_and_its_ids_stay(config):
    first = ElementTree.fromstring(run(config, "hits", "--feed", "--rule", "ice").stdout)
    again = ElementTree.fromstring(run(config, "hits", "harbour", "--feed", "--limit", "3").stdout)
    assert first.tag == f"{ATOM}feed"
    assert first.findtext(f"{ATOM}title") == "hits, rule ice"
    assert first.findtext(f"{ATOM}updated") == "2026-03-31T17:30:00Z"
    entries = first.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in again.findall(f"{ATOM}entry")] == [
        entry.findtext(f"{ATOM}id") for entry in entries[:3]
    ]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 12
    entry = entries[-1]
    assert entry.findtext(f"{ATOM}id").startswith("tag:")
    assert entry.find(f"{ATOM}link").get("href") == "https://courier.example/0"
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "o0"
    assert entry.findtext(f"{ATOM}summary") == "The harbour froze 0 times."
    assert entry.find(f"{ATOM}category").get("term") == "ice"


def test_a_feed_of_none_is_a_feed(config):
    none = ElementTree.fromstring(run(config, "hits", "--rule", "nobody", "--feed").stdout)
    assert none.findtext(f"{ATOM}id")
    assert none.findtext(f"{ATOM}updated")


def test_text_from_outside_cannot_break_a_feed():
    article = ArticleRow(1, "a&b", 'javascript:"<x>', "</title><x>\x00\x1b\ud800\uffff & \"'", None, None, AT, "full",
                         None, Standing.LIVE, "s", 1)  # fmt: skip
    row = HitRow(Hit("r", (), id=1, found_at=AT), article)
    tree = ElementTree.fromstring(atom.feed([row], "]]> <a&\x02", AT).encode("utf-8"))
    entry = tree.find(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title").startswith("</title><x>")
    assert entry.find(f"{ATOM}link") is None


# ---- links


@pytest.fixture
def browser(monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda link: bool(opened.append(link)) or True)
    return opened


def test_a_link_of_the_list_is_opened(config, browser):
    run(config, "hits", "--open", "2")
    run(config, "articles", "froze", "--open", "12")
    assert browser == ["https://courier.example/10", "https://courier.example/0"]
    assert "there are 12" in run(config, "hits", "--open", "13", code=2)


@pytest.mark.parametrize("link", ["file:///etc/passwd", "javascript:alert(1)", "HTTPS://a b", "-a", "https://a\x1bb"])
def test_only_a_page_of_the_web_is_opened(browser, link):
    import click

    with pytest.raises(click.ClickException, match="no page of the web"):
        listing.open_link([link], 1)
    assert browser == []


# ---- counts


def test_hits_by_day_are_counted_and_drawn(config):
    window = ("--since", "2026-03-27", "--until", "2026-04-01")
    said = json.loads(run(config, "hits", "--by", "day", *window, "--json").stdout)
    assert said["hits"] == 12
    assert [row["hits"] for row in said["counts"]] == [0, 0, 4, 4, 4, 0]
    assert said["counts"][0] == {"day": "2026-03-27", "hits": 0}
    assert said["counts"] == json.loads(run(config, "hits", "froze", "--by", "day", *window, "--json").stdout)["counts"]
    lines = run(config, "hits", "--by", "day", *window).stdout.splitlines()
    assert lines[0] == "2026-03-27 0"
    assert lines[2].startswith("2026-03-29 4 \u2588\u2588")


def test_hits_by_what_they_share_are_counted(config):
    assert "o1" in run(config, "hits", "--by", "outlet").stdout
    (row,) = csv.reader(run(config, "hits", "--by", "rule", "--csv").stdout.splitlines()[1:])
    assert row == ["ice", "12"]
    result = run(config, "hits", "--by", "outlet", "--limit", "2")
    assert "2 of 3 shown, 12 hits in all" in result.stderr
    assert "cannot count" in run(config, "hits", "--by", "day", "--feed", code=2)
    assert run(config, "hits", "--by", "lang", "--rule", "nobody").stdout.startswith("0 hits")


def test_bars_fill_the_width_and_no_more():
    rows = [("a" * 60, 1_000), ("b", 501), ("", 1), ("\x1bc", 0)]
    drawn = counting.bars(rows, 80)
    assert max(map(len, drawn)) == 79
    assert len({line.index(str(n)) + len(str(n)) for line, (_, n) in zip(drawn, rows, strict=True)}) == 1
    assert drawn[2].startswith("unknown ")
    assert not any("\x1b" in line for line in drawn)
    assert counting.bars([("a", 3)], 20, "ascii") == ["a 3 " + "#" * 15]
    assert counting.bars([], 80) == []


# ---- how little is loaded

HEAVY = ("pydantic", "httpx", "apprise", "lxml", "selectolax", "numpy", "sqlite_utils", "daachorse", "rich")


def loaded(config, *words, names=HEAVY):
    """Return which of these modules a command loads."""
    import subprocess

    code = f"""
import sys
from monitor.cli.main import cli
try: cli(["--config", {config!r}, *{words!r}])
except SystemExit: pass
print([name for name in {names!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(config).is_dir()
    return done.stdout.splitlines()


def test_listing_hits_loads_neither_matcher_nor_configuration(config):
    said = loaded(config, "hits", "--json")
    assert json.loads(said[0])["next"] is None
    assert said[-1] == "[]"


def test_a_query_loads_the_matcher_alone(config):
    # numpy.ma: by np.unique.
    heavy = sorted({*HEAVY, "numpy.ma"} - {"numpy", "daachorse"})
    said = loaded(config, "hits", "summit", "--json", names=heavy)
    assert json.loads(said[0])["next"] is None
    assert said[-1] == "[]"


def test_the_state_of_the_database_is_told_without_what_fetches(config):
    said = loaded(config, "status")
    assert "outlets read" in said[0]
    assert said[-1] == "[]"
