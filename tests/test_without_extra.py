"""A PostgreSQL database named where the extra `cluster` is not installed: each command says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.newsroom import ROOT

# As if they were not there, for whoever imports them.
_WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
from monitor.__main__ import main
main()
"""


COMMANDS = ("run", "run --once", "work", "status", "hits", "db copy FILE env:DB")


@pytest.mark.parametrize(("words", "missing"), [*((words, "psycopg") for words in COMMANDS), ("work", "pgqueuer")])
def test_a_command_says_what_to_install(tmp_path: Path, words: str, missing: str) -> None:
    config = tmp_path / "config"
    config.mkdir()
    (config / "monitor.yaml").write_text("storage: {url_env: DB}\n")
    words = words.replace("FILE", str(tmp_path / "monitor.db"))
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(missing={missing}), "--config", str(config), *words.split()],
        check=False, capture_output=True, text=True, timeout=60, cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "DB": "postgresql://nobody@127.0.0.1:9/none"},
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert f"pip install 'news-monitor[cluster]' ({missing} is missing)" in done.stderr
    assert "Traceback" not in done.stderr
