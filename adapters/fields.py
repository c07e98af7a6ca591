"""Reads fields of JSON whose shape is not to be trusted: what a platform sends may be odd, and odd is never a crash.

One level at a time, ``text(obj(body, "user"), "id")``: a few dozen fields are read of every event, and a function of a
fixed number of arguments is called in half the time.
"""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
_EMPTY: Json = {}


# ``dict`` and not ``Mapping`` below: JSON objects are dicts, and the check of the ABC costs ten times as much.


def obj(body: Json, key: str) -> Json:
    """The object under a key; an empty one if there is none."""
    value = body.get(key)
    return value if isinstance(value, dict) else _EMPTY


def text(body: Json, key: str) -> str:
    """The string under a key; an empty one if there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def items(body: Json, key: str) -> list[Json]:
    """The objects in the list under a key."""
    value = body.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
