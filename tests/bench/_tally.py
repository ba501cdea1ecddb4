"""What is counted of one tool on one set of pages, and the goals that this project's figures are held against."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from monitor.model import Article
from monitor.parse.urls import host
from tests.bench._tools import Found, ours
from tests.bench._truth import (
    AlertView,
    Score,
    Truth,
    alert_view,
    has_capitals,
    measure,
    same_authors,
    same_date,
    same_title,
    snippets,
)


@dataclass
class Tally:
    """One tool on one set. `right` of `asked`: pages for the fields, snippets for `have` and `let in`."""

    body: Score = field(default_factory=Score)
    hosts: list[str] = field(default_factory=list)
    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    views: list[AlertView] = field(default_factory=list)
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, found: Found, truth: Truth, *, fields: bool) -> None:
        """Count a page. `fields`: the tool was asked for title, date and authors."""
        self.body.rows.append(measure(found.body, truth))
        self.hosts.append(host(truth.url))
        if fields:
            self._ask("title", truth.title, same_title(found.title, truth.title))
            self._ask("date", truth.published, same_date(found.published, truth.published))
            self._ask("authors", truth.authors, same_authors(found.authors, truth.authors))
        for name, wanted in (("have", truth.must_have), ("let in", truth.must_not_have)):
            self.asked[name] += len(wanted)
            self.right[name] += snippets(found.body, wanted)
        if truth.set == "press" and has_capitals(truth.body):
            self.views.append(alert_view(found.body, truth))
        if truth.body.strip() and not found.body.strip():
            self.reasons.setdefault(found.reason or "empty", []).append(truth.id)

    def _ask(self, name: str, truth: object, right: bool) -> None:
        if truth:
            self.asked[name] += 1
            self.right[name] += right

    def share(self, name: str) -> float | None:
        """Return how many of those asked were right, None where nothing was asked."""
        return self.right[name] / self.asked[name] if self.asked[name] else None

    @property
    def empty(self) -> int:
        """Pages with a true body that came back without one."""
        return sum(map(len, self.reasons.values()))

    @property
    def foreign(self) -> float | None:
        """Foreign names a page."""
        return sum(len(view.foreign) for view in self.views) / len(self.views) if self.views else None

    @property
    def clean(self) -> float | None:
        """Share of pages without a foreign name."""
        return sum(not view.foreign for view in self.views) / len(self.views) if self.views else None

    @property
    def missed(self) -> float | None:
        """Share of the true names that are missing."""
        true = sum(view.true for view in self.views)
        return sum(view.missed for view in self.views) / true if true else None

    def figures(self) -> dict[str, float | None]:
        """Return every figure by its name in the report."""
        return {
            "pages": self.body.pages,
            "F1": self.body.f1,
            "P": self.body.precision,
            "R": self.body.recall,
            "no body": self.empty / self.body.pages if self.body.pages else None,
            **{name: self.share(name) for name in ("title", "date", "authors", "have", "let in")},
            "foreign": self.foreign,
            "clean": self.clean,
            "missed": self.missed,
        }


def together(tallies: Iterable[Tally]) -> Tally:
    """Return several sets as one."""
    whole = Tally()
    for tally in tallies:
        whole.body.rows += tally.body.rows
        whole.hosts += tally.hosts
        whole.right += tally.right
        whole.asked += tally.asked
        whole.views += tally.views
        for reason, ids in tally.reasons.items():
            whole.reasons.setdefault(reason, []).extend(ids)
    return whole


@dataclass(frozen=True)
class Goal:
    """The floor that issue "Extraction" sets, and what lies beyond it. `least`: more is better."""

    floor: float
    beyond: float | None = None
    least: bool = True

    def verdict(self, value: float) -> str:
        if not self._met(value, self.floor):
            return "short"
        return "ok, goal beyond met" if self.beyond is not None and self._met(value, self.beyond) else "ok"

    def _met(self, value: float, mark: float) -> bool:
        return value >= mark if self.least else value <= mark

    def __str__(self) -> str:
        sign = ">=" if self.least else "<="
        return f"{sign} {self.floor:g}" + (f" ({self.beyond:g})" if self.beyond is not None else "")


# (set, figure): its goal. The body's own are to be reached on folds by site.
GOALS = {
    ("web", "F1"): Goal(0.970, 0.975),
    ("press", "F1"): Goal(0.968, 0.972),
    ("article", "F1"): Goal(0.955, 0.965),
    ("web", "P"): Goal(0.955),
    ("press", "P"): Goal(0.955),
    ("article", "have"): Goal(0.965),
    ("article", "let in"): Goal(0.02, least=False),
    ("all", "no body"): Goal(0.01, least=False),
    ("article", "title"): Goal(0.88),
    ("press", "title"): Goal(0.85),
    ("press", "date"): Goal(0.97),
    ("article", "date"): Goal(0.93),
    ("press", "authors"): Goal(0.87),
    ("article", "authors"): Goal(0.80),
    ("press", "foreign"): Goal(4.0, 3.0, least=False),
    ("press", "missed"): Goal(0.015, least=False),
}
BETTER_THAN_PEER = Goal(0.0001)
TEASERS = Goal(1.0)
SPEED_DEFAULT = Goal(6.0, 10.0)
SPEED_METADATA = Goal(8.0, 10.0)
GROWTH_MB = Goal(20.0, least=False)
# Figures that depend on the weights, and so on whether these were trained on the page.
OF_THE_BODY = frozenset({"F1", "P", "R", "have", "let in", "foreign", "clean", "missed"})


@dataclass(frozen=True)
class Leak:
    """A teaser page: which true paragraphs are missing, and which strangers stand where a rule would look."""

    name: str
    missing: tuple[str, ...]
    strangers: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return not self.missing and not self.strangers


def leaks(data: Path) -> list[Leak]:
    """Read the pages of `data/teaser` against expect.json, and `data/seed/article.html` against its own text."""
    expected = json.loads((data / "teaser" / "expect.json").read_text("utf-8"))
    strangers = expected["must_not_contain"]
    found = [
        _leak(path, expected["must_contain"], strangers, "https://outlet.example/coalition-meets-in-paris/")
        for path in sorted((data / "teaser").glob("*.html"))
    ]
    seed = (data / "seed" / "article.txt").read_text("utf-8").splitlines()
    # The stored text ends with the teaser: its headline, its text, its outlet and author, and "Comments".
    paragraphs, teaser = seed[:-4], seed[-4:]
    strangers = ["Belgorod", teaser[0], teaser[2].split()[-1]]
    return [*found, _leak(data / "seed" / "article.html", paragraphs, strangers, "https://outlet.example/nato/")]


def _leak(path: Path, paragraphs: Iterable[str], strangers: Iterable[str], url: str) -> Leak:
    page = Truth(id=path.stem, set="teaser", url=url, page=path.read_bytes(), body="")
    result = ours(page)
    body, text = "", ""
    if isinstance(result, Article):
        body = result.body
        text = "\n".join((result.title, result.standfirst, body, *result.authors))
    return Leak(
        path.stem,
        tuple(part for part in paragraphs if not snippets(body, (part,))),
        tuple(part for part in strangers if snippets(text, (part,))),
    )
