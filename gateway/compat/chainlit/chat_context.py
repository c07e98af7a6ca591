"""What an app written for Chainlit imports from ``chainlit.chat_context``: the gateway's own objects."""

from gateway import chat_context
from gateway.chat.history import ChatContext

__all__ = ["ChatContext", "chat_context"]
