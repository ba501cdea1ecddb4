"""A pipeline with the keeper of its stories, over whatever ports a test gives it."""

from __future__ import annotations

from typing import Any

from monitor.configured import Orders
from monitor.keeper import Keeper
from monitor.pipeline import Pipeline
from monitor.story.cluster import Clusters

NOTHING = Orders({}, {}, {}, ())


def pipeline(
    visitor: Any, readers: Any, ledger: Any, notifier: Any, clock: Any, orders: Orders = NOTHING,
    clusters: Clusters | None = None,
) -> tuple[Pipeline, Keeper]:  # fmt: skip
    """Return both; the keeper has the orders that the pipeline has at the time."""
    keeper = Keeper(ledger, clock, Clusters() if clusters is None else clusters, lambda: made.orders)
    made = Pipeline(visitor, readers, ledger, notifier, clock, keeper, orders)
    return made, keeper
