"""What an app written for Chainlit imports from ``chainlit.message``: the gateway's own objects."""

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
