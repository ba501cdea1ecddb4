"""Measure the extractor against hand-made truth, and beside trafilatura where that is installed (extra "bench").

F1 is the 4-gram shingle metric of the public article-extraction benchmark. Speed is CPU time, the tools taking turns
page by page, so that a busy machine slows both.
"""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import ReadError
from monitor.extract.article import extract
from monitor.extract.features import tokens
from monitor.model import Page

NOW = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Truth:
    id: str
    set: str
    url: str
    page: bytes
    body: str
    title: str
    published: str
    authors: tuple[str, ...]
    standfirst: str
    must_not_have: tuple[str, ...]


@dataclass
class Score:
    """Sums of a set's pages; each page counts alike."""

    pages: int = 0
    right: float = 0.0
    extra: float = 0.0
    missed: float = 0.0

    def add(self, found: str, truth: Truth) -> None:
        """Count a page. The standfirst is neutral: in or out, it is neither right nor wrong."""
        got, wanted = shingles(found), shingles(truth.body)
        got -= shingles(truth.standfirst) - wanted
        right = sum((got & wanted).values())
        extra, missed = sum(got.values()) - right, sum(wanted.values()) - right
        whole = right + extra + missed
        self.pages += 1
        if whole:
            self.right += right / whole
            self.extra += extra / whole
            self.missed += missed / whole

    @property
    def precision(self) -> float:
        return self.right / ((self.right + self.extra) or 1.0)

    @property
    def recall(self) -> float:
        return self.right / ((self.right + self.missed) or 1.0)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"F1 {self.f1:.4f} P {self.precision:.4f} R {self.recall:.4f} ({self.pages} pages)"


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the runs of four words; a shorter text is one run."""
    words = tokens(text)
    size = min(4, len(words))
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1)) if size else Counter()


def load(data: Path) -> Iterator[Truth]:
    """Yield the pages with their truth, unpacked. `data`: the folder that holds `extract/`."""
    data = data / "extract"
    with gzip.open(data / "truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            page = gzip.decompress((data / "pages" / f"{row['id']}.html.gz").read_bytes())
            yield Truth(
                id=row["id"],
                set=row["set"],
                url=row["url"],
                page=page,
                body=row["body"],
                title=row["title"] or "",
                published=(row["published"] or "")[:10],
                authors=tuple(row["authors"] or ()),
                standfirst=row["standfirst"] or "",
                must_not_have=tuple(row.get("must_not_have") or ()),
            )


def main(data: Path) -> None:
    """Print F1, precision and recall by set, metadata by set, and the speed as a ratio to trafilatura's."""
    tools: dict[str, Callable[[Truth], str]] = {"ours": _ours}
    try:
        import trafilatura

        tools["trafilatura"] = lambda truth: trafilatura.extract(truth.page, url=truth.url, with_metadata=True) or ""
    except ImportError:
        print("trafilatura is not installed: compared with nothing")
    bodies: dict[tuple[str, str], Score] = defaultdict(Score)
    spent: Counter[str] = Counter()
    count = 0
    for truth in load(data):
        count += 1
        for name, tool in tools.items():
            began = time.process_time()
            found = tool(truth)
            spent[name] += time.process_time() - began
            bodies[truth.set, name].add(found, truth)
    for (which, name), score in sorted(bodies.items()):
        print(f"{which:8} {name:12} {score}")
    for name, seconds in spent.items():
        print(f"{name:12} {seconds / count * 1000:.2f} ms a page, {spent['trafilatura'] / seconds:.1f} x trafilatura")


def _ours(truth: Truth) -> str:
    page = Page(truth.url, truth.url, 200, {"content-type": "text/html"}, truth.page, NOW)
    try:
        return extract(page).body
    except ReadError as error:
        print(f"{truth.id}: {error}")
        return ""
