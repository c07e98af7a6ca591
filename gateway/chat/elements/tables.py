"""Data frames, recognised by what they can do: as a table in Markdown, and as CSV. Pure, and slow for large ones."""

import csv
import io
import re
from typing import Any, NamedTuple

import orjson

from gateway.egress.degrade import literal
from gateway.errors import TooLarge
from gateway.model.text import drop_lone_surrogates

ROWS, COLUMNS = 20, 8
"""Rows and columns up to which a data frame is shown in full."""
HEAD = 10
"""Rows that are shown of a larger one."""
_CELL = 60
"""Characters that are shown of a cell."""
_HEAD_BYTES = 10_000_000
"""Bytes of CSV that the shown rows may have."""
_LONG_NUMBER = re.compile(r"-?\d{1,9}\.\d{10,17}")
"""A number that was rounded to binary digits (``0.30000000000000004``)."""


class Table(NamedTuple):
    """A data frame as a message shows it."""

    markdown: str
    note: str
    """What the table leaves out; empty for a table that is complete."""
    csv: bytes
    """All rows and columns; empty for a table that is complete."""


def is_frame(value: Any) -> bool:
    """Return whether a value is a data frame: it has columns, a head, a length, and writes CSV."""
    writes = callable(getattr(value, "to_csv", None)) or callable(getattr(value, "write_csv", None))
    return writes and all(hasattr(value, each) for each in ("columns", "head", "__len__"))


def table_of(frame: Any, *, file: str, width: int, limit: int) -> Table:
    """Return a data frame as a table, and as CSV where the table does not show all of it.

    Args:
        frame: The data frame.
        file: The name of the CSV file, which the note tells.
        width: Characters the table may have with its columns aligned.
        limit: Bytes the CSV may have.

    Raises:
        TooLarge: The CSV is larger.
    """
    count, columns = len(frame), len(frame.columns)
    shown = ROWS if count <= ROWS else HEAD
    if not columns:
        return Table("(no columns)", "", b"")
    cells = _rows(frame.head(shown))
    index = max(0, len(cells[0]) - columns)
    complete = count <= ROWS and columns <= COLUMNS and max(len(cell) for row in cells for cell in row) <= _CELL
    cells = [[_short(cell) for cell in row[: index + COLUMNS]] for row in cells]
    while len(cells) > 2 and _size(cells) > width:
        cells.pop()
        complete = False
    if complete:
        return Table(_markdown(cells), "", b"")
    rows = f"First {len(cells) - 1:,} of {count:,} rows" if len(cells) - 1 < count else f"{count:,} rows"
    wide = f", {COLUMNS} of {columns:,} columns" if columns > COLUMNS else ""
    return Table(_markdown(cells), f"{rows}{wide}; all of it is in {literal(file)}.", as_csv(frame, limit, name=file))


def as_csv(frame: Any, limit: int, *, name: str) -> bytes:
    """Return a data frame as CSV in UTF-8. Raises ``TooLarge`` as soon as it has more than ``limit`` bytes."""
    into = _Bounded(limit)
    try:
        _write(frame, into)
    except Exception as error:
        if into.full:  # which the library may report in an error of its own
            raise TooLarge(f"{name} has more than {limit / 1e6:g} MB; send a part of the data, or a link") from error
        raise
    return into.getvalue()


def as_split(frame: Any, limit: int, *, name: str) -> bytes:
    """Return a data frame as Chainlit keeps it: JSON with ``columns``, ``index`` and ``data``; of a library other than
    pandas all cells are texts. Raises ``TooLarge`` when it has more than ``limit`` bytes."""
    if callable(getattr(frame, "to_json", None)):
        data = str(frame.to_json(orient="split", date_format="iso")).encode(errors="replace")
    else:
        header, *rows = csv.reader(io.StringIO(as_csv(frame, limit, name=name).decode(), newline=""))
        data = orjson.dumps({"columns": header, "index": list(range(len(rows))), "data": rows})
    if len(data) > limit:
        raise TooLarge(f"{name} has more than {limit / 1e6:g} MB")
    return data


class _Bounded(io.BytesIO):
    """Memory that takes no more than so many bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self.full = False

    def write(self, data: Any, /) -> int:
        if self.tell() + memoryview(data).nbytes > self._limit:
            self.full = True
            raise OSError("the file is full")
        return super().write(data)


class _Utf8:
    """A text file in front of a binary one, as far as writing CSV needs it."""

    def __init__(self, into: io.BytesIO) -> None:
        self._into = into

    def write(self, text: str) -> int:
        self._into.write(drop_lone_surrogates(text).encode())
        return len(text)

    def flush(self) -> None:
        """Do nothing: everything is written at once."""


def _write(frame: Any, into: io.BytesIO) -> None:
    if not callable(getattr(frame, "to_csv", None)):
        frame.write_csv(into)
        return
    # pandas' frames have `index`; another library's may not take the keyword.
    frame.to_csv(_Utf8(into), **({"index": _has_index(frame)} if hasattr(frame, "index") else {}))


def _rows(frame: Any) -> list[list[str]]:
    """Return the header and the rows of a small data frame as texts, all of the same length."""
    rows = list(csv.reader(io.StringIO(as_csv(frame, _HEAD_BYTES, name="The head of the data").decode(), newline="")))
    width = max(map(len, rows), default=0)
    return [[*(_text(cell) for cell in row), *[""] * (width - len(row))] for row in rows if row]


def _text(cell: str) -> str:
    """Return a cell on one line; a number without digits that only tell how computers count."""
    line = " ".join(cell.split())
    return f"{float(line):.10g}" if _LONG_NUMBER.fullmatch(line) else line


def _has_index(frame: Any) -> bool:
    """Return whether the rows have labels of their own: those that only count them are not shown."""
    index = getattr(frame, "index", None)
    return index is not None and not (type(index).__name__ == "RangeIndex" and getattr(index, "name", None) is None)


def _short(cell: str) -> str:
    return cell if len(cell) <= _CELL else cell[: _CELL - 1] + "…"


def _size(rows: list[list[str]]) -> int:
    """Return the characters of the table with its columns aligned, as a platform without tables shows it."""
    return (len(rows) + 1) * sum(3 + max(len(row[at]) for row in rows) for at in range(len(rows[0])))


def _markdown(rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(literal(cell) or ' ' for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(rows[0])}", *lines[1:]])
