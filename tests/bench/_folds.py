"""Weights that were not trained on the site they are used on, for honest figures of the body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from monitor.extract import body
from monitor.extract.score import Weights


def held_out(data: Path) -> Mapping[str, Weights]:
    """Return for every host of the data the weights trained without its fold of hosts."""
    from tests.bench import train_body

    samples = train_body.samples_of(data)
    fold_of = train_body.folds(samples)
    fitted = [
        train_body.fit([sample for sample in samples if fold_of[sample.host] != fold])
        for fold in range(train_body.FOLDS)
    ]
    return {name: train_body.moved(fitted[fold], train_body.CUT) for name, fold in fold_of.items()}


@contextmanager
def using(weights: Weights | None) -> Iterator[None]:
    """Let `extract` read with these weights instead of the shipped ones, all else as it is in service; None: shipped.

    They are the default of a keyword of `body.judge` and `body.read`; so nothing in the product carries weights for a
    benchmark's sake.
    """
    defaults = [function.__kwdefaults__ for function in (body.read, body.judge)]
    shipped = defaults[0]["weights"]
    for default in defaults:
        default["weights"] = weights or shipped
    try:
        yield
    finally:
        for default in defaults:
            default["weights"] = shipped
