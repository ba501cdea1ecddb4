"""`monitor rules entity import` and `monitor rules lint`, called under the root as they will be under `rules`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from monitor.cli.main import COMMANDS, cli
from monitor.settings.load import load
from tests.test_enrol_entity import NATO, answer, quiet, texts
from tests.web import Web


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(COMMANDS, "entity", ("entities", "entity", ""))
    monkeypatch.setitem(COMMANDS, "lint", ("entities", "lint", ""))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "config"
    (folder / "entities").mkdir(parents=True)
    write(folder, "outlets", "outlets:\n  a: {feeds: [https://a.example/rss], language: uk}\n")
    write(folder, "rules", "rules: {}\n")
    return folder


@pytest.fixture
def web():
    with Web() as web:
        quiet(web)
        web.pages["/Q7184.json"] = (200, "application/json", NATO)
        yield web


def write(folder, name, text):
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def run(folder, *words, code=0):
    result = CliRunner().invoke(cli, ["--config", str(folder), *words])
    assert result.exit_code == code, result.output
    return result


def take(folder, web, *words, code=0, qid="Q7184"):
    return run(folder, "entity", "import", qid, "--from", web.url, "--private", *words, code=code)


def test_the_card_is_printed_and_the_notes_stand_beside_it(folder, web):
    result = take(folder, web)
    assert result.stdout.startswith("# yaml-language-server: $schema=")
    assert "\n  nato:\n" in result.stdout
    # Those of the outlets, and English.
    assert "Північноатлантичний альянс" in result.stdout
    assert "Североатлантический" not in result.stdout
    assert "Q7184 NATO: an organisation" in result.stderr
    assert "left out (one or two letters): NA" in result.stderr
    (folder / "entities" / "nato.yaml").write_text(result.stdout, encoding="utf-8")
    (entity,) = load(folder, {}, addresses=False).entities
    assert entity.id == "nato"


def test_the_card_is_written_into_a_new_file(folder, web):
    target = folder / "entities" / "alliance.yaml"
    result = take(folder, web, "--to", str(target), "--id", "alliance", "--languages", "fr,ru,pt-BR")
    assert "OTAN" in result.stdout
    assert "yaml-language-server" not in result.stdout
    (entity,) = load(folder, {}, addresses=False).entities
    assert (entity.id, entity.label) == ("alliance", "NATO")
    assert {language for name in entity.names for language in name.languages} == {"fr", "ru"}


def test_a_file_that_is_there_is_left_alone_and_nobody_is_asked(folder, web):
    target = folder / "entities" / "mine.yaml"
    target.write_text("entities: {}\n")
    result = take(folder, web, "--to", str(target), code=1)
    assert "is there already" in result.stderr
    assert "Name another file" in result.stderr
    assert (target.read_text(), web.asked) == ("entities: {}\n", [])
    assert "there is no folder" in take(folder, web, "--to", str(folder / "none" / "x.yaml"), code=1).stderr


def test_an_id_that_is_taken_and_a_file_that_is_not_read_are_told(folder, web):
    write(folder, "rules", "entities: {nato: {names: [NATO]}}\n")
    result = take(folder, web, "--to", str(folder / "entities" / "nato.yml"))
    assert "has an entity 'nato' already" in result.stderr
    assert "only files that end in .yaml" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["7184"], "look like Q7184"),
        (["Q0"], "look like Q7184"),
        (["Q1/../Q2"], "look like Q7184"),
        (["P31"], "look like Q7184"),
        (["Q7184", "--id", "No Id"], "is no id"),
        (["Q7184", "--id", "x" * 65], "is no id"),
        (["Q7184", "--id", "nato\n"], "is no id"),
        (["Q7184", "--languages", "english"], "no language code"),
        (["Q7184", "--private"], "--from"),
    ],
)
def test_used_wrongly_is_exit_code_2(folder, words, said):
    assert said in run(folder, "entity", "import", *words, code=2).stderr


def test_a_small_q_is_one_too(folder, web):
    assert "nato:" in take(folder, web, qid="q7184").stdout


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ((404, "text/html", b""), "there is no entity Q7184"),
        ((200, "text/html", b"<h1>Sign in</h1>"), "no JSON"),
        ((200, "application/json", answer("Q42", labels=texts(en="Other"))), "merged into Q42"),
        ((200, "application/json", b" " * 50_000_000), "too_large"),
        ((200, "application/json", answer(labels=texts(ja="北大西洋条約機構"))), "it has names in ja"),
    ],
    ids=["missing", "html", "merged", "large", "empty"],
)
def test_what_cannot_be_imported_is_said_and_writes_nothing(folder, web, page, said):
    web.pages["/Q7184.json"] = page
    target = folder / "entities" / "x.yaml"
    result = take(folder, web, "--to", str(target), code=1)
    assert said in result.stderr
    assert (result.stdout, target.exists()) == ("", False)


def test_a_private_address_is_refused_with_a_hint(folder, web):
    result = run(folder, "entity", "import", "Q7184", "--from", web.url, code=1)
    assert "blocked_address" in result.stderr
    assert "--private" in result.stderr
    assert web.asked == []


def test_labels_cannot_command_a_terminal(folder, web):
    evil = "Evil \x1b]0;title\x07 \u202ename"
    labels = texts(en="Good Name", uk=evil)
    web.pages["/Q7184.json"] = (200, "application/json", answer(labels=labels))
    result = take(folder, web)
    assert "Good Name" in result.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(result.output)


RULES = """
rules:
  a: '@mine'
  b: '@packed'
entities:
  mine: {names: [UNICEF, Parliament]}
  spare: {names: [Some Name]}
"""
PACK = "entities: {packed: {names: [European Parliament]}, idle: {names: [WHO]}}\n"


def test_lint_lists_what_it_finds(folder):
    write(folder, "rules", RULES)
    (folder / "entities" / "pack.yaml").write_text(PACK)
    result = run(folder, "lint")
    assert result.stdout.splitlines() == [
        "warning: mine: 'UNICEF' is all capitals, and holds in any case [capitals]",
        "  Give it `case: exact`",
        "information: mine: 'Parliament' stands inside 'European Parliament' of @packed: both hit [inside]",
        "  If only the longer one is meant there, name it in `unless_near`",
        "warning: spare: no rule names this entity [unused]",
        "  Name it in a query as @spare, or take it out",
    ]
    assert result.stderr == "2 to change, 1 to know\n"
    rows = [json.loads(line) for line in run(folder, "lint", "--json").stdout.splitlines()]
    assert [(row["kind"], row["entity"], row["name"], row["rule"], row["information"]) for row in rows] == [
        ("capitals", "mine", "UNICEF", "a", False),
        ("inside", "mine", "Parliament", "a", True),
        ("unused", "spare", "", "", False),
    ]
    run(folder, "lint", "--strict", code=1)
    assert len(run(folder, "lint", "--strict", "--json", code=1).stdout.splitlines()) == 3


def test_lint_is_strict_about_nothing_else(folder):
    text = "rules: {a: '@mine', b: '@packed'}\nentities: {mine: {names: [Parliament]}}\n"
    write(folder, "rules", text)
    (folder / "entities" / "pack.yaml").write_text(PACK)
    assert run(folder, "lint", "--strict").stderr == "0 to change, 1 to know\n"
    write(folder, "rules", "rules: {a: summit}\n")
    assert run(folder, "lint", "--strict").stdout == ""
