"""Reads payloads whose fields may be missing or of any type."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from gateway.emulators.common.values import JSON


def text(payload: Mapping[str, Any], name: str) -> str:
    """Return a field's text; empty where there is none."""
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def obj(payload: Mapping[str, Any], name: str) -> JSON:
    """Return the object in a field; an empty one, which belongs to nothing, where there is none."""
    value = payload.get(name)
    return cast(JSON, value) if isinstance(value, dict) else {}


def items(payload: Mapping[str, Any], name: str) -> list[JSON]:
    """Return the objects in a field's list."""
    value: list[Any] = found if isinstance(found := payload.get(name), list) else []
    return [cast(JSON, each) for each in value if isinstance(each, dict)]


def objects(value: Any, depth: int = 40) -> Iterator[JSON]:
    """Yield every object in a JSON value, the outer ones first."""
    if depth and isinstance(value, dict):
        found = cast(JSON, value)
        yield found
        for each in found.values():
            yield from objects(each, depth - 1)
    elif depth and isinstance(value, list):
        members: list[Any] = value
        for each in members:
            yield from objects(each, depth - 1)
