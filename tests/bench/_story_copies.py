"""Wire copies: how many of six mutations are found, beside MinHash and simhash, and which articles pass for copies."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from monitor.story.cluster import Clusters
from tests.bench._story_data import Sample, article, mutations, sample
from tests.bench._story_score import interval

BASES = 1_500
# A brief of fewer words cut to a third says nothing.
LEAST_WORDS = 60
# Alike to this share, two texts are plainly one.
PLAIN = 0.8

Find = Callable[[str, Sample], set[str]]


def ours(samples: list[Sample]) -> Find:
    """Placed among the others, and taken out again."""
    clusters = Clusters()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    first = {}
    for one in samples:
        placed = clusters.place(one.article, one.traits, now, kept=True)
        first.setdefault(placed.of or one.mark, set()).add(one.mark)

    def find(text: str, base: Sample) -> set[str]:
        title, _, body = text.partition("\n")
        copy = sample(article("copy", title, body, base.article.language or "", "elsewhere"))
        placed = clusters.place(copy.article, copy.traits, now, kept=True)
        clusters.withdraw(placed.mark)
        return first.get(placed.of, {placed.of})

    return find


def minhash(samples: list[Sample], threshold: float) -> Find | None:
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError:
        return None

    def sketch(text: str) -> MinHash:
        made = MinHash(num_perm=128)
        made.update_batch([gram.encode() for gram in grams(text)])
        return made

    index = MinHashLSH(threshold=threshold, num_perm=128)
    for one in samples:
        index.insert(one.mark, sketch(one.text), check_duplication=False)
    return lambda text, _: set(index.query(sketch(text)))


def simhash(samples: list[Sample], distance: int) -> Find | None:
    try:
        from simhash import Simhash
    except ImportError:
        return None
    import numpy as np

    known = np.array([Simhash(grams(one.text) or [""]).value for one in samples], np.uint64)
    marks = [one.mark for one in samples]

    def find(text: str, _: Sample) -> set[str]:
        differs = known ^ np.uint64(Simhash(grams(text) or [""]).value)
        return {marks[at] for at in np.flatnonzero(np.bitwise_count(differs) <= distance)}

    return find


def grams(text: str) -> list[str]:
    words = text.lower().split()
    return [" ".join(words[start : start + 4]) for start in range(max(1, len(words) - 3))]


def recall(samples: list[Sample], seed: int = 1) -> None:
    """Print the recall of each mutation for each method."""
    rnd = random.Random(seed)
    bases = rnd.sample([one for one in samples if len(one.text.split()) >= LEAST_WORDS], BASES)
    copies = [(base, mutations(base.text, rnd.choice(samples).text * 3, rnd)) for base in bases]
    runs = {one.mark: set(grams(one.text)) for one in samples}
    same = {base.mark: equals(base.mark, runs) for base in bases}
    methods: dict[str, Find | None] = {
        "ours": ours(samples),
        "MinHash LSH .5": minhash(samples, 0.5),
        "MinHash LSH .3": minhash(samples, 0.3),
        "simhash <= 3": simhash(samples, 3),
        "simhash <= 10": simhash(samples, 10),
    }
    print(f"copies: {len(bases)} texts of {LEAST_WORDS} words and more, six mutations, among {len(samples)} articles")
    for name, find in methods.items():
        if find is None:
            print(f"  {name}: not installed (the extra `bench`)")
            continue
        right: dict[str, int] = {}
        start = time.process_time()
        for base, made in copies:
            for kind, text in made.items():
                right[kind] = right.get(kind, 0) + bool(find(text, base) & same[base.mark])
        rate = 6 * len(copies) / (time.process_time() - start)
        shown = []
        for kind, count in right.items():
            low, high = interval(count, len(copies))
            shown.append(f"{kind} {100 * count / len(copies):.1f} ({low:.1f}-{high:.1f})")
        print(f"  {name:15} {'; '.join(shown)}; {rate:.0f} texts/s")


def equals(base: str, runs: dict[str, set[str]]) -> set[str]:
    """The articles that hold half of a text's runs of four words: it is in the data more than once."""
    own = runs[base]
    return {mark for mark, other in runs.items() if 2 * len(own & other) >= len(own)}


def pairs(samples: list[Sample], file: Path | None, most: int = 500) -> None:
    """Print how many different articles pass for copies; write those that are not plainly the same, to be read."""
    clusters, of_mark = Clusters(), {one.mark: one for one in samples}
    now = datetime(2026, 11, 1, tzinfo=UTC)
    found = []
    for one in samples:
        placed = clusters.place(one.article, one.traits, now, kept=True)
        if placed.of:
            found.append((placed.similarity, one, of_mark[placed.of]))
    doubtful = sorted((pair for pair in found if pair[0] < PLAIN), key=lambda pair: pair[0])
    print(
        f"  as they are, {len(found)} of {len(samples)} articles pass for copies, {len(doubtful)} of them below {PLAIN}"
    )
    if file:
        lines = [
            f"=== {number} share {share:.2f} same event {one.label == other.label if one.label else '?'}\n"
            f"--- {one.article.url}\n{one.text}\n--- {other.article.url}\n{other.text}\n"
            for number, (share, one, other) in enumerate(doubtful[:most])
        ]
        file.write_text("\n".join(lines), "utf-8")
        print(f"  written to {file}, to be read one by one")
