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
_PAGE = "there is no page around the chat: send a `cl.Message`"

INSTEAD = {
    "CopilotFunction": "there is no page that could run it: use a `cl.Action` or an ask",
    "ElementSidebar": "there is no sidebar: send the elements with a `cl.Message`",
    "InputAudioChunk": _VOICE,
    "OutputAudioChunk": "send the sound as a file: `cl.Message(elements=[cl.File(...)])`",
    "header_auth_callback": _ACCOUNT,
    "oauth_callback": _ACCOUNT,
    "on_audio_chunk": _VOICE,
    "on_audio_end": _VOICE,
    "on_audio_start": _VOICE,
    "on_logout": "nobody logs out of a chat: `@cl.on_chat_end` is called when a conversation ends",
    "on_shared_thread_view": "threads are shared by the platform, to whoever may read the channel",
    "on_window_message": "there is no page around the chat: register `@cl.on_message`",
    "password_auth_callback": _ACCOUNT,
    "send_window_message": _PAGE,
    "set_starter_categories": "starters have no groups in a chat: use `@cl.set_starters`",
}
"""Each name, and what to use instead."""

_warned: set[str] = set()


def _warn(name: str) -> None:
    """Log, once in the process, that a name does nothing."""
    if name not in _warned:
        _warned.add(name)
        log.warning("web_only.used", name=f"cl.{name}", instead=INSTEAD[name])


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
        """Do nothing.

        Args:
            title: The title, which nobody reads.
        """
        _warn("ElementSidebar")

    @classmethod
    async def set_elements(cls, elements: Sequence[Any], key: str | None = None) -> None:
        """Do nothing.

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
