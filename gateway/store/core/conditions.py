"""Builds the conditions on rows that programs give."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, exists, false, func, or_, select

from gateway.model.text import storable
from gateway.ports.records import Condition, Noun
from gateway.store.core import functions
from gateway.store.core.tables import elements, feedbacks, scores, steps, threads, users

TABLES: Mapping[Noun, Table] = {
    "users": users,
    "threads": threads,
    "steps": steps,
    "elements": elements,
    "feedbacks": feedbacks,
    "scores": scores,
}
SAID_AT = "said_at"
"""The field of a thread that is the time of one of its steps."""
HIDDEN = frozenset({"ref"})
"""Columns that no program sees."""
OBJECTS = frozenset({"metadata", "generation", "props", "playerConfig", "given"})
"""Columns that hold a JSON object."""
_GENERATION = "generation."


def _condition_on(noun: Noun, condition: Condition) -> ColumnElement[bool]:
    """Return a condition on the rows of a noun. Raises ``ValueError`` for a field or an operator that there is not."""
    special = _SPECIAL.get((noun, condition.field))
    if special is not None:
        return special(condition)
    if noun == "steps" and condition.field.startswith(_GENERATION):
        named = condition.field.removeprefix(_GENERATION)
        of_number = isinstance(condition.value, int | float)
        kept = functions.json_number if of_number else functions.json_text
        return compared(kept(steps.c.generation, named), condition)
    table = TABLES[noun]
    if condition.field not in table.c or condition.field in HIDDEN:
        raise ValueError(f"{noun} have no field {condition.field!r}")
    column = table.c[condition.field]
    return compared(functions.as_text(column) if column.name in OBJECTS else column, condition)


def conditions_on(noun: Noun, conditions: Sequence[Condition]) -> list[ColumnElement[bool]]:
    """Return the conditions on the rows of a noun; those on when something was said in a thread are of the same step.
    Raises ``ValueError`` for a field or an operator that there is not."""
    said = [each for each in conditions if (noun, each.field) == ("threads", SAID_AT)]
    found = [_condition_on(noun, each) for each in conditions if each not in said]
    if said:
        times = (compared(steps.c.createdAt, each) for each in said)
        found.append(exists().where(steps.c.threadId == threads.c.id, *times))
    return found


def compared(column: ColumnElement[Any], condition: Condition) -> ColumnElement[bool]:
    """Return the condition on a column. Raises ``ValueError`` for an operator that there is not."""
    value = _storable(condition.value)
    match condition.operator:
        case "eq" | "is":
            return column.is_(None) if value is None else column == value
        case "neq" | "is_not":
            return column.is_not(None) if value is None else or_(column != value, column.is_(None))
        case "gt":
            return column > value
        case "gte":
            return column >= value
        case "lt":
            return column < value
        case "lte":
            return column <= value
        case "in":
            return column.in_(value)
        case "nin":
            return or_(column.not_in(value), column.is_(None))
        case "like":
            return functions.contains(column, value)
        case "ilike":
            return functions.contains_folded(column, str(value))
        case "nilike":
            return ~func.coalesce(functions.contains_folded(column, str(value)), false())
        case _:
            raise ValueError(f"there is no operator {condition.operator!r}")


def _storable(value: Any) -> str | Any:
    if isinstance(value, str):
        return storable(value)
    return tuple(_storable(each) for each in cast(Sequence[Any], value)) if isinstance(value, list | tuple) else value


_NEGATIVE = {"neq": "eq", "nin": "in", "nilike": "ilike", "is_not": "is"}
"""Operators that say of several values that none of them is as the other operator says."""


def _any(condition: Condition, among: Callable[[Condition], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that one of several values is so; for a negative operator that none is what it denies, and
    for a comparison with None that there is none, or one."""
    if condition.operator in ("is", "is_not"):
        one = among(condition._replace(operator="is_not"))
        return one if condition.operator == "is_not" else ~one
    opposite = _NEGATIVE.get(condition.operator)
    if opposite is None:
        return among(condition)
    return ~among(condition._replace(operator=opposite))  # type: ignore[arg-type]


def _tag(noun: Noun) -> Callable[[Condition], ColumnElement[bool]]:
    column = TABLES[noun].c.tags

    def among(condition: Condition) -> ColumnElement[bool]:
        each = functions.each_text(column).table_valued("value")
        return exists(select(each.c.value).where(compared(each.c.value, condition)))

    return lambda condition: _any(condition, among)


def _of_step(column: ColumnElement[Any]) -> Callable[[Condition], ColumnElement[bool]]:
    def among(condition: Condition) -> ColumnElement[bool]:
        return threads.c.id.in_(select(steps.c.threadId).where(compared(column, condition)))

    return lambda condition: _any(condition, among)


def _person(condition: Condition) -> ColumnElement[bool]:
    def among(condition: Condition) -> ColumnElement[bool]:
        theirs = select(steps.c.threadId).where(compared(steps.c.userIdentifier, condition))
        return or_(func.coalesce(compared(threads.c.userIdentifier, condition), false()), threads.c.id.in_(theirs))

    return _any(condition, among)


def _rating(condition: Condition) -> ColumnElement[bool]:
    return threads.c.id.in_(select(feedbacks.c.threadId).where(compared(feedbacks.c.value, condition)))


def _scored(condition: Condition) -> ColumnElement[bool]:
    return _any(
        condition, lambda each: threads.c.id.in_(select(scores.c.threadId).where(compared(scores.c.value, each)))
    )


def _step_scored(condition: Condition) -> ColumnElement[bool]:
    return _any(condition, lambda each: steps.c.id.in_(select(scores.c.stepId).where(compared(scores.c.value, each))))


_SECONDS = functions.seconds_between(steps.c.start, steps.c.end)
"""How long a step took; NULL where one of its times is none."""


def _duration(condition: Condition) -> ColumnElement[bool]:
    longest = select(func.max(_SECONDS)).where(steps.c.threadId == threads.c.id).scalar_subquery()
    return compared(longest, condition)


def _tokens(condition: Condition) -> ColumnElement[bool]:
    used = (
        select(func.sum(functions.json_number(steps.c.generation, "tokenCount")))
        .where(steps.c.threadId == threads.c.id)
        .scalar_subquery()
    )
    return compared(used, condition)


_SPECIAL: Mapping[tuple[Noun, str], Callable[[Condition], ColumnElement[bool]]] = {
    ("threads", "person"): _person,
    ("threads", "tag"): _tag("threads"),
    ("threads", "rating"): _rating,
    ("threads", "score"): _scored,
    ("threads", "step_type"): _of_step(steps.c.type),
    ("threads", "step_name"): _of_step(steps.c.name),
    ("threads", "step_output"): _of_step(steps.c.output),
    ("threads", "duration"): _duration,
    ("threads", "tokens"): _tokens,
    ("steps", "tag"): _tag("steps"),
    ("steps", "score"): _step_scored,
    ("steps", "seconds"): lambda condition: compared(_SECONDS, condition),
    ("steps", "error"): lambda condition: compared(functions.json_text(steps.c.given, "error"), condition),
    ("scores", "tag"): _tag("scores"),
}
"""Conditions that are about more than a column."""
