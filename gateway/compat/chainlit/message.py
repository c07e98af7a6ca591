"""``chainlit.message``."""

from gateway import (
    AskActionMessage,
    AskElementMessage,
    AskFileMessage,
    AskUserMessage,
    ErrorMessage,
    Message,
)
from gateway.chat.asks.base import AskBase as AskMessageBase

MessageBase = Message

__all__ = [
    "AskActionMessage",
    "AskElementMessage",
    "AskFileMessage",
    "AskMessageBase",
    "AskUserMessage",
    "ErrorMessage",
    "Message",
    "MessageBase",
]
