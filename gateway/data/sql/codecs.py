"""How the values of columns are written and read: by the column's name, and by what the database says of its type."""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import Uuid
from sqlalchemy.types import ARRAY, JSON, Boolean, DateTime, Enum, Float

from gateway.model.text import time_text

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


def unchanged(value: Any) -> Any:
    """Return a column's value as it is: the database and the layer hold it alike."""
    return value


def codec(name: str, type: Any, *, sqlite: bool) -> Codec:
    """Return the codec of a column.

    Args:
        name: Its documented name.
        type: Its type, as the database has it.
        sqlite: Whether the database is SQLite, whose columns hold values of every type.
    """
    if name in _OBJECTS:
        return Codec(_dumps, _object) if not isinstance(type, JSON) else Codec(unchanged, _object)
    if name in _LISTS:
        return Codec(list, _list) if isinstance(type, ARRAY) else Codec(_dumps, _list)
    if name in _FLAGS and (sqlite or isinstance(type, Boolean)):
        return Codec(_flag, _flag if sqlite else unchanged)
    match type:
        case Uuid():
            return Codec(_uuid, _text)
        case DateTime(timezone=aware):
            return Codec(partial(_moment, aware=aware), _iso)
        case Enum(enums=allowed):
            return Codec(partial(_one_of, tuple(cast(Iterable[str], allowed))), unchanged)
        case Float():
            return Codec(unchanged, _number)
        case _:
            return Codec(unchanged, unchanged)


def read_json(text: str | bytes) -> Any:
    """Return what a JSON text says. The empty object, which most columns hold, is not parsed. Raises ``ValueError``."""
    return {} if text == "{}" else json.loads(text)


def _dumps(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast(dict[str, Any], value)
    if value is None:
        return {}
    read = _loads(value)
    return cast(dict[str, Any], read) if isinstance(read, dict) else {}


def _list(value: Any) -> list[Any] | None:
    if value is None:
        return None
    read = _loads(value)
    return list(cast(Iterable[Any], read)) if isinstance(read, list | tuple) else None


def _loads(value: Any) -> Any:
    if not isinstance(value, str | bytes):
        return value
    try:
        return read_json(value)
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


def _moment(value: Any, *, aware: bool) -> datetime | None:
    """Return a time as a column of timestamps takes it: in UTC, and without the zone where the column has none."""
    if value is None:
        return None
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is no time in ISO 8601, and the database's column takes nothing else") from None
    return moment if aware else moment.replace(tzinfo=None)


def _iso(value: datetime | None) -> str | None:
    if value is None:
        return None
    return time_text(value) if value.tzinfo is not None else value.isoformat(timespec="microseconds") + "Z"


def _one_of(allowed: tuple[str, ...], value: Any) -> Any:
    return value if value is None or value in allowed or "undefined" not in allowed else "undefined"


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
