"""The tables of a schema as they are in a database: which columns there are, and how their values are converted.

The documents and Chainlit's own versions name different columns, and SQLite has none of the types that PostgreSQL has.
So the columns are looked up once, and what a database has no column for is left out. Tables and columns are called here
as the documents call them, whatever the schema's names are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import NullType

from gateway import step_search
from gateway.data.sql.codecs import Codec, codec, unchanged
from gateway.data.sql.layouts import LAYOUTS, NAMES, Layout
from gateway.data.values import clean

_UPKEEP = frozenset({"updatedAt", "deletedAt"})


class Schema:
    """The tables of one database. Make it with ``connection.run_sync(Schema.of, layout)``.

    Args:
        layout: What the schema calls the tables and columns.
        tables: The tables by their documented names.
        has_search_index: Whether the database has the index of ``gateway.step_search``.
    """

    def __init__(self, layout: Layout, tables: Mapping[str, Table], *, has_search_index: bool = False) -> None:
        self.layout = layout
        self.has_search_index = has_search_index
        self.users, self.threads, self.steps, self.elements, self.feedbacks = (tables[name] for name in NAMES)
        self._columns = {
            table.name: {column.name: (column.key, _codec_of(column).read) for column in table.c}
            for table in tables.values()
        }

    @classmethod
    def of(cls, connection: Connection, layout: Layout) -> "Schema":
        """Return the schema of the connected database. Raises ``LookupError`` naming the table that is missing."""
        found = {name: columns for (_, name), columns in inspect(connection).get_multi_columns().items()}
        if missing := [name for name in layout.tables.values() if name not in found]:
            others = [each.layer for each in LAYOUTS if found.keys() >= set(each.tables.values())]
            fix = f"its tables are those of {others[0]}" if others else layout.made_by
            raise LookupError(f"the database has no table {missing[0]!r}: {fix}")
        metadata, sqlite = MetaData(), connection.dialect.name == "sqlite"
        tables = {
            name: Table(own, metadata, *_columns(found[own], layout.columns.get(name, {}), sqlite=sqlite))
            for name, own in layout.tables.items()
        }
        return cls(layout, tables, has_search_index=sqlite and found.keys() >= step_search.TABLES)

    def write(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the table's columns take them; those it has no column for are left out."""
        return {name: self.value(table.c[name], value) for name, value in values.items() if name in table.c}

    def value(self, column: Column[Any], value: Any) -> Any:
        """Return one value as the column takes it."""
        return _codec_of(column).write(clean(value))

    def plain_value(self, column: Column[Any], value: Any) -> Any:
        """Return one value of a column as a plain value."""
        return _codec_of(column).read(value)

    def equal(self, column: Column[Any], value: Any) -> ColumnElement[bool]:
        """Return the condition that a column has this value."""
        condition: ColumnElement[bool] = column == self.value(column, value)
        return condition

    def among(self, column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """Return the condition that a column has one of these values, each of which is a parameter of its own."""
        return column.in_([self.value(column, each) for each in values])

    def shown(self, table: Table) -> list[Column[Any]]:
        """Return the columns of the table that are not only for its upkeep."""
        return [column for column in table.c if column.key not in _UPKEEP]

    def plain(self, table: Table, names: Iterable[str], rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        """Return the rows that a query on the table gives as dicts of plain values, by the documented names.

        Args:
            table: The table.
            names: The names of the query's columns; one that is not the table's is taken as it is.
            rows: The rows.
        """
        read = [self._columns[table.name].get(name, (name, unchanged)) for name in names]
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        if not columns:
            return []
        for at, (_, convert) in enumerate(read):
            if convert != unchanged:
                columns[at] = map(convert, columns[at])
        keys = [key for key, _ in read]
        return [dict(zip(keys, values, strict=True)) for values in zip(*columns, strict=True)]


def _columns(described: Iterable[ReflectedColumn], keys: Mapping[str, str], *, sqlite: bool) -> Iterator[Column[Any]]:
    for each in described:
        name = each["name"]
        key = keys.get(name, name)
        # SQLite holds any value in any column: what a type's name stands for is done by the codec alone.
        type = NullType() if sqlite else each["type"]
        yield Column(name, type, key=key, info={"codec": codec(key, type, sqlite=sqlite)})


def _codec_of(column: Column[Any]) -> Codec:
    return cast(Codec, column.info["codec"])
