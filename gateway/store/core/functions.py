"""Functions that the databases call by different names, for queries made with SQLAlchemy."""

from typing import Any

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class merged(GenericFunction[Any]):
    """A JSON object with the values of another one added (``merged(old, new)``); the other one alone where the first is
    none, or no object."""

    inherit_cache = True


@compiles(merged, "sqlite")
def _merged_by_sqlite(element: merged, compiler: Any, **how: Any) -> str:
    old, new = _texts(element, compiler, **how)
    return f"CASE WHEN json_valid({old}) THEN json_patch({old}, {new}) ELSE {new} END"


@compiles(merged, "postgresql")
def _merged_by_postgresql(element: merged, compiler: Any, **how: Any) -> str:
    old, new = _texts(element, compiler, **how)
    return f"CASE WHEN jsonb_typeof({old}) = 'object' THEN {old} || {new} ELSE {new} END"


def _texts(element: GenericFunction[Any], compiler: Any, **how: Any) -> list[str]:
    return [compiler.process(each, **how) for each in element.clauses]
