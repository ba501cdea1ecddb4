"""Measure the extractor against hand-made truth, and beside trafilatura where that is installed (extra "bench").

F1 is the 4-gram shingle metric of the public article-extraction benchmark. Speed is CPU time, the tools taking turns
page by page, so that a busy machine slows both.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
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


@dataclass
class Found:
    body: str = ""
    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()


@dataclass
class Tally:
    """One tool on one set: the body's score, and how often metadata is exactly right where truth has it."""

    body: Score = field(default_factory=Score)
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)

    def add(self, found: Found, truth: Truth) -> None:
        self.body.add(found.body, truth)
        self._ask("title", truth.title, _key(found.title) == _key(truth.title))
        self._ask("date", truth.published, found.published == truth.published)
        self._ask("authors", truth.authors, set(map(_key, found.authors)) == set(map(_key, truth.authors)))
        for snippet in truth.must_not_have:
            self._ask("strangers", snippet, snippet in found.body)

    def _ask(self, name: str, truth: object, right: bool) -> None:
        if truth:
            self.asked[name] += 1
            self.right[name] += right

    def __str__(self) -> str:
        shares = "  ".join(f"{name} {self.right[name] / count:.3f}" for name, count in self.asked.items())
        return f"{self.body}  {shares}"


def main(data: Path) -> None:
    """Print the quality by set and tool, and the speed as a ratio to trafilatura's (with metadata)."""
    tools: dict[str, Callable[[Truth], Found]] = {"ours": _ours}
    if importlib.util.find_spec("trafilatura"):
        tools["trafilatura"] = _trafilatura
    else:
        print('trafilatura is not installed (extra "bench"): compared with nothing')
    tallies: dict[tuple[str, str], Tally] = defaultdict(Tally)
    spent: Counter[str] = Counter()
    count = 0
    for truth in load(data):
        count += 1
        for name, tool in tools.items():
            began = time.process_time()
            found = tool(truth)
            spent[name] += time.process_time() - began
            tallies[truth.set, name].add(found, truth)
    for (which, name), tally in sorted(tallies.items()):
        print(f"{which:8} {name:12} {tally}")
    for name, seconds in spent.items():
        print(f"{name:12} {seconds / count * 1000:.2f} ms a page, {spent['trafilatura'] / seconds:.1f} x trafilatura")


def _key(text: str) -> str:
    return " ".join(tokens(text))


def _ours(truth: Truth) -> Found:
    page = Page(truth.url, truth.url, 200, {"content-type": "text/html"}, truth.page, NOW)
    try:
        article = extract(page)
    except ReadError as error:
        print(f"{truth.id}: {error}")
        return Found()
    return Found(article.body, article.title, str(article.published or "")[:10], article.authors)


def _trafilatura(truth: Truth) -> Found:
    import trafilatura

    document = trafilatura.bare_extraction(truth.page, url=truth.url, with_metadata=True)
    if document is None:
        return Found()
    authors = tuple((document.author or "").split("; "))
    return Found(document.text or "", document.title or "", document.date or "", authors)
