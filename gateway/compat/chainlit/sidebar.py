"""``chainlit.sidebar``."""

from gateway import ElementSidebar

__all__ = ["ElementSidebar"]
