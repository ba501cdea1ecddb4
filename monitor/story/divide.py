"""Whether the articles of a group are two events: the two halves that differ most, and how much they do.

What came first of two events of one kind (two arrests, two launches) is joined by what comes later, since nothing
nearer is there yet. Once a few of each are there they come apart: an article is then much less like the other half
than like its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from monitor.story.space import Space
from monitor.story.terms import Terms

Products = NDArray[np.float64]
Sides = NDArray[np.bool_]

# A half of one article says nothing of events.
SMALLEST = 2
_ROUNDS = 6
_NONE = 1e-9


def halves(space: Space, articles: Sequence[Terms], most: float) -> Sides | None:
    """Cut articles of one language in two; say for each whether it is on the first one's side. None where they are one
    event: where, on average, they are more than `most` times as like the other half as their own.
    """
    shares = np.asarray(space.setting.channels)
    products = np.stack([_products(space, articles, channel) for channel in range(len(shares))])
    side = _farthest(products, shares)
    for _ in range(_ROUNDS):
        new = _alike(products, shares, side) >= _alike(products, shares, ~side)
        if (new == side).all():
            break
        side = new
        if not 0 < side.sum() < len(side):
            return None
    if min(side.sum(), len(side) - side.sum()) < SMALLEST:
        return None
    this, other = _alike(products, shares, side), _alike(products, shares, ~side)
    own, across = np.where(side, this, other).mean(), np.where(side, other, this).mean()
    if across > most * own:
        return None
    return side if side[0] else ~side


def _products(space: Space, articles: Sequence[Terms], channel: int) -> Products:
    """Return the inner products of a channel's tf-idf, each article with each."""
    parts = [one.ids[one.cuts[channel] : one.cuts[channel + 1]] for one in articles]
    found, where = np.unique(np.concatenate(parts), return_inverse=True)
    matrix = np.zeros((len(articles), len(found)))
    rows = np.repeat(np.arange(len(articles)), [len(part) for part in parts])
    weights = np.concatenate([one.weights[one.cuts[channel] : one.cuts[channel + 1]] for one in articles])
    matrix[rows, where] = weights * space.rarity(found, articles[0].language)[where]
    product: Products = matrix @ matrix.T
    return product


def _farthest(products: Products, shares: NDArray[np.float64]) -> Sides:
    """Start from the two least alike; each other goes to the nearer of them."""
    alike = np.zeros(products.shape[1:])
    for product, share in zip(products, shares, strict=True):
        lengths = np.sqrt(np.maximum(np.diag(product), _NONE))
        alike += share * product / np.outer(lengths, lengths)
    apart = alike + np.eye(len(alike)) * 9.0
    a, b = np.unravel_index(int(apart.argmin()), apart.shape)
    side: Sides = alike[:, a] >= alike[:, b]
    side[a], side[b] = True, False
    return side


def _alike(products: Products, shares: NDArray[np.float64], side: Sides) -> NDArray[np.float64]:
    """Return how like each article is to the sum of a side, itself left out; see Space.alike."""
    total, mass = np.zeros(len(side)), np.zeros(len(side))
    for product, share in zip(products, shares, strict=True):
        own = np.diag(product)
        with_side = product[:, side].sum(axis=1)
        whole = product[np.ix_(side, side)].sum()
        squares = np.where(side, whole - 2 * with_side + own, whole)
        there = (own > _NONE) & (squares > _NONE)
        cosine = (with_side - np.where(side, own, 0.0)) / np.sqrt(np.maximum(own * squares, _NONE))
        total += np.where(there, share * cosine, 0.0)
        mass += np.where(there, share, 0.0)
    return np.asarray(total / np.maximum(mass, _NONE))
