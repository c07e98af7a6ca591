"""Names of the documented API that mean something only in a web page.

They are here so that a file which uses them runs. They do nothing, and the first use of each is logged with what to use
instead. ``docs/web-only.md`` has the same list for people.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict, TypeVar

import structlog

log = structlog.get_logger(__name__)

F = TypeVar("F", bound=Callable[..., Any])

_ACCOUNT = "people are signed in to their platform: see `cl.context.user`"
_VOICE = "a recording arrives as a file: see `message.elements` in `@cl.on_message`"
_GROUPS = "starters have no groups in a chat: use `@cl.set_starters`"
_MODES = "there is no picker beside a chat: use `cl.ChatSettings` or `context.emitter.set_commands`"
_PAGE = "there is no page around the chat: send a `cl.Message`"

INSTEAD = {
    "CopilotFunction": "there is no page that could run it: use a `cl.Action` or an ask",
    "ElementSidebar": "there is no sidebar: send the elements with a `cl.Message`",
    "InputAudioChunk": _VOICE,
    "Mode": _MODES,
    "ModeOption": _MODES,
    "OutputAudioChunk": "send the sound as a file: `cl.Message(elements=[cl.File(...)])`",
    "header_auth_callback": _ACCOUNT,
    "oauth_callback": _ACCOUNT,
    "on_audio_chunk": _VOICE,
    "on_audio_end": _VOICE,
    "on_audio_start": _VOICE,
    "on_settings_edit": "a form is sent as a whole: `@cl.on_settings_update` is called then",
    "on_logout": "nobody logs out of a chat: `@cl.on_chat_end` is called when a conversation ends",
    "on_shared_thread_view": "threads are shared by the platform, to whoever may read the channel",
    "on_window_message": "there is no page around the chat: register `@cl.on_message`",
    "password_auth_callback": _ACCOUNT,
    "StarterCategory": _GROUPS,
    "send_window_message": _PAGE,
    "set_starter_categories": _GROUPS,
}
"""Each name, and what to use instead."""

_SHOWN = "send a `cl.Message`, a `cl.Step` or elements"
_WAITED = "the platform shows by itself that the bot is at work"
_SOUND = "nobody listens live: send the sound as a file, `cl.Message(elements=[cl.File(...)])`"

IDLE_EMITTER = {
    "clear": _WAITED,
    "send_audio_chunk": _SOUND,
    "send_audio_interrupt": _SOUND,
    "send_timeout": "an ask says itself that its time is up",
    "send_window_message": _PAGE,
    "set_chat_settings": "use `cl.ChatSettings(...).send()`",
    "set_favorites": "there are no favourites in a chat",
    "set_modes": _MODES,
    "task_end": _WAITED,
    "task_start": _WAITED,
    "update_audio_connection": _SOUND,
    "update_token_count": "set `step.generation`",
}
"""Methods of ``cl.context.emitter`` that do nothing, and what to use instead."""

NO_EMITTER = {
    "delete_step": "use `await message.remove()`",
    "emit": f"there is no socket to a page: {_SHOWN}",
    "emit_call": f"there is no socket to a page: {_SHOWN}",
    "enabled": "the gateway sends always",
    "init_thread": "a thread begins with what is said first",
    "process_message": "a message of the bot is sent with `cl.Message`",
    "resume_thread": "a conversation is resumed by itself: see `@cl.on_chat_resume`",
    "send_ask_user": "use `cl.AskUserMessage` or one of the other asks",
    "send_call_fn": INSTEAD["CopilotFunction"],
    "send_element": _SHOWN,
    "send_resume_thread_error": _SHOWN,
    "send_step": _SHOWN,
    "send_token": "use `await message.stream_token(token)`",
    "session": "it is `cl.context.session`",
    "stream_start": "use `await message.stream_token(token)`",
    "update_step": "use `await message.update()`",
}
"""What ``cl.context.emitter`` has not, because going on without it would be wrong, and what to use instead."""

_HEADERS = "nobody's browser is there: who writes is `cl.context.user`"
_CONVERSATION = "a conversation is known by `cl.context.session.id` and `cl.context.session.thread_id`"

NO_SESSION = {
    "chat_started": _CONVERSATION,
    "config": "the settings are the operator's",
    "current_task": "a person stops a turn: see `@cl.on_stop`",
    "emit": f"there is no socket to a page: {_SHOWN}",
    "emit_call": f"there is no socket to a page: {_SHOWN}",
    "environ": _HEADERS,
    "files": "files of a person are in `message.elements`",
    "files_dir": "files of a person are in `message.elements`, each with a `path`",
    "has_first_interaction": _CONVERSATION,
    "http_cookie": _HEADERS,
    "http_referer": _HEADERS,
    "persist_file": "send the file with `cl.File(path=...)`",
    "restored": "see `@cl.on_chat_resume`",
    "socket_id": f"there is no socket to a page: {_CONVERSATION}",
    "thread_id_to_resume": _CONVERSATION,
    "to_persistable": "what JSON can hold of `cl.user_session` is kept by itself",
    "token": _HEADERS,
}
"""What ``cl.context.session`` has not, and what to use instead."""

NO_VALUES = {"http_cookie": _HEADERS, "http_referer": _HEADERS}
"""Keys of ``cl.user_session`` that never have a value here, and what to use instead."""

_warned: set[str] = set()


def _warn(name: str) -> None:
    """Log, once in the process, that a name does nothing."""
    warn_once(name, INSTEAD[name])


def warn_once(name: str, instead: str) -> None:
    """Log, once in the process, that a name does nothing.

    Args:
        name: The name behind ``cl.``.
        instead: What to use instead.
    """
    if name not in _warned:
        _warned.add(name)
        log.warning("web_only.used", name=f"cl.{name}", instead=instead)


def password_auth_callback(func: F) -> F:
    """Do nothing: people are signed in to their platform. See ``cl.context.user``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("password_auth_callback")
    return func


