"""``chainlit.chat_settings``."""

from gateway import ChatSettings

__all__ = ["ChatSettings"]
