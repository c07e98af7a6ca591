"""Reads the arguments of Web API methods, which arrive as JSON values or as form strings."""

from typing import Any

import orjson

from gateway.emulators.common.values import JSON
from gateway.emulators.slack.values import ApiError, invalid_arguments


def string(args: JSON, name: str) -> str | None:
    """Return an argument as a string, or None when it is missing or empty."""
    value = args.get(name)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)


def required(args: JSON, name: str) -> str:
    """Return an argument as a string. Raises ``invalid_arguments`` when it is missing or empty."""
    value = string(args, name)
    if value is None:
        raise invalid_arguments(f"missing required field: {name}")
    return value


def flag(args: JSON, name: str) -> bool:
    """Return whether a boolean argument is true, in any spelling Slack accepts."""
    value = args.get(name)
    return value is True or value in (1, "1", "true", "True")


def number(args: JSON, name: str, default: int, *, most: int) -> int:
    """Return a numeric argument between 1 and ``most``, or ``default`` when it is missing. Raises
    ``invalid_arguments``."""
    value = args.get(name)
    if value is None or value == "":
        return default
    try:
        return max(1, min(int(value), most))
    except (TypeError, ValueError):
        raise invalid_arguments(f"must be a number: {name}") from None


def structure(args: JSON, name: str, error: str = "invalid_arguments") -> Any:
    """Return a list or an object, which form bodies carry as JSON text. Raises ``ApiError`` with ``error`` for
    malformed JSON."""
    value = args.get(name)
    if isinstance(value, str):
        if not value:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ApiError(error) from None
    return value


def metadata(args: JSON) -> JSON | None:
    """Return message metadata, or None when there is none. In an edit, ``{}`` removes the message's metadata."""
    value = structure(args, "metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ApiError("invalid_metadata_format")
    if value and (not isinstance(value.get("event_type"), str) or not isinstance(value.get("event_payload"), dict)):
        raise ApiError("invalid_metadata_schema")
    return value


def page(items: list[Any], args: JSON, *, limit: int) -> tuple[list[Any], str]:
    """Return one page of the items and the cursor of the next page ("" on the last). Raises ``invalid_cursor``."""
    cursor = string(args, "cursor")
    start = 0
    if cursor is not None:
        kind, _, offset = cursor.partition("-")
        if kind != "next" or not offset.isdigit():
            raise ApiError("invalid_cursor")
        start = int(offset)
    end = start + limit
    return items[start:end], f"next-{end}" if end < len(items) else ""
