"""``chainlit.cache``."""

from gateway import cache

__all__ = ["cache"]
