"""Reads fields of JSON whose shape is not to be trusted: signed input may still be odd, and odd is never a crash."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
_EMPTY: Json = {}


# ``dict`` and not ``Mapping`` below: JSON objects are dicts, and the check of the ABC costs ten times as much.


def obj(body: Json, *path: str) -> Json:
    """The object at ``path``; an empty one if there is none."""
    value: Any = body
    for key in path:
        value = value.get(key)
        if not isinstance(value, dict):
            return _EMPTY
    found: Json = value
    return found


def text(body: Json, *path: str) -> str:
    """The string at ``path``; an empty one if there is none."""
    value: Any = body
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else ""


def items(body: Json, *path: str) -> Iterator[Json]:
    """The objects in the list at ``path``."""
    value: Any = body
    for key in path:
        if not isinstance(value, dict):
            return
        value = value.get(key)
    if isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield each


def seconds(ts: str) -> float:
    """A Slack ``ts`` as seconds since the epoch; 0 if it is none."""
    try:
        return float(ts)
    except ValueError:
        return 0.0
