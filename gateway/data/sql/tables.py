"""The tables of Chainlit's documented schema as they are in a database: which columns there are, and how their values
are written and read.

The documents and Chainlit's own versions name different columns, and SQLite has none of the types that PostgreSQL has.
So the columns are looked up once, what a database has no column for is left out, and each value is converted by the
column's name and by what the database says of its type.
"""

import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, Uuid, inspect
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.types import ARRAY, JSON, Boolean, NullType

from gateway.data.values import clean

NAMES = ("users", "threads", "steps", "elements", "feedbacks")
"""The tables of the schema."""

_OBJECTS = frozenset({"metadata", "generation", "props", "modes", "playerConfig"})
"""Columns that hold a JSON object."""
_LISTS = frozenset({"tags"})
"""Columns that hold a list."""
_FLAGS = frozenset({"streaming", "waitForAnswer", "isError", "defaultOpen", "autoCollapse", "autoPlay"})
"""Columns that hold true or false."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one column are written and read."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Schema:
    """The tables of one database. Make it with ``connection.run_sync(Schema.of)``."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.users, self.threads, self.steps, self.elements, self.feedbacks = (tables[name] for name in NAMES)
        self._reads = {
            table.name: [(column.name, _codec_of(column).read) for column in table.c if _codec_of(column).read != _same]
            for table in tables.values()
        }

    @classmethod
    def of(cls, connection: Connection) -> "Schema":
        """Return the schema of the connected database. Raises ``LookupError`` naming the table that is missing."""
        found = {name: columns for (_, name), columns in inspect(connection).get_multi_columns().items()}
        if missing := [name for name in NAMES if name not in found]:
            raise LookupError(f"the database has no table {missing[0]!r}: create the schema of the documents first")
        metadata, sqlite = MetaData(), connection.dialect.name == "sqlite"
        return cls({name: Table(name, metadata, *_columns(found[name], sqlite=sqlite)) for name in NAMES})

    def write(self, table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the table's columns take them; those it has no column for are left out."""
        return {name: self.value(table.c[name], value) for name, value in values.items() if name in table.c}

    def value(self, column: Column[Any], value: Any) -> Any:
        """Return one value as the column takes it."""
        return _codec_of(column).write(clean(value))

    def equal(self, column: Column[Any], value: Any) -> ColumnElement[bool]:
        """Return the condition that a column has this value."""
        condition: ColumnElement[bool] = column == self.value(column, value)
        return condition

    def among(self, column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """Return the condition that a column has one of these values."""
        return column.in_([self.value(column, each) for each in values])

    def read(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        """Make the values of a row of the table plain ones, in place, and return the row."""
        for name, read in self._reads[table.name]:
            if name in row:
                row[name] = read(row[name])
        return row


def _columns(described: Iterable[ReflectedColumn], *, sqlite: bool) -> Iterator[Column[Any]]:
    for each in described:
        # SQLite holds any value in any column: what a type's name stands for is done by the codec alone.
        type = NullType() if sqlite else each["type"]
        yield Column(each["name"], type, info={"codec": _codec(each["name"], type, sqlite=sqlite)})


def _codec_of(column: Column[Any]) -> Codec:
    return cast(Codec, column.info["codec"])


def _same(value: Any) -> Any:
    return value


def _codec(name: str, type: Any, *, sqlite: bool) -> Codec:
    if name in _OBJECTS:
        return Codec(_dumps, _object) if not isinstance(type, JSON) else Codec(_same, _object)
    if name in _LISTS:
        return Codec(list, _list) if isinstance(type, ARRAY) else Codec(_dumps, _list)
    if isinstance(type, Uuid):
        return Codec(_uuid, _text)
    if name in _FLAGS and (sqlite or isinstance(type, Boolean)):
        return Codec(_flag, _flag)
    return Codec(_same, _same)


def _dumps(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _object(value: Any) -> dict[str, Any]:
    read = _loads(value)
    return cast(dict[str, Any], read) if isinstance(read, dict) else {}


def _list(value: Any) -> list[Any] | None:
    read = _loads(value)
    return list(cast(Iterable[Any], read)) if isinstance(read, list | tuple) else None


def _loads(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _uuid(value: Any) -> Any:
    if value is None or isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is no UUID, and the database's column takes nothing else") from None


def _text(value: Any) -> Any:
    return None if value is None else str(value)


def _flag(value: Any) -> Any:
    return None if value is None else bool(value)
