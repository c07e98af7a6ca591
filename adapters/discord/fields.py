"""Reads what only Discord has in its JSON: snowflakes, whole numbers, answers that should be objects."""

from typing import Any

from adapters.fields import Json, items, obj, text

_EMPTY: Json = {}


def as_object(value: Any) -> Json:
    """An answer that should be an object; an empty one if it is not."""
    return value if isinstance(value, dict) else _EMPTY


def number(body: Json, name: str, default: int = -1) -> int:
    """The whole number of that name."""
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


# Discord's first snowflake: 2015-01-01T00:00:00Z (API reference, "Snowflakes").
_EPOCH = 1_420_070_400.0


def seconds(snowflake: str) -> float:
    """When an id was given out, in seconds since the epoch; 0 for what is no id."""
    if not (snowflake.isascii() and snowflake.isdigit() and len(snowflake) <= 20):
        return 0.0
    return (int(snowflake) >> 22) / 1000 + _EPOCH


def attachments(message: Json) -> list[Json]:
    """A message's attachments, those of a forwarded one included."""
    found = items(message, "attachments")
    for snapshot in items(message, "message_snapshots"):
        found += items(obj(snapshot, "message"), "attachments")
    return found


def file_name(file: Json) -> str:
    """As it was uploaded: Discord keeps plain ASCII in ``filename``, and the rest of a name as the ``title``."""
    name, title = text(file, "filename"), text(file, "title")
    ending = name[name.rfind(".") :] if "." in name else ""
    return title + ("" if title.endswith(ending) else ending) if title else name
