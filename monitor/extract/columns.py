"""A field's segments and the boxes around them as columns of numbers."""

from __future__ import annotations

from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from monitor.extract.field import FAR, HEADINGS, Field
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
        # A box's parent, steps below the container's line, branch, depth where it leaves the line, own depth, counts.
        self._tree: list[tuple[int, ...]] = []
        place = self._place
        self.box: Places = np.array([place(one.box) for one in rows])
        # From one row of numbers: from as many tuples numpy takes twice as long.
        tree: Places = np.fromiter(chain.from_iterable(self._tree), np.int64).reshape(len(self._tree), -1).T
        self.box_parent, steps, branch, reach, self.box_depth, self.box_chars, links, self.box_segments = tree
        self.box_branch: Places = branch
        self.box_links: Numbers = np.minimum(1.0, share(links, self.box_chars))
        self.parent: Places = self.box_parent[self.box]
        self.steps: Places = steps[self.box]
        self.branch: Places = branch[self.box]
        self.depth: Places = reach[self.box]
        self.marks: Places = np.array([one.box.marks for one in rows])
        self.chars: Places = np.array([one.chars for one in rows])
        self.strong: Places = np.array([one.strong_chars for one in rows])
        self.size: Numbers = np.array([one.size for one in rows])
        self.link_share: Numbers = np.array([one.link_share for one in rows])
        self.heading = np.array([one.box.tag in HEADINGS for one in rows])
        self.item = np.array([one.box.tag in _ITEMS for one in rows])

    def _place(self, box: Box) -> int:
        """Return a box's place, and give it one, with all that its ancestors tell of it."""
        if (known := self._known.get(box)) is not None:
            return known
        parent = box.parent
        up = self._place(parent) if parent is not None else 0
        at = self._known[box] = len(self.boxes)
        if parent is None or box in self._above:
            self._tree.append((up, 0, at, box.depth, box.depth, box.chars, box.link_chars, box.segments))
        elif (steps := self._tree[up][1]) == 0:
            self._tree.append((up, 1, at, box.depth - 1, box.depth, box.chars, box.link_chars, box.segments))
        else:
            _, _, branch, reach, *_ = self._tree[up]
            self._tree.append((up, steps + 1, branch, reach, box.depth, box.chars, box.link_chars, box.segments))
        self.boxes.append(box)
        return at

    @cached_property
    def core(self) -> NDArray[np.bool_]:
        """Which segments are plain long paragraphs of the container, with nothing beside the article around them."""
        alien = ~self.found.container.marks & FAR
        core: NDArray[np.bool_] = np.array(self.found.core) & (self.marks & alien == 0)
        return core

    def core_chars(self) -> Numbers:
        """Characters of the core by the box around its paragraphs, one a box."""
        chars: Numbers = np.bincount(self.parent, self.chars * self.core, minlength=len(self.boxes)).astype(np.float64)
        return chars

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
        own = [0] * len(self.boxes)
        for place, (box, up) in enumerate(zip(self.boxes, self.box_parent.tolist(), strict=True)):
            own[place] = place if box.tag == "article" else own[up]
        if not any(own):
            return np.zeros(len(self.rows), dtype=np.bool_)
        articles = np.array(own)[self.box]
        main = int(np.bincount(articles, self.chars * self.core).argmax())
        # Boxes in no article share the place of the page itself, the first.
        other: NDArray[np.bool_] = (articles != main) & (articles != 0)
        return other


def _line(box: Box | None) -> set[Box]:
    """Return a box and those around it."""
    line = set()
    while box is not None:
        line.add(box)
        box = box.parent
    return line
