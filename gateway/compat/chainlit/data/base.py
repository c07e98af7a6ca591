"""``chainlit.data.base``."""

from gateway.data.base import BaseDataLayer

__all__ = ["BaseDataLayer"]
