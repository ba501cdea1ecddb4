"""The pages of `data/extract` with what is truly on them, and the arithmetic that compares a tool's output with it."""

from __future__ import annotations

import gzip
import json
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

NOW = datetime(2026, 12, 1, tzinfo=UTC)
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[^\W\d_]{4,}")
_SCRIPTS = frozenset({"LATIN", "CYRILLIC"})


@dataclass(frozen=True)
class Truth:
    """One page. `published`: as its publisher wrote it, a date or a moment with its offset; "" where unknown."""

    id: str
    set: str
    url: str
    page: bytes
    body: str
    title: str = ""
    published: str = ""
    authors: tuple[str, ...] = ()
    standfirst: str = ""
    must_have: tuple[str, ...] = ()
    must_not_have: tuple[str, ...] = ()


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
                published=row["published"] or "",
                authors=tuple(row["authors"] or ()),
                standfirst=row["standfirst"] or "",
                must_have=tuple(row.get("must_have") or ()),
                must_not_have=tuple(row.get("must_not_have") or ()),
            )


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the runs of four words; a shorter text is one run."""
    words = _WORD.findall(text)
    size = min(4, len(words))
    return Counter(tuple(words[at : at + size]) for at in range(len(words) - size + 1)) if size else Counter()


@dataclass(frozen=True)
class Sums:
    """What F1 is made of, of one page or of several: added precisions and recalls, and of how many pages each."""

    precision: float = 0.0
    with_output: int = 0
    recall: float = 0.0
    with_truth: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.precision + other.precision,
            self.with_output + other.with_output,
            self.recall + other.recall,
            self.with_truth + other.with_truth,
        )


@lru_cache(maxsize=4)
def _expected(body: str, standfirst: str) -> tuple[Counter[tuple[str, ...]], Counter[tuple[str, ...]]]:
    """Return what must be found and what may be; kept for the tools that take turns on one page."""
    wanted = shingles(body)
    return wanted, shingles(standfirst) - wanted


def measure(found: str, truth: Truth) -> Sums:
    """Compare one page's output with its truth. The standfirst is neutral: in or out, neither right nor wrong."""
    got, (wanted, neutral) = shingles(found), _expected(truth.body, truth.standfirst)
    got -= neutral
    right = (got & wanted).total()
    return Sums(
        precision=right / got.total() if got else 0.0,
        with_output=bool(got),
        recall=right / wanted.total() if wanted else 0.0,
        with_truth=bool(wanted),
    )


@dataclass
class Score:
    """Precision, recall and F1 of a set, as evaluate.py of scrapinghub/article-extraction-benchmark defines them.

    Precision is the mean of the pages' precisions over pages with any output, recall the mean over pages with a true
    body, F1 the harmonic mean of the two; a page's own figures count 4-token shingles as multisets. By it trafilatura
    2.3.1 without comments has .960 / .942 / .978 on the web set. Sums over all pages, without a page's own mean, would
    say .963 / .952 / .974.
    """

    rows: list[Sums] = field(default_factory=list)

    def add(self, found: str, truth: Truth) -> None:
        """Count a page."""
        self.rows.append(measure(found, truth))

    @property
    def pages(self) -> int:
        return len(self.rows)

    @property
    def precision(self) -> float:
        return _mean(row.precision for row in self.rows if row.with_output)

    @property
    def recall(self) -> float:
        return _mean(row.recall for row in self.rows if row.with_truth)

    @property
    def f1(self) -> float:
        return _harmonic(self.precision, self.recall)

    def __str__(self) -> str:
        return f"F1 {self.f1:.4f} P {self.precision:.4f} R {self.recall:.4f} ({self.pages} pages)"


@dataclass(frozen=True)
class Interval:
    """A difference of F1 and the bounds within which 95 % of its resamples lie."""

    difference: float
    lower: float
    upper: float


