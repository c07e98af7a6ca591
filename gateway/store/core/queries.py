"""Queries made for one occasion, run on an open connection with all their values bound."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import SelectBase
from sqlalchemy.dialects import sqlite

from gateway.store.core.codec import Row
from gateway.store.core.connection import Cursor

Execute: TypeAlias = Callable[[str, Sequence[Any]], Cursor]
"""Runs a statement on an open database."""

_DIALECT = sqlite.dialect(paramstyle="qmark")


def run(execute: Execute, query: SelectBase) -> Iterator[Row]:
    """Run a query, and return its rows one by one."""
    # A list of values becomes as many placeholders only when it is rendered here.
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    values = [compiled.params[name] for name in compiled.positiontup or ()]
    return iter(execute(str(compiled), values).fetchone, None)


def text_of(query: SelectBase) -> str:
    """Return the text of a query whose values are given when it runs, in the order in which it names them."""
    return str(query.compile(dialect=_DIALECT))