def header_auth_callback(func: F) -> F:
    """Do nothing: people are signed in to their platform. See ``cl.context.user``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("header_auth_callback")
    return func


def oauth_callback(func: F) -> F:
    """Do nothing: people are signed in to their platform. See ``cl.context.user``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("oauth_callback")
    return func


def on_logout(func: F) -> F:
    """Do nothing: nobody logs out of a chat. ``@cl.on_chat_end`` is called when a conversation ends.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_logout")
    return func


def on_settings_edit(func: F) -> F:
    """Do nothing: a form is sent as a whole, when ``@cl.on_settings_update`` is called.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_settings_edit")
    return func


def on_audio_start(func: F) -> F:
    """Do nothing: nobody speaks to the bot live. A recording arrives as a file in ``message.elements``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_audio_start")
    return func


def on_audio_chunk(func: F) -> F:
    """Do nothing: nobody speaks to the bot live. A recording arrives as a file in ``message.elements``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_audio_chunk")
    return func


def on_audio_end(func: F) -> F:
    """Do nothing: nobody speaks to the bot live. A recording arrives as a file in ``message.elements``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_audio_end")
    return func


def on_window_message(func: F) -> F:
    """Do nothing: there is no page around the chat that could send a message. Register ``@cl.on_message``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_window_message")
    return func


def on_shared_thread_view(func: F) -> F:
    """Do nothing: threads are shared by the platform, to whoever may read the channel.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("on_shared_thread_view")
    return func


def set_starter_categories(func: F) -> F:
    """Do nothing: starters have no groups in a chat. Use ``@cl.set_starters``.

    Args:
        func: The function, which is never called.

    Returns:
        The same function.
    """
    _warn("set_starter_categories")
    return func


async def send_window_message(data: Any) -> None:
    """Do nothing: there is no page around the chat. Send a ``cl.Message``.

    Args:
        data: The message, which nobody reads.
    """
    _warn("send_window_message")


@dataclass
class CopilotFunction:
    """A function of the page around the chat: there is no such page, so nothing runs.

    Args:
        name: The function's name.
        args: Its arguments.
    """

    name: str
    args: dict[str, Any] = field(default_factory=dict[str, Any])

    async def acall(self) -> Any:
        """Return None: nothing runs."""
        _warn("CopilotFunction")


class ElementSidebar:
    """The sidebar of a web page: there is none in a chat. Send the elements with a ``cl.Message``."""

    @classmethod
    async def set_title(cls, title: str) -> None:
        """Do nothing, and log once that a chat has no sidebar whose title could be set.

        Args:
            title: The title, which nobody reads.
        """
        _warn("ElementSidebar")

    @classmethod
    async def set_elements(cls, elements: Sequence[Any], key: str | None = None) -> None:
        """Do nothing, and log once that a chat has no sidebar: send the elements with a ``cl.Message``.

        Args:
            elements: The elements, which nobody sees.
            key: The sidebar's key.
        """
        _warn("ElementSidebar")


@dataclass
class InputAudioChunk:
    """A part of what a person says live, which never arrives. A recording is a file in ``message.elements``.

    Args:
        isStart: Whether it is the first part.
        mimeType: The format of the sound.
        elapsedTime: When it was said, in milliseconds after the start.
        data: The sound.
    """

    isStart: bool
    mimeType: str
    elapsedTime: float
    data: bytes

    def __post_init__(self) -> None:
        _warn("InputAudioChunk")


class OutputAudioChunk(TypedDict):
    """A part of what the bot says live, which is never played: its track, the format of the sound and the sound. Send
    the sound as a file."""

    track: str
    mimeType: str
    data: bytes


@dataclass
class StarterCategory:
    """A group of starters of a web page: it is only kept. Use ``@cl.set_starters``.

    Args:
        label: The group's name.
        icon: The address of a picture.
        starters: The starters in it.
    """

    label: str
    icon: str | None = None
    starters: Sequence[Any] = ()

    def __post_init__(self) -> None:
        _warn("StarterCategory")


@dataclass
class ModeOption:
    """One choice of a ``Mode``: it is only kept.

    Args:
        id: The choice's id.
        name: The name that would be shown.
        description: What it means.
        icon: The name of an icon.
        default: Whether it is the first choice.
    """

    id: str
    name: str
    description: str | None = None
    icon: str | None = None
    default: bool = False

    def __post_init__(self) -> None:
        _warn("ModeOption")


@dataclass
class Mode:
    """A picker beside the input of a web page: it is only kept. Use ``cl.ChatSettings``.

    Args:
        id: The picker's id.
        name: The name that would be shown.
        options: The choices.
    """

    id: str
    name: str
    options: Sequence[ModeOption] = ()

    def __post_init__(self) -> None:
        _warn("Mode")
