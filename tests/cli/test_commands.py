"""The command line: what it prints, how it fails, how little it loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from monitor.cli.app import clean, one_line
from monitor.cli.main import COMMANDS, cli

HEAVY = (
    "structlog",
    "prometheus_client",
    "monitor.logs",
    "pydantic",
    "httpx",
    "apprise",
    "sqlite_utils",
    "apscheduler",
    "rich",
    "lxml",
    "selectolax",
    "asyncio",
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """The demonstration's configuration and database, to list from."""
    folder = tmp_path_factory.mktemp("demo") / "it"
    result = CliRunner().invoke(cli, ["demo", "--keep", str(folder)])
    assert result.exit_code == 0, result.output
    return str(folder / "config")


def run(config, *words, code=0):
    result = CliRunner().invoke(cli, ["--config", config, *words])
    assert result.exit_code == code, result.output
    return result.stdout if code == 0 else result.output


def test_help_loads_nothing_heavy():
    code = f"""
import sys
from monitor.cli.main import cli
try: cli(["--help"])
except SystemExit: pass
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert all(f"  {verb}" in done.stdout for verb in COMMANDS)


def test_hits_are_listed_newest_first_and_narrowed(config):
    rows = [json.loads(line) for line in run(config, "hits", "--ndjson").splitlines()]
    assert [row["id"] for row in rows] == [6, 5, 4, 3, 2, 1]
    rows = [json.loads(line) for line in run(config, "hits", "--rule", "nato", "--limit", "2", "--ndjson").splitlines()]
    assert [row["rule"] for row in rows] == ["nato", "nato"]
    assert run(config, "hits", "--outlet", "nobody") == "0 hits. `monitor status` says what was read.\n"
    assert run(config, "hits", "--until", "2020-01-01").startswith("0 hits")


def test_hits_are_searched_by_the_rule_language(config):
    rows = [json.loads(line) for line in run(config, "hits", "title:staff -coalitions", "--ndjson").splitlines()]
    assert {row["title"] for row in rows} == {
        "Ministers agree on a small staff for the winter",
        "Small staff agreed for the winter, ministers say",
    }
    assert "expected a word" in run(config, "hits", "staff AND", code=1)


def test_a_hit_explains_itself(config):
    out = run(config, "hits", "show", "1")
    assert "[coalition of the willing]" in out
    assert "baseline" in out
    # Articles are read side by side, so their numbers differ from run to run.
    rows = [json.loads(line) for line in run(config, "hits", "title:staff", "--ndjson").splitlines()]
    (row,) = [json.loads(line) for line in run(config, "hits", "show", str(rows[0]["id"]), "--json").splitlines()]
    assert {row["title"], *(other["title"] for other in row["story"])} == {
        "Ministers agree on a small staff for the winter",
        "Small staff agreed for the winter, ministers say",
    }
    assert "there is no hit 99" in run(config, "hits", "show", "99", code=1)


def test_articles_are_searched_by_entities_too(config):
    rows = [json.loads(line) for line in run(config, "articles", "@nato", "--ndjson").splitlines()]
    assert len(rows) == 3
    assert "no entity" in run(config, "articles", "@nobody", code=1)


def test_alerts_say_how_each_message_fared(config):
    out = run(config, "alerts", "list")
    assert "mail: sent" in out
    assert run(config, "alerts", "list", "--state", "dead").startswith("0 alerts")


def test_status_and_its_age(config):
    assert "2 of 2 outlets read, 0 failing" in run(config, "status")
    run(config, "status", "--max-age", "600")
    assert "last sign" in run(config, "status", "--max-age", "0", code=1)


def test_rules_are_checked(config):
    assert "3 rules are fine" in run(config, "rules", "check")
    assert "1 rule is fine" in run(config, "rules", "check", "a (b OR c)")
    assert "a number from 1 to 500" in run(config, "rules", "check", "a NEAR b", code=1)
    assert "belgorod" in run(config, "rules", "list")


def test_inspect_shows_what_the_parsers_see(config, tmp_path):
    from tests.web import article

    page = tmp_path / "page.html"
    page.write_bytes(article("Harbour", "The harbour was quiet on Tuesday, and the cranes stood still. " * 4))
    (row,) = [json.loads(line) for line in run(config, "inspect", "article", str(page)).splitlines()]
    assert row["title"] == "Harbour"
    assert row["blocks"][0]["role"] == "body"
    assert '"reason": "not_a_feed"' in run(config, "inspect", "feed", str(page), code=1)
    assert "No such file" in run(config, "inspect", "feed", str(tmp_path / "none"), code=1)


def test_inspect_shows_what_a_sitemap_and_a_listing_page_name(config, tmp_path):
    sitemap = tmp_path / "sitemap.xml"
    sitemap.write_text("<urlset><url><loc>/quay</loc><lastmod>2026-11-24</lastmod></url></urlset>")
    (row,) = [
        json.loads(line)
        for line in run(config, "inspect", "sitemap", "--url", "https://a.example/s.xml", str(sitemap)).splitlines()
    ]
    assert row["entries"][0]["url"] == "https://a.example/quay"
    section = tmp_path / "section.html"
    section.write_text(
        "<h2><a href='/2026/11/24/fog'>Fog over the northern quay</a></h2><p><a class=x href='/x'>X</a></p>"
    )
    at = ("--url", "https://a.example/news", str(section))
    assert [one["title"] for one in json.loads(run(config, "inspect", "links", *at))["entries"]] == [
        "Fog over the northern quay"
    ]
    chosen = json.loads(run(config, "inspect", "links", "--selector", ".x", *at))
    assert [one["url"] for one in chosen["entries"]] == ["https://a.example/x"]
    assert "its [ is not closed" in run(config, "inspect", "links", "--selector", "a[", *at, code=2)
    assert '"reason": "not_a_feed"' in run(config, "inspect", "links", "--selector", ".none", *at, code=1)


def test_inspect_reads_a_page_as_an_outlets_own(config, tmp_path):
    from tests.web import article

    page = tmp_path / "page.html"
    page.write_bytes(article("Harbour", *("The harbour was quiet on Tuesday, and the cranes stood still.",) * 4))
    folder = tmp_path / "config"
    folder.mkdir()
    (folder / "outlets.yaml").write_text(
        "outlets:\n  a: {feeds: [https://a.example/rss], selectors: {body: 'p:last-of-type', title: .none}}\n"
    )
    (row,) = [
        json.loads(line) for line in run(str(folder), "inspect", "article", "--outlet", "a", str(page)).splitlines()
    ]
    assert (row["outlet"], row["title"], len(row["blocks"])) == ("a", "Harbour", 1)
    told = json.loads(run(str(folder), "inspect", "article", "--outlet", "a", "--explain", str(page)))
    assert told["nothing"] == ["title"]
    assert [one["why"] for one in told["told"]] == ["chosen"]
    assert "no such outlet: b" in run(str(folder), "inspect", "article", "--outlet", "b", str(page), code=2)


def test_no_database_is_said_in_words(tmp_path):
    (tmp_path / "monitor.yaml").write_text("storage: {path: none.db}\n")
    assert "start `monitor run` first" in run(str(tmp_path), "hits", code=1)
    assert not (tmp_path / "none.db").exists()


def test_a_place_that_cannot_be_written_is_said_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "monitor.yaml").write_text("storage: {path: file/none.db}\n")
    assert "file" in run(str(tmp_path), "run", "--once", code=1)
    result = CliRunner().invoke(cli, ["demo", "--keep", str(tmp_path / "file" / "x")])
    assert (result.exit_code, "Traceback" in result.output) == (1, False)


def test_used_wrongly_is_exit_code_2(config):
    run(config, "hits", "--since", "someday", code=2)
    run(config, "alerts", "test", "nobody", code=2)
    run(config, "hits", "show", "9" * 30, code=2)
    run(config, "nonsense", code=2)


def test_text_from_outside_cannot_command_a_terminal():
    assert "\x1b" not in clean("\x1b]0;title\x07 red\x1b[31m")
    assert one_line("a\u202eb\n\tc") == "a\ufffdb c"
