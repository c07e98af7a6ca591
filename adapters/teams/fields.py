"""Reads fields of JSON whose shape is not to be trusted: what is signed may still be odd, and odd is never a crash."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
_NOTHING: Json = {}


# ``dict`` and not ``Mapping`` below: JSON objects are dicts, and the check of the ABC costs ten times as much.


def obj(body: Json, *path: str) -> Json:
    """The object at the path; an empty one if there is none."""
    value: Any = body
    for name in path:
        value = value.get(name)
        if not isinstance(value, dict):
            return _NOTHING
    found: Json = value
    return found


def text(body: Json, first: str, *path: str) -> str:
    """The string at the path; an empty one if there is none."""
    value: Any = body.get(first)
    for name in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(name)
    return value if isinstance(value, str) else ""


def items(body: Json, name: str) -> list[Json]:
    """The objects in a list."""
    value = body.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
