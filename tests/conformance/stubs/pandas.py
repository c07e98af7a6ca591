"""A data frame with what a table of it needs."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any


class RangeIndex:
    """Labels that only count the rows."""

    name = None


class DataFrame:
    """A data frame."""

    def __init__(self, data: Mapping[str, Sequence[Any]]) -> None:
        self._data = {name: list(values) for name, values in data.items()}
        self.index = RangeIndex()

    @property
    def columns(self) -> list[str]:
        return list(self._data)

    def __len__(self) -> int:
        return len(next(iter(self._data.values()), []))

    def head(self, count: int = 5) -> "DataFrame":
        return DataFrame({name: values[:count] for name, values in self._data.items()})

    def to_csv(self, into: Any, *, index: bool = True) -> None:
        assert not index
        writer = csv.writer(into, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(zip(*self._data.values(), strict=True))
