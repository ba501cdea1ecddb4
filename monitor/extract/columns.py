"""A field's segments and the boxes around them as columns of numbers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from monitor.extract.field import FAR, HEADINGS, Field, density
from monitor.extract.segment import Box

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]
_ITEMS = frozenset({"li", "dd", "dt"})


def share(part: NDArray[np.generic], whole: NDArray[np.generic]) -> Numbers:
    """Divide, with at least 1 below the line."""
    result: Numbers = part / np.maximum(1, whole)
    return result


class Columns:
    """One number a segment in each, those that begin with `box` one a box. `box`, `parent` and `branch` are places
    among `boxes`: the box of the segment, the one around it, and the topmost one below the container's line.
    """

    def __init__(self, found: Field) -> None:
        self.found = found
        self.rows = rows = found.segments
        self._above = _line(found.container)
        self.boxes: list[Box] = []
        self._known: dict[Box, int] = {}
        self._up: list[int] = []
        self._steps: list[int] = []
        self._branch: list[int] = []
        self._reach: list[int] = []
        self._article: list[int] = []
        self.box: Places = np.array([self._place(one.box) for one in rows])
        boxes = self.boxes
        self.box_parent: Places = np.array(self._up)
        self.box_depth: Places = np.array([box.depth for box in boxes])
        self.box_chars: Places = np.array([box.chars for box in boxes])
        self.box_segments: Places = np.array([box.segments for box in boxes])
        self.box_links: Numbers = np.minimum(1.0, share(np.array([box.link_chars for box in boxes]), self.box_chars))
        self.parent: Places = self.box_parent[self.box]
        self.steps: Places = np.array(self._steps)[self.box]
        self.branch: Places = np.array(self._branch)[self.box]
        self.depth: Places = np.array(self._reach)[self.box]
        self.marks: Places = np.array([one.box.marks for one in rows])
        self.chars: Places = np.array([one.chars for one in rows])
        self.size: Numbers = np.array([one.chars * density(one.text) for one in rows])
        self.strong: Places = np.array([one.strong_chars for one in rows])
        self.link_share: Numbers = np.array([one.link_share for one in rows])
        self.heading = np.array([one.box.tag in HEADINGS for one in rows])
        self.item = np.array([one.box.tag in _ITEMS for one in rows])

    def _place(self, box: Box) -> int:
        """Return a box's place, and give it one, with all that its ancestors tell of it."""
        if (known := self._known.get(box)) is not None:
            return known
        parent = box.parent
        up = self._place(parent) if parent is not None else -1
        at = len(self.boxes)
        self._known[box] = at
        self.boxes.append(box)
        self._up.append(max(up, 0))
        self._article.append(at if box.tag == "article" or up < 0 else self._article[up])
        if box in self._above or parent is None:
            steps, branch, reach = 0, at, box.depth
        elif self._steps[up] == 0:
            steps, branch, reach = 1, at, box.depth - 1
        else:
            steps, branch, reach = self._steps[up] + 1, self._branch[up], self._reach[up]
        self._steps.append(steps)
        self._branch.append(branch)
        self._reach.append(reach)
        return at

    @cached_property
    def core(self) -> NDArray[np.bool_]:
        """Which segments are plain long paragraphs of the container, with nothing beside the article around them."""
        alien = ~self.found.container.marks & FAR
        return np.array(self.found.core()) & (self.marks & alien == 0)

    def core_chars(self) -> Numbers:
        """Characters of the core by the box around its paragraphs, one a box."""
        return np.bincount(self.parent, self.chars * self.core, minlength=len(self.boxes))

    def branch_of(self, place: int) -> int:
        """Return the place of the topmost box below the container's line that a box stands in."""
        return self._branch[place]

    def gap(self) -> Places:
        """Return for each segment how many steps away the nearest of the core is; the number of all where none is."""
        count = len(self.rows)
        places = np.flatnonzero(self.core)
        if not len(places):
            return np.full(count, count)
        at = np.arange(count)
        after = np.searchsorted(places, at).clip(0, len(places) - 1)
        before = (after - (places[after] > at)).clip(0)
        nearest: Places = np.minimum(np.abs(places[after] - at), np.abs(places[before] - at))
        return nearest

    def prose(self) -> Numbers:
        """Return for each segment the share of all text outside links that has its shape."""
        shapes = self.shapes
        by_shape = np.bincount(shapes, self.size * (1.0 - self.link_share))
        result: Numbers = (by_shape / (by_shape.sum() or 1.0))[shapes]
        return result

    @cached_property
    def shapes(self) -> Places:
        """Numbers that are the same for segments written by the same template."""
        known: dict[tuple[str, str, str, int], int] = {}
        of_box: dict[int, int] = {}
        for place in set(self.box.tolist()):
            box = self.boxes[place]
            key = (box.tag, box.names, box.parent.tag if box.parent else "", box.depth)
            of_box[place] = known.setdefault(key, len(known))
        return np.array([of_box[place] for place in self.box.tolist()])

    def other_article(self) -> NDArray[np.bool_]:
        """Which segments stand in an <article> that is another than the one most of the core stands in."""
        articles = np.array(self._article)[self.box]
        weight = np.bincount(articles, self.chars * self.core, minlength=len(self.boxes))
        main = int(weight.argmax())
        inside = np.array([box.tag == "article" for box in self.boxes])[articles]
        return inside & (articles != main)


def _line(box: Box | None) -> set[Box]:
    """Return a box and those around it."""
    line = set()
    while box is not None:
        line.add(box)
        box = box.parent
    return line
