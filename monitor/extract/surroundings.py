"""The lines of text around the headline, where outlets show who wrote an article and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from monitor.parse.html import Node, fold_space

_SKIPPED = frozenset(
    "script style noscript template svg select textarea video audio iframe figure button form nav".split()
)
_INLINE = frozenset(
    "a abbr address b bdi big cite em font i ins mark q s small span strong sub sup time u -comment".split()
)
_MAX_AFTER = 140
_MAX_BEFORE = 40
# The text has begun where lines are this long; a standfirst or two may be.
_LONG = 220
_MAX_LONG = 2
_MAX_LINES = 60
_MAX_PART = 500
_NEAR_LINES = 6


class Line(NamedTuple):
    """What stands in one line: the texts of its inline elements, and all of them as one."""

    parts: tuple[str, ...]
    text: str


class _Lazy:
    """Lines that are read as far as somebody asks for them, each once."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._rest = lines
        self._read: list[Line] = []

    def __iter__(self) -> Iterator[Line]:
        at = 0
        while True:
            if at == len(self._read):
                line = next(self._rest, None)
                if line is None:
                    return
                self._read.append(line)
            yield self._read[at]
            at += 1


class Surroundings:
    """The lines after a heading and those before it, each nearest first; read when they are first asked for."""

    def __init__(self, find: Callable[[], Node | None], body: Node | None) -> None:
        self._find = find
        self._body = body

    @cached_property
    def _heading(self) -> Node | None:
        return self._find()

    @property
    def anchored(self) -> bool:
        """Whether there is a heading that they surround; without one they are the page's first lines."""
        return self._heading is not None

    def near(self) -> Iterator[Line]:
        """Yield the few lines right after the heading."""
        return islice(self.after, _NEAR_LINES)

    @cached_property
    def after(self) -> Iterable[Line]:
        """The lines after the heading until the text has begun."""
        return _Lazy(self._lines(forward=True, limit=_MAX_AFTER))

    @cached_property
    def before(self) -> Iterable[Line]:
        """The lines before the heading."""
        return _Lazy(self._lines(forward=False, limit=_MAX_BEFORE))

    def _lines(self, *, forward: bool, limit: int) -> Iterator[Line]:
        if self._heading is not None:
            return _lines(self._heading, forward=forward, limit=limit)
        return _lines(self._body, forward=True, limit=limit, inside=True) if self._body and forward else iter(())


def within(node: Node, limit: int = 40) -> list[Line]:
    """Return the lines inside a small element; of a large one the first."""
    return list(_lines(node, forward=True, limit=limit, inside=True))


def _lines(node: Node, *, forward: bool, limit: int, inside: bool = False) -> Iterator[Line]:
    parts: list[str] = []
    count = long = 0
    for text in _texts(node, forward=forward, limit=limit, inside=inside):
        if text:
            parts.append(text)
            continue
        if parts:
            line = _line(parts, forward=forward)
            yield line
            count += 1
            long += len(line.text) > _LONG
            parts = []
            if count >= _MAX_LINES or long >= _MAX_LONG:
                return
    if parts:
        yield _line(parts, forward=forward)


def _line(parts: list[str], *, forward: bool) -> Line:
    read = tuple(parts if forward else reversed(parts))
    return Line(read, " ".join(read))


def _texts(node: Node, *, forward: bool, limit: int, inside: bool) -> Iterator[str]:
    """Yield the texts that follow or precede in document order, "" where a line ends."""
    at = node
    descend = inside
    depth = 0
    for _ in range(limit):
        found = None
        if descend:
            found = at.first_child if forward else at.last_child
            depth += found is not None
        while found is None:
            if inside and depth == 0:
                return
            found = at.next if forward else at.prev
            if found is None:
                parent = at.parent
                if parent is None:
                    return
                at = parent
                depth -= 1
                if at.tag not in _INLINE:
                    yield ""
        at = found
        text = at.text_content
        if text is None:
            tag = at.tag or ""
            descend = tag not in _SKIPPED
            if tag not in _INLINE:
                yield ""
        else:
            descend = False
            if not text.isspace() and (folded := fold_space(text[:_MAX_PART])):
                yield folded
