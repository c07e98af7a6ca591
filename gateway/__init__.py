"""One Python bot, written once, that lives in Slack, Discord and Microsoft Teams.

import gateway as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
"""

from gateway.chat.action import Action
from gateway.chat.ask import AskActionMessage, AskUserMessage
from gateway.chat.ask_file import AskFileMessage, AskFileResponse
from gateway.chat.element import Element, File, Image, Text
from gateway.chat.handlers import Feedback
from gateway.chat.hooks import (
    action_callback,
    on_chat_end,
    on_chat_resume,
    on_chat_start,
    on_feedback,
    on_message,
    on_stop,
)
from gateway.chat.message import ErrorMessage, Message
from gateway.chat.user import User, context, user_session
from gateway.model import AllowedMentions, Citation
from gateway.runtime.calling import make_async, run_sync, sleep

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
    "Image",
    "Message",
    "Text",
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
