"""Reads what only Discord has in its JSON: snowflakes, whole numbers, answers that should be objects."""

from typing import Any

from adapters.fields import Json, items, obj, text

_EMPTY: Json = {}


def as_object(value: Any) -> Json:
    """Return an answer that should be an object; an empty object if it is none."""
    return value if isinstance(value, dict) else _EMPTY


def number(body: Json, name: str, default: int = -1) -> int:
    """Return the whole number under a key, or ``default``."""
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def strings(body: Json, name: str) -> list[str]:
    """Return the texts in a list under a key."""
    values = body.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


# Discord's first snowflake: 2015-01-01T00:00:00Z (API reference, "Snowflakes").
_EPOCH = 1_420_070_400.0
"""Discord's epoch, the start of 2015, in seconds since the Unix epoch."""


def seconds(snowflake: str) -> float:
    """Return when a snowflake was issued, in seconds since the epoch; 0 for text that is no id."""
    if not (snowflake.isascii() and snowflake.isdigit() and len(snowflake) <= 20):
        return 0.0
    return (int(snowflake) >> 22) / 1000 + _EPOCH


def attachments(message: Json) -> list[Json]:
    """Return a message's attachments, including those of a message it forwards."""
    found = items(message, "attachments")
    for snapshot in items(message, "message_snapshots"):
        found += items(obj(snapshot, "message"), "attachments")
    return found


def file_name(file: Json) -> str:
    """Return the name under which a file was uploaded: Discord puts plain ASCII into ``filename``, and the full name
    into ``title``."""
    name, title = text(file, "filename"), text(file, "title")
    ending = name[name.rfind(".") :] if "." in name else ""
    return title + ("" if title.endswith(ending) else ending) if title else name
