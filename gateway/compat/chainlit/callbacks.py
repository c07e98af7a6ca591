"""What an app written for Chainlit imports from ``chainlit.callbacks``: the gateway's decorators."""

from typing import Any

import gateway
from gateway import (
    action_callback,
    author_rename,
    data_layer,
    header_auth_callback,
    oauth_callback,
    on_app_shutdown,
    on_app_startup,
    on_audio_chunk,
    on_audio_end,
    on_audio_start,
    on_chat_end,
    on_chat_resume,
    on_chat_start,
    on_feedback,
    on_logout,
    on_message,
    on_settings_edit,
    on_settings_update,
    on_shared_thread_view,
    on_slack_reaction_added,
    on_stop,
    on_window_message,
    password_auth_callback,
    send_window_message,
    set_chat_profiles,
    set_starter_categories,
    set_starters,
)

__all__ = [
    "action_callback",
    "author_rename",
    "data_layer",
    "header_auth_callback",
    "oauth_callback",
    "on_app_shutdown",
    "on_app_startup",
    "on_audio_chunk",
    "on_audio_end",
    "on_audio_start",
    "on_chat_end",
    "on_chat_resume",
    "on_chat_start",
    "on_feedback",
    "on_logout",
    "on_message",
    "on_settings_edit",
    "on_settings_update",
    "on_shared_thread_view",
    "on_slack_reaction_added",
    "on_stop",
    "on_window_message",
    "password_auth_callback",
    "send_window_message",
    "set_chat_profiles",
    "set_starter_categories",
    "set_starters",
]


def __getattr__(name: str) -> Any:
    if name.startswith("on_") and name in gateway.__all__:
        return getattr(gateway, name)
    raise AttributeError(name)
