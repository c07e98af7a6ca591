"""How it is found that something was said in a message or a step, and where in it."""

from sqlalchemy import ColumnElement, and_

from gateway import step_search
from gateway.model.text import storable
from gateway.store.core import functions
from gateway.store.core.connection import Connection
from gateway.store.core.tables import steps

_HAS_INDEX = f"SELECT 1 FROM sqlite_master WHERE name = '{step_search.INDEX}'"  # noqa: S608
_BEFORE, _BEHIND = 60, 100
"""Characters of an excerpt before and behind the text that was searched for."""


def says(connection: Connection, text: str) -> ColumnElement[bool]:
    """Return the condition that a step's output contains a text, without regard to case in any alphabet; on
    PostgreSQL, in those that the database's locale knows.

    Args:
        connection: The connection to read on.
        text: The text, in which no character means anything but itself.
    """
    wanted = storable(text)
    condition = functions.contains_folded(steps.c.output, wanted)
    if connection.dialect == "postgresql":
        return condition  # it has an index for just that
    parts = step_search.parts(wanted.casefold())
    if parts is None or connection.execute(_HAS_INDEX, ()).fetchone() is None:
        return condition
    return and_(step_search.may_say(parts), condition)


def excerpt(said: str, text: str) -> str:
    """Return in one line what was said around the first place that contains a text.

    Args:
        said: What was said.
        text: The text, in any case.
    """
    # Letters that become two without regard to case move the place a little.
    at = max(0, said.casefold().find(text.casefold()))
    start, end = max(0, at - _BEFORE), at + len(text) + _BEHIND
    words = " ".join(said[start:end].split())
    return f"{'…' if start else ''}{words}{'…' if end < len(said) else ''}"


def casefold(value: str | None) -> str | None:
    """Return a text as SQL compares it without regard to case."""
    return None if value is None else value.casefold()


FUNCTIONS = {"casefold": casefold}
"""Functions of one argument that SQL calls by these names."""
