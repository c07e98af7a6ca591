"""One Python bot, written once, that lives in Slack, Discord and Microsoft Teams.

import gateway as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()
"""

import logging as _logging
from importlib import import_module as _import
from importlib.metadata import version as _version
from typing import TYPE_CHECKING

from gateway.chat.actions import Action
from gateway.chat.asks.action import AskActionMessage
from gateway.chat.asks.element import AskElementMessage
from gateway.chat.asks.file import AskFileMessage, AskFileResponse
from gateway.chat.asks.user import AskUserMessage
from gateway.chat.cache import cache
from gateway.chat.context import context
from gateway.chat.decorators import (
    action_callback,
    author_rename,
    data_layer,
    on_app_shutdown,
    on_app_startup,
    on_authorize,
    on_chat_end,
    on_chat_resume,
    on_chat_start,
    on_feedback,
    on_mcp_connect,
    on_mcp_disconnect,
    on_message,
    on_message_delete,
    on_message_edit,
    on_quota,
    on_reaction,
    on_settings_update,
    on_slack_reaction_added,
    on_stop,
    on_thread_title,
    set_chat_profiles,
    set_starters,
)
from gateway.chat.elements.base import Element
from gateway.chat.elements.custom import CustomElement
from gateway.chat.elements.data import Dataframe, Plotly, Pyplot
from gateway.chat.elements.files import Audio, File, Image, Pdf, Text, Video
from gateway.chat.feedback import Feedback
from gateway.chat.fetching import fetch
from gateway.chat.history import chat_context, history
from gateway.chat.message import ErrorMessage, Message
from gateway.chat.profiles import ChatProfile, Starter
from gateway.chat.reactions import Reaction
from gateway.chat.session import user_session
from gateway.chat.settings import ChatSettings
from gateway.chat.tasks import Task, TaskList, TaskStatus
from gateway.chat.user import PersistedUser, User
from gateway.chat.web_only import (
    CopilotFunction,
    ElementSidebar,
    InputAudioChunk,
    Mode,
    ModeOption,
    OutputAudioChunk,
    StarterCategory,
    header_auth_callback,
    oauth_callback,
    on_audio_chunk,
    on_audio_end,
    on_audio_start,
    on_logout,
    on_settings_edit,
    on_shared_thread_view,
    on_window_message,
    password_auth_callback,
    send_window_message,
    set_starter_categories,
)
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
from gateway.integrations import NAMES as _INTEGRATIONS
from gateway.integrations import load as _load
from gateway.model import AccessRequest, AllowedMentions, Citation, QuotaReached
from gateway.runtime.calling import make_async, run_sync, sleep
from gateway.step import Step, step

if TYPE_CHECKING:
    # Under their own names again, because they are no part of `from gateway import *`, which would import them all.
    from gateway.integrations.langchain import AsyncLangchainCallbackHandler as AsyncLangchainCallbackHandler
    from gateway.integrations.langchain import LangchainCallbackHandler as LangchainCallbackHandler
    from gateway.integrations.llama_index import LlamaIndexCallbackHandler as LlamaIndexCallbackHandler
    from gateway.integrations.mistralai import instrument_mistralai as instrument_mistralai
    from gateway.integrations.openai import instrument_openai as instrument_openai
    from gateway.integrations.semantic_kernel import SemanticKernelFilter as SemanticKernelFilter
    from gateway.mounting import mount_gateway

_LATER = {"mount_gateway": "gateway.mounting"}
"""Names that are imported when they are first asked for, because few bots need them, and their modules."""


def __getattr__(name: str) -> object:
    if name in _INTEGRATIONS:
        return _load(name)
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import(_LATER[name]), name)


__version__ = _version("bot-gateway")
"""The version of the installed package, as ``gateway --version`` prints it."""

logger = _logging.getLogger(__name__)
"""The logger of the gateway and of the bot: its lines are written as the gateway's own are, secrets blanked out."""

__all__ = [
    "AccessRequest",
    "Action",
    "AllowedMentions",
    "AskActionMessage",
    "AskElementMessage",
    "AskFileMessage",
    "AskFileResponse",
    "AskUserMessage",
    "Audio",
    "ChatProfile",
    "ChatSettings",
    "Citation",
    "CopilotFunction",
    "CustomElement",
    "Dataframe",
    "Element",
    "ElementSidebar",
    "ErrorMessage",
    "Feedback",
    "File",
    "Forbidden",
    "Gone",
    "Image",
    "InputAudioChunk",
    "Message",
    "Mode",
    "ModeOption",
    "OutputAudioChunk",
    "Pdf",
    "PersistedUser",
    "PlatformError",
    "Plotly",
    "Pyplot",
    "QuotaReached",
    "RateLimited",
    "Reaction",
    "RefusedForm",
    "Rejected",
    "Starter",
    "StarterCategory",
    "Step",
    "Task",
    "TaskList",
    "TaskStatus",
    "Text",
    "TooLarge",
    "Unavailable",
    "Unconfirmed",
    "Unsupported",
    "User",
    "Video",
    "action_callback",
    "author_rename",
    "cache",
    "chat_context",
    "context",
    "data_layer",
    "fetch",
    "header_auth_callback",
    "history",
    "logger",
    "make_async",
    "mount_gateway",
    "oauth_callback",
    "on_app_shutdown",
    "on_app_startup",
    "on_audio_chunk",
    "on_audio_end",
    "on_audio_start",
    "on_authorize",
    "on_chat_end",
    "on_chat_resume",
    "on_chat_start",
    "on_feedback",
    "on_logout",
    "on_mcp_connect",
    "on_mcp_disconnect",
    "on_message",
    "on_message_delete",
    "on_message_edit",
    "on_quota",
    "on_reaction",
    "on_settings_edit",
    "on_settings_update",
    "on_shared_thread_view",
    "on_slack_reaction_added",
    "on_stop",
    "on_thread_title",
    "on_window_message",
    "password_auth_callback",
    "run_sync",
    "send_window_message",
    "set_chat_profiles",
    "set_starter_categories",
    "set_starters",
    "sleep",
    "step",
    "user_session",
]
