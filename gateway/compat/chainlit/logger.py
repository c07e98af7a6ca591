"""``chainlit.logger``."""

from gateway import logger

__all__ = ["logger"]
