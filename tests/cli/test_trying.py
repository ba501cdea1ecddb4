"""`rules test`, `rules why`, `rules check --stats` from the outside."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from tests.web import article

HARBOUR = "The harbour of Odesa was quiet on Tuesday, and the cranes stood still while grain ships waited outside. "


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text("rules: {harbour: harbour, belgorod: belgorod}\n")
    (tmp_path / "monitor.yaml").write_text("storage: {path: monitor.db}\n")
    for name, body in (("one", HARBOUR), ("two", "The senators talked about wheat and the weather for an hour. ")):
        (tmp_path / f"{name}.html").write_bytes(article(f"A day {name}", body * 4))
    return tmp_path


def run(folder, *words, code=0):
    result = CliRunner().invoke(cli, ["--config", str(folder), *map(str, words)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_rule_is_tried_on_files(folder):
    files = ["--file", folder / "one.html", "--file", folder / "two.html"]
    told = run(folder, "rules", "test", "harbour", *files)
    assert "hits: 1 of 2 articles, 50.0%" in told
    assert "[harbour]" in told
    (found,) = map(
        json.loads,
        run(folder, "rules", "test", "wheat OR harbour", *files, "--against", "harbour", "--json").splitlines(),
    )
    assert (found["read"], found["hits"]) == (2, 2)
    assert [one["title"] for one in found["gained"]] == ["A day two"]
    assert found["lost"] == []
    (found,) = map(
        json.loads, run(folder, "rules", "test", "wheat", *files, "--against", "harbour", "--json").splitlines()
    )
    assert [one["title"] for one in found["lost"]] == ["A day one"]


def test_why_explains_a_hit_and_a_miss(folder):
    assert "the rule holds" in run(folder, "rules", "why", folder / "one.html", "harbour")
    told = run(folder, "rules", "why", folder / "two.html", "senator", code=1)
    assert "only within senators" in told
    (found,) = map(
        json.loads,
        run(folder, "rules", "why", folder / "one.html", "harbour NEAR/2 ships", "--json", code=1).splitlines(),
    )
    assert found["held"] is False
    assert found["first_failure"]["reason"] == "too_far"


def test_what_cannot_be_read_or_parsed_is_said(folder):
    assert "no database at" in run(folder, "rules", "why", "7", "harbour", code=1)
    assert "No such file" in run(folder, "rules", "why", folder / "none.html", "harbour", code=1)
    assert "ends here" in run(folder, "rules", "test", "harbour AND", "--file", folder / "one.html", code=1)


def test_a_mistyped_rule_and_options_that_say_nothing_are_told(folder):
    page = ["--file", folder / "one.html"]
    assert "did you mean 'harbour'" in run(folder, "rules", "test", "harbor", *page)
    assert "narrow the archive" in run(folder, "rules", "test", "harbour", *page, "--outlet", "x", code=2)
    told = run(folder, "rules", "test", "harbour", *page, "--file", folder / "none.html", code=1)
    assert "hits: 1 of 1" in told
    assert "none.html: No such file" in told


def test_the_weight_of_the_rules_is_told(folder):
    told = run(folder, "rules", "check", "--stats")
    assert "MB without the rules" in told
