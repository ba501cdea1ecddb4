"""`monitor config`: check, show, schema, new."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.settings import paths


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the command line in an empty folder with an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "MONITOR_CONFIG", "MONITOR_STORAGE_PATH"):
        monkeypatch.delenv(name, raising=False)
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


def test_what_ships_is_fine(run):
    result = run("config", "check")
    assert result.exit_code == 0, result.output
    assert result.stdout == "16 outlets, 2 rules, 182 entities, 1 channel: fine\n"


def test_warnings_go_to_stderr_and_are_no_failure(run, tmp_path):
    (tmp_path / "alerts.yaml").write_text("channels: {c: {url: json://localhost}}\n")
    result = run("--config", tmp_path, "config", "check")
    assert result.exit_code == 0
    assert result.stdout == "0 outlets, 0 rules, 0 entities, 1 channel: fine\n"
    assert result.stderr.count("warning: ") == 2


def test_every_error_is_on_stderr_and_the_exit_code_is_1(run, tmp_path):
    (tmp_path / "monitor.yaml").write_text("timezone: Nowhere\n")
    (tmp_path / "outlets.yaml").write_text("outlets: {a: {feed: []}}\n")
    result = run("--config", tmp_path, "config", "check")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "monitor.yaml:1:11: timezone: found 'Nowhere'" in result.stderr
    assert "outlets.yaml:1:15: unknown key 'feed'" in result.stderr
    assert "Did you mean feeds?" in result.stderr


def test_show_has_values_and_origins_but_no_secret(run, tmp_path):
    (tmp_path / "alerts.yaml").write_text("channels: {c: {url_env: C_URL}}\nroutes: {r: {channels: [c]}}\n")
    text = run("--config", tmp_path, "config", "show")
    assert text.exit_code == 0
    assert "environment C_URL" in text.stdout
    result = run("--config", tmp_path, "config", "show", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert {"key": "politeness.gap", "value": "2s", "origin": "default"} in lines
    assert {
        "key": "channels.c",
        "value": {"kind": "apprise", "url": "(secret)"},
        "origin": "environment C_URL",
    } in lines
    (tmp_path / "alerts.yaml").write_text("channels: {c: {url: slack://token}}\n")
    assert "token" not in run("--config", tmp_path, "config", "show").output


def test_new_makes_a_folder_that_checks_and_never_overwrites(run, tmp_path):
    result = run("config", "new", "mine")
    assert result.exit_code == 0
    assert {path.name for path in (tmp_path / "mine").iterdir()} == {*paths.FILES, "entities", "schema"}
    assert run("--config", "mine", "config", "check").exit_code == 0
    (tmp_path / "mine" / "rules.yaml").write_text("rules: {mine: nato}\n")
    again = run("config", "new", "mine")
    assert again.exit_code == 1
    assert "already holds" in again.stderr
    assert (tmp_path / "mine" / "rules.yaml").read_text() == "rules: {mine: nato}\n"


def test_new_into_what_cannot_be_a_folder_says_so(run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("config", "new", "file/below")
    assert result.exit_code == 1
    assert "cannot write to" in result.stderr


def test_schema_writes_beside_the_configuration_in_force(run, tmp_path):
    none = run("config", "schema")
    assert none.exit_code == 1
    assert "Name one" in none.stderr
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "rules.yaml").write_text("rules: {}\n")
    result = run("config", "schema")
    assert (result.exit_code, result.stdout) == (0, "5 schemas written to config/schema\n")
    assert len(list((tmp_path / "config" / "schema").glob("*.schema.json"))) == 5
    assert run("config", "schema", "other").stdout == "5 schemas written to other/schema\n"
