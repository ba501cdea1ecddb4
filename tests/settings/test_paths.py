"""Which folder is read, and where the database is; both without pydantic."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings import paths
from monitor.settings.load import load


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty working directory and an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "MONITOR_CONFIG", "MONITOR_STORAGE_PATH"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "rules.yaml").write_text("rules: {}\n")
    return path


def test_the_folder_is_looked_up_from_the_nearest_wish_to_what_ships(home, monkeypatch):
    assert paths.config_folder(None, {}) == paths.shipped()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    own = folder(home / "xdg" / "monitor")
    assert paths.config_folder(None, {}) == own
    folder(home / "work" / "config")
    assert paths.config_folder(None, {}) == Path("config")
    variable = folder(home / "variable")
    assert paths.config_folder(None, {"MONITOR_CONFIG": str(variable)}) == variable
    named = folder(home / "named")
    assert paths.config_folder(named, {"MONITOR_CONFIG": str(variable)}) == named


def test_a_config_folder_without_our_files_is_passed_over(home):
    (home / "work" / "config").mkdir()
    assert paths.config_folder(None, {}) == paths.shipped()


def test_a_named_folder_without_our_files_is_an_error(home):
    (home / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds none of monitor.yaml, outlets.yaml, rules.yaml, alerts.yaml"):
        paths.config_folder(home / "empty", {})
    with pytest.raises(ConfigError, match="is no folder"):
        load(None, {"MONITOR_CONFIG": str(home / "nowhere")})


def test_what_ships_is_found():
    assert paths.holds_files(paths.shipped())


@pytest.mark.parametrize(
    ("yaml", "environ", "expected"),
    [
        ("", {}, "home/.local/share/monitor/monitor.db"),
        ("storage: {path: data/m.db}\n", {}, "conf/data/m.db"),
        ("storage: {path: ~/m.db}\n", {}, "home/m.db"),
        ("storage: {path: /var/m.db}\n", {}, "/var/m.db"),
        ("storage: {path: data/m.db}\n", {"MONITOR_STORAGE_PATH": "m.db"}, "work/m.db"),
        ("storage:\n", {"MONITOR_STORAGE_PATH": "/srv/m.db"}, "/srv/m.db"),
    ],
)
def test_the_database_stands_where_it_was_said(home, yaml, environ, expected):
    conf = folder(home / "conf")
    (conf / "monitor.yaml").write_text(yaml)
    expected = home / expected
    assert paths.storage_path(conf, environ) == expected
    assert load(conf, environ).storage == expected


def test_a_broken_monitor_yaml_is_an_error_unless_the_environment_names_the_database(home):
    conf = folder(home / "conf")
    (conf / "monitor.yaml").write_text("storage: {path: [a]}\n")
    with pytest.raises(ConfigError, match=r"storage\.path"):
        paths.storage_path(conf, {})
    (conf / "monitor.yaml").write_text("storage: [\n")
    with pytest.raises(ConfigError, match="not YAML"):
        paths.storage_path(conf, {})
    assert paths.storage_path(conf, {"MONITOR_STORAGE_PATH": "/m.db"}) == Path("/m.db")


def test_a_user_without_a_home_is_told_what_to_set(home, monkeypatch):
    conf = folder(home / "conf")
    monkeypatch.setattr(paths, "user_data_path", lambda *_, **__: Path("~/.local/share/monitor"))
    with pytest.raises(ConfigError, match="no home folder") as caught:
        paths.storage_path(conf, {})
    assert "MONITOR_STORAGE_PATH" in str(caught.value)


def test_looking_up_the_database_imports_no_pydantic():
    code = "import sys, monitor.settings.paths; sys.exit('pydantic' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert done.returncode == 0
