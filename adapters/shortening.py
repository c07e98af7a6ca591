"""Texts shortened to what a platform takes."""


def cut(text: str, limit: int) -> str:
    """Return the text with at most ``limit`` characters, the last one an ellipsis where it is cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
