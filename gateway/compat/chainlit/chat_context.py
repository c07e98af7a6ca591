"""``chainlit.chat_context``."""

from gateway import chat_context
from gateway.chat.history import ChatContext

__all__ = ["ChatContext", "chat_context"]
