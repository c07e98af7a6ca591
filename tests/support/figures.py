"""Stand-ins for the figures and data frames of libraries that the tests do without: they can do what elements use."""

import csv
import io
from typing import Any

PNG = b"\x89PNG\r\n\x1a\n"


class Frame:
    """A data frame as pandas has it: columns, an index that only counts, and CSV."""

    def __init__(self, columns: list[str], rows: list[list[Any]]) -> None:
        self.columns = columns
        self.index = range(len(rows))
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def head(self, n: int) -> "Frame":
        return Frame(self.columns, self.rows[:n])

    def to_csv(self, into: Any, *, index: bool) -> None:
        writer = csv.writer(into, lineterminator="\n")
        writer.writerow(["", *self.columns] if index else self.columns)
        for number, row in enumerate(self.rows):
            writer.writerow([number, *row] if index else row)

    @property
    def csv(self) -> bytes:
        """All of it, as a file has it."""
        into = io.StringIO()
        self.to_csv(into, index=False)
        return into.getvalue().encode()


class RangeIndex:
    """The labels of rows that have none of their own, by the name pandas gives them."""

    name = None


class CountedFrame(Frame):
    """A data frame whose index has pandas' name for one that only counts."""

    def __init__(self, columns: list[str], rows: list[list[Any]]) -> None:
        super().__init__(columns, rows)
        self.index: Any = RangeIndex()

    def head(self, n: int) -> "CountedFrame":
        return CountedFrame(self.columns, self.rows[:n])


class WriteFrame:
    """A data frame as polars has it: ``write_csv`` in place of ``to_csv``, and no index."""

    def __init__(self, columns: list[str], rows: list[list[Any]]) -> None:
        self.columns = columns
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def head(self, n: int) -> "WriteFrame":
        return WriteFrame(self.columns, self.rows[:n])

    def write_csv(self, into: Any) -> None:
        try:
            into.write(CountedFrame(self.columns, self.rows).csv)
        except OSError as error:
            raise RuntimeError("writing failed") from error


class Figure:
    """A figure as Matplotlib has it."""

    def __init__(self, *, picture: bytes = PNG, error: Exception | None = None) -> None:
        self.picture = picture
        self.error = error
        self.drawn: list[dict[str, Any]] = []

    def savefig(self, into: Any, **options: Any) -> None:
        self.drawn.append(options)
        if self.error is not None:
            raise self.error
        into.write(self.picture)


class Chart:
    """A figure as Plotly has it; without kaleido it cannot be drawn as a picture."""

    def __init__(self, *, kaleido: bool = True, html: str = "<html>chart</html>") -> None:
        self.kaleido = kaleido
        self.html = html

    def to_json(self) -> str:
        return '{"data": []}'

    def to_image(self, *, format: str, scale: int) -> bytes:
        if not self.kaleido:
            raise ValueError("Image export requires the Kaleido package")
        return PNG + f"{format} x{scale}".encode()

    def to_html(self, *, include_plotlyjs: str, div_id: str) -> str:
        if not self.html:
            raise RuntimeError("no layout")
        return self.html
