"""Filters of the client's lists, as conditions on the rows that are kept."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from graphql import GraphQLError

from gateway.model.text import time_text
from gateway.ports.records import Condition, Noun, Operator

MOST = 50
"""Filters of one list at most."""
_VALUES = 1_000
"""Values of one filter at most."""
_LONGEST = 1_000
"""Characters of one value at most."""

_TEXT = frozenset({"eq", "neq", "ilike", "nilike", "is", "nis", "in", "nin"})
_SEVERAL = frozenset({"in", "nin", "is", "nis", "eq", "neq", "ilike", "nilike"})
_NUMBER = frozenset({"eq", "neq", "gt", "gte", "lt", "lte", "is", "nis"})
_TIME = frozenset({"gt", "gte", "lt", "lte", "eq", "neq", "is", "nis"})
_OPERATORS: Mapping[str, Operator] = {"nis": "is_not"}


class _Field(NamedTuple):
    """What a filter's field is called in the conditions on rows, and what can be asked of it."""

    name: str
    operators: frozenset[str]
    kind: type = str


_FIELDS: Mapping[str, Mapping[str, _Field]] = {
    "threads": {
        "id": _Field("id", _TEXT),
        "createdAt": _Field("createdAt", _TIME, datetime),
        "name": _Field("name", _TEXT),
        "metadata": _Field("metadata", _TEXT),
        "tags": _Field("tag", _SEVERAL),
        "participantId": _Field("userId", _TEXT),
        "participantIdentifiers": _Field("person", _SEVERAL),
        "stepType": _Field("step_type", _SEVERAL),
        "stepName": _Field("step_name", _SEVERAL),
        "stepOutput": _Field("step_output", _TEXT),
        "scoreValue": _Field("score", _NUMBER, float),
        "duration": _Field("duration", _NUMBER, float),
        "tokenCount": _Field("tokens", _NUMBER, float),
    },
    "steps": {
        "id": _Field("id", _TEXT),
        "createdAt": _Field("createdAt", _TIME, datetime),
        "name": _Field("name", _TEXT),
        "type": _Field("type", _TEXT),
        "input": _Field("input", _TEXT),
        "output": _Field("output", _TEXT),
        "metadata": _Field("metadata", _TEXT),
        "participantIdentifiers": _Field("userIdentifier", _SEVERAL),
        "startTime": _Field("start", _TIME, datetime),
        "endTime": _Field("end", _TIME, datetime),
        "parentId": _Field("parentId", _TEXT),
        "threadId": _Field("threadId", _TEXT),
        "error": _Field("error", _TEXT),
        "tags": _Field("tag", _SEVERAL),
        "duration": _Field("seconds", _NUMBER, float),
    },
    "generations": {
        "id": _Field("id", _TEXT),
        "createdAt": _Field("createdAt", _TIME, datetime),
        "error": _Field("error", _TEXT),
        "provider": _Field("generation.provider", _TEXT),
        "model": _Field("generation.model", _TEXT),
        "type": _Field("generation.type", _TEXT),
        "duration": _Field("generation.duration", _NUMBER, float),
        "tokenCount": _Field("generation.tokenCount", _NUMBER, float),
        "score": _Field("score", _NUMBER, float),
        "tags": _Field("tag", _SEVERAL),
        "participant": _Field("userIdentifier", _SEVERAL),
    },
    "scores": {
        "id": _Field("id", _TEXT),
        "createdAt": _Field("createdAt", _TIME, datetime),
        "name": _Field("name", _TEXT),
        "type": _Field("type", _TEXT),
        "value": _Field("value", _NUMBER, float),
        "comment": _Field("comment", _TEXT),
        "tags": _Field("tag", _SEVERAL),
        "participant": _Field("userIdentifier", _SEVERAL),
    },
    "participants": {
        "id": _Field("id", _TEXT),
        "createdAt": _Field("createdAt", _TIME, datetime),
        "identifier": _Field("identifier", _SEVERAL),
        "metadata": _Field("metadata", _TEXT),
    },
}
NOUNS: Mapping[str, Noun] = {
    "threads": "threads",
    "steps": "steps",
    "generations": "steps",
    "scores": "scores",
    "participants": "users",
}
"""The rows that each list is made of."""


def conditions(list_name: str, filters: Sequence[Mapping[str, Any]] | None) -> list[Condition]:
    """Return the filters of a list as conditions. Raises ``GraphQLError`` for a field, an operator or a value that a
    filter cannot have, naming those that it can."""
    given = filters or ()
    if len(given) > MOST:
        raise GraphQLError(f"a list takes {MOST} filters at most")
    found = [_condition(list_name, each) for each in given]
    return [*found, Condition("generation", "is_not", None)] if list_name == "generations" else found


def newest_first(list_name: str, order: Mapping[str, str] | None) -> bool:
    """Return whether a list begins with its newest row. Raises ``GraphQLError`` for another order than by time."""
    if order is None:
        return True
    if order["column"] != "createdAt" or order["direction"] not in ("ASC", "DESC"):
        raise GraphQLError(f"{list_name} are ordered by createdAt, ASC or DESC")
    return order["direction"] == "DESC"


def moment(value: Any) -> str:
    """Return a time as it is kept. Raises ``GraphQLError`` for what is none."""
    try:
        found = datetime.fromisoformat(value)
        return time_text(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
    except (TypeError, ValueError, OverflowError):
        raise GraphQLError(f"{str(value)[:100]!r} is no time: write it as 2026-01-31T12:00:00Z") from None


def _condition(list_name: str, given: Mapping[str, Any]) -> Condition:
    known = _FIELDS[list_name]
    field = known.get(given["field"])
    if field is None:
        raise GraphQLError(f"{list_name} have no filter {given['field'][:100]!r}: {', '.join(known)}")
    operator = given["operator"]
    if operator not in field.operators:
        named = ", ".join(sorted(field.operators))
        raise GraphQLError(f"the filter {given['field']!r} has no operator {operator[:100]!r}: {named}")
    return Condition(field.name, _OPERATORS.get(operator, cast(Operator, operator)), _value(given, field))


def _value(given: Mapping[str, Any], field: _Field) -> Any:
    value, operator = given.get("value"), given["operator"]
    if operator in ("is", "nis"):
        if value is not None:
            raise GraphQLError(f"the operator {operator!r} compares with null")
        return None
    if operator in ("in", "nin"):
        values = cast(Sequence[Any], value if isinstance(value, list) else [value])
        if len(values) > _VALUES:
            raise GraphQLError(f"the filter {given['field']!r} takes {_VALUES} values at most")
        return tuple(_single(given, field, each) for each in values)
    return _single(given, field, value)


def _single(given: Mapping[str, Any], field: _Field, value: Any) -> Any:
    match value:
        case bool() | None:
            pass
        case int() | float() if field.kind is float:
            return float(value)
        case str() if field.kind is datetime:
            return moment(value)
        case str() if field.kind is str and len(value) <= _LONGEST:
            # As a pattern a text may have signs around it that stand for anything, which is what is looked for anyway.
            return value.strip("%") if given["operator"] in ("ilike", "nilike") else value
        case _:
            pass
    wanted = {float: "a number", datetime: "a time", str: f"a text of {_LONGEST} characters at most"}[field.kind]
    raise GraphQLError(f"the filter {given['field']!r} takes {wanted}")
