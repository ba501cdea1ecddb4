"""Train the weights of monitor/extract/weights.py: logistic regression over the segments of hand-made truth.

Prints the out-of-fold F1 of each set (folds by host, so that no outlet is in both halves), then the table to paste.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.extract import body, metadata
from monitor.extract.features import NAMES, Context, describe, find, tokens
from monitor.extract.segment import segments
from monitor.model import OWN_ROLES
from monitor.parse import html
from monitor.parse.bytes import decode
from monitor.parse.urls import host
from tests.bench.extract import NOW, Score, Truth, load, shingles

FOLDS = 5
L2 = 3.0
# News pages are what the product reads; the article set has six times as many pages of every other kind.
SET_WEIGHT = {"press": 4.0, "web": 1.5, "article": 1.0}
CUTS = (-0.2, 0.0, 0.2, 0.4)
# Log odds a segment must have at least: text of another story makes a false alert, a lost side remark nothing.
CUT = 0.2


@dataclass
class Sample:
    truth: Truth
    text: str
    context: Context
    rows: list[list[float]]
    labels: list[float]
    sizes: list[float]


def main(data: Path) -> None:
    """Cross-validate, then train on everything and print the weights."""
    import numpy as np

    samples = [sample for truth in load(data) if (sample := _sample(truth)) is not None]
    hosts = sorted({host(sample.truth.url) for sample in samples})
    fold_of = {name: index % FOLDS for index, name in enumerate(hosts)}
    totals: dict[float, dict[str, Score]] = {cut: defaultdict(Score) for cut in CUTS}
    for fold in range(FOLDS):
        seen = [sample for sample in samples if fold_of[host(sample.truth.url)] != fold]
        weights = _fit(np, seen)
        for sample in samples:
            if fold_of[host(sample.truth.url)] == fold:
                for cut in CUTS:
                    totals[cut][sample.truth.set].add(_extracted(sample, _moved(weights, cut)), sample.truth)
    for cut, scores in totals.items():
        print(f"cut {cut:+.1f}  " + "  ".join(f"{name} {score}" for name, score in sorted(scores.items())))
    for name, weight in zip(NAMES, _moved(_fit(np, samples), CUT), strict=True):
        print(f'    "{name}": {weight:.3f},')


def label(text: str, truth_key: str, truth_grams: set[tuple[str, ...]]) -> float:
    """Return 1.0 where the words of a segment stand in the true body."""
    words = tokens(text)
    if not words:
        return 0.0
    if "".join(words) in truth_key:
        return 1.0
    grams = shingles(text)
    return float(sum(gram in truth_grams for gram in grams) >= 0.6 * len(grams))


def _sample(truth: Truth) -> Sample | None:
    text = decode(truth.page)
    document = html.parse(text)
    meta = metadata.read(document, truth.url, NOW)
    context = meta.context(truth.url)
    found = find(segments(document.body or document.root))
    if found is None:
        return None
    key, grams = "".join(tokens(truth.body)), set(shingles(truth.body))
    labels = [label(segment.text, key, grams) for segment in found.segments]
    # Truth has the standfirst apart: in the body or out of it, it teaches nothing.
    apart = "".join(tokens(truth.standfirst))
    sizes = [0.0 if "".join(tokens(segment.text)) in apart else float(segment.chars) for segment in found.segments]
    return Sample(truth, text, context, describe(found, context), labels, sizes)


def _fit(np: Any, samples: list[Sample]) -> list[float]:
    """Newton's method on the L2-penalised log loss; rows weighted by the square root of their length."""
    rows = np.array([row for sample in samples for row in sample.rows])
    labels = np.array([value for sample in samples for value in sample.labels])
    importance = np.concatenate(
        [SET_WEIGHT[sample.truth.set] * np.sqrt(np.minimum(sample.sizes, 600.0) / 100.0) for sample in samples]
    )
    penalty = np.full(rows.shape[1], L2)
    penalty[0] = 0.0
    weights = np.zeros(rows.shape[1])
    for _ in range(25):
        chance = 1.0 / (1.0 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (importance * (chance - labels)) + penalty * weights
        curve = (rows * (importance * chance * (1.0 - chance))[:, None]).T @ rows + np.diag(penalty + 1e-6)
        step = np.linalg.solve(curve, gradient)
        weights = weights - step
        if np.abs(step).max() < 1e-4:
            break
    return [float(value) for value in weights]


def _moved(weights: list[float], cut: float) -> list[float]:
    return [weights[0] - cut, *weights[1:]]


def _extracted(sample: Sample, weights: list[float]) -> str:
    document = html.parse(sample.text)
    found = body.read(document.body or document.root, sample.context, weights=weights)
    return "\n".join(block.text for block in found.blocks if block.role in OWN_ROLES)
