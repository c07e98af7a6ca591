"""Reads fields of JSON whose shape is not to be trusted: what a platform sends may be odd, and odd is never a crash."""

from collections.abc import Mapping
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


def text(body: Json, first: str, *path: str) -> str:
    """The string at the path; an empty one if there is none."""
    value: Any = body.get(first)
    for key in path:
        if not isinstance(value, dict):
            return ""
        value = value.get(key)
    return value if isinstance(value, str) else ""


def items(body: Json, first: str, *path: str) -> list[Json]:
    """The objects in the list at the path."""
    value: Any = body.get(first)
    for key in path:
        if not isinstance(value, dict):
            return []
        value = value.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
