"""A configuration folder and the product run in it as a user runs it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests import engines
from tests.forks import ROOT, Forked, forker

RULES = """
rules:
  coalition: '"coalition of the willing"'
  nato: "@nato"
  belgorod: Belgorod
entities:
  nato:
    names: [{text: NATO, case: exact}]
"""


class Newsroom:
    """Files in `folder`; every command runs there and must end with exit code `code`. `real`: by `python -m monitor`,
    else forked out of a process that has loaded it.
    """

    def __init__(self, folder: Path, *, real: bool = False) -> None:
        self.folder, self.real = folder, real
        self.config = folder / "config"
        self.config.mkdir(parents=True)
        self.write(
            "monitor",
            f"storage: {engines.storage(folder / 'data' / 'monitor.db')}\n"
            "politeness: {gap: 0s, contact: desk@example.org}\nservice: {listen: off}\n",
        )
        self.write("rules", RULES)

    def write(self, name: str, text: str) -> None:
        (self.config / f"{name}.yaml").write_text(text, encoding="utf-8")

    def outlets(self, **urls: str) -> None:
        """Watch private outlets by id; each has one feed at `URL/feed.xml`. `URL baseline` alerts its baseline."""
        rows = []
        for name, place in urls.items():
            url, _, flag = place.partition(" ")
            rows.append(
                f"  {name}:\n    name: {name.title()}\n    homepage: {url}/\n    language: en\n"
                f"    feeds: [{url}/feed.xml]\n    every: 0.1s\n    private: true\n"
                + ("    baseline: alert\n" if flag else "")
            )
        self.write("outlets", "outlets:\n" + "".join(rows))

    def channels(self, **urls: str) -> None:
        """Send everything to these channels."""
        rows = "".join(f"  {name}: {{url: '{url}'}}\n" for name, url in urls.items())
        self.write("alerts", f"channels:\n{rows}routes:\n  all: {{channels: [{', '.join(urls)}]}}\n")

    def start(self, *words: str, constants: Mapping[str, float] | None = None) -> subprocess.Popen[str] | Forked:
        """Start a command and return its process. `constants`: see Forker.start."""
        words = ("--config", str(self.config), *words)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default", "NO_COLOR": "1"}
        environment.pop("MONITOR_CONFIG", None)
        if not self.real:
            return forker().start(words, self.folder, environment, constants=constants)
        assert not constants
        return subprocess.Popen(
            [sys.executable, "-m", "monitor", *words],
            cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *words: str, code: int = 0) -> str:
        """Run a command to its end and return what it printed on stdout (on stderr for a failure)."""
        process = self.start(*words)
        out, err = process.communicate(timeout=90)
        assert process.returncode == code, f"{words}: exit code {process.returncode}\n{out}\n{err}"
        return out if code == 0 else err

    def rows(self, *words: str) -> list[dict]:
        """Run a command with --json, a listing with --ndjson, and return its objects."""
        form = "--ndjson" if words[0] in {"hits", "articles"} else "--json"
        return [json.loads(line) for line in self.run(*words, form).splitlines()]