def bootstrap(
    ours: Sequence[Sums], theirs: Sequence[Sums], units: Sequence[str], *, rounds: int = 2_000, seed: int = 1
) -> Interval:
    """Resample whole units (a page each, or a host with all its pages) and return the F1 difference ours - theirs.

    The three sequences go page by page. A unit drawn brings both tools' pages along: that is what pairs them.
    """
    drawn: dict[str, tuple[Sums, Sums]] = {}
    for mine, other, unit in zip(ours, theirs, units, strict=True):
        before = drawn.get(unit, (Sums(), Sums()))
        drawn[unit] = (before[0] + mine, before[1] + other)
    rows = [(*_numbers(mine), *_numbers(other)) for mine, other in drawn.values()]
    chance = random.Random(seed)
    differences = sorted(_difference(chance.choices(rows, k=len(rows))) for _ in range(rounds))
    return Interval(_difference(rows), differences[int(0.025 * rounds)], differences[int(0.975 * rounds)])


def _numbers(sums: Sums) -> tuple[float, ...]:
    return sums.precision, sums.with_output, sums.recall, sums.with_truth


def _difference(rows: Sequence[tuple[float, ...]]) -> float:
    p, pages, r, wanted, their_p, their_pages, their_r, their_wanted = map(sum, zip(*rows, strict=True))
    return _harmonic(p / (pages or 1), r / (wanted or 1)) - _harmonic(
        their_p / (their_pages or 1), their_r / (their_wanted or 1)
    )


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _mean(values: Iterable[float]) -> float:
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def snippets(found: str, wanted: Iterable[str]) -> int:
    """Return how many of the snippets stand in the text as the same words; case, space and punctuation are not asked.

    So trafilatura finds .950 of `must_have` on the article set; with only white space folded it would be .866, as tools
    and truth write quotation marks differently.
    """
    text = _key(found)
    # A snippet of signs alone has no words to compare.
    return sum(_key(snippet) in text if _key(snippet) else snippet in found for snippet in wanted)


def names(text: str) -> set[str]:
    """Return the capitalised words of four letters or more."""
    return {word for word in _NAME.findall(text) if word[0].isupper()}


@lru_cache(maxsize=4)
def has_capitals(text: str) -> bool:
    """Return whether the text is written in a script whose names have capitals: Latin or Cyrillic."""
    letters = [char for char in text if char.isalpha()]
    scripts = Counter(unicodedata.name(char, "").partition(" ")[0] for char in letters)
    return bool(letters) and scripts.most_common(1)[0][0] in _SCRIPTS


@dataclass(frozen=True)
class AlertView:
    """What a rule on a name would see on one page: foreign names, and true ones that are missing."""

    foreign: frozenset[str]
    missed: int
    true: int


def alert_view(found: str, truth: Truth) -> AlertView:
    """Compare the names of an output with those of the true article: foreign ones against body, title and standfirst,
    missed ones against the body, as the title and the standfirst reach a rule beside it.
    """
    mine, body = names(found), names(truth.body)
    return AlertView(
        foreign=frozenset(mine - body - names(truth.title) - names(truth.standfirst)),
        missed=len(body - mine),
        true=len(body),
    )


def same_title(found: str, truth: str) -> bool:
    """Return whether two titles are the same words in the same order; case and punctuation are not asked."""
    return _key(found) == _key(truth)


def same_authors(found: Iterable[str], truth: Iterable[str]) -> bool:
    """Return whether two lists name the same people, in whatever order."""
    return set(map(_key, found)) - {""} == set(map(_key, truth)) - {""}


def same_date(found: str, truth: str) -> bool:
    """Return whether a day (ISO) is the one of the truth, in its own offset or in UTC; tools differ in which they say.

    A truth of a month alone asks for no day.
    """
    if len(truth) <= 10:
        return bool(found) and found[: len(truth)] == truth
    moment = datetime.fromisoformat(truth)
    days = {truth[:10]}
    if moment.tzinfo is not None:
        days.add(moment.astimezone(UTC).strftime("%Y-%m-%d"))
    return found[:10] in days


def _key(text: str) -> str:
    """Return the words; of a text that was encoded twice, as some pages and some of the truth are, what it was before."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return " ".join(_WORD.findall(text.lower()))
