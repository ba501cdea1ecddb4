"""A YAML file as data, with the place of every value. Scalars are YAML 1.2: `no`, `on`, `010`, `12:30` are text.

Built from PyYAML's events: its composer ends the process with SIGSEGV on 100,000 open brackets, and its nodes take
six times the memory. Places below the entries of a section are looked for when they are asked for, by parsing again: a
file without a fault needs none, and of 100,000 outlets they took 200 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: the same in Python, ten times slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

from monitor.errors import ConfigError

Keys = Sequence[str | int]
"""Keys and list positions that lead to a value, outermost first."""

# Our files reach 5 levels and repeat nothing without aliases; nine lines of nine aliases each repeat 10^8 values.
MAX_DEPTH, MAX_REPEATS = 40, 20_000
# Section and entry.
_SHALLOW = 2
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# YAML 1.2 core, but for leading zeros: 010 is 10 there and 8 in YAML 1.1, so here it stays what it looks like.
_PLAIN = re.compile(
    r"(?P<null>~|null|Null|NULL|)|(?P<true>true|True|TRUE)|(?P<false>false|False|FALSE)"
    r"|(?P<int>[-+]?(?:0|[1-9][0-9]{0,30}))"
    r"|(?P<float>[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
# What may be a secret in a line of alerts.yaml: the value of `url` and its like, what follows `://`, and whatever
# stands in `..._env` that is no name of a variable.
_SECRET = re.compile(
    r"""(\b(?:url|secret|headers|command)["']?\s*:\s*|://"""
    r"""|\b[a-z]+_env["']?\s*:\s*(?!["']?[A-Z_][A-Z0-9_]*["']?\s*(?:[,}#]|$)))\S.*"""
)
# In outlets.yaml: what follows `headers_env`, or a header's name below it.
_HEADER = re.compile(r"""(\bheaders_env["']?\s*:\s*|^[^:]*:\s*)\S.*""")
_QUOTING = (
    "Text that starts with a quote or one of @ { [ * & ! % > | or that holds ': ' or ' #' goes in '...', "
    "or on lines of its own below a |"
)


class _Node:
    """Where a value stands, lines and columns from 0; `key`: where its key does."""

    __slots__ = ("children", "column", "key", "line", "style")

    def __init__(self, line: int, column: int, style: str = "") -> None:
        self.line = line
        self.column = column
        self.style = style
        self.key = (line, column)
        self.children: dict[str, _Node] | list[_Node] | None = None


class _Slices:
    """A text as a file, so that no second copy of it is made: of 100,000 outlets it has 15 MB."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def read(self, size: int = -1, /) -> str:
        start, self._at = self._at, self._at + size if size >= 0 else len(self._text)
        return self._text[start : self._at]


class Document:
    """One file. `data` is what it says, keys always text; `errors` what is wrong with it as YAML.

    `usable` is False where the text could not be read to its end. `secret`: addresses in it are not to be shown.
    """

    def __init__(self, path: Path, text: str = "", *, secret: bool = False, depth: int = _SHALLOW) -> None:
        """`depth`: of the places that are noted at once."""
        self.path = path
        self.secret = secret
        self.data: Any = {}
        self.errors: list[ConfigError] = []
        self.usable = True
        self._text = text
        self._depth = depth
        self._root = _Node(0, 0)
        self._anchors: dict[str, tuple[Any, _Node, int]] = {}
        self._values = self._repeats = 0
        try:
            self._parse(text)
        except ConfigError as error:
            self.fail(error)

    @cached_property
    def _lines(self) -> list[str]:
        return _BREAK.split(self._text)

    def fail(self, error: ConfigError) -> None:
        """Note an error after which nothing in the file can be relied on."""
        self.errors.append(error)
        self.usable = False
        self.data = {}

    # ---- YAML to data

    def _parse(self, text: str) -> None:
        if control := _CONTROL.search(text):
            before = _BREAK.split(text[: control.start()])
            raise self._error(len(before) - 1, len(before[-1]), f"found the control character U+{ord(control[0]):04X}")
        try:
            events = (e for e in yaml.parse(_Slices(text), Loader=_Loader) if not isinstance(e, yaml.StreamStartEvent))
            if isinstance(next(events), yaml.StreamEndEvent):
                return
            data, self._root = self._value(next(events), events, 0)
            next(events)
            if not isinstance(further := next(events), yaml.StreamEndEvent):
                raise self._error(*_start(further), "found a second document, expected one a file")
            self.data = {} if data is None else data
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            tab = line < len(self._lines) and self._lines[line][column : column + 1] == "\t"
            hint = "Indent with spaces, never with tabs" if tab else _QUOTING
            raise self._error(line, column, f"this is not YAML: {error.problem or error.context}", hint) from error
        except yaml.YAMLError as error:
            raise self._error(0, 0, f"this is not YAML: {error}") from error

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> tuple[Any, _Node]:
        """Build the value that begins with `event`, taking its further events."""
        line, column = _start(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, line, column)
        if depth > MAX_DEPTH:
            raise self._error(line, column, f"nested deeper than {MAX_DEPTH} levels")
        tag = getattr(event, "tag", None)
        if tag not in {None, "!", "tag:yaml.org,2002:str"} or (tag and not isinstance(event, yaml.ScalarEvent)):
            raise self._error(line, column, f"found the tag {_short(tag)}, expected a value without one")
        before = self._values
        self._values += 1
        node = _Node(line, column)
        data: Any
        if isinstance(event, yaml.MappingStartEvent):
            data, children = self._mapping(events, depth)
            node.children = children if depth < self._depth else None
        elif isinstance(event, yaml.SequenceStartEvent):
            data, places = self._sequence(events, depth)
            node.children = places if depth < self._depth else None
        else:
            assert isinstance(event, yaml.ScalarEvent)
            node.style = event.style or ""
            data = _plain(event.value) if tag is None and event.implicit[0] else event.value
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = (data, node, self._values - before)
        return data, node

    def _alias(self, event: yaml.AliasEvent, line: int, column: int) -> tuple[Any, _Node]:
        if event.anchor not in self._anchors:
            hint = "Text that starts with * goes in '...'"
            raise self._error(line, column, f"found *{event.anchor}, but no &{event.anchor} before it", hint)
        data, anchored, size = self._anchors[event.anchor]
        node = _Node(anchored.line, anchored.column, anchored.style)
        node.children = anchored.children
        self._values += size
        self._repeats += size
        if self._repeats > MAX_REPEATS:
            raise self._error(line, column, f"aliases repeat more than {MAX_REPEATS:,} values")
        return data, node

    def _mapping(self, events: Iterator[yaml.Event], depth: int) -> tuple[dict[str, Any], dict[str, _Node]]:
        data: dict[str, Any] = {}
        children: dict[str, _Node] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            line, column = _start(event)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error(line, column, "found no text where a key is expected", _QUOTING)
            value, node = self._value(next(events), events, depth + 1)
            if event.value in data:
                first = children[event.value].key[0] + 1
                message = f"the key {event.value!r} is given twice, first in line {first}"
                self.errors.append(self._error(line, column, message))
                continue
            node.key = (line, column)
            data[event.value], children[event.value] = value, node
        return data, children

    def _sequence(self, events: Iterator[yaml.Event], depth: int) -> tuple[list[Any], list[_Node]]:
        data, children = [], []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            value, node = self._value(event, events, depth + 1)
            data.append(value)
            children.append(node)
        return data, children

    # ---- places

    def _find(self, keys: Keys) -> _Node:
        """Return the node that `keys` lead to, or the last one on the way to it."""
        if len(keys) > self._depth:
            self._root, self._depth = Document(self.path, self._text, depth=MAX_DEPTH)._root, MAX_DEPTH
        node = self._root
        for key in keys:
            step = None
            if isinstance(node.children, dict):
                step = node.children.get(str(key))
            elif isinstance(node.children, list) and isinstance(key, int) and key < len(node.children):
                step = node.children[key]
            if step is None:
                break
            node = step
        return node

    def line(self, keys: Keys) -> int:
        """Return the line, from 1, of the key that `keys` lead to."""
        return self._find(keys).key[0] + 1

    def column(self, keys: Keys) -> int:
        """Return the column, from 0, of the key that `keys` lead to."""
        return self._find(keys).key[1]

    def error(self, keys: Keys, message: str, hint: str = "", *, on_key: bool = False) -> ConfigError:
        """Make the error of the value at `keys`, or of the key itself."""
        node = self._find(keys)
        line, column = node.key if on_key else (node.line, node.column)
        return self._error(line, column, message, hint)

    def error_within(self, keys: Keys, text: str, offset: int, message: str, hint: str = "") -> ConfigError:
        """Make the error of one character of `text`, the text at `keys`."""
        return self._error(*self._character(self._find(keys), text, offset), message, hint)

    def _error(self, line: int, column: int, message: str, hint: str = "") -> ConfigError:
        row = self._lines[line].replace("\t", " ") if line < len(self._lines) else ""
        if self.secret:
            row = _SECRET.sub(r"\1***", row)
        elif self._in_headers(line):
            row = _HEADER.sub(r"\1***", row, count=1)
        snippet = row[:160] if column < 160 else ""
        return ConfigError(message, file=self.path, line=line + 1, column=column + 1, snippet=snippet, hint=hint)

    def _in_headers(self, line: int) -> bool:
        """Say whether a line belongs to `headers_env`, beside which a secret may stand by mistake."""
        if line >= len(self._lines):
            return False
        depth = _depth(self._lines[line])
        above = (row for row in reversed(self._lines[:line]) if row.strip() and _depth(row) < depth)
        return "headers_env" in self._lines[line] or "headers_env" in next(above, "")

    def _character(self, node: _Node, text: str, offset: int) -> tuple[int, int]:
        """Return line and column, from 0, of a character of a scalar's text; the scalar's own where unsure.

        YAML folds white space and little else, so file and text are walked side by side without it.
        """
        line, column = node.line, node.column
        if node.style in {"|", ">"}:
            line, column = line + 1, 0
        elif node.style:
            column += 1
        wanted = "".join(text[: offset + 1].split())
        for character in wanted:
            while line < len(self._lines) and not self._lines[line][column:].strip():
                line, column = line + 1, 0
            if line == len(self._lines):
                return node.line, node.column
            row = self._lines[line]
            column = len(row) - len(row[column:].lstrip())
            if (node.style == '"' and row[column] == "\\") or (node.style == "'" and row[column : column + 2] == "''"):
                column += 1
            if row[column : column + 1] != character:
                return node.line, node.column
            column += 1
        # The walk stops behind the last character that is no white space.
        on_space = offset >= len(text) or text[offset].isspace()
        return line, column if on_space else column - 1


def _depth(row: str) -> int:
    return len(row) - len(row.lstrip())


def _start(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    assert mark is not None
    return mark.line, mark.column


def _short(tag: str | None) -> str:
    return (tag or "").replace("tag:yaml.org,2002:", "!!")


def _plain(text: str) -> str | int | float | bool | None:
    """Return what a plain scalar means."""
    match = _PLAIN.fullmatch(text)
    kind = match.lastgroup if match else None
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text)
    return {"null": None, "true": True, "false": False}.get(kind, text) if kind else text


def read(path: Path, *, secret: bool = False) -> Document:
    """Read a file; a missing one is empty. Never raises: what is wrong stands in `errors`."""
    try:
        if path.is_symlink() and not path.exists():
            return _unreadable(path, "cannot be read: a symbolic link that leads nowhere")
        if path.exists() and not path.is_file():
            return _unreadable(path, "cannot be read: it is no regular file")
        return _decoded(path, path.read_bytes(), secret=secret)
    except FileNotFoundError:
        return Document(path, secret=secret)
    except OSError as error:
        return _unreadable(path, f"cannot be read: {error.strerror or error}")


def _decoded(path: Path, raw: bytes, *, secret: bool) -> Document:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(path, f"line {line} is not UTF-8 text", "Save the file as UTF-8")
    del raw
    return Document(path, text, secret=secret)


def _unreadable(path: Path, message: str, hint: str = "") -> Document:
    document = Document(path)
    document.fail(ConfigError(message, file=path, hint=hint))
    return document
