"""Outlets as CSV, a row a source, for spreadsheets. Pure.

Columns: id, name, homepage, language, kind, url, tags (";" between them). Only `url` is needed, in any order; a file of
bare addresses will do. A cell that a spreadsheet would take for a formula is written with a "'" before it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from monitor.errors import ReadError, Reason
from monitor.model import Outlet
from monitor.outlets.exchange import MAX_ROWS, Row, decoded

COLUMNS = ("id", "name", "homepage", "language", "kind", "url", "tags")
MAX_BYTES = 10_000_000
# Spreadsheets run what begins so (OWASP, "CSV Injection").
_FORMULA = re.compile(r"['\"\s]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\t\r\n]")


def read(body: bytes) -> tuple[Row, ...]:
    """Return the rows of a CSV file with commas, semicolons or tabs. Raises ReadError for what is none."""
    if len(body) > MAX_BYTES:
        raise ReadError(Reason.TOO_LARGE, f"{len(body):,} bytes, at most {MAX_BYTES:,}")
    text = decoded(body).replace("\0", "")
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows: list[Row] = []
    names: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not names:
                names = _names(cells)
                if "url" in (cell.strip().lower() for cell in cells):
                    continue
            rows.append(_row(dict(zip(names, map(_bare, cells), strict=False)), reader.line_num))
            if len(rows) > MAX_ROWS:
                raise ReadError(Reason.TOO_LARGE, f"more than {MAX_ROWS:,} rows")
    except csv.Error as error:
        raise ReadError(Reason.WRONG_TYPE, f"line {reader.line_num} is no CSV: {error}") from error
    return tuple(rows)


def _names(cells: list[str]) -> list[str]:
    """Return what the columns are called; a first row without names is one of addresses."""
    names = [cell.strip().lower() for cell in cells]
    if "url" in names:
        return names
    if len(cells) == 1 and "://" in cells[0]:
        return ["url"]
    raise ReadError(Reason.WRONG_TYPE, f"its first line names no column url; columns are {', '.join(COLUMNS)}")


def _row(said: dict[str, str], line: int) -> Row:
    return Row(
        line, said.get("url", ""), said.get("kind", "").strip().lower() or "feed", said.get("id", "").strip(),
        said.get("name", ""), said.get("homepage", ""), said.get("language", ""), tuple(_tags(said.get("tags", ""))),
    )  # fmt: skip


def write(outlets: Iterable[Outlet]) -> str:
    """Return outlets as CSV. The selector of a listing's links has no column."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for outlet in outlets:
        tags = ";".join(re.sub(r"([\\;])", r"\\\1", tag) for tag in outlet.tags)
        for source in outlet.sources:
            cells = (outlet.id, outlet.name, outlet.homepage, outlet.language or "", source.kind, source.url, tags)
            writer.writerow([_safe(cell) for cell in cells])
    return out.getvalue()


def _tags(text: str) -> Iterator[str]:
    """Yield what stands between semicolons; a backslash takes the next character as it is."""
    tag = ""
    characters = iter(text)
    for character in characters:
        if character == ";":
            yield tag
            tag = ""
        else:
            tag += next(characters, "") if character == "\\" else character
    yield tag


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
