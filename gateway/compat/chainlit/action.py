"""``chainlit.action``."""

from gateway import Action

__all__ = ["Action"]
