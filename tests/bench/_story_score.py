"""How well stories are those of the labels: BCubed, intervals, and cross-checking over events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import sqrt

Each = dict[str, tuple[float, float]]


def bcubed(story_of: Mapping[str, str], label_of: Mapping[str, str]) -> Each:
    """Precision and recall of each labelled article; an article without a label is of an event of its own."""
    inside: dict[str, list[str]] = defaultdict(list)
    for mark, story in story_of.items():
        inside[story].append(label_of.get(mark, ""))
    sizes = Counter(label_of.values())
    counts = {story: Counter(labels) for story, labels in inside.items()}
    found = {}
    for mark, label in label_of.items():
        story = story_of[mark]
        same = counts[story][label]
        found[mark] = (same / len(inside[story]), same / sizes[label])
    return found


def f1(each: Iterable[tuple[float, float]]) -> tuple[float, float, float]:
    """Means of precision and recall in percent, and their F1."""
    pairs = list(each)
    precision = sum(one for one, _ in pairs) / len(pairs)
    recall = sum(one for _, one in pairs) / len(pairs)
    return 100 * precision, 100 * recall, 200 * precision * recall / (precision + recall)


def of(each: Each, label_of: Mapping[str, str], labels: Collection[str]) -> list[tuple[float, float]]:
    """The scores of the articles of some events."""
    return [pair for mark, pair in each.items() if label_of[mark] in labels]


def folds(labels: Iterable[str], count: int) -> list[set[str]]:
    """Events dealt out in turn, in the order of their names."""
    names = sorted(set(labels))
    return [set(names[start::count]) for start in range(count)]


def interval(right: int, of_all: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, in percent."""
    if not of_all:
        return 0.0, 100.0
    z, share = 1.96, right / of_all
    middle = (share + z * z / (2 * of_all)) / (1 + z * z / of_all)
    half = z * sqrt(share * (1 - share) / of_all + z * z / (4 * of_all * of_all)) / (1 + z * z / of_all)
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
