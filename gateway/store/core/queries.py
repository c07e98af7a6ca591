"""Statements made with SQLAlchemy: in the words of the connection they run on, with all their values bound."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ClauseElement, Dialect, SelectBase
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.core.codec import Row
from gateway.store.core.connection import Connection
from gateway.store.core.words import Statement

DIALECTS: Mapping[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": postgresql.dialect(paramstyle="qmark"),  # type: ignore[no-untyped-call]
}
"""How statements are written for the databases, all with question marks for placeholders."""


def compiled(connection: Connection, statement: ClauseElement) -> tuple[str, list[Any]]:
    """Return the text of a statement as the connection takes it, and its values."""
    # A list of values becomes as many placeholders only when it is rendered here.
    made: Any = statement.compile(dialect=DIALECTS[connection.dialect], compile_kwargs={"render_postcompile": True})
    return str(made), [made.params[name] for name in made.positiontup or ()]


def run(connection: Connection, query: SelectBase) -> Iterator[Row]:
    """Run a query, and return its rows one by one."""
    return iter(connection.execute(*compiled(connection, query)).fetchone, None)


def text_of(statement: ClauseElement, end: str = "") -> Statement:
    """Return a statement whose values are given when it runs, in the order in which it names them.

    Args:
        statement: The statement.
        end: What follows it, the same on all databases.
    """
    texts = {name: f"{statement.compile(dialect=dialect)}{end}" for name, dialect in DIALECTS.items()}
    return Statement(texts["sqlite"], postgresql=texts["postgresql"])
