"""The registry of a bot's handlers: one slot per hook, filled by the decorators of ``gateway``."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Handler = Callable[..., Any]
"""A function of the bot, sync or async."""


@dataclass(slots=True)
class Callbacks:
    """The handlers of one bot. A later registration of the same hook replaces the earlier one."""

    on_chat_start: Handler | None = None
    on_chat_resume: Handler | None = None
    on_chat_end: Handler | None = None
    on_message: Handler | None = None
    on_thread_title: Handler | None = None
    on_stop: Handler | None = None
    on_feedback: Handler | None = None
    on_reaction: Handler | None = None
    on_slack_reaction_added: Handler | None = None
    on_message_edit: Handler | None = None
    on_message_delete: Handler | None = None
    author_rename: Handler | None = None
    on_app_startup: Handler | None = None
    on_app_shutdown: Handler | None = None
    data_layer: Handler | None = None
    on_settings_update: Handler | None = None
    set_chat_profiles: Handler | None = None
    set_starters: Handler | None = None
    on_mcp_connect: Handler | None = None
    on_mcp_disconnect: Handler | None = None
    on_authorize: Handler | None = None
    on_quota: Handler | None = None
    actions: dict[str, Handler] = field(default_factory=dict[str, Handler])
    folder: Path = Path()
    """The folder of the bot's file, where files beside it are looked for."""

    file: str = "bot.py"
    """The name of the bot's file."""

    @property
    def empty(self) -> bool:
        """Whether no handler was registered that a message, a start or a click would call: probably the wrong file."""
        return not (self.on_chat_start or self.on_message or self.actions)


_current = Callbacks()


def registered() -> Callbacks:
    """Return the registry that the decorators write to."""
    return _current


def fresh() -> Callbacks:
    """Replace the registry with an empty one, before another bot is loaded, and return it."""
    global _current
    _current = Callbacks()
    return _current
