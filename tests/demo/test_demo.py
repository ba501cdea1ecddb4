"""The demonstration is right about itself, and says so when something is wrong."""

from __future__ import annotations

from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.demo import play


def test_it_runs_and_explains_itself(tmp_path):
    result = CliRunner().invoke(cli, ["demo", "--keep", str(tmp_path / "demo")])
    assert result.exit_code == 0, result.output
    assert "Second pass: 5 new articles, 5 hits, 4 messages." in result.output
    assert "coalition of the willing" in result.output
    assert "headline and summary only: forbidden" in result.output
    again = CliRunner().invoke(cli, ["--config", str(tmp_path / "demo" / "config"), "hits"])
    assert again.exit_code == 0, again.output
    assert "pier-gazette" in again.output


def test_it_fails_where_a_hit_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(play.EXPECTED, "senators.html", {"nato"})
    result = CliRunner().invoke(cli, ["demo", "--keep", str(tmp_path / "demo")])
    assert result.exit_code == 1
    assert "rule nato should have hit senators.html" in result.output
