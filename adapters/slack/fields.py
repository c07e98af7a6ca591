"""Reads fields of JSON whose shape is not to be trusted: signed input may still be odd, and odd is never a crash."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

Json = Mapping[str, Any]
_EMPTY: Json = {}


def obj(body: Json, *path: str) -> Json:
    """The object at ``path``; an empty one if there is none."""
    value: Any = body
    for key in path:
        value = cast(Json, value).get(key)
        if not isinstance(value, Mapping):
            return _EMPTY
    return cast(Json, value)


def text(body: Json, *path: str) -> str:
    """The string at ``path``; an empty one if there is none."""
    value = obj(body, *path[:-1]).get(path[-1])
    return value if isinstance(value, str) else ""


def items(body: Json, *path: str) -> Iterator[Json]:
    """The objects in the list at ``path``."""
    value = obj(body, *path[:-1]).get(path[-1])
    if isinstance(value, list):
        for each in value:
            if isinstance(each, Mapping):
                yield cast(Json, each)


def seconds(ts: str) -> float:
    """A Slack ``ts`` as seconds since the epoch; 0 if it is none."""
    try:
        return float(ts)
    except ValueError:
        return 0.0
