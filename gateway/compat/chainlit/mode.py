"""``chainlit.mode``."""

from gateway import Mode, ModeOption

__all__ = ["Mode", "ModeOption"]
