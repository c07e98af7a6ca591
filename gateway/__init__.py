"""One Python bot, written once, that lives in Slack, Discord and Microsoft Teams.

import gateway as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
"""

from importlib.metadata import version as _version

from gateway.chat.actions import Action
from gateway.chat.asks.action import AskActionMessage
from gateway.chat.asks.file import AskFileMessage, AskFileResponse
from gateway.chat.asks.user import AskUserMessage
from gateway.chat.context import context
from gateway.chat.decorators import (
    action_callback,
    on_chat_end,
    on_chat_resume,
    on_chat_start,
    on_feedback,
    on_message,
    on_stop,
)
from gateway.chat.elements.base import Element
from gateway.chat.elements.files import File, Image, Text
from gateway.chat.feedback import Feedback
from gateway.chat.message import ErrorMessage, Message
from gateway.chat.session import user_session
from gateway.chat.user import User
from gateway.errors import (
    Forbidden,
    Gone,
    PlatformError,
    RateLimited,
    RefusedForm,
    Rejected,
    TooLarge,
    Unavailable,
    Unconfirmed,
    Unsupported,
)
from gateway.model import AllowedMentions, Citation
from gateway.runtime.calling import make_async, run_sync, sleep

__version__ = _version("bot-gateway")
"""The version of the installed package, as ``gateway --version`` prints it."""

__all__ = [
    "Action",
    "AllowedMentions",
    "AskActionMessage",
    "AskFileMessage",
    "AskFileResponse",
    "AskUserMessage",
    "Citation",
    "Element",
    "ErrorMessage",
    "Feedback",
    "File",
    "Forbidden",
    "Gone",
    "Image",
    "Message",
    "PlatformError",
    "RateLimited",
    "RefusedForm",
    "Rejected",
    "Text",
    "TooLarge",
    "Unavailable",
    "Unconfirmed",
    "Unsupported",
    "User",
    "action_callback",
    "context",
    "make_async",
    "on_chat_end",
    "on_chat_resume",
    "on_chat_start",
    "on_feedback",
    "on_message",
    "on_stop",
    "run_sync",
    "sleep",
    "user_session",
]
