"""How long the rarer commands take on a large archive, and how long a writer of 40 articles/s waits beside them."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench._archive_data import DAYS, END, Texts
from tests.bench._archive_queries import writing

# Rare: each article that holds it has to leave.
RARE_QUERY = '"prime minister" AND harbour'
# So many days of the oldest articles go by `db prune`: some five thousand of a million.
PRUNED = timedelta(days=2)


def upkeep(path: Path, texts: Texts) -> None:
    """Run each command as a whole, those that take long beside a writer, on a copy of the archive."""
    with TemporaryDirectory(dir=path.parent, prefix="upkeep-") as name:
        folder = Path(name)
        copy = folder / "monitor.db"
        shutil.copyfile(path, copy)
        age = datetime.now(UTC) - END + timedelta(days=DAYS) - PRUNED
        keep = f"{{articles: {age.days}d, hits: {age.days}d}}"
        (folder / "monitor.yaml").write_text(f"storage: {{path: {copy}, keep: {keep}}}\n")
        (folder / "outlets.yaml").write_text("outlets: {}\n")
        story, url = _examples(copy)
        day = f"{END - timedelta(days=1):%Y-%m-%d}"
        for words in (
            ["status"], ["story", "list"], ["story", "show", story], ["hits", "--story", story],
            ["review", "--since", day, "--until", day, "-o", str(folder / "day.html")],
            ["review", "--since", f"{END - timedelta(days=7):%Y-%m-%d}", "-o", str(folder / "week.html")],
            ["db", "prune", "--dry-run"],
        ):  # fmt: skip
            _timed(folder, words)
        for words in (
            ["db", "backup", str(folder / "backup.db")],
            ["db", "export", str(folder / "export.jsonl")],
            ["db", "check", "--quick"],
            ["db", "check"],
            ["db", "prune"],
        ):
            with writing(copy, texts):
                _timed(folder, words)
        _timed(folder, ["db", "forget", "--yes", url])
        _timed(folder, ["db", "forget", "--yes", RARE_QUERY])
        copied = folder / "copy"
        copied.mkdir()
        (copied / "monitor.yaml").write_text(f"storage: {{path: {folder / 'backup.db'}}}\n")
        (copied / "outlets.yaml").write_text("outlets: {}\n")
        _timed(copied, ["db", "check"])


def _examples(path: Path) -> tuple[str, str]:
    """Return the story of the newest hit, and an article's URL."""
    with closing(sqlite3.connect(path)) as raw:
        (story,) = raw.execute("SELECT story_id FROM hits ORDER BY id DESC LIMIT 1").fetchone()
        (url,) = raw.execute("SELECT url FROM articles WHERE id > 5000 LIMIT 1").fetchone()
    return story, url


def _timed(folder: Path, words: list[str]) -> None:
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "--config", str(folder), *words], capture_output=True, text=True, check=False
    )
    said = (done.stdout.strip() or done.stderr.strip() or "-").splitlines()[-1][:60]
    shown = " ".join(word if len(word) < 30 else "..." for word in words)
    print(f"    {shown:40} {time.perf_counter() - begun:7.1f} s  exit {done.returncode}  {said}", flush=True)
