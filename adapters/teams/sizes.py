"""Measures and cuts what is sent. Pure."""

from typing import Any

from adapters.jsons import dump


def utf16_bytes(made: Any) -> int:
    """Return the size in bytes of a JSON value as Teams counts it: as UTF-16."""
    raw = dump({"": made})
    return 2 * len(raw) if raw.isascii() else len(raw.decode().encode("utf-16-le"))


def cut(text: str, limit: int) -> str:
    """Return the text with at most ``limit`` characters, the last one an ellipsis where it is cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
