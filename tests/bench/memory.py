"""Measure what an outlet's memory takes out of its pages: blocks that are the article's own (lost) and others.

Two to four pages an outlet are few, and hardly any was published twice. So each page is also published four times
under new addresses, as it grows and with another beginning: then all that is its own stands on several pages.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import ReadError
from monitor.extract import memory
from monitor.extract.article import extract
from monitor.model import OWN_ROLES, Block, Memory, Page, Role
from monitor.parse.urls import host
from tests.bench._labels import labels
from tests.bench._truth import NOW, Score, Truth, load


@dataclass
class Sample:
    """A page as it is read alone; `strays`: texts of own blocks that its true body does not have."""

    truth: Truth
    title: str
    blocks: tuple[Block, ...]
    strays: frozenset[str]


def main(data: Path) -> None:
    """Print the blocks lost and taken out, and the F1 by set before and after."""
    outlets: dict[str, list[Sample]] = defaultdict(list)
    for truth in load(data):
        if (sample := _sample(truth)) is not None:
            outlets[host(truth.url).removeprefix("www.")].append(sample)
    several = [samples for samples in outlets.values() if len(samples) > 1]
    print(f"{sum(map(len, several))} pages of {len(several)} outlets with two or more")
    for name, order in (("as listed", 1), ("backwards", -1)):
        before: dict[str, Score] = defaultdict(Score)
        after: dict[str, Score] = defaultdict(Score)
        done: Counter[str] = Counter()
        for samples in several:
            known = Memory()
            for sample in samples[::order]:
                found, known = _read(sample, sample.blocks, sample.truth.url, known, done)
                before[sample.truth.set].add(_text(sample.blocks), sample.truth)
                after[sample.truth.set].add(_text(found), sample.truth)
        print(f"{name}: {_said(done)}")
        for kind, score in sorted(before.items()):
            print(f"    {kind:8} before {score}\n             after  {after[kind]}")
    done = Counter()
    for samples in several:
        known = Memory()
        for sample in samples:
            for number, blocks in enumerate(_growing(sample.blocks)):
                _, known = _read(sample, blocks, f"{sample.truth.url}/{number}", known, done)
    print(f"published four times: {_said(done)}")


def _sample(truth: Truth) -> Sample | None:
    try:
        article = extract(Page(truth.url, truth.url, 200, {"content-type": "text/html"}, truth.page, NOW))
    except ReadError:
        return None
    texts = [block.text for block in article.blocks if block.role in OWN_ROLES]
    own = {text for text, mark in zip(texts, labels(texts, truth.body), strict=True) if mark}
    return Sample(truth, article.title, article.blocks, frozenset(texts) - own)


def _growing(blocks: tuple[Block, ...]) -> Iterator[Sequence[Block]]:
    yield blocks[: max(1, len(blocks) // 3)]
    yield blocks[: max(2, 2 * len(blocks) // 3)]
    yield blocks
    yield (Block(Role.BODY, f"Since this was written first, {len(blocks)} things have happened to it."), *blocks[1:])


def _read(
    sample: Sample, blocks: Sequence[Block], url: str, known: Memory, done: Counter[str]
) -> tuple[tuple[Block, ...], Memory]:
    """Read a page by what is known and add what it teaches; count its blocks in `done`."""
    found, gain = memory.apply(tuple(blocks), url, (sample.title,), known)
    for block, judged in zip(blocks, found, strict=True):
        if block.role in OWN_ROLES:
            kind = "stray" if block.text in sample.strays else "own"
            done[kind] += 1
            done[f"{kind} out"] += judged.role not in OWN_ROLES
    return found, memory.merge(known, gain)


def _text(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.text for block in blocks if block.role in OWN_ROLES)


def _said(done: Counter[str]) -> str:
    return (
        f"{done['own out']} of {done['own']} own blocks lost, {done['stray out']} of {done['stray']} others taken out"
    )
