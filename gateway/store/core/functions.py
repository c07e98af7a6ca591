"""What queries made with SQLAlchemy say differently on the two databases.

SQLite keeps JSON as text, in which another program may have written something else; PostgreSQL keeps it parsed. Texts
are compared without regard to case as Python does it on SQLite, and as the database's locale has it on PostgreSQL.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Boolean, Float, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

# SQLAlchemy names functions as SQL does.


class merged(GenericFunction[Any]):
    """A JSON object with the values of another one added (``merged(old, new)``); the other one alone where the first is
    none, or no object."""

    inherit_cache = True


class contains(GenericFunction[bool]):
    """Whether a text is in another one (``contains(whole, part)``)."""

    type = Boolean()
    inherit_cache = True


class contains_folded(GenericFunction[bool]):
    """Whether a text is in another one (``contains_folded(whole, part)``), without regard to case."""

    type = Boolean()
    inherit_cache = True


class json_text(GenericFunction[str]):
    """The text of a value in a JSON object (``json_text(object, name)``); NULL where there is none."""

    type = Text()
    inherit_cache = True


class json_number(GenericFunction[float]):
    """A number in a JSON object (``json_number(object, name)``); NULL where there is none."""

    type = Float()
    inherit_cache = True


class each_text(GenericFunction[Any]):
    """The texts of a list, as rows with one column ``value``."""

    inherit_cache = True


class seconds_between(GenericFunction[float]):
    """The seconds from one time to another (``seconds_between(start, end)``), both ISO 8601, to the millisecond;
    NULL where one is none."""

    type = Float()
    inherit_cache = True


class as_text(GenericFunction[str]):
    """A column as text, also where it holds JSON."""

    type = Text()
    inherit_cache = True


_LOCALE = 'COLLATE "default"'
"""The collation of the whole database: those of the columns, by the order of characters, know capital letters of ASCII
alone."""
_TIME = (
    r"'^\d\d\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d([.]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$'"
)
_START, _END = (f"CASE WHEN {each} ~ {_TIME} THEN CAST({each} AS timestamptz) END" for each in ("{0}", "{1}"))
_LITERAL = rf"regexp_replace(lower(CAST({{1}} AS text) {_LOCALE}), '([\\%_])', '\\\1', 'g')"
"""A text in lower case as a pattern in which no character means anything but itself."""

_WORDS: Mapping[type[GenericFunction[Any]], tuple[str, str]] = {
    merged: (
        "CASE WHEN json_valid({0}) THEN json_patch({0}, {1}) ELSE {1} END",
        "CASE WHEN jsonb_typeof({0}) = 'object' THEN {0} || {1} ELSE {1} END",
    ),
    contains: ("instr({0}, {1}) > 0", "strpos({0}, {1}) > 0"),
    contains_folded: (
        "instr(casefold({0}), casefold({1})) > 0",
        f"lower({{0}} {_LOCALE}) LIKE '%' || {_LITERAL} || '%'",
    ),
    json_text: (
        """CASE WHEN json_valid({0}) THEN json_extract({0}, '$."' || {1} || '"') END""",
        "{0} ->> CAST({1} AS text)",
    ),
    json_number: (
        """CASE WHEN json_valid({0}) THEN CAST(json_extract({0}, '$."' || {1} || '"') AS REAL) END""",
        """CASE WHEN jsonb_typeof({0} -> CAST({1} AS text)) = 'number'
            THEN CAST({0} ->> CAST({1} AS text) AS double precision) END""",
    ),
    each_text: (
        "json_each(CASE WHEN json_valid({0}) THEN {0} ELSE '[]' END)",
        "jsonb_array_elements_text(to_jsonb({0}))",
    ),
    seconds_between: (
        "round((julianday({1}) - julianday({0})) * 86400, 3)",
        f"CAST(round(CAST(extract(epoch FROM ({_END}) - ({_START})) AS numeric), 3) AS double precision)",
    ),
    as_text: ("{0}", "CAST({0} AS text)"),
}
"""How the databases say it: SQLite, then PostgreSQL."""


def _say(function: type[GenericFunction[Any]], dialect: str, words: str) -> None:
    def said(element: GenericFunction[Any], compiler: Any, **how: Any) -> str:
        return words.format(*(compiler.process(each, **how) for each in element.clauses))

    compiles(function, dialect)(said)


for _function, (_sqlite, _postgresql) in _WORDS.items():
    _say(_function, "sqlite", _sqlite)
    _say(_function, "postgresql", _postgresql)
