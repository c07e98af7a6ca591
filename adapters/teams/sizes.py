"""Measures what is sent, as Teams does. Pure."""

from typing import Any

from adapters.jsons import dump


def utf16_bytes(made: Any) -> int:
    """Return the size in bytes of a JSON value as Teams counts it: as UTF-16."""
    raw = dump({"": made})
    return 2 * len(raw) if raw.isascii() else len(raw.decode().encode("utf-16-le"))
